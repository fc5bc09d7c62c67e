package bitbucket_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/internal/exchanges"
)

// matrix says how much of the large tests is run. The whole takes minutes: ./do matrix.
var matrix = flag.String("matrix", "part", "how much of the large tests is run: part or full")

func wholeMatrix() bool { return *matrix == "full" }

// Every operation, with every odd answer, once and always, in process and over TCP, gives the right
// value or an error of ours that says what came.
func TestMatrixOfOddAnswers(t *testing.T) {
	cases, most := 0, 0
	seen := map[kind]bool{}
	for _, x := range judged() {
		all := append(oddAnswers(x), refusalsOf(x, wholeMatrix())...)
		if first := !seen[kindOf(x)]; !first && !wholeMatrix() {
			n := 0
			all = slices.DeleteFunc(all, func(a oddAnswer) bool {
				n++
				return len(a.body) > 1<<16 || a.status >= 300 && (n+len(seen))%4 > 0
			})
		}
		seen[kindOf(x)] = true
		most = max(most, len(all))
		t.Run(x.Operation, func(t *testing.T) { cases += testOddAnswers(t, x, all) })
	}
	t.Logf("%d operations, up to %d odd answers each, %d cases", len(judged()), most, cases)
}

// judged are the operations whose answers the judge of this package looks at. Package v1 judges what
// is left of the 1.0 API itself, and tests it by odd answers of its own.
func judged() []exchanges.Exchange {
	return slices.DeleteFunc(exchanges.All(), func(x exchanges.Exchange) bool {
		return strings.HasPrefix(x.Operation, "v1.")
	})
}

// testOddAnswers makes an operation with each answer, once and always, in process and over TCP.
func testOddAnswers(t *testing.T, x exchanges.Exchange, all []oddAnswer) (cases int) {
	t.Helper()
	s := newOddServer(t)
	for _, always := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			for _, a := range all {
				c := &oddCase{x: x, answer: a, always: always}
				c.check(t, &wire{handler: c.handler})
				cases++
			}
		})
		if !always && !wholeMatrix() {
			continue // what is not tried again is the same case
		}
		for _, a := range all {
			if c := (&oddCase{x: x, answer: a, always: always}); c.overTCP() {
				c.check(t, s.sending(c))
				cases++
			}
		}
	}
	return cases
}

// An oddCase is an operation and what the server makes of it.
type oddCase struct {
	x      exchanges.Exchange
	answer oddAnswer
	always bool
	seen   atomic.Int64 // requests
}

// handler answers oddly, the first time or always.
func (c *oddCase) handler(w http.ResponseWriter, r *http.Request) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	if c.seen.Add(1) > 1 && !c.always {
		answer(w, c.x.StatusCode(), c.x.Answer)
		return
	}
	w.Header().Set("Content-Type", cmp.Or(c.answer.contentType, asJSON))
	w.WriteHeader(c.answer.statusCode())
	_, _ = io.WriteString(w, c.answer.body)
}

func (a oddAnswer) statusCode() int { return cmp.Or(a.status, 200) }

// attempts is how many the client makes of a call that is always answered so.
func (c *oddCase) attempts() int64 {
	post := strings.HasPrefix(c.x.Request, "POST ")
	switch c.answer.status {
	case 429:
		return 7 // the pauses are 1, 2, 4, 8, 16, 30 minutes, and two windows are over
	case 500:
		if !post {
			return 2
		}
	case 502, 503, 504:
		if !post {
			return 5
		}
	}
	return 1
}

// overTCP reports whether the case is for sockets too: a wait between attempts is short in a bubble
// only.
func (c *oddCase) overTCP() bool { return !c.answer.wireless && c.attempts() == 1 }

// check makes the call and looks at what comes of it.
func (c *oddCase) check(t *testing.T, rt http.RoundTripper, opts ...bitbucket.Option) {
	t.Helper()
	c.seen.Store(0)
	client := newClient(t, rt, append(opts, bitbucket.WithLogger(slog.New(slog.DiscardHandler)))...)
	got, err := c.x.Call(context.Background(), client, exchanges.Acme(), c.x.Options...)
	name := c.answer.name
	if c.always {
		name += ", always"
	}
	want := c.attempts()
	mended := want > 1 && !c.always
	if mended {
		want = 2
	}
	if seen := c.seen.Load(); seen != want {
		t.Errorf("%s: %d attempts, want %d (%v)", name, seen, want, err)
	}
	if mended || c.answer.isRight(kindOf(c.x)) {
		c.wantRight(t, name, mended, got, err)
	} else {
		c.wantError(t, name, got, err)
	}
}

// wantRight compares what a call returned with what it has to return.
func (c *oddCase) wantRight(t *testing.T, name string, mended bool, got any, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	want := c.x.Want
	switch k := kindOf(c.x); {
	case mended:
	case c.answer.zero:
		want = reflect.Zero(reflect.TypeOf(want)).Interface()
	case k == kindList && c.answer.empty:
		if reflect.ValueOf(got).Len() != 0 {
			t.Errorf("%s: %v, want no items", name, got)
		}
		return
	case k == kindPlain:
		var fields map[string]any
		if err := json.Unmarshal([]byte(c.answer.body), &fields); err != nil {
			t.Fatal(err)
		}
		want = fields
	case k == kindProperty:
		var p bitbucket.Property[map[string]any]
		if err := json.Unmarshal([]byte(c.answer.body), &p); err != nil {
			t.Fatal(err)
		}
		want = p
	}
	if !reflect.DeepEqual(inUTC(got), inUTC(want)) {
		t.Errorf("%s: %.300v, want %.300v", name, got, want)
	}
}

