package throttle

import (
	"context"
	"errors"
	"math"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// FromLimiter returns a Throttle that takes one token of l for each call, first come, first served.
// With the whole budget as burst, l lets nearly twice the budget through in its first window;
// [Window] does not. A token that was taken is spent: done(false) gives none back.
//
// Acquire fails when l can never give a token, that is when its burst or its limit is 0.
// FromLimiter panics when l is nil.
func FromLimiter(l *rate.Limiter) Throttle { return newLimiter("FromLimiter", l) }

// limiter is a rate.Limiter with a queue. Of those who wait only the first has reserved a token, so
// that nobody waits for the tokens of those who gave up. It is a Throttle and an Estimator.
type limiter struct {
	tokens  *rate.Limiter
	waiting atomic.Int64  // who have not reserved a token
	turn    chan struct{} // holds one value while nobody waits for a token
}

func newLimiter(name string, l *rate.Limiter) *limiter {
	if l == nil {
		panic("throttle: " + name + ": the rate.Limiter is nil; use Unlimited to let calls pass")
	}
	turn := make(chan struct{}, 1)
	turn <- struct{}{}
	return &limiter{tokens: l, turn: turn}
}

func (l *limiter) Acquire(ctx context.Context) (done func(bool), err error) {
	if err := l.take(ctx, nil); err != nil {
		return nil, err
	}
	return nothing, nil
}

// Estimate is how long the limiter takes to have that many tokens more than others wait for.
func (l *limiter) Estimate(calls int) time.Duration {
	if calls < 1 {
		return 0
	}
	return l.delay(float64(l.waiting.Load()) + float64(calls))
}

// delay is how long it takes until there are that many tokens.
func (l *limiter) delay(tokens float64) time.Duration {
	limit := l.tokens.Limit()
	missing := tokens - l.tokens.Tokens()
	switch {
	case limit == rate.Inf || missing <= 0:
		return 0
	case limit <= 0 || l.tokens.Burst() < 1 || missing/float64(limit) >= longest.Seconds():
		return longest
	}
	return time.Duration(math.Round(missing / float64(limit) * float64(time.Second)))
}

// check returns a WaitError when the token of a call that came now would come after its deadline.
func (l *limiter) check(ctx context.Context) error {
	deadline, ok := ctx.Deadline()
	if !ok {
		return nil
	}
	now := time.Now()
	if start := now.Add(l.Estimate(1)); start.After(deadline) {
		return &WaitError{Until: start, Deadline: deadline}
	}
	return nil
}

var (
	// errNeverGives is of a limiter by which nobody would ever get through.
	errNeverGives = errors.New("throttle: the rate.Limiter never gives a token; " +
		"set its burst to 1 or more and its limit above 0")
	// errPaused ends a wait for a token in which a pause has begun.
	errPaused = errors.New("throttle: paused")
)

// take waits for a token. It ends early, with errPaused, when the gate closes; the gate may be nil.
func (l *limiter) take(ctx context.Context, g *gate) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if l.waiting.Load() == 0 && l.tokens.Allow() {
		return nil
	}
	if limit := l.tokens.Limit(); limit != rate.Inf && (limit <= 0 || l.tokens.Burst() < 1) {
		return errNeverGives
	}
	if err := l.check(ctx); err != nil {
		return err
	}
	closed := g.closing()
	if err := l.queue(ctx, closed); err != nil {
		return err
	}
	defer func() { l.turn <- struct{}{} }()
	return l.reserve(ctx, closed)
}

// queue waits for the turn to reserve a token.
func (l *limiter) queue(ctx context.Context, closed <-chan struct{}) error {
	l.waiting.Add(1)
	defer l.waiting.Add(-1)
	select {
	case <-l.turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-closed:
		return errPaused
	}
}

// reserve waits for the next token that nobody has reserved.
func (l *limiter) reserve(ctx context.Context, closed <-chan struct{}) error {
	now := time.Now()
	r := l.tokens.ReserveN(now, 1)
	delay := r.DelayFrom(now)
	err := tooLate(ctx, now.Add(delay))
	if delay == rate.InfDuration {
		err = errNeverGives
	}
	if err != nil {
		r.CancelAt(now)
		return err
	}
	if delay == 0 {
		return nil
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-closed:
		err = errPaused
	}
	r.Cancel()
	return err
}
