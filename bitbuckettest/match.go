package bitbuckettest

import (
	"net/http"
	"strings"
)

// A Match picks requests. The request it sees has its whole body.
type Match func(*http.Request) bool

// Any picks every request, those for tokens included.
func Any(*http.Request) bool { return true }

// On picks requests by method and path, such as "GET" and "/2.0/user"; an empty method is any. A
// path that ends in * picks every path that begins so. Paths are compared unescaped.
func On(method, path string) Match {
	begin, open := strings.CutSuffix(path, "*")
	return func(r *http.Request) bool {
		if method != "" && r.Method != method {
			return false
		}
		return r.URL.Path == path || open && strings.HasPrefix(r.URL.Path, begin)
	}
}

// OnPage picks the calls of a match that ask for a page by this cursor, the first page being "".
func OnPage(match Match, cursor string) Match {
	return func(r *http.Request) bool {
		return match(r) && parseQuery(r.URL.RawQuery).get("page") == cursor
	}
}
