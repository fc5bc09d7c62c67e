// Package redisthrottle is one budget of calls for a fleet, such as 100 calls in any 30 minutes
// for all that share a key of a Redis server. It works with Redis 6.2 and later and with Valkey,
// single, with replicas, or in a Cluster: all is in one key, so hash tags are needed only to put
// it beside others.
//
// # Getting started
//
// Each process gives the same key and the same budget. The client is one of
// github.com/redis/go-redis/v9, which should not retry by itself; [New] says what comes of it:
//
//	fleet := redis.NewClient(&redis.Options{
//		Addr: "redis.example.com:6379", MaxRetries: -1, DialerRetries: 1,
//	})
//	budget, err := redisthrottle.New(fleet, "bitbucket:acme", 100, 30*time.Minute)
//	if err != nil {
//		return err
//	}
//	client, err := bitbucket.NewClient(bitbucket.WithEnv(), bitbucket.WithThrottle(budget))
//	if err != nil {
//		return err
//	}
//
// Where many calls start together, wrap the budget in [throttle.Smooth], as the default throttle of a
// client is: Bitbucket's edge refuses bursts besides.
//
// # What it holds
//
// The server that is called never counts more than the budget in any stretch of its window, as with
// [throttle.Window], whatever the number of hosts, and also when a process dies at any point. All
// times are of the Redis server's clock.
//
// A call whose slot is free takes one round trip, which also tells of the calls that were over
// since the last one. The callers of one process that wait share theirs. Nobody is ever held up by
// Redis longer than by its own context: done returns at once, and what could not be told is told
// later, or runs out by itself.
//
// # What it cannot hold
//
//   - A process holds a slot by a lease, which ends a window and a grace after it was taken or
//     renewed: the grace is a quarter of the window, at least 200 ms and at most 10 s. A lease of
//     which half the grace has passed is not used for a call, and those of calls under way are
//     renewed before half the grace has passed. So a process may be held up for half the grace
//     between Acquire and the server's counting, 5 s for a window of 30 minutes, whatever becomes
//     of it. If it is held up for longer and then dies, or for longer than a window and a half of
//     the grace and then goes on, the server may count one call too many. So may a process that is
//     cut off from Redis for longer than a window in the middle of a call.
//   - A key that is lost (FLUSHALL, an eviction, a restart without a saved state, a replica that
//     lacks it) is noticed by the first process that comes and has made a call within the last
//     window; the whole budget then rests for a window and a grace. A process that has not cannot
//     notice, and a fleet of such processes begins with a whole budget.
//   - A server that comes back with an older state, and a replica that takes over, are noticed by
//     whoever comes first, since they do not know the script: the budget rests for a window and a
//     grace. A server that knows the script, since it was the primary before or somebody loaded it
//     there, is not noticed, and what it lacks of the last moments is lost. Restart such a replica
//     before it takes over.
//   - When the clock of the Redis server is set back, slots and pauses last as long as they would
//     have. When it is set forward, they last shorter by as much.
//
// Let the Redis server keep its keys: with an eviction policy that may remove the key, each removal
// costs a window of rest.
//
// # What can go wrong
//
// While Redis is away, Acquire returns an error that wraps [ErrUnavailable], and no call is let
// through; [FailOpen] gives each process a share of its own for that time. An error that names the
// key says that something else is stored there. Besides, Acquire returns what [throttle.Throttle]
// says.
package redisthrottle

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

// Throttle spends the budget of one key. It is a [throttle.Throttle], [throttle.Pauser],
// [throttle.Estimator] and [throttle.Reporter]. Its methods may be called from any number of
// goroutines. Close the Redis client yourself, when no call is under way.
type Throttle struct {
	client redis.UniversalClient
	script *redis.Script
	key    string
	budget
	desk  *desk
	local *throttle.Pausable // for when Redis is away; nil for an error

	mu   sync.Mutex
	book string    // the book seen last
	seen time.Time // when; the key outlives it by a lease
}

// Option changes how [New] makes a Throttle.
type Option func(*Throttle)

// FailOpen lets calls go through local while Redis cannot be asked. Give it the share of the
// budget that one process may have, such as throttle.Window(10, 30*time.Minute) for ten processes,
// since the local throttles know nothing of each other. A Pause holds back local as well. By
// default calls fail with [ErrUnavailable] then.
func FailOpen(local throttle.Throttle) Option {
	return func(t *Throttle) { t.local = throttle.Pausing(local) }
}

// ErrUnavailable is wrapped by the errors of [Throttle.Acquire] and [Throttle.Inspect] when Redis
// cannot be asked now.
var ErrUnavailable = errors.New("Redis is not available")

