package wire

import (
	"fmt"
	"io"
	"sync"
)

// A body is a whole answer in memory. Bodies are reused, since every answer is read whole.
type body struct {
	data []byte
	kept bool // by somebody else, who goes on reading the data
}

var bodies = sync.Pool{New: func() any { return new(body) }}

// maxPooled keeps one huge answer from holding its memory forever.
const maxPooled = 1 << 20

// release gives a body back, which may be nil.
func release(b *body) {
	if b != nil && !b.kept && cap(b.data) <= maxPooled {
		bodies.Put(b)
	}
}

// read replaces the body by all that r gives, at most so many bytes. room is how many the server
// has promised, or less than 1; it may promise more than it sends. Memory is never more than the
// bound and what was read before the last growth.
func (b *body) read(r io.Reader, room, most int64) error {
	if b.kept {
		*b = body{}
	}
	if room = min(room, most, maxPooled) + 1; int64(cap(b.data)) < room { // to see the end
		b.data = make([]byte, 0, room)
	}
	b.data = b.data[:0]
	for {
		if len(b.data) == cap(b.data) {
			b.grow(most)
		}
		n, err := r.Read(b.data[len(b.data):cap(b.data)])
		b.data = b.data[:len(b.data)+n]
		switch {
		case int64(len(b.data)) > most:
			return fmt.Errorf("%w: more than %d bytes; raise WithMaxResponseBytes or ask for less with "+
				"Fields or PageLen", ErrResponseTooLarge, most)
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// grow makes room for as much again, but for no more than one byte beyond the bound.
func (b *body) grow(most int64) {
	room := max(2*int64(cap(b.data)), 512)
	if room > most {
		room = most + 1
	}
	b.data = append(make([]byte, 0, room), b.data...)
}
