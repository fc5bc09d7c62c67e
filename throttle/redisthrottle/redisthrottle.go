// Package redisthrottle is one budget of calls for a fleet, such as 100 calls in any 30 minutes for all that share a key of a
// Redis server. It works with Redis 6.2 and later, with Valkey, and with a Cluster, since all is in one key.
//
// # What it holds
//
// The server that is called never counts more than the budget in any stretch of its window, as with [throttle.Window],
// whatever the number of hosts. All times are of the Redis server's clock. Four things are outside its reach:
//
//   - A process that dies cannot say whether its calls were counted, or when. Each of its slots comes back one window after
//     it was taken, and a grace later: a twentieth of the window, at most 5 seconds. A call that was counted later than
//     that may be one too many. So may the call of a process that is frozen, or cut off from Redis, for longer than a window.
//   - When the clock of the Redis server is set back, slots rest longer, at most one window from then on. When it is set
//     forward, they rest shorter by as much.
//   - A Redis server that is restarted may have forgotten slots. The first process that notices makes the whole budget rest
//     for one window. A process that has not made a call in the last window cannot notice that the key is gone.
//   - A replica that takes over may lack the last slots that were taken. It is treated as a restart.
//
// Let the Redis server keep its keys: with an eviction policy that may remove the key, each removal costs a window of rest.
package redisthrottle

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

// Throttle spends the budget of one key. It is a [throttle.Throttle], [throttle.Pauser], [throttle.Estimator] and
// [throttle.Reporter]. Its methods may be called from any number of goroutines. Close the Redis client yourself, when no
// call is under way.
type Throttle struct {
	client redis.UniversalClient
	script *redis.Script
	key    string
	budget
	local throttle.Throttle // for when Redis is away; nil for an error

	mu      sync.Mutex
	book    string               // the book seen last
	seen    time.Time            // when; the key outlives it by a lease
	held    map[string]bool      // slots of calls under way in this process
	settled map[string]time.Time // slots of calls that are over, and since when, that Redis has not been told of
	paused  time.Time            // the latest Pause of this process
	renewal *time.Timer          // runs while a slot is held or settled
}

// Option changes how [New] makes a Throttle.
type Option func(*Throttle)

// FailOpen lets calls go through local while Redis cannot be asked. Give it the share of the budget that one process may
// have, such as throttle.Window(10, 30*time.Minute) for ten processes, since the local throttles know nothing of each other.
func FailOpen(local throttle.Throttle) Option { return func(t *Throttle) { t.local = local } }

// ErrUnavailable is wrapped by the errors of [Throttle.Acquire] and [Throttle.Inspect] when Redis cannot be asked now.
var ErrUnavailable = errors.New("Redis is not available")

// New returns a throttle that spends the budget at a key: that many calls in any stretch of per, which is 1 ms or more. It
// asks Redis nothing yet, so it fails only for values that cannot be. All that share the key must give the same limits; the
// first call tells when they do not. The key vanishes by itself when nobody has called for a while.
//
// How long a call takes to notice that Redis is away, or that its context has ended while Redis does not answer, is a matter
// of the client. With go-redis's defaults a refused connection takes about two seconds and a silent server three or more;
// for an error at once set MaxRetries to -1 and DialerRetries to 1, and choose the time-outs.
func New(client redis.UniversalClient, key string, calls int, per time.Duration, opts ...Option) (*Throttle, error) {
	switch {
	case client == nil:
		return nil, errors.New("redisthrottle: the client is nil; make one with redis.NewClient")
	case key == "":
		return nil, errors.New("redisthrottle: the key is empty; give each account a key of its own")
	case calls < 1 || per < time.Millisecond:
		return nil, fmt.Errorf("redisthrottle: %d calls in %v: give at least 1 call and 1 ms", calls, per)
	}
	t := &Throttle{
		client:  client,
		script:  redis.NewScript(source),
		key:     key,
		budget:  budget{calls, per},
		held:    make(map[string]bool),
		settled: make(map[string]time.Time),
	}
	for _, opt := range opts {
		opt(t)
	}
	return t, nil
}

// Acquire waits for a slot, as [throttle.Throttle] says. Those who wait, on whichever host, are served in the order in which
// they came. It asks Redis once when a slot is free. Otherwise it sleeps until its slot is due, and asks again in between
// ten times a window, at least once a minute, so that it moves up when others give up.
//
// Besides the error of ctx and [*throttle.WaitError], it returns an error that names the key: one that wraps
// [ErrUnavailable] when Redis is away, unless [FailOpen] is set, or one that says what is wrong with the key.
func (t *Throttle) Acquire(ctx context.Context) (done func(sent bool), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	call := ticket{id: rand.Text()}
	for slow := 0; ; {
		wait, took, err := t.try(ctx, &call)
		if errors.Is(err, ErrUnavailable) && t.local != nil && ctx.Err() == nil {
			return t.local.Acquire(ctx)
		}
		if err == nil && wait == 0 && took > t.slow() {
			if slow++; slow < 10 {
				continue // its lease may run out before the call is over
			}
			t.withdraw(call.id)
			err = fmt.Errorf("redisthrottle: key %q: Redis takes %v to answer, too long for %d calls in %v; use one that is nearer", t.key, took, t.calls, t.per)
		}
		if err == nil && wait > 0 {
			timer := time.NewTimer(wait)
			select {
			case <-timer.C:
				continue
			case <-ctx.Done():
				timer.Stop()
			}
		}
		if ended := ctx.Err(); ended != nil {
			t.withdraw(call.id)
			err = ended
		}
		if err != nil {
			return nil, err
		}
		t.hold(call.id)
		return t.done(call.id), nil
	}
}

