// Package filethrottle is one budget of calls for all processes of a host, such as 100 calls in any 30 minutes. It lasts
// longer than a process: a script that is run again goes on with what the run before has left.
//
// The books are one small file, replaced whole under a lock, and kept by whoever makes a call; no server is needed. Put
// the file on a local disk. The file must belong to one budget: use one file for each account.
//
// # What it holds
//
// The server never counts more than the budget in any stretch of its window, as with [throttle.Window], whatever the
// number of processes, and also when one of them is killed at any point. Three things are outside its reach:
//
//   - A process that dies cannot say whether its calls were counted, or when. Each of its slots comes back one window after
//     it was taken, and a grace later: a twentieth of the window, at most 5 seconds. A call that the server counted later
//     than that may be one too many.
//   - A process that is frozen for longer than a window in the middle of a call loses the slot of that call, as if it had died.
//   - Processes share the wall clock of the host. When it is set back, slots rest longer, at most one window from then on.
//     When it is set forward, they rest shorter by as much.
//
// A file that is removed while processes use it is made anew by them with its whole budget resting for one window. A file
// that cannot be read is never replaced: every call then fails with an error that names the file.
package filethrottle

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

// Throttle spends the budget of one file. It is a [throttle.Throttle], [throttle.Pauser], [throttle.Estimator] and
// [throttle.Reporter]. Its methods may be called from any number of goroutines. It holds nothing that must be closed.
type Throttle struct {
	path string
	budget
	file  *flock.Flock     // between processes; beside the books, since these are replaced
	turn  chan struct{}    // between the goroutines of this process; holds one value while the file is free
	clock func() time.Time // the wall clock

	mu      sync.Mutex
	book    string               // the ID of the books seen last
	held    map[string]bool      // slots of calls under way in this process
	settled map[string]time.Time // slots of calls that are over, and when, not yet in the books
	paused  time.Time            // the latest Pause of this process
	renewal *time.Timer          // runs while a slot is held or owed
}

// Open returns a throttle that spends the budget at path: that many calls in any stretch of per. It makes the file, and
// the folders above it, when there is none. It fails when the file is damaged, is something else, or keeps other limits.
//
// Beside path it keeps path+".lock", and for moments path+".tmp". Do not remove them while a process uses them.
func Open(path string, calls int, per time.Duration) (*Throttle, error) {
	if calls < 1 || per <= 0 {
		return nil, fmt.Errorf("filethrottle: %d calls in %v: give at least 1 call and a duration above 0", calls, per)
	}
	path, err := resolve(path)
	if err != nil {
		return nil, fmt.Errorf("filethrottle: %w", err)
	}
	t := &Throttle{
		path:    path,
		budget:  budget{calls, per},
		file:    flock.New(path + ".lock"),
		turn:    make(chan struct{}, 1),
		clock:   time.Now,
		held:    make(map[string]bool),
		settled: make(map[string]time.Time),
	}
	t.turn <- struct{}{}
	ctx, cancel := context.WithTimeout(context.Background(), lockPatience)
	defer cancel()
	return t, t.update(ctx, func(*books, time.Time) bool { return false })
}

// Acquire waits for a slot, as [throttle.Throttle] says. Those who wait, in whichever process, are served in the order in
// which they came. Acquire sleeps until its slot is due, and looks at the file in between ten times a window, at least
// once a minute, so that it moves up when others give up.
//
// Besides the error of ctx and [*throttle.WaitError], it returns an error that names the file when that cannot be used.
func (t *Throttle) Acquire(ctx context.Context) (done func(sent bool), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	call := ticket{id: rand.Text()}
	for slow := 0; ; {
		wait, took, err := t.try(ctx, &call)
		if err == nil && wait == 0 && took > t.slow() {
			if slow++; slow < 10 {
				continue // its lease may run out before the call is over
			}
			err = fmt.Errorf("filethrottle: %s: writing it takes %v, too long for %d calls in %v; put it on a faster disk", t.path, took, t.calls, t.per)
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
			err = ended
		}
		if err != nil {
			t.withdraw(call)
			return nil, err
		}
		t.hold(call.id)
		return t.done(call.id), nil
	}
}

// Pause lets no call of any process start before until. Those who wait in other processes notice it when they look
// next. When the file cannot be written now, this process writes it with its next call.
func (t *Throttle) Pause(until time.Time) {
	t.mu.Lock()
	if until.After(t.paused) {
		t.paused = until.UTC().Round(0) // by the wall clock, as in the books
	}
	t.mu.Unlock()
	t.flush()
}

