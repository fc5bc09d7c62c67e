package throttle_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

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
			acquire(t, w)(true)
			acquire(t, w)(true)
			<-time.After(20 * time.Second)
		}, 40 * time.Second, true},
		{"under way", func(t *testing.T, w *throttle.SlidingWindow) {
			acquire(t, w)
			acquire(t, w)
			<-time.After(20 * time.Second)
		}, time.Minute, false},
		{"fourth in the queue", func(t *testing.T, w *throttle.SlidingWindow) {
			acquire(t, w)(true)
			<-time.After(10 * time.Second)
			acquire(t, w)(true)
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
		acquire(t, w)(true)
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

func TestWindowCancelAsSlotComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := throttle.Window(1, time.Minute)
		done, unspent := acquire(t, w), 0
		for range 500 {
			done(true)
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
					done(true)
					done(true)
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
		synctest.Wait()
		w.Pause(began.Add(20 * time.Second))
		waiters.Wait()
	})
}

func TestWindowPauseFailsDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := throttle.Window(1, time.Minute)
		began := time.Now()
		w.Pause(began.Add(10 * time.Second)) // slots at 10 s, 70 s, 130 s, and later at 20 s, 80 s, 140 s
		type result struct {
			err error
			at  time.Duration
		}
		var results []chan result
		for _, patience := range []time.Duration{time.Hour, 75 * time.Second, 135 * time.Second} {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			got := make(chan result, 1)
			results = append(results, got)
			go func() {
				done, err := w.Acquire(ctx)
				got <- result{err, time.Since(began)}
				if err == nil {
					done(true)
				}
			}()
			synctest.Wait()
		}
		w.Pause(began.Add(20 * time.Second))
		for i, want := range []struct {
			at, until time.Duration // when Acquire returned, and the slot of the WaitError or 0
		}{
			{20 * time.Second, 0},
			{0, 80 * time.Second},
			{80 * time.Second, 0}, // would have failed at 140 s
		} {
			got := <-results[i]
			wait, failed := errors.AsType[*throttle.WaitError](got.err)
			if failed != (want.until > 0) || got.at != want.at {
				t.Errorf("waiter %d: %v after %v, want an answer after %v", i, got.err, got.at, want.at)
			} else if failed && wait.Until.Sub(began) != want.until {
				t.Errorf("waiter %d: WaitError.Until after %v, want %v", i, wait.Until.Sub(began), want.until)
			}
		}
	})
}

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
