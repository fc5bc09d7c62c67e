package bitbucket

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/seed-9213fc64/bitbucket/internal/segment"
	"github.com/seed-9213fc64/bitbucket/internal/wire"
)

// An endpoint is where a call goes. Only [at], its method under, and [raw] make one, so every
// identifier in a path is checked and escaped.
type endpoint struct {
	pattern string // as documented: /2.0/users/{selected_user}; empty for Do
	path    string // escaped, from the host's root; may hold a query for Do
	link    string // a whole URL, followed as given, when there is no path
	err     error
}

// at fills the parameters of a path pattern with identifiers, in order. An
// identifier is one segment: it is escaped whole. An empty one, "." and ".."
// would name another endpoint, and a control character is never part of one: they
// are errors that come back before anything is sent.
func at(pattern string, ids ...string) endpoint {
	return endpoint{}.under(pattern, ids...)
}

// under extends an endpoint by a pattern of the same kind.
func (e endpoint) under(pattern string, ids ...string) endpoint {
	if e.err != nil {
		return e
	}
	e.pattern += pattern
	var path strings.Builder
	path.Grow(len(e.path) + len(pattern) + 40*len(ids))
	path.WriteString(e.path)
	for {
		before, rest, found := strings.Cut(pattern, "{")
		path.WriteString(before)
		if !found {
			break
		}
		var name string
		name, pattern, _ = strings.Cut(rest, "}")
		if len(ids) == 0 {
			e.err = fmt.Errorf("bitbucket: %s: no value for %s", e.pattern, name)
			return e
		}
		id := ids[0]
		if isBareUUID(id) && takesUUID(name) {
			id = "{" + id + "}"
		}
		escaped, err := segment.Escape(name, id)
		if err != nil {
			e.err = err
			return e
		}
		path.WriteString(escaped)
		ids = ids[1:]
	}
	e.path = path.String()
	return e
}

// takesUUID reports whether a parameter is a UUID or something that does not look
// like one. The slug of a repository, and names that users choose, may look so; the slug of a
// group that an organization has is a UUID without braces.
func takesUUID(name string) bool {
	switch name {
	case "selected_user", "selected_user_id", "workspace", "member", "variable_uuid",
		"environment_uuid", "key_id":
		return true
	}
	return false
}

// raw is the endpoint of [Client.Do]: a path that the caller has escaped, or a link.
func raw(path string) endpoint {
	if strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") {
		return endpoint{path: path}
	}
	return endpoint{link: path}
}

// on returns the whole URL of an endpoint.
func (e endpoint) on(base wire.Origin) (*url.URL, error) {
	switch {
	case e.err != nil:
		return nil, e.err
	case e.path != "":
		return base.At(e.path)
	}
	return base.Follow(e.link)
}
