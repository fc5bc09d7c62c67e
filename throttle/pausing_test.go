package throttle_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

var (
	_ throttle.Throttle  = (*throttle.Pausable)(nil)
	_ throttle.Pauser    = (*throttle.Pausable)(nil)
	_ throttle.Estimator = (*throttle.Pausable)(nil)
	_ throttle.Reporter  = (*throttle.Pausable)(nil)
)

// foreign is a throttle by somebody else that can do nothing but let calls pass one after the
// other.
type foreign struct {
	turn   chan struct{}
	mu     sync.Mutex
	unsent int
}

func newForeign() *foreign {
	f := &foreign{turn: make(chan struct{}, 1)}
	f.turn <- struct{}{}
	return f
}

func (f *foreign) Acquire(ctx context.Context) (func(bool), error) {
	select {
	case <-f.turn:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return func(sent bool) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if !sent {
			f.unsent++
		}
		f.turn <- struct{}{}
	}, nil
}

// kinds are throttles that can pause, and others, each with one call at first.
func kinds() map[string]throttle.Throttle {
	slow := func() *rate.Limiter { return rate.NewLimiter(rate.Every(time.Second), 1) }
	return map[string]throttle.Throttle{
		"Window":                throttle.Window(1, time.Second),
		"FromLimiter":           throttle.FromLimiter(slow()),
		"Unlimited":             throttle.Unlimited,
		"foreign":               newForeign(),
		"Smooth of a Window":    throttle.Smooth(throttle.Window(100, time.Hour), slow()),
		"Smooth of a foreign":   throttle.Smooth(newForeign(), slow()),
		"Smooth of FromLimiter": throttle.Smooth(throttle.FromLimiter(slow()), slow()),
		"Routes": throttle.NewRoutes(throttle.Unlimited,
			throttle.Route{Path: "/2.0/user", Throttle: newForeign()}),
	}
}

// Whoever comes, and whoever waits inside the throttle, waits out the pause.
func TestPausingHoldsBackThoseWhoWait(t *testing.T) {
	for name := range kinds() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				th := kinds()[name]
				p := throttle.Pausing(th).For("GET", "/2.0/user")
				began := time.Now()
				first := acquire(t, p)
				var callers sync.WaitGroup
				call := func(want time.Duration) {
					callers.Go(func() {
						acquire(t, p)(true)
						if at := time.Since(began); at < want {
							t.Errorf("a call started after %v, in a pause of %v", at, want)
						}
					})
				}
				if th != throttle.Unlimited {
					call(time.Hour) // waits inside
				}
				synctest.Wait()
				p.Pause(began.Add(time.Hour))
				p.Pause(began.Add(time.Minute)) // earlier: changes nothing
				call(time.Hour)
				first(true)
				if wait := p.Estimate(1); wait < time.Hour {
					t.Errorf("Estimate in the pause: %v, want 1h0m0s or more", wait)
				}
				if s := p.Status(); s.Free != 0 || s.NextFree.Before(began.Add(time.Hour)) {
					t.Errorf("Status in the pause: %+v", s)
				}
				callers.Wait()
			})
		})
	}
}

// A pause that goes beyond a deadline fails the call at once, whether it comes or waits already.
func TestPausingBeyondDeadline(t *testing.T) {
	for name := range kinds() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := throttle.Pausing(kinds()[name]).For("GET", "/2.0/user")
				began := time.Now()
				held := acquire(t, p)
				defer held(true)
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
				defer cancel()
				check := func(when string, err error) {
					wait, ok := errors.AsType[*throttle.WaitError](err)
					if !ok || wait.Until.Before(began.Add(time.Hour)) || !wait.Deadline.Equal(began.Add(30*time.Minute)) {
						t.Errorf("%s: %v, want a WaitError until the end of the pause", when, err)
					}
					if waited := time.Since(began); waited != 0 {
						t.Errorf("%s: it took %v, want none", when, waited)
					}
				}
				result := make(chan error, 1)
				if name != "Unlimited" {
					go func() {
						_, err := p.Acquire(ctx)
						result <- err
					}()
					synctest.Wait()
				}
				p.Pause(began.Add(time.Hour))
				if name != "Unlimited" {
					check("it waited", <-result)
				}
				_, err := p.Acquire(ctx)
				check("it came", err)
			})
		})
	}
}

func TestPausingCancelled(t *testing.T) {
	for name := range kinds() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := throttle.Pausing(kinds()[name]).For("GET", "/2.0/user")
				began := time.Now()
				p.Pause(began.Add(time.Hour))
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Minute, cancel)
				_, err := p.Acquire(ctx)
				if !errors.Is(err, context.Canceled) || time.Since(began) != time.Minute {
					t.Errorf("Acquire: %v after %v, want context.Canceled after 1m0s", err, time.Since(began))
				}
			})
		})
	}
}

// Those who wait in a limiter do not all start at once when a pause ends.
func TestPausingKeepsThePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := throttle.Pausing(throttle.FromLimiter(rate.NewLimiter(1, 1)))
		began := time.Now()
		var mu sync.Mutex
		at := map[time.Duration]int{}
		var callers sync.WaitGroup
		for range 20 {
			callers.Go(func() {
				acquire(t, p)(true)
				mu.Lock()
				defer mu.Unlock()
				at[time.Since(began).Round(time.Millisecond)]++
			})
		}
		<-time.After(time.Millisecond)
		p.Pause(began.Add(time.Minute))
		callers.Wait()
		for when, calls := range at {
			if calls > 1 {
				t.Errorf("%d calls started together, after %v", calls, when)
			}
		}
	})
}

func TestPausingGivesBackWhatItHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newForeign()
		p := throttle.Pausing(f)
		first := acquire(t, p)
		go func() { acquire(t, p)(true) }()
		synctest.Wait()
		p.Pause(time.Now().Add(time.Minute))
		first(true)
		synctest.Wait()
		if f.unsent != 1 || len(f.turn) != 1 {
			t.Errorf("%d given back, %d free: the waiter kept its slot in the pause", f.unsent, len(f.turn))
		}
		<-time.After(2 * time.Minute)
	})
}

// One pause holds back one route.
func TestPausingByRoute(t *testing.T) {
	one, two := newForeign(), throttle.FromLimiter(rate.NewLimiter(1000, 1000))
	routes := throttle.NewRoutes(throttle.Unlimited,
		throttle.Route{Path: "/one/", Throttle: one}, throttle.Route{Path: "/two/", Throttle: two},
		throttle.Route{Path: "/nested/", Throttle: throttle.NewRoutes(one,
			throttle.Route{Path: "/nested/deep", Throttle: newForeign()})})
	for name, th := range map[string]throttle.Throttle{
		"Routes":           routes,
		"Smooth of Routes": throttle.Smooth(routes, rate.NewLimiter(1000, 1000)),
		"uncomparable":     uncomparable{one, newForeign()},
	} {
		t.Run(name, func(t *testing.T) {
			p := throttle.Pausing(th)
			if throttle.Pausing(p) != p {
				t.Error("Pausing of a Pausable is another one")
			}
			if name != "uncomparable" && p.For("GET", "/one/a") != p.For("PUT", "/one/b") {
				t.Error("two calls of one route have two throttles")
			}
			p.For("GET", "/one/a").Pause(time.Now().Add(time.Hour))
			if wait := p.For("GET", "/one/b").Estimate(1); wait < 59*time.Minute {
				t.Errorf("the route that is paused waits %v", wait)
			}
			if name == "uncomparable" {
				return
			}
			for _, path := range []string{"/two/a", "/three", "/nested/deep"} {
				if wait := p.For("GET", path).Estimate(1); wait > time.Minute {
					t.Errorf("%s waits %v for another route's pause", path, wait)
				}
			}
		})
	}
	self := selfish{throttle.Window(1, time.Hour)}
	if p := throttle.Pausing(self); p.For("GET", "/") != p {
		t.Error("a router that returns itself has two throttles")
	}
}

// uncomparable is a Router whose throttles cannot be compared.
type uncomparable []throttle.Throttle

func (u uncomparable) Acquire(ctx context.Context) (func(bool), error) { return u[0].Acquire(ctx) }
func (u uncomparable) Route(string, string) throttle.Throttle          { return list(u) }

type list []throttle.Throttle

func (l list) Acquire(ctx context.Context) (func(bool), error) { return l[0].Acquire(ctx) }

type selfish struct{ throttle.Throttle }

func (s selfish) Route(string, string) throttle.Throttle { return s }

func TestPausingForecast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spent := throttle.Window(1, time.Hour)
		acquire(t, spent)(true)
		for name, test := range map[string]struct {
			throttle throttle.Throttle
			wait     time.Duration
			known    bool
		}{
			"Window":              {spent, time.Hour, true},
			"Unlimited":           {throttle.Unlimited, 0, true},
			"FromLimiter":         {throttle.FromLimiter(rate.NewLimiter(0.1, 0)), math.MaxInt64, true},
			"foreign":             {newForeign(), 0, false},
			"Smooth of a foreign": {throttle.Smooth(newForeign(), rate.NewLimiter(1, 1)), 0, false},
			"Smooth":              {throttle.Smooth(spent, rate.NewLimiter(1, 1)), time.Hour, true},
			"Routes":              {throttle.NewRoutes(spent), time.Hour, true},
			"Routes to a foreign": {throttle.NewRoutes(newForeign()), 0, false},
		} {
			wait, known := throttle.Pausing(test.throttle).Forecast(1)
			if wait != test.wait || known != test.known {
				t.Errorf("%s: Forecast(1) = %v, %v, want %v, %v", name, wait, known, test.wait, test.known)
			}
		}
		if wait, known := throttle.Pausing(spent).Forecast(0); wait != 0 || !known {
			t.Errorf("Forecast(0) = %v, %v", wait, known)
		}
		if s := throttle.Pausing(newForeign()).Status(); s != (throttle.Status{NextFree: time.Now()}) {
			t.Errorf("Status of a throttle that has none: %+v", s)
		}
	})
}

func TestPausingAllocatesNothing(t *testing.T) {
	for name, th := range map[string]throttle.Throttle{
		"Unlimited":        throttle.Unlimited,
		"Routes":           throttle.NewRoutes(throttle.Unlimited, throttle.Route{Path: "/a", Throttle: throttle.FromLimiter(rate.NewLimiter(rate.Inf, 1))}),
		"Smooth":           throttle.Smooth(throttle.FromLimiter(rate.NewLimiter(rate.Inf, 1)), rate.NewLimiter(rate.Inf, 1)),
		"Smooth of Routes": throttle.Smooth(throttle.NewRoutes(throttle.Unlimited), rate.NewLimiter(rate.Inf, 1)),
	} {
		p := throttle.Pausing(th)
		path := fmt.Sprint("/b/", name)
		if n := testing.AllocsPerRun(100, func() {
			done, err := p.For("GET", path).Acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			done(true)
		}); n > 2 { // those of t.Context and of Routes, which splits the path
			t.Errorf("%s: %v allocations for each attempt", name, n)
		}
	}
}
