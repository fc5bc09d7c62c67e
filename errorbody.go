package bitbucket

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strings"
	"unicode"

	"github.com/seed-9213fc64/bitbucket/internal/jsonscan"
	"github.com/seed-9213fc64/bitbucket/internal/wire"
)

// maxErrorText bounds each text that an Error keeps, in bytes, and maxErrorFields how many fields.
const (
	maxErrorText   = 4 << 10
	maxErrorFields = 50
)

// newError reads an answer that is no success. Bitbucket's error bodies come in many forms: an
// envelope with or without its type, a flat object, one or more lines of text, a gateway's HTML
// page, nothing at all. All of them give an Error with a text; none of them fails.
//
// The answer comes here without secrets. What is decoded goes through its redactor once more, since
// JSON may have hidden another way of writing one.
func newError(said wire.Said) *Error {
	e, spoke := readError(said)
	if !spoke {
		e.Message = summarize(said)
	}
	return e
}

// readError is newError without a summary. It reports whether the body is JSON that says something.
func readError(said wire.Said) (e *Error, spoke bool) {
	e = &Error{
		StatusCode:     said.StatusCode,
		GrantedScopes:  splitScopes(said.Header.Get("X-OAuth-Scopes")),
		RequiredScopes: splitScopes(said.Header.Get("X-Accepted-OAuth-Scopes")),
		Body:           bytes.Clone(said.Body[:min(len(said.Body), maxErrorText)]),
	}
	e.RetryAfter, _ = wire.RetryAfter(said.Header)
	return e, bodyReader{e, said.Redactor}.json(said.Body)
}

// A bodyReader takes over what a JSON body says, without secrets and within bounds.
type bodyReader struct {
	*Error
	redactor wire.Redactor
}

// said are the members of an error, or of the envelope around it, as they stand in the body.
type said struct{ err, message, detail, description, fields, data, id []byte }

// pick finds them in an object.
func (m *said) pick(object []byte) {
	c := jsonscan.At(object)
	for key := range c.Members() {
		switch value := c.Value(); string(key) {
		case "error":
			m.err = value
		case "message":
			m.message = value
		case "detail":
			m.detail = value
		case "error_description":
			m.description = value
		case "fields":
			m.fields = value
		case "data":
			m.data = value
		case "id":
			m.id = value
		}
	}
}

// json reads a JSON body, and reports whether it is one that says something.
func (r bodyReader) json(body []byte) bool {
	if jsonscan.At(body).Kind() != '{' || !json.Valid(body) {
		return false
	}
	var envelope said
	envelope.pick(body)
	inner := envelope // the flat form: {"message", "detail", "data"}
	if isObject(envelope.err) {
		inner = said{}
		inner.pick(envelope.err)
	} else if envelope.err != nil { // the form of OAuth: {"error": "code", "error_description": "…"}
		r.Message = r.text(envelope.err)
		r.Detail = r.text(envelope.description)
	}
	if message := r.text(inner.message); message != "" {
		r.Message = message
	}
	r.ID = r.text(inner.id)
	if r.Data = r.data(inner.data); r.Data == nil {
		r.Data = r.data(envelope.data)
	}
	r.detail(inner.detail)
	r.fields(inner.fields)
	return r.Message != "" || r.Detail != "" || len(r.Fields) > 0 || r.scopesTold
}

// detail reads error.detail: text, or the scopes of a refusal.
func (r bodyReader) detail(raw json.RawMessage) {
	var scopes struct{ Required, Granted []string }
	switch detail := r.text(raw); {
	case detail != "":
		r.Detail = detail
	case isObject(raw) && len(raw) <= maxRawText && json.Unmarshal(raw, &scopes) == nil && scopes.Required != nil:
		r.RequiredScopes, r.GrantedScopes = r.scopes(scopes.Required), r.scopes(scopes.Granted)
		r.scopesTold = len(scopes.Required) > 0
	default:
		if data := r.data(raw); data != nil {
			r.Detail = string(data)
		}
	}
}

