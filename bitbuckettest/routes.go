package bitbuckettest

import (
	"net/url"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket/internal/operations"
)

// serve makes the route of an operation that has a method in the library, such as
// "Users.Current". What it needs is said in the table of operations.
func serve(method string, handle handler, pages ...paging) *route {
	for _, op := range operations.All() {
		if op.Call == method {
			return newRoute(op, handle, pages)
		}
	}
	panic("bitbuckettest: the table of operations has no " + method)
}

// at makes the route of an operation that has no method.
func at(method, pattern string, handle handler, pages ...paging) *route {
	op, there := operations.Find(method, pattern)
	if !there {
		panic("bitbuckettest: the table of operations has no " + method + " " + pattern)
	}
	return newRoute(op, handle, pages)
}

func newRoute(op operations.Operation, handle handler, pages []paging) *route {
	r := &route{Operation: op, handle: handle}
	r.segments, _ = split(op.Pattern)
	if len(pages) > 0 {
		r.paging = pages[0]
	}
	return r
}

// split cuts a path into its segments, unescaped. Slashes at its ends do not matter.
func split(path string) ([]string, error) {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	for i, segment := range segments {
		plain, err := url.PathUnescape(segment)
		if err != nil {
			return nil, err
		}
		segments[i] = plain
	}
	return segments, nil
}

// match compares a path with the pattern. A parameter takes one segment that is not empty.
func (r *route) match(segments []string) bool {
	if len(segments) != len(r.segments) {
		return false
	}
	for i, want := range r.segments {
		if want != segments[i] && (segments[i] == "" || !strings.HasPrefix(want, "{")) {
			return false
		}
	}
	return true
}

// vars are the parameters of a path that matches.
func (r *route) vars(segments []string) map[string]string {
	vars := map[string]string{}
	for i, want := range r.segments {
		if name, is := strings.CutPrefix(want, "{"); is {
			vars[strings.TrimSuffix(name, "}")] = segments[i]
		}
	}
	return vars
}

// find returns the route of a method and a path, or else the methods that the path has. Of two
// routes that match the same path, the first one counts.
func find(routes []*route, method string, segments []string) (*route, []string) {
	var allowed []string
	for _, r := range routes {
		if !r.match(segments) {
			continue
		}
		if r.Method == method {
			return r, nil
		}
		allowed = append(allowed, r.Method)
	}
	slices.Sort(allowed)
	return nil, slices.Compact(allowed)
}
