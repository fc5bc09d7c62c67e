package bitbucket

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"

	"github.com/seed-9213fc64/bitbucket/internal/jsonscan"
)

// An Unread is a member of an answer that could not be read: a time in a form that nobody knows, a
// number in place of a text. The field is zero then. See [Response] and [CallDoneInfo].
type Unread struct {
	Member string          // its path: user.created_on
	Value  json.RawMessage // as sent
}

// An answer is what a call reads its result from.
type answer struct {
	method string
	status int
	body   []byte
	fields fieldSet // that were asked for
	most   int      // values that it may have in all
}

// odd is what is wrong with an answer by its status, whatever it is an answer to.
func (a answer) odd() error {
	switch {
	case a.status == http.StatusPartialContent:
		return malformed("it is a part, and the whole was asked for")
	case a.contentless() && len(bytes.TrimSpace(a.body)) > 0:
		return malformed("it has a body that its status does not allow")
	}
	return nil
}

// contentless reports whether the status says that there is no content.
func (a answer) contentless() bool {
	return a.status == http.StatusNoContent || a.status == http.StatusResetContent
}

// empty reports whether the server says that it has nothing to say, as it may to a write, and must
// to a HEAD.
func (a answer) empty() bool {
	nothing := a.method == http.MethodHead || a.method != http.MethodGet && a.contentless()
	return nothing && len(bytes.TrimSpace(a.body)) == 0
}

// single is the object that a call answers with.
type single[T any] struct{ value T }

func (s *single[T]) take(a answer) ([]Unread, error) {
	if a.empty() {
		return nil, nil
	}
	j := judge{evident: evidenceOf[T](), fields: a.fields, most: a.most}
	if err := j.object(a.body); err != nil {
		return nil, err
	}
	return decode(a.body, &s.value)
}

// none is what a call without a result answers with.
type none struct{}

func (none) take(a answer) ([]Unread, error) { return nil, judge{}.nothing(a.body) }

// into is a value of the caller's, for the answer to [Client.Do].
type into struct{ out any }

func (i into) take(a answer) ([]Unread, error) { return nil, i.decode(a) }

func (i into) decode(a answer) error {
	if a.empty() {
		return nil
	}
	switch out := i.out.(type) {
	case nil:
		if len(bytes.TrimSpace(a.body)) == 0 {
			return nil
		}
		return judge{most: a.most}.any(a.body)
	case *json.RawMessage:
		if !json.Valid(a.body) {
			return judge{}.noObject(a.body, 0)
		}
		*out = bytes.Clone(a.body)
		return nil
	}
	if err := (judge{most: a.most}).any(a.body); err != nil {
		return err
	}
	return json.Unmarshal(a.body, i.out)
}

// stored is a value of the caller's, for a property: any JSON that an app has stored.
type stored struct{ out any }

func (s stored) take(a answer) ([]Unread, error) {
	if err := (judge{most: a.most}).anything(a.body); err != nil || s.out == nil {
		return nil, err
	}
	return nil, json.Unmarshal(a.body, s.out)
}

// checkOut refuses what nothing can be decoded into, before anything is sent.
func checkOut(out any) error {
	if v := reflect.ValueOf(out); out != nil && (v.Kind() != reflect.Pointer || v.IsNil()) {
		return fmt.Errorf("bitbucket: an answer cannot be decoded into %T; give a pointer that is not nil", out)
	}
	return nil
}

// vital are the members without which an object is taken for another one, or for a harmless one.
// An answer in which one of them cannot be read is malformed.
var vital = []string{
	"uuid", "account_id", "slug", "email", "key", "fingerprint", "full_name",
	"user", "group", "workspace", "repository", "project", "owner",
	"permission", "administrator", "secured", "is_private", "state",
}

