// Package throttletest tests that a [throttle.Throttle] keeps its promises: never over the budget
// as a server counts, contexts obeyed, places given back, nobody starved.
//
// # Getting started
//
// Call [Run] from a test of your own implementation, and [RunShared] when several of its values
// share one budget:
//
//	func TestMyThrottle(t *testing.T) {
//		throttletest.Run(t, func(t *testing.T, calls int, per time.Duration) throttle.Throttle {
//			return throttle.Window(calls, per) // yours
//		})
//	}
//
// Where real processes share a budget, [RunProcesses] runs eight of them, and [RunChaos] disturbs
// them, also by what the implementation knows of: a file that is removed, a server that forgets. The
// processes are the test binary, started again, so the package needs
//
//	func TestMain(m *testing.M) {
//		throttletest.Main(m, func(budget string, calls int, per time.Duration) (throttle.Throttle, error) {
//			return throttle.Window(calls, per), nil // yours, by the name of what is shared
//		})
//	}
//
// # What can go wrong
//
// The tests take real time and use short windows. They wait far more than they compute, so those of
// Run and RunShared run at once, whatever -parallel says, and take some seconds; RunProcesses takes
// ten times as long, and RunUndisturbed two windows of 30 seconds. Upper bounds are generous, so
// that a busy machine does not fail them; the budget itself is checked without any tolerance.
package throttletest

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

// New makes a throttle with an untouched budget of its own: that many calls in any stretch of per.
type New func(t *testing.T, calls int, per time.Duration) throttle.Throttle

// NewShared makes an untouched budget. Each call of open returns one more throttle that spends it,
// as another process would.
type NewShared func(t *testing.T, calls int, per time.Duration) (open func() throttle.Throttle)

// Run tests one implementation. [throttle.Pauser], [throttle.Estimator] and [throttle.Reporter]
// are tested where the throttle has their methods.
func Run(t *testing.T, newThrottle New) {
	atOnce(t, newThrottle, []conformance[New]{
		{"NeverOver", neverOver},
		{"WholeBudgetAtOnce", wholeBudgetAtOnce},
		{"RestsFromDone", restsFromDone},
		{"DoneTwice", doneTwice},
		{"Unsent", unsent},
		{"ContextEnded", contextEnded},
		{"DeadlineTooEarly", deadlineTooEarly},
		{"CancelGivesPlaceBack", cancelGivesPlaceBack},
		{"NobodyStarves", nobodyStarves},
		{"ManyGoroutines", manyGoroutines},
		{"Pause", pause},
		{"DeadlineBeforeEndOfPause", deadlineBeforeEndOfPause},
		{"Estimate", estimate},
		{"Status", status},
	})
}

// RunShared does what [Run] does, and tests that throttles of one budget count together.
func RunShared(t *testing.T, newShared NewShared) {
	var alone sync.WaitGroup
	alone.Go(func() {
		Run(t, func(t *testing.T, calls int, per time.Duration) throttle.Throttle {
			return newShared(t, calls, per)()
		})
	})
	atOnce(t, newShared, []conformance[NewShared]{
		{"SharedNeverOver", sharedNeverOver},
		{"SharedBudget", sharedBudget},
		{"SharedPause", sharedPause},
		{"SharedQueue", sharedQueue},
	})
	alone.Wait()
}

// conformance is one test of what is made by a New or a NewShared.
type conformance[Maker any] struct {
	name string
	run  func(t *testing.T, maker Maker)
}

// atOnce runs all tests, and returns when the last one has ended.
func atOnce[Maker any](t *testing.T, maker Maker, tests []conformance[Maker]) {
	var running sync.WaitGroup
	for _, test := range tests {
		running.Go(func() {
			t.Run(test.name, func(t *testing.T) { test.run(t, maker) })
		})
	}
	running.Wait()
}

// neverOver is the promise itself: 30 calls of 9 workers, of which a server counts each at any
// moment between sending and answering, and never more than the budget in any stretch of the
// window.
func neverOver(t *testing.T, newThrottle New) {
	const calls, per = 5, 300 * time.Millisecond
	th := newThrottle(t, calls, per)
	count(t, calls, per, 30, []throttle.Throttle{th})
}

