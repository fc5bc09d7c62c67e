package bitbucket

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
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
// those any object will do that is no error. Members are bytes, since a text would have to be made
// for each.
type evident interface {
	evidence(member, value []byte) bool
}

// A judge knows what an answer has to be.
type judge struct {
	evident evident
	fields  fieldSet // that were asked for
	most    int      // values that an answer may have in all; 0 for any number
}

// evidenceOf returns the evident of a type, or nil.
func evidenceOf[T any]() evident {
	var zero *T // what it knows, it knows of the type
	e, _ := any(zero).(evident)
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
		if len(key) > longestKey {
			continue
		}
		failed = failed || saysFailed(string(key), value)
		if string(key) == "type" && j.isForeign(key, value) {
			return malformed("it is of type %s", value)
		}
		if !found {
			found = j.shows(key, value)
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

// saysFailed reports whether a member is one that only errors have: an error that is an object, or
// as OAuth has it, a text.
func saysFailed(key string, value []byte) bool {
	switch key {
	case "type":
		return string(value) == `"error"`
	case "error":
		return isObject(value) || len(value) > 0 && value[0] == '"' && !isEmpty(value)
	}
	return false
}

// types are those of the objects that this library decodes. An object that says that it is another
// one of them is none of what was asked for, whatever members they share.
var types = []string{
	"branchrestriction", "deploy_key", "project_deploy_key", "deployment_environment",
	"user", "team", "app_user", "workspace", "workspace_base", "workspace_access",
	"workspace_membership", "repository", "project", "group", "email", "repository_permission",
	"repository_user_permission", "project_user_permission", "repository_group_permission",
	"project_group_permission", "pipeline_variable", "ssh_key", "gpg_key", "code_search_result",
}

// isForeign reports whether a type is one of other objects than those that are judged.
func (j judge) isForeign(member, value []byte) bool {
	return j.evident != nil && isText(value, types...) && !j.evident.evidence(member, value)
}

// longestKey is far above the length of the name of any member that is looked for.
const longestKey = 100

// shows reports whether a member is one that objects of the type have, or was asked for. What is
// empty shows nothing.
func (j judge) shows(key, value []byte) bool {
	return j.fields.has(string(key)) || !isEmpty(value) && j.evident.evidence(key, value)
}

// isEmpty reports whether a value says as little as none.
func isEmpty(value []byte) bool {
	switch {
	case len(value) < 2:
		return false // a digit
	case value[0] == '{' || value[0] == '[':
		return len(bytes.TrimSpace(value[1:len(value)-1])) == 0
	}
	return string(value) == `""` || string(value) == "null"
}

// end judges what a cursor has left behind and before it.
func (j judge) end(c *jsonscan.Cursor) error {
	switch {
	case c.Err() != nil:
		return malformed("%w", c.Err())
	case !c.AtEnd():
		return malformed("something follows the object")
	}
	return j.bound(c)
}

// bound refuses to decode more values than an answer may have.
func (j judge) bound(c *jsonscan.Cursor) error {
	if j.most > 0 && c.Count() > j.most {
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
	return malformed("it is %s, not an object", bytes.TrimSpace(body)) // a number or a word
}

// spoken is what makes an answer malformed, in the server's words. They are kept whole: only what has
// no secret in it may be cut.
type spoken struct{ what, words string }

func (e *spoken) Error() string {
	return fmt.Sprintf("%v: %s %q", ErrMalformedResponse, e.what, shorten(oneLine(e.words)))
}

func (e *spoken) Unwrap() error { return ErrMalformedResponse }

// nothing judges the answer to an operation without a result. What has a message to tell has not
// been done.
func (j judge) nothing(body []byte) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	c := jsonscan.At(body)
	if kind := c.Kind(); kind != '{' {
		return j.noObject(body, kind)
	}
	if err := j.any(body); err != nil {
		return err
	}
	for key := range c.Members() {
		if value := c.Value(); string(key) == "message" && !isEmpty(value) {
			return malformed("it says that the call failed")
		}
	}
	return nil
}

// any judges an answer that is decoded into a value of the caller's: it may be anything but null
// and an error. How many elements an array has is up to its endpoint.
func (j judge) any(body []byte) error {
	c := jsonscan.At(body)
	switch kind := c.Kind(); {
	case !json.Valid(body), kind == 'n':
		return j.noObject(body, kind)
	case kind == '{':
		return j.object(body)
	}
	return nil
}

// anything judges an answer that may be any JSON.
func (j judge) anything(body []byte) error {
	c := jsonscan.At(body)
	switch {
	case !json.Valid(body):
		return j.noObject(body, c.Kind())
	case c.Value() == nil:
		return malformed("%w", c.Err())
	}
	return j.bound(c)
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
// are decoded, some hundred bytes each at the most, stays in proportion to the bound.
func mostValues(maxBytes int64) int { return 20_000 + int(min(maxBytes, 1<<40)/512) }

// isText reports whether a value is one of some JSON strings without escapes.
func isText(value []byte, texts ...string) bool {
	n := len(value)
	return n > 2 && value[0] == '"' && slices.Contains(texts, string(value[1:n-1]))
}

// isObject reports whether a member is an object.
func isObject(value []byte) bool { return len(value) > 0 && value[0] == '{' }