// decode reads an object that was judged into out. A member that cannot be read costs that member
// only, and is returned.
func decode[T any](body []byte, out *T) ([]Unread, error) {
	if v, ok := any(out).(reader); ok {
		return v.read(body)
	}
	if v, ok := any(out).(fielded); ok && fill(body, v) {
		settle(out)
		return nil, nil
	}
	*out = *new(T)
	first := json.Unmarshal(body, out)
	if first == nil {
		settle(out)
		return nil, nil
	}
	if !json.Valid(body) {
		return nil, first
	}
	mended, missing, err := jsonscan.Mend(body, vital, func(object []byte) bool {
		return json.Unmarshal(object, new(T)) == nil
	})
	if err != nil {
		return nil, err
	}
	*out = *new(T)
	if err := json.Unmarshal(mended, out); err != nil || len(missing) == 0 {
		return nil, first
	}
	settle(out)
	var unread []Unread
	for _, m := range missing {
		unread = append(unread, Unread(m))
	}
	return unread, nil
}

// A reader is a type that comes in several shapes, and reads a body itself. It has no
// UnmarshalJSON, which would make every body read twice.
type reader interface {
	read(body []byte) ([]Unread, error)
}

// A settled type fills in what follows from its other members, where Bitbucket leaves it out.
type settled interface {
	settle()
}

// settle completes what was decoded.
func settle(out any) {
	if v, ok := out.(settled); ok {
		v.settle()
	}
}

// A fielded type knows the fields of its members by heart. A field is a pointer; nil for a member
// that the type does not have.
type fielded interface {
	field(member []byte) any
}

// fill reads an object that is written in the usual way, and reports whether it is. What it reads it
// reads as encoding/json does, to which it leaves the unusual: values of other types, and names that
// it may take for those of other members.
func fill(body []byte, out fielded) bool {
	c := jsonscan.At(body)
	return fillMembers(body, c, out) && c.AtEnd()
}

// fillMembers reads the object that a cursor stands before.
func fillMembers(body []byte, c *jsonscan.Cursor, out fielded) bool {
	if c.Kind() != '{' {
		return false
	}
	for key := range c.Members() {
		field := out.field(key)
		if field == nil && bytes.ContainsFunc(key, isUnusual) || !fillField(body, c, field) {
			return false
		}
	}
	return c.Err() == nil
}

// isUnusual reports whether a letter stands in the name of none of Bitbucket's members.
func isUnusual(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_'
}

// fillField reads the value that a cursor stands before.
func fillField(body []byte, c *jsonscan.Cursor, field any) bool {
	from, kind := c.Offset(), c.Kind()
	switch field := field.(type) {
	case nil:
		return json.Valid(c.Value())
	case *string:
		text, err := c.Text()
		if kind == '"' { // null leaves it alone
			*field = text
		}
		return err == nil
	case *UUID:
		text, err := c.Text()
		*field = newUUID(text)
		return err == nil && kind == '"'
	case *Permission:
		text, err := c.Text()
		*field = Permission(text)
		return err == nil && kind == '"'
	case *bool:
		word := string(c.Value())
		*field = word == "true"
		return word == "true" || word == "false"
	case **bool:
		word := string(c.Value())
		if *field = nil; word != "null" {
			*field = new(word == "true")
		}
		return word == "true" || word == "false" || word == "null"
	case *Time:
		return field.UnmarshalJSON(c.Value()) == nil
	case *Links:
		return field.read(c) == nil && json.Valid(body[from:c.Offset()])
	case fielded:
		return fillMembers(body, c, field)
	}
	return false
}

// fillItems reads the elements of an array behind the items there are, and reports whether all of
// them are written in the usual way. Room is made already.
func fillItems[T any](array []byte, items []T) ([]T, bool) {
	if _, ok := any((*T)(nil)).(fielded); !ok {
		return items, false
	}
	c := jsonscan.At(array)
	for range c.Elements() {
		var none T
		items = append(items, none)
		if !fill(c.Value(), any(&items[len(items)-1]).(fielded)) {
			clear(items) // encoding/json adds to what stands there
			return items[:0], false
		}
	}
	return items, c.Err() == nil && c.AtEnd()
}

// longDecoding is from how many bytes on decoding takes so long that nobody should have to wait for
// it who has given up.
const longDecoding = 1 << 20
