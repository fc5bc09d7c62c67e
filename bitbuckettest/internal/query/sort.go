package query

import (
	"fmt"
	"slices"
	"strings"
)

// Sort orders records by one key, a dotted path; with a leading - from the greatest to the least.
// Records that are equal under the key keep their order, and those without a value come last
// either way. Permissions sort by what they allow, times by when they are, other strings byte by
// byte. The records given stay as they are. It fails with a *SyntaxError when the key is no path,
// and with a *ValueError when the values under it have no order.
func Sort[T any](records []T, key string, view func(T) View) ([]T, error) {
	path, descending := strings.CutPrefix(key, "-")
	if len(path) > MaxLength || !isPath(path) {
		return nil, &SyntaxError{0, fmt.Sprintf("%.100q is not a field", path)}
	}
	type keyed struct {
		record T
		value  any
	}
	all := make([]keyed, len(records))
	for i, record := range records {
		all[i] = keyed{record, values(view(record)(path))[0]}
	}
	var failed error
	slices.SortStableFunc(all, func(a, b keyed) int {
		if a.value == nil || b.value == nil {
			return compareBool(a.value == nil, b.value == nil)
		}
		order, err := compareValues(path, a.value, b.value)
		if err != nil && failed == nil {
			failed = err
		}
		if descending {
			return -order
		}
		return order
	})
	if failed != nil {
		return nil, failed
	}
	sorted := make([]T, len(all))
	for i := range all {
		sorted[i] = all[i].record
	}
	return sorted, nil
}
