// Package strict reads YAML that decides about access. What YAML decoders forgive (a key written
// twice, a key that nobody knows, a value that was forgotten, a second document) is a mistake here,
// told with its line and with what to write instead.
package strict

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// A Mistake is something wrong at a line.
type Mistake struct {
	Line int
	Text string
}

func (m Mistake) Error() string { return fmt.Sprintf("line %d: %s", m.Line, m.Text) }

// Mistakes are all that is wrong with a file, in the order of its lines.
type Mistakes []Mistake

func (m Mistakes) Error() string {
	var lines []string
	for _, one := range m {
		lines = append(lines, one.Error())
	}
	return strings.Join(lines, "\n")
}

// A File is a document that is being read. Its methods note mistakes and go on.
type File struct {
	root     *yaml.Node
	mistakes Mistakes
}

// Open parses a file of one document that is a mapping.
func Open(data []byte) (*File, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, second yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, Mistakes{{1, "the file is empty; it begins with version: 1"}}
	case err != nil:
		return nil, errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		return nil, Mistakes{{second.Line, "a second document begins; leave one in the file"}}
	case !errors.Is(err, io.EOF):
		return nil, errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	f := &File{root: document.Content[0]}
	if f.root.Kind != yaml.MappingNode {
		return nil, Mistakes{
			{cmp.Or(f.root.Line, 1), "the file holds no keys; it begins with version: 1"},
		}
	}
	return f, nil
}

// Root reads the outermost mapping.
func (f *File) Root(fields Fields) { f.object(f.root, "the file", fields) }

// Err returns what was wrong, or nil.
func (f *File) Err() error {
	if len(f.mistakes) == 0 {
		return nil
	}
	slices.SortStableFunc(f.mistakes, func(a, b Mistake) int { return a.Line - b.Line })
	return f.mistakes
}

// Fail notes a mistake.
func (f *File) Fail(line int, format string, args ...any) {
	f.mistakes = append(f.mistakes, Mistake{line, fmt.Sprintf(format, args...)})
}

// A Value is what stands behind a key or in a list.
type Value struct {
	file *File
	node *yaml.Node
	what string // its key
}

// Line is where the value stands.
func (v Value) Line() int { return v.node.Line }

// Fields are the keys that a mapping may have, and what reads each.
type Fields map[string]Field

// A Field reads the value of a key.
type Field struct {
	Read     func(Value)
	Required bool
}

// Object reads a mapping.
func (v Value) Object(fields Fields) { v.file.object(v.node, v.what, fields) }

func (f *File) object(n *yaml.Node, what string, fields Fields) {
	if !f.plain(n, what, "keys") {
		return
	}
	if n.Kind != yaml.MappingNode {
		f.Fail(n.Line, "%s should hold keys: %s", what, fields.names())
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		field, known := fields[key.Value]
		switch {
		case seen[key.Value] > 0:
			f.Fail(key.Line, "%s is there twice, first on line %d; take one out", key.Value, seen[key.Value])
			continue
		case !known || key.Kind != yaml.ScalarNode:
			f.Fail(key.Line, "%s is no key of %s; it has %s", name(key), what, fields.names())
			continue
		}
		seen[key.Value] = key.Line
		if f.plain(value, key.Value, "") {
			field.Read(Value{f, value, key.Value})
		}
	}
	for _, key := range slices.Sorted(keys(fields)) {
		if fields[key].Required && seen[key] == 0 {
			f.Fail(n.Line, "%s has no %s; add it", what, key)
		}
	}
}

// plain refuses what hides a value: nothing at all, aliases and tags.
func (f *File) plain(n *yaml.Node, what, _ string) bool {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		f.Fail(n.Line, "%s has an anchor or an alias; write the value out", what)
		return false
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		f.Fail(
			n.Line,
			"%s has nothing after it; write its value, [] for an empty list, or take the line out",
			what,
		)
		return false
	case n.Style&yaml.TaggedStyle != 0:
		f.Fail(n.Line, "%s has a tag; write the plain value", what)
		return false
	}
	return true
}

func name(key *yaml.Node) string {
	if key.Kind != yaml.ScalarNode || key.Value == "" {
		return "this"
	}
	return strconv.Quote(key.Value)
}

func (fields Fields) names() string {
	return strings.Join(slices.Sorted(keys(fields)), ", ")
}

func keys(fields Fields) func(func(string) bool) {
	return func(yield func(string) bool) {
		for key := range fields {
			if !yield(key) {
				return
			}
		}
	}
}

// Each reads the items of a list.
func (v Value) Each(read func(Value)) {
	if v.node.Kind != yaml.SequenceNode {
		v.Fail("should be a list: begin each line with a dash, or write [] for nothing")
		return
	}
	for _, n := range v.node.Content {
		if v.file.plain(n, "an item of "+v.what, "") {
			read(Value{v.file, n, "an item of " + v.what})
		}
	}
}

// Fail notes a mistake at the value.
func (v Value) Fail(format string, args ...any) {
	v.file.Fail(v.node.Line, v.what+" "+format, args...)
}

// Text reads a text that is not empty.
func (v Value) Text() string {
	switch {
	case v.node.Kind == yaml.MappingNode:
		v.Fail("should be a text; put it into quotes when it has braces: \"{…}\"")
	case v.node.Kind != yaml.ScalarNode:
		v.Fail("should be a text")
	case strings.TrimSpace(v.node.Value) == "":
		v.Fail("is empty; write its value or take the line out")
	default:
		return v.node.Value
	}
	return ""
}

// Raw is the scalar as it is written, or nothing for anything else.
func (v Value) Raw() string {
	if v.node.Kind != yaml.ScalarNode {
		return ""
	}
	return v.node.Value
}

// IsObject reports whether the value has keys.
func (v Value) IsObject() bool { return v.node.Kind == yaml.MappingNode }

// OneOf reads one of a few words.
func (v Value) OneOf(words ...string) string {
	text := v.Text()
	if text != "" && !slices.Contains(words, text) {
		v.Fail("is %q; it is one of %s", text, strings.Join(words, ", "))
		return ""
	}
	return text
}

// Int reads a whole number within bounds.
func (v Value) Int(least, most int) int {
	n, err := strconv.Atoi(v.Raw())
	if err != nil || v.node.Tag != "!!int" || n < least || n > most {
		v.Fail("should be a whole number from %d to %d", least, most)
		return least
	}
	return n
}

// Date reads a day.
func (v Value) Date() time.Time {
	day, err := time.Parse(time.DateOnly, v.Raw())
	if err != nil {
		v.Fail("is no day; write it as 2026-12-31")
	}
	return day
}

// Version reads the version of the form, of which there is one.
func (v Value) Version() {
	if v.node.Tag != "!!int" || v.node.Value != "1" {
		v.Fail("is %q; this program reads version: 1", v.Raw())
	}
}
