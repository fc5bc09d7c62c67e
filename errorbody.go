package bitbucket

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"github.com/seed-9213fc64/bitbucket/internal/operations"
)

// newError reads an answer that is no success. Bitbucket's error bodies come in
// many forms: an envelope with or without its type, a flat object, one or more
// lines of text, a gateway's HTML page, nothing at all. All of them give an Error
// with a text; none of them fails.
func (c *call) newError(resp *http.Response, body []byte) *Error {
	e := &Error{
		StatusCode:     resp.StatusCode,
		Method:         c.method,
		URL:            plainURL(c.url),
		Attempts:       c.attempts,
		GrantedScopes:  splitScopes(resp.Header.Get("X-OAuth-Scopes")),
		RequiredScopes: splitScopes(resp.Header.Get("X-Accepted-OAuth-Scopes")),
	}
	if after, ok := retryAfter(resp.Header); ok {
		e.RetryAfter = after
	}
	e.Body = bytes.Clone(body[:min(len(body), maxErrorBody)])
	if !e.readJSON(body) {
		e.Message = summarize(resp.Header.Get("Content-Type"), body)
	}
	e.Hint = c.hint(e)
	e.redact(c.client.redacted)
	return e
}

// redact takes the client's secrets out of everything that the server wrote. It
// looks at what was decoded, since JSON and HTML write a character in many ways.
func (e *Error) redact(redacted func(string) string) {
	e.Message, e.Detail, e.ID = redacted(e.Message), redacted(e.Detail), redacted(e.ID)
	e.Body = []byte(redacted(string(e.Body)))
	if e.Data != nil {
		e.Data = json.RawMessage(redacted(string(e.Data)))
	}
	for _, texts := range e.Fields {
		for i := range texts {
			texts[i] = redacted(texts[i])
		}
	}
}

// readJSON takes over what a JSON body says, and reports whether it is one that
// says something.
func (e *Error) readJSON(body []byte) bool {
	var envelope map[string]json.RawMessage
	if json.Unmarshal(body, &envelope) != nil {
		return false
	}
	inner := envelope // the flat form: {"message", "detail", "data"}
	if raw, ok := envelope["error"]; ok {
		var object map[string]json.RawMessage
		if json.Unmarshal(raw, &object) == nil && object != nil {
			inner = object
		} else { // the form of OAuth: {"error": "code", "error_description": "…"}
			e.Message = text(raw)
			e.Detail = text(envelope["error_description"])
		}
	}
	if message := text(inner["message"]); message != "" {
		e.Message = message
	}
	e.ID = text(inner["id"])
	e.Data = present(inner["data"])
	if e.Data == nil {
		e.Data = present(envelope["data"])
	}
	e.readDetail(inner["detail"])
	e.readFields(inner["fields"])
	return e.Message != "" || e.Detail != "" || len(e.Fields) > 0
}

// readDetail reads error.detail: text, or the scopes of a refusal.
func (e *Error) readDetail(raw json.RawMessage) {
	var scopes struct{ Required, Granted []string }
	switch detail := text(raw); {
	case detail != "":
		e.Detail = detail
	case len(raw) > 0 && raw[0] == '{' && json.Unmarshal(raw, &scopes) == nil && scopes.Required != nil:
		e.RequiredScopes, e.GrantedScopes = scopes.Required, scopes.Granted
	default:
		if raw = present(raw); raw != nil {
			e.Detail = string(raw)
		}
	}
}

// readFields reads error.fields, whose values are texts or arrays of texts.
func (e *Error) readFields(raw json.RawMessage) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return
	}
	for name, value := range fields {
		var many []json.RawMessage
		if json.Unmarshal(value, &many) != nil {
			many = []json.RawMessage{value}
		}
		if e.Fields == nil {
			e.Fields = make(map[string][]string, len(fields))
		}
		for _, one := range many {
			message := text(one)
			if message == "" {
				message = string(one)
			}
			e.Fields[name] = append(e.Fields[name], message)
		}
	}
}

// text is a JSON string, or nothing when raw is something else.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// present is raw, or nothing when raw is null or empty.
func present(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 || string(raw) == "null" || string(raw) == "{}" {
		return nil
	}
	return raw
}

// summarize makes a message of a body that is no JSON: the title of a page, or
// the first sentence of a text.
func summarize(contentType string, body []byte) string {
	s := string(body[:min(len(body), maxErrorBody)])
	trimmed := strings.TrimSpace(s)
	if strings.HasPrefix(contentType, "text/html") || strings.HasPrefix(trimmed, "<") {
		title := between(s, "<title>", "</title>")
		if title == "" {
			title = between(s, "<h1>", "</h1>")
		}
		if title == "" {
			return "an HTML page, not an answer of the API"
		}
		return fmt.Sprintf("an HTML page, not an answer of the API: %q", shorten(oneLine(html.UnescapeString(title))))
	}
	return shorten(oneLine(strings.ToValidUTF8(trimmed, "\uFFFD")))
}

