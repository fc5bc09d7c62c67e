package bitbucket

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-9213fc64/bitbucket/internal/ahead"
	"github.com/seed-9213fc64/bitbucket/internal/wire"
)

const (
	// mostOnPage is the most items that Bitbucket puts on a page, as a rule.
	mostOnPage = 100
	// leastBound is how many items any page may hold, whatever was asked for.
	leastBound = 1000
)

// A paging tells what is special about the pages of an endpoint. The zero paging is Bitbucket's
// general rule.
type paging struct {
	limit    int  // the server gives no more items than this; 0 means no limit
	mendNext bool // next may have a second question mark in place of an ampersand
}

// list returns the list at an endpoint that follows the general rule.
func list[T any](ctx context.Context, c *core, to endpoint, opts []CallOption) *List[T] {
	return listWith[T](ctx, c, to, opts, paging{})
}

// listWith returns the list at an endpoint with rules of its own.
func listWith[T any](
	ctx context.Context, c *core, to endpoint, opts []CallOption, rules paging,
) *List[T] {
	return &List[T]{
		pages: func(yield func(*Page[T], error) bool) {
			if w, err := newWalk[T](c, to, opts, rules); err != nil {
				yield(nil, err)
			} else {
				w.run(ctx, yield)
			}
		},
		collect: func() ([]T, error) {
			w, err := newWalk[T](c, to, opts, rules)
			if err != nil {
				return nil, err
			}
			return w.collect(ctx)
		},
	}
}

// A walk goes through the pages of a list once.
type walk[T any] struct {
	core    *core
	rules   paging
	pattern string
	options callOptions
	first   *url.URL
	filters []filter        // that every page of the list has to be asked with
	seen    map[string]bool // the URLs asked for
	judge   pageJudge
	tally   tally[T]
	room    func(items, size int) []T // for the items of a page; nil for memory of its own
}

// newWalk prepares the first request of a walk. Later ones take everything from the cursor.
func newWalk[T any](c *core, to endpoint, opts []CallOption, rules paging) (*walk[T], error) {
	first, o, err := c.firstPage(to, opts)
	if err != nil {
		return nil, err
	}
	query := first.Query()
	asked, _ := strconv.Atoi(query.Get("pagelen"))
	fields := newFieldSet(query.Get("fields"))
	item := judge{evident: evidenceOf[T](), most: c.most}
	if len(fields.only) > 0 {
		item.evident = nil // what was asked for may be missing in an item
	}
	item.fields = fields
	return &walk[T]{
		core: c, rules: rules, pattern: to.pattern, options: o, first: first,
		filters: filtersOf(first),
		seen:    map[string]bool{first.String(): true},
		judge: pageJudge{
			item: item, unvalued: fields.leavesOut("values") || strings.Contains(","+query.Get("fields")+",", ",-values,"),
			most: max(leastBound, 10*asked),
		},
		tally: newTally[T](o.complete, before(query, asked)),
	}, nil
}

// A filter is a parameter by which the first request of a walk, or its cursor, chooses what is on its
// pages: any that is not known to be harmless. The order is one of them, since pages of two orders hold
// some items twice and others never. A link may do without the others: fields change what is said of an
// item, not which items come, and pages that turn shorter than 100, as they do without pagelen, bring
// items twice.
type filter struct{ name, text string } // the text as it is sent, with the name and the value

func filtersOf(first *url.URL) (all []filter) {
	for name, text := range parameters(first) {
		if name != "page" && name != "pagelen" && name != "fields" && hasValue(text) {
			all = append(all, filter{name, text})
		}
	}
	return all
}

// restore gives a link back what it has lost of the walk's filters, and reports whether it had: without
// them its page would be one of another list, which holds more.
func (w *walk[T]) restore(next *url.URL) (mended bool) {
	for _, f := range w.filters {
		var others []string
		kept := false
		for name, text := range parameters(next) {
			switch {
			case name != f.name:
				others = append(others, text)
			case hasValue(text):
				kept = true
			}
		}
		if !kept {
			next.RawQuery, mended = strings.Join(append(others, f.text), "&"), true
		}
	}
	return mended
}

// hasValue reports whether a parameter says more than its name.
func hasValue(text string) bool {
	_, value, _ := strings.Cut(text, "=")
	return value != ""
}

// parameters are those of a query, one by one: the name, and both as they are sent. [url.URL.Query] leaves
// out what it takes for malformed, such as a value with a semicolon in it; a server need not.
func parameters(u *url.URL) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for text := range strings.SplitSeq(u.RawQuery, "&") {
			name, _, _ := strings.Cut(text, "=")
			if plain, err := url.QueryUnescape(name); err == nil {
				name = plain
			}
			if text != "" && !yield(name, text) {
				return
			}
		}
	}
}

// before is how many items lie before the page that a walk starts with.
func before(query url.Values, asked int) int {
	number, err := strconv.Atoi(query.Get("page"))
	if err != nil || number < 1 || asked < 1 {
		return 0
	}
	return (number - 1) * asked
}

