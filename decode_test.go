package bitbucket_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/internal/exchanges"
)

// A shape is a body, its value, and how to decode it.
type shape struct {
	body   string
	value  any
	decode func([]byte) (any, error)
}

// shapes are the whole objects of every type, and the user once more as ParseUser reads it.
func shapes() map[string]shape {
	all := map[string]shape{
		"user, parsed": {exchanges.UserBody, exchanges.Shapes()[0].Value, func(data []byte) (any, error) {
			u, err := bitbucket.ParseUser(data)
			if err != nil {
				return nil, err
			}
			return *u, nil
		}},
	}
	for _, s := range exchanges.Shapes() {
		all[s.Name] = shape{s.Body, s.Value, func(data []byte) (any, error) {
			v := reflect.New(reflect.TypeOf(s.Value))
			err := json.Unmarshal(data, v.Interface())
			bitbucket.Settle(v.Interface())
			return v.Elem().Interface(), err
		}}
	}
	return all
}

func TestShapesDecodeWhole(t *testing.T) {
	for name, s := range shapes() {
		t.Run(name, func(t *testing.T) {
			got, err := s.decode([]byte(s.body))
			if err != nil {
				t.Fatal(err)
			}
			wantSame(t, got, s.value)
			wantFull(t, name, reflect.ValueOf(s.value))
		})
	}
}

// wantSame compares values; times are the same when they are the same moment.
func wantSame(t *testing.T, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%+v", inUTC(got)), fmt.Sprintf("%+v", inUTC(want)); g != w {
		t.Errorf("got  %s\nwant %s", g, w)
	}
}

// inUTC is v in a form that compares: as JSON, with every time in UTC and every
// nil and empty member as it is.
func inUTC(v any) any {
	return walk(reflect.ValueOf(v))
}

func walk(v reflect.Value) any {
	if !v.IsValid() {
		return nil
	}
	if v.Type() == reflect.TypeFor[bitbucket.Time]() {
		return v.Interface().(bitbucket.Time).UTC()
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return walk(v.Elem())
	case reflect.Struct:
		members := map[string]any{}
		for field, value := range v.Fields() {
			if field.IsExported() {
				members[field.Name] = walk(value)
			}
		}
		return members
	case reflect.Slice:
		items := []any{}
		for i := range v.Len() {
			items = append(items, walk(v.Index(i)))
		}
		return items
	case reflect.Map:
		members := map[string]any{}
		for _, key := range v.MapKeys() {
			members[key.String()] = walk(v.MapIndex(key))
		}
		return members
	}
	return v.Interface()
}

// wantFull fails when a body leaves a field of its value unset, since then nothing
// shows that the field is decoded.
func wantFull(t *testing.T, path string, v reflect.Value) {
	t.Helper()
	if v.Kind() != reflect.Struct || v.Type() == reflect.TypeFor[bitbucket.Links]() ||
		v.Type() == reflect.TypeFor[bitbucket.Time]() {
		if v.IsZero() {
			t.Errorf("%s is not set by the body", path)
		}
		return
	}
	for field, value := range v.Fields() {
		if field.Name != "V1" { // only in users of the 1.0 API
			wantFull(t, path+"."+field.Name, value)
		}
	}
}

// Any field may be missing, null where Bitbucket is free to send null, or of an
// unknown value, and unknown fields may come: the rest is read all the same.
func TestShapesTolerateWhatBitbucketSends(t *testing.T) {
	for name, s := range shapes() {
		t.Run(name, func(t *testing.T) {
			var body any
			if err := json.Unmarshal([]byte(s.body), &body); err != nil {
				t.Fatal(err)
			}
			places := 0
			each(body, func(object map[string]any, member string) {
				places++
				was := object[member]
				try := func(what string) {
					changed, err := json.Marshal(body)
					if err != nil {
						t.Fatal(err)
					}
					if _, err := s.decode(changed); err != nil {
						t.Errorf("%s %s: %v", member, what, err)
					}
				}
				delete(object, member)
				try("missing")
				object[member] = nil
				try("null")
				if _, isText := was.(string); isText && isEnum(member) {
					object[member] = "something-new"
					try("of an unknown value")
				}
				object[member] = was
				object["from_the_future"] = map[string]any{"a": []any{1, "b", nil}}
				try("beside an unknown one")
				delete(object, "from_the_future")
			})
			if places < 4 {
				t.Errorf("only %d fields were tried", places)
			}
			got, err := s.decode([]byte(`{"type":"user","links":{
				"self":[{"href":"a","name":"x"},{"href":"b"}],"html":[],"avatar":{"href":"c"}}}`))
			if err != nil {
				t.Errorf("links as arrays: %v, %v", got, err)
			}
		})
	}
}

func isEnum(member string) bool {
	enums := []string{"type", "permission", "account_status", "forking_mode", "attributes", "kind"}
	return slices.Contains(enums, member)
}

