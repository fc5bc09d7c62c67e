package bitbucket_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/internal/exchanges"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// fuzzClient makes a client that does not wait.
func fuzzClient(t *testing.T, rt http.RoundTripper) *bitbucket.Client {
	t.Helper()
	c, err := bitbucket.NewClient(bitbucket.WithTransport(rt), bitbucket.WithAccessToken("test-token"),
		bitbucket.WithRetries(0), bitbucket.WithThrottle(throttle.Unlimited))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Whatever a server sends, its error is one line of at most 1 KiB, and what is kept of it is bounded.
func FuzzErrorBody(f *testing.F) {
	for _, answered := range exchanges.Where(func(r exchanges.Recorded) bool { return r.Status > 299 }) {
		f.Add(answered.Status, answered.Header.Get("Content-Type"), []byte(answered.Body))
	}
	f.Add(200, asJSON, []byte(`"a sentence in place of an object"`))
	f.Add(200, asHTML, []byte(`<title>Sign in</title>`))
	f.Add(502, asHTML, bytes.Repeat([]byte("<title>Bad\n gateway"), 500))
	f.Add(400, asJSON, []byte(`{"error":{"fields":{"`+strings.Repeat("n", 5000)+`":["`+strings.Repeat("é", 5000)+`"]}}}`))
	f.Add(500, asJSON, []byte(`{"error":{"id":"`+strings.Repeat(`\n`, 5000)+`","data":[`+strings.Repeat("1,", 2100)+`1]}}`))
	f.Add(403, asJSON, []byte(`{"error":{"message":"scope","detail":{"required":[`+strings.Repeat(`"a",`, 100)+`""]}}}`))
	f.Fuzz(func(t *testing.T, status int, contentType string, body []byte) {
		if status < 200 || status > 599 {
			status = 400
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second) // a 429 gives up at once
		defer cancel()
		_, err := fuzzClient(t, answering(status, contentType, string(body))).Users.Current(ctx)
		e, ok := errors.AsType[*bitbucket.Error](err)
		if !ok {
			if err != nil || status > 299 {
				t.Errorf("%d %q: %v", status, body, err)
			}
			return
		}
		wantBounded(t, e)
	})
}

// wantBounded fails unless an error keeps its promises.
func wantBounded(t *testing.T, e *bitbucket.Error) {
	t.Helper()
	const most, mostFields = 4 << 10, 50
	line := e.Error()
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) }
	if len(line) > 1<<10 || !utf8.ValidString(line) || strings.ContainsFunc(line, unprintable) {
		t.Errorf("%d bytes: %q", len(line), line)
	}
	texts := append([]string{e.Message, e.Detail, e.ID, string(e.Data), string(e.Body)}, e.RequiredScopes...)
	texts = append(texts, e.GrantedScopes...)
	for name, messages := range e.Fields {
		texts = append(append(texts, name), messages...)
		if len(messages) > mostFields*mostFields {
			t.Errorf("a field has %d messages", len(messages))
		}
	}
	for _, text := range texts {
		if len(text) > most {
			t.Errorf("a text of %d bytes is kept", len(text))
		}
	}
	if len(e.Fields) > mostFields || len(e.RequiredScopes) > mostFields || len(e.GrantedScopes) > mostFields {
		t.Errorf("%d fields, %d and %d scopes", len(e.Fields), len(e.RequiredScopes), len(e.GrantedScopes))
	}
	if _, err := json.Marshal(e); err != nil {
		t.Errorf("it cannot be written as JSON: %v", err)
	}
}