// sharedNeverOver is the same for three throttles that share the budget.
func sharedNeverOver(t *testing.T, newShared NewShared) {
	const calls, per = 5, 300 * time.Millisecond
	open := newShared(t, calls, per)
	count(t, calls, per, 30, []throttle.Throttle{open(), open(), open()})
}

// count sends calls from 9 workers, spread over the throttles, to a server that counts them at any
// moment.
func count(t *testing.T, calls int, per time.Duration, jobs int, throttles []throttle.Throttle) {
	ctx := patient(t)
	var server Counter
	queue := make(chan int, jobs)
	for i := range jobs {
		queue <- i
	}
	close(queue)
	began := time.Now()
	var workers sync.WaitGroup
	for i := range 9 {
		workers.Go(func() {
			for range queue {
				done, err := throttles[i%len(throttles)].Acquire(ctx)
				if err != nil {
					t.Errorf("Acquire: %v", err)
					return
				}
				<-time.After(rand.N(20 * time.Millisecond))
				server.Count()
				<-time.After(rand.N(20 * time.Millisecond))
				done(true)
			}
		})
	}
	workers.Wait()
	if n := server.Total(); n != jobs {
		t.Errorf("%d calls were sent, want %d", n, jobs)
	}
	if n := server.Most(per); n > calls {
		t.Errorf("up to %d calls in %v, want at most %d", n, per, calls)
	}
	if took, least := time.Since(began), time.Duration(jobs/calls-1)*per; took < least {
		t.Errorf("%d calls took %v, want at least %v", jobs, took, least)
	}
}

// wholeBudgetAtOnce spends an untouched budget in one go: spreading calls over the window would
// make short jobs take as long as long ones.
func wholeBudgetAtOnce(t *testing.T, newThrottle New) {
	th := newThrottle(t, 20, time.Hour)
	for range 20 {
		acquire(t, th)(true) // a wait for the next window would not fit into the deadline
	}
}

// restsFromDone has a call take longer than the window. A throttle that counts from Acquire would
// let the next one start while the first has yet to be counted.
func restsFromDone(t *testing.T, newThrottle New) {
	const per = 600 * time.Millisecond
	th := newThrottle(t, 1, per)
	done := acquire(t, th)
	answered := make(chan time.Time, 1)
	time.AfterFunc(3*per, func() { // a call that takes longer than the window
		answered <- time.Now()
		done(true)
	})
	acquire(t, th)
	started := time.Now()
	if rested := started.Sub(<-answered); rested < per {
		t.Errorf("the next call started %v after the answer, want %v or more", rested, per)
	}
}

// doneTwice calls done again when the slot has another call, whose end it must not be.
func doneTwice(t *testing.T, newThrottle New) {
	const per = 600 * time.Millisecond
	th := newThrottle(t, 1, per)
	done := acquire(t, th)
	done(true)
	second := acquire(t, th)
	done(true) // must not end the second call
	began := time.Now()
	time.AfterFunc(2*per, func() { second(true) })
	acquire(t, th)
	if waited := time.Since(began); waited < 3*per {
		t.Errorf("the third call started after %v, want %v: the second held its slot that long",
			waited, 3*per)
	}
}

// unsent ends calls that never left. The budget is whole afterwards, for a caller that waits too,
// and not larger than it was. It takes a throttle that can give slots back, as one that counts them
// can.
func unsent(t *testing.T, newThrottle New) {
	const calls = 3
	th := newThrottle(t, calls, time.Hour)
	var all []func(bool)
	for range calls {
		all = append(all, acquire(t, th))
	}
	refused(t, th)
	waiter := make(chan func(bool), 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Hour) // the slot might rest
		defer cancel()
		done, err := th.Acquire(ctx)
		if err != nil {
			t.Errorf("Acquire: %v", err)
		}
		waiter <- done
	}()
	for _, done := range all {
		done(false)
		done(true) // does nothing
	}
	select {
	case done := <-waiter:
		if done != nil {
			done(false)
		}
	case <-time.After(patience):
		t.Error("a caller still waits for a slot that was given back")
		return
	}
	for range calls {
		acquireSoon(t, th)
	}
	refused(t, th)
}

