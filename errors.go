package bitbucket

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/seed-9213fc64/bitbucket/internal/wire"
)

// Sentinels for [errors.Is] that match an [*Error] by its status.
var (
	ErrBadRequest   = errors.New("bitbucket: bad request (400)")
	ErrUnauthorized = errors.New("bitbucket: unauthorized (401)")
	ErrPlanLimit    = errors.New("bitbucket: the plan's limit is reached (402)")
	ErrForbidden    = errors.New("bitbucket: forbidden (403)")
	ErrNotFound     = errors.New("bitbucket: not found (404)")
	ErrConflict     = errors.New("bitbucket: conflict (409)")
	ErrGone         = errors.New("bitbucket: gone (410)")
	ErrRateLimited  = errors.New("bitbucket: rate limited (429)")
	ErrServer       = errors.New("bitbucket: server error (5xx)")
)

// Sentinels for [errors.Is] that match by what was wrong with an answer.
var (
	// ErrForeignOrigin says that a link or a redirect left the configured origin. What answers
	// there is not asked.
	ErrForeignOrigin = wire.ErrForeignOrigin
	// ErrPageLoop says that a list led back to a page already read.
	ErrPageLoop = errors.New("bitbucket: page loop")
	// ErrIncomplete says that a list with [Complete] ended without all of its items.
	ErrIncomplete = errors.New("bitbucket: the list is incomplete")
	// ErrNoItems says that [List.First] found the list empty. It is not [ErrNotFound]: the list is
	// there.
	ErrNoItems = errors.New("bitbucket: the list is empty")
	// ErrResponseTooLarge says that an answer is larger than [WithMaxResponseBytes] allows, or holds
	// far more than was asked for.
	ErrResponseTooLarge = wire.ErrResponseTooLarge
	// ErrMalformedResponse says that an answer with a status of success is not what the endpoint
	// sends.
	ErrMalformedResponse = errors.New("bitbucket: malformed response")
)

// sentinels are those of statuses. Every status of 500 and above is [ErrServer].
var sentinels = map[int]error{
	http.StatusBadRequest:      ErrBadRequest,
	http.StatusUnauthorized:    ErrUnauthorized,
	http.StatusPaymentRequired: ErrPlanLimit,
	http.StatusForbidden:       ErrForbidden,
	http.StatusNotFound:        ErrNotFound,
	http.StatusConflict:        ErrConflict,
	http.StatusGone:            ErrGone,
	http.StatusTooManyRequests: ErrRateLimited,
}

// An Error is a call that failed: one that Bitbucket refused, or that got no usable answer.
// errors.Is matches it with the sentinel of its status, and with what caused it.
//
// Everything that the server said is free of secrets here, and bounded: each text to 4 KiB.
type Error struct {
	StatusCode int    // 0 when there was no answer
	Method     string // of the request
	URL        string // of the request, without its query
	Message    string // error.message, or a summary of a body that is no JSON
	Detail     string // error.detail, when it is text

	Fields map[string][]string // error.fields: what is wrong with which field
	Data   json.RawMessage     // error.data, as sent; left out when it is larger than 4 KiB

	RequiredScopes []string // scopes that the endpoint needs, as far as known
	GrantedScopes  []string // scopes that the credential has, as far as known

	ID         string        // error.id: Bitbucket's name for this failure, on 5xx
	RetryAfter time.Duration // what the server asked to wait; 0 when it did not say
	Attempts   int           // how many were sent
	Hint       string        // what to do next, where the library knows
	Body       []byte        // the first 4 KiB of the body

	scopesTold   bool  // the refusal itself says which scopes it is about, in whatever language
	tokenRequest bool  // the token endpoint refused, not the API
	neverSent    bool  // no attempt can have reached the server
	cause        error // why there was no usable answer
}

// maxErrorLine bounds the text of an Error, in bytes.
const maxErrorLine = 1 << 10

// Error says on one line of at most 1 KiB what failed, why, and what to do next.
func (e *Error) Error() string {
	if e.Hint == "" {
		return cut(e.what()+e.circumstances(), maxErrorLine)
	}
	hint := cut(oneLine(e.Hint), maxErrorLine/2)
	said := cut(e.what()+e.circumstances(), maxErrorLine-len("; ")-len(hint))
	return join(said, "; ", hint)
}

