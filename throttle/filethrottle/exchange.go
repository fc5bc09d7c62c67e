package filethrottle

import (
	"math"
	"slices"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

// exchange writes into the books what a desk says, and reads what it asks for.
func (b *books) exchange(desk uint64, said *ask) *answer {
	for _, t := range said.tells {
		b.tell(t.slot, b.now-int64(b.time.Sub(t.over)), t.sent)
	}
	for _, s := range said.renew {
		b.renew(s)
	}
	if said.pause > 0 {
		b.hold(b.now + int64(said.pause))
	}
	a := &answer{taken: b.time}
	q := b.queue(desk)
	b.serve(q, desk, said, a)
	a.scarce = q.elsewhere()+said.waiting-len(a.granted) >= b.calls
	if len(said.estimates) > 0 {
		b.report(q, said, a)
	}
	return a
}

// serve gives slots to those who wait, and says to the others when they can have theirs.
func (b *books) serve(q *queue, desk uint64, said *ask, a *answer) {
	for _, w := range said.wait {
		if w.since == 0 {
			w.since = b.now
		}
	}
	if len(said.wait) == 0 {
		b.keep(q, place{})
		return
	}
	first, last := said.wait[0], said.wait[len(said.wait)-1]
	ahead := q.ahead(last.since)
	times := b.times(ahead + len(said.wait))
	free := 0
	for free < len(times) && times[free] <= b.now {
		free++
	}
	for _, w := range said.wait {
		if b.paused > b.now || q.ahead(w.since)+len(a.granted) >= free {
			break
		}
		s, ok := b.take()
		if !ok {
			break
		}
		a.granted = append(a.granted, s)
	}
	given := len(a.granted)
	left := said.wait[given:]
	for i, w := range left {
		// Those who have just got a slot have it for a window at least.
		a.at = append(a.at, b.startAt(b.after(times, given), q.ahead(w.since)+i))
	}
	p := place{desk: desk, waiting: uint32(said.waiting - given), last: last.since}
	if len(left) > 0 {
		first = left[0]
		wait := min(max(0, a.at[0].Sub(b.time)), b.look())
		a.look, p.looks = b.time.Add(wait), b.now+int64(wait)
	}
	p.first = first.since
	b.keep(q, p)
}

// after returns when slots are free after so many have been given.
func (b *books) after(times []int64, given int) []int64 {
	rest := times[given:]
	if len(times) < b.calls || given == 0 {
		return rest
	}
	for range given {
		rest = append(slices.Clip(rest), b.now+int64(b.per))
	}
	return rest
}

// report says what is left of the budget, and how long calls will take.
func (b *books) report(q *queue, said *ask, a *answer) {
	waiting := q.elsewhere() + said.waiting - len(a.granted)
	ahead := make([]int, len(said.estimates))
	need := 1
	for i, calls := range said.estimates {
		ahead[i] = min(max(calls, 1)-1, math.MaxInt-waiting) + waiting
		need = max(need, ahead[i]%b.calls+1)
	}
	if said.status {
		need = b.calls
	}
	times := b.times(need)
	for i := range ahead {
		a.estimates = append(a.estimates, b.startAt(times, ahead[i]).Sub(b.time))
	}
	free := 0
	for free < len(times) && times[free] <= b.now {
		free++
	}
	if b.paused > b.now {
		free = 0
	}
	a.status = throttle.Status{
		Limit: b.calls, Window: b.per, Free: max(0, free-waiting), NextFree: b.startAt(times, 0),
	}
}
