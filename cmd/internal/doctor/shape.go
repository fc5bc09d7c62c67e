package doctor

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/seed-9213fc64/bitbucket"
)

// A shape is what an operation answers with: how to ask for it, and the type that knows its
// members.
type shape struct {
	item reflect.Type // of the object, or of each item
	form form
	ask  func(context.Context, *bitbucket.Client, string, ...bitbucket.CallOption) error
}

// form is where the items stand.
type form int

const (
	single form = iota
	inPage
	inArray // of the 1.0 API
)

// itemsOnPage are enough to compare members by and to find an identifier in, and are small.
const itemsOnPage = 10

// listOf is a page of a list.
func listOf[T any]() shape {
	return shape{reflect.TypeFor[T](), inPage, func(
		ctx context.Context, c *bitbucket.Client, path string, opts ...bitbucket.CallOption,
	) error {
		opts = append(opts, bitbucket.PageLen(itemsOnPage))
		for _, err := range bitbucket.ListAt[T](ctx, c, path, opts...).Pages() {
			return err // one page will do
		}
		return nil
	}}
}

// object is a single object.
func object[T any]() shape { return shape{reflect.TypeFor[T](), single, ask[T]} }

// array is a list of the 1.0 API, which comes whole.
func array[T any]() shape { return shape{reflect.TypeFor[T](), inArray, ask[[]T]} }

func ask[T any](
	ctx context.Context, c *bitbucket.Client, path string, opts ...bitbucket.CallOption,
) error {
	return c.Do(ctx, "GET", path, nil, new(T), opts...)
}

// items are those of an answer.
func (s shape) items(body []byte) []json.RawMessage {
	var items []json.RawMessage
	switch s.form {
	case single:
		items = []json.RawMessage{body}
	case inArray:
		_ = json.Unmarshal(body, &items) // what is none has no items
	case inPage:
		var page struct {
			Values []json.RawMessage `json:"values"`
		}
		_ = json.Unmarshal(body, &page)
		items = page.Values
	}
	return items
}

// identifier is the text at a path of members in the first item that has one there, or the number.
func (s shape) identifier(body []byte, path string) string {
	for _, item := range s.items(body) {
		if text, err := textAt(item, path); err == nil && text != "" {
			return text
		}
	}
	return ""
}

func textAt(item json.RawMessage, path string) (string, error) {
	for member := range strings.SplitSeq(path, ".") {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(item, &object); err != nil {
			return "", err
		}
		item = object[member]
	}
	var number json.Number // which takes a text of digits too, but no other
	if err := json.Unmarshal(item, &number); err == nil {
		return number.String(), nil
	}
	var text string
	err := json.Unmarshal(item, &text)
	return text, err
}
