package bitbucket

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// A List is a collection that comes in pages. Nothing is sent before it is ranged
// over; ranging over it again sends the calls again.
type List[T any] struct {
	pages iter.Seq2[*Page[T], error]
}

// NewList makes a list of any paging: of another API, or of a test. The sequence
// yields a page or an error, and ends after an error.
func NewList[T any](pages iter.Seq2[*Page[T], error]) *List[T] {
	return &List[T]{pages}
}

// ListAt returns the list at a path that has no method here: what [Client.Do] is to
// single objects. The path starts at the host's root ("/2.0/…") and is sent as
// given, so the caller escapes it.
func ListAt[T any](ctx context.Context, c *Client, path string, opts ...CallOption) *List[T] {
	return list[T](ctx, c, c.raw(path), opts)
}

// All yields the items, page after page. An error comes after the items of the
// pages before it, and ends the loop.
func (l *List[T]) All() iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for page, err := range l.pages {
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for i, item := range page.Values {
				if i == 1 {
					page.fetchAhead()
				}
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
		more := false // the loop has come back for another page
		for page, err := range l.pages {
			if err != nil {
				yield(nil, err)
				return
			}
			if more {
				page.fetchAhead()
			}
			if !yield(page, nil) {
				return
			}
			more = true
		}
	}
}

// maxRoom bounds how many items Collect makes room for on the server's word.
const maxRoom = 10_000

