package throttle

import (
	"context"
	"time"
)

// InProcess reports whether the throttle is one of this package's. All methods of those return at
// once, but for Acquire: asking them costs nothing. Others may ask a file or a server.
func (p *Pausable) InProcess() bool { return inProcess(p.throttle) }

func inProcess(t Throttle) bool {
	switch t := t.(type) {
	case *SlidingWindow, *limiter, unlimited:
		return true
	case *smooth:
		return t.throttle.InProcess()
	case *smoothRouter:
		return t.throttle.InProcess()
	case *Routes:
		return inProcess(t.fallback)
	case *Pausable:
		return t.InProcess()
	}
	return false
}

// promptly is how long an answer waits for the done of a throttle that is not of this package.
const promptly = 10 * time.Millisecond

// acquire goes through the throttle. The done that it returns holds nobody up, whatever the
// throttle does in its own.
func (p *Pausable) acquire(ctx context.Context) (func(sent bool), error) {
	foreign, err := p.throttle.Acquire(ctx)
	if err != nil || p.InProcess() {
		return foreign, err
	}
	return func(sent bool) {
		finished := make(chan struct{})
		go func() {
			defer close(finished)
			foreign(sent)
		}()
		timer := time.NewTimer(promptly)
		defer timer.Stop()
		select {
		case <-finished:
		case <-timer.C:
		}
	}, nil
}
