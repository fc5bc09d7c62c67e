package bitbucket_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/internal/exchanges"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

func TestRetryAfterIsObeyedInFull(t *testing.T) {
	bubbleStart := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // by definition of synctest
	for _, tc := range []struct {
		header   string
		min, max time.Duration
	}{
		{"90", 90 * time.Second, 90 * time.Second},
		{"1.5", 2 * time.Second, 2 * time.Second},
		{" 7200 ", 2 * time.Hour, 2 * time.Hour},
		{bubbleStart.Add(10 * time.Minute).Format(http.TimeFormat), 10 * time.Minute, 10 * time.Minute},
		{bubbleStart.Add(5 * time.Minute).Format(time.RFC850), 5 * time.Minute, 5 * time.Minute},
		{"-1", 0, time.Minute}, // as if absent
		{"soon", 0, time.Minute},
	} {
		for _, status := range []int{429, 503} {
			synctest.Test(t, func(t *testing.T) {
				rt := &script{steps: []step{{status: status, retryAfter: tc.header}}}
				if _, err := newClient(t, rt).Users.Current(t.Context()); err != nil {
					t.Fatal(err)
				}
				if waited := rt.times[1]; waited < tc.min || waited > tc.max {
					t.Errorf("Retry-After %q on %d: waited %v, want %v to %v", tc.header, status, waited, tc.min, tc.max)
				}
			})
		}
	}
}

func TestRetryAfterBeyondTheDeadlineGivesUpAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tc := range []struct {
			status int
			header string
			after  time.Duration
			want   error
		}{{429, "3600", time.Hour, bitbucket.ErrRateLimited}, {429, "", 0, bitbucket.ErrRateLimited}, {503, "3600", time.Hour, bitbucket.ErrServer}} {
			rt := &script{steps: []step{{status: tc.status, retryAfter: tc.header}}}
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			start := time.Now()
			_, err := newClient(t, rt).Users.Current(ctx)
			cancel()
			e, ok := errors.AsType[*bitbucket.Error](err)
			if !ok || e.StatusCode != tc.status || e.RetryAfter != tc.after || !errors.Is(err, tc.want) {
				t.Errorf("error %v", err)
			}
			if took := time.Since(start); took != 0 || len(rt.times) != 1 {
				t.Errorf("%d attempts, %v", len(rt.times), took)
			}
		}
		// What no program would wait for is not waited for either, deadline or not.
		for _, header := range []string{"90000", "9223372037", "1e300", "99999999999999999999"} {
			rt := &script{steps: []step{{status: 429, retryAfter: header}}}
			start := time.Now()
			_, err := newClient(t, rt).Users.Current(t.Context())
			if e, _ := errors.AsType[*bitbucket.Error](err); e == nil || e.RetryAfter < 25*time.Hour || time.Since(start) != 0 {
				t.Errorf("Retry-After %s: %v", header, err)
			}
		}
	})
}

// A 429 that does not say how long makes every caller of the client pause, and the
// pause does not add up with a backoff.
func TestRateLimitPausesAllCallers(t *testing.T) {
	for name, opt := range map[string]bitbucket.Option{
		"window":    bitbucket.WithThrottle(throttle.Window(100, 30*time.Minute)),
		"unlimited": bitbucket.WithThrottle(throttle.Unlimited),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rt := &script{steps: []step{{status: 429}}}
				c := newClient(t, rt, opt)
				var wg sync.WaitGroup
				wg.Go(func() {
					if _, err := c.Users.Current(t.Context()); err != nil {
						t.Error(err)
					}
				})
				synctest.Wait()
				start := time.Now()
				if _, err := c.Users.Current(t.Context()); err != nil { // another caller
					t.Error(err)
				}
				if waited := time.Since(start); waited != time.Minute {
					t.Errorf("the other caller waited %v, want a minute", waited)
				}
				wg.Wait()
				if want := []time.Duration{0, time.Minute, time.Minute}; !slices.Equal(rt.times, want) {
					t.Errorf("attempts at %v, want %v", rt.times, want)
				}
			})
		})
	}
}

