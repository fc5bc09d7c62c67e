// Package ahead fetches what a loop is going to ask for before it does.
package ahead

import (
	"context"
	"fmt"

	"github.com/seed-9213fc64/bitbucket/internal/wire"
)

// A Fetcher fetches things by their names. It changes when a thing is fetched, and nothing else: what
// [Fetcher.Take] returns is what it would have fetched in its turn. It is for one goroutine.
type Fetcher[K fmt.Stringer, V any] struct {
	// Context is that of all fetching.
	Context context.Context
	// Fetch fetches a thing.
	Fetch func(context.Context, K) V

	pending map[string]chan result[V] // nil when nothing is being fetched
	ctx     context.Context           // of what is being fetched
	cancel  context.CancelFunc
}

// A result is what was fetched, or why it was not.
type result[V any] struct {
	value    V
	panicked *wire.Panic
}

// Start begins to fetch a thing, unless it does so already.
func (f *Fetcher[K, V]) Start(key K) {
	name := key.String()
	if f.pending[name] != nil {
		return
	}
	if f.pending == nil {
		f.pending = make(map[string]chan result[V])
		f.ctx, f.cancel = context.WithCancel(f.Context)
	}
	pending, ctx := make(chan result[V], 1), f.ctx
	f.pending[name] = pending
	go func() {
		var got result[V]
		got.panicked = wire.Catch(func() { got.value = f.Fetch(ctx, key) })
		pending <- got
	}()
}

// Take returns a thing, one that is being fetched or a new one. A panic in the fetching is raised
// here, in the goroutine of the loop.
func (f *Fetcher[K, V]) Take(key K) V {
	name := key.String()
	pending := f.pending[name]
	if pending == nil {
		return f.Fetch(f.Context, key)
	}
	got := <-pending
	delete(f.pending, name)
	if got.panicked != nil {
		panic(got.panicked)
	}
	return got.value
}

// Drop gives up all that is being fetched, and waits until nothing is under way any more.
func (f *Fetcher[K, V]) Drop() {
	if f.pending == nil {
		return
	}
	f.cancel()
	for _, pending := range f.pending {
		<-pending
	}
	f.pending = nil
}
