package bitbuckettest

import (
	"net/url"
	"strings"
)

// params are the query parameters in the order they came, decoded.
type params []param

type param struct{ key, value string }

// parseQuery reads a query string more leniently than net/url: only & separates, and quotes,
// braces and semicolons may stand in it as they are.
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

// get is the first value of a parameter, or "".
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
	return p.without(key) + key + "=" + url.QueryEscape(value)
}

// without encodes the parameters but for one, each with & after it.
func (p params) without(key string) string {
	var out strings.Builder
	for _, x := range p {
		if x.key != key {
			out.WriteString(url.QueryEscape(x.key) + "=" + url.QueryEscape(x.value) + "&")
		}
	}
	return out.String()
}

// firstSegment is the beginning of a path.
func firstSegment(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return first
}
