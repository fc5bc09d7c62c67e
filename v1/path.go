package v1

import (
	"strings"

	"github.com/seed-9213fc64/bitbucket/internal/segment"
)

// An endpoint is where a call goes. Only [at] makes one, so every name in a path
// is checked and escaped.
type endpoint struct {
	path string
	err  error
}

// at fills the one parameter of a path pattern. The value is one segment, escaped
// whole. An empty one, "." and ".." would name another endpoint, and a control
// character is never part of a name: they are errors that come back before
// anything is sent.
func at(pattern, id string) endpoint {
	before, rest, _ := strings.Cut(pattern, "{")
	name, after, _ := strings.Cut(rest, "}")
	escaped, err := segment.Escape(name, id)
	if err != nil {
		return endpoint{err: err}
	}
	return endpoint{path: before + escaped + after}
}
