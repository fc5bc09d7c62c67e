package bitbuckettest

import (
	"fmt"
	"hash/crc32"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/query"
)

// params are the query parameters in the order they came, decoded.
type params []param

type param struct{ key, value string }

// parseQuery reads a query string more leniently than net/url: only & separates, and quotes, braces and semicolons
// may stand in it as they are.
func parseQuery(raw string) params {
	var all params
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		key, value, _ := strings.Cut(pair, "=")
		all = append(all, param{unescape(key), unescape(value)})
	}
	return all
}

func unescape(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// get returns the first value of a parameter.
func (p params) get(key string) string {
	for _, x := range p {
		if x.key == key {
			return x.value
		}
	}
	return ""
}

// with encodes the parameters with one of them set, as the last one.
func (p params) with(key, value string) string {
	var out strings.Builder
	for _, x := range p {
		if x.key != key {
			out.WriteString(url.QueryEscape(x.key) + "=" + url.QueryEscape(x.value) + "&")
		}
	}
	return out.String() + key + "=" + url.QueryEscape(value)
}

// paging says how the lists of a route are cut.
type paging struct {
	length  int      // default page length; 10 when 0
	most    int      // longest page; 100 when 0
	unsized bool     // never sends size
	service bool     // of the pipelines service
	fields  []string // what q and sort take; nil for a list without them
}

// page is a stretch of a list.
type page struct {
	number, length, from, to int
	more                     bool
}

// page finds the stretch of a list of n items that the call asks for.
func (c *call) page(n int) (page, error) {
	rules := c.route.paging
	p := page{number: 1, length: max(rules.length, 10)}
	most := rules.most
	if most == 0 {
		most = 100
	}
	if raw := c.query.get("pagelen"); raw != "" {
		length, err := strconv.Atoi(raw)
		if err != nil || length < 1 || length > most {
			return p, failFields("pagelen", fmt.Sprintf("Invalid pagelen: it must be a number from 1 to %d.", most))
		}
		p.length = length
	}
	if raw := c.query.get("page"); raw != "" {
		var ok bool
		if p.number, ok = c.number(raw, n); !ok {
			return p, fail(http.StatusNotFound, "Invalid page")
		}
	}
	p.from, p.to = c.start(p.number, p.length), min(c.start(p.number+1, p.length), n)
	p.more = p.to < n
	if p.number > 1 && p.from >= n {
		return p, fail(http.StatusNotFound, "Invalid page")
	}
	return p, nil
}

// start is the place of the first item of a page.
func (c *call) start(number, length int) int {
	from := (number - 1) * length
	if c.srv.shortPages && length > 1 {
		from -= (number - 1) / 2
	}
	return from
}

// number reads the page parameter: a number, or a cursor that this server has given out.
func (c *call) number(raw string, n int) (int, bool) {
	if !c.srv.opaqueCursors {
		number, err := strconv.Atoi(raw)
		return number, err == nil && number >= 1 && number <= n+1
	}
	for number := 2; number <= n+1; number++ {
		if c.cursor(number) == raw {
			return number, true
		}
	}
	return 0, false
}

// cursor names a page in a link.
func (c *call) cursor(number int) string {
	if !c.srv.opaqueCursors {
		return strconv.Itoa(number)
	}
	sum := crc32.ChecksumIEEE(fmt.Appendf(nil, "%s page %d", c.path, number))
	return "c" + strconv.FormatUint(uint64(sum), 36)
}

// envelope makes a page of values.
func (c *call) envelope(p page, n int, values []any) object {
	s := c.srv
	doc := object{"values": values, "pagelen": p.length}
	if !c.route.paging.unsized {
		doc["size"] = n
	}
	if !s.opaqueCursors {
		doc["page"] = p.number
		if p.number > 1 {
			doc["previous"] = c.link(c.cursor(p.number - 1))
		}
	}
	if p.more && !(c.route.paging.service && s.bareVariables) {
		doc["next"] = c.link(c.cursor(p.number + 1))
	}
	for _, name := range s.omitted {
		delete(doc, name)
	}
	return doc
}

// link is the URL of another page of the list.
func (c *call) link(cursor string) string {
	return c.base + c.path + "?" + c.query.with("page", cursor)
}

// plainPath is the path without a slash at its end.
func (c *call) plainPath() string {
	return strings.TrimSuffix(c.path, "/")
}

// self is the URL of the call.
func (c *call) self() string {
	if c.req.URL.RawQuery == "" {
		return c.base + c.path
	}
	return c.base + c.path + "?" + c.req.URL.RawQuery
}

// paged answers with the page of items that the call asks for, filtered and sorted where the route does so.
func paged[T any](c *call, items []T, show func(T) object) (answer, error) {
	items, err := filtered(c, items, show)
	if err != nil {
		return answer{}, err
	}
	key := c.query.get("sort")
	if key == "" || c.route.paging.fields == nil {
		return pageOf(c, items, show)
	}
	if name := strings.TrimPrefix(key, "-"); !slices.Contains(c.route.paging.fields, name) {
		return answer{}, unsupported(name, "sorting")
	}
	docs := make([]object, len(items))
	for i, item := range items {
		docs[i] = show(item)
	}
	if err := query.Sort(docs, key); err != nil {
		return answer{}, fail(http.StatusBadRequest, err.Error())
	}
	return pageOf(c, docs, func(doc object) object { return doc })
}

// filtered keeps the items whose view satisfies q.
func filtered[T any](c *call, items []T, view func(T) object) ([]T, error) {
	q := c.query.get("q")
	if q == "" || c.route.paging.fields == nil {
		return items, nil
	}
	filter, err := query.Parse(q)
	if err != nil {
		return nil, fail(http.StatusBadRequest, err.Error())
	}
	for _, name := range filter.Fields() {
		if !slices.Contains(c.route.paging.fields, name) {
			return nil, unsupported(name, "filtering")
		}
	}
	var kept []T
	for _, item := range items {
		matches, err := filter.Match(view(item))
		if err != nil {
			return nil, fail(http.StatusBadRequest, err.Error())
		}
		if matches {
			kept = append(kept, item)
		}
	}
	return kept, nil
}

func unsupported(field, what string) *failure {
	return fail(http.StatusBadRequest, fmt.Sprintf("Field %q does not support %s", ".values."+field, what))
}

// pageOf answers with the page of items that the call asks for.
func pageOf[T any](c *call, items []T, show func(T) object) (answer, error) {
	p, err := c.page(len(items))
	if err != nil {
		return answer{}, err
	}
	values := []any{}
	for _, item := range items[p.from:max(p.from, p.to)] {
		values = append(values, show(item))
	}
	return ok(c.envelope(p, len(items), values))
}
