package bitbucket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

var silently = bitbucket.WithLogger(slog.New(slog.DiscardHandler))

// A server that refuses everything without a word for 29 minutes, as one does whose window somebody
// else has filled, is waited for by all who have no deadline, and by nobody who has one.
func TestAThousandCallsThroughAFullWindow(t *testing.T) {
	for _, edge := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			opens := time.Now().Add(29 * time.Minute)
			var refused atomic.Int64
			rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
				if time.Now().Before(opens) {
					refused.Add(1)
					if edge {
						w.Header().Set("X-Envoy-Ratelimited", "true")
					}
					w.WriteHeader(429)
					return
				}
				answer(w, 200, `{"uuid":"{u}"}`)
			}}
			c := newClient(t, rt, silently, bitbucket.WithThrottle(throttle.Window(1000, 30*time.Minute)))
			var wg sync.WaitGroup
			for range 1000 {
				wg.Go(func() {
					if _, err := c.Users.Current(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			for range 10 { // who has less time than the pause takes
				wg.Go(func() {
					time.Sleep(10 * time.Second)
					ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
					defer cancel()
					start := time.Now()
					_, err := c.Users.Current(ctx)
					if err == nil || !edge && time.Since(start) != 0 || time.Since(start) > 200*time.Millisecond {
						t.Errorf("with a deadline: after %v, %v", time.Since(start), err)
					}
				})
			}
			wg.Wait()
			t.Logf("edge %t: %d refusals", edge, refused.Load())
		})
	}
}

// With a deadline before the end of the pause the call ends at once, with the refusal.
func TestRefusedWithADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) { asked.Add(1); w.WriteHeader(429) }}
		c := newClient(t, rt, silently)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
		defer cancel()
		start := time.Now()
		for range 1000 {
			_, err := c.Users.Current(ctx)
			if err == nil || time.Since(start) != 0 {
				t.Fatalf("after %v: %v", time.Since(start), err)
			}
		}
		if asked.Load() != 1 {
			t.Errorf("%d requests", asked.Load())
		}
	})
}

// A call ends with the real refusal: after pauses of two windows in all, or after 30 refusals.
func TestRefusedForGood(t *testing.T) {
	for _, tc := range []struct {
		name     string
		header   http.Header
		per      time.Duration
		attempts int
		took     time.Duration
	}{
		{"bare", nil, 30 * time.Minute, 7, 61 * time.Minute}, // 1+2+4+8+16+30
		{"bare, in a short window", nil, 10 * time.Minute, 6, 25 * time.Minute},
		{"bare, in a window of a minute", nil, time.Minute, 3, 2 * time.Minute},
		{"with a second to wait", http.Header{"Retry-After": {"1"}}, 30 * time.Minute, 31, 30 * time.Second},
		{"with a window to wait", http.Header{"Retry-After": {"1800"}}, 30 * time.Minute, 3, time.Hour},
		{"with an hour to wait", http.Header{"Retry-After": {"3600"}}, 30 * time.Minute, 2, time.Hour},
		{"with days to wait", http.Header{"Retry-After": {"200000"}}, 30 * time.Minute, 1, 0},
	} {
		for _, method := range []string{"GET", "POST"} {
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
					asked++
					maps.Copy(w.Header(), tc.header)
					answer(w, 429, `{"error":{"message":"refused for good"}}`)
				}}
				c := newClient(t, rt, silently, bitbucket.WithThrottle(throttle.Window(1000, tc.per)))
				start := time.Now()
				err := c.Do(t.Context(), method, "/2.0/x", nil, nil)
				e, ok := errors.AsType[*bitbucket.Error](err)
				if !ok || e.StatusCode != 429 || e.Message != "refused for good" || e.Attempts != tc.attempts || asked != tc.attempts {
					t.Errorf("%s: %d attempts, want %d: %v", tc.name, asked, tc.attempts, err)
				}
				if took := time.Since(start); took != tc.took {
					t.Errorf("%s: took %v, want %v", tc.name, took, tc.took)
				}
			})
		}
	}
}

