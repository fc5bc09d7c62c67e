package throttletest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

// pause has a call wait until the end of the later of two pauses.
func pause(t *testing.T, newThrottle New) {
	th := newThrottle(t, 5, time.Hour)
	if p, ok := th.(throttle.Pauser); ok {
		holdBack(t, p, th)
	}
}

// sharedPause has a pause hold back another throttle of the same budget, as soon as the news is
// there.
func sharedPause(t *testing.T, newShared NewShared) {
	open := newShared(t, 5, time.Hour)
	first, second := open(), open()
	p, ok := first.(throttle.Pauser)
	if !ok {
		return
	}
	began := time.Now()
	until := began.Add(2 * time.Second)
	p.Pause(until)
	// The news may take a moment, and is there when the other knows of it.
	if r, ok := second.(throttle.Reporter); ok {
		for r.Status().Free > 0 && time.Now().Before(until) {
			<-time.After(time.Millisecond)
		}
	}
	acquire(t, second)
	if early := time.Until(until); early > time.Millisecond {
		t.Errorf("a call started %v before the end of another's pause of 2s", early)
	}
}

// holdBack pauses a budget and calls.
func holdBack(t *testing.T, p throttle.Pauser, th throttle.Throttle) {
	acquire(t, th)(true)
	until := time.Now().Add(400 * time.Millisecond)
	p.Pause(until)
	p.Pause(until.Add(-300 * time.Millisecond)) // earlier: changes nothing
	if r, ok := th.(throttle.Reporter); ok {
		if s := r.Status(); time.Now().Before(until) && s.Free != 0 {
			t.Errorf("Status in a pause: %d calls free, want 0", s.Free)
		}
	}
	acquire(t, th)
	if early := time.Until(until); early > time.Millisecond {
		t.Errorf("a call started %v before the end of the pause", early)
	}
}

// deadlineBeforeEndOfPause has a call learn at once that the pause goes beyond its deadline.
func deadlineBeforeEndOfPause(t *testing.T, newThrottle New) {
	th := newThrottle(t, 1, time.Hour)
	p, ok := th.(throttle.Pauser)
	if !ok {
		return
	}
	p.Pause(time.Now().Add(2 * time.Hour))
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Minute)
	defer cancel()
	result := make(chan error, 1)
	go func() {
		_, err := th.Acquire(ctx)
		result <- err
	}()
	select {
	case err := <-result:
		wait, ok := errors.AsType[*throttle.WaitError](err)
		if !ok {
			t.Fatalf("Acquire: %v, want a *throttle.WaitError", err)
		}
		if in := time.Until(wait.Until); in < 119*time.Minute || in > 121*time.Minute {
			t.Errorf("WaitError.Until is %v from now, want the end of the pause in 2h", in)
		}
	case <-time.After(patience):
		t.Error("Acquire waits for the end of a pause that comes after its deadline")
	}
}

// estimate compares what is told of jobs with how long they would take, before and after some
// calls.
func estimate(t *testing.T, newThrottle New) {
	const calls, per = 10, 30 * time.Minute
	th := newThrottle(t, calls, per)
	e, ok := th.(throttle.Estimator)
	if !ok {
		return
	}
	check := func(calls int, want time.Duration) {
		t.Helper()
		if got := e.Estimate(calls); got > want || got < want-time.Minute {
			t.Errorf("Estimate(%d) = %v, want %v", calls, got, want)
		}
	}
	check(0, 0)
	check(-1, 0)
	check(10, 0)
	check(11, per)
	check(100, 9*per)
	for range 4 {
		acquire(t, th)(true)
	}
	check(6, 0)
	check(7, per)
	check(10, per)
	check(17, 2*per)
}

// status spends a budget call by call, and compares what is left.
func status(t *testing.T, newThrottle New) {
	const calls, per = 4, 30 * time.Minute
	th := newThrottle(t, calls, per)
	r, ok := th.(throttle.Reporter)
	if !ok {
		return
	}
	for spent := range calls + 1 {
		s := r.Status()
		if s.Limit != calls || s.Window != per || s.Free != calls-spent {
			t.Errorf("Status after %d calls: %+v", spent, s)
		}
		in := time.Until(s.NextFree)
		if spent < calls && (in > time.Second || in < -patience) {
			t.Errorf("after %d calls: the next is free in %v, want now", spent, in)
		}
		if spent == calls && (in > per+time.Second || in < per-patience) {
			t.Errorf("after %d calls: the next is free in %v, want %v", spent, in, per)
		}
		if spent < calls {
			acquire(t, th) // under way: it might be answered now, and rest for a window from now on
		}
	}
}

// sharedBudget spends a budget through two throttles, and finds it spent through three.
func sharedBudget(t *testing.T, newShared NewShared) {
	open := newShared(t, 4, time.Hour)
	first, second := open(), open()
	acquire(t, first)(true) // done
	acquire(t, second)(true)
	acquire(t, first) // under way
	acquire(t, second)
	refused(t, first)
	refused(t, second)
	refused(t, open())
}

// sharedQueue has callers on several throttles wait in one queue: each gets a slot, a window apart.
func sharedQueue(t *testing.T, newShared NewShared) {
	const per = 200 * time.Millisecond
	open := newShared(t, 1, per)
	acquire(t, open())(true)
	began, callers := time.Now(), 4
	started := make(chan time.Time, callers)
	var all sync.WaitGroup
	defer all.Wait()
	for range callers {
		th := open()
		all.Go(func() {
			done := acquire(t, th)
			started <- time.Now()
			done(true)
		})
	}
	var last time.Time
	for i := range callers {
		at := <-started
		if i > 0 && at.Sub(last) < per-time.Millisecond {
			t.Errorf("call %d started %v after the one before, want %v", i+1, at.Sub(last), per)
		}
		last = at
	}
	if took := last.Sub(began); took > patience {
		t.Errorf("%d calls waited %v", callers, took)
	}
}

// patience is how long a test waits for what should come soon.
const patience = 30 * time.Second

// patient returns a context that ends a test that hangs.
func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// acquire takes a slot that must come soon.
func acquire(t *testing.T, th throttle.Throttle) (done func(bool)) {
	t.Helper()
	done, err := th.Acquire(patient(t))
	if err != nil {
		t.Errorf("Acquire: %v", err)
		return func(bool) {}
	}
	return done
}

// acquireSoon takes a slot that may have been given back a moment ago.
func acquireSoon(t *testing.T, th throttle.Throttle) (done func(bool)) {
	t.Helper()
	for began := time.Now(); ; <-time.After(time.Millisecond) {
		done, err := th.Acquire(patient(t))
		if err == nil {
			return done
		}
		if time.Since(began) > patience {
			t.Fatalf("Acquire: %v", err)
		}
	}
}

// refused checks that a budget is spent.
func refused(t *testing.T, th throttle.Throttle) {
	t.Helper()
	if _, err := th.Acquire(patient(t)); err == nil {
		t.Error("Acquire gave a slot of a budget that is spent")
	} else if _, ok := errors.AsType[*throttle.WaitError](err); !ok {
		t.Errorf("Acquire on a spent budget: %v, want a *throttle.WaitError", err)
	}
}