// between cuts out what stands between two tags, whatever their case.
func between(s, open, end string) string {
	lower := strings.ToLower(s)
	from := strings.Index(lower, open)
	if from < 0 || len(lower) != len(s) {
		return ""
	}
	from += len(open)
	length := strings.Index(lower[from:], end)
	if length < 0 {
		return ""
	}
	return s[from : from+length]
}

// oneLine folds white space and drops what would disturb a terminal or a log.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// shorten cuts a text that is too long for one line.
func shorten(s string) string {
	const limit = 200
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	return string(runes[:limit]) + "…"
}

func splitScopes(header string) []string {
	if header == "" {
		return nil
	}
	return strings.FieldsFunc(header, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// hint tells what to do about an error, where the library knows it.
func (c *call) hint(e *Error) string {
	op, known := operations.Find(c.method, c.pattern)
	if known && len(e.RequiredScopes) == 0 && e.StatusCode == http.StatusForbidden && strings.Contains(e.Message, "scope") {
		e.RequiredScopes = op.Scopes
	}
	switch e.StatusCode {
	case http.StatusUnauthorized:
		return c.client.hintUnauthorized()
	case http.StatusForbidden:
		if c.pattern == "" && !strings.Contains(c.url.Path, ".0/") {
			return "a path begins with its version: /2.0/…"
		}
		return hintForbidden(op, e)
	case http.StatusNotFound:
		return c.hintNotFound()
	case http.StatusPaymentRequired:
		return "the workspace's plan allows no more users; free a seat or change the plan"
	case http.StatusGone:
		if op.Replacement != "" {
			return "Bitbucket removed this endpoint: use " + op.Replacement
		}
		return c.hintGone()
	case http.StatusTooManyRequests:
		return "the budget of calls is spent, perhaps by another program with the same credential; wait, or give all of them one throttle"
	}
	if 300 <= e.StatusCode && e.StatusCode < 400 && e.StatusCode != http.StatusNotModified {
		return "the server redirected a call that must not be repeated elsewhere; check the base URL"
	}
	return ""
}

func (c *call) hintNotFound() string {
	switch {
	case c.method == http.MethodDelete && c.attempts > 1:
		return "an earlier attempt of this call may have removed it"
	case strings.HasPrefix(c.pattern, "/2.0/users/{selected_user}"):
		return "users are found by UUID or Atlassian account ID, not by name; or the credential may not see it"
	}
	return "it does not exist, or the credential may not see it"
}

// hintGone is for endpoints without a method that old programs ask for.
func (c *call) hintGone() string {
	switch path := strings.TrimSuffix(c.url.Path, "/"); {
	case strings.HasSuffix(path, "/2.0/workspaces"):
		return "Bitbucket removed this endpoint: use Workspaces.List"
	case strings.HasSuffix(path, "/2.0/repositories"):
		return "Bitbucket removed this endpoint: use ListAt with /2.0/repositories/{workspace} for each workspace"
	}
	return "Bitbucket removed this endpoint"
}

func (c *Client) hintUnauthorized() string {
	if c.credential == nil {
		return "no credential was sent: use WithAPIToken or another credential option, or WithEnv with BITBUCKET_EMAIL and BITBUCKET_API_TOKEN set"
	}
	switch c.credential.kind {
	case kindAPIToken:
		return "WithAPIToken needs the e-mail address of the Atlassian account and an API token created with scopes for Bitbucket; app passwords ended on 2026-07-28"
	case kindAccessToken:
		return "the access token is expired or revoked, or it is an API token: that goes into WithAPIToken(email, token)"
	}
	return "the OAuth token was refused; check the consumer and its scopes"
}

func hintForbidden(op operations.Operation, e *Error) string {
	switch {
	case strings.Contains(e.Message, "not accessible by this authentication mechanism"):
		if op.Credentials == operations.APIToken {
			return "only an API token may do this: use WithAPIToken"
		}
		return "this kind of credential may not call this endpoint; use an API token (WithAPIToken)"
	case e.lacksScope():
		return "create a credential that has the scope"
	}
	return ""
}

// lacksScope reports whether a scope is what is missing. The headers name the
// scopes with every refusal, whatever its reason.
func (e *Error) lacksScope() bool {
	return e.StatusCode == http.StatusForbidden && len(e.RequiredScopes) > 0 && strings.Contains(e.Message, "scope")
}
