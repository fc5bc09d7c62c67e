package main

import (
	"context"
	"sync"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

// A capped throttle lets so many calls start and no more, whoever makes them: repetitions and the
// steps of redirects too.
type capped struct {
	*throttle.Pausable
	calls  *allowance
	mu     sync.Mutex
	routes map[*throttle.Pausable]*capped
}

// An allowance is how many calls are left.
type allowance struct {
	mu    sync.Mutex
	left  int64
	spent func() // is called when one more is asked for
}

// capAt lets a throttle start so many calls. Spent is called when one more is asked for.
func capAt(t throttle.Throttle, calls int64, spent func()) throttle.Throttle {
	return &capped{Pausable: throttle.Pausing(t), calls: &allowance{left: calls, spent: spent}}
}

// Acquire implements [throttle.Throttle]. A call that never left is not counted.
func (c *capped) Acquire(ctx context.Context) (func(sent bool), error) {
	if !c.calls.take() {
		return nil, errMaxCalls
	}
	done, err := c.Pausable.Acquire(ctx)
	if err != nil {
		c.calls.give()
		return nil, err
	}
	var once sync.Once
	return func(sent bool) {
		if !sent {
			once.Do(c.calls.give)
		}
		done(sent)
	}, nil
}

// Route implements [throttle.Router]: the allowance is one for all routes.
func (c *capped) Route(method, path string) throttle.Throttle {
	to := c.For(method, path)
	if to == c.Pausable {
		return c
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.routes == nil {
		c.routes = map[*throttle.Pausable]*capped{}
	}
	if c.routes[to] == nil {
		c.routes[to] = &capped{Pausable: to, calls: c.calls}
	}
	return c.routes[to]
}

func (a *allowance) take() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.left > 0 {
		a.left--
		return true
	}
	a.spent()
	return false
}

func (a *allowance) give() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.left++
}
