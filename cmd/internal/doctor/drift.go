package doctor

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/v1"
)

// A Drift is how an answer differs from what the library knows: by the paths of members, which
// never show what the members hold.
type Drift struct {
	Unknown []string `json:"unknown"` // it sends them, and the library does not know them
	Missing []string `json:"missing"` // it has always sent them, and does not here
	Changed []string `json:"changed"` // they hold another kind of JSON than the library reads
}

// Harmful reports whether the library no longer finds or reads something. A member that it does not
// know harms nothing.
func (d Drift) Harmful() bool { return len(d.Missing)+len(d.Changed) > 0 }

// mostPaths bounds each list of a drift: an answer may be anything.
const mostPaths = 50

func add(paths *[]string, path string) {
	if len(*paths) < mostPaths && !slices.Contains(*paths, path) {
		*paths = append(*paths, path)
	}
}

// A comparison walks through an answer and the type that it is read into at the same time.
type comparison struct {
	Drift
	known   int // members that the type has
	depth   int
	tokens  *json.Decoder
	members map[reflect.Type]map[string]reflect.Type

	// visit is told of each object: of what kind it is, whether it stands by itself, where, and which
	// of the members that the type has are there.
	visit func(kind string, whole bool, path string, has map[string]bool)
}

// compare finds the drift of an answer. It also counts the members that the type has: with none of
// them it is no answer to the operation.
func compare(s shape, body []byte) (Drift, int) {
	c := comparison{Drift: Drift{[]string{}, []string{}, []string{}}}
	c.visit = func(kind string, whole bool, path string, has map[string]bool) {
		for _, member := range always(kind, whole) {
			if !has[member] {
				add(&c.Missing, path+member)
			}
		}
	}
	c.run(s, body)
	return c.Drift, c.known
}

// page is what lists of the 2.0 API stand in. Its numbers and links may be left out.
type page struct {
	Values           []struct{} `json:"values"`
	Next             string     `json:"next"`
	Previous         string     `json:"previous"`
	Size             int        `json:"size"`
	Page             int        `json:"page"`
	PageLen          int        `json:"pagelen"`
	QuerySubstituted bool       `json:"query_substituted"` // of code search
}

// run walks through a whole answer. What is no JSON is not walked to its end.
func (c *comparison) run(s shape, body []byte) {
	c.tokens = json.NewDecoder(bytes.NewReader(body))
	c.tokens.UseNumber()
	c.members = map[reflect.Type]map[string]reflect.Type{}
	switch s.form {
	case single:
		_ = c.value(s.item, "", true)
	case inArray:
		_ = c.value(reflect.SliceOf(s.item), "", true)
	case inPage:
		c.members[pageType] = membersOf(pageType)
		c.members[pageType]["values"] = reflect.SliceOf(s.item)
		_ = c.value(pageType, "", true)
	}
}

var pageType = reflect.TypeFor[page]()

// deepest is far below where any object of Bitbucket stands.
const deepest = 100

var errDeep = errors.New("it is nested too deeply")

// value walks through a value that is read into t; nil reads anything. Whole is false inside of
// other objects, which Bitbucket condenses.
func (c *comparison) value(t reflect.Type, path string, whole bool) error {
	if c.depth++; c.depth > deepest {
		return errDeep
	}
	defer func() { c.depth-- }()
	token, err := c.tokens.Token()
	if err != nil {
		return err
	}
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if token != nil && !reads(t, token) {
		add(&c.Changed, strings.TrimSuffix(path, "."))
		t = nil
	}
	switch token {
	case json.Delim('['):
		var element reflect.Type
		if t != nil && t.Kind() == reflect.Slice {
			element = t.Elem()
		}
		for c.tokens.More() {
			if err := c.value(element, strings.TrimSuffix(path, ".")+"[].", whole); err != nil {
				return err
			}
		}
	case json.Delim('{'):
		return c.object(t, path, whole)
	default:
		return nil
	}
	_, err = c.tokens.Token()
	return err
}

