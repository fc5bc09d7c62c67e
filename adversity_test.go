package bitbucket_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/internal/exchanges"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

func TestRedirectWithoutSenseIsNotRetried(t *testing.T) {
	rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "https://u:pw@[bad/?access_token=SECRET")
		w.WriteHeader(302)
	}}
	_, err := newClient(t, rt).Users.Current(t.Context())
	if err == nil || strings.Contains(err.Error(), "SECRET") || len(rt.requests()) != 1 {
		t.Errorf("%d attempts, %v", len(rt.requests()), err)
	}
}

// panicking is a transport that never returns.
type panicking struct{}

func (panicking) RoundTrip(*http.Request) (*http.Response, error) { panic("on purpose") }

func TestPanicKeepsNoSlot(t *testing.T) {
	window := throttle.Window(1, time.Nanosecond)
	c := newClient(t, panicking{}, bitbucket.WithThrottle(window))
	func() {
		defer func() { _ = recover() }()
		_, _ = c.Users.Current(t.Context())
	}()
	done, err := window.Acquire(t.Context()) // would wait forever for a slot that is never handed back
	if err != nil {
		t.Fatal(err)
	}
	done(true)
}

// An answer that is no answer to the question is an error, not an empty result:
// nobody must read "nobody has access" out of it.
func TestSuccessWithoutContentIsMalformed(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		body   string
	}{
		"an error with status 200": {200, `{"type":"error","error":{"message":"try later"}}`},
		"null":                     {200, `null`},
		"an empty object":          {200, `{}`},
		"another object":           {200, `{"type":"workspace","slug":"acme"}`},
		"no content":               {204, ``},
	} {
		c := newClient(t, answering(tc.status, asJSON, tc.body))
		list, err := c.Users.ListEmails(t.Context()).Collect()
		if len(list) != 0 || !errors.Is(err, bitbucket.ErrMalformedResponse) {
			t.Errorf("list of %s: %v, %v", name, list, err)
		}
		if user, err := c.Users.Current(t.Context()); user != nil && name != "another object" || !errors.Is(err, bitbucket.ErrMalformedResponse) {
			t.Errorf("user of %s: %v, %v", name, user, err)
		}
	}
	_, err := newClient(t, answering(200, asJSON, `{"type":"error","error":{"message":"try later"}}`)).Workspaces.Get(t.Context(), "acme")
	wantText(t, err.Error(), "200 OK: try later: malformed response: it says that the call failed")

	// A write may well have nothing to say, and Fields may leave the values out.
	if set, err := newClient(t, answering(204, asJSON, "")).Permissions.OnRepository("acme", "widgets").SetUser(t.Context(), exchanges.UserUUID, bitbucket.PermissionRead); err != nil || set == nil {
		t.Errorf("a write without an answer: %v, %v", set, err)
	}
	for page, err := range newClient(t, answering(200, asJSON, `{"size":7}`)).Users.ListEmails(t.Context(), bitbucket.Fields("size")).Pages() {
		if total, ok := page.Total(); err != nil || total != 7 || !ok {
			t.Errorf("only the size: %v, %v", page, err)
		}
	}
}

// net/http sends a GET again by itself when a kept connection turns out to be dead.
// The server may have counted both, so the throttle has to as well.
func TestServerSeesNoMoreThanTheThrottleCounts(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var seen atomic.Int64
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				reader := bufio.NewReader(conn)
				for n := 1; ; n++ {
					if _, err := http.ReadRequest(reader); err != nil {
						return
					}
					seen.Add(1)
					if n == 2 {
						return // it has read the request, and dies
					}
					const body = `{"type":"user","uuid":"{u}"}`
					fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
				}
			})
		}
	})
	defer wg.Wait()
	defer listener.Close()
	window := throttle.Window(100, time.Hour)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	c, err := bitbucket.NewClient(bitbucket.WithBaseURL("http://"+listener.Addr().String()), bitbucket.WithTransport(transport), bitbucket.WithAccessToken("t"), bitbucket.WithThrottle(window))
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if _, err := c.Users.Current(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if used := int64(100 - window.Status().Free); used != seen.Load() || used < 5 {
		t.Errorf("the server saw %d requests, the throttle counts %d", seen.Load(), used)
	}
}

// What another host answers to a redirected call says nothing about this API.
func TestOtherHostsCannotPauseTheClient(t *testing.T) {
	rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Host == "files.example" {
			w.Header().Set("Retry-After", "80000")
			w.WriteHeader(429)
			return
		}
		http.Redirect(w, r, "https://files.example/x", 302)
	}}
	window := throttle.Window(100, 30*time.Minute)
	_, err := newClient(t, rt, bitbucket.WithThrottle(window)).Users.Current(t.Context())
	if status := window.Status(); !errors.Is(err, bitbucket.ErrForeignOrigin) || status.Free != 99 || len(rt.requests()) != 1 {
		t.Errorf("%+v, %v, %v", status, rt.requests(), err)
	}
}

// A server that wants more than a day is not waited for, and not bothered either.
func TestAbsurdRetryAfterPausesAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		window := throttle.Window(100, 30*time.Minute)
		c := newClient(t, &script{steps: []step{{status: 429, retryAfter: "900000"}}}, bitbucket.WithThrottle(window))
		if _, err := c.Users.Current(t.Context()); !errors.Is(err, bitbucket.ErrRateLimited) {
			t.Error(err)
		}
		if until := time.Until(window.Status().NextFree); until != 24*time.Hour {
			t.Errorf("the next slot is in %v", until)
		}
	})
}

