package bitbucket_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// A step is what a scripted server does with one attempt.
type step struct {
	status     int
	retryAfter string
	err        error
	cut        bool // the body ends early
}

// script answers the attempts one by one; after the last step all is well.
type script struct {
	steps []step

	mu    sync.Mutex
	times []time.Duration // since the start, of each attempt
	start time.Time
	body  []string
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.start.IsZero() {
		s.start = time.Now()
	}
	s.times = append(s.times, time.Since(s.start))
	sent := ""
	if r.Body != nil {
		data, _ := io.ReadAll(r.Body)
		sent = string(data)
	}
	s.body = append(s.body, sent)
	now := step{status: 200}
	if n := len(s.times); n <= len(s.steps) {
		now = s.steps[n-1]
	}
	if now.err != nil {
		return nil, now.err
	}
	resp := &http.Response{StatusCode: now.status, Header: http.Header{"Content-Type": {asJSON}}, Request: r}
	resp.Body = io.NopCloser(strings.NewReader(`{"type":"user","uuid":"{u}","key":"K"}`))
	if now.cut {
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"type":`), brokenReader{}))
	}
	if now.retryAfter != "" {
		resp.Header.Set("Retry-After", now.retryAfter)
	}
	return resp, nil
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

var (
	reset   = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	refused = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	noHost  = &net.DNSError{Err: "no such host", Name: "api.bitbucket.org"}
)

func TestWhatIsRetried(t *testing.T) {
	again := func(s step, n int) []step { return slices.Repeat([]step{s}, n) }
	calls := map[string]func(context.Context, *bitbucket.Client) error{
		"GET": func(ctx context.Context, c *bitbucket.Client) error { _, err := c.Users.Current(ctx); return err },
		"PUT": func(ctx context.Context, c *bitbucket.Client) error {
			_, err := c.Permissions.OnRepository("acme", "widgets").SetUser(ctx, "{u}", bitbucket.PermissionRead)
			return err
		},
		"DELETE": func(ctx context.Context, c *bitbucket.Client) error {
			return c.Permissions.OnRepository("acme", "widgets").RemoveUser(ctx, "{u}")
		},
		"POST": func(ctx context.Context, c *bitbucket.Client) error {
			_, err := c.Pipelines.WorkspaceVariables("acme").Create(ctx, bitbucket.NewVariable{Key: "K", Value: "v"})
			return err
		},
		"PATCH": func(ctx context.Context, c *bitbucket.Client) error {
			return c.Do(ctx, "PATCH", "/2.0/x", map[string]int{"a": 1}, nil)
		},
	}
	for _, tc := range []struct {
		name     string
		methods  string
		steps    []step
		attempts int
		want     error // nil: the call succeeds in the end
	}{
		{"a bad gateway, once", "GET PUT DELETE", again(step{status: 502}, 1), 2, nil},
		{"unavailable, four times", "GET PUT DELETE", again(step{status: 503}, 4), 5, nil},
		{"a gateway time-out, too often", "GET PUT DELETE", again(step{status: 504}, 5), 5, bitbucket.ErrServer},
		{"an internal error, once", "GET PUT DELETE", again(step{status: 500}, 1), 2, nil},
		{"an internal error, twice", "GET PUT DELETE", again(step{status: 500}, 2), 2, bitbucket.ErrServer},
		{"not implemented", "GET PUT DELETE POST", again(step{status: 501}, 1), 1, bitbucket.ErrServer},
		{"a broken connection", "GET PUT DELETE", again(step{err: reset}, 2), 3, nil},
		{"a body that is cut short", "GET PUT", []step{{status: 200, cut: true}}, 2, nil},
		{"rate limited", "GET PUT DELETE POST PATCH", again(step{status: 429}, 2), 3, nil},
		{"rate limited, too often", "GET PUT DELETE POST PATCH", again(step{status: 429}, 5), 5, bitbucket.ErrRateLimited},
		{"a connection refused", "GET PUT DELETE POST PATCH", again(step{err: refused}, 2), 3, nil},
		{"an unknown host", "GET POST", again(step{err: noHost}, 1), 2, nil},
		{"a write that may have happened", "POST PATCH", again(step{err: reset}, 1), 1, syscall.ECONNRESET},
		{"a write answered by a bad gateway", "POST PATCH", again(step{status: 502}, 1), 1, bitbucket.ErrServer},
		{"a write answered by an error", "POST PATCH", again(step{status: 500}, 1), 1, bitbucket.ErrServer},
		{"a write whose answer is cut short", "POST", []step{{status: 201, cut: true}}, 1, io.ErrUnexpectedEOF},
		{"a bad request", "GET PUT DELETE POST", again(step{status: 400}, 1), 1, bitbucket.ErrBadRequest},
		{"not found", "GET PUT DELETE POST", again(step{status: 404}, 1), 1, bitbucket.ErrNotFound},
	} {
		for method := range strings.FieldsSeq(tc.methods) {
			t.Run(tc.name+"/"+method, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					rt := &script{steps: tc.steps}
					window := throttle.Window(100, 30*time.Minute)
					c := newClient(t, rt, bitbucket.WithThrottle(window))
					err := calls[method](t.Context(), c)
					if tc.want == nil && err != nil || tc.want != nil && !errors.Is(err, tc.want) {
						t.Errorf("error %v, want %v", err, tc.want)
					}
					if len(rt.times) != tc.attempts {
						t.Errorf("%d attempts, want %d", len(rt.times), tc.attempts)
					}
					if e, ok := errors.AsType[*bitbucket.Error](err); err != nil && (!ok || e.Attempts != tc.attempts) {
						t.Errorf("the error does not tell of %d attempts: %v", tc.attempts, err)
					}
					time.Sleep(time.Hour) // of the bubble, so that pauses are over
					if used := len(rt.times); used != tc.attempts {
						t.Errorf("attempts went on after the end")
					}
					for _, body := range rt.body {
						if body != rt.body[0] {
							t.Errorf("a retry sent %q, the first attempt %q", body, rt.body[0])
						}
					}
				})
			})
		}
	}
}

func TestRetriesSpendSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		window := throttle.Window(100, 30*time.Minute)
		c := newClient(t, &script{steps: []step{{status: 502}, {err: reset}}}, bitbucket.WithThrottle(window))
		if _, err := c.Users.Current(t.Context()); err != nil {
			t.Fatal(err)
		}
		if free := window.Status().Free; free != 97 {
			t.Errorf("%d slots free after three attempts, want 97", free)
		}
	})
}

func TestBackoffGrowsWithJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := &script{steps: slices.Repeat([]step{{status: 503}}, 4)}
		if _, err := newClient(t, rt).Users.Current(t.Context()); err != nil {
			t.Fatal(err)
		}
		most := 500 * time.Millisecond
		for i := 1; i < len(rt.times); i++ {
			if wait := rt.times[i] - rt.times[i-1]; wait < most/2 || wait > most {
				t.Errorf("wait %d was %v, want between %v and %v", i, wait, most/2, most)
			}
			most *= 2
		}
	})
}

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
		rt := &script{steps: slices.Repeat([]step{{status: 429}}, 8)}
		c := newClient(t, rt, bitbucket.WithThrottle(throttle.Window(1000, 30*time.Minute)), bitbucket.WithRetries(10))
		if _, err := c.Users.Current(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got []time.Duration
		for i := 1; i < len(rt.times); i++ {
			got = append(got, rt.times[i]-rt.times[i-1])
		}
		m := time.Minute
		if want := []time.Duration{m, 2 * m, 4 * m, 8 * m, 16 * m, 30 * m, 30 * m, 30 * m}; !slices.Equal(got, want) {
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

// A stalled server ends an attempt, and another follows. The wait for the
// throttle does not count.
func TestAttemptTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stalls := 1
		rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
			if stalls > 0 {
				stalls--
				<-r.Context().Done()
				return
			}
			answer(w, 200, `{"type":"user","uuid":"{u}"}`)
		}}
		window := throttle.Window(1, 30*time.Minute)
		c := newClient(t, stallable{rt}, bitbucket.WithThrottle(window), bitbucket.WithAttemptTimeout(10*time.Second))
		start := time.Now()
		if _, err := c.Users.Current(t.Context()); err != nil {
			t.Fatal(err)
		}
		// 10 s until the first attempt ends, half an hour for the slot.
		if took := time.Since(start); took != 30*time.Minute+10*time.Second {
			t.Errorf("took %v", took)
		}
		stalls = 100
		_, err := c.Users.Current(t.Context())
		if errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the attempt's time-out looks like the caller's: %v", err)
		}
		wantText(t, err.Error(), "no complete answer within 10s (WithAttemptTimeout)", "(5 attempts)")
	})
}

// stallable gives up when the request's context does, as a network would.
type stallable struct{ next http.RoundTripper }

func (s stallable) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.next.RoundTrip(r)
	if r.Context().Err() != nil {
		return nil, context.Cause(r.Context())
	}
	return resp, err
}

func TestCallersContextEndsTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := &script{steps: slices.Repeat([]step{{status: 503, retryAfter: "60"}}, 10)}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(90*time.Second, cancel)
		start := time.Now()
		_, err := newClient(t, rt).Users.Current(ctx)
		if !errors.Is(err, context.Canceled) || !errors.Is(err, bitbucket.ErrServer) || time.Since(start) != 90*time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		if len(rt.times) != 2 {
			t.Errorf("%d attempts, want 2", len(rt.times))
		}
	})
}

func TestDeadlineBeforeTheSlotFailsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := &script{}
		c := newClient(t, rt, bitbucket.WithThrottle(throttle.Window(1, 30*time.Minute)))
		if _, err := c.Users.Current(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
		defer cancel()
		start := time.Now()
		_, err := c.Users.Current(ctx)
		wait, ok := errors.AsType[*throttle.WaitError](err)
		if !ok || !wait.Until.Equal(start.Add(30*time.Minute)) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		if time.Since(start) != 0 || len(rt.times) != 1 {
			t.Errorf("%d attempts after %v", len(rt.times), time.Since(start))
		}
	})
}

// When the next attempt cannot get a slot in time, the answer to the last one is
// what the caller hears.
func TestLastAnswerIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := &script{steps: []step{{status: 502}}}
		c := newClient(t, rt, bitbucket.WithThrottle(throttle.Window(1, 30*time.Minute)))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := c.Users.Current(ctx)
		e, ok := errors.AsType[*bitbucket.Error](err)
		if !ok || e.StatusCode != 502 || e.Attempts != 1 {
			t.Errorf("error %v", err)
		}
		if _, ok := errors.AsType[*throttle.WaitError](err); !ok {
			t.Errorf("the error does not tell of the throttle: %v", err)
		}
	})
}

func TestNetworkErrorsKeepTheirCause(t *testing.T) {
	rt := failing{&url.Error{Op: "Get", URL: "https://api.bitbucket.org/2.0/user?secret=1", Err: reset}}
	_, err := newClient(t, rt, bitbucket.WithRetries(0)).Users.Current(t.Context())
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("error %v", err)
	}
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
			c.Properties.Put(t.Context(), userUUID, "app", "name", struct{}{})
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
