package filethrottle

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

// A desk serves the callers of one process. It talks to the books for all of them, one exchange at
// a time and on a goroutine of its own, so that no caller is ever held up by the books: whoever
// gives up returns at once, and whoever is done returns at once. The goroutine runs while there is
// something to say, and no longer. Module redisthrottle has a copy of it: the two are versioned
// apart.
type desk struct {
	budget
	exchange func(*ask) (*answer, error) // a *busyError says nothing about the callers

	mu      sync.Mutex
	queue   []*waiter          // first come first
	gone    []ticket           // who gave up, and may still have a place in the books
	queries []*query           // questions about the budget
	held    map[slot]time.Time // calls under way, and when their lease began
	owed    []tell             // calls that are over, of which the books have not been told
	paused  time.Time          // the end of the latest Pause of this process

	working bool        // an exchange is under way
	kicked  bool        // something has come up that cannot wait
	scarce  bool        // slots were when the books were last seen
	timer   *time.Timer // starts the next exchange; nil until there was one to start
	lookAt  time.Time   // when to look for those who wait
	renewAt time.Time   // when to renew the leases of the calls under way
	tellAt  time.Time   // when to tell what is owed
}

// A ticket is the place of a caller in the queue.
type ticket struct {
	id    uint64
	since int64 // by the clock of the books; 0 before the books know
}

// An ask is what a desk says to the books at a time. All of it may be said twice.
type ask struct {
	tells     []tell
	renew     []slot
	pause     time.Duration // what is left of it
	gone      []ticket
	wait      []*ticket // the first of those who wait; the books note when they have come
	waiting   int       // how many wait in all
	estimates []int     // numbers of calls
	status    bool      // whether the status is asked for
}

// An answer is what the books say.
type answer struct {
	taken     time.Time   // when the leases of the granted slots began
	granted   []slot      // for the first of those who wait
	at        []time.Time // when the others can have theirs at the earliest
	look      time.Time   // when to ask again for those who wait
	scarce    bool
	status    throttle.Status
	estimates []time.Duration
}

// A tell is the news of a call that is over.
type tell struct {
	slot slot
	over time.Time
	sent bool
}

type waiter struct {
	ticket
	deadline time.Time    // zero for none
	turn     chan outcome // holds one
}

type outcome struct {
	slot  slot
	taken time.Time
	err   error
}

type query struct {
	calls  int
	status bool
	reply  chan *answer // holds one; with one estimate
	err    chan error   // holds one
}

// A busyError is of an exchange that did not come about, and which is worth trying again.
type busyError struct{ error }

// enter puts a caller into the queue.
func (d *desk) enter(ctx context.Context, place ticket) (*waiter, error) {
	w := &waiter{ticket: place, turn: make(chan outcome, 1)}
	w.deadline, _ = ctx.Deadline()
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := w.check(d.paused); err != nil {
		return nil, err
	}
	i := len(d.queue)
	if place.since != 0 { // it was here before
		i = slices.IndexFunc(d.queue, func(o *waiter) bool {
			return o.since > place.since || o.since == 0
		})
		if i < 0 {
			i = len(d.queue)
		}
	}
	d.queue = slices.Insert(d.queue, i, w)
	if i < batch || !w.deadline.IsZero() {
		d.kick()
	}
	return w, nil
}

// check returns a WaitError when the slot comes after the deadline.
func (w *waiter) check(slot time.Time) error {
	if w.deadline.IsZero() || !slot.After(w.deadline) {
		return nil
	}
	return &throttle.WaitError{Until: slot, Deadline: w.deadline}
}

// leave takes a caller out of the queue, or gives back the slot that it has just been given.
func (d *desk) leave(w *waiter) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if i := slices.Index(d.queue, w); i >= 0 {
		d.queue = slices.Delete(d.queue, i, i+1)
		d.gone = append(d.gone, w.ticket)
		d.kick()
		return
	}
	if o := <-w.turn; o.err == nil {
		d.end(o.slot, false)
	}
}

// over notes that a call is over.
func (d *desk) over(s slot, sent bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.end(s, sent)
}

func (d *desk) end(s slot, sent bool) {
	delete(d.held, s)
	now := time.Now()
	d.owed = append(d.owed, tell{s, now, sent})
	when := d.lazy()
	switch {
	case !sent:
		d.kick()
		return
	case d.scarce || len(d.queue) > 0:
		when = prompt
	}
	if at := now.Add(when); d.tellAt.IsZero() || at.Before(d.tellAt) {
		d.tellAt = at
		d.schedule()
	}
}

// pause holds all callers back. Those whose deadline comes earlier fail at once.
func (d *desk) pause(until time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	until = now.Add(min(until.Sub(now), longestPause)) // by the monotonic clock
	if !until.After(d.paused) {
		return
	}
	d.paused = until
	d.dismiss(func(int) time.Time { return until })
	d.kick()
}

// holdsBack tells whether a call may not start now, though it has a slot whose lease began at
// taken.
func (d *desk) holdsBack(taken time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.paused.After(time.Now()) || age(taken) > d.slow()
}

// age is how long ago a time was by the clock that is further ahead: the monotonic one may stand
// still while the machine sleeps, and the wall clock may be set back.
func age(t time.Time) time.Duration {
	now := time.Now()
	return max(now.Sub(t), now.Round(0).Sub(t.Round(0)))
}

// ask asks the books about the budget.
func (d *desk) ask(ctx context.Context, calls int, status bool) (*answer, error) {
	q := &query{calls: calls, status: status, reply: make(chan *answer, 1), err: make(chan error, 1)}
	d.mu.Lock()
	d.queries = append(d.queries, q)
	d.kick()
	d.mu.Unlock()
	select {
	case a := <-q.reply:
		return a, nil
	case err := <-q.err:
		return nil, err
	case <-ctx.Done():
		d.mu.Lock()
		defer d.mu.Unlock()
		d.queries = slices.DeleteFunc(d.queries, func(o *query) bool { return o == q })
		return nil, ctx.Err()
	}
}