// New returns a throttle that spends the budget at a key: that many calls in any stretch of per.
// Calls are 1 to a billion, per is a millisecond to ten years. New asks Redis nothing yet, so it
// fails only for values that cannot be. All that share the key must give the same limits; the
// first call tells when they do not. The key vanishes by itself when nobody has called for a
// while.
//
// How long a call takes to notice that Redis is away is a matter of the client. With go-redis's
// defaults a refused connection takes about two seconds and a silent server three or more; for an
// error at once set MaxRetries to -1 and DialerRetries to 1, and choose the time-outs. The end of a
// call's context is noticed at once in any case.
func New(
	client redis.UniversalClient, key string, calls int, per time.Duration, opts ...Option,
) (*Throttle, error) {
	b := budget{calls, per}
	switch {
	case client == nil:
		return nil, errors.New("redisthrottle: the client is nil; make one with redis.NewClient")
	case key == "":
		return nil, errors.New("redisthrottle: the key is empty; give each account a key of its own")
	}
	if err := b.check(); err != nil {
		return nil, fmt.Errorf("redisthrottle: %w", err)
	}
	t := &Throttle{client: client, script: redis.NewScript(source), key: key, budget: b}
	t.desk = &desk{budget: b, exchange: t.exchange, held: make(map[slot]time.Time)}
	for _, opt := range opts {
		opt(t)
	}
	return t, nil
}

// Acquire waits for a slot, as [throttle.Throttle] says. Those who wait, on whichever host, are
// served in the order in which they came. It asks Redis once when a slot is free. Otherwise the
// process sleeps until the first of its slots is due, and asks in between once a window, at least
// once a minute.
//
// Besides the error of ctx and [*throttle.WaitError], it returns an error that names the key: one
// that wraps [ErrUnavailable] when Redis is away, unless [FailOpen] is set, or one that says what
// is wrong with the key.
func (t *Throttle) Acquire(ctx context.Context) (done func(sent bool), err error) {
	var place ticket
	for late := 0; ; late++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		w, err := t.desk.enter(ctx, ticket{rand.Uint64(), place.since})
		if err != nil {
			return nil, err
		}
		select {
		case got := <-w.turn:
			if errors.Is(got.err, ErrUnavailable) && t.local != nil {
				return t.local.Acquire(ctx)
			}
			if got.err != nil {
				return nil, got.err
			}
			if err := ctx.Err(); err != nil {
				t.desk.over(got.slot, false)
				return nil, err
			}
			if !t.desk.holdsBack(got.taken) {
				return t.done(got.slot), nil
			}
			t.desk.over(got.slot, false) // the lease is too old to begin a call with
			place.since = w.since
			if late >= mostLate {
				return nil, fmt.Errorf("redisthrottle: key %q: slots come more than %v late; use a Redis"+
					" that is nearer", t.key, t.slow())
			}
		case <-ctx.Done():
			t.desk.leave(w)
			return nil, ctx.Err()
		}
	}
}

// mostLate is how often a slot may come too late for one call.
const mostLate = 100

// done returns the function that ends one call.
func (t *Throttle) done(s slot) func(sent bool) {
	var once sync.Once
	return func(sent bool) { once.Do(func() { t.desk.over(s, sent) }) }
}

// Pause lets no call of any process start before until, which is a year ahead at most. Those who
// wait in this process notice at once, those in others when they ask next. When Redis is away it
// is told later.
func (t *Throttle) Pause(until time.Time) {
	if t.local != nil {
		t.local.Pause(until)
	}
	t.desk.pause(until)
}

// Status returns what is left of the budget. When Redis cannot be asked within two seconds nothing
// is free; [Throttle.Inspect] says why.
func (t *Throttle) Status() throttle.Status {
	ctx, cancel := context.WithTimeout(context.Background(), askPatience)
	defer cancel()
	s, err := t.Inspect(ctx)
	if err != nil {
		return throttle.Status{Limit: t.calls, Window: t.per, NextFree: time.Now().Add(t.per)}
	}
	return s
}

// Inspect returns what is left of the budget, or an error that names the key when Redis cannot be
// asked.
func (t *Throttle) Inspect(ctx context.Context) (throttle.Status, error) {
	a, err := t.desk.ask(ctx, 1, true)
	if err != nil {
		return throttle.Status{}, err
	}
	return a.status, nil
}

// Estimate returns how long it takes until that many more calls could have started, behind all that
// wait on any host, as [throttle.Estimator] says. When Redis cannot be asked within two seconds, it
// answers as if the whole budget had just been spent.
func (t *Throttle) Estimate(calls int) time.Duration {
	if calls < 1 {
		return 0
	}
	ctx, cancel := context.WithTimeout(context.Background(), askPatience)
	defer cancel()
	a, err := t.desk.ask(ctx, calls, false)
	if err != nil {
		return t.rounds((calls-1)/t.calls + 1)
	}
	return max(0, a.estimates[0])
}

// askPatience is how long Status and Estimate wait for Redis.
const askPatience = 2 * time.Second

// rounds returns that many windows, or the longest Duration.
func (b budget) rounds(n int) time.Duration {
	if time.Duration(n) > math.MaxInt64/b.per {
		return math.MaxInt64
	}
	return time.Duration(n) * b.per
}
