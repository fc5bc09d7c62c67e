package throttle

import (
	"context"
	"time"

	"golang.org/x/time/rate"
)

// Smooth returns a Throttle that spaces the starts of t's calls by l, which the calls of all routes
// share when t is a [Router]. A server's edge may refuse short bursts of calls that its budget
// allows.
//
// A call first waits for t, as long as that takes, and then for its turn in l, so that those whom t
// lets go at the same moment do not start together. While it waits for l it holds what t gave; when
// it gives up, both are free again. Its Pause holds back also those who wait for l, and its
// Estimate is the larger one of the two; both are kept for each route.
//
// What Smooth returns is a [Pauser], [Estimator] and [Reporter], as [Pausing] makes it, and a
// Router when t is one. It panics when l is nil.
func Smooth(t Throttle, l *rate.Limiter) Throttle {
	s := &smooth{throttle: Pausing(t), limiter: newLimiter("Smooth", l)}
	if s.throttle.router != nil {
		return &smoothRouter{smooth: s}
	}
	return s
}

type smooth struct {
	throttle *Pausable
	limiter  *limiter
}

func (s *smooth) Acquire(ctx context.Context) (done func(bool), err error) {
	for {
		if err := s.limiter.check(ctx); err != nil {
			return nil, err
		}
		done, err := s.throttle.Acquire(ctx)
		if err != nil {
			return nil, err
		}
		gate := s.throttle.gate
		err = s.limiter.take(ctx, gate)
		if err == nil && !gate.closed() {
			return done, nil
		}
		done(false)
		if err != nil && err != errPaused {
			return nil, err
		}
	}
}

func (s *smooth) Pause(until time.Time) { s.throttle.Pause(until) }

func (s *smooth) Status() Status { return s.throttle.Status() }

func (s *smooth) Estimate(calls int) time.Duration {
	wait, _ := s.Forecast(calls)
	return wait
}

// Forecast is what [Pausable.Forecast] is.
func (s *smooth) Forecast(calls int) (wait time.Duration, known bool) {
	wait, known = s.throttle.Forecast(calls)
	return max(wait, s.limiter.Estimate(calls)), known
}

// smoothRouter is the Smooth of a Router.
type smoothRouter struct {
	*smooth
	routes perThrottle[smooth]
}

func (s *smoothRouter) Route(method, path string) Throttle {
	p := s.throttle.For(method, path)
	add := func() *smooth { return &smooth{throttle: p, limiter: s.limiter} }
	if known := s.routes.get(p, add); known != nil {
		return known
	}
	return add()
}