// wantError wants an error of ours, and nothing besides.
func (c *oddCase) wantError(t *testing.T, name string, got any, err error) {
	t.Helper()
	status := c.answer.statusCode()
	if err == nil {
		t.Errorf("%s: no error, but %T", name, got)
		return
	}
	e, ok := errors.AsType[*bitbucket.Error](err)
	sentinel := sentinels[status]
	switch {
	case status >= 500:
		sentinel = bitbucket.ErrServer
	case status < 300 && errors.Is(err, bitbucket.ErrResponseTooLarge):
		sentinel = bitbucket.ErrResponseTooLarge
	case status < 300:
		sentinel = bitbucket.ErrMalformedResponse
	}
	afterThePage := status < 300 && kindOf(c.x) == kindList && !ok // of what follows a page
	switch {
	case afterThePage && (errors.Is(err, bitbucket.ErrForeignOrigin) || errors.Is(err, bitbucket.ErrMalformedResponse)):
	case !ok:
		t.Errorf("%s: not an error of ours: %T %v", name, err, err)
	case e.StatusCode != status, sentinel != nil && !errors.Is(err, sentinel):
		t.Errorf("%s: not %v: %v", name, sentinel, err)
	}
	said := len(c.answer.says) == 0
	for _, text := range c.answer.says {
		said = said || strings.Contains(err.Error(), text)
	}
	if !said {
		t.Errorf("%s: the error does not say what came: %v", name, err)
	}
	if len(err.Error()) > 1<<10 || strings.ContainsAny(err.Error(), "\r\n") {
		t.Errorf("%s: the error is no line: %.2000q", name, err)
	}
	if v := reflect.ValueOf(got); v.IsValid() && v.Kind() == reflect.Slice && !afterThePage && v.Len() > 0 {
		t.Errorf("%s: items of a page that was refused: %v", name, got)
	}
}

// What Fields left out may be missing; what it asked for may not.
func TestMatrixWithFields(t *testing.T) {
	const page = `{"pagelen":10,"values":[%s]}`
	for _, x := range judged() {
		k := kindOf(x)
		if k != kindObject && k != kindList {
			continue
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal([]byte(itemOf(x)), &members); err != nil {
			t.Fatal(err)
		}
		delete(members, "type")
		one, prefix := slices.Sorted(maps.Keys(members))[0], ""
		if k == kindList {
			prefix = "values."
		}
		for _, tc := range []struct {
			fields, body string
			kind         kind
			fine         bool
		}{
			{one, `{"` + one + `":null}`, kindObject, true},
			{one, `{"` + one + `":` + string(members[one]) + `}`, kindObject, true},
			{"-*,+" + one, `{"` + one + `":null}`, kindObject, true},
			{one, `{}`, kindObject, false},
			{one, `null`, kindObject, false},
			{one, `{"type":"error"}`, kindObject, false},
			{one, `{"` + one + `":null,"error":{"message":"x"}}`, kindObject, false},
			{"-links", `{}`, kindObject, false},
			{"+links", `{"links":{}}`, kindObject, false},

			{prefix + one, fmt.Sprintf(page, `{}`), kindList, true},
			{prefix + one, `{"values":[]}`, kindList, true},
			{prefix + one, `{"pagelen":10,"page":1}`, kindList, false},
			{prefix + one, `{}`, kindList, false},
			{prefix + one, `null`, kindList, false},
			{prefix + one, fmt.Sprintf(page, `null`), kindList, false},
			{prefix + one, fmt.Sprintf(page, `{"type":"error"}`), kindList, false},
			{prefix + one, `{"values":[],"size":3}`, kindList, false},
			{"size", `{"size":0}`, kindList, true},
			{"size", `{}`, kindList, false},
			{"size", `{"message":"maintenance"}`, kindList, false},
			{"-values.links", `{"size":0}`, kindList, false},
			{"-values", `{}`, kindList, false},
			{"+values.links", fmt.Sprintf(page, `{}`), kindList, false},
		} {
			if tc.kind != k {
				continue
			}
			c := newClient(t, answering(200, asJSON, tc.body))
			_, err := x.Call(t.Context(), c, exchanges.Acme(), bitbucket.Fields(tc.fields))
			if tc.fine && err != nil || !tc.fine && !errors.Is(err, bitbucket.ErrMalformedResponse) {
				t.Errorf("%s with Fields(%q): %s: %v", x.Operation, tc.fields, tc.body, err)
			}
		}
	}
}

// An oddServer answers over TCP.
type oddServer struct {
	*httptest.Server
	now atomic.Pointer[oddCase]
}

func newOddServer(t *testing.T) *oddServer {
	s := new(oddServer)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.now.Load().handler(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// sending returns a transport that leads to the server, which does as the case says.
func (s *oddServer) sending(c *oddCase) http.RoundTripper {
	s.now.Store(c)
	return toServer{s.Server, http.DefaultTransport}
}

// toServer is a transport that sends everything to one server, whatever host is asked for.
type toServer struct {
	server *httptest.Server
	next   http.RoundTripper
}

func (s toServer) RoundTrip(r *http.Request) (*http.Response, error) {
	here := r.Clone(r.Context())
	here.URL.Scheme, here.URL.Host = "http", s.server.Listener.Addr().String()
	return s.next.RoundTrip(here)
}
