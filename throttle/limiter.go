package throttle

import (
	"context"
	"errors"
	"time"

	"golang.org/x/time/rate"
)

// FromLimiter returns a Throttle that takes one token of l for each call. With the whole budget as burst, l lets nearly twice
// the budget through in its first window; [Window] does not.
//
// Acquire fails when l can never give a token, that is when its burst or its limit is 0.
func FromLimiter(l *rate.Limiter) Throttle { return limiter{l} }

type limiter struct{ *rate.Limiter }

func (l limiter) Acquire(ctx context.Context) (func(), error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	now := time.Now()
	r := l.ReserveN(now, 1)
	delay := r.DelayFrom(now)
	if delay == rate.InfDuration {
		r.CancelAt(now)
		return nil, errors.New("throttle: the rate.Limiter never gives a token; set its burst to 1 or more and its limit above 0")
	}
	if deadline, ok := ctx.Deadline(); ok && now.Add(delay).After(deadline) {
		r.CancelAt(now)
		return nil, &WaitError{Until: now.Add(delay), Deadline: deadline}
	}
	if delay > 0 {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			r.Cancel()
			return nil, ctx.Err()
		}
	}
	return func() {}, nil
}