// Callers that are refused at the same time are one piece of news: the pause does
// not double for each of them.
func TestRefusalsTogetherPauseOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := &wire{latency: time.Second}
		refusals := 10
		rt.handler = func(w http.ResponseWriter, r *http.Request) {
			rt.mu.Lock()
			defer rt.mu.Unlock()
			if refusals--; refusals >= 0 {
				w.WriteHeader(429)
				return
			}
			answer(w, 200, `{"type":"user","uuid":"{u}"}`)
		}
		c := newClient(t, rt, bitbucket.WithThrottle(throttle.Window(100, 30*time.Minute)))
		start := time.Now()
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				if _, err := c.Users.Current(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if took := time.Since(start); took != time.Minute+2*time.Second {
			t.Errorf("took %v, want a pause of a minute between two attempts of a second", took)
		}
	})
}

// The pause is spent waiting for the throttle, where hooks see it.
func TestPauseIsAWaitForTheThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var waits []time.Duration
		var retries []time.Duration
		c := newClient(t, &script{steps: []step{{status: 429}}}, bitbucket.WithThrottle(throttle.Window(100, 30*time.Minute)), bitbucket.WithTrace(&bitbucket.Trace{
			WaitDone: func(_ context.Context, i bitbucket.WaitDoneInfo) { waits = append(waits, i.Waited) },
			Retry:    func(_ context.Context, i bitbucket.RetryInfo) { retries = append(retries, i.Delay) },
		}))
		if _, err := c.Users.Current(t.Context()); err != nil {
			t.Fatal(err)
		}
		if want := []time.Duration{time.Minute}; !slices.Equal(waits, want) || !slices.Equal(retries, want) {
			t.Errorf("waits %v, retries %v, want %v each", waits, retries, want)
		}
	})
}

func TestPausesDoubleUpToTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := &script{steps: slices.Repeat([]step{{status: 429}}, 6)}
		c := newClient(t, rt, bitbucket.WithThrottle(throttle.Window(1000, 30*time.Minute)))
		if _, err := c.Users.Current(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got []time.Duration
		for i := 1; i < len(rt.times); i++ {
			got = append(got, rt.times[i]-rt.times[i-1])
		}
		m := time.Minute
		if want := []time.Duration{m, 2 * m, 4 * m, 8 * m, 16 * m, 30 * m}; !slices.Equal(got, want) {
			t.Errorf("pauses %v, want %v", got, want)
		}
		// After an answer the weather is calm again.
		rt.steps = append(rt.steps, step{status: 200}, step{status: 429})
		before := len(rt.times)
		if _, err := c.Users.Current(t.Context()); err != nil {
			t.Fatal(err)
		}
		if pause := rt.times[before+1] - rt.times[before]; pause != m {
			t.Errorf("the first pause of a new storm is %v, want %v", pause, m)
		}
	})
}

func TestOutageDoesNotMultiplyTraffic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := &script{steps: slices.Repeat([]step{{status: 503}}, 10000)}
		c := newClient(t, rt)
		for range 500 {
			if _, err := c.Users.Current(t.Context()); !errors.Is(err, bitbucket.ErrServer) {
				t.Fatal(err)
			}
		}
		if n := len(rt.times); n != 520 {
			t.Errorf("500 calls in an outage took %d attempts, want 520", n)
		}
	})
}

// With budgets for groups of endpoints, a 429 in one group pauses that group only,
// and a throttle that cannot pause is waited for all the same.
func TestRateLimitPausesItsRouteOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := &script{steps: []step{{status: 429}, {status: 200}, {status: 200}, {status: 429, retryAfter: "300"}}}
		routes := throttle.PublishedLimits()
		c := newClient(t, rt, bitbucket.WithThrottle(routes))
		var wg sync.WaitGroup
		wg.Go(func() {
			c.Properties.Put(t.Context(), exchanges.UserUUID, "app", "name", struct{}{})
		})
		synctest.Wait()
		start := time.Now()
		if _, err := c.Users.Current(t.Context()); err != nil || time.Since(start) != 0 {
			t.Errorf("another group waited %v, %v", time.Since(start), err)
		}
		wg.Wait()
		if time.Since(start) != time.Minute {
			t.Errorf("the group that was refused waited %v", time.Since(start))
		}

		start = time.Now()
		limiter := newClient(t, rt, bitbucket.WithThrottle(onlyRoute{throttle.FromLimiter(rate.NewLimiter(rate.Inf, 1))}))
		if _, err := limiter.Users.Current(t.Context()); err != nil || time.Since(start) != 5*time.Minute {
			t.Errorf("a throttle without Pause waited %v, %v", time.Since(start), err)
		}
	})
}

// onlyRoute is a router with one throttle for everything.
type onlyRoute struct{ throttle.Throttle }

func (r onlyRoute) Route(string, string) throttle.Throttle { return r.Throttle }
