package filethrottle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
	"time"
)

// The file has pages and records of fixed size, which are written in place:
//
//	page 0    a line of text with the version, one with the limits, their checksum; never changes
//	page 1    the head, and the records that the last change made new (its journal)
//	page 2    the same of the change before; the two pages take turns
//	then      the slots, 32 bytes each
//	then      the desks that wait, 40 bytes each; as many as there were at any time
//
// A change is one write of a head with its journal, so it happens as a whole or not at all. The
// records of a journal are put in their places by the next change. All numbers are little-endian,
// all times nanoseconds of Unix time.
const (
	title    = "bitbucket call budget, version "
	version  = 1
	page     = 4096
	slotSize = 32
	deskSize = 40
	slotsAt  = 3 * page

	headSize    = 128
	entrySize   = 4 + deskSize
	mostJournal = (page - headSize - 4) / entrySize // records that one change can make new
	mostLost    = 8
)

// none is the number of no slot.
const none uint32 = 1<<32 - 1

var (
	errForeign   = errors.New("it is not a budget of calls; choose another path")
	errDamaged   = errors.New("it is damaged; remove it: the budget then rests for one window")
	errTruncated = errors.New("it is cut short")
)

// firstPage is the page that says what the file is.
func firstPage(of budget) []byte {
	text := fmt.Sprintf("%s%d\nlimit %d %v\n", title, version, of.calls, of.per)
	text += fmt.Sprintf("end %08x\n", crc32.ChecksumIEEE([]byte(text)))
	return append([]byte(text), make([]byte, page-len(text))...)
}

// checkFirst tells whether a file that begins so is a budget, and that of a desk.
func checkFirst(first []byte, size int64, of budget) error {
	text, _, _ := strings.Cut(string(first), "\x00")
	if !strings.HasPrefix(text, title) {
		if strings.HasPrefix(title, text) {
			return errTruncated
		}
		return errForeign
	}
	if size < slotsAt {
		return errTruncated
	}
	number, rest, _ := strings.Cut(strings.TrimPrefix(text, title), "\n")
	if v, err := strconv.Atoi(number); err != nil || v < 1 {
		return errDamaged
	} else if v != version {
		return fmt.Errorf("it is of version %d and this program knows version %d; update the program",
			v, version)
	}
	var calls int
	var per, sum string
	_, err := fmt.Sscanf(rest, "limit %d %s\nend %s\n", &calls, &per, &sum)
	d, perErr := time.ParseDuration(per)
	body, _, _ := strings.Cut(text, "end ")
	if err != nil || perErr != nil || sum != fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(body))) {
		return errDamaged
	}
	if calls != of.calls || d != of.per {
		return fmt.Errorf("it keeps %d calls in %v, not %d in %v; use the same limits in all"+
			" programs, or another path", calls, d, of.calls, of.per)
	}
	if size < slotsAt+int64(calls)*slotSize {
		return errTruncated
	}
	return nil
}

// A head is the state of the books besides the records.
type head struct {
	count  uint64           // of the changes so far
	book   uint64           // which books these are; those that are made anew are others
	clock  int64            // the latest time of any change
	paused int64            // no slot is handed out before
	rest   chain            // slots that are free or rest, in the order in which they are free
	leased chain            // slots of calls under way or of the dead, first the one that ends first
	desks  uint32           // how many wait
	lost   [mostLost]uint64 // books whose calls these make up for
}

// A chain is a list of slots that are linked to each other.
type chain struct{ first, last uint32 }

// A record is one slot.
type record struct {
	id         uint64 // of the call
	until      int64  // when the slot is free
	prev, next uint32
}

// A place is one desk in the queue of all.
type place struct {
	desk        uint64
	first, last int64 // when the first and the last of those who wait there came
	looks       int64 // when the desk will have looked again at the latest
	waiting     uint32
}

var order = binary.LittleEndian

