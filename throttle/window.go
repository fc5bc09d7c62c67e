package throttle

import (
	"container/list"
	"context"
	"fmt"
	"math"
	"sync"
	"time"
)

// SlidingWindow is a budget of calls in any stretch of time, however the stretch is laid. It is a
// [Throttle], [Pauser], [Estimator] and [Reporter]. It runs no goroutine while nobody waits.
type SlidingWindow struct {
	calls int
	per   time.Duration

	mu      sync.Mutex
	ready   int         // slots that nobody holds and that have rested
	resting []time.Time // when the slots that rest are free again, earliest first
	room    []time.Time // that resting moves through, from its beginning again and again
	waiters list.List   // of *waiter, first come first
	paused  time.Time   // no slot is handed out before
	timer   *time.Timer // for the first waiter; nil until somebody has waited
}

// Window returns a SlidingWindow that never has more than calls counted by the server in any
// stretch of per.
//
// A call has one of the window's slots while it is under way, and its slot then rests for per. The
// rest begins at done, not at Acquire, since the server may count a call at any moment between
// sending and answering. A window in which nothing is under way hands out the whole budget at
// once, and those who wait get slots in the order in which they came.
//
// Window panics when calls is below 1 or per is not above 0, as [time.NewTicker] does: that is a
// mistake in the program, and any budget that it could be taken for would be a guess, too large
// for the server or too small for the job.
func Window(calls int, per time.Duration) *SlidingWindow {
	if calls < 1 || per <= 0 {
		panic(fmt.Sprintf("throttle: Window(%d, %v): give at least 1 call and a duration above 0",
			calls, per))
	}
	return &SlidingWindow{calls: calls, per: per, ready: calls}
}

// Acquire waits for a slot, as [Throttle] says. It returns a [*WaitError] as soon as the slot
// cannot come before the deadline of ctx: at once, or later when Pause moves the slot behind the
// deadline.
func (w *SlidingWindow) Acquire(ctx context.Context) (done func(sent bool), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	wait, err := w.enter(ctx)
	if err != nil {
		return nil, err
	}
	if wait == nil {
		return w.done(), nil
	}
	select {
	case err = <-wait.turn:
		if err != nil {
			return nil, err
		}
	case <-ctx.Done():
	}
	if err := ctx.Err(); err != nil {
		w.leave(wait)
		return nil, err
	}
	return w.done(), nil
}

// Pause lets no call start before until, and fails at once those who wait and whose deadline comes
// earlier.
func (w *SlidingWindow) Pause(until time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	until = onThisClock(until, now)
	if !until.After(w.paused) {
		return
	}
	w.paused = until
	ahead := 0
	for e := w.waiters.Front(); e != nil; {
		wait, next := e.Value.(*waiter), e.Next()
		if err := wait.check(w.freeAt(now, ahead)); err != nil {
			w.waiters.Remove(e)
			wait.turn <- err
		} else {
			ahead++
		}
		e = next
	}
	w.serve(now)
}

// Status returns what is left of the budget. While every slot is held by a call under way,
// NextFree is the earliest time possible: that of an answer that comes now.
func (w *SlidingWindow) Status() Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	w.wake(now)
	free := max(0, w.ready-w.waiters.Len())
	if w.paused.After(now) {
		free = 0
	}
	return Status{Limit: w.calls, Window: w.per, Free: free, NextFree: w.freeAt(now, 0)}
}

