package filethrottle

import (
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The books are lines of text: a title with the version, lines of a word and its values in any order, and a checksum of
// all that is before it.
//
//	bitbucket call budget, version 1
//	id 7QHZLD5XN2VBYQ3CF6RKAWTUIM
//	limit 100 30m0s
//	pause 2026-05-04T15:30:00Z
//	replaces UZ3NDW7K5HBTQLYRGX2VOC4FAE
//	slot L6ZC3WQ2FHXRB7UEOGVTKN5DYA 2026-05-04T15:42:07.113254981Z
//	wait 5TGKRW2MZB7XEQVUHCJLDN3OYA 2026-05-04T15:12:01.5Z 2026-05-04T15:13:01.5Z
//	end 5ca1ab1e
//
// A later version of this package may add words without a new version; a reader keeps the lines that it does not know.
const (
	title   = "bitbucket call budget, version "
	version = 1
)

var (
	errForeign = errors.New("it is not a budget of calls; choose another path")
	errDamaged = errors.New("it is damaged; remove it when no process uses it, and wait for one window before you call again")
)

// decode reads books, and checks that they are kept for a budget.
func decode(text string, of budget) (*books, error) {
	first, rest, _ := strings.Cut(text, "\n")
	number, ok := strings.CutPrefix(first, title)
	if !ok {
		return nil, errForeign
	}
	if v, err := strconv.Atoi(number); err != nil || v < 1 {
		return nil, errDamaged
	} else if v > version {
		return nil, fmt.Errorf("it is of version %d and this program knows version %d; update the program", v, version)
	}
	body, sum, ok := cutLast(rest, "end ")
	if !ok || sum != checksum(text[:len(text)-len(sum)-len("end \n")]) {
		return nil, errDamaged
	}
	b := &books{slots: make(map[string]time.Time)}
	for line := range strings.Lines(body) {
		if err := b.decodeLine(strings.TrimSuffix(line, "\n")); err != nil {
			return nil, fmt.Errorf("%w (%w)", errDamaged, err)
		}
	}
	if b.id == "" || b.calls < 1 || b.per <= 0 {
		return nil, errDamaged
	}
	if b.budget != of {
		return nil, fmt.Errorf("it keeps %d calls in %v, not %d in %v; use the same limits in all programs, or another path",
			b.calls, b.per, of.calls, of.per)
	}
	slices.SortFunc(b.queue, ticket.compare)
	return b, nil
}

func (b *books) decodeLine(line string) (err error) {
	word, rest, _ := strings.Cut(line, " ")
	value := strings.Fields(rest)
	want := 1
	switch word {
	case "id", "pause", "replaces":
	case "limit", "slot":
		want = 2
	case "wait":
		want = 3
	default:
		b.others = append(b.others, line)
		return nil
	}
	if len(value) != want {
		return fmt.Errorf("%q has %d values, want %d", word, len(value), want)
	}
	switch word {
	case "id":
		b.id = value[0]
	case "limit":
		b.calls, err = strconv.Atoi(value[0])
		if err == nil {
			b.per, err = time.ParseDuration(value[1])
		}
	case "pause":
		b.paused, err = time.Parse(time.RFC3339Nano, value[0])
	case "replaces":
		b.replaces = append(b.replaces, value[0])
	case "slot":
		b.slots[value[0]], err = time.Parse(time.RFC3339Nano, value[1])
	case "wait":
		t := ticket{id: value[0]}
		if t.since, err = time.Parse(time.RFC3339Nano, value[1]); err == nil {
			t.looks, err = time.Parse(time.RFC3339Nano, value[2])
		}
		b.queue = append(b.queue, t)
	}
	return err
}

// encode writes books as decode reads them.
func (b *books) encode() []byte {
	out := fmt.Appendf(nil, "%s%d\nid %s\nlimit %d %v\n", title, version, b.id, b.calls, b.per)
	if !b.paused.IsZero() {
		out = line(out, "pause", "", b.paused)
	}
	for _, id := range b.replaces {
		out = line(out, "replaces", id)
	}
	for _, id := range slices.Sorted(maps.Keys(b.slots)) {
		out = line(out, "slot", id, b.slots[id])
	}
	for _, t := range b.queue {
		out = line(out, "wait", t.id, t.since, t.looks)
	}
	for _, other := range b.others {
		out = line(out, other, "")
	}
	return fmt.Appendf(out, "end %s\n", checksum(string(out)))
}

// line adds a line to the books.
func line(out []byte, word, id string, times ...time.Time) []byte {
	out = append(out, word...)
	if id != "" {
		out = append(append(out, ' '), id...)
	}
	for _, t := range times {
		out = t.AppendFormat(append(out, ' '), time.RFC3339Nano)
	}
	return append(out, '\n')
}

// cutLast cuts the last line off a text, which must begin with a word.
func cutLast(text, word string) (before, after string, ok bool) {
	text, ok = strings.CutSuffix(text, "\n")
	at := strings.LastIndexByte(text, '\n') + 1
	after, found := strings.CutPrefix(text[at:], word)
	return text[:at], after, ok && found
}

func checksum(text string) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(text))) }
