package bitbuckettest

import (
	"fmt"
	"hash/crc32"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/query"
)

// A listing is what a handler answers a list with.
type listing[T any] struct {
	items  func() []T             // all that the caller may see
	fields map[string]func(T) any // what q and sort take; nil for a list without them
	fixed  bool                   // sort is ignored
	show   func(T) object
}

// paged answers with the page that the call asks for, filtered and sorted. What was found is kept
// until a write.
func paged[T any](c *call, l listing[T]) (answer, error) {
	items, err := found(c, l)
	if err != nil {
		return answer{}, err
	}
	p, err := c.page(len(items))
	if err != nil {
		return answer{}, err
	}
	values := make([]any, 0, max(0, p.to-p.from))
	for _, item := range items[p.from:max(p.from, p.to)] {
		values = append(values, l.show(item))
	}
	return ok(c.envelope(p, len(items), values))
}

// found returns the whole list that the call asks for.
func found[T any](c *call, l listing[T]) ([]T, error) {
	rest := slices.DeleteFunc(slices.Clone(c.query), func(x param) bool {
		return x.key == "page" || x.key == "pagelen" || x.key == "fields"
	})
	key := listKey{c.who, c.path, rest.without("")}
	if kept, is := c.lists.get(key, c.store.Version()).([]T); is {
		return kept, nil
	}
	items, err := l.filtered(c.query.get("q"), l.items())
	if err != nil {
		return nil, err
	}
	if items, err = l.sorted(c.query.get("sort"), items); err != nil {
		return nil, err
	}
	c.lists.put(key, c.store.Version(), items, len(items))
	return items, nil
}

// view shows a record to a filter.
func (l *listing[T]) view(item T) query.View {
	return func(path string) any {
		if field := l.fields[path]; field != nil {
			return field(item)
		}
		return nil
	}
}

// filtered keeps the items that satisfy q.
func (l *listing[T]) filtered(q string, items []T) ([]T, error) {
	if q == "" || l.fields == nil {
		return items, nil
	}
	filter, err := query.Parse(q)
	if err != nil {
		return nil, fail(http.StatusBadRequest, err.Error())
	}
	for _, name := range filter.Fields() {
		if l.fields[name] == nil {
			return nil, unsupported(name, "filtering")
		}
	}
	var kept []T
	for _, item := range items {
		matches, err := filter.Match(l.view(item))
		if err != nil {
			return nil, fail(http.StatusBadRequest, err.Error())
		}
		if matches {
			kept = append(kept, item)
		}
	}
	return kept, nil
}

// sorted orders the items by a key.
func (l *listing[T]) sorted(key string, items []T) ([]T, error) {
	if key == "" || l.fields == nil || l.fixed {
		return items, nil
	}
	if name := strings.TrimPrefix(key, "-"); l.fields[name] == nil {
		return nil, unsupported(name, "sorting")
	}
	sorted, err := query.Sort(items, key, l.view)
	if err != nil {
		return nil, fail(http.StatusBadRequest, err.Error())
	}
	return sorted, nil
}

func unsupported(field, what string) *failure {
	return fail(http.StatusBadRequest, fmt.Sprintf("Field %q does not support %s", ".values."+field,
		what))
}

// page is a stretch of a list.
type page struct {
	number, length, from, to int
	more                     bool
}

// page finds the stretch of a list of n items that the call asks for. What Bitbucket answers past
// the last page is not known: it is taken for a bad page here.
func (c *call) page(n int) (page, error) {
	length, err := c.pageLength()
	if err != nil {
		return page{}, err
	}
	p := page{number: 1, length: length}
	if raw := c.query.get("page"); raw != "" {
		var is bool
		if p.number, is = c.number(raw, n); !is {
			return p, invalidPage()
		}
	}
	p.from, p.to = c.start(p.number, p.length), min(c.start(p.number+1, p.length), n)
	p.more = p.to < n
	if p.number > 1 && p.from >= n {
		return p, invalidPage()
	}
	return p, nil
}

// pageLength reads pagelen. 0 was accepted in 2019, and is the default here.
func (c *call) pageLength() (int, error) {
	rules := c.route.paging
	most := rules.most
	if most == 0 {
		most = 100
	}
	length := max(rules.length, 10)
	if c.set.pages.length > 0 {
		length = min(c.set.pages.length, most)
	}
	raw := c.query.get("pagelen")
	if raw == "" {
		return length, nil
	}
	asked, err := strconv.Atoi(raw)
	if err != nil || asked < 0 || asked > most {
		return 0, fail(http.StatusBadRequest, "Invalid pagelen")
	}
	if asked > 0 {
		length = asked
	}
	return length, nil
}

// start is the place of the first item of a page.
func (c *call) start(number, length int) int {
	from := (number - 1) * length
	if c.set.pages.shortPages && length > 1 {
		from -= (number - 1) / 2
	}
	return from
}

// number reads the page parameter: a number, or a cursor that this server has given out.
func (c *call) number(raw string, n int) (int, bool) {
	if !c.set.pages.opaqueCursors {
		number, err := strconv.Atoi(raw)
		return number, err == nil && number >= 1 && number <= n+1
	}
	hidden, is := strings.CutPrefix(raw, "c")
	sum, err := strconv.ParseUint(hidden, 36, 64)
	number := int(sum ^ c.mask())
	if !is || err != nil || number < 2 || number > n+1 || c.cursor(number) != raw {
		return 0, false
	}
	return number, true
}

// cursor names a page in a link.
func (c *call) cursor(number int) string {
	if !c.set.pages.opaqueCursors {
		return strconv.Itoa(number)
	}
	return "c" + strconv.FormatUint(uint64(number)^c.mask(), 36)
}

// mask hides the numbers of a list's pages.
func (c *call) mask() uint64 { return uint64(crc32.ChecksumIEEE([]byte(c.path))) << 8 }

// envelope makes a page of values.
func (c *call) envelope(p page, n int, values []any) object {
	doc := object{"values": values, "pagelen": p.length}
	if !c.route.paging.unsized {
		doc["size"] = n
	}
	if !c.set.pages.opaqueCursors {
		doc["page"] = p.number
		if p.number > 1 {
			doc["previous"] = c.link(c.cursor(p.number - 1))
		}
	}
	if p.more && !(c.route.paging.service && c.set.bareVariables) {
		doc["next"] = c.link(c.cursor(p.number + 1))
	}
	for _, name := range c.set.pages.omitted {
		delete(doc, name)
	}
	return doc
}

// link is the URL of another page of the list.
func (c *call) link(cursor string) string {
	return c.base + c.path + "?" + c.query.with("page", cursor)
}

// plainPath is the path without a slash at its end.
func (c *call) plainPath() string { return strings.TrimSuffix(c.path, "/") }

// self is the URL of the call.
func (c *call) self() string {
	if c.req.URL.RawQuery == "" {
		return c.base + c.path
	}
	return c.base + c.path + "?" + c.req.URL.RawQuery
}