// Refusals of the edge pause a second, doubling with jitter to half a minute, before they are taken
// for those of the window.
func TestEdgeRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		start := time.Now()
		rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
			at = append(at, time.Since(start))
			w.Header().Set("X-Envoy-Ratelimited", "TRUE")
			w.WriteHeader(429)
		}}
		window := throttle.Window(1000, 30*time.Minute)
		_, err := newClient(t, rt, silently, bitbucket.WithThrottle(window)).Users.Current(t.Context())
		if !errors.Is(err, bitbucket.ErrRateLimited) {
			t.Error(err)
		}
		for i := range len(at) - 1 {
			pause, want := at[i+1]-at[i], min(time.Second<<i, 30*time.Second)
			low, high := want*3/4, want*3/2
			if i > 5 { // from here on it is the window's
				want = min(time.Minute<<(i-6), 30*time.Minute)
				low, high = want, want
			}
			if pause < low || pause > high {
				t.Errorf("pause %d was %v, want %v to %v", i+1, pause, low, high)
			}
		}
		if len(at) != 13 {
			t.Errorf("%d attempts", len(at))
		}
	})
}

// A 401 that a new token mends is no news: what comes after it is what the caller hears.
func TestWhatFollowsANewTokenIsReported(t *testing.T) {
	for name, tc := range map[string]struct {
		after step
		want  error
	}{
		"a reset":        {step{err: reset}, syscall.ECONNRESET},
		"not found":      {step{status: 404}, bitbucket.ErrNotFound},
		"another 401":    {step{status: 401}, bitbucket.ErrUnauthorized},
		"a cut body":     {step{status: 200, cut: true}, io.ErrUnexpectedEOF},
		"a right answer": {step{status: 200}, nil},
	} {
		for _, method := range []string{"GET", "POST"} {
			synctest.Test(t, func(t *testing.T) {
				rt := &script{steps: []step{{status: 401}, tc.after, tc.after}}
				shop := &tokenShop{life: time.Hour}
				c := newConsumer(t, toAPI{rt, shop}, bitbucket.WithRetries(0), bitbucket.WithThrottle(throttle.Unlimited))
				err := c.Do(t.Context(), method, "/2.0/x", nil, nil)
				if !errors.Is(err, tc.want) || shop.issued.Load() != 2 || len(rt.times) != 2 {
					t.Errorf("%s %s: %d tokens, %d attempts, %v", name, method, shop.issued.Load(), len(rt.times), err)
				}
				if e, ok := errors.AsType[*bitbucket.Error](err); ok && name != "another 401" && e.StatusCode == 401 {
					t.Errorf("%s %s is reported as 401: %v", name, method, err)
				}
			})
		}
	}
}

// toAPI sends to the API what is for it, and the rest to the shop for tokens.
type toAPI struct {
	api  http.RoundTripper
	shop *tokenShop
}

func (a toAPI) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == "bitbucket.org" {
		return a.shop.RoundTrip(r)
	}
	return a.api.RoundTrip(r)
}

// The response is there also when the wait after an answer fails, as it was.
func TestResponseOfAWaitThatFails(t *testing.T) {
	for name, first := range map[string]step{
		"unavailable":  {status: 503, retryAfter: "30"},
		"rate limited": {status: 429, retryAfter: "30"},
		"a bad answer": {status: 502},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(10*time.Millisecond, cancel)
			c := newClient(t, &script{steps: []step{first, first, first}}, silently)
			r := bitbucket.Response{StatusCode: -1}
			_, err := c.Users.Current(ctx, bitbucket.ResponseInto(&r))
			if !errors.Is(err, context.Canceled) || r.StatusCode != first.status || r.Attempts != 1 ||
				len(r.Body) == 0 || r.Header.Get("Retry-After") != first.retryAfter {
				t.Errorf("%s: %+v, %v", name, r, err)
			}
		})
	}
}

