package filethrottle

import (
	"io"
	"math/rand/v2"
	"os"
	"time"
)

// A slot is what a call holds: the record of a slot in certain books.
type slot struct {
	number uint32
	id     uint64
	book   uint64
}

// disk is what books need of an open file.
type disk interface {
	io.ReaderAt
	io.WriterAt
	Stat() (os.FileInfo, error)
	Sync() error
	Close() error
}

// books are the state of a budget in an open file that nobody else has. An error stays, and makes
// all that follows do nothing.
type books struct {
	budget
	head
	file    disk
	time    time.Time // of this exchange
	now     int64     // the same
	before  journal   // of the change before the last one
	last    journal   // of the last change; its records are not in their places yet
	fresh   journal   // of the change that is being made
	changed bool      // whether there is something to commit
	whole   []byte    // all slots as they are in the file, when many are needed
	err     error
}

// slot returns a record as it is now.
func (b *books) slot(number uint32) record {
	if b.err != nil {
		return record{}
	}
	if number >= uint32(b.calls) {
		b.err = errDamaged
		return record{}
	}
	var buf [slotSize]byte
	data, ok := b.recent(number)
	switch {
	case ok:
	case b.whole != nil:
		data = b.whole[number*slotSize:][:slotSize]
	default:
		data = buf[:]
		if _, b.err = b.file.ReadAt(data, b.where(number)); b.err != nil {
			return record{}
		}
	}
	r, err := decodeRecord(data)
	if b.err == nil {
		b.err = err
	}
	return r
}

// recent returns a record that is not in its place yet.
func (b *books) recent(number uint32) (data []byte, ok bool) {
	for _, j := range [...]journal{b.fresh, b.last, b.before} {
		if data, ok = j[number]; ok {
			return data, true
		}
	}
	return nil, false
}

func (b *books) set(number uint32, r record) {
	data := r.encode()
	b.write(number, data[:])
}

func (b *books) write(number uint32, data []byte) {
	if b.fresh == nil {
		b.fresh = make(journal)
	}
	b.fresh[number] = data
	b.changed = true
}

// step makes room for the records of one more step of a change. It is called between steps.
func (b *books) step() {
	if len(b.fresh)+8 > mostJournal {
		b.commit()
	}
}

// commit makes the change that was put together. A process that dies in the middle has made it or
// has not, and so has a machine that loses its power.
func (b *books) commit() {
	for _, j := range [...]journal{b.before, b.last} {
		for number, data := range j {
			if b.err == nil {
				_, b.err = b.file.WriteAt(data, b.where(number))
			}
		}
	}
	b.count++
	b.clock = max(b.clock, b.now)
	if b.err == nil {
		_, b.err = b.file.WriteAt(b.head.encode(b.fresh), int64(1+b.count%2)*page)
	}
	if b.err == nil {
		b.err = b.file.Sync()
	}
	b.before, b.last, b.fresh, b.changed, b.whole = nil, b.fresh, nil, false, nil
}

// readAll reads all slots at once, for what would else read many one by one.
func (b *books) readAll() {
	if b.whole != nil || b.err != nil {
		return
	}
	whole := make([]byte, b.calls*slotSize)
	if _, b.err = b.file.ReadAt(whole, slotsAt); b.err == nil {
		b.whole = whole
	}
}

// Chains.

// remove takes a slot out of a chain. Its neighbours must agree, or the books are damaged.
func (b *books) remove(c *chain, number uint32, r record) {
	b.link(c, r.prev, number, r.next, false)
	b.link(c, r.next, number, r.prev, true)
}

// link makes a slot's neighbour, or the end of the chain, point to other instead of number.
func (b *books) link(c *chain, at, number, other uint32, back bool) {
	end := &c.first
	if back {
		end = &c.last
	}
	if at == none {
		if *end != number {
			b.damaged()
		}
		*end = other
		return
	}
	r := b.slot(at)
	field := &r.next
	if back {
		field = &r.prev
	}
	if *field != number {
		b.damaged()
		return
	}
	*field = other
	b.set(at, r)
}

func (b *books) damaged() {
	if b.err == nil {
		b.err = errDamaged
	}
}