// Collect returns all items, or those that came before the error together with
// the error.
func (l *List[T]) Collect() ([]T, error) {
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

// First returns the first item. It takes one call, unless the server sends empty
// pages before the item. An empty list is [ErrNotFound].
func (l *List[T]) First() (T, error) {
	for item, err := range l.All() {
		return item, err
	}
	var none T
	return none, fmt.Errorf("%w: the list is empty", ErrNotFound)
}

// A Page is one page of a list. Each is a value of its own and may be kept.
type Page[T any] struct {
	Values   []T
	Next     string // the cursor of the next page, for From; empty on the last one
	Previous string // the page before; Bitbucket often leaves it out
	Page     int    // its number, from 1; 0 when Bitbucket left it out
	PageLen  int    // the page size in force, not the number of values

	size  *int
	ahead func() // starts fetching the next page
}

// Total returns how many items the whole list has, and whether Bitbucket said so.
func (p *Page[T]) Total() (int, bool) {
	if p.size == nil {
		return 0, false
	}
	return *p.size, true
}

// WithTotal sets what Total returns, for pages made by [NewList]'s callers, and
// returns the page.
func (p *Page[T]) WithTotal(n int) *Page[T] {
	p.size = &n
	return p
}

func (p *Page[T]) fetchAhead() {
	if p.ahead != nil {
		p.ahead()
	}
}

// envelope is a page as sent.
type envelope[T any] struct {
	Values   []T    `json:"values"`
	Next     string `json:"next"`
	Previous string `json:"previous"`
	Page     count  `json:"page"`
	PageLen  count  `json:"pagelen"`
	Size     *count `json:"size"`

	partial bool // Fields was asked for, so values may have been left out
}

func (e *envelope[T]) page() *Page[T] {
	p := &Page[T]{Values: e.Values, Next: e.Next, Previous: e.Previous, Page: int(e.Page), PageLen: int(e.PageLen)}
	if e.Size != nil && *e.Size >= 0 {
		p.size = new(int(*e.Size))
	}
	return p
}

// read decodes a page, and makes sure that an answer without values is an empty page
// and not something else: "nobody may do anything" must not come out of a
// misunderstanding.
func (e *envelope[T]) read(body []byte) error {
	if err := json.Unmarshal(body, e); err != nil {
		return err
	}
	if len(e.Values) > 0 || e.partial || bytes.Contains(body, []byte(`"values"`)) {
		return nil
	}
	return fmt.Errorf("%w: it is no page of a list: it has no values", ErrMalformedResponse)
}

// A count is a number of a page. Whatever else stands in its place, such as a hash,
// counts as left out; it must not cost the page.
type count int

// UnmarshalJSON reads a whole number.
func (c *count) UnmarshalJSON(data []byte) error {
	n, err := strconv.Atoi(string(data))
	if err != nil {
		n = -1
	}
	*c = count(n)
	return nil
}

// A paging tells what is special about the pages of an endpoint. The zero paging
// is Bitbucket's general rule.
type paging struct {
	limit    int  // the server gives no more items than this; 0 means no limit
	mendNext bool // next may have a second question mark in place of an ampersand
}

// list returns the list at an endpoint that follows the general rule.
func list[T any](ctx context.Context, c *Client, to endpoint, opts []CallOption) *List[T] {
	return listWith[T](ctx, c, to, opts, paging{})
}

// listWith returns the list at an endpoint with rules of its own.
func listWith[T any](ctx context.Context, c *Client, to endpoint, opts []CallOption, rules paging) *List[T] {
	return NewList(func(yield func(*Page[T], error) bool) {
		w := walk[T]{client: c, rules: rules, seen: make(map[string]bool)}
		w.run(ctx, to, opts, yield)
	})
}

// A walk goes through the pages of a list once.
type walk[T any] struct {
	client *Client
	rules  paging
	opts   callOptions
	seen   map[string]bool // the URLs asked for
	room   int             // how many values to make room for: what the last page held

	partial bool // Fields was asked for
}

// fetched is a page, or why there is none.
type fetched[T any] struct {
	page     *Page[T]
	response *Response
	err      error
}

// run fetches page after page and yields them.
func (w *walk[T]) run(ctx context.Context, to endpoint, opts []CallOption, yield func(*Page[T], error) bool) {
	to, err := w.start(to, opts)
	if err != nil {
		yield(nil, err)
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	var pending chan fetched[T] // the page ahead, when one is being fetched
	defer func() {
		cancel()
		if pending != nil {
			<-pending // so that nothing is sent once the loop has ended
		}
	}()

	for {
		var got fetched[T]
		if pending != nil {
			got, pending = <-pending, nil
		} else {
			got = w.fetch(ctx, to)
		}
		w.opts.report(got.response)
		if to.guessed && errors.Is(got.err, ErrNotFound) {
			return // size promised a page that is not there
		}
		if got.err != nil {
			yield(nil, got.err)
			return
		}
		w.room = len(got.page.Values)
		next, err := w.follow(to, got.page)
		last := got.page.Next == "" // the loop may change the page
		if w.opts.prefetch && !last && err == nil {
			got.page.ahead = func() {
				if pending == nil {
					pending = make(chan fetched[T], 1)
					go func(into chan<- fetched[T]) { into <- w.fetch(ctx, next) }(pending)
				}
			}
		}
		if !yield(got.page, nil) || last {
			return
		}
		got.page.ahead = nil // it belongs to this step of the walk
		if err != nil {
			yield(nil, err)
			return
		}
		to = next
	}
}

// start prepares the first request of a walk. Later ones take everything from
// the cursor.
func (w *walk[T]) start(to endpoint, opts []CallOption) (endpoint, error) {
	first, o, err := w.client.firstPage(to, opts)
	if err != nil {
		return first, err
	}
	w.opts = o
	w.partial = first.url.Query().Has("fields")
	w.seen[first.url.String()] = true
	return first, nil
}

// mostOnPage is the most items that Bitbucket puts on a page, as a rule.
const mostOnPage = 100

// firstPage is the endpoint of the page that a list starts with, and the options
// that are not part of its URL.
func (c *Client) firstPage(to endpoint, opts []CallOption) (endpoint, callOptions, error) {
	o, err := collect(opts)
	if err != nil {
		return to, o, err
	}
	if to.err != nil {
		return to, o, to.err
	}
	if o.from != "" {
		pattern := to.pattern
		to = c.raw(o.from)
		to.pattern = pattern
		o.query, o.fields = nil, nil
	} else {
		o.forPages(mostOnPage)
	}
	to, err = c.absolute(to)
	if err != nil {
		return to, o, err
	}
	addQuery(to.url, o.encode())
	o.query, o.fields, o.from = nil, nil, ""
	return to, o, nil
}

// fetch gets one page.
func (w *walk[T]) fetch(ctx context.Context, to endpoint) fetched[T] {
	sent := envelope[T]{Values: make([]T, 0, w.room), partial: w.partial}
	response, err := w.client.exchange(ctx, http.MethodGet, to, &w.opts, nil, &sent)
	return fetched[T]{sent.page(), response, err}
}

// follow finds the endpoint of the page after one, and settles its Next.
func (w *walk[T]) follow(from endpoint, page *Page[T]) (endpoint, error) {
	guessed := page.Next == ""
	if guessed {
		page.Next = w.nextNumber(from.url, page)
	} else if w.rules.mendNext {
		page.Next = mendQuery(page.Next)
	}
	if page.Next == "" {
		return endpoint{}, nil
	}
	next, err := w.client.absolute(w.client.raw(page.Next))
	if err != nil {
		return next, err
	}
	next.pattern, next.guessed = from.pattern, guessed
	if w.seen[next.url.String()] {
		return next, fmt.Errorf("%w: after page %d of %s, next leads to a page already read", ErrPageLoop, len(w.seen), plainURL(from.url))
	}
	w.seen[next.url.String()] = true
	return next, nil
}

// nextNumber makes the URL of the next page where the server sent no next but a
// size that says there is one. The pipelines service has done so for years.
func (w *walk[T]) nextNumber(from *url.URL, page *Page[T]) string {
	total, ok := page.Total()
	if w.rules.limit > 0 {
		total = min(total, w.rules.limit)
	}
	query := from.Query()
	number := page.Page
	if number == 0 {
		number = 1
		if cursor := query.Get("page"); cursor != "" {
			number, _ = strconv.Atoi(cursor) // 0 for a hash, which has no successor
		}
	}
	if !ok || number < 1 || page.PageLen < 1 || len(page.Values) == 0 || number*page.PageLen >= total {
		return ""
	}
	query.Set("page", strconv.Itoa(number+1))
	u := *from
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	return u.String()
}

// mendQuery turns a further question mark of a URL into an ampersand where one of
// the parameters of a list follows. Elsewhere it may belong to a value.
func mendQuery(next string) string {
	path, query, ok := strings.Cut(next, "?")
	if !ok {
		return next
	}
	for _, name := range [...]string{"fields", "page", "pagelen", "search_query"} {
		query = strings.ReplaceAll(query, "?"+name+"=", "&"+name+"=")
	}
	return path + "?" + query
}
