package v1

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// The types of this package read and write themselves by a table of their members,
// which keeps what encoding/json would lose: whether a member was missing, null or
// zero, and what it was when the type has no place for it.

// maxNesting bounds how deep repositories lie in one another, as forks of forks.
const maxNesting = 100

// errNesting is an object that lies deeper.
var errNesting = fmt.Errorf("objects nested more than %d deep", maxNesting)

// errNull is null where each element should be something.
var errNull = errors.New("an element is null")

// layout is what an object is made of.
type layout struct {
	extra  *map[string]json.RawMessage
	forms  *[]form // of the fields, in their order; nil for an object made by hand
	fields []field
}

// field is a member and the place of its value.
type field struct {
	name string
	at   slot
}

// form is what a field with the zero value was sent as.
type form uint8

const (
	missing form = iota
	null
	zero  // the zero value itself: "", 0, false
	empty // {}, where the 1.0 API means null
)

// slot is the place of a value.
type slot interface {
	read(value []byte, depth int) (form, error)
	write() (value any, isZero bool)
}

// readObject reads an object into the fields of a zero value.
func readObject(data []byte, l layout, depth int) error {
	if string(data) == "null" {
		return nil
	}
	if depth > maxNesting {
		return errNesting
	}
	var sent map[string]json.RawMessage
	if err := json.Unmarshal(data, &sent); err != nil {
		return err
	}
	forms := make([]form, len(l.fields))
	for i, f := range l.fields {
		value, found := sent[f.name]
		if !found {
			continue
		}
		var err error
		if forms[i] = null; string(value) != "null" {
			forms[i], err = f.at.read(value, depth)
		}
		switch {
		case errors.Is(err, errNesting):
			return err
		case err != nil: // it stays among those that no field holds
			forms[i] = missing
		default:
			delete(sent, f.name)
		}
	}
	*l.forms = forms
	if len(sent) > 0 {
		*l.extra = sent
	}
	return nil
}

// writeObject writes an object as it was sent, with what was changed since.
func writeObject(l layout) ([]byte, error) {
	out := []byte{'{'}
	add := func(name string, value any) error {
		key, err := json.Marshal(name)
		if err != nil {
			return err
		}
		text, err := json.Marshal(value)
		if err != nil {
			return err
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(out, key...), ':'), text...)
		return nil
	}
	known := make(map[string]bool, len(l.fields))
	for i, f := range l.fields {
		value, isZero := f.at.write()
		if isZero {
			switch l.form(i) {
			case missing:
				continue
			case null:
				value = nil
			case empty:
				value = struct{}{}
			}
		}
		known[f.name] = true
		if err := add(f.name, value); err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(*l.extra)) {
		if known[name] {
			continue
		}
		if err := add(name, (*l.extra)[name]); err != nil {
			return nil, err
		}
	}
	return append(out, '}'), nil
}

func (l layout) form(i int) form {
	if i < len(*l.forms) {
		return (*l.forms)[i]
	}
	return missing
}

// val is the slot of a text, a number, a flag, a date, or a pointer to one.
func val[T comparable](p *T) slot { return valueSlot[T]{p} }

type valueSlot[T comparable] struct{ p *T }

func (s valueSlot[T]) read(value []byte, _ int) (form, error) {
	var v T
	if err := json.Unmarshal(value, &v); err != nil {
		return missing, err
	}
	*s.p = v
	return zero, nil
}

func (s valueSlot[T]) write() (any, bool) {
	var none T
	return *s.p, *s.p == none
}

// dict is the slot of an object whose keys are data.
func dict[T any](p *map[string]T) slot { return dictSlot[T]{p} }

type dictSlot[T any] struct{ p *map[string]T }

func (s dictSlot[T]) read(value []byte, _ int) (form, error) {
	var sent map[string]*T
	if err := json.Unmarshal(value, &sent); err != nil {
		return missing, err
	}
	v := make(map[string]T, len(sent))
	for key, item := range sent {
		if item == nil {
			return missing, errNull
		}
		v[key] = *item
	}
	*s.p = v
	return zero, nil
}

func (s dictSlot[T]) write() (any, bool) { return *s.p, *s.p == nil }

// A shaped type has a table of its members.
type shaped[T any] interface {
	*T
	layout() layout
}

// one is the slot of another object. An empty one means that there is none.
func one[T any, P shaped[T]](p **T) slot { return oneSlot[T, P]{p} }

type oneSlot[T any, P shaped[T]] struct{ p **T }

func (s oneSlot[T, P]) read(value []byte, depth int) (form, error) {
	if string(value) == "{}" {
		return empty, nil
	}
	v := new(T)
	if err := readObject(value, P(v).layout(), depth+1); err != nil {
		return missing, err
	}
	*s.p = v
	return zero, nil
}

func (s oneSlot[T, P]) write() (any, bool) { return *s.p, *s.p == nil }

// many is the slot of an array of objects.
func many[T any, P shaped[T]](p *[]T) slot { return manySlot[T, P]{p} }

type manySlot[T any, P shaped[T]] struct{ p *[]T }

func (s manySlot[T, P]) read(value []byte, depth int) (form, error) {
	var sent []json.RawMessage
	if err := json.Unmarshal(value, &sent); err != nil {
		return missing, err
	}
	v := make([]T, len(sent))
	for i, item := range sent {
		if string(item) == "null" {
			return missing, errNull
		}
		if err := readObject(item, P(&v[i]).layout(), depth+1); err != nil {
			return missing, err
		}
	}
	*s.p = v
	return zero, nil
}

func (s manySlot[T, P]) write() (any, bool) { return *s.p, *s.p == nil }
