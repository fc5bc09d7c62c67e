package jsonscan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// An Unread is a member that cannot be read.
type Unread struct {
	Member string // its path: user.created_on
	Value  json.RawMessage
}

const (
	// maxUnread is how many members of one object may be unread.
	maxUnread = 20
	// maxMended is the size from which on an object is not mended, and maxMendDepth how deep it is
	// looked for what cannot be read: trying costs time and memory.
	maxMended    = 1 << 20
	maxMendDepth = 8
)

// Mend returns an object with null in place of the members that cannot be read, and those members.
// fits reports whether an object can be read. A member that is called like one of the vital ones
// must be readable: anything else is an error.
//
// The members are tried one by one, which is slow and seldom needed.
func Mend(object []byte, vital []string, fits func(object []byte) bool) ([]byte, []Unread, error) {
	if len(object) > maxMended {
		return nil, nil, errors.New("it is too large to be read in part")
	}
	m := mender{fits: fits, vital: vital}
	mended, err := m.mend(object, "", func(value []byte) []byte { return value })
	return mended, m.unread, err
}

type mender struct {
	depth  int
	fits   func(object []byte) bool
	vital  []string
	unread []Unread
}

// mend returns the value with null in place of what cannot be read. whole makes the object of a
// value at this place that nothing else is in.
func (m *mender) mend(value []byte, path string, whole func([]byte) []byte) ([]byte, error) {
	if m.fits(whole(value)) {
		return value, nil
	}
	before := len(m.unread)
	var mended []byte
	var err error
	m.depth++
	switch c := At(value); {
	case m.depth > maxMendDepth:
	case c.Kind() == '{':
		mended, err = m.members(c, path, whole)
	case c.Kind() == '[':
		mended, err = m.elements(c, path, whole)
	}
	m.depth--
	if err != nil || mended != nil && m.fits(whole(mended)) {
		return mended, err
	}
	m.unread = append(m.unread[:before], Unread{path, bytes.Clone(value)})
	if len(m.unread) > maxUnread {
		return nil, fmt.Errorf("more than %d of its members cannot be read, %s among them", maxUnread, path)
	}
	return []byte("null"), nil
}

func (m *mender) members(c *Cursor, path string, whole func([]byte) []byte) ([]byte, error) {
	mended := []byte{'{'}
	for key := range c.Members() {
		name, err := json.Marshal(string(key))
		if err != nil {
			return nil, err
		}
		name = append(name, ':')
		at, value, before := join(path, string(key)), c.Value(), len(m.unread)
		value, err = m.mend(value, at, func(value []byte) []byte {
			return whole(slices.Concat([]byte{'{'}, name, value, []byte{'}'}))
		})
		if err != nil {
			return nil, err
		}
		itself := func(u Unread) bool { return u.Member == at } // and not something in it
		if slices.Contains(m.vital, string(key)) && slices.ContainsFunc(m.unread[before:], itself) {
			return nil, fmt.Errorf("its %s cannot be read", at)
		}
		mended = append(append(append(mended, name...), value...), ',')
	}
	return append(bytes.TrimSuffix(mended, []byte{','}), '}'), nil
}

func (m *mender) elements(c *Cursor, path string, whole func([]byte) []byte) ([]byte, error) {
	mended := []byte{'['}
	for range c.Elements() {
		value, err := m.mend(c.Value(), path, func(value []byte) []byte {
			return whole(slices.Concat([]byte{'['}, value, []byte{']'}))
		})
		if err != nil {
			return nil, err
		}
		mended = append(append(mended, value...), ',')
	}
	return append(bytes.TrimSuffix(mended, []byte{','}), ']'), nil
}

func join(path, member string) string {
	if path == "" {
		return member
	}
	return path + "." + member
}