func (r record) encode() (b [slotSize]byte) {
	order.PutUint64(b[0:], r.id)
	order.PutUint64(b[8:], uint64(r.until))
	order.PutUint32(b[16:], r.prev)
	order.PutUint32(b[20:], r.next)
	order.PutUint32(b[28:], crc32.ChecksumIEEE(b[:28]))
	return b
}

func decodeRecord(b []byte) (record, error) {
	if order.Uint32(b[28:]) != crc32.ChecksumIEEE(b[:28]) {
		return record{}, errDamaged
	}
	return record{
		id:    order.Uint64(b[0:]),
		until: int64(order.Uint64(b[8:])),
		prev:  order.Uint32(b[16:]),
		next:  order.Uint32(b[20:]),
	}, nil
}

func (p place) encode() (b [deskSize]byte) {
	order.PutUint64(b[0:], p.desk)
	order.PutUint64(b[8:], uint64(p.first))
	order.PutUint64(b[16:], uint64(p.last))
	order.PutUint64(b[24:], uint64(p.looks))
	order.PutUint32(b[32:], p.waiting)
	order.PutUint32(b[36:], crc32.ChecksumIEEE(b[:36]))
	return b
}

func decodePlace(b []byte) (place, error) {
	if order.Uint32(b[36:]) != crc32.ChecksumIEEE(b[:36]) {
		return place{}, errDamaged
	}
	return place{
		desk:    order.Uint64(b[0:]),
		first:   int64(order.Uint64(b[8:])),
		last:    int64(order.Uint64(b[16:])),
		looks:   int64(order.Uint64(b[24:])),
		waiting: order.Uint32(b[32:]),
	}, nil
}

// A journal is the records that a change makes new: slots by their number, desks by theirs and
// deskMark.
type journal map[uint32][]byte

const deskMark = 1 << 31

// encode writes a head and its journal as a page.
func (h *head) encode(j journal) []byte {
	b := make([]byte, page)
	for i, v := range [...]uint64{h.count, h.book, uint64(h.clock), uint64(h.paused)} {
		order.PutUint64(b[8*i:], v)
	}
	numbers := [...]uint32{
		h.rest.first, h.rest.last, h.leased.first, h.leased.last, h.desks, uint32(len(j)),
	}
	for i, v := range numbers {
		order.PutUint32(b[32+4*i:], v)
	}
	for i, book := range h.lost {
		order.PutUint64(b[56+8*i:], book)
	}
	at := headSize
	for number, data := range j {
		order.PutUint32(b[at:], number)
		copy(b[at+4:], data)
		at += entrySize
	}
	order.PutUint32(b[page-4:], crc32.ChecksumIEEE(b[:page-4]))
	return b
}

// decodeHead reads a page. It reports false for one that was never written, or not whole.
func decodeHead(b []byte) (h head, j journal, ok bool) {
	n := int(order.Uint32(b[52:]))
	if order.Uint32(b[page-4:]) != crc32.ChecksumIEEE(b[:page-4]) || n > mostJournal {
		return head{}, nil, false
	}
	h.count, h.book = order.Uint64(b[0:]), order.Uint64(b[8:])
	h.clock, h.paused = int64(order.Uint64(b[16:])), int64(order.Uint64(b[24:]))
	h.rest = chain{order.Uint32(b[32:]), order.Uint32(b[36:])}
	h.leased = chain{order.Uint32(b[40:]), order.Uint32(b[44:])}
	h.desks = order.Uint32(b[48:])
	for i := range h.lost {
		h.lost[i] = order.Uint64(b[56+8*i:])
	}
	j = make(journal, n)
	for i := range n {
		entry := b[headSize+i*entrySize:][:entrySize]
		number := order.Uint32(entry)
		size := slotSize
		if number&deskMark != 0 {
			size = deskSize
		}
		j[number] = entry[4 : 4+size]
	}
	return h, j, h.count > 0
}

// where is the place of a record in the file.
func (b budget) where(number uint32) int64 {
	if number&deskMark == 0 {
		return slotsAt + int64(number)*slotSize
	}
	return slotsAt + int64(b.calls)*slotSize + int64(number&^deskMark)*deskSize
}
