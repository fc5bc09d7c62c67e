// Package query filters, sorts and trims JSON documents the way Bitbucket Cloud does for the query parameters q, sort
// and fields. A document is a map[string]any as encoding/json builds it; int, int64 and json.Number are numbers too, and
// a list may be []any or []map[string]any.
package query

import (
	"fmt"
	"slices"
	"strings"
)

// Filter is a parsed q expression. It may be used by several goroutines at once.
type Filter struct {
	root node
}

// Parse reads a q expression. A fault in it gives a *SyntaxError.
func Parse(q string) (*Filter, error) {
	p := parser{lex: lexer{text: q}}
	root, err := p.parse()
	if err != nil {
		return nil, err
	}
	return &Filter{root: root}, nil
}

// Match reports whether the expression holds for doc. A field that doc lacks counts as null. A field whose value cannot
// be compared with the one in the expression gives a *ValueError.
func (f *Filter) Match(doc map[string]any) (bool, error) {
	return f.root.match(doc)
}

// Fields lists the field paths of the expression, each once, in the order in which they first appear.
func (f *Filter) Fields() []string {
	return f.root.fields(nil)
}

// Strings lists the strings that the expression compares a field with, in their order, without quotes and escapes.
func (f *Filter) Strings(field string) []string {
	return f.root.strings(field, nil)
}

// ValueError says that a document's field cannot be compared or ordered as asked.
type ValueError struct {
	Field   string
	Message string
}

// Error gives the field and what is wrong in one line.
func (e *ValueError) Error() string {
	return fmt.Sprintf("field %q %s", e.Field, e.Message)
}

type node interface {
	match(doc map[string]any) (bool, error)
	fields(seen []string) []string
	strings(field string, seen []string) []string
}

// logic joins its terms: with all every one must match, otherwise one is enough.
type logic struct {
	all   bool
	terms []node
}

func (l *logic) match(doc map[string]any) (bool, error) {
	for _, term := range l.terms {
		ok, err := term.match(doc)
		if err != nil {
			return false, err
		}
		if ok != l.all {
			return ok, nil
		}
	}
	return l.all, nil
}

func (l *logic) fields(seen []string) []string {
	for _, term := range l.terms {
		seen = term.fields(seen)
	}
	return seen
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

// comparison holds when the field has a value for which op holds with one of the literals; negated turns it round.
type comparison struct {
	field    string
	op       operator
	negated  bool
	literals []literal
}

func (c *comparison) fields(seen []string) []string {
	if slices.Contains(seen, c.field) {
		return seen
	}
	return append(seen, c.field)
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

func (c *comparison) match(doc map[string]any) (bool, error) {
	for _, value := range lookup(doc, c.field) {
		for _, lit := range c.literals {
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

func (c *comparison) holds(value any, lit literal) (bool, error) {
	if value == nil || lit.kind == nullKind {
		return (c.op == equal || c.op == in) && value == nil && lit.kind == nullKind, nil
	}
	if c.op == contains {
		text, ok := value.(string)
		if !ok {
			return false, &ValueError{c.field, "is " + kindOf(value) + " and cannot contain text"}
		}
		return strings.Contains(strings.ToLower(text), strings.ToLower(lit.text)), nil
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

// lookup collects what doc holds under a dotted path, going through lists. There is always one value at least: nil
// stands for a field that is missing, null or an empty list.
func lookup(doc map[string]any, path string) []any {
	found := []any{doc}
	for _, name := range strings.Split(path, ".") {
		var next []any
		for _, value := range found {
			if object, ok := value.(map[string]any); ok {
				next = appendValues(next, object[name])
			}
		}
		found = next
	}
	if len(found) == 0 {
		return []any{nil}
	}
	return found
}

func appendValues(values []any, value any) []any {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			values = appendValues(values, item)
		}
		return values
	case []map[string]any:
		for _, item := range value {
			values = append(values, item)
		}
		return values
	default:
		return append(values, value)
	}
}