// firstPage returns the URL of the page that a list starts with, and the options that are not part
// of it.
func (c *core) firstPage(to endpoint, opts []CallOption) (*url.URL, callOptions, error) {
	var o callOptions
	if err := o.collect(opts); err != nil {
		return nil, o, err
	}
	switch {
	case o.prefetch && o.parallel > 1:
		return nil, o, errors.New("bitbucket: Prefetch and Parallel are given: Parallel fetches ahead by " +
			"itself; leave one out")
	case o.from != "" && o.complete:
		return nil, o, fmt.Errorf("bitbucket: Complete and From are given: a list that starts in the middle " +
			"is never complete; leave one out")
	case to.err != nil:
		return nil, o, to.err
	case o.from != "":
		to = raw(o.from)
		o.query, o.fields = nil, nil
	default:
		o.forPages(mostOnPage)
	}
	u, err := to.on(c.base)
	if err != nil {
		return nil, o, err
	}
	addQuery(u, o.encode())
	o.query, o.fields, o.from = nil, nil, ""
	return u, o, nil
}

// run fetches page after page and yields them.
func (w *walk[T]) run(ctx context.Context, yield func(*Page[T], error) bool) {
	pages := &fetcher[T]{Context: ctx, Fetch: w.fetch}
	defer pages.Drop()
	var plan *plan
	for u := w.first; ; {
		got := pages.Take(u)
		w.options.report(got.response)
		if got.err != nil {
			yield(nil, got.err)
			return
		}
		next, err := w.follow(u, got.page)
		last := next == nil && err == nil
		if next != nil {
			plan = w.plan(plan, u, next, got.page)
			got.page.ahead = w.ahead(pages, plan, next)
		} else {
			pages.Drop()
		}
		if !yield(got.page, nil) {
			return
		}
		got.page.ahead = nil // it belongs to this step of the walk
		if last {
			err = w.tally.verdict()
		}
		if err != nil {
			yield(nil, err)
		}
		if err != nil || last {
			return
		}
		plan.start(pages.Start, w.options.parallel)
		u = next
	}
}

// ahead returns what begins to fetch the pages after one, once the loop wants its items; nil when none
// is fetched ahead.
func (w *walk[T]) ahead(pages *fetcher[T], foretold *plan, next *url.URL) func() {
	switch {
	case w.options.prefetch:
		return func() { pages.Start(next) }
	case foretold != nil:
		return func() { foretold.start(pages.Start, w.options.parallel-1) }
	case w.options.parallel > 1:
		pages.DropOthers(next)
	}
	return nil
}

// collect returns the items of all pages. Where pages come one by one they are decoded right behind
// one another.
func (w *walk[T]) collect(ctx context.Context) (items []T, err error) {
	if oneByOne := !w.options.prefetch && w.options.parallel <= 1; oneByOne {
		w.room = func(n, size int) []T {
			if items == nil && size > n {
				items = make([]T, 0, min(size, maxRoom)) // as much as it says, within reason
			}
			items = slices.Grow(items, n)
			return items[len(items) : len(items) : len(items)+n]
		}
	}
	w.run(ctx, func(page *Page[T], failed error) bool {
		if failed != nil {
			err = failed
			return false
		}
		page.fetchAhead()
		items = append(items, page.Values...) // where they stand already, if there was room
		return true
	})
	return items, err
}

// A fetcher fetches pages, ahead of the loop where it is told to.
type fetcher[T any] = ahead.Fetcher[*url.URL, fetched[T]]

// fetched is a page, or why there is none.
type fetched[T any] struct {
	page     *Page[T]
	response *Response
	err      error
}

// fetch gets one page.
func (w *walk[T]) fetch(ctx context.Context, u *url.URL) fetched[T] {
	x := &exchange{core: w.core, options: &w.options}
	out := &paged[T]{judge: w.judge, room: w.room}
	if err := x.run(ctx, http.MethodGet, u, w.pattern, nil, out); err != nil {
		return fetched[T]{response: x.response, err: err} // the page may be decoded still
	}
	return fetched[T]{page: out.page, response: x.response}
}

// follow finds the URL of the page after one, or nil, and settles the page's Next.
func (w *walk[T]) follow(from *url.URL, page *Page[T]) (*url.URL, error) {
	w.tally.count(page)
	switch {
	case page.Next == "":
		page.Next = w.nextNumber(from, page)
	case w.rules.mendNext:
		page.Next = mendQuery(page.Next)
	}
	if page.Next == "" {
		return nil, w.promised(page)
	}
	redactor := func() wire.Redactor { return w.core.wire.Redactor(w.options.hidden...) }
	next, err := raw(page.Next).on(w.core.base)
	if err != nil {
		if !errors.Is(err, ErrForeignOrigin) {
			err = malformed("its next cannot be followed: %w", err)
		}
		return nil, redactor().Error(err) // it may name where the link leads
	}
	if w.restore(next) {
		page.Next = next.String() // whoever goes on there has to ask for the same
	}
	if w.seen[next.String()] {
		return nil, fmt.Errorf("%w: after page %d of %s, next leads to a page already read",
			ErrPageLoop, len(w.seen), redactor().Text(wire.PlainURL(from)))
	}
	if w.crosses(next, page) {
		page.Next = ""
		return nil, w.promised(page)
	}
	w.seen[next.String()] = true
	return next, nil
}

