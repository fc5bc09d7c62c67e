package bitbucket

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/seed-9213fc64/bitbucket/internal/jsonscan"
)

// Links are the links of an object, by rel.
type Links struct {
	Self   Link // the object in the API
	HTML   Link // its page on the web
	Avatar Link // its picture

	// Other holds every other rel, and whole arrays where Bitbucket sent several
	// links under one rel.
	Other map[string][]Link
}

// A Link leads to another resource. Its host need not be the API's: follow it
// with [Client.Do], which refuses to send credentials elsewhere.
type Link struct {
	Href      string // the address
	Name      string // tells links of one rel apart: https and ssh of clone
	Title     string // for people
	Templated bool   // Href is a template of RFC 6570
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

// UnmarshalJSON reads links, in any form that Bitbucket has sent: an object by rel, of a link or an
// array of links each, or an array of links that say their rel themselves. Nearly every object
// carries some, so it is done by hand: decoding into a map would take most of the time that a page
// takes.
func (l *Links) UnmarshalJSON(data []byte) error { return l.read(jsonscan.At(data)) }

// read reads the links that a cursor stands before.
func (l *Links) read(c *jsonscan.Cursor) error {
	*l = Links{}
	switch c.Kind() {
	case '[':
		return l.labelled(c)
	case '{', 'n':
	default:
		return noLink(c.Value())
	}
	for rel := range c.Members() {
		known := l.known(string(rel))
		switch c.Kind() {
		case 'n':
			continue
		case '[':
			many, err := parseLinks(c)
			if err != nil {
				return err
			}
			l.add(string(rel), many)
			if known != nil && len(many) > 0 {
				*known = many[0]
			}
			continue
		}
		var one Link
		if _, err := one.parse(c); err != nil {
			return err
		}
		if known != nil {
			delete(l.Other, string(rel)) // the last one counts
			*known = one
		} else {
			l.add(string(rel), []Link{one})
		}
	}
	return c.Err()
}

// labelled reads an array of links that say their rel themselves.
func (l *Links) labelled(c *jsonscan.Cursor) error {
	many := make(map[string][]Link)
	for range c.Elements() {
		var one Link
		rel, err := one.parse(c)
		if err != nil {
			return err
		}
		many[rel] = append(many[rel], one)
	}
	for rel, links := range many {
		known := l.known(rel)
		if known != nil {
			*known = links[0]
		}
		if known == nil || len(links) > 1 {
			l.add(rel, links)
		}
	}
	return c.Err()
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
	_, err := l.parse(jsonscan.At(data))
	return err
}

// parse reads the link that a cursor stands before, and the rel that it says itself.
func (l *Link) parse(c *jsonscan.Cursor) (rel string, err error) {
	if kind := c.Kind(); kind != '{' && kind != 'n' {
		return "", noLink(c.Value())
	}
	for key := range c.Members() {
		switch string(key) {
		case "href":
			l.Href, err = c.Text()
		case "name":
			l.Name, err = c.Text()
		case "title":
			l.Title, err = c.Text()
		case "rel":
			rel, err = c.Text()
		case "templated":
			value := c.Value()
			l.Templated = string(value) == "true" || string(value) == `"true"`
		}
		if err != nil {
			return "", err
		}
	}
	return rel, c.Err()
}

func noLink(data []byte) error {
	if len(data) > 40 {
		return errors.New("bitbucket: a link should be an object") // no part of a secret may be shown
	}
	return fmt.Errorf("bitbucket: a link should be an object, not %s", data)
}

// parseLinks reads the array of links that a cursor stands before. It is rare.
func parseLinks(c *jsonscan.Cursor) ([]Link, error) {
	many := []Link{}
	for range c.Elements() {
		var one Link
		if _, err := one.parse(c); err != nil {
			return nil, err
		}
		many = append(many, one)
	}
	return many, c.Err()
}