// Two storms a day apart are two storms.
func TestStormsDoNotAddUpOverDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := &script{steps: []step{{status: 429}, {status: 429}, {status: 429}}}
		window := throttle.Window(100, 30*time.Minute)
		c := newClient(t, rt, bitbucket.WithThrottle(window), bitbucket.WithRetries(0))
		for range 3 {
			c.Users.Current(t.Context())
			if pause := time.Until(window.Status().NextFree); pause != time.Minute {
				t.Errorf("a pause of %v, want a minute", pause)
			}
			time.Sleep(24 * time.Hour) // of the bubble
		}
	})
}

func TestLimitsAtTheirEdges(t *testing.T) {
	c := newClient(t, answering(200, asJSON, exchanges.UserBody), bitbucket.WithMaxResponseBytes(math.MaxInt64))
	if u, err := c.Users.Current(t.Context()); err != nil || u.UUID != exchanges.UserUUID {
		t.Errorf("without a bound: %v, %v", u, err)
	}
	for name, rt := range map[string]http.RoundTripper{
		"no body":   bodiless{&http.Response{StatusCode: 200, Header: http.Header{}}},
		"no answer": bodiless{},
	} {
		if _, err := newClient(t, rt, bitbucket.WithRetries(0)).Users.Current(t.Context()); err == nil {
			t.Errorf("%s is no error", name)
		}
	}
}

// bodiless is a transport that forgets half of its duty.
type bodiless struct{ resp *http.Response }

func (b bodiless) RoundTrip(*http.Request) (*http.Response, error) { return b.resp, nil }

// A write without anything to say has a length all the same; Bitbucket wants one. A
// read has none, and no body.
func TestEmptyFormHasALength(t *testing.T) {
	var length int64
	var chunked []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		length, chunked = r.ContentLength, r.TransferEncoding
		io.WriteString(w, `{}`)
	}))
	defer srv.Close()
	c, err := bitbucket.NewClient(bitbucket.WithBaseURL(srv.URL), bitbucket.WithAccessToken("t"))
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range []any{url.Values{}, nil} {
		for _, method := range []string{"POST", "PUT", "DELETE", "GET", "OPTIONS"} {
			length, chunked = -2, nil
			if err := c.Do(t.Context(), method, "/2.0/x", in, nil); err != nil || length != 0 || chunked != nil {
				t.Errorf("%s: length %d, %v, %v", method, length, chunked, err)
			}
		}
	}
}

func TestOptionsThatAreRefusedBeforeACall(t *testing.T) {
	rt := answering(200, asJSON, `{"type":"user","uuid":"{u}"}`)
	c := newClient(t, rt)
	for name, opt := range map[string]bitbucket.CallOption{
		"a header of two lines":   bitbucket.Header("X-A", "a\nb"),
		"a header without a name": bitbucket.Header("", "a"),
		"a name with a space":     bitbucket.Header("X A", "a"),
		"a cursor of a list":      bitbucket.From("/2.0/user/emails?page=2"),
		"a page of nothing":       bitbucket.PageLen(0),
	} {
		if _, err := c.Users.Current(t.Context(), opt); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if n := len(rt.requests()); n != 0 {
		t.Errorf("%d calls", n)
	}
	if _, err := bitbucket.NewClient(bitbucket.WithUserAgent("a\r\nb")); err == nil {
		t.Error("a user agent of two lines was taken")
	}
}

// Names that users choose may look like UUIDs.
func TestNamesLikeUUIDsGetNoBraces(t *testing.T) {
	const name = "8f5d7c2e-1111-4222-8333-444455556666"
	rt := answering(200, asJSON, `{}`)
	c := newClient(t, rt)
	c.Properties.Get(t.Context(), "{u}", name, name, nil)
	c.Permissions.OnRepository("acme", name).GetGroup(t.Context(), name)
	c.Permissions.OnProject("acme", name).GetUser(t.Context(), name)
	want := []string{
		"/2.0/users/%7Bu%7D/properties/" + name + "/" + name,
		"/2.0/repositories/acme/" + name + "/permissions-config/groups/" + name,
		"/2.0/workspaces/acme/projects/" + name + "/permissions-config/users/%7B" + name + "%7D",
	}
	for i, got := range rt.requests() {
		if got != "GET https://api.bitbucket.org"+want[i] {
			t.Errorf("got %s, want %s", got, want[i])
		}
	}
}

// The headers name scopes with every refusal. Only one for a scope says so.
func TestRefusalsForOtherReasonsBlameNoScope(t *testing.T) {
	rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Accepted-OAuth-Scopes", "account")
		w.Header().Set("X-OAuth-Scopes", "account, repository")
		answer(w, 403, `{"error":{"message":"You must be an administrator"}}`)
	}}
	_, err := newClient(t, rt).Users.Current(t.Context())
	if strings.Contains(err.Error(), "scope") {
		t.Errorf("error %v", err)
	}
}

func TestCauseOfAContextIsNotLost(t *testing.T) {
	why := errors.New("the program ends")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	_, err := newClient(t, failing{why}).Users.Current(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