// A token endpoint that refuses with 429 is left alone as long as it says, by all callers.
func TestTokenEndpointIsLeftAlone(t *testing.T) {
	for header, want := range map[string]time.Duration{"120": 2 * time.Minute, "": time.Minute, "inf": time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			var asked []time.Duration
			shop := &tokenShop{life: time.Hour}
			rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Host == "bitbucket.org" {
					if asked = append(asked, time.Since(start)); len(asked) == 1 {
						if header != "" {
							w.Header().Set("Retry-After", header)
						}
						w.WriteHeader(429)
						return
					}
				}
				shop.serve(w, r)
			}}
			c := newConsumer(t, rt, silently)
			if _, err := c.Users.Current(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(asked, []time.Duration{0, want}) {
				t.Errorf("Retry-After %q: asked at %v", header, asked)
			}
		})
		synctest.Test(t, func(t *testing.T) { // and without retries everybody hears of it, without asking again
			var asked int
			rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
				asked++
				w.Header().Set("Retry-After", header)
				w.WriteHeader(429)
			}}
			c := newConsumer(t, rt, silently, bitbucket.WithRetries(0))
			for range 5 {
				ctx, cancel := context.WithTimeout(t.Context(), want/2)
				start := time.Now()
				_, err := c.Users.Current(ctx)
				cancel()
				if !errors.Is(err, bitbucket.ErrRateLimited) || time.Since(start) != 0 {
					t.Errorf("Retry-After %q: after %v, %v", header, time.Since(start), err)
				}
			}
			if asked != 1 {
				t.Errorf("Retry-After %q: asked %d times", header, asked)
			}
		})
	}
}

// Retry-After in every form, and in several headers at once.
func TestRetryAfterInEveryForm(t *testing.T) {
	begin := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	epoch := strconv.FormatInt(begin.Add(90*time.Second).Unix(), 10)
	for _, tc := range []struct {
		values []string
		want   time.Duration
	}{
		{[]string{"inf"}, time.Minute},
		{[]string{"+Inf"}, time.Minute},
		{[]string{"Infinity"}, time.Minute},
		{[]string{"NaN"}, time.Minute},
		{[]string{"-30"}, time.Minute},
		{[]string{"0"}, time.Minute},
		{[]string{"0x10"}, time.Minute},
		{[]string{"1_000"}, time.Minute},
		{[]string{""}, time.Minute},
		{[]string{"10 seconds"}, time.Minute},
		{[]string{"Fri, 31 Dec 1999 23:59:59 GMT"}, time.Minute},
		{[]string{epoch}, time.Minute}, // seconds since 1970 that lie in 2000 are too few to be taken for such
		{[]string{"1.2"}, 2 * time.Second},
		{[]string{"1e2"}, 100 * time.Second},
		{[]string{"+5"}, 5 * time.Second},
		{[]string{"5", "90", "10"}, 90 * time.Second},
		{[]string{"5, 90, 10"}, 90 * time.Second},
		{[]string{"inf", "7"}, 7 * time.Second},
		{[]string{"7", "Sat, 01 Jan 2000 00:02:00 GMT"}, 2 * time.Minute},
		{[]string{"Sat, 01 Jan 2000 00:02:00 GMT"}, 2 * time.Minute},
		{[]string{"Saturday, 01-Jan-00 00:02:00 GMT"}, 2 * time.Minute},
		{[]string{"Sat Jan  1 00:02:00 2000"}, 2 * time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			var at []time.Time
			rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
				if at = append(at, time.Now()); len(at) == 1 {
					w.Header()["Retry-After"] = tc.values
					w.WriteHeader(429)
					return
				}
				answer(w, 200, `{"uuid":"{u}"}`)
			}}
			_, err := newClient(t, rt, silently).Users.Current(t.Context())
			if tc.values[0] == epoch {
				if e, ok := errors.AsType[*bitbucket.Error](err); ok && e.RetryAfter > 24*time.Hour {
					return // it is taken for a number of seconds, and too many
				}
			}
			if err != nil || at[1].Sub(at[0]) != tc.want {
				t.Errorf("%q: %v, want %v, %v", tc.values, at, tc.want, err)
			}
		})
	}
	for _, status := range []int{429, 503} { // a day is the longest
		synctest.Test(t, func(t *testing.T) {
			rt := &script{steps: []step{{status: status, retryAfter: "86400"}}}
			if _, err := newClient(t, rt, silently).Users.Current(t.Context()); err != nil || rt.times[1] != 24*time.Hour {
				t.Errorf("a day on %d: %v, %v", status, rt.times, err)
			}
		})
	}
	for _, absurd := range []string{"1e999", "1e300", "99999999999999999999", "86401"} {
		synctest.Test(t, func(t *testing.T) {
			c := newClient(t, &script{steps: []step{{status: 429, retryAfter: absurd}}}, silently)
			start := time.Now()
			_, err := c.Users.Current(t.Context())
			if absurd == "1e999" { // it is no number
				if err != nil || time.Since(start) != time.Minute {
					t.Errorf("%s: after %v, %v", absurd, time.Since(start), err)
				}
			} else if !errors.Is(err, bitbucket.ErrRateLimited) || time.Since(start) != 0 {
				t.Errorf("%s: after %v, %v", absurd, time.Since(start), err)
			}
		})
	}
}