// fields reads error.fields, whose values are texts or arrays of texts.
func (r bodyReader) fields(raw []byte) {
	if !isObject(raw) {
		return
	}
	fields := make(map[string][]string)
	c := jsonscan.At(raw)
	for key := range c.Members() {
		name := cut(r.redactor.Text(string(key[:min(len(key), maxRawText)])), maxErrorText)
		value := c.Value()
		many := func(yield func([]byte) bool) { yield(value) }
		if len(value) > 0 && value[0] == '[' {
			many = jsonscan.Each(value)
		}
		for one := range many {
			message := r.text(one)
			if message == "" {
				message = r.kept(string(one[:min(len(one), maxRawText)]))
			}
			if fields[name] = append(fields[name], message); len(fields[name]) == maxErrorFields {
				break
			}
		}
		if len(fields) == maxErrorFields {
			break
		}
	}
	if len(fields) > 0 {
		r.Fields = fields
	}
}

// maxRawText is how much is read of a text of which maxErrorText are kept: enough though everything
// in it is written as escapes.
const maxRawText = 16 * maxErrorText

// text is a JSON string, or nothing when raw is something else.
func (r bodyReader) text(raw []byte) string {
	if len(raw) == 0 || raw[0] != '"' {
		return ""
	}
	for n := maxRawText; n < len(raw) && n > maxRawText-len(`\ud83d\ude00`); n-- { // an escape may be cut
		if s, err := jsonscan.String(append(raw[:n:n], '"')); err == nil {
			return r.kept(s)
		}
	}
	s, err := jsonscan.String(raw[:min(len(raw), maxRawText)])
	if err != nil {
		return ""
	}
	return r.kept(s)
}

// kept is a text as an Error keeps it.
func (r bodyReader) kept(s string) string { return cut(r.redactor.Text(s), maxErrorText) }

func (r bodyReader) scopes(names []string) []string {
	names = r.redactor.Texts(names[:min(len(names), maxErrorFields)])
	for i := range names {
		names[i] = cut(names[i], maxErrorText)
	}
	return names
}

// data is raw as it may be kept, or nothing when it is null, empty or too large.
func (r bodyReader) data(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 || len(raw) > maxErrorText || string(raw) == "null" || string(raw) == "{}" {
		return nil
	}
	clean := r.redactor.Text(string(raw))
	if len(clean) > maxErrorText || !json.Valid([]byte(clean)) { // a number was a secret
		return nil
	}
	return json.RawMessage(clean)
}

// summarize makes a message of a body that is no JSON: the title of a page, or the first sentence
// of a text.
func summarize(said wire.Said) string {
	s := string(said.Body[:min(len(said.Body), maxErrorText)])
	trimmed := strings.TrimSpace(s)
	if strings.HasPrefix(said.Header.Get("Content-Type"), "text/html") || strings.HasPrefix(trimmed, "<") {
		title := between(s, "<title>", "</title>")
		if title == "" {
			title = between(s, "<h1>", "</h1>")
		}
		if title == "" {
			return "an HTML page, not an answer of the API"
		}
		title = said.Redactor.Text(html.UnescapeString(title))
		return fmt.Sprintf("an HTML page, not an answer of the API: %q", shorten(oneLine(title)))
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

func splitScopes(header string) []string {
	if header == "" {
		return nil
	}
	names := strings.FieldsFunc(header, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	names = names[:min(len(names), maxErrorFields)]
	for i := range names {
		names[i] = cut(names[i], maxErrorText)
	}
	return names
}

// newTokenError is the Error of a token that could not be had.
func newTokenError(failed *wire.TokenError) *Error {
	var e *Error
	if failed.Said != nil {
		e = newError(*failed.Said)
	} else {
		e = &Error{cause: failed.Unwrap()}
	}
	e.Method, e.URL, e.tokenRequest = http.MethodPost, failed.Endpoint, true
	if failed.Endpoint == "" {
		e.URL = "the token endpoint"
	}
	e.RequiredScopes = nil
	e.Hint = hintToken(e.Message)
	return e
}
