package bitbucket_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"path"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
)

// redirecting starts a server that sends each call on three times before it answers.
func redirecting(t *testing.T) (base string, seen *atomic.Int64) {
	seen = new(atomic.Int64)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Add(1)
		io.Copy(io.Discard, r.Body)
		if hop := r.URL.Query().Get("hop"); len(hop) < 3 {
			http.Redirect(w, r, r.URL.Path+"?hop="+hop+"x", http.StatusTemporaryRedirect)
			return
		}
		answer(w, 200, `{"type":"user","uuid":"{u}"}`)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, seen
}

// The httptrace of the caller's context is told of every attempt once.
func TestCallersTraceIsToldOnce(t *testing.T) {
	base, _ := redirecting(t)
	var asked, got, wrote atomic.Int64
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GetConn:      func(string) { asked.Add(1) },
		GotConn:      func(httptrace.GotConnInfo) { got.Add(1) },
		WroteRequest: func(httptrace.WroteRequestInfo) { wrote.Add(1) },
	})
	if _, err := overTransport(t, base, &http.Transport{}).Users.Current(ctx); err != nil {
		t.Fatal(err)
	}
	if asked.Load() != 4 || got.Load() != 4 || wrote.Load() != 4 {
		t.Errorf("of 4 requests the trace was told %d, %d and %d times", asked.Load(), got.Load(), wrote.Load())
	}
}

// asking is a transport that asks a server for leave before each attempt, and tells it afterwards, by
// the context of the attempt.
type asking struct {
	http.RoundTripper
	base string
}

func (a asking) ask(attempt *http.Request) error {
	req, err := http.NewRequestWithContext(attempt.Context(), http.MethodGet, a.base, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := a.RoundTripper.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

func (a asking) RoundTrip(attempt *http.Request) (*http.Response, error) {
	if err := a.ask(attempt); err != nil {
		return nil, err
	}
	resp, err := a.RoundTripper.RoundTrip(attempt)
	if err != nil {
		return nil, err
	}
	return resp, a.ask(attempt)
}

// What a transport asks for besides with the context of an attempt is none of the attempt's requests.
func TestTransportsMayAskForMore(t *testing.T) {
	for _, secure := range []bool{false, true} {
		leave := newProtocolServer(secure, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, `{}`) })
		defer leave.Close()
		var seen atomic.Int64
		srv := newProtocolServer(secure, func(w http.ResponseWriter, r *http.Request) {
			seen.Add(1)
			answer(w, 200, `{"type":"user","uuid":"{u}"}`)
		})
		defer srv.Close()
		slots := new(counter)
		rt := asking{leave.Client().Transport, leave.URL}
		if secure {
			rt.RoundTripper.(*http.Transport).TLSClientConfig.RootCAs.AddCert(srv.Certificate())
		}
		c := newClient(t, rt, bitbucket.WithBaseURL(srv.URL), bitbucket.WithThrottle(slots), bitbucket.WithRetries(0))
		for _, method := range []string{"GET", "POST"} {
			for range 3 {
				if err := c.Do(t.Context(), method, "/2.0/user", nil, nil); err != nil {
					t.Errorf("secure %v: %s: %v", secure, method, err)
				}
			}
		}
		if seen.Load() != 6 || slots.sent.Load() != 6 || slots.given.Load() != 6 {
			t.Errorf("secure %v: %d requests for %d slots, %d of them spent", secure, seen.Load(), slots.given.Load(), slots.sent.Load())
		}
	}
}

// doubling is a transport that goes on with a twin of the first attempt when that is over: the trace of
// the attempt hears of the twin's connection in the middle of the second one.
type doubling struct {
	http.RoundTripper
	first *httptrace.ClientTrace
}

func (d *doubling) RoundTrip(attempt *http.Request) (*http.Response, error) {
	if d.first == nil {
		d.first = httptrace.ContextClientTrace(attempt.Context())
	} else {
		d.first.GetConn(attempt.URL.Host)
		conn, _ := net.Pipe()
		d.first.GotConn(httptrace.GotConnInfo{Conn: conn})
	}
	return d.RoundTripper.RoundTrip(attempt)
}

