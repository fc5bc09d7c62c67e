package filethrottle

// A queue is the desks of all processes in which somebody waits.
type queue struct {
	places []place
	own    int // the number of this process's desk; -1 when nobody has waited there
}

// queue reads who waits, and forgets the desks that did not look when they promised.
func (b *books) queue(desk uint64) *queue {
	q := &queue{own: -1}
	if b.desks == 0 || b.err != nil {
		return q
	}
	if b.desks > mostDesks {
		b.damaged()
		return q
	}
	data := make([]byte, int(b.desks)*deskSize)
	if _, b.err = b.file.ReadAt(data, b.where(deskMark)); b.err != nil {
		return q
	}
	q.places = make([]place, b.desks)
	for i := range q.places {
		at, ok := b.recent(deskMark | uint32(i))
		if !ok {
			at = data[i*deskSize:][:deskSize]
		}
		if q.places[i], b.err = decodePlace(at); b.err != nil {
			return q
		}
		if q.places[i].desk == desk {
			q.own = i
		}
	}
	for i := len(q.places) - 1; i >= 0; i-- { //nolint:modernize // what is dropped changes the places
		looks := q.places[i].looks
		dead := b.now-looks > int64(b.late()) || looks-b.now > int64(b.lease())
		if dead && i != q.own {
			b.drop(q, i)
		}
	}
	return q
}

// drop takes a desk out of the queue. The last one moves to its number.
func (b *books) drop(q *queue, i int) {
	b.step()
	last := len(q.places) - 1
	moved := q.places[last]
	q.places[i] = moved
	q.places = q.places[:last]
	switch q.own {
	case i:
		q.own = -1
	case last:
		q.own = i
	}
	b.desks, b.changed = uint32(last), true
	if i < last {
		data := moved.encode()
		b.write(deskMark|uint32(i), data[:])
	}
}

// keep keeps the place of this desk, or gives it up when nobody waits there. A promise to look that
// is good for long enough is not written anew.
func (b *books) keep(q *queue, p place) {
	if p.waiting == 0 {
		if q.own >= 0 {
			b.drop(q, q.own)
		}
		return
	}
	number := b.desks
	if q.own >= 0 {
		number = uint32(q.own)
		was := q.places[q.own]
		good := was.looks
		if was.looks = p.looks; was == p && good >= p.looks {
			return
		}
	} else if !b.room() {
		return // it waits without a place
	}
	p.looks += int64(b.look()) // good for the next time too
	b.desks = max(b.desks, number+1)
	data := p.encode()
	b.write(deskMark|number, data[:])
}

// room makes the file long enough for one more desk.
func (b *books) room() bool {
	info, err := b.file.Stat()
	if err != nil {
		return false
	}
	if b.where(deskMark|(b.desks+1)) <= info.Size() {
		return true
	}
	_, err = b.file.WriteAt(make([]byte, moreDesks*deskSize), info.Size())
	return err == nil
}

// moreDesks is by how many desks a file is made longer.
const moreDesks = 64

// mostDesks is more than a host has processes.
const mostDesks = 1 << 20

// ahead returns how many wait at other desks that came earlier. Of a desk is known when the first
// and the last came, and how many they are: those between are taken to have come evenly.
func (q *queue) ahead(since int64) (n int) {
	for i, p := range q.places {
		switch {
		case i == q.own || since < p.first:
		case since >= p.last:
			n += int(p.waiting)
		default:
			part := float64(since-p.first) / float64(p.last-p.first)
			n += 1 + int(part*float64(p.waiting-1))
		}
	}
	return n
}

// elsewhere is how many wait at other desks.
func (q *queue) elsewhere() (n int) {
	for i, p := range q.places {
		if i != q.own {
			n += int(p.waiting)
		}
	}
	return n
}
