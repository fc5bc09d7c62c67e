package bitbucket

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/seed-9213fc64/bitbucket/internal/segment"
)

// An endpoint is where a call goes. Only [at], its method under, and
// [Client.raw] make one, so every identifier in a path is checked and escaped.
type endpoint struct {
	pattern string   // as documented: /2.0/users/{selected_user}; empty for Do
	path    string   // escaped, from the host's root; may hold a query for Do
	url     *url.URL // a link, followed as given; then path is empty
	guessed bool     // by number, since the server sent no link
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
// like one. The slug of a repository, and names that users choose, may look so.
func takesUUID(name string) bool {
	switch name {
	case "selected_user", "selected_user_id", "workspace", "member", "variable_uuid", "key_id":
		return true
	}
	return false
}

// raw is the endpoint of [Client.Do]: a path the caller has escaped, or a link.
func (c *Client) raw(path string) endpoint {
	if strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") {
		return endpoint{path: path}
	}
	return c.link(path)
}

// link is the endpoint of a whole URL that an answer or the caller gave. It is
// followed as given, but only to where credentials may go.
func (c *Client) link(raw string) endpoint {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return endpoint{err: errors.New("bitbucket: this is neither a path from the host's root (/2.0/…) nor a URL")}
	}
	if !c.base.holds(u) || u.User != nil {
		return endpoint{err: fmt.Errorf("%w: a link leads to %s, the client is configured for %s", ErrForeignOrigin, originOf(u), c.base)}
	}
	u.Fragment, u.RawFragment = "", ""
	u.RawQuery = strings.ReplaceAll(u.RawQuery, " ", "%20") // a space would end the request line
	return endpoint{url: u}
}

// resolve makes the whole URL of an endpoint.
func (c *Client) resolve(e endpoint) (*url.URL, error) {
	if e.err != nil {
		return nil, e.err
	}
	if e.url != nil {
		u := *e.url
		return &u, nil
	}
	u, err := url.Parse(c.base.String() + e.path)
	if err != nil {
		return nil, errors.New("bitbucket: the path cannot be read: escape each segment")
	}
	return u, nil
}

// absolute is an endpoint with its whole URL.
func (c *Client) absolute(e endpoint) (endpoint, error) {
	u, err := c.resolve(e)
	e.url, e.path = u, ""
	return e, err
}

// originOf names scheme, host and port of a URL.
func originOf(u *url.URL) string { return u.Scheme + "://" + u.Host }
