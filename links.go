package bitbucket

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Links are the links of an object, by rel.
type Links struct {
	Self   Link
	HTML   Link
	Avatar Link

	// Other holds every other rel, and whole arrays where Bitbucket sent several
	// links under one rel.
	Other map[string][]Link
}

// A Link leads to another resource. Its host need not be the API's: follow it
// with [Client.Do], which refuses to send credentials elsewhere.
type Link struct {
	Href      string
	Name      string
	Title     string
	Templated bool // Href is a template of RFC 6570
}

// Get returns the first link of a rel, or the zero Link.
func (l Links) Get(rel string) Link {
	if many := l.Other[rel]; len(many) > 0 {
		return many[0]
	}
	if known := l.known(rel); known != nil {
		return *known
	}
	return Link{}
}

// IsZero reports whether there is no link at all.
func (l Links) IsZero() bool {
	return l.Self == Link{} && l.HTML == Link{} && l.Avatar == Link{} && len(l.Other) == 0
}

// known is the field of a rel that has one.
func (l *Links) known(rel string) *Link {
	switch rel {
	case "self":
		return &l.Self
	case "html":
		return &l.HTML
	case "avatar":
		return &l.Avatar
	}
	return nil
}

// UnmarshalJSON reads links. Nearly every object carries some, so it is done by
// hand: decoding into a map would take most of the time that a page takes.
func (l *Links) UnmarshalJSON(data []byte) error {
	*l = Links{}
	if string(data) == "[]" { // some programs write an empty object as an array
		return nil
	}
	return members(data, func(rel, value []byte) error {
		known := l.known(string(rel))
		switch {
		case string(value) == "null":
			return nil
		case value[0] == '[':
			many, err := parseLinks(value)
			if err != nil {
				return err
			}
			l.add(string(rel), many)
			if known != nil && len(many) > 0 {
				*known = many[0]
			}
			return nil
		case known != nil:
			delete(l.Other, string(rel)) // the last one counts
			*known = Link{}
			return known.parse(value)
		}
		var one Link
		if err := one.parse(value); err != nil {
			return err
		}
		l.add(string(rel), []Link{one})
		return nil
	})
}

func (l *Links) add(rel string, links []Link) {
	if l.Other == nil {
		l.Other = make(map[string][]Link)
	}
	l.Other[rel] = links
}

// MarshalJSON writes links as Bitbucket does: one object under a rel, or an array.
func (l Links) MarshalJSON() ([]byte, error) {
	sent := make(map[string]any, 3+len(l.Other))
	for _, rel := range [...]string{"self", "html", "avatar"} {
		if link := *l.known(rel); link != (Link{}) {
			sent[rel] = link
		}
	}
	for rel, many := range l.Other {
		if len(many) == 1 && l.known(rel) == nil {
			sent[rel] = many[0]
		} else {
			sent[rel] = many
		}
	}
	return json.Marshal(sent)
}

// MarshalJSON writes a link as Bitbucket does: templated is the string "true".
func (l Link) MarshalJSON() ([]byte, error) {
	sent := struct {
		Href      string `json:"href"`
		Name      string `json:"name,omitzero"`
		Title     string `json:"title,omitzero"`
		Templated string `json:"templated,omitzero"`
	}{Href: l.Href, Name: l.Name, Title: l.Title}
	if l.Templated {
		sent.Templated = "true"
	}
	return json.Marshal(sent)
}

// UnmarshalJSON reads one link.
func (l *Link) UnmarshalJSON(data []byte) error {
	*l = Link{}
	return l.parse(data)
}

// parse reads one link from valid JSON.
func (l *Link) parse(data []byte) error {
	return members(data, func(key, value []byte) (err error) {
		switch string(key) {
		case "href":
			l.Href, err = parseString(value)
		case "name":
			l.Name, err = parseString(value)
		case "title":
			l.Title, err = parseString(value)
		case "templated":
			l.Templated = string(value) == "true" || string(value) == `"true"`
		}
		return err
	})
}

// parseLinks reads an array of links. It is rare.
func parseLinks(data []byte) ([]Link, error) {
	var many []Link
	err := json.Unmarshal(data, &many)
	return many, err
}

// members calls f with each member of a JSON object: the key without its quotes,
// and the value as it stands. data must be valid JSON, as it is in an
// UnmarshalJSON; null has no members.
func members(data []byte, f func(key, value []byte) error) error {
	rest := bytes.TrimSpace(data)
	if string(rest) == "null" {
		return nil
	}
	if len(rest) == 0 || rest[0] != '{' {
		return fmt.Errorf("bitbucket: a link should be an object, not %.40s", data)
	}
	for rest = skipSpace(rest[1:]); len(rest) > 0 && rest[0] == '"'; {
		key, after, ok := cutValue(rest)
		if !ok || len(key) < 2 || len(after) == 0 || after[0] != ':' {
			return errBrokenLinks
		}
		value, after, ok := cutValue(skipSpace(after[1:]))
		if !ok {
			return errBrokenLinks
		}
		name := key[1 : len(key)-1]
		if bytes.IndexByte(name, '\\') >= 0 {
			plain, err := parseString(key)
			if err != nil {
				return err
			}
			name = []byte(plain)
		}
		if err := f(name, value); err != nil {
			return err
		}
		if rest = after; len(rest) > 0 && rest[0] == ',' {
			rest = skipSpace(rest[1:])
		}
	}
	return nil
}

// errBrokenLinks is for whoever calls UnmarshalJSON with what is no JSON.
var errBrokenLinks = errors.New("bitbucket: the links are no valid JSON")

// cutValue cuts off the JSON value that data starts with, and the space behind it.
func cutValue(data []byte) (value, rest []byte, ok bool) {
	n := valueLen(data)
	return data[:n], skipSpace(data[n:]), n > 0
}

// valueLen is the length of the JSON value that data starts with.
func valueLen(data []byte) int {
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			for i++; i < len(data) && data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return min(i+1, len(data))
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ':', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return i
			}
		}
	}
	return len(data)
}

func skipSpace(data []byte) []byte {
	for len(data) > 0 && (data[0] == ' ' || data[0] == '\n' || data[0] == '\t' || data[0] == '\r') {
		data = data[1:]
	}
	return data
}

// parseString reads a JSON string; null is empty.
func parseString(data []byte) (string, error) {
	if n := len(data); n >= 2 && data[0] == '"' && bytes.IndexByte(data, '\\') < 0 && utf8.Valid(data) {
		return string(data[1 : n-1]), nil
	}
	var s string
	err := json.Unmarshal(data, &s)
	return s, err
}
