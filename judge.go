package bitbucket

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket/internal/jsonscan"
)

// An answer is a success only when it is what the endpoint sends. Whoever decides by an answer must
// not learn "nobody has access" from a maintenance page, or "is a member" from an empty object. So
// an answer is judged before anything of it is decoded:
//
//   - a page has values, an array of objects, each of which is judged like a single one,
//   - a single object has at least one member that objects of its type have,
//   - an operation without a result is answered with nothing, or with an object that is no error,
//   - nobody's answer holds far more than was asked for.

// An evident type knows its own members. Evidence reports whether a member shows that an object is
// of the type; links and what every object has show nothing. Types of callers are not evident: of
// those any object will do that is no error.
type evident interface {
	evidence(member string, value []byte) bool
}

// A judge knows what an answer has to be.
type judge struct {
	evident evident
	fields  fieldSet // that were asked for
	most    int      // values that an answer may have in all; 0 for any number
}

// evidenceOf returns the evident of a type, or nil.
func evidenceOf[T any]() evident {
	e, _ := any(new(T)).(evident)
	return e
}

// malformed makes an error of what is wrong with an answer.
func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrMalformedResponse}, args...)...)
}

// object judges a single object.
func (j judge) object(body []byte) error {
	c := jsonscan.At(body)
	if kind := c.Kind(); kind != '{' {
		return j.noObject(body, kind)
	}
	if err := j.members(c); err != nil {
		return err
	}
	return j.end(c)
}

// members judges the object that a cursor stands before.
func (j judge) members(c *jsonscan.Cursor) error {
	found, failed := j.evident == nil, false
	for key := range c.Members() {
		value := c.Value()
		switch string(key) {
		case "type":
			failed = failed || string(value) == `"error"`
		case "error":
			failed = failed || isObject(value)
		}
		if !found {
			found = j.shows(string(key), value)
		}
	}
	switch {
	case c.Err() != nil:
		return malformed("%w", c.Err())
	case failed:
		return malformed("it says that the call failed")
	case !found:
		return malformed("it has nothing of what was asked for")
	}
	return nil
}

// shows reports whether a member is one that objects of the type have, or was asked for.
func (j judge) shows(key string, value []byte) bool {
	return j.fields.has(key) || string(value) != "null" && j.evident.evidence(key, value)
}

// end judges what a cursor has left behind and before it.
func (j judge) end(c *jsonscan.Cursor) error {
	switch {
	case c.Err() != nil:
		return malformed("%w", c.Err())
	case c.Kind() != 0:
		return malformed("something follows the object")
	case j.most > 0 && c.Count() > j.most:
		return fmt.Errorf("%w: it holds %d values, and %d at the most are taken; "+
			"ask for less with Fields or PageLen", ErrResponseTooLarge, c.Count(), j.most)
	}
	return nil
}

// noObject says what came in place of an object.
func (j judge) noObject(body []byte, kind byte) error {
	switch {
	case len(bytes.TrimSpace(body)) == 0:
		return malformed("the body is empty")
	case !json.Valid(body):
		return malformed("it is no JSON")
	case kind == '[':
		return malformed("it is an array, not an object")
	case kind == '"':
		sentence, _ := jsonscan.String(bytes.TrimSpace(body))
		return &spoken{"it is no object but says", sentence}
	}
	return &spoken{"it is no object but", string(bytes.TrimSpace(body))}
}

// spoken is what makes an answer malformed, in the server's words. They are kept whole: only what has
// no secret in it may be cut.
type spoken struct{ what, words string }

func (e *spoken) Error() string {
	return fmt.Sprintf("%v: %s %q", ErrMalformedResponse, e.what, shorten(oneLine(e.words)))
}

func (e *spoken) Unwrap() error { return ErrMalformedResponse }

// nothing judges the answer to an operation without a result.
func (j judge) nothing(status int, body []byte) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	if status == http.StatusNoContent || status == http.StatusResetContent {
		return malformed("it has a body that its status does not allow")
	}
	j.evident = nil
	return j.object(body)
}

// any judges an answer that is decoded into a value of the caller's: it may be anything but null and
// an error.
func (j judge) any(body []byte) error {
	c := jsonscan.At(body)
	switch kind := c.Kind(); {
	case kind == '{':
		return j.object(body)
	case kind == 0 || kind == 'n' || !json.Valid(body):
		return j.noObject(body, kind)
	}
	return nil
}

// A fieldSet is what Fields asked for.
type fieldSet struct {
	only []string // first parts of the paths, in the form that asks for "only these"
}

// fieldsOf reads the parameter fields of a call.
func fieldsOf(u *url.URL) fieldSet {
	if !strings.Contains(u.RawQuery, "fields=") {
		return fieldSet{}
	}
	return newFieldSet(u.Query().Get("fields"))
}

func newFieldSet(fields string) fieldSet {
	var set fieldSet
	without := false // everything, by -*
	for path := range strings.SplitSeq(fields, ",") {
		switch {
		case path == "-*":
			without = true
			continue
		case path == "", path[0] == '-', path[0] == '+' && !without:
			continue
		}
		first, _, _ := strings.Cut(strings.TrimPrefix(path, "+"), ".")
		set.only = append(set.only, first)
	}
	return set
}

// has reports whether a member was asked for by name.
func (f fieldSet) has(member string) bool { return slices.Contains(f.only, member) }

// leavesOut reports whether an answer need not have a member: others were asked for by name.
func (f fieldSet) leavesOut(member string) bool {
	return len(f.only) > 0 && !f.has(member) && !f.has("*")
}

// mostValues is how many values an answer may have whose size is bounded: what they take when they
// are decoded, 200 bytes each at the most, stays in proportion to the bound.
func mostValues(maxBytes int64) int { return 20_000 + int(min(maxBytes, 1<<40)/256) }

// checkOut refuses what nothing can be decoded into, before anything is sent.
func checkOut(out any) error {
	if v := reflect.ValueOf(out); out != nil && (v.Kind() != reflect.Pointer || v.IsNil()) {
		return fmt.Errorf("bitbucket: an answer cannot be decoded into %T; give a pointer that is not nil", out)
	}
	return nil
}

// into reads the answer to [Client.Do] into a value of the caller's.
func (a answer) into(out any) error {
	if a.empty() {
		return nil
	}
	switch out := out.(type) {
	case nil:
		if len(bytes.TrimSpace(a.body)) == 0 {
			return nil
		}
		return judge{}.any(a.body)
	case *json.RawMessage:
		if !json.Valid(a.body) {
			return judge{}.noObject(a.body, 0)
		}
		*out = bytes.Clone(a.body)
		return nil
	}
	if err := (judge{}).any(a.body); err != nil {
		return err
	}
	return json.Unmarshal(a.body, out)
}

// property reads a property, which may be any JSON that an app has stored, into a value of the
// caller's.
func (a answer) property(out any) error {
	switch {
	case !json.Valid(a.body):
		return judge{}.noObject(a.body, 0)
	case out == nil:
		return nil
	}
	return json.Unmarshal(a.body, out)
}

// isText reports whether a value is one of some JSON strings without escapes.
func isText(value []byte, texts ...string) bool {
	n := len(value)
	return n > 2 && value[0] == '"' && slices.Contains(texts, string(value[1:n-1]))
}
