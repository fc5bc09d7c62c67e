package bitbucket_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// A wire is an http.RoundTripper that answers from a handler, without sockets, and
// remembers what was asked.
type wire struct {
	handler func(w http.ResponseWriter, r *http.Request)
	latency time.Duration

	mu      sync.Mutex
	seen    []string // method and whole URL
	unended int      // requests under way
}

func (t *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	t.seen = append(t.seen, r.Method+" "+r.URL.String())
	t.unended++
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		t.unended--
		t.mu.Unlock()
	}()
	if t.latency > 0 {
		select {
		case <-time.After(t.latency):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	w := httptest.NewRecorder()
	t.handler(w, r)
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

func (t *wire) requests() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.seen)
}

func (t *wire) underWay() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.unended
}

// failing is an http.RoundTripper that never gets an answer.
type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

// newClient makes a client without limits; opts come after that.
func newClient(t *testing.T, rt http.RoundTripper, opts ...bitbucket.Option) *bitbucket.Client {
	t.Helper()
	opts = append([]bitbucket.Option{
		bitbucket.WithTransport(rt),
		bitbucket.WithThrottle(throttle.Unlimited),
		bitbucket.WithAccessToken("test-token"),
	}, opts...)
	c, err := bitbucket.NewClient(opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// answer sends a JSON body.
func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprint(w, body)
}

// answering makes a wire that answers everything alike.
func answering(status int, contentType, body string) *wire {
	return &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}}
}

// wantText fails unless got holds each of the parts.
func wantText(t *testing.T, got string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(got, part) {
			t.Errorf("%q does not hold %q", got, part)
		}
	}
}