// A write that the server may have taken is not sent again, whatever the answer asks for.
func TestNoPostIsSentTwice(t *testing.T) {
	for _, first := range []step{
		{status: 503, retryAfter: "1"},
		{status: 502, retryAfter: "1"},
		{status: 504, retryAfter: "1"},
		{status: 500},
		{status: 500, retryAfter: "1"},
		{status: 503},
		{err: reset},
		{status: 201, cut: true},
	} {
		for _, method := range []string{"POST", "PATCH"} {
			synctest.Test(t, func(t *testing.T) {
				rt := &script{steps: []step{first}}
				err := newClient(t, rt).Do(t.Context(), method, "/2.0/x", map[string]int{"a": 1}, nil)
				if err == nil || len(rt.times) != 1 {
					t.Errorf("%s after %+v: %d attempts, %v", method, first, len(rt.times), err)
				}
			})
		}
	}
}

// The budget of retries is spent in an outage and refilled by what goes well: five calls for a retry.
func TestRetryBudgetRefills(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down, asked := true, 0
		rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
			if asked++; down {
				w.WriteHeader(503)
				return
			}
			answer(w, 200, `{"uuid":"{u}"}`)
		}}
		c := newClient(t, rt)
		calls := func(n int) int {
			before := asked
			for range n {
				_, _ = c.Users.Current(t.Context())
			}
			return asked - before
		}
		if n := calls(50); n != 50+20 {
			t.Errorf("50 calls in an outage: %d attempts", n)
		}
		for _, status := range []int{429, 500, 502} { // of which none is an answer that went well
			refusing := &script{steps: slices.Repeat([]step{{status: 503}}, 30)}
			refusing.steps = append(refusing.steps, slices.Repeat([]step{{status: status, retryAfter: "90000"}}, 20)...)
			refusing.steps = append(refusing.steps, slices.Repeat([]step{{status: 503}}, 5)...)
			other := newClient(t, refusing, silently)
			for range 10 { // which takes the whole budget
				_, _ = other.Users.Current(t.Context())
			}
			for len(refusing.times) < 50 {
				_ = other.Do(t.Context(), "POST", "/2.0/x", nil, nil)
				time.Sleep(25 * time.Hour) // of the bubble
			}
			if _, err := other.Users.Current(t.Context()); err == nil || len(refusing.times) != 51 {
				t.Errorf("after twenty of %d: %d attempts", status, len(refusing.times)-50)
			}
		}
		down = false
		calls(25)
		down = true
		if n := calls(50); n != 50+5 {
			t.Errorf("50 calls after 25 that went well: %d attempts", n)
		}
		down = false
		calls(1000)
		down = true
		if n := calls(50); n != 50+20 {
			t.Errorf("50 calls after 1,000 that went well: %d attempts", n)
		}
	})
}

// An own token source of somebody's that fails says so, with what the caller can do.
func TestTokenErrorsAreOurs(t *testing.T) {
	ts := sourceOf(func() (*oauth2.Token, error) { return nil, fmt.Errorf("the vault is closed") })
	rt := answering(200, asJSON, `{"uuid":"{u}"}`)
	c, err := bitbucket.NewClient(bitbucket.WithTransport(rt), bitbucket.WithTokenSource(ts))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Users.Current(t.Context())
	if e, ok := errors.AsType[*bitbucket.Error](err); !ok || !strings.Contains(e.Error(), "the vault is closed") || len(rt.requests()) != 0 {
		t.Errorf("%v", err)
	}
}

type sourceOf func() (*oauth2.Token, error)

func (s sourceOf) Token() (*oauth2.Token, error) { return s() }