// Status returns what is left of the budget. When the file cannot be used nothing is free; [Throttle.Inspect] says why.
func (t *Throttle) Status() throttle.Status {
	ctx, cancel := context.WithTimeout(context.Background(), lockPatience)
	defer cancel()
	s, err := t.Inspect(ctx)
	if err != nil {
		return throttle.Status{Limit: t.calls, Window: t.per, NextFree: t.now().Add(t.per)}
	}
	return s
}

// Inspect returns what is left of the budget, or an error that names the file when that cannot be used.
func (t *Throttle) Inspect(ctx context.Context) (throttle.Status, error) {
	s := throttle.Status{Limit: t.calls, Window: t.per}
	err := t.update(ctx, func(b *books, now time.Time) bool {
		if !b.paused.After(now) {
			s.Free = max(0, b.free()-len(b.queue))
		}
		s.NextFree = b.freeAt(now, 0)
		return false
	})
	return s, err
}

// Estimate returns how long it takes until that many more calls could have started, behind all that wait in any process,
// as [throttle.Estimator] says. When the file cannot be used, it answers as if the whole budget had just been spent.
func (t *Throttle) Estimate(calls int) time.Duration {
	if calls < 1 {
		return 0
	}
	ctx, cancel := context.WithTimeout(context.Background(), lockPatience)
	defer cancel()
	var wait time.Duration
	err := t.update(ctx, func(b *books, now time.Time) bool {
		wait = b.freeAt(now, len(b.queue)+calls-1).Sub(now)
		return false
	})
	if err != nil {
		return time.Duration((calls-1)/t.calls+1) * t.per
	}
	return wait
}

// lockPatience is how long a call without a context waits for the file. Others hold it for milliseconds, unless they are
// frozen in the middle.
const lockPatience = 5 * time.Second

// try takes a slot for the call and returns a wait of 0, and how long that took; or it keeps the place of the call in the
// queue, and returns when to try again.
func (t *Throttle) try(ctx context.Context, call *ticket) (wait, took time.Duration, err error) {
	var late *throttle.WaitError
	var began time.Time
	queued := !call.since.IsZero()
	err = t.update(ctx, func(b *books, now time.Time) bool {
		began = now
		at, changed := b.acquire(now, call)
		if at.IsZero() {
			return true
		}
		if deadline, ok := ctx.Deadline(); ok && at.After(deadline) {
			late = &throttle.WaitError{Until: at, Deadline: deadline}
			b.remove(call.id)
			call.since = time.Time{}
			return queued
		}
		wait = max(1, min(at.Sub(now), b.look()))
		return changed
	})
	if err == nil && late != nil {
		err = late
	}
	return wait, t.now().Sub(began), err
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

// renew prolongs the leases of the calls that have been under way for a while, so that only those of the dead run out.
func (t *Throttle) renew() {
	ctx, cancel := context.WithTimeout(context.Background(), lockPatience)
	defer cancel()
	// A failure leaves the leases as they are, for the next time.
	_ = t.updateIf(ctx, t.busy, func(b *books, now time.Time) (changed bool) {
		t.mu.Lock()
		defer t.mu.Unlock()
		for id := range t.held {
			if b.lease(now).Sub(b.slots[id]) > t.per/4 {
				b.slots[id], changed = b.lease(now), true
			}
		}
		return changed
	})
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
			over := t.now()
			if !sent {
				over = over.Add(-t.per) // as if it had rested already
			}
			t.mu.Lock()
			t.settled[id] = over
			delete(t.held, id)
			t.mu.Unlock()
			t.flush()
		})
	}
}

// withdraw gives back the place in the queue, or the slot that a call has just taken and will not use.
func (t *Throttle) withdraw(call ticket) {
	if call.since.IsZero() {
		return // it is not in the books
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = t.update(ctx, func(b *books, _ time.Time) bool { return b.remove(call.id) }) // a failure leaves it to run out
}

// now is the time by the clock that all processes share, and without the monotonic one, which is of this process.
func (t *Throttle) now() time.Time { return t.clock().UTC().Round(0) }

// flush writes what this process owes to the books. A failure leaves it owing: its next call or renewal writes it, and
// until then the slots stay leased.
func (t *Throttle) flush() {
	ctx, cancel := context.WithTimeout(context.Background(), lockPatience)
	defer cancel()
	_ = t.updateIf(ctx, t.owes, func(*books, time.Time) bool { return false })
}
