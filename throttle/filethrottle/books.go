package filethrottle

import (
	"cmp"
	"crypto/rand"
	"maps"
	"slices"
	"time"
)

// budget is what the books are kept for, and how patient those are who keep them.
type budget struct {
	calls int
	per   time.Duration
}

// grace is how long after it was taken a call may be counted whose process then dies.
func (b budget) grace() time.Duration { return min(b.per/20, 5*time.Second) }

// lease is until when a slot is held that is taken or renewed now.
func (b budget) lease(now time.Time) time.Time { return now.Add(b.per + b.grace()) }

// slow is how long it may take to write that a slot is taken, before the lease has lost too much to begin a call with.
func (b budget) slow() time.Duration { return min(max(b.grace()/2, 50*time.Millisecond), b.per/4) }

// look is how often those who wait look at the books, though their slot is not due.
func (b budget) look() time.Duration { return min(max(b.per/10, 10*time.Millisecond), time.Minute) }

// promise is for how long at most those who wait say that they are alive, so that they need not write at every look.
func (b budget) promise() time.Duration { return 4 * b.look() }

// late is how much later than promised those who wait may look before they count as dead.
func (b budget) late() time.Duration { return min(max(b.per/20, 250*time.Millisecond), 5*time.Second) }

// books is the state of a budget. All times are of the wall clock.
type books struct {
	budget
	id       string               // of these books; those that are made anew have another
	replaces []string             // lost books whose calls these make up for
	paused   time.Time            // no slot is handed out before
	slots    map[string]time.Time // that are held or rest, and when they are free
	queue    []ticket             // first come first
	others   []string             // lines of later versions, kept as they are
	made     bool                 // just now, where there was no file
}

// ticket is the place of a call in the queue.
type ticket struct {
	id    string
	since time.Time
	looks time.Time // when it will have looked again, at the latest
}

func newBooks(of budget) *books {
	return &books{budget: of, id: rand.Text(), slots: make(map[string]time.Time), made: true}
}

// tidy drops what is over: slots that have rested, and calls that did not look when they promised. No slot rests longer
// than a lease from now, and no promise is longer than it may be, unless the clock was set back.
func (b *books) tidy(now time.Time) {
	for id, free := range b.slots {
		if !free.After(now) {
			delete(b.slots, id)
		} else if free.After(b.lease(now)) {
			b.slots[id] = b.lease(now)
		}
	}
	b.queue = slices.DeleteFunc(b.queue, func(t ticket) bool {
		return now.Sub(t.looks) > b.late() || t.looks.Sub(now) > b.promise()
	})
}

// acquire takes a slot for the call, and returns the zero time; or it keeps the call's place in the queue, and returns when
// its slot can come at the earliest. The call looks again then, or after a look.
func (b *books) acquire(now time.Time, call *ticket) (at time.Time, changed bool) {
	if call.since.IsZero() {
		call.since = now
	}
	if _, taken := b.slots[call.id]; taken { // but too slowly
		b.slots[call.id] = b.lease(now)
		return time.Time{}, true
	}
	place, queued := slices.BinarySearchFunc(b.queue, *call, ticket.compare)
	if b.free() > place && !b.paused.After(now) {
		b.remove(call.id)
		b.slots[call.id] = b.lease(now)
		return time.Time{}, true
	}
	at = b.freeAt(now, place)
	until := at.Sub(now)
	if queued && b.queue[place].looks.Sub(now) > min(until, b.look())-b.late()/2 {
		return at, false // the promise in the books is good for the next look
	}
	call.looks = now.Add(min(until, b.promise()))
	if queued {
		b.queue[place] = *call
	} else {
		b.queue = slices.Insert(b.queue, place, *call)
	}
	return at, true
}

// remove takes a call out of the books that will not be sent.
func (b *books) remove(id string) (changed bool) {
	_, changed = b.slots[id]
	delete(b.slots, id)
	waiting := len(b.queue)
	b.queue = slices.DeleteFunc(b.queue, func(t ticket) bool { return t.id == id })
	return changed || len(b.queue) < waiting
}

// exhaust makes the whole budget rest from now on, as if every slot had just been taken.
func (b *books) exhaust(now time.Time) {
	if b.lease(now).After(b.paused) {
		b.paused = b.lease(now)
	}
}

// free returns how many slots are free. It is below 0 when slots were found to be held that had been given up as lost.
func (b *books) free() int { return b.calls - len(b.slots) }

// freeAt returns when a call can start that has that many ahead of it, at the earliest: calls under way might be answered
// now, and calls ahead might be answered as they start.
func (b *books) freeAt(now time.Time, ahead int) time.Time {
	rounds, i := ahead/b.calls, ahead%b.calls
	first := now
	if i >= b.free() {
		first = slices.SortedFunc(maps.Values(b.slots), time.Time.Compare)[i-b.free()]
		if answered := now.Add(b.per); answered.Before(first) {
			first = answered
		}
	}
	if b.paused.After(first) {
		first = b.paused
	}
	return first.Add(time.Duration(rounds) * b.per)
}

func (t ticket) compare(u ticket) int {
	return cmp.Or(t.since.Compare(u.since), cmp.Compare(t.id, u.id))
}
