package throttle_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

// The main promise, with a server that counts each call at any moment between sending and answering.
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
							done()
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
			acquire(t, w)()
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("the first 100 calls waited %v", took)
		}
		acquire(t, w)()
		if took := time.Since(began); took != 30*time.Minute {
			t.Errorf("call 101 started after %v, want 30m0s", took)
		}
	})
}

// A slot is free to the nanosecond, whatever the floats of rate.Limiter make of the duration.
func TestWindowIsExact(t *testing.T) {
	durations := []time.Duration{1, 2, 3, 7, 999, time.Microsecond + 1, time.Second / 3, time.Second, 18 * time.Second,
		7*time.Minute + 13*time.Second + 1, 30 * time.Minute, time.Hour, 24*time.Hour + 1, 365*24*time.Hour + 1}
	r := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		durations = append(durations, 1+upTo(r, 2*time.Hour))
	}
	synctest.Test(t, func(t *testing.T) {
		for _, per := range durations {
			w := throttle.Window(1, per)
			acquire(t, w)()
			began := time.Now()
			if got := w.Estimate(1); got != per {
				t.Errorf("Window(1, %v): Estimate(1) = %v", per, got)
			}
			acquire(t, w)()
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
		done()
		answered := time.Now()
		<-time.After(30 * time.Second)
		done() // does nothing
		acquire(t, w)
		if rested := time.Since(answered); rested != time.Minute {
			t.Errorf("the slot rested %v, want 1m0s", rested)
		}
	})
}

func TestWindowFirstComeFirstServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := throttle.Window(2, time.Minute)
		acquire(t, w)()
		acquire(t, w)()
		var mu sync.Mutex
		var order []int
		var waiters sync.WaitGroup
		for i := range 50 {
			waiters.Go(func() {
				done := acquire(t, w)
				mu.Lock()
				order = append(order, i/2) // the two slots of one minute come together
				mu.Unlock()
				done()
			})
			synctest.Wait()
		}
		waiters.Wait()
		if len(order) != 50 || !slices.IsSorted(order) {
			t.Errorf("served in the order %v", order)
		}
	})
}

func TestWindowContextEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := throttle.Window(1, time.Minute)
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := w.Acquire(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("Acquire with an ended context: %v, want context.Canceled", err)
		}
		if s := w.Status(); s.Free != 1 {
			t.Errorf("an ended context spent the slot: %+v", s)
		}
	})
}

func TestWindowDeadline(t *testing.T) {
	for _, test := range []struct {
		name    string
		prepare func(t *testing.T, w *throttle.SlidingWindow)
		want    time.Duration // when the slot comes at the earliest
		comes   bool          // whether it comes then
	}{
		{"resting", func(t *testing.T, w *throttle.SlidingWindow) {
			acquire(t, w)()
			acquire(t, w)()
			<-time.After(20 * time.Second)
		}, 40 * time.Second, true},
		{"under way", func(t *testing.T, w *throttle.SlidingWindow) {
			acquire(t, w)
			acquire(t, w)
			<-time.After(20 * time.Second)
		}, time.Minute, false},
		{"fourth in the queue", func(t *testing.T, w *throttle.SlidingWindow) {
			acquire(t, w)()
			<-time.After(10 * time.Second)
			acquire(t, w)()
			for range 3 {
				go w.Acquire(t.Context())
			}
			synctest.Wait()
		}, 2 * time.Minute, false}, // 50 s, 1 min, 1 min 50 s, 2 min
		{"paused", func(t *testing.T, w *throttle.SlidingWindow) { w.Pause(time.Now().Add(5 * time.Minute)) }, 5 * time.Minute, true},
		{"paused and queued", func(t *testing.T, w *throttle.SlidingWindow) {
			w.Pause(time.Now().Add(5 * time.Minute))
			go w.Acquire(t.Context())
			go w.Acquire(t.Context())
			synctest.Wait()
		}, 6 * time.Minute, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				w := throttle.Window(2, time.Minute)
				test.prepare(t, w)
				now := time.Now()
				short, cancelShort := context.WithTimeout(ctx, test.want-1)
				defer cancelShort()
				_, err := w.Acquire(short)
				wait, ok := errors.AsType[*throttle.WaitError](err)
				if !ok || !errors.Is(err, context.DeadlineExceeded) {
					t.Fatalf("Acquire: %v, want a WaitError that is a DeadlineExceeded", err)
				}
				if time.Since(now) != 0 {
					t.Errorf("it waited %v before it failed", time.Since(now))
				}
				if got := wait.Until.Sub(now); got != test.want {
					t.Errorf("Until is %v from now, want %v", got, test.want)
				}
				if got := wait.Deadline.Sub(now); got != test.want-1 {
					t.Errorf("Deadline is %v from now, want %v", got, test.want-1)
				}
				if got := w.Estimate(1); got != test.want {
					t.Errorf("Estimate(1) = %v, want %v", got, test.want)
				}
				enough, cancelEnough := context.WithTimeout(ctx, test.want+1)
				defer cancelEnough()
				_, err = w.Acquire(enough)
				if waited := time.Since(now); test.comes && (err != nil || waited != test.want) {
					t.Errorf("Acquire with a later deadline: %v after %v, want a slot after %v", err, waited, test.want)
				} else if !test.comes && (err != context.DeadlineExceeded || waited != test.want+1) {
					t.Errorf("Acquire of a slot that may come: %v after %v, want DeadlineExceeded after %v", err, waited, test.want+1)
				}
			})
		})
	}
}

