package throttle_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

// The main promise, with a server that counts each call at any moment between sending and
// answering.

func TestWindowNeverOver(t *testing.T) {
	const calls, per, jobs = 100, 30 * time.Minute, 1000
	const shortest = 4*time.Hour + 30*time.Minute
	const longest = 5 * time.Second // latency
	for _, test := range []struct {
		name    string
		workers int
		most    time.Duration
	}{
		{"1 worker", 1, shortest + 100*longest + 9*longest},
		{"8 workers", 8, shortest * 101 / 100},
		{"64 workers", 64, shortest * 101 / 100},
	} {
		t.Run(test.name, func(t *testing.T) {
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			synctest.Test(t, func(t *testing.T) {
				w := throttle.Window(calls, per)
				server := &server{rand: rand.New(rand.NewPCG(seed, 0))}
				began := time.Now()
				queue := make(chan int)
				var workers sync.WaitGroup
				for range test.workers {
					workers.Go(func() {
						for range queue {
							done, err := w.Acquire(t.Context())
							if err != nil {
								t.Errorf("Acquire: %v", err)
								continue
							}
							server.call(time.Millisecond, longest)
							done(true)
						}
					})
				}
				for i := range jobs {
					queue <- i
				}
				close(queue)
				workers.Wait()
				took := time.Since(began)
				if n := server.most(per); n != calls {
					t.Errorf("the server counted up to %d calls in %v, want %d", n, per, calls)
				}
				if took < shortest || took > test.most {
					t.Errorf("%d calls took %v, want %v to %v", jobs, took, shortest, test.most)
				}
			})
		})
	}
}

// server counts calls.

type server struct {
	mu      sync.Mutex
	rand    *rand.Rand
	counted []time.Time
}

// call takes between least and longest, and is counted somewhere within.

func (s *server) call(least, longest time.Duration) {
	s.mu.Lock()
	latency := least + upTo(s.rand, longest-least)
	until := upTo(s.rand, latency)
	s.mu.Unlock()
	<-time.After(until)
	s.mu.Lock()
	s.counted = append(s.counted, time.Now())
	s.mu.Unlock()
	<-time.After(latency - until)
}

func upTo(r *rand.Rand, d time.Duration) time.Duration { return time.Duration(r.Int64N(int64(d) + 1)) }

// most returns the most calls counted in any stretch of per, its end left out.

func (s *server) most(per time.Duration) int {
	slices.SortFunc(s.counted, time.Time.Compare)
	most, from := 0, 0
	for i, at := range s.counted {
		for at.Sub(s.counted[from]) >= per {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

func TestWindowFirstCallsDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := throttle.Window(100, 30*time.Minute)
		began := time.Now()
		for range 100 {
			acquire(t, w)(true)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("the first 100 calls waited %v", took)
		}
		acquire(t, w)(true)
		if took := time.Since(began); took != 30*time.Minute {
			t.Errorf("call 101 started after %v, want 30m0s", took)
		}
	})
}

// A slot is free to the nanosecond, whatever the floats of rate.Limiter make of the duration.

func TestWindowIsExact(t *testing.T) {
	durations := []time.Duration{
		1, 2, 3, 7, 999, time.Microsecond + 1, time.Second / 3, time.Second, 18 * time.Second,
		7*time.Minute + 13*time.Second + 1, 30 * time.Minute, time.Hour, 24*time.Hour + 1, 365*24*time.Hour + 1,
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		durations = append(durations, 1+upTo(r, 2*time.Hour))
	}
	synctest.Test(t, func(t *testing.T) {
		for _, per := range durations {
			w := throttle.Window(1, per)
			acquire(t, w)(true)
			began := time.Now()
			if got := w.Estimate(1); got != per {
				t.Errorf("Window(1, %v): Estimate(1) = %v", per, got)
			}
			acquire(t, w)(true)
			if took := time.Since(began); took != per {
				t.Errorf("Window(1, %v): the slot was free after %v, off by %d ns", per, took, took-per)
			}
		}
	})
}

func TestWindowRestsFromDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := throttle.Window(1, time.Minute)
		done := acquire(t, w)
		<-time.After(90 * time.Second) // longer than the window: the slot is still held
		if s := w.Status(); s.Free != 0 || !s.NextFree.Equal(time.Now().Add(time.Minute)) {
			t.Errorf("Status of a held slot: %+v, want none free before a minute from now", s)
		}
		done(true)
		answered := time.Now()
		<-time.After(30 * time.Second)
		done(true) // does nothing
		acquire(t, w)
		if rested := time.Since(answered); rested != time.Minute {
			t.Errorf("the slot rested %v, want 1m0s", rested)
		}
	})
}

func TestWindowFirstComeFirstServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := throttle.Window(2, time.Minute)
		acquire(t, w)(true)
		acquire(t, w)(true)
		var mu sync.Mutex
		var order []int
		var waiters sync.WaitGroup
		for i := range 50 {
			waiters.Go(func() {
				done := acquire(t, w)
				mu.Lock()
				order = append(order, i/2) // the two slots of one minute come together
				mu.Unlock()
				done(true)
			})
			synctest.Wait()
		}
		waiters.Wait()
		if len(order) != 50 || !slices.IsSorted(order) {
			t.Errorf("served in the order %v", order)
		}
	})
}

// A context that ends at the very moment of its slot either starts the call or leaves the slot
// unspent.

