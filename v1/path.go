package v1

import (
	"fmt"
	"strings"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/internal/segment"
)

// An endpoint is where a call goes. Only [at] and [inWorkspace] make one, so every name in a path
// is checked and escaped.
type endpoint struct {
	path string
	err  error
}

// at fills the parameters of a path pattern with names, in order. A name is one segment, escaped
// whole. An empty one, "." and ".." would name another endpoint, and a control character is never
// part of a name: they are errors that come back before anything is sent.
func at(pattern string, names ...string) endpoint {
	var path strings.Builder
	for _, name := range names {
		before, rest, _ := strings.Cut(pattern, "{")
		parameter, after, _ := strings.Cut(rest, "}")
		escaped, err := segment.Escape(parameter, name)
		if err != nil {
			return endpoint{err: err}
		}
		path.WriteString(before + escaped)
		pattern = after
	}
	return endpoint{path: path.String() + pattern}
}

// inWorkspace is [at] with a workspace first. What is left of the 1.0 API knows workspaces by their
// slugs only, and answers 403 or 405 to a UUID, which says nothing of why: so it is refused here.
func inWorkspace(pattern, slug string, names ...string) endpoint {
	if id, err := bitbucket.ParseUUID(slug); err == nil {
		return endpoint{err: fmt.Errorf("%w: workspace_slug is the UUID %s, and the 1.0 API knows "+
			"workspaces by their slugs only: take the Slug that Workspaces.Get of package bitbucket "+
			"returns", bitbucket.ErrBadRequest, id)}
	}
	return at(pattern, append([]string{slug}, names...)...)
}