// each calls f with every member of every object in a body.
func each(body any, f func(object map[string]any, member string)) {
	switch body := body.(type) {
	case map[string]any:
		for member, value := range body {
			f(body, member)
			each(value, f)
		}
	case []any:
		for _, value := range body {
			each(value, f)
		}
	}
}

// What is written as JSON reads back the same, so that reports can be stored.
func TestShapesSurviveBeingStored(t *testing.T) {
	for name, s := range shapes() {
		stored, err := json.Marshal(s.value)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.decode(stored)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := s.value
		if name == "variable" { // the value of a secured one is not written
			v := s.value.(bitbucket.Variable)
			v.Value = ""
			want = v
		}
		t.Run(name, func(t *testing.T) { wantSame(t, got, want) })
	}
}

func TestTimes(t *testing.T) {
	moment := time.Date(2021, 4, 2, 14, 20, 48, 0, time.UTC)
	for text, want := range map[string]time.Time{
		`"2018-03-14T13:17:05.196003+00:00"`: time.Date(2018, 3, 14, 13, 17, 5, 196003000, time.UTC),
		`"2021-04-02T14:20:48+00:00"`:        moment,
		`"2021-04-02T16:20:48+02:00"`:        moment,
		`"2021-04-02T14:20:48Z"`:             moment,
		`"2021-04-02T14:20:48.179"`:          moment.Add(179 * time.Millisecond),
		`"2021-04-02T14:20:48"`:              moment,
		`"2021-04-02 14:20:48+00:00"`:        moment,
		`"2021-04-02 14:20:48"`:              moment,
		`"2021-04-02"`:                       time.Date(2021, 4, 2, 0, 0, 0, 0, time.UTC),
		`null`:                               {},
		`""`:                                 {},
	} {
		got := bitbucket.Time{Time: time.Now()}
		if err := json.Unmarshal([]byte(text), &got); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		`"2021-04-02T14:20:48.179`, `"2021-04-02T14:20:481"`, `"2021-04-02T14:20:48."`, `"2021-04-02T24:20:48"`, `"2021-04-02T"`,
	} {
		var got bitbucket.Time
		if err := got.UnmarshalJSON([]byte(text)); err == nil || !got.IsZero() {
			t.Errorf("%s became %v", text, got)
		}
	}
	for _, text := range []string{`"yesterday"`, `1617373248`, `{}`, `"`} {
		var got bitbucket.Time
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s became %v", text, got)
		}
	}
	data, err := json.Marshal([]bitbucket.Time{{}, {Time: moment}})
	if err != nil || string(data) != `[null,"2021-04-02T14:20:48Z"]` {
		t.Errorf("%s, %v", data, err)
	}
}

func TestPermissionsAreOrdered(t *testing.T) {
	ladders := [][]bitbucket.Permission{
		{"", "none", "read", "write", "create-repo", "admin"},
		{"from-the-future", "collaborator", "member", "create-project", "owner"},
	}
	for l, ladder := range ladders {
		for i, p := range ladder {
			for j, q := range ladder {
				if got, want := p.AtLeast(q), i >= j && j > 0; got != want { // the first of each is unknown
					t.Errorf("%q.AtLeast(%q) = %v, want %v", p, q, got, want)
				}
			}
			for _, q := range append(ladders[1-l], "Admin", "owner ") {
				if p.AtLeast(q) || q.AtLeast(p) {
					t.Errorf("%q and %q are compared", p, q)
				}
			}
		}
	}
}

func TestOptionalValues(t *testing.T) {
	type update struct {
		A bitbucket.Opt[string] `json:"a,omitzero"`
		B bitbucket.Opt[bool]   `json:"b,omitzero"`
		C bitbucket.Opt[int]    `json:"c,omitzero"`
	}
	for want, u := range map[string]update{
		`{}`:                          {},
		`{"a":"","b":false,"c":0}`:    {bitbucket.Set(""), bitbucket.Set(false), bitbucket.Set(0)},
		`{"a":null,"c":7}`:            {A: bitbucket.Null[string](), C: bitbucket.Set(7)},
		`{"a":"x","b":true,"c":null}`: {bitbucket.Set("x"), bitbucket.Set(true), bitbucket.Null[int]()},
	} {
		data, err := json.Marshal(u)
		if err != nil || string(data) != want {
			t.Errorf("got %s, %v, want %s", data, err, want)
		}
		var back update
		if err := json.Unmarshal(data, &back); err != nil || back != u {
			t.Errorf("%s came back as %+v, %v", data, back, err)
		}
	}
	if v, ok := bitbucket.Set("x").Get(); v != "x" || !ok {
		t.Errorf("Get: %q, %v", v, ok)
	}
	if v, ok := bitbucket.Null[string]().Get(); v != "" || ok {
		t.Errorf("Get of null: %q, %v", v, ok)
	}
}