func TestWaitErrorText(t *testing.T) {
	at := time.Date(2026, 5, 4, 15, 30, 0, 0, time.UTC)
	err := &throttle.WaitError{Until: at, Deadline: at.Add(-90 * time.Second)}
	want := "throttle: the budget has no call free before 2026-05-04T15:30:00Z, 1m30s after the context's deadline; set a later deadline or make fewer calls"
	if err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
}

func TestWindowCancelGivesPlaceBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := throttle.Window(1, time.Minute)
		acquire(t, w)()
		began := time.Now()
		first, leave := context.WithCancel(t.Context())
		result := make(chan error)
		go func() {
			_, err := w.Acquire(first)
			result <- err
		}()
		synctest.Wait()
		go func() {
			_, err := w.Acquire(t.Context())
			result <- err
		}()
		synctest.Wait()
		leave()
		if err := <-result; !errors.Is(err, context.Canceled) {
			t.Errorf("the first waiter got %v, want context.Canceled", err)
		}
		if err := <-result; err != nil {
			t.Errorf("the second waiter got %v", err)
		}
		if took := time.Since(began); took != time.Minute {
			t.Errorf("the second waiter started after %v, want the place of the first: 1m0s", took)
		}
	})
}

// A context that ends at the very moment of its slot either starts the call or leaves the slot unspent.
func TestWindowCancelAsSlotComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := throttle.Window(1, time.Minute)
		done, unspent := acquire(t, w), 0
		for range 500 {
			done()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			got, err := w.Acquire(ctx)
			cancel()
			if done = got; err != nil {
				unspent++
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Fatalf("Acquire: %v", err)
				}
				now := time.Now()
				done = acquire(t, w)
				if waited := time.Since(now); waited != 0 {
					t.Fatalf("the slot was lost: the next call waited %v", waited)
				}
			}
		}
		t.Logf("%d of 500 contexts ended first", unspent)
	})
}

func TestWindowManyCancels(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	synctest.Test(t, func(t *testing.T) {
		const calls = 10
		w := throttle.Window(calls, time.Second)
		server := &server{rand: rand.New(rand.NewPCG(seed, 0))}
		var workers sync.WaitGroup
		for i := range 1000 {
			patience := time.Duration(i%97) * 50 * time.Millisecond
			workers.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				time.AfterFunc(patience, cancel)
				if done, err := w.Acquire(ctx); err == nil {
					server.call(0, 100*time.Millisecond)
					done()
					done()
				}
			})
		}
		workers.Wait()
		<-time.After(time.Second)
		if n := server.most(time.Second); n != calls {
			t.Errorf("up to %d calls in a second, want %d", n, calls)
		}
		if s := w.Status(); s.Free != calls {
			t.Errorf("after a window of rest: %+v, want all %d free", s, calls)
		}
	})
}

func TestWindowPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := throttle.Window(2, time.Minute)
		began := time.Now()
		w.Pause(began.Add(10 * time.Second))
		w.Pause(began.Add(5 * time.Second)) // earlier: changes nothing
		if s := w.Status(); s.Free != 0 || !s.NextFree.Equal(began.Add(10*time.Second)) {
			t.Errorf("Status in a pause: %+v", s)
		}
		var waiters sync.WaitGroup
		for range 2 {
			waiters.Go(func() {
				acquire(t, w)
				if waited := time.Since(began); waited != 20*time.Second {
					t.Errorf("a call started after %v, want 20s", waited)
				}
			})
		}
		hasty, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		failed := make(chan error, 1)
		ok := throttle.Window(1, time.Minute) // the same with a waiter that a longer pause turns away
		ok.Pause(began.Add(10 * time.Second))
		go func() {
			_, err := ok.Acquire(hasty)
			failed <- err
		}()
		synctest.Wait()
		w.Pause(began.Add(20 * time.Second))
		ok.Pause(began.Add(20 * time.Second))
		err := <-failed
		if wait, is := errors.AsType[*throttle.WaitError](err); !is || !wait.Until.Equal(began.Add(20*time.Second)) {
			t.Errorf("the waiter whose deadline the pause passes got %v", err)
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("it was told after %v, want at once", waited)
		}
		waiters.Wait()
	})
}

// A pause that comes as an HTTP date carries no monotonic clock.
func TestWindowPauseByWallClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := throttle.Window(1, time.Minute)
		began := time.Now()
		w.Pause(began.Add(10 * time.Second).Round(0).UTC())
		acquire(t, w)
		if waited := time.Since(began); waited != 10*time.Second {
			t.Errorf("the call started after %v, want 10s", waited)
		}
	})
}

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
			acquire(t, w)()
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
		held()
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

// acquire takes a slot, and ends the test when it gets none.
func acquire(t *testing.T, th throttle.Throttle) (done func()) {
	t.Helper()
	done, err := th.Acquire(t.Context())
	if err != nil {
		t.Errorf("Acquire: %v", err)
		return func() {}
	}
	return done
}

func BenchmarkWindow(b *testing.B) {
	b.Run("free", func(b *testing.B) {
		w := throttle.Window(100, 1)
		b.ReportAllocs()
		for b.Loop() {
			done, err := w.Acquire(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			done()
		}
	})
	b.Run("free in parallel", func(b *testing.B) {
		w := throttle.Window(100, 1)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				done, err := w.Acquire(b.Context())
				if err != nil {
					b.Error(err)
					return
				}
				done()
			}
		})
	})
	b.Run("waiting", func(b *testing.B) { // each call waits 10 µs for its slot
		w := throttle.Window(1, 10*time.Microsecond)
		b.ReportAllocs()
		for b.Loop() {
			done, err := w.Acquire(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			done()
		}
	})
	b.Run("estimate", func(b *testing.B) {
		w := throttle.Window(100, 30*time.Minute)
		for b.Loop() {
			w.Estimate(1000)
		}
	})
}