// join makes one text of two, of which the first may end like a sentence.
func join(first, between, second string) string {
	return strings.TrimRight(first, ".;:, ") + between + second
}

// what says what failed and why.
func (e *Error) what() string {
	what := "bitbucket: " + oneLine(e.Method) + " " + cut(oneLine(e.URL), 300)
	status := http.StatusText(e.StatusCode)
	if e.StatusCode != 0 {
		what = strings.TrimSpace(fmt.Sprintf("%s: %d %s", what, e.StatusCode, status))
	}
	if e.Message != "" && !strings.EqualFold(e.Message, status) {
		what = join(what, ": ", cut(oneLine(e.Message), 300))
	}
	if e.Detail != "" && e.Detail != e.Message {
		what = join(what, ": ", cut(oneLine(e.Detail), 200))
	}
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		messages := cut(oneLine(strings.Join(e.Fields[name], ", ")), 150)
		what = join(what, "; ", join(cut(oneLine(name), 60), ": ", messages))
	}
	if e.cause != nil {
		what = join(what, ": ", oneLine(strings.TrimPrefix(e.cause.Error(), "bitbucket: ")))
	}
	return what
}

// circumstances are what stands in brackets.
func (e *Error) circumstances() string {
	var b strings.Builder
	if e.lacksScope() {
		fmt.Fprintf(&b, " (needs scope %s; granted: %s)", scopeList(e.RequiredScopes), scopeList(e.GrantedScopes))
	}
	if e.ID != "" {
		b.WriteString(" (id " + cut(oneLine(e.ID), 60) + ")")
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, " (retry after %v)", e.RetryAfter)
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&b, " (%d attempts)", e.Attempts)
	}
	return b.String()
}

// GoString is [Error.Error], so that %#v shows no more than %v.
func (e *Error) GoString() string { return e.Error() }

// Is matches the sentinel of the error's status.
func (e *Error) Is(target error) bool {
	switch {
	case target == ErrServer:
		return e.StatusCode >= 500
	case target == ErrUnauthorized && e.tokenRequest:
		return e.StatusCode == http.StatusUnauthorized || e.StatusCode == http.StatusBadRequest
	}
	return sentinels[e.StatusCode] == target && target != nil
}

// Unwrap returns why there was no usable answer: the error of the network, the context or the
// throttle, or a sentinel such as [ErrMalformedResponse].
func (e *Error) Unwrap() error { return e.cause }

// NeverSent reports whether the call certainly never left: no attempt of it can have reached the
// server, so that even a POST may be made again without doing anything twice. It is true for a call
// that got no credential, no slot of the throttle, or no connection.
func (e *Error) NeverSent() bool { return e.neverSent }

// isOfScopes reports whether a scope is what is missing, known or not. Messages may be localized, and
// the headers name the scopes with every refusal, whatever its reason.
func (e *Error) isOfScopes() bool {
	return e.StatusCode == http.StatusForbidden && (e.scopesTold || strings.Contains(e.Message, "scope"))
}

// lacksScope reports whether a scope is what is missing, and which.
func (e *Error) lacksScope() bool { return e.isOfScopes() && len(e.RequiredScopes) > 0 }

// scopeList prints scopes.
func scopeList(scopes []string) string {
	if len(scopes) == 0 {
		return "unknown"
	}
	return cut(oneLine(strings.Join(scopes, ", ")), 200)
}

// oneLine folds white space and drops what would disturb a terminal or a log.
func oneLine(s string) string {
	if len(s) > 16*maxErrorLine {
		s = s[:16*maxErrorLine] // of which no more than a line is shown
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// cut shortens a text that is longer than so many bytes.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	const ellipsis = "…"
	end := max(0, most-len(ellipsis))
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + ellipsis
}

// shorten cuts a text that is too long for a summary.
func shorten(s string) string {
	const limit = 200
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	return string(runes[:limit]) + "…"
}
