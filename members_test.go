package bitbucket_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/internal/exchanges"
)

// undecoded are the members that the client does not decode, and why.
var undecoded = map[string]string{
	"page.query_substituted": "a page has no more than its numbers and links",
}

// Every member that Bitbucket or the in-memory one sends is decoded, wherever it stands: what comes
// out of the client, written as JSON again, holds it.
func TestNoMemberIsDropped(t *testing.T) {
	var c census
	for _, r := range exchanges.Where(func(r exchanges.Recorded) bool {
		asArray := r.Name == "user whose links are an array" // they are written by rel
		return r.Want != nil && r.Unread == "" && r.API == "2.0" && !asArray
	}) {
		got, _, _ := play(t, r) // whether it goes well is for other tests
		c.count(t, r.Type, [][]byte{[]byte(r.Body)}, got)
	}
	// Package v1 keeps even what it has no field for, as its own tests show.
	ofV1 := func(call string) bool { return strings.HasPrefix(call, "v1.") }
	for call, a := range demoAnswers(t) {
		if !ofV1(call) {
			c.count(t, call, a.bodies, a.got)
		}
	}
	for _, x := range exchanges.All() { // of which some set what no other answer sets
		if op, _ := x.Row(); op.Call != "" && x.Want != nil && !ofV1(op.Call) {
			c.count(t, op.Call, [][]byte{[]byte(x.Answer)}, x.Want)
		}
	}
	if len(c.kept) < 120 {
		t.Errorf("only %d members were looked at", len(c.kept))
	}
	for key, value := range c.dropped {
		if undecoded[key] == "" {
			t.Errorf("%s is dropped; it was sent as %s", key, value)
		}
	}
	for key := range c.empty {
		if !c.kept[key] && c.dropped[key] == "" && undecoded[key] == "" {
			t.Errorf("%s was sent, but never with a value: nothing shows that it is decoded", key)
		}
	}
	for key := range undecoded {
		if c.dropped[key] == "" {
			t.Errorf("%s is listed as dropped, and is not", key)
		}
	}
}

// A census counts the members of what was sent, by the type of the object they stand in.
type census struct {
	kept    map[string]bool
	empty   map[string]bool   // sent as null, false, 0 or empty, which cannot be told from not at all
	dropped map[string]string // sent with a value, and missing afterwards
}

// count compares the bodies of a call's answers with what the call returned. Name stands for the
// type of an object without one.
func (c *census) count(t *testing.T, name string, bodies [][]byte, got any) {
	t.Helper()
	if c.kept == nil {
		c.kept, c.empty, c.dropped = map[string]bool{}, map[string]bool{}, map[string]string{}
	}
	var sent any
	if reflect.TypeOf(got).Kind() == reflect.Slice {
		var values []any
		for _, body := range bodies {
			page := decoded(t, string(body)).(map[string]any)
			for member := range page {
				if !slices.Contains([]string{"values", "next", "previous", "size", "page", "pagelen"}, member) {
					c.dropped["page."+member] = string(body[:min(len(body), 80)])
				}
			}
			values = append(values, page["values"].([]any)...)
		}
		sent = values
	} else {
		sent = decoded(t, string(bodies[0]))
	}
	c.compare(t, name, sent, decoded(t, string(encoded(t, got))))
}

func (c *census) compare(t *testing.T, name string, sent, got any) {
	t.Helper()
	switch sent := sent.(type) {
	case []any:
		got, _ := got.([]any)
		if len(got) != len(sent) {
			t.Errorf("%s: sent %d elements, got %v", name, len(sent), got)
			return
		}
		for i := range sent {
			c.compare(t, name, sent[i], got[i])
		}
	case map[string]any:
		if typ, ok := sent["type"].(string); ok {
			name = strings.TrimPrefix(typ, "app_") // one Go type is for users of all kinds
		}
		got, _ := got.(map[string]any)
		for member, value := range sent {
			key := name + "." + member
			after, ok := got[member]
			switch {
			case isEmpty(value):
				c.empty[key] = true
			case key == "pipeline_variable.value" && sent["secured"] == true:
				// It is decoded, and not written out again.
			case !ok || isEmpty(after):
				c.dropped[key] = string(encoded(t, value))
			default:
				c.kept[key] = true
				c.compare(t, key, value, after)
			}
		}
	}
}

