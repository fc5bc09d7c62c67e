package v1

import (
	"fmt"
	"net/url"
	"strings"
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
	switch id {
	case "":
		return endpoint{err: fmt.Errorf("bitbucket: %s is empty", name)}
	case ".", "..":
		return endpoint{err: fmt.Errorf("bitbucket: %s is %q, which is no name", name, id)}
	}
	for i := range len(id) {
		if id[i] < ' ' || id[i] == 0x7f {
			return endpoint{err: fmt.Errorf("bitbucket: %s %q has a control character in it", name, id)}
		}
	}
	// A plus sign is a plus sign in a path, but some servers read it as a space.
	escaped := strings.ReplaceAll(url.PathEscape(id), "+", "%2B")
	return endpoint{path: before + escaped + after}
}