// A connection that comes late belongs to the attempt that it was made for.
func TestLateConnectionsAreOfTheirAttempt(t *testing.T) {
	base, seen := redirecting(t)
	slots := new(counter)
	c := newClient(t, &doubling{RoundTripper: new(http.Transport)}, bitbucket.WithBaseURL(base), bitbucket.WithThrottle(slots), bitbucket.WithRetries(0))
	err := c.Do(t.Context(), "POST", "/2.0/user", map[string]string{"a": strings.Repeat("b", 10)}, nil)
	if err != nil || seen.Load() != 4 || slots.sent.Load() != 4 {
		t.Errorf("%d requests, %d slots spent, %v", seen.Load(), slots.sent.Load(), err)
	}
}

// wandering is a transport that makes calls of its own with the context of an attempt.
type wandering struct {
	*wire
	t      *testing.T
	client func() *bitbucket.Client
}

func (w wandering) RoundTrip(attempt *http.Request) (*http.Response, error) {
	operation, _ := bitbucket.OperationFrom(attempt.Context())
	want := map[string]string{"/2.0/user": "Users.Current", "/2.0/users/grace": "Users.Get"}[attempt.URL.Path]
	if mine := attempt.Header.Get("X-Mine"); operation != want || mine != want {
		w.t.Errorf("%s is an attempt of %q with the header of %q", attempt.URL, operation, mine)
	}
	if want == "Users.Current" {
		u, err := w.client().Users.Get(attempt.Context(), "grace", bitbucket.Header("X-Mine", "Users.Get"))
		if err != nil || u.Nickname != "grace" {
			w.t.Errorf("the inner call: %+v, %v", u, err)
		}
	}
	return w.wire.RoundTrip(attempt)
}

// A call with the context of another one's attempt is a call of its own, of the same client too: both are
// sent on and refused once, and neither takes anything of the other.
func TestCallsWithinCalls(t *testing.T) {
	var c *bitbucket.Client
	tokens := 0
	rt := wandering{t: t, client: func() *bitbucket.Client { return c }, wire: &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Host == "bitbucket.org":
			tokens++
			answer(w, 200, fmt.Sprintf(`{"access_token":"token-%d","token_type":"bearer","expires_in":7200}`, tokens))
		case r.URL.RawQuery == "":
			http.Redirect(w, r, r.URL.Path+"?hop=x", http.StatusTemporaryRedirect)
		case r.URL.Path == "/2.0/user" && r.Header.Get("Authorization") == "Bearer token-1":
			answer(w, 401, `{"error":{"message":"expired"}}`)
		default:
			answer(w, 200, fmt.Sprintf(`{"type":"user","nickname":%q}`, path.Base(r.URL.Path)))
		}
	}}}
	slots := new(counter)
	c, err := bitbucket.NewClient(bitbucket.WithTransport(apart{rt, rt.wire}), bitbucket.WithThrottle(slots),
		bitbucket.WithClientCredentials("id", "t0ps3cret"))
	if err != nil {
		t.Fatal(err)
	}
	var response bitbucket.Response
	u, err := c.Users.Current(t.Context(), bitbucket.Header("X-Mine", "Users.Current"), bitbucket.ResponseInto(&response))
	if err != nil || u.Nickname != "user" || response.Attempts != 4 {
		t.Errorf("the outer call: %+v after %d attempts, %v", u, response.Attempts, err)
	}
	if requests := int64(len(rt.requests()) - tokens); requests != 12 || slots.sent.Load() != requests || tokens != 2 {
		t.Errorf("%d requests, %d slots, %d tokens", requests, slots.sent.Load(), tokens)
	}
}

// apart sends requests for tokens another way than calls.
type apart struct{ calls, tokens http.RoundTripper }

func (a apart) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == "bitbucket.org" {
		return a.tokens.RoundTrip(r)
	}
	return a.calls.RoundTrip(r)
}
