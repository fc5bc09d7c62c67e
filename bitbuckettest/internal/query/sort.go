package query

import (
	"fmt"
	"slices"
	"strings"
)

// Sort orders docs by one key, a dotted path; with a leading - from the greatest to the least. Documents that are equal
// under the key keep their order, and those without a value come last either way. Permissions sort by what they allow,
// times by when they are, other strings byte by byte. When an error comes back, docs is as it was: a *SyntaxError when key
// is no path, a *ValueError when the values under it have no order.
func Sort(docs []map[string]any, key string) error {
	path, descending := strings.CutPrefix(key, "-")
	if !isPath(path) {
		return &SyntaxError{0, fmt.Sprintf("%q is not a field", path)}
	}
	var failed error
	sorted := slices.Clone(docs)
	slices.SortStableFunc(sorted, func(a, b map[string]any) int {
		x, y := lookup(a, path)[0], lookup(b, path)[0]
		if x == nil || y == nil {
			return compareBool(x == nil, y == nil)
		}
		order, err := compareValues(path, x, y)
		if err != nil && failed == nil {
			failed = err
		}
		if descending {
			return -order
		}
		return order
	})
	if failed != nil {
		return failed
	}
	copy(docs, sorted)
	return nil
}
