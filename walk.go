package bitbucket

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

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
	return NewList(func(yield func(*Page[T], error) bool) {
		w, err := newWalk[T](c, to, opts, rules)
		if err != nil {
			yield(nil, err)
			return
		}
		w.run(ctx, yield)
	})
}

// A walk goes through the pages of a list once.
type walk[T any] struct {
	core    *core
	rules   paging
	pattern string
	options callOptions
	first   *url.URL
	seen    map[string]bool // the URLs asked for
	judge   pageJudge
	tally   tally[T]
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
		seen: map[string]bool{first.String(): true},
		judge: pageJudge{
			item: item, unvalued: fields.leavesOut("values") || strings.Contains(","+query.Get("fields")+",", ",-values,"),
			most: max(leastBound, 10*asked),
		},
		tally: newTally[T](o.complete, before(query, asked)),
	}, nil
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
	ctx, cancel := context.WithCancel(ctx)
	ahead := ahead[T]{fetch: func(u *url.URL) fetched[T] { return w.fetch(ctx, u) }}
	defer ahead.end(cancel)
	for u := w.first; ; {
		got := ahead.take(u)
		w.options.report(got.response)
		if got.err != nil {
			yield(nil, got.err)
			return
		}
		next, err := w.follow(u, got.page)
		last := next == nil && err == nil
		if w.options.prefetch && next != nil {
			got.page.ahead = func() { ahead.start(next) }
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
		u = next
	}
}

// fetched is a page, or why there is none.
type fetched[T any] struct {
	page     *Page[T]
	response *Response
	err      error
	panicked *wire.Panic
}

// fetch gets one page.
func (w *walk[T]) fetch(ctx context.Context, u *url.URL) fetched[T] {
	x := &exchange{core: w.core, options: w.options}
	out := &paged[T]{judge: w.judge}
	err := x.run(ctx, http.MethodGet, u, w.pattern, nil, out)
	return fetched[T]{page: out.page, response: x.response, err: err}
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
	next, err := raw(page.Next).on(w.core.base)
	switch {
	case errors.Is(err, ErrForeignOrigin):
		return nil, err
	case err != nil:
		return nil, malformed("its next cannot be followed: %w", err)
	}
	if w.seen[next.String()] {
		return nil, fmt.Errorf("%w: after page %d of %s, next leads to a page already read",
			ErrPageLoop, len(w.seen), wire.PlainURL(from))
	}
	w.seen[next.String()] = true
	return next, nil
}

// promised is an error when the last page is empty though more was promised: nobody must read
// "there are none" out of it.
func (w *walk[T]) promised(page *Page[T]) error {
	total, ok := page.Total()
	if w.rules.limit > 0 {
		total = min(total, w.rules.limit)
	}
	if !ok || len(page.Values) > 0 || w.judge.unvalued || w.tally.place() >= total {
		return nil
	}
	page.Next = ""
	return malformed("the list ends after %d items with an empty page that promises %d", w.tally.place(), total)
}

// nextNumber makes the URL of the next page where the server sent no next but a size that says
// there is one. The pipelines service has done so for years.
func (w *walk[T]) nextNumber(from *url.URL, page *Page[T]) string {
	total, ok := page.Total()
	if w.rules.limit > 0 {
		total = min(total, w.rules.limit)
	}
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
	query.Set("page", strconv.Itoa(number+1))
	u := *from
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	return u.String()
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

// ahead fetches the page after the one that the loop works on.
type ahead[T any] struct {
	fetch   func(*url.URL) fetched[T]
	pending chan fetched[T] // nil while nothing is being fetched
}

// start begins to fetch a page, unless it does so already.
func (a *ahead[T]) start(u *url.URL) {
	if a.pending != nil {
		return
	}
	pending := make(chan fetched[T], 1)
	a.pending = pending
	go func() {
		var got fetched[T]
		if p := wire.Catch(func() { got = a.fetch(u) }); p != nil {
			got = fetched[T]{panicked: p}
		}
		pending <- got
	}()
}

// take returns a page, the one that is being fetched or a new one. A panic in the fetching is
// raised here, in the goroutine of the loop.
func (a *ahead[T]) take(u *url.URL) fetched[T] {
	if a.pending == nil {
		return a.fetch(u)
	}
	got := <-a.pending
	a.pending = nil
	if got.panicked != nil {
		panic(got.panicked)
	}
	return got
}

// end waits until nothing is being fetched any more, so that nothing is sent once the loop has
// ended.
func (a *ahead[T]) end(cancel context.CancelFunc) {
	cancel()
	if a.pending != nil {
		<-a.pending
	}
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

// A tally counts the items of a walk, and for [Complete] the distinct ones.
type tally[T any] struct {
	complete bool
	before   int // items that lie before the first page
	came     int
	promised int             // by the last page that said so; -1 when none did
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
		t.promised = total
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
