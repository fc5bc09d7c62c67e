package bitbucket

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Sentinels for errors.Is. The first ones match an [*Error] by its status.
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

	// ErrForeignOrigin says that a link or a redirect left the configured origin.
	ErrForeignOrigin = errors.New("bitbucket: foreign origin")
	// ErrPageLoop says that a list led back to a page already read.
	ErrPageLoop = errors.New("bitbucket: page loop")
	// ErrResponseTooLarge says that an answer is larger than WithMaxResponseBytes allows.
	ErrResponseTooLarge = errors.New("bitbucket: response too large")
	// ErrMalformedResponse says that a successful answer could not be decoded.
	ErrMalformedResponse = errors.New("bitbucket: malformed response")
)

// maxErrorBody bounds what an Error keeps of the body.
const maxErrorBody = 4 << 10

// An Error is a call that failed: one that Bitbucket refused, or that got no
// usable answer. errors.Is matches it with the sentinel of its status, and with
// what caused it.
type Error struct {
	StatusCode int    // 0 when there was no answer
	Method     string // of the request
	URL        string // of the request, without its query
	Message    string // error.message, or a summary of a body that is no JSON
	Detail     string // error.detail, when it is text

	Fields map[string][]string // error.fields: what is wrong with which field
	Data   json.RawMessage     // error.data, as sent

	RequiredScopes []string // scopes that the endpoint needs, as far as known
	GrantedScopes  []string // scopes that the credential has, as far as known

	ID         string        // error.id: Bitbucket's name for this failure, on 5xx
	RetryAfter time.Duration // what the server asked to wait; 0 when it did not say
	Attempts   int           // how many were sent
	Hint       string        // what to do next, where the library knows
	Body       []byte        // the first 4 KiB of the body

	tokenRequest bool  // the token endpoint refused, not the API
	cause        error // why there was no usable answer
}

// Error says on one line what failed, why, and what to do next.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("bitbucket: ")
	b.WriteString(e.Method)
	b.WriteString(" ")
	b.WriteString(e.URL)
	if e.StatusCode != 0 {
		fmt.Fprintf(&b, ": %d %s", e.StatusCode, http.StatusText(e.StatusCode))
	}
	if e.Message != "" && !strings.EqualFold(e.Message, http.StatusText(e.StatusCode)) {
		b.WriteString(": ")
		b.WriteString(oneLine(e.Message))
	}
	if e.Detail != "" && e.Detail != e.Message {
		b.WriteString(": ")
		b.WriteString(oneLine(e.Detail))
	}
	for _, name := range sortedKeys(e.Fields) {
		fmt.Fprintf(&b, "; %s: %s", oneLine(name), oneLine(strings.Join(e.Fields[name], ", ")))
	}
	if e.cause != nil {
		b.WriteString(": ")
		b.WriteString(oneLine(strings.TrimPrefix(e.cause.Error(), "bitbucket: ")))
	}
	if e.lacksScope() {
		fmt.Fprintf(&b, " (needs scope %s; granted: %s)", scopeList(e.RequiredScopes), scopeList(e.GrantedScopes))
	}
	if e.ID != "" {
		fmt.Fprintf(&b, " (id %s)", oneLine(e.ID))
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, " (retry after %v)", e.RetryAfter)
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&b, " (%d attempts)", e.Attempts)
	}
	if e.Hint != "" {
		b.WriteString("; ")
		b.WriteString(e.Hint)
	}
	return b.String()
}

// Is matches the sentinel of the error's status.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrBadRequest:
		return e.StatusCode == http.StatusBadRequest
	case ErrUnauthorized:
		return e.StatusCode == http.StatusUnauthorized || e.tokenRequest && e.StatusCode == http.StatusBadRequest
	case ErrPlanLimit:
		return e.StatusCode == http.StatusPaymentRequired
	case ErrForbidden:
		return e.StatusCode == http.StatusForbidden
	case ErrNotFound:
		return e.StatusCode == http.StatusNotFound
	case ErrConflict:
		return e.StatusCode == http.StatusConflict
	case ErrGone:
		return e.StatusCode == http.StatusGone
	case ErrRateLimited:
		return e.StatusCode == http.StatusTooManyRequests
	case ErrServer:
		return e.StatusCode >= 500
	}
	return false
}

// Unwrap returns why there was no usable answer: the error of the network, the
// context or the throttle, or a sentinel such as [ErrMalformedResponse].
func (e *Error) Unwrap() error { return e.cause }

// scopeList prints scopes.
func scopeList(scopes []string) string {
	if len(scopes) == 0 {
		return "unknown"
	}
	return strings.Join(scopes, ", ")
}