// isEmpty reports whether a value of JSON says as much as none.
func isEmpty(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case []any:
		return len(value) == 0
	case map[string]any:
		return len(value) == 0
	}
	return reflect.ValueOf(value).IsZero()
}

// unlike are the members in which the documents of the in-memory Bitbucket differ from what
// Bitbucket sends, and why.
var unlike = map[string]string{
	"group, condensed: owner": "recordings have it, and the documents of 2026 leave it out",

	"gpg_key: key":     "the call asks for it with Fields",
	"gpg_key: subkeys": "the call asks for it with Fields",

	"app_user: kind":               "the demo's app has none",
	"app_user: location":           "it writes an app like a user; no whole one is recorded",
	"app_user: links.self":         "likewise",
	"app_user: links.html":         "likewise",
	"app_user: links.hooks":        "likewise",
	"app_user: links.snippets":     "likewise",
	"app_user: links.repositories": "likewise",
}

// The in-memory Bitbucket writes its documents with the members that Bitbucket gives them today.
func TestServerSendsTheRecordedMembers(t *testing.T) {
	today, served := outlines{}, outlines{}
	for _, r := range exchanges.Where(func(r exchanges.Recorded) bool {
		return r.Year == 2026 && (r.Kind == exchanges.Object || r.Kind == exchanges.Paged)
	}) {
		for _, object := range objectsOf(decoded(t, r.Body)) {
			if object.(map[string]any)["type"] == r.Type {
				today.add(object)
			}
		}
	}
	for _, a := range demoAnswers(t) {
		for _, body := range a.bodies {
			for _, object := range objectsOf(decoded(t, string(body))) {
				served.add(object)
			}
		}
	}
	for name, members := range today {
		if len(served[name]) == 0 {
			t.Errorf("the server sends no %s", name)
		}
		for member := range members {
			if key := name + ": " + member; !served[name][member] && unlike[key] == "" {
				t.Errorf("the server does not send %s", key)
			}
		}
		for member := range served[name] {
			if key := name + ": " + member; !members[member] && unlike[key] == "" {
				t.Errorf("the server invents %s", key)
			}
		}
	}
	for key := range unlike {
		name, member, _ := strings.Cut(key, ": ")
		if today[name][member] == served[name][member] {
			t.Errorf("%s is listed as unlike, and is not", key)
		}
	}
}

// outlines are the members of objects, with those of untyped objects in them, by the objects' type
// and whether they stand in another object.
type outlines map[string]map[string]bool

func (o outlines) add(object any) {
	name, _ := object.(map[string]any)["type"].(string)
	o.walk(name, "", object)
}

func (o outlines) walk(name, path string, value any) {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			o.walk(name, path, element)
		}
	case map[string]any:
		if typ, ok := value["type"].(string); ok && path != "" {
			o.walk(typ+", condensed", "", withoutType(value))
			return
		}
		if o[name] == nil {
			o[name] = map[string]bool{}
		}
		for member, inner := range value {
			o[name][path+member] = true
			if path != "links." {
				o.walk(name, path+member+".", inner)
			}
		}
	}
}

func withoutType(object map[string]any) map[string]any {
	rest := maps.Clone(object)
	delete(rest, "type")
	return rest
}

// objectsOf are the values of a page, the elements of an array, or an object itself.
func objectsOf(body any) []any {
	if all, ok := body.([]any); ok {
		return all
	}
	if values, ok := body.(map[string]any)["values"].([]any); ok {
		return values
	}
	return []any{body}
}

func decoded(t *testing.T, body string) (v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return v
}

func encoded(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