// contextEnded has a call that nobody wants any more spend nothing.
func contextEnded(t *testing.T, newThrottle New) {
	th := newThrottle(t, 1, time.Hour)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := th.Acquire(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("Acquire with an ended context: %v, want context.Canceled", err)
	}
	acquire(t, th) // the slot was not spent
}

// deadlineTooEarly has a call learn at once, and not after half an hour, that its slot comes after
// its deadline, and when it comes.
func deadlineTooEarly(t *testing.T, newThrottle New) {
	th := newThrottle(t, 1, time.Hour)
	answered := time.Now()
	acquire(t, th)(true)
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
	defer cancel()
	deadline, _ := ctx.Deadline()
	result := make(chan error, 1)
	go func() {
		_, err := th.Acquire(ctx)
		result <- err
	}()
	select {
	case err := <-result:
		wait, ok := errors.AsType[*throttle.WaitError](err)
		if !ok || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("Acquire: %v, want a *throttle.WaitError", err)
		}
		if !wait.Deadline.Equal(deadline) {
			t.Errorf("WaitError.Deadline is %v, want %v", wait.Deadline, deadline)
		}
		at, most := wait.Until.Sub(answered), time.Hour+time.Since(answered)+time.Second
		if at < time.Hour-time.Second || at > most {
			t.Errorf("WaitError.Until is %v after the last answer, want 1h0m0s", at)
		}
	case <-time.After(patience):
		t.Errorf("Acquire still waits after %v for a slot that comes after its deadline",
			time.Since(began))
	}
}

// cancelGivesPlaceBack has callers give up in the queue. Those behind them move up.
func cancelGivesPlaceBack(t *testing.T, newThrottle New) {
	const per = 2 * time.Second
	th := newThrottle(t, 1, per)
	acquire(t, th)(true)
	answered := time.Now()
	for range 3 {
		impatient, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		if _, err := th.Acquire(impatient); !errors.Is(err, context.Canceled) {
			t.Errorf("Acquire with a context that ends: %v, want context.Canceled", err)
		}
	}
	acquire(t, th)
	waited := time.Since(answered)
	if waited < per-50*time.Millisecond || waited > 2*per-50*time.Millisecond {
		t.Errorf("the next call started after %v, want %v: the three before it gave their places back",
			waited, per)
	}
}

// nobodyStarves has four callers compete for long: none gets less than a quarter of what another
// gets.
func nobodyStarves(t *testing.T, newThrottle New) {
	const callers, turns = 4, 8
	th := newThrottle(t, 2, 50*time.Millisecond)
	ctx, finish := context.WithCancel(patient(t))
	defer finish()
	var served [callers]int
	var callersDone sync.WaitGroup
	for i := range callers {
		callersDone.Go(func() {
			defer finish() // the first to have all its turns ends the race
			for served[i] < turns {
				done, err := th.Acquire(ctx)
				if err != nil {
					return
				}
				served[i]++
				done(true)
			}
		})
	}
	callersDone.Wait()
	least, most := served[0], served[0]
	for _, n := range served {
		least, most = min(least, n), max(most, n)
	}
	if most != turns || least < turns/4 {
		t.Errorf("calls served when the first of %d callers had %d: %v", callers, turns, served)
	}
}

// manyGoroutines has a hundred goroutines use the throttle at the same time: no slot is lost or
// handed out twice.
func manyGoroutines(t *testing.T, newThrottle New) {
	const callers = 100
	th := newThrottle(t, callers, time.Hour)
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			if i%2 == 0 { // an ended context is no use of the budget
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				if _, err := th.Acquire(ctx); !errors.Is(err, context.Canceled) {
					t.Errorf("Acquire with an ended context: %v", err)
				}
			}
			done := acquire(t, th)
			done(true)
			done(true)
		})
	}
	all.Wait()
	refused(t, th)
}