// Pause lets no call of any process start before until. Those who wait in other processes notice it when they look next.
// When Redis is away, this process tells it with its next call.
func (t *Throttle) Pause(until time.Time) {
	t.mu.Lock()
	if until.After(t.paused) {
		t.paused = until
	}
	t.mu.Unlock()
	t.tell()
}

// Status returns what is left of the budget. When Redis cannot be asked nothing is free; [Throttle.Inspect] says why.
func (t *Throttle) Status() throttle.Status {
	s, err := t.Inspect(context.Background())
	if err != nil {
		return throttle.Status{Limit: t.calls, Window: t.per, NextFree: time.Now().Add(t.per)}
	}
	return s
}

// Inspect returns what is left of the budget, or an error that names the key when Redis cannot be asked.
func (t *Throttle) Inspect(ctx context.Context) (throttle.Status, error) {
	now := time.Now()
	r, err := t.ask(ctx, "status", 1)
	if err != nil {
		return throttle.Status{}, err
	}
	return throttle.Status{Limit: t.calls, Window: t.per, Free: int(r.number(0)), NextFree: now.Add(r.duration(1))}, nil
}

// Estimate returns how long it takes until that many more calls could have started, behind all that wait on any host, as
// [throttle.Estimator] says. When Redis cannot be asked, it answers as if the whole budget had just been spent.
func (t *Throttle) Estimate(calls int) time.Duration {
	if calls < 1 {
		return 0
	}
	r, err := t.ask(context.Background(), "status", calls)
	if err != nil {
		return time.Duration((calls-1)/t.calls+1) * t.per
	}
	return r.duration(2)
}

// ticket is the place of a call in the queue.
type ticket struct {
	id    string
	since int64 // by Redis's clock; 0 for a call that Redis does not know of yet
}

// try takes a slot for the call and returns a wait of 0, and how long that took; or it keeps the place of the call in the
// queue, and returns when to try again.
func (t *Throttle) try(ctx context.Context, call *ticket) (wait, took time.Duration, err error) {
	began := time.Now()
	patience := int64(-1)
	deadline, ok := ctx.Deadline()
	if ok {
		patience = max(0, deadline.Sub(began).Microseconds())
	}
	r, err := t.ask(ctx, "acquire", call.id, call.since, patience)
	if err != nil {
		return 0, 0, err
	}
	call.since = r.number(0)
	wait = r.duration(1)
	if at := began.Add(wait); ok && wait > 0 && at.After(deadline) {
		return 0, 0, &throttle.WaitError{Until: at, Deadline: deadline} // Redis keeps no place for it
	}
	return min(wait, t.look()), time.Since(began), nil
}

// hold notes a slot of this process, and keeps it renewed until the call is over.
func (t *Throttle) hold(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.held[id] = true
	if len(t.held) > 1 {
		return
	}
	if t.renewal == nil {
		t.renewal = time.AfterFunc(t.per/3, t.renew)
	} else {
		t.renewal.Reset(t.per / 3)
	}
}

// renew prolongs the leases of the calls that have been under way for a while, so that only those of the dead run out. It
// also tells Redis what it could not be told before.
func (t *Throttle) renew() {
	t.mu.Lock()
	held := slices.Collect(maps.Keys(t.held))
	idle := len(held)+len(t.settled) == 0
	t.mu.Unlock()
	if idle {
		return // the timer fired as the last call was over
	}
	args := make([]any, len(held))
	for i, id := range held {
		args[i] = id
	}
	_, _ = t.ask(context.Background(), "renew", args...) // a failure leaves the leases as they are, for the next time
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.held)+len(t.settled) > 0 {
		t.renewal.Reset(t.per / 3)
	}
}

// done returns the function that lets the slot of one call rest, or frees it when nothing was sent.
func (t *Throttle) done(id string) func(sent bool) {
	var once sync.Once
	return func(sent bool) {
		once.Do(func() {
			over := time.Now()
			if !sent {
				over = over.Add(-t.per) // as if it had rested already
			}
			t.mu.Lock()
			t.settled[id] = over
			delete(t.held, id)
			t.mu.Unlock()
			t.tell()
		})
	}
}

// withdraw gives back the place in the queue, or a slot that was taken and will not be used. A failure leaves it to run out.
func (t *Throttle) withdraw(id string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, _ = t.ask(ctx, "remove", id)
}

// tell tells Redis what this process owes. A failure leaves it owing: its next call or renewal tells it, and until then the
// slots stay leased.
func (t *Throttle) tell() { _, _ = t.ask(context.Background(), "settle") }
