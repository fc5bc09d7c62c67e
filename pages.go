package bitbucket

import (
	"encoding/json"
	"fmt"
	"iter"
	"strconv"

	"github.com/seed-9213fc64/bitbucket/internal/jsonscan"
)

// A List is a collection that comes in pages. Nothing is sent before it is ranged over; ranging
// over it again sends the calls again.
type List[T any] struct {
	pages   iter.Seq2[*Page[T], error]
	collect func() ([]T, error) // without a copy of each page; nil where there is no such way
}

// NewList makes a list of any paging: of another API, or of a test. The sequence yields a page or
// an error, and ends after an error.
func NewList[T any](pages iter.Seq2[*Page[T], error]) *List[T] {
	return &List[T]{pages: pages}
}

// All yields the items, page after page. An error comes after the items of the pages before it, and
// ends the loop.
func (l *List[T]) All() iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for page, err := range l.pages {
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			page.fetchAhead()
			for _, item := range page.Values {
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}

// Pages yields whole pages.
func (l *List[T]) Pages() iter.Seq2[*Page[T], error] {
	return func(yield func(*Page[T], error) bool) {
		for page, err := range l.pages {
			if err != nil {
				yield(nil, err)
				return
			}
			page.fetchAhead()
			if !yield(page, nil) {
				return
			}
		}
	}
}

// maxRoom bounds how many items Collect makes room for on the server's word.
const maxRoom = 10_000

// Collect returns all items, or those that came before the error together with the error.
func (l *List[T]) Collect() ([]T, error) {
	if l.collect != nil {
		return l.collect()
	}
	var items []T
	for page, err := range l.pages {
		if err != nil {
			return items, err
		}
		page.fetchAhead()
		if total, ok := page.Total(); ok && total > 0 && items == nil {
			items = make([]T, 0, min(total, maxRoom)) // as much as it says, within reason
		}
		items = append(items, page.Values...)
	}
	return items, nil
}

// First returns the first item. It takes one call, unless the server sends empty pages before the
// item. An empty list is [ErrNoItems].
func (l *List[T]) First() (first T, err error) {
	for page, err := range l.pages {
		if err != nil {
			return first, err
		}
		if len(page.Values) > 0 {
			return page.Values[0], nil
		}
	}
	return first, ErrNoItems
}

// A Page is one page of a list. Each is a value of its own and may be kept.
type Page[T any] struct {
	Values   []T    // the items, in the server's order
	Next     string // the cursor of the next page, for From; empty on the last one
	Previous string // the page before; Bitbucket often leaves it out
	Number   int    // from 1; 0 when Bitbucket left it out
	PageLen  int    // the page size in force, not the number of values; 0 when Bitbucket left it out

	size  *int
	ahead func() // starts fetching the pages after it
}

// Total returns how many items the whole list has, and whether Bitbucket said so.
func (p *Page[T]) Total() (int, bool) {
	if p.size == nil {
		return 0, false
	}
	return *p.size, true
}

// SetTotal sets what Total returns, for pages that [NewList] is given.
func (p *Page[T]) SetTotal(n int) { p.size = &n }

func (p *Page[T]) fetchAhead() {
	if p.ahead != nil {
		p.ahead()
	}
}

// A pageJudge knows what a page has to be.
type pageJudge struct {
	item     judge
	most     int  // items that a page may hold
	unvalued bool // Fields left the values out
}

// An envelope is a page of which nothing but the frame is decoded.
type envelope struct {
	values   []byte // the array as sent; nil when Fields left it out
	items    int    // in it
	next     string
	previous string
	number   int
	pageLen  int
	size     int // -1 when it was left out
}

// page judges a page and takes its frame off.
func (j pageJudge) page(body []byte) (envelope, error) {
	e := envelope{size: -1}
	c := jsonscan.At(body)
	if c.Kind() == '[' { // the whole list at once, as some services send it
		if err := j.values(c, body, &e); err != nil {
			return e, err
		}
		return e, j.item.end(c)
	}
	if kind := c.Kind(); kind != '{' {
		return e, j.item.noObject(body, kind)
	}
	found, failed := false, false
	for key := range c.Members() {
		if string(key) == "values" {
			if e.values != nil {
				return e, malformed("it has values twice")
			}
			if err := j.values(c, body, &e); err != nil {
				return e, err
			}
			found = true
			continue
		}
		value := c.Value()
		if c.Err() == nil && !json.Valid(value) { // nobody decodes it
			return e, malformed("it is no valid JSON")
		}
		if len(key) > longestKey {
			continue
		}
		failed = failed || saysFailed(string(key), value)
		found = found || j.unvalued && j.item.fields.has(string(key))
		if err := e.member(string(key), value); err != nil {
			return e, err
		}
	}
	switch {
	case c.Err() != nil:
		return e, malformed("%w", c.Err())
	case failed:
		return e, malformed("it says that the call failed")
	case !found:
		return e, malformed("it is no page of a list: it has no values")
	}
	return e, j.item.end(c)
}

// member takes a member of the frame. Numbers may be left out, or be something else, such as a
// hash; they must not cost the page.
func (e *envelope) member(key string, value []byte) (err error) {
	switch key {
	case "next":
		if e.next, err = jsonscan.String(value); err != nil {
			return malformed("its next is no text")
		}
	case "previous":
		e.previous, _ = jsonscan.String(value)
	case "page":
		e.number = max(0, count(value))
	case "pagelen":
		e.pageLen = max(0, count(value))
	case "size":
		e.size = count(value)
	}
	return nil
}

// count is a whole number, or -1 when the value is anything else.
func count(value []byte) int {
	n, err := strconv.Atoi(string(value))
	if err != nil {
		return -1
	}
	return max(-1, n)
}

// values judges the items that a cursor stands before.
func (j pageJudge) values(c *jsonscan.Cursor, body []byte, e *envelope) error {
	if c.Kind() != '[' {
		return malformed("its values are no array")
	}
	begin := c.Offset()
	for i := range c.Elements() {
		switch c.Kind() {
		case '{':
			if err := j.item.members(c); err != nil {
				return err
			}
		case '"':
			sentence, _ := jsonscan.String(c.Value())
			return &spoken{"its values are no objects but say", sentence}
		default:
			return malformed("its values are no objects")
		}
		if e.items = i + 1; e.items > j.most {
			return fmt.Errorf("%w: a page has more than %d items; ask for less with PageLen",
				ErrResponseTooLarge, j.most)
		}
	}
	if c.Err() != nil {
		return malformed("%w", c.Err())
	}
	e.values = body[begin:c.Offset()]
	return nil
}

// paged is the page that a call answers with.
type paged[T any] struct {
	judge pageJudge
	room  func(items, size int) []T // makes room for the items; nil for a piece of memory of its own
	page  *Page[T]
}

func (p *paged[T]) take(a answer) (unread []Unread, err error) {
	frame, err := p.judge.page(a.body)
	if err != nil {
		return nil, err
	}
	room := p.room
	if len(a.body) >= longDecoding { // by somebody who may go on when nobody waits any more
		room = nil
	}
	p.page, unread, err = newPage(frame, room)
	return unread, err
}

// newPage decodes the items of a page that was judged.
func newPage[T any](
	e envelope, room func(items, size int) []T,
) (*Page[T], []Unread, error) {
	p := &Page[T]{Next: e.next, Previous: e.previous, Number: e.number, PageLen: e.pageLen}
	if e.size >= 0 {
		p.SetTotal(e.size)
	}
	if e.items == 0 {
		return p, nil, nil
	}
	if room != nil {
		p.Values = room(e.items, e.size)
	} else {
		p.Values = make([]T, 0, e.items)
	}
	values, filled := fillItems(e.values, p.Values)
	p.Values = values
	if filled || json.Unmarshal(e.values, &p.Values) == nil {
		for i := range p.Values {
			settle(&p.Values[i])
		}
		return p, nil, nil
	}
	p.Values = p.Values[:0]
	var all []Unread
	for i := range jsonscan.Each(e.values) {
		var item T
		unread, err := decode(i, &item)
		if err != nil {
			return nil, nil, err
		}
		p.Values = append(p.Values, item)
		all = append(all, unread...)
	}
	return p, all, nil
}

// An identified type has items that can be told apart: what a list must not hold twice.
type identified interface {
	identity() string
}

// pair is the identity of what ties two things together. It is empty when one of them has none.
func pair(a, b string) string {
	if a == "" || b == "" {
		return ""
	}
	return a + " " + b
}

// number is the identity of what Bitbucket numbers. It is empty for 0, which is no number of theirs.
func number(id int) string {
	if id == 0 {
		return ""
	}
	return strconv.Itoa(id)
}

// A tally counts the items of a walk, and for [Complete] the distinct ones.
type tally[T any] struct {
	complete bool
	before   int // items that lie before the first page
	came     int
	promised int             // at most, by any page; -1 when none said so
	distinct map[string]bool // nil when items cannot be told apart, or nobody asked
}

func newTally[T any](complete bool, before int) tally[T] {
	t := tally[T]{complete: complete, before: before, promised: -1}
	if _, ok := any(new(T)).(identified); ok && complete {
		t.distinct = make(map[string]bool)
	}
	return t
}

// count takes a page.
func (t *tally[T]) count(page *Page[T]) {
	t.came += len(page.Values)
	if total, ok := page.Total(); ok {
		t.promised = max(t.promised, total) // an item that goes pulls another one to a page already read
	}
	if t.distinct == nil {
		return
	}
	for i := range page.Values {
		id := any(&page.Values[i]).(identified).identity()
		if id == "" { // it is nobody in particular, and counts as itself
			id = fmt.Sprint("#", len(t.distinct))
		}
		t.distinct[id] = true
	}
}

// place is how far into the list the walk has come.
func (t *tally[T]) place() int { return t.before + t.came }

// verdict is [ErrIncomplete] for a list that was to be complete and is not.
func (t *tally[T]) verdict() error {
	if !t.complete {
		return nil
	}
	distinct := t.came
	if t.distinct != nil {
		distinct = len(t.distinct)
	}
	switch {
	case t.promised >= 0 && distinct < t.promised:
		return fmt.Errorf("%w: %d items came, %d of them distinct, and the server promised %d; "+
			"items move between pages while a list changes: sort it, or list it again",
			ErrIncomplete, t.came, distinct, t.promised)
	case t.promised < 0 && distinct < t.came:
		return fmt.Errorf("%w: %d items came, %d of them distinct, so others may be missing; "+
			"items move between pages while a list changes: sort it, or list it again",
			ErrIncomplete, t.came, distinct)
	}
	return nil
}