// Estimate returns how long it takes until that many more calls could have started, as [Estimator]
// says: 4 h 30 min for 1,000 calls of an untouched window of 100 in 30 minutes, and 0 for its
// first 100.
func (w *SlidingWindow) Estimate(calls int) time.Duration {
	if calls < 1 {
		return 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	ahead := min(calls-1, math.MaxInt-w.waiters.Len()) + w.waiters.Len()
	return w.freeAt(now, ahead).Sub(now)
}

// waiter is a call that waits for its slot.
type waiter struct {
	turn     chan error // gets nil with a slot, or why there is none
	deadline time.Time  // zero for none
	place    *list.Element
	given    bool // whether it has been given a slot
}

// check returns a WaitError when the slot comes after the deadline.
func (wt *waiter) check(slot time.Time) error {
	if wt.deadline.IsZero() || !slot.After(wt.deadline) {
		return nil
	}
	return &WaitError{Until: slot, Deadline: wt.deadline}
}

// enter takes a slot, and returns nil, or a place in the queue when no slot is free.
func (w *SlidingWindow) enter(ctx context.Context) (*waiter, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	w.serve(now)
	if w.ready > 0 && !w.paused.After(now) {
		w.ready--
		return nil, nil
	}
	wait := &waiter{turn: make(chan error, 1)}
	wait.deadline, _ = ctx.Deadline()
	if err := wait.check(w.freeAt(now, w.waiters.Len())); err != nil {
		return nil, err
	}
	wait.place = w.waiters.PushBack(wait)
	w.serve(now)
	return wait, nil
}

// leave gives back the place of a waiter whose context has ended, or the slot that it has just
// been given.
func (w *SlidingWindow) leave(wait *waiter) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if wait.given {
		w.ready++ // no call was sent with it
	} else {
		w.waiters.Remove(wait.place)
	}
	w.serve(time.Now())
}

// done returns the function that ends one call: its slot rests for a window, or is ready again at
// once when nothing was sent.
func (w *SlidingWindow) done() func(sent bool) {
	over := false
	return func(sent bool) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if over {
			return
		}
		over = true
		now := time.Now()
		if sent {
			grown := len(w.resting) == cap(w.resting)
			w.resting = append(w.resting, now.Add(w.per)) // in order: time is read under the lock
			if grown {
				w.room = w.resting
			}
		} else {
			w.ready++
		}
		w.serve(now)
	}
}

// serve hands the free slots to those who wait, and sets the timer for the next. It is called with
// mu held.
func (w *SlidingWindow) serve(now time.Time) {
	w.wake(now)
	if !w.paused.After(now) {
		for w.ready > 0 && w.waiters.Len() > 0 {
			wait := w.waiters.Remove(w.waiters.Front()).(*waiter)
			w.ready--
			wait.given = true
			wait.turn <- nil
		}
	}
	if w.timer != nil {
		w.timer.Stop()
	}
	if w.waiters.Len() == 0 || w.ready == 0 && len(w.resting) == 0 {
		return // nobody waits, or every slot is held: done calls serve
	}
	next := w.freeAt(now, 0).Sub(now)
	if w.timer == nil {
		w.timer = time.AfterFunc(next, w.tick)
	} else {
		w.timer.Reset(next)
	}
}

func (w *SlidingWindow) tick() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.serve(time.Now())
}

// wake makes the slots ready that have rested. It is called with mu held.
func (w *SlidingWindow) wake(now time.Time) {
	rested := 0
	for rested < len(w.resting) && !w.resting[rested].After(now) {
		rested++
	}
	w.ready += rested
	w.resting = w.resting[rested:]
	if len(w.resting) == 0 {
		w.resting = w.room[:0] // or each call would need new room
	} else if rested > 0 && len(w.resting) <= cap(w.room)/2 {
		w.resting = append(w.room[:0], w.resting...)
	}
}

// freeAt returns when a call can start that has that many ahead of it, at the earliest: calls
// under way might be answered now, and calls ahead might be answered as they start. It is called
// with mu held.
func (w *SlidingWindow) freeAt(now time.Time, ahead int) time.Time {
	rounds, i := ahead/w.calls, ahead%w.calls
	first := now
	switch {
	case i < w.ready:
	case i < w.ready+len(w.resting):
		first = w.resting[i-w.ready]
	default:
		first = now.Add(w.per)
	}
	if w.paused.After(first) {
		first = w.paused
	}
	if first.Before(now) {
		first = now
	}
	return first.Add(times(rounds, w.per))
}
