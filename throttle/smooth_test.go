package throttle_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

var (
	_ throttle.Pauser    = throttle.Smooth(throttle.Unlimited, rate.NewLimiter(1, 1)).(throttle.Pauser)
	_ throttle.Estimator = throttle.Smooth(throttle.Unlimited, rate.NewLimiter(1, 1)).(throttle.Estimator)
	_ throttle.Reporter  = throttle.Smooth(throttle.Unlimited, rate.NewLimiter(1, 1)).(throttle.Reporter)
)

// starts runs that many calls at a time and returns when each started.
func starts(t *testing.T, th throttle.Throttle, calls int) []time.Duration {
	began := time.Now()
	var mu sync.Mutex
	var at []time.Duration
	var callers sync.WaitGroup
	for range calls {
		callers.Go(func() {
			done := acquire(t, th)
			mu.Lock()
			at = append(at, time.Since(began))
			mu.Unlock()
			<-time.After(100 * time.Millisecond)
			done(true)
		})
	}
	callers.Wait()
	slices.Sort(at)
	return at
}

// However many start together, ten may start at once and ten in each second, also when a window
// lets a hundred go at the same moment; and the job takes hardly longer than by the window alone.
func TestSmoothSpacesStarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := throttle.Smooth(throttle.Window(100, 30*time.Minute), rate.NewLimiter(10, 10))
		at := starts(t, th, 500)
		for i, first := range at {
			for n, when := range at[i:] {
				if most := 10 + 10*(when-first).Seconds(); float64(n+1) > most+0.001 {
					t.Fatalf("%d calls started within %v, after %v", n+1, when-first, first)
				}
			}
		}
		if last := at[len(at)-1]; last > 2*time.Hour+10*time.Second {
			t.Errorf("500 calls took %v, want 2h0m9s or a little more", last)
		}
	})
}

// A hundred who wait for the end of a pause start one after the other.
func TestSmoothAfterPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := throttle.Smooth(throttle.Window(100, time.Hour), rate.NewLimiter(10, 10))
		began := time.Now()
		time.AfterFunc(time.Second, func() { th.(throttle.Pauser).Pause(began.Add(time.Minute)) })
		at := starts(t, th, 100) // 20 have started when the pause begins
		for i, when := range at[20:] {
			if when < time.Minute {
				t.Fatalf("call %d started after %v, in the pause", i+20, when)
			}
		}
		if last := at[99]; last > time.Minute+10*time.Second {
			t.Errorf("the last one started after %v", last)
		}
	})
}

// A wait that is given up loses neither the slot nor the token.
func TestSmoothCancelLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := throttle.Window(100, time.Hour)
		th := throttle.Smooth(w, rate.NewLimiter(1, 1))
		acquire(t, th)(true)
		began := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		var callers sync.WaitGroup
		for range 50 {
			callers.Go(func() {
				if _, err := th.Acquire(ctx); !errors.Is(err, context.Canceled) {
					t.Errorf("Acquire: %v, want context.Canceled", err)
				}
			})
		}
		synctest.Wait()
		last := make(chan time.Duration)
		go func() {
			acquire(t, th)(true)
			last <- time.Since(began)
		}()
		<-time.After(500 * time.Millisecond)
		cancel()
		callers.Wait()
		if waited := time.Since(began); waited != 500*time.Millisecond {
			t.Errorf("those who gave up returned after %v, want 500ms", waited)
		}
		if at := <-last; at < time.Second || at > 1501*time.Millisecond {
			t.Errorf("the one who stayed started after %v, want 1s: behind it 50 tokens were lost", at)
		}
		if s := w.Status(); s.Free != 98 {
			t.Errorf("%d of 100 slots are free after 2 calls", s.Free)
		}
	})
}

func TestSmoothDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := throttle.Window(100, time.Hour)
		th := throttle.Smooth(w, rate.NewLimiter(rate.Every(time.Minute), 1))
		acquire(t, th)(true)
		began := time.Now()
		go th.Acquire(t.Context()) // waits a minute
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 119*time.Second)
		defer cancel()
		_, err := th.Acquire(ctx)
		wait, ok := errors.AsType[*throttle.WaitError](err)
		if !ok || wait.Until.Sub(began).Round(time.Millisecond) != 2*time.Minute || time.Since(began) != 0 {
			t.Errorf("Acquire: %v after %v, want a WaitError at once until 2m0s", err, time.Since(began))
		}
		if s := w.Status(); s.Free != 98 {
			t.Errorf("%d of 100 slots are free, want 98", s.Free)
		}
		<-time.After(time.Hour)
	})
}

func TestSmoothPassesThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := throttle.Window(2, time.Hour)
		th := throttle.Smooth(w, rate.NewLimiter(1, 1))
		e := th.(throttle.Estimator)
		for calls, want := range map[int]time.Duration{-1: 0, 0: 0, 1: 0, 2: time.Second, 3: time.Hour, math.MaxInt: math.MaxInt64} {
			if got := e.Estimate(calls); got != want {
				t.Errorf("Estimate(%d) = %v, want %v", calls, got, want)
			}
		}
		acquire(t, th)(false)
		if s := th.(throttle.Reporter).Status(); s != w.Status() || s.Free != 2 {
			t.Errorf("Status after a call that was not sent: %+v, want %+v", s, w.Status())
		}
		acquire(t, th)(true)
		if s := w.Status(); s.Free != 1 {
			t.Errorf("Status after a call that was sent: %+v", s)
		}
		th.(throttle.Pauser).Pause(time.Now().Add(2 * time.Hour))
		if wait := w.Estimate(1); wait != 2*time.Hour {
			t.Errorf("the pause did not reach the window: Estimate(1) = %v", wait)
		}
	})
}

func TestSmoothOfRouter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		routes := throttle.NewRoutes(throttle.Window(5, time.Hour),
			throttle.Route{Path: "/one", Throttle: throttle.Window(7, time.Hour)})
		th := throttle.Smooth(routes, rate.NewLimiter(1, 1)).(throttle.Router)
		if th.Route("GET", "/one") != th.Route("PUT", "/one") {
			t.Error("two calls of one route have two throttles")
		}
		one, rest := th.Route("GET", "/one"), th.Route("GET", "/")
		for _, test := range []struct {
			of   throttle.Throttle
			want int
		}{{one, 7}, {rest, 5}, {th, 5}} {
			if s := test.of.(throttle.Reporter).Status(); s.Limit != test.want {
				t.Errorf("Status: %+v, want a limit of %d", s, test.want)
			}
		}
		began := time.Now()
		acquire(t, one)(true)
		acquire(t, rest)(true)
		if took := time.Since(began); took != time.Second {
			t.Errorf("two calls of two routes started %v apart, want 1s", took)
		}
	})
	if _, ok := throttle.Smooth(throttle.Unlimited, rate.NewLimiter(1, 1)).(throttle.Router); ok {
		t.Error("Smooth makes a router of what is none")
	}
}

func TestSmoothPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("Smooth took a nil limiter")
		}
	}()
	throttle.Smooth(throttle.Unlimited, nil)
}
