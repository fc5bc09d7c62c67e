package query

import (
	"fmt"
	"slices"
	"strings"
)

// Fields is a parsed fields parameter.
//
// Terms are separated by commas: a bare path keeps only what is named so, -path leaves a part
// out, +path puts a part back, and * stands for any one name. Where several terms reach a value,
// the one with the longest path decides, then the one with fewer wildcards, and what keeps a
// value wins over what drops it. Paths go through lists.
type Fields struct{ terms []fieldTerm }

// ParseFields reads a fields parameter. A fault in it gives a *SyntaxError.
func ParseFields(fields string) (Fields, error) {
	terms, err := parseFields(fields)
	return Fields{terms}, err
}

// Empty reports whether nothing is asked for.
func (f Fields) Empty() bool { return len(f.terms) == 0 }

// Trim gives the part of doc that the parameter asks for, as a deep copy.
func (f Fields) Trim(doc map[string]any) map[string]any {
	t := trimmer{terms: f.terms}
	for _, term := range f.terms {
		t.onlyThese = t.onlyThese || term.sign == 0
	}
	return t.object(doc, nil)
}

// Wants reports whether the parameter asks for a path that answers leave out by default: it is
// named in full, with or without +, possibly with wildcards or with more path after it.
func (f Fields) Wants(path string) bool {
	terms := f.terms
	if len(terms) == 0 {
		return false
	}
	names := strings.Split(path, ".")
	for _, term := range terms {
		if term.sign != '-' && len(term.names) >= len(names) && term.meets(names) {
			return true
		}
	}
	return false
}

// fieldTerm is one term of a fields parameter. The sign is '+', '-' or 0.
type fieldTerm struct {
	sign  byte
	names []string
}

// meets reports whether the term and the path agree as far as the shorter one goes.
func (t fieldTerm) meets(path []string) bool {
	for i := range min(len(t.names), len(path)) {
		if t.names[i] != "*" && t.names[i] != path[i] {
			return false
		}
	}
	return true
}

func (t fieldTerm) wildcards() int {
	n := 0
	for _, name := range t.names {
		if name == "*" {
			n++
		}
	}
	return n
}

// outranks reports whether the term decides rather than other, when both cover a value.
func (t fieldTerm) outranks(other fieldTerm) bool {
	if len(t.names) != len(other.names) {
		return len(t.names) > len(other.names)
	}
	if t.wildcards() != other.wildcards() {
		return t.wildcards() < other.wildcards()
	}
	return t.sign != '-'
}

func parseFields(fields string) ([]fieldTerm, error) {
	if fields == "" {
		return nil, nil
	}
	if len(fields) > MaxLength || strings.Count(fields, ",") >= MaxTerms {
		return nil, &SyntaxError{0, fmt.Sprintf("there are more than %d terms or %d bytes", MaxTerms,
			MaxLength)}
	}
	var terms []fieldTerm
	offset := 0
	for text := range strings.SplitSeq(fields, ",") {
		var term fieldTerm
		path := text
		if strings.HasPrefix(path, "+") || strings.HasPrefix(path, "-") {
			term.sign, path = path[0], path[1:]
		}
		if strings.HasPrefix(path, " ") {
			return nil, &SyntaxError{offset, "a term begins with a space (in a URL a + is written %2B)"}
		}
		term.names = strings.Split(path, ".")
		for _, name := range term.names {
			if !isFieldName(name) {
				return nil, &SyntaxError{offset, fmt.Sprintf("%q is not a path of fields", text)}
			}
		}
		terms = append(terms, term)
		offset += len(text) + len(",")
	}
	return terms, nil
}

func isFieldName(name string) bool {
	if name == "*" {
		return true
	}
	for i := range len(name) {
		if c := name[i]; !isLetter(c) && !isDigit(c) && c != '-' {
			return false
		}
	}
	return name != ""
}

type trimmer struct {
	terms     []fieldTerm
	onlyThese bool
}

func (t *trimmer) object(object map[string]any, path []string) map[string]any {
	kept := make(map[string]any, len(object))
	for name, value := range object {
		below := append(slices.Clip(path), name)
		if value, ok := t.value(value, below); ok {
			kept[name] = value
		}
	}
	return kept
}

// value copies what is to be kept of the value at path, and reports whether anything is.
func (t *trimmer) value(value any, path []string) (any, bool) {
	keep := t.keeps(path)
	if !keep && !t.keepsBelow(path) {
		return nil, false
	}
	switch value := value.(type) {
	case map[string]any:
		return t.object(value, path), true
	case []map[string]any:
		kept := make([]map[string]any, len(value))
		for i, item := range value {
			kept[i] = t.object(item, path)
		}
		return kept, true
	case []any:
		kept := make([]any, 0, len(value))
		for _, item := range value {
			if item, ok := t.value(item, path); ok {
				kept = append(kept, item)
			}
		}
		return kept, true
	default:
		return value, keep
	}
}

// keeps reports whether the value at path stays as a whole.
func (t *trimmer) keeps(path []string) bool {
	var decides *fieldTerm
	for i := range t.terms {
		term := &t.terms[i]
		if len(term.names) <= len(path) && term.meets(path) &&
			(decides == nil || term.outranks(*decides)) {
			decides = term
		}
	}
	if decides == nil {
		return !t.onlyThese
	}
	return decides.sign != '-'
}

// keepsBelow reports whether a term asks for something inside of the value at path.
func (t *trimmer) keepsBelow(path []string) bool {
	for _, term := range t.terms {
		if term.sign != '-' && len(term.names) > len(path) && term.meets(path) {
			return true
		}
	}
	return false
}
