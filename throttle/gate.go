package throttle

import (
	"context"
	"errors"
	"sync"
	"time"
)

// A gate is closed while a pause lasts. The zero gate is open.
type gate struct {
	mu     sync.Mutex
	until  time.Time
	news   chan struct{}       // closed when until changes; nil when nobody listens
	inside map[*visit]struct{} // those who went through, wait behind it, and have a deadline
}

// close lets nobody through before until. It fails those inside whose deadline comes earlier.
func (g *gate) close(until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if until = onThisClock(until, time.Now()); !until.After(g.until) {
		return
	}
	g.until = until
	if g.news != nil {
		close(g.news)
		g.news = nil
	}
	for v := range g.inside {
		if err := tooLate(v.Context, until); err != nil {
			v.cancel(err)
			delete(g.inside, v)
		}
	}
}

// opens returns when the gate opens; zero or past when it is open.
func (g *gate) opens() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.until
}

func (g *gate) closed() bool { return g.opens().After(time.Now()) }

// listen returns when the gate opens, and a channel that is closed when that changes.
func (g *gate) listen() (opens time.Time, news <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.news == nil {
		g.news = make(chan struct{})
	}
	return g.until, g.news
}

// closing returns a channel that is closed when the gate is, or becomes, closed. It is nil for no
// gate.
func (g *gate) closing() <-chan struct{} {
	if g == nil {
		return nil
	}
	opens, news := g.listen()
	if opens.After(time.Now()) {
		already := make(chan struct{})
		close(already)
		return already
	}
	return news
}

// acquire takes a slot for which the gate is open when it comes.
func (g *gate) acquire(ctx context.Context, from acquire) (done func(bool), err error) {
	for {
		if err := g.wait(ctx); err != nil {
			return nil, err
		}
		done, err := g.visit(ctx, from)
		if err != nil {
			return nil, err
		}
		if !g.closed() {
			return done, nil
		}
		done(false) // those who waited behind it would all start at once when the gate opens
	}
}

// acquire is [Throttle.Acquire].
type acquire func(ctx context.Context) (done func(bool), err error)

// wait waits until the gate is open.
func (g *gate) wait(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !g.closed() {
			return nil
		}
		opens, news := g.listen()
		if err := tooLate(ctx, opens); err != nil {
			return err
		}
		timer := time.NewTimer(time.Until(opens))
		select {
		case <-timer.C:
		case <-news:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// visit is a call that waits in a throttle behind a gate.
type visit struct {
	context.Context // of the caller, which has the deadline
	cancel          context.CancelCauseFunc
}

// visit waits behind the gate. A gate that closes until after the deadline ends the wait.
func (g *gate) visit(ctx context.Context, from acquire) (done func(bool), err error) {
	if _, ok := ctx.Deadline(); !ok {
		return from(ctx)
	}
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	v := &visit{ctx, cancel}
	g.mu.Lock()
	if g.inside == nil {
		g.inside = make(map[*visit]struct{})
	}
	g.inside[v] = struct{}{}
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.inside, v)
	}()
	done, err = from(inner)
	if late, ok := errors.AsType[*WaitError](context.Cause(inner)); ok && err != nil && ctx.Err() == nil {
		return nil, late
	}
	return done, err
}