// The bounds hold at their edges.
func TestErrorsAreBoundedAtTheEdges(t *testing.T) {
	const most = 4 << 10
	long := func(n int) string { return strings.Repeat("x", n) }
	message := func(n int) string { return `{"error":{"message":"` + long(n) + `"}}` }
	for _, tc := range []struct {
		body    string
		message int // bytes that are kept, the ellipsis included
		kept    int // of the body
	}{
		{message(1), 1, len(message(1))},
		{message(most - 1), most - 1, most},
		{message(most), most, most},
		{message(most + 1), most, most},
		{message(1 << 20), most, most},
		{message(most - len(message(0))), most - len(message(0)), most},
		{message(most - len(message(0)) - 1), most - len(message(0)) - 1, most - 1},
		{long(200), 200, 200}, // a summary
		{long(201), 200 + len("…"), 201},
		{long(most + 1), 200 + len("…"), most},
		{strings.Repeat("é", 200), 400, 400},
		{strings.Repeat("é", 201), 400 + len("…"), 402},
	} {
		_, err := fuzzClient(t, answering(400, asJSON, tc.body)).Users.Current(t.Context())
		e, ok := errors.AsType[*bitbucket.Error](err)
		if !ok {
			t.Fatal(err)
		}
		wantBounded(t, e)
		if len(e.Message) != tc.message || len(e.Body) != tc.kept {
			t.Errorf("%.40s… of %d bytes: a message of %d, want %d; a body of %d, want %d",
				tc.body, len(tc.body), len(e.Message), tc.message, len(e.Body), tc.kept)
		}
	}
	for n, want := range map[int]int{most - 1: most - 1, most: most, most + 1: 0} {
		body := `{"error":{"message":"m","data":"` + long(n-2) + `"}}`
		_, err := fuzzClient(t, answering(400, asJSON, body)).Users.Current(t.Context())
		if e, _ := errors.AsType[*bitbucket.Error](err); e == nil || len(e.Data) != want {
			t.Errorf("data of %d bytes: %v", n, err)
		}
	}
	for _, n := range []int{49, 50, 51, 1000} {
		fields := make(map[string][]string)
		for i := range n {
			fields[strings.Repeat("f", i+1)] = []string{long(i)}
		}
		body, _ := json.Marshal(map[string]any{"error": map[string]any{"fields": fields}})
		_, err := fuzzClient(t, answering(400, asJSON, string(body))).Users.Current(t.Context())
		e, _ := errors.AsType[*bitbucket.Error](err)
		if e == nil || len(e.Fields) != min(n, 50) {
			t.Errorf("%d fields: %v", n, err)
			continue
		}
		wantBounded(t, e)
	}
	header := http.Header{"X-Oauth-Scopes": {long(most + 1)}, "X-Accepted-Oauth-Scopes": {strings.Repeat("a ", 100)}}
	_, err := fuzzClient(t, refusing(403, header, `{"error":{"message":"scope"}}`)).Users.Current(t.Context())
	if e, _ := errors.AsType[*bitbucket.Error](err); e != nil {
		wantBounded(t, e)
	} else {
		t.Error(err)
	}
	wantBounded(t, &bitbucket.Error{Method: long(2000), Hint: long(2000) + "\n", URL: long(2000), ID: long(2000), StatusCode: 500})
}

// Any body is a page with no more items than it has objects, or an error that says what is wrong.
func FuzzPage(f *testing.F) {
	for _, page := range []string{
		`{"values":[{"email":"a@example.com","is_primary":true}],"page":1,"pagelen":10,"size":1}`,
		`{"values":[{"email":"a@example.com"}],"next":"https://api.bitbucket.org/2.0/user/emails?page=2"}`,
		`{"values":[{"email":"a@example.com"},{"email":1}],"next":"https://example.com/"}`,
		`{"values":[],"size":3}`, `{"values":{}}`, `{"values":["no"]}`, `{"values":null}`, `[{"email":"a"}]`, `[]`, `"no"`, `7`,
		`{"error":{"message":"no"}}`, `{"type":"error"}`, `{"values":[{"email":"a"}]} {}`, `{"values":[{"email":"a"}],"next":5}`,
		`{"values":[{"email":"a"}],"next":"::"}`, `{"values":[{"email":"a"}],"size":2}`, `{"values":[{"email":"a"}],"values":[]}`, ``,
		`<html>`, `{"values":[{"email":"\ud800"}]`,
	} {
		f.Add([]byte(page))
	}
	sentinels := []error{
		bitbucket.ErrMalformedResponse, bitbucket.ErrResponseTooLarge, bitbucket.ErrForeignOrigin,
		bitbucket.ErrPageLoop, bitbucket.ErrNotFound,
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		first := true
		rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
			if !first {
				answer(w, 404, `{"error":{"message":"no further page"}}`)
				return
			}
			first = false
			answer(w, 200, string(body))
		}}
		items, err := fuzzClient(t, rt).Users.ListEmails(t.Context()).Collect()
		if objects := bytes.Count(body, []byte("{")); len(items) > objects {
			t.Errorf("%q: %d items of %d objects", body, len(items), objects)
		}
		if len(items) == 0 && err == nil && !bytes.Contains(body, []byte("[")) {
			t.Errorf("%q is an empty list", body)
		}
		if err == nil {
			return
		}
		for _, sentinel := range sentinels {
			if errors.Is(err, sentinel) {
				return
			}
		}
		t.Errorf("%q: %v", body, err)
	})
}

// Any time that can be read can be written and read again.
func FuzzTime(f *testing.F) {
	for _, text := range []string{
		`"2026-11-25T15:16:17.123456+00:00"`, `"2026-11-25T15:16:17Z"`, `"2012-07-12 22:38:14+00:00"`, `"2012-07-13 00:38:14"`,
		`"2016-12-24T14:35:53.817"`, `"2026-11-25"`, `"2026-11-25T15:16:17\u002b0100"`, `null`, `""`, `5`, `"long ago"`, `{}`, ``,
		`"0000-01-01T00:00:00+23:59"`, `"9999-12-31T23:59:59-23:59"`, `"2026-11-25T15:16:17+24:00"`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var read bitbucket.Time
		if read.UnmarshalJSON(data) != nil {
			return
		}
		text, err := json.Marshal(read)
		if err != nil {
			t.Fatalf("%q was read and cannot be written: %v", data, err)
		}
		var again bitbucket.Time
		if err := json.Unmarshal(text, &again); err != nil || !again.Equal(read.Time) {
			t.Errorf("%q became %s, which is %v, %v", data, text, again, err)
		}
	})
}
