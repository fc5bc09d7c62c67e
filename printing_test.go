package bitbucket_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// What answers with a secret, and what prints all that a program can.

// A planter answers every call alike, and gives out tokens.
type planter struct {
	token  string // the next one is another
	answer said

	mu     sync.Mutex
	issued int
}

func (p *planter) RoundTrip(r *http.Request) (*http.Response, error) {
	return (&wire{handler: func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Host == "bitbucket.org" {
			p.mu.Lock()
			defer p.mu.Unlock()
			token := p.token
			if p.issued++; p.issued > 1 {
				token = "another-token-than-that"
			}
			body, _ := json.Marshal(map[string]any{"access_token": token, "token_type": "bearer", "expires_in": 7200})
			answer(w, 200, string(body))
			return
		}
		maps.Copy(w.Header(), p.answer.header)
		w.WriteHeader(p.answer.status)
		fmt.Fprint(w, p.answer.body)
	}}).RoundTrip(r)
}

// A printer prints whatever a program might print of a call.
type printer struct {
	buf    bytes.Buffer
	logger *slog.Logger
}

func newPrinter() *printer {
	p := new(printer)
	all := &slog.HandlerOptions{Level: slog.LevelDebug}
	p.logger = slog.New(slog.NewMultiHandler(slog.NewTextHandler(&p.buf, all), slog.NewJSONHandler(&p.buf, all)))
	return p
}

var verbs = []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%T %t"}

func (p *printer) value(v any) {
	for _, verb := range verbs {
		fmt.Fprintf(&p.buf, verb+"\n", v)
	}
	encoded, err := json.Marshal(v)
	fmt.Fprintf(&p.buf, "%s %v\n", encoded, err)
	p.logger.Error("it failed", "value", v)
}

func (p *printer) error(err error) {
	if err == nil {
		return
	}
	p.value(err)
	if e, ok := err.(*bitbucket.Error); ok { //nolint:errorlint // each layer is printed
		fmt.Fprintf(&p.buf, "%q %q %q %s %q %q %q %q %s %s\n", e.Message, e.Detail, e.Fields, e.Data,
			e.RequiredScopes, e.GrantedScopes, e.ID, e.Hint, e.Body, e.URL)
	}
	switch err := err.(type) { //nolint:errorlint // each layer is printed
	case interface{ Unwrap() error }:
		p.error(err.Unwrap())
	case interface{ Unwrap() []error }:
		for _, inner := range err.Unwrap() {
			p.error(inner)
		}
	}
}

// trace prints what hooks are told.
func (p *printer) trace() *bitbucket.Trace {
	return &bitbucket.Trace{
		CallStart: func(ctx context.Context, i bitbucket.CallStartInfo) context.Context {
			fmt.Fprintf(&p.buf, "%+v\n", i)
			return nil
		},
		CallDone: func(_ context.Context, i bitbucket.CallDoneInfo) {
			for _, unread := range i.Unread {
				fmt.Fprintf(&p.buf, "%s %s\n", unread.Member, unread.Value)
			}
			i.Err = nil // what the call returns
			fmt.Fprintf(&p.buf, "%+v\n", i)
		},
		WaitStart: func(_ context.Context, i bitbucket.WaitStartInfo) { fmt.Fprintf(&p.buf, "%+v\n", i) },
		WaitDone:  func(_ context.Context, i bitbucket.WaitDoneInfo) { fmt.Fprintf(&p.buf, "%+v\n", i); p.error(i.Err) },
		Attempt:   func(_ context.Context, i bitbucket.AttemptInfo) { fmt.Fprintf(&p.buf, "%+v\n", i); p.error(i.Err) },
		Retry:     func(_ context.Context, i bitbucket.RetryInfo) { fmt.Fprintf(&p.buf, "%+v\n", i); p.error(i.Err) },
	}
}

// response prints the answer to a refusal. That to a success is kept as it came.
func (p *printer) response(r bitbucket.Response) {
	if r.StatusCode > 299 {
		fmt.Fprintf(&p.buf, "%+v %s %q\n", r, r.Body, r.Header)
	}
}

// wantNone fails when one of the parts is in what was printed, also as hexadecimal digits.
func (p *printer) wantNone(t *testing.T, name string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		digits := hex.EncodeToString([]byte(part))
		for _, form := range []string{part, digits, strings.ToUpper(digits)} {
			if at := bytes.Index(p.buf.Bytes(), []byte(form)); at >= 0 {
				t.Errorf("%s: %q shows in %q", name, part, p.buf.Bytes()[max(0, at-150):min(p.buf.Len(), at+150)])
				return
			}
		}
	}
}

// tracedClient makes a client that tells all to a printer, and does not try again.
func tracedClient(
	t *testing.T, rt http.RoundTripper, p *printer, opts ...bitbucket.Option,
) *bitbucket.Client {
	t.Helper()
	c, err := bitbucket.NewClient(append(opts, bitbucket.WithTransport(rt), bitbucket.WithRetries(0),
		bitbucket.WithThrottle(throttle.Unlimited), bitbucket.WithTrace(p.trace()), bitbucket.WithLogger(p.logger))...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// plant makes one call and looks for the parts in all that can be printed.
func plant(
	t *testing.T, name string, h holder, secret string, answered said, parts []string,
	more ...bitbucket.CallOption,
) {
	t.Helper()
	p := newPrinter()
	rt := &planter{answer: answered}
	if h.token != nil {
		rt.token = h.token(secret)
	}
	c := tracedClient(t, rt, p, h.options(secret, rt)...)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second) // shorter than any pause
	defer cancel()
	var r bitbucket.Response
	err := h.call(ctx, c, secret, append(more, bitbucket.ResponseInto(&r))...)
	if err == nil && (answered.status > 299 || answered.status == 200 && answered.body == "") {
		t.Errorf("%s: no error", name)
	}
	p.error(err)
	p.response(r)
	p.wantNone(t, name, parts...)
}

// partsOf are what must not show of a secret that was written in some way.
func partsOf(h holder, secret string, w writing) []string {
	if w.name == "base64 of the pair" {
		encoded := w.write(h, secret)
		n := len(encoded)
		return append(runs(secret), encoded[n-12:n-4], encoded[n/2-4:n/2+4])
	}
	parts := runs(secret)
	for _, run := range parts[:3] {
		if form := w.write(h, run); form != run {
			parts = append(parts, form)
		}
	}
	return parts
}
