// Package query filters, sorts and trims the way Bitbucket Cloud does for the query parameters q,
// sort and fields. What q and sort read is a record, seen through a [View]; what fields trims is
// a JSON document. The work is bounded by the limits of the package: more of anything is a fault
// of the parameter.
package query

import (
	"strings"
)

// The limits of the parameters. What is longer than a URL can be in practice is refused.
const (
	MaxLength      = 16 << 10 // bytes of a parameter
	MaxComparisons = 100      // of one expression
	MaxListed      = 1000     // strings in the lists of one expression
	MaxDigits      = 1000     // of a number
	MaxTerms       = 100      // of a fields parameter
)

// A View gives the value of a record under a dotted path: a string, a bool, a number, a time.Time
// or nil. Several values under one path are a []any.
type View func(path string) any

// Filter is a parsed q expression. It may be used by several goroutines at once.
type Filter struct {
	root   node
	fields []string
}

// Match reports whether the expression holds for a record. A field that it lacks counts as null.
// A field whose value cannot be compared with the one in the expression gives a *ValueError. It
// asks the view at most once for each comparison.
func (f *Filter) Match(record View) (bool, error) {
	return f.root.match(record)
}

// Fields lists the field paths of the expression, each once, in the order in which they first
// appear.
func (f *Filter) Fields() []string { return f.fields }

// Strings lists the strings that the expression compares a field with, in their order, without
// quotes and escapes.
func (f *Filter) Strings(field string) []string {
	return f.root.strings(field, nil)
}

type node interface {
	match(record View) (bool, error)
	strings(field string, seen []string) []string
}

// logic joins its terms: with all every one must match, otherwise one is enough.
type logic struct {
	all   bool
	terms []node
}

func (l *logic) match(record View) (bool, error) {
	for _, term := range l.terms {
		ok, err := term.match(record)
		if err != nil {
			return false, err
		}
		if ok != l.all {
			return ok, nil
		}
	}
	return l.all, nil
}

func (l *logic) strings(field string, seen []string) []string {
	for _, term := range l.terms {
		seen = term.strings(field, seen)
	}
	return seen
}

type operator int

const (
	equal operator = iota
	contains
	greater
	greaterOrEqual
	less
	lessOrEqual
	in
)

// comparison holds when the field has a value for which op holds with one of the literals;
// negated turns it round.
type comparison struct {
	field    string
	op       operator
	negated  bool
	literals []literal
	listed   map[string]bool // the strings of an IN, which are looked up and not compared
}

func (c *comparison) strings(field string, seen []string) []string {
	if c.field != field {
		return seen
	}
	for _, lit := range c.literals {
		if lit.kind == stringKind {
			seen = append(seen, lit.text)
		}
	}
	return seen
}

func (c *comparison) match(record View) (bool, error) {
	for _, value := range values(record(c.field)) {
		if text, is := value.(string); is && c.listed != nil && c.listed[text] {
			return !c.negated, nil
		}
		for _, lit := range c.literals {
			if lit.kind == stringKind && c.listed != nil {
				if _, is := value.(string); is || value == nil {
					continue // it is not in the list
				}
			}
			ok, err := c.holds(value, lit)
			if err != nil {
				return false, err
			}
			if ok {
				return !c.negated, nil
			}
		}
	}
	return c.negated, nil
}

// values are the values that a view gave. There is always one at least.
func values(value any) []any {
	several, is := value.([]any)
	if !is {
		return []any{value}
	}
	if len(several) == 0 {
		return []any{nil}
	}
	return several
}

func (c *comparison) holds(value any, lit literal) (bool, error) {
	if value == nil || lit.kind == nullKind {
		return (c.op == equal || c.op == in) && value == nil && lit.kind == nullKind, nil
	}
	if c.op == contains {
		text, ok := value.(string)
		if !ok {
			return false, &ValueError{c.field, "is " + kindOf(value) + " and cannot contain text"}
		}
		return strings.Contains(strings.ToLower(text), lit.lower), nil
	}
	if c.op == equal || c.op == in {
		order, err := compareLiteral(c.field, value, lit)
		return order == 0, err
	}
	order, err := orderLiteral(c.field, value, lit)
	if err != nil || order == unordered {
		return false, err
	}
	switch c.op {
	case greater:
		return order > 0, nil
	case greaterOrEqual:
		return order >= 0, nil
	case less:
		return order < 0, nil
	default:
		return order <= 0, nil
	}
}
