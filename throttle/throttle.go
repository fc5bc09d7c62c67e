// Package throttle keeps calls within a budget such as 100 calls in any 30 minutes.
//
// # Getting started
//
// Ask for a slot before each call, and say when the call is over. A client of package bitbucket does
// both for each attempt, so a program only chooses the throttle:
//
//	window := throttle.Window(100, 30*time.Minute)
//	fmt.Println(window.Estimate(250)) // how long 250 calls take: 1h0m0s
//	client, err := bitbucket.NewClient(bitbucket.WithEnv(), bitbucket.WithThrottle(window))
//	if err != nil {
//		return err
//	}
//
// A client without one has that window in [Smooth], which lets ten calls start at once and then ten a
// second: Bitbucket's edge refuses bursts besides, so wrap yours where many calls start together.
//
// # Which one
//
// [Window] is the exact sliding window: it never lets more calls start than the budget allows,
// however the server counts, and it wastes nothing, since a whole budget may be spent at once.
// [FromLimiter] takes a [rate.Limiter] instead, [Smooth] spaces the starts of another throttle's
// calls, [Routes] gives groups of paths a budget each, and [Unlimited] lets everything pass.
// [Pausing] is for clients: it makes any of them hold back when a server says so.
//
// A Window lives in one process and forgets when the process ends. The modules
// throttle/filethrottle and throttle/redisthrottle keep the same promise between the processes of
// one host and of many. Package throttletest tests that an implementation keeps it.
//
// # What can go wrong
//
// Acquire returns the error of its context, and a [*WaitError] at once when the context's deadline
// comes before the slot: it says when there would be one. A done that is never called keeps its slot
// for good. A token bucket, such as [rate.NewLimiter](rate.Every(18*time.Second), 100), is no window:
// it lets its burst start, and in the half hour after that as much again. [FromLimiter] takes one
// where that is what a server counts.
package throttle

import (
	"context"
	"fmt"
	"math"
	"time"
)

// Throttle decides when a call may start. Its methods may be called from any number of goroutines.
type Throttle interface {
	// Acquire blocks until one call may be sent. The caller then calls done once, when the server
	// has answered or the call has failed; until then the call counts as under way. Further calls
	// of done do nothing. done returns at once; what it has to write or send goes on without the
	// caller.
	//
	// The argument of done tells whether the call was sent, or may have been. It is false only
	// when the call certainly never left, such as for want of a connection: no server has
	// counted it then, and what it took of the budget is free again at once, where the throttle
	// can give it back.
	//
	// Acquire returns the error of ctx when ctx ends first, and spends nothing then. When it can
	// tell that the deadline of ctx comes before the call may start, it returns a [*WaitError]
	// at once.
	Acquire(ctx context.Context) (done func(sent bool), err error)
}

// Pauser is a Throttle that can be told to hold back. Clients call Pause when a server answers
// 429. [Pausing] makes one of any Throttle.
type Pauser interface {
	// Pause lets no call start before until, those that wait included. An earlier time than that
	// of a Pause already in force changes nothing.
	Pause(until time.Time)
}

// Estimator is a Throttle that can tell how long a job will take.
type Estimator interface {
	// Estimate returns how long it takes until that many more calls could have started, behind
	// those already waiting and if every answer came at once. Estimate(1) is how long a call made
	// now would wait. It is 0 for calls below 1, never negative, and the largest Duration when it
	// would be more than that.
	Estimate(calls int) time.Duration
}

// Reporter is a Throttle that can tell how much of its budget is left.
type Reporter interface {
	// Status returns what is left now.
	Status() Status
}

// Router is a set of throttles of which each call passes one. A client that knows method and path
// asks Route and goes through the Throttle it gets; Acquire of the Router itself is for calls of
// which nothing is known.
type Router interface {
	Throttle
	// Route returns the Throttle for a call, never nil, and for calls of one route the same one
	// each time: what is paused is what it returns. The path is as sent after the host, such as
	// "/2.0/repositories/acme/site"; a query behind it does no harm.
	Route(method, path string) Throttle
}

// Status is what a throttle has left at one moment.
type Status struct {
	Limit    int           // calls in any stretch of Window
	Window   time.Duration // length of the stretch
	Free     int           // calls that could start now
	NextFree time.Time     // when the next call can start at the earliest; now if Free is above 0
}

// WaitError says that a call was not started, since the deadline of its context comes before the
// call may start. It is a [context.DeadlineExceeded] to [errors.Is].
type WaitError struct {
	Until    time.Time // when the call could have started at the earliest
	Deadline time.Time // the deadline of its context
}

// Error says when the call could have started, how far that is behind the deadline, and what to do.
func (e *WaitError) Error() string {
	return fmt.Sprintf("throttle: the budget has no call free before %s, %v after the context's"+
		" deadline; set a later deadline or make fewer calls",
		e.Until.Format(time.RFC3339), e.Until.Sub(e.Deadline).Round(time.Millisecond))
}

// Unwrap returns [context.DeadlineExceeded].
func (e *WaitError) Unwrap() error { return context.DeadlineExceeded }

// tooLate returns a WaitError when a call may not start before the deadline of ctx, and nil when
// it may.
func tooLate(ctx context.Context, start time.Time) error {
	if deadline, ok := ctx.Deadline(); ok && start.After(deadline) {
		return &WaitError{Until: start, Deadline: deadline}
	}
	return nil
}

// longest is where durations end; sums and products that would be more are this.
const longest = time.Duration(math.MaxInt64)

// times returns n times d, or the longest Duration. Neither is negative.
func times(n int, d time.Duration) time.Duration {
	if n > 0 && d > longest/time.Duration(n) {
		return longest
	}
	return time.Duration(n) * d
}

// onThisClock returns a time by the monotonic clock, as far from now: an HTTP date follows the wall
// clock, and waiting does not.
func onThisClock(t, now time.Time) time.Time { return now.Add(t.Sub(now)) }

// Unlimited lets every call start at once.
var Unlimited Throttle = unlimited{}

type unlimited struct{}

func (unlimited) Acquire(ctx context.Context) (func(bool), error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return nothing, nil
}

// Estimate is 0: nobody ever waits.
func (unlimited) Estimate(int) time.Duration { return 0 }

// nothing is the done of throttles that have nothing to give back.
func nothing(bool) {}
