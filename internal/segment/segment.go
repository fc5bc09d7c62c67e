// Package segment makes one segment of a URL's path out of an identifier.
package segment

import (
	"fmt"
	"net/url"
	"strings"
)

// Escape checks and escapes an identifier. An empty one, "." and ".." would name
// another endpoint, and a control character is never part of one: they are errors,
// which call the identifier by name.
func Escape(name, id string) (string, error) {
	switch id {
	case "":
		return "", fmt.Errorf("bitbucket: %s is empty", name)
	case ".", "..":
		return "", fmt.Errorf("bitbucket: %s is %q, which is no identifier", name, id)
	}
	for i := range len(id) {
		if id[i] < ' ' || id[i] == 0x7f {
			return "", fmt.Errorf("bitbucket: %s %q has a control character in it", name, id)
		}
	}
	// A plus sign is a plus sign in a path, but some servers read it as a space.
	return strings.ReplaceAll(url.PathEscape(id), "+", "%2B"), nil
}
