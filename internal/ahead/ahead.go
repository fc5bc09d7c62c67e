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

	pending map[string]pending[V] // nil until something is fetched ahead
}

// pending is what is being fetched.
type pending[V any] struct {
	result chan result[V]
	cancel context.CancelFunc
}

// A result is what was fetched, or why it was not.
type result[V any] struct {
	value    V
	panicked *wire.Panic
}

// Start begins to fetch a thing, unless it does so already.
func (f *Fetcher[K, V]) Start(key K) {
	name := key.String()
	if _, started := f.pending[name]; started {
		return
	}
	if f.pending == nil {
		f.pending = make(map[string]pending[V])
	}
	ctx, cancel := context.WithCancel(f.Context)
	p := pending[V]{make(chan result[V], 1), cancel}
	f.pending[name] = p
	var got result[V]
	wire.Go(func() { got.value = f.Fetch(ctx, key) }, func(panicked *wire.Panic) {
		got.panicked = panicked
		p.result <- got
	})
}

// Take returns a thing, one that is being fetched or a new one. A panic in the fetching is raised
// here, in the goroutine of the loop.
func (f *Fetcher[K, V]) Take(key K) V {
	name := key.String()
	p, started := f.pending[name]
	if !started {
		return f.Fetch(f.Context, key)
	}
	got := <-p.result
	p.cancel()
	delete(f.pending, name)
	if got.panicked != nil {
		panic(got.panicked)
	}
	return got.value
}

// Drop gives up all that is being fetched, and waits until nothing is under way any more.
func (f *Fetcher[K, V]) Drop() { f.drop("") }

// DropOthers gives up all that is being fetched but for one thing, as Drop does.
func (f *Fetcher[K, V]) DropOthers(key K) { f.drop(key.String()) }

func (f *Fetcher[K, V]) drop(but string) {
	for name, p := range f.pending {
		if name != but {
			p.cancel()
		}
	}
	for name, p := range f.pending {
		if name != but {
			<-p.result
			delete(f.pending, name)
		}
	}
}
