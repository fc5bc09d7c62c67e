package throttle

import (
	"context"
	"time"
)

// Pausable is a Throttle that can pause and tell all that there is to know, whatever it was made
// of. It is a [Throttle], [Pauser], [Estimator] and [Reporter]. Make one with [Pausing].
type Pausable struct {
	throttle Throttle
	pauser   Pauser    // nil when the throttle cannot pause
	estimate estimator // nil when it cannot tell
	reporter Reporter  // nil when it cannot tell
	router   Router    // nil when it does not choose
	gate     *gate     // the pause

	routes perThrottle[Pausable]
}

// Pausing returns t with a pause, so that clients need not ask what t can do. Where t is a
// [Pauser], its own Pause is used. Where it is not, the pause holds back those who come and those
// who wait inside t already: whoever comes out of t while the pause lasts gives back what t gave,
// and asks again when the pause is over.
//
// A client makes one Pausable of its throttle and asks [Pausable.For] about each attempt. Pausing
// returns t itself when t is a Pausable.
func Pausing(t Throttle) *Pausable {
	if p, ok := t.(*Pausable); ok {
		return p
	}
	return pausing(t, new(gate))
}

func pausing(t Throttle, g *gate) *Pausable {
	p := &Pausable{throttle: t, gate: g}
	p.pauser, _ = t.(Pauser)
	p.reporter, _ = t.(Reporter)
	p.router, _ = t.(Router)
	p.estimate = estimatorOf(t)
	if p.router != nil {
		p.routes.get(t, func() *Pausable { return p }) // a router may return itself
	}
	return p
}

// For returns what an attempt goes through: p itself, or where p was made of a [Router], the
// Pausable of the attempt's route. It is the same one each time, so a pause of one route holds
// back the calls of that route and no others.
func (p *Pausable) For(method, path string) *Pausable {
	for range deepest {
		if p.router == nil {
			break
		}
		next := p.on(p.router.Route(method, path))
		if next == p {
			break
		}
		p = next
	}
	return p
}

// deepest is how many routers may stand one behind the other.
const deepest = 10

// on returns the Pausable of one of a router's throttles. A router that keeps making new throttles
// has one pause for all that are too many to remember.
func (p *Pausable) on(t Throttle) *Pausable {
	if own, ok := t.(*Pausable); ok {
		return own
	}
	if known := p.routes.get(t, func() *Pausable { return pausing(t, new(gate)) }); known != nil {
		return known
	}
	return pausing(t, p.gate)
}

// Acquire waits until the pause is over and the throttle lets the call start, as [Throttle] says.
// It returns a [*WaitError] as soon as the pause goes beyond the deadline of ctx, also when the
// pause begins during the wait.
func (p *Pausable) Acquire(ctx context.Context) (done func(sent bool), err error) {
	if p.pauser != nil || p.throttle == Unlimited && !p.gate.closed() {
		return p.acquire(ctx)
	}
	return p.gate.acquire(ctx, p.acquire)
}

// Pause lets no call start before until, as [Pauser] says.
func (p *Pausable) Pause(until time.Time) {
	p.gate.close(until)
	if p.pauser != nil {
		p.pauser.Pause(until)
	}
}

// Estimate returns how long it takes until that many more calls could have started, as [Estimator]
// says. Where the throttle cannot tell, it is how long the pause lasts; [Pausable.Forecast] says
// which of the two it is.
func (p *Pausable) Estimate(calls int) time.Duration {
	wait, _ := p.Forecast(calls)
	return wait
}

// Forecast returns what Estimate returns, and whether that is all: known is false when the throttle
// cannot tell how long it will take, so that the calls may take longer.
func (p *Pausable) Forecast(calls int) (wait time.Duration, known bool) {
	if calls < 1 {
		return 0, true
	}
	if p.estimate != nil {
		wait, known = p.estimate.Forecast(calls)
	}
	if p.pauser == nil {
		wait = max(wait, time.Until(p.gate.opens()))
	}
	return max(wait, 0), known
}

// Status returns what is left of the budget. Where the throttle cannot tell, Limit, Window and Free
// are 0, and NextFree is the end of the wait that Estimate knows of.
func (p *Pausable) Status() Status {
	if p.reporter == nil {
		return Status{NextFree: time.Now().Add(p.Estimate(1))}
	}
	s := p.reporter.Status()
	if opens := p.gate.opens(); p.pauser == nil && opens.After(time.Now()) {
		s.Free = 0
		if opens.After(s.NextFree) {
			s.NextFree = opens
		}
	}
	return s
}

// estimator is an Estimator that says whether it can tell.
type estimator interface {
	Forecast(calls int) (wait time.Duration, known bool)
}

// estimatorOf returns what t can tell of waits, or nil.
func estimatorOf(t Throttle) estimator {
	if f, ok := t.(estimator); ok {
		return f
	}
	if e, ok := t.(Estimator); ok {
		return sure{e}
	}
	return nil
}

type sure struct{ Estimator }

func (s sure) Forecast(calls int) (time.Duration, bool) { return s.Estimate(calls), true }
