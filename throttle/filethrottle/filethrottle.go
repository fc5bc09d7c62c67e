// Package filethrottle is one budget of calls for all processes of a host, such as 100 calls in any
// 30 minutes. It lasts longer than a process: a script that is run again goes on with what the run
// before has left.
//
// # Getting started
//
// Each process opens the same file with the same budget; the first makes it:
//
//	budget, err := filethrottle.Open("/var/lib/acme/bitbucket", 100, 30*time.Minute)
//	if err != nil {
//		return err
//	}
//	client, err := bitbucket.NewClient(bitbucket.WithEnv(), bitbucket.WithThrottle(budget))
//	if err != nil {
//		return err
//	}
//
// The books are one small file, written in place under a lock by whoever makes a call; no server is
// needed, and a call costs the same however large the budget is. Put the file on a local disk. The
// file must belong to one budget: use one file for each account. It is made with mode 0600, for the
// processes of one user. Where many calls start together, wrap the budget in [throttle.Smooth], as the
// default throttle of a client is: Bitbucket's edge refuses bursts besides.
//
// # What it holds
//
// The server never counts more than the budget in any stretch of its window, as with
// [throttle.Window], whatever the number of processes, and also when one of them is killed at any
// point. When the file is removed, cut short, or replaced by an older copy or by another budget,
// whoever comes next notices, a fresh process too, since the lock file knows better: the budget
// then rests for a window and the grace of a lease (see below). The same goes for a file that a process in use remembers
// better. A file with anything else in it, or whose checksums are wrong, is an error that names
// the file, and is left as it is; when it is removed or put right, the budget goes on as above.
//
// # What it cannot hold
//
//   - A process holds a slot by a lease, which ends a window and a grace after it was taken or
//     renewed: the grace is a quarter of the window, at least 200 ms and at most 10 s. A lease of
//     which half the grace has passed is not used for a call, and those of calls under way are
//     renewed before half the grace has passed. So a process may be held up for half the grace
//     between Acquire and the server's counting, 5 s for a window of 30 minutes, whatever becomes
//     of it. If it is held up for longer and then dies, or for longer than a window and a half of
//     the grace and then goes on, the server may count one call too many.
//   - When the file and the lock file are removed at the same time and no process is running that
//     has used them, nobody can know that there was a budget. The same goes for an older copy of
//     both.
//   - A copy that is written over the file in place, rather than renamed to it, may go unnoticed in
//     the moment in which a process has the file open and locked.
//   - Processes share the wall clock of the host. When it is set back, slots and pauses last as
//     long as they would have. When it is set forward, they last shorter by as much.
//   - A network file system may not keep locks, or not in time.
//
// A process that is frozen while it has the file locked holds up all others until it goes on or
// dies; those who wait for it give up when their contexts end.
//
// # What can go wrong
//
// Open and Acquire return an error that names the file when it cannot be read, written or locked,
// when it is damaged, or when it belongs to another budget; no call is let through then. Besides,
// Acquire returns what [throttle.Throttle] says.
package filethrottle

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

// Throttle spends the budget of one file. It is a [throttle.Throttle], [throttle.Pauser],
// [throttle.Estimator] and [throttle.Reporter]. Its methods may be called from any number of
// goroutines. It holds nothing that must be closed.
type Throttle struct {
	budget
	file *file
	desk *desk
}

// Open returns a throttle that spends the budget at path: that many calls in any stretch of per.
// It makes the file, and the folders above it, when there is none. It fails when the file is
// damaged, is something else, or keeps other limits, and for limits that nobody can mean: calls
// are 1 to a million, per is a millisecond to ten years.
//
// Beside path it keeps path+".lock", and for moments path+".tmp".
func Open(path string, calls int, per time.Duration) (*Throttle, error) {
	b := budget{calls, per}
	if err := b.check(); err != nil {
		return nil, fmt.Errorf("filethrottle: %w", err)
	}
	path, err := resolve(path)
	if err != nil {
		return nil, fmt.Errorf("filethrottle: %w", err)
	}
	f := &file{path: path, budget: b, desk: rand.Uint64(), clock: time.Now}
	t := &Throttle{budget: b, file: f}
	t.desk = &desk{budget: b, exchange: f.exchange, held: make(map[slot]time.Time)}
	if _, err := f.exchange(new(ask)); err != nil {
		return nil, err
	}
	return t, nil
}

// Acquire waits for a slot, as [throttle.Throttle] says. Those who wait, in whichever process, are
// served in the order in which they came; of those who wait in another process only the first and
// the last are known, and the others are taken to have come evenly between. While anybody waits,
// the process looks at the file when the next slot is due, and ten times a window, at least once a
// minute.
//
// Besides the error of ctx and [*throttle.WaitError], it returns an error that names the file when
// that cannot be used. It returns within moments of the end of ctx, also when the file is locked.
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
				return nil, fmt.Errorf("filethrottle: %s: slots come more than %v late; put it on a"+
					" faster disk", t.file.path, t.slow())
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
// wait in this process notice at once, those in others when they look next. When the file cannot
// be written now, it is written later.
func (t *Throttle) Pause(until time.Time) { t.desk.pause(until) }

// Status returns what is left of the budget. When the file cannot be used nothing is free;
// [Throttle.Inspect] says why.
func (t *Throttle) Status() throttle.Status {
	ctx, cancel := context.WithTimeout(context.Background(), askPatience)
	defer cancel()
	s, err := t.Inspect(ctx)
	if err != nil {
		return throttle.Status{Limit: t.calls, Window: t.per, NextFree: time.Now().Add(t.per)}
	}
	return s
}

// Inspect returns what is left of the budget, or an error that names the file when that cannot be
// used.
func (t *Throttle) Inspect(ctx context.Context) (throttle.Status, error) {
	a, err := t.desk.ask(ctx, 1, true)
	if err != nil {
		return throttle.Status{}, t.named(err)
	}
	return a.status, nil
}

// Estimate returns how long it takes until that many more calls could have started, behind all that
// wait in any process, as [throttle.Estimator] says. When the file cannot be used, it answers as if
// the whole budget had just been spent.
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

// askPatience is how long Status and Estimate wait for the file.
const askPatience = 2 * time.Second

// rounds returns that many windows, or the longest Duration.
func (b budget) rounds(n int) time.Duration {
	if time.Duration(n) > math.MaxInt64/b.per {
		return math.MaxInt64
	}
	return time.Duration(n) * b.per
}

// named makes an error name the file.
func (t *Throttle) named(err error) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return fmt.Errorf("filethrottle: %s.lock: waiting for other processes: %w", t.file.path, err)
	}
	return err
}