// object walks through an object behind its brace.
func (c *comparison) object(t reflect.Type, path string, whole bool) error {
	known := c.of(t)
	has, empty, kind := map[string]bool{}, true, ""
	for c.tokens.More() {
		key, err := c.tokens.Token()
		if err != nil {
			return err
		}
		member := key.(string) // or the decoder had failed
		inner, is := known[member]
		under := ""
		switch empty = false; {
		case is:
			c.known++
			has[member] = true
			under = path + member + "."
		case known != nil:
			add(&c.Unknown, path+shown(member))
		}
		if member == "type" && is {
			kind, err = c.kind(path)
		} else {
			err = c.value(inner, under, whole && t == pageType)
		}
		if err != nil {
			return err
		}
	}
	if known != nil && t != pageType && (whole || !empty) { // an owner may be {}
		if _, typed := known["type"]; !typed {
			kind = t.Name()
		}
		c.visit(kind, whole, path, has)
	}
	_, err := c.tokens.Token()
	return err
}

// kind reads the value of a member type.
func (c *comparison) kind(path string) (string, error) {
	var kind any
	if err := c.tokens.Decode(&kind); err != nil {
		return "", err
	}
	text, is := kind.(string)
	if !is && kind != nil {
		add(&c.Changed, path+"type")
	}
	return text, nil
}

// of returns the members of a type with their own types; nil where it reads any.
func (c *comparison) of(t reflect.Type) map[string]reflect.Type {
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	known, is := c.members[t]
	if !is {
		known = membersOf(t)
		c.members[t] = known
	}
	return known
}

// membersOf returns the members that a struct is read from. Types of the 1.0 API have no tags: they
// read a member by the name of its field, and keep those that they do not know.
func membersOf(t reflect.Type) map[string]reflect.Type {
	all := map[string]reflect.Type{}
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case field.Anonymous:
			maps.Copy(all, membersOf(field.Type))
			continue
		case !field.IsExported(), field.Name == "Extra", field.Name == "V1": // which are not sent
			continue
		case name == "":
			name = snake(field.Name)
		}
		all[name] = field.Type
		if free[field.Type] {
			all[name] = nil
		}
	}
	return all
}

// free are types that take whatever is sent: links have a rel of their own for everything.
var free = map[reflect.Type]bool{reflect.TypeFor[bitbucket.Links](): true}

// texts are structs that are read from a text.
var texts = map[reflect.Type]bool{
	reflect.TypeFor[bitbucket.Time](): true, reflect.TypeFor[v1.Date](): true,
}

// reads reports whether a type reads a value that begins with a token.
func reads(t reflect.Type, token json.Token) bool {
	if t == nil || t.Kind() == reflect.Interface {
		return true
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '[' {
			return t.Kind() == reflect.Slice
		}
		return t.Kind() == reflect.Struct && !texts[t] || t.Kind() == reflect.Map
	case bool:
		return t.Kind() == reflect.Bool
	case json.Number:
		return t.Kind() == reflect.Int || t.Kind() == reflect.Int64
	}
	return t.Kind() == reflect.String || texts[t]
}

// snake writes the name of a field as the 1.0 API does: UTCSentOn is utc_sent_on.
func snake(field string) string {
	var name strings.Builder
	runes := []rune(field)
	for i, r := range runes {
		begins := i > 0 && unicode.IsUpper(r) &&
			(unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if begins {
			name.WriteByte('_')
		}
		name.WriteRune(unicode.ToLower(r))
	}
	return name.String()
}

// shown is a name that the library does not know, as far as it looks like one. An object may also
// be a map, whose names are what nobody should see: identifiers, addresses, tokens.
func shown(member string) string {
	const longest, mostDigits = 40, 3
	digits := 0
	for _, r := range member {
		switch {
		case '0' <= r && r <= '9':
			digits++
		case r != '_' && r != '-' && !('a' <= r && r <= 'z') && !('A' <= r && r <= 'Z'):
			return hidden
		}
	}
	if member == "" || len(member) > longest || digits > mostDigits {
		return hidden
	}
	return member
}

// hidden stands for a name that does not look like one.
const hidden = "(not shown)"
