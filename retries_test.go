package bitbucket_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
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
	resp.Body = io.NopCloser(strings.NewReader(`{"uuid":"{u}","key":"K","permission":"read"}`))
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
		{"rate limited, for longer than retries", "GET PUT DELETE POST PATCH", again(step{status: 429}, 6), 7, nil},
		{"rate limited, after pauses of two windows", "GET PUT DELETE POST PATCH", again(step{status: 429}, 9), 7, bitbucket.ErrRateLimited},
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
		// 10 s until the first attempt ends, 5 s in which the server may still count it,
		// half an hour for the slot.
		if took := time.Since(start); took != 30*time.Minute+15*time.Second {
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
		var told strings.Builder
		c := newClient(t, rt, bitbucket.WithThrottle(throttle.Window(1, 30*time.Minute)),
			bitbucket.WithLogger(slog.New(slog.NewTextHandler(&told, nil))),
			bitbucket.WithTrace(&bitbucket.Trace{
				WaitStart: func(context.Context, bitbucket.WaitStartInfo) { told.WriteString("WaitStart") },
				WaitDone:  func(context.Context, bitbucket.WaitDoneInfo) { told.WriteString("WaitDone") },
			}))
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
		if strings.Contains(told.String(), "ait") {
			t.Errorf("a wait that was not made is told: %s", told.String())
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

// A request that was given up on its way is counted by the server a moment later.
// Its slot waits for that moment.
func TestAbandonedAttemptsAreCountedLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var counted []time.Time
		rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
			answer(w, 200, `{"type":"user","uuid":"{u}"}`)
		}}
		late := lateCounting{rt, func() {
			mu.Lock()
			defer mu.Unlock()
			counted = append(counted, time.Now())
		}}
		c := newClient(t, late, bitbucket.WithThrottle(throttle.Window(1, 30*time.Minute)))
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := c.Users.Current(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if _, err := c.Users.Current(t.Context()); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		if apart := counted[1].Sub(counted[0]); apart < 30*time.Minute {
			t.Errorf("the server counted two calls within %v, one is allowed in 30m", apart)
		}
	})
}

// lateCounting is a network that takes a second to the server, and a server that
// counts a request when it gets there, whether anybody still waits or not.
type lateCounting struct {
	next  http.RoundTripper
	count func()
}

func (l lateCounting) RoundTrip(r *http.Request) (*http.Response, error) {
	arrived := make(chan struct{})
	time.AfterFunc(time.Second, func() { l.count(); close(arrived) })
	select {
	case <-arrived:
		return l.next.RoundTrip(r)
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}
