package store

import (
	"slices"
	"strings"
)

// An index keeps records in the order in which they came, and finds each by any of its keys. Keys
// that are UUIDs or slugs are compared without case.
type index[V comparable] struct {
	all   []V
	byKey map[string]V
}

// add puts a record at the end.
func (x *index[V]) add(v V, keys ...string) {
	if x.byKey == nil {
		x.byKey = map[string]V{}
	}
	x.all = append(x.all, v)
	for _, key := range keys {
		x.byKey[strings.ToLower(key)] = v
	}
}

// find returns the record with a key, or the zero value.
func (x *index[V]) find(key string) V { return x.byKey[strings.ToLower(key)] }

// remove takes a record and its keys out.
func (x *index[V]) remove(v V, keys ...string) {
	x.all = slices.DeleteFunc(slices.Clone(x.all), func(other V) bool { return other == v })
	for _, key := range keys {
		delete(x.byKey, strings.ToLower(key))
	}
}

// isUUID reports whether an identifier is meant as a UUID, which has braces in paths.
func isUUID(id string) bool { return strings.HasPrefix(id, "{") }