// A pause tells those at once whose slot it moves behind their deadline, and lets the others move
// up.

// A pause that comes as an HTTP date carries no monotonic clock.

func TestWindowEstimate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := throttle.Window(100, 30*time.Minute)
		for _, test := range []struct {
			calls int
			want  time.Duration
		}{{-1, 0}, {0, 0}, {1, 0}, {100, 0}, {101, 30 * time.Minute}, {200, 30 * time.Minute}, {1000, 4*time.Hour + 30*time.Minute}} {
			if got := w.Estimate(test.calls); got != test.want {
				t.Errorf("empty: Estimate(%d) = %v, want %v", test.calls, got, test.want)
			}
		}
		for range 60 {
			acquire(t, w)(true)
		}
		<-time.After(10 * time.Minute)
		held := acquire(t, w)
		for _, test := range []struct {
			calls int
			want  time.Duration
		}{{39, 0}, {40, 20 * time.Minute}, {99, 20 * time.Minute}, {100, 30 * time.Minute}, {139, 30 * time.Minute}, {140, 50 * time.Minute}} {
			if got := w.Estimate(test.calls); got != test.want {
				t.Errorf("61 spent: Estimate(%d) = %v, want %v", test.calls, got, test.want)
			}
		}
		if s, want := w.Status(), (throttle.Status{Limit: 100, Window: 30 * time.Minute, Free: 39, NextFree: time.Now()}); s != want {
			t.Errorf("Status %+v, want %+v", s, want)
		}
		held(true)
		<-time.After(time.Hour)
		if got := w.Estimate(100); got != 0 {
			t.Errorf("all have rested: Estimate(100) = %v, want 0", got)
		}
	})
}

func TestWindowPanics(t *testing.T) {
	for _, test := range []struct {
		calls int
		per   time.Duration
		want  string
	}{
		{0, time.Minute, "throttle: Window(0, 1m0s): give at least 1 call and a duration above 0"},
		{-5, time.Minute, "throttle: Window(-5, 1m0s): give at least 1 call and a duration above 0"},
		{100, 0, "throttle: Window(100, 0s): give at least 1 call and a duration above 0"},
		{100, -1, "throttle: Window(100, -1ns): give at least 1 call and a duration above 0"},
	} {
		func() {
			defer func() {
				if got := recover(); got != test.want {
					t.Errorf("Window(%d, %v) panicked with %v, want %s", test.calls, test.per, got, test.want)
				}
			}()
			throttle.Window(test.calls, test.per)
		}()
	}
}

// A call that was not sent leaves no trace: its slot is free at once, for one who waits too.
func TestWindowUnsent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := throttle.Window(1, time.Minute)
		began := time.Now()
		done := acquire(t, w)
		waiter := make(chan func(bool), 1)
		go func() { waiter <- acquire(t, w) }()
		synctest.Wait()
		done(false)
		second := <-waiter
		done(false) // does nothing
		done(true)
		if s := w.Status(); s.Free != 0 {
			t.Errorf("Status: %+v, want the slot held by the second call", s)
		}
		second(false)
		acquire(t, w)
		if took := time.Since(began); took != 0 {
			t.Errorf("three calls of which two were not sent waited %v", took)
		}
	})
}

// Every window throttles, however long, and every answer is a time that can be.
func TestWindowExtremes(t *testing.T) {
	for _, test := range []struct {
		calls int
		per   time.Duration
	}{{1, math.MaxInt64}, {1, math.MaxInt64 - 1}, {1, math.MaxInt64 / 2}, {3, 290 * 365 * 24 * time.Hour}, {math.MaxInt, 1}, {math.MaxInt, math.MaxInt64}} {
		synctest.Test(t, func(t *testing.T) {
			w := throttle.Window(test.calls, test.per)
			for range min(test.calls, 3) {
				acquire(t, w)(true)
			}
			if s := w.Status(); test.calls <= 3 && s.Free != 0 {
				t.Errorf("Window(%d, %v) after all its calls: %+v", test.calls, test.per, s)
			}
			for _, calls := range []int{math.MinInt, -1, 0, 1, 2, 1000, math.MaxInt - 1, math.MaxInt} {
				got := w.Estimate(calls)
				if got < 0 || calls > 0 && test.calls <= 3 && got < test.per {
					t.Errorf("Window(%d, %v): Estimate(%d) = %v", test.calls, test.per, calls, got)
				}
			}
			for _, until := range []time.Time{{}, time.Unix(-1<<62, 0), time.Now().Add(math.MinInt64), time.Now()} {
				w.Pause(until)
			}
			if test.per < math.MaxInt64/2 {
				acquire(t, w)(true) // no pause is in force
			}
			w.Pause(time.Unix(1<<62, 0))
			if got := w.Estimate(math.MaxInt); got != math.MaxInt64 {
				t.Errorf("in an endless pause: Estimate = %v", got)
			}
			if s := w.Status(); s.Free != 0 {
				t.Errorf("in an endless pause: %+v", s)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			if _, err := w.Acquire(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(time.Now()) != 0 {
				t.Errorf("Acquire in an endless pause: %v", err)
			}
		})
	}
}

// acquire takes a slot, and ends the test when it gets none.

func acquire(t *testing.T, th throttle.Throttle) (done func(bool)) {
	t.Helper()
	done, err := th.Acquire(t.Context())
	if err != nil {
		t.Errorf("Acquire: %v", err)
		return func(bool) {}
	}
	return done
}