// insert puts a slot into a chain behind another, or at the beginning for none.
func (b *books) insert(c *chain, after, number uint32, r record) {
	r.prev, r.next = after, c.first
	if after == none {
		c.first = number
	} else {
		prev := b.slot(after)
		r.next = prev.next
		prev.next = number
		b.set(after, prev)
	}
	if r.next == none {
		c.last = number
	} else {
		next := b.slot(r.next)
		next.prev = number
		b.set(r.next, next)
	}
	b.set(number, r)
}

// Slots.

// take takes a slot that is free, the one that has been so for the longest time.
func (b *books) take() (s slot, ok bool) {
	b.step()
	for _, c := range [...]*chain{&b.rest, &b.leased} {
		if c.first == none || b.err != nil {
			continue
		}
		number := c.first
		r := b.slot(number)
		if r.until > b.now {
			continue
		}
		b.remove(c, number, r)
		r.id = rand.Uint64() | 1
		b.lend(number, r)
		return slot{number, r.id, b.book}, b.err == nil
	}
	return slot{}, false
}

// lend puts a slot at the end of those that are leased.
func (b *books) lend(number uint32, r record) {
	r.until = b.now + int64(b.lease())
	if b.leased.last != none {
		r.until = max(r.until, b.slot(b.leased.last).until)
	}
	b.insert(&b.leased, b.leased.last, number, r)
}

// owns tells whether a call still has its slot, and returns its record.
func (b *books) owns(s slot) (record, bool) {
	if s.id == 0 || s.number >= uint32(b.calls) {
		return record{}, false
	}
	r := b.slot(s.number)
	return r, b.err == nil && r.id == s.id
}

// renew begins the lease of a call under way anew. The slot of lost books is made up for by all.
func (b *books) renew(s slot) {
	b.step()
	if r, ok := b.owns(s); ok {
		b.remove(&b.leased, s.number, r)
		b.lend(s.number, r)
	} else if s.book != b.book {
		b.hold(b.now + int64(b.lease()))
	}
}

// farthest is how far from the end of the chain the place of a slot is looked for; a slot that
// belongs farther ahead keeps its lease.
const farthest = 32

// tell lets the slot of a call rest that is over, or frees it when nothing was sent. What is told a
// second time does nothing.
func (b *books) tell(s slot, over int64, sent bool) {
	b.step()
	r, ok := b.owns(s)
	free := min(over, b.now) + int64(b.per)
	switch {
	case !ok && s.book != b.book && sent:
		b.hold(free)
		return
	case !ok:
		return
	case !sent:
		free = 0
	}
	after := none
	if sent {
		steps := 0
		after = b.rest.last
		for ; after != none && steps < farthest; steps++ {
			at := b.slot(after)
			if at.until <= free || b.err != nil {
				break
			}
			after = at.prev
		}
		if steps == farthest {
			return
		}
	}
	b.remove(&b.leased, s.number, r)
	r.id, r.until = 0, free
	b.insert(&b.rest, after, s.number, r)
}

// hold hands out no slot before a time.
func (b *books) hold(until int64) {
	if until > b.paused {
		b.paused, b.changed = until, true
	}
}

// times returns when that many slots are free, earliest first: now for those that are, and a window
// from now at the latest for those of calls under way, which might be answered now.
func (b *books) times(n int) []int64 {
	n = min(n, b.calls)
	if n > 128 {
		b.readAll()
	}
	times := make([]int64, 0, n)
	rest, leased := b.rest.first, b.leased.first
	for len(times) < n && b.err == nil {
		at, next := int64(1<<63-1), &rest
		if rest != none {
			at = b.slot(rest).until
		}
		if leased != none {
			if until := min(b.slot(leased).until, b.now+int64(b.per)); until < at {
				at, next = until, &leased
			}
		}
		if *next == none {
			b.damaged()
			break
		}
		*next = b.slot(*next).next
		times = append(times, max(at, b.now))
	}
	return times
}

// startAt returns when a call can start that has so many ahead, when slots are free at these times.
func (b *books) startAt(times []int64, ahead int) time.Time {
	rounds, i := ahead/b.calls, ahead%b.calls
	first := b.now
	if i < len(times) {
		first = max(times[i], b.paused)
	}
	at := b.time.Add(time.Duration(max(0, first-b.now)))
	if rounds > 0 && time.Duration(rounds) > (1<<63-1)/b.per {
		return at.Add(1<<63 - 1)
	}
	return at.Add(time.Duration(rounds) * b.per)
}