// readable is how many items of a list can be read: all that the server says there are, or those on
// the pages that lie below its limit as a whole.
func (w *walk[T]) readable(page *Page[T]) (int, bool) {
	total, ok := page.Total()
	if limit := w.rules.limit; limit > 0 && total > limit {
		total = limit
		if page.PageLen > 0 {
			total -= limit % page.PageLen
		}
	}
	return total, ok
}

// crosses reports whether the next page goes beyond the server's limit. It would be refused whole, with
// the items before the limit.
func (w *walk[T]) crosses(next *url.URL, page *Page[T]) bool {
	if w.rules.limit == 0 {
		return false
	}
	query, length := next.Query(), page.PageLen
	if length == 0 {
		length, _ = strconv.Atoi(query.Get("pagelen"))
	}
	end := w.tally.place() + length
	if number, err := strconv.Atoi(query.Get("page")); err == nil {
		end = number * length
	}
	total, ok := page.Total()
	return end > w.rules.limit && !(ok && total <= w.rules.limit)
}

// promised is an error when the last page is empty though more was promised: nobody must read
// "there are none" out of it.
func (w *walk[T]) promised(page *Page[T]) error {
	total, ok := w.readable(page)
	if !ok || len(page.Values) > 0 || w.judge.unvalued || w.tally.place() >= total {
		return nil
	}
	page.Next = ""
	return malformed("the list ends after %d items with an empty page that promises %d", w.tally.place(), total)
}

// nextNumber makes the URL of the next page where the server sent no next but a size that says
// there is one. The pipelines service has done so for years.
func (w *walk[T]) nextNumber(from *url.URL, page *Page[T]) string {
	total, ok := w.readable(page)
	query := from.Query()
	number := page.Number
	if number == 0 {
		number = 1
		if cursor := query.Get("page"); cursor != "" {
			number, _ = strconv.Atoi(cursor) // 0 for a hash, which has no successor
		}
	}
	reached := w.tally.place()
	if page.PageLen > 0 {
		reached = number * page.PageLen // a page may hold less than it could
	}
	if !ok || number < 1 || len(page.Values) == 0 || reached >= total {
		return ""
	}
	return numbered(from, number+1).String()
}

// numbered is the URL of another page of a list, and the same one whoever makes it.
func numbered(page *url.URL, number int) *url.URL {
	u, set := *page, "page="+strconv.Itoa(number)
	parts := strings.Split(u.RawQuery, "&")
	i := slices.IndexFunc(parts, func(part string) bool { return strings.HasPrefix(part, "page=") })
	if i >= 0 {
		parts[i] = set
	} else {
		parts = append(parts, set)
	}
	u.RawQuery = strings.TrimPrefix(strings.Join(parts, "&"), "&")
	return &u
}

// mendQuery turns a further question mark of a URL into an ampersand where one of the parameters of
// a list follows. Elsewhere it may belong to a value.
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

// A plan foretells the pages of a list that is numbered. It holds as long as each page turns out to
// be the one that was foretold, and to lead to the next one by the link that was foretold.
type plan struct {
	page   *url.URL // of one of them; the number is all that differs
	number int      // of the page that the walk has come to
	total  int      // items of the list
	last   int      // page, by the total
	length int      // of a page
}

// plan makes or goes on with the plan of a walk that has come to a page and goes on to the next. It is
// nil without [Parallel], and where anything is not as foretold; the walk goes on one by one from there.
func (w *walk[T]) plan(before *plan, from, next *url.URL, page *Page[T]) *plan {
	total, sized := w.readable(page)
	if w.options.parallel <= 1 || !sized || page.Number < 1 || page.PageLen < 1 {
		return nil
	}
	p := &plan{page: next, number: page.Number, total: total, length: page.PageLen}
	p.last = (total + p.length - 1) / p.length
	first := before == nil && from == w.first
	went := before != nil && before.number+1 == p.number && before.total == total && before.length == p.length
	if !first && !went || p.url(p.number+1) == nil || p.url(p.number+1).String() != next.String() {
		return nil
	}
	return p
}

// start begins to fetch so many of the pages behind the one that the walk has come to.
func (p *plan) start(fetch func(*url.URL), pages int) {
	if p == nil {
		return
	}
	for i := range min(pages, p.last-p.number) {
		fetch(p.url(p.number + 1 + i))
	}
}

// url is that of a page, or nil when the pages are not told apart by a number.
func (p *plan) url(number int) *url.URL {
	if _, err := strconv.Atoi(p.page.Query().Get("page")); err != nil {
		return nil
	}
	return numbered(p.page, number)
}
