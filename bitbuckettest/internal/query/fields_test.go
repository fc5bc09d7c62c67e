package query_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/query"
)

const page = `{"size":2,"page":1,"next":"https://host.example/?page=2","values":[
	{"type":"workspace_membership","user":{"uuid":"{1}","name":"ann","email":null,"links":{"self":{"href":"s1"},"html":{"href":"h1"}}},"tags":["a","b"]},
	{"type":"workspace_membership","user":null,"tags":[]}]}`

// trim parses a fields parameter and trims a document by it.
func trim(doc map[string]any, fields string) (map[string]any, error) {
	parsed, err := query.ParseFields(fields)
	if err != nil {
		return nil, err
	}
	return parsed.Trim(doc), nil
}

func wants(fields, path string) bool {
	parsed, err := query.ParseFields(fields)
	return err == nil && parsed.Wants(path)
}

func TestTrim(t *testing.T) {
	tests := []struct {
		fields, want string
	}{
		{"", page},
		{"size", `{"size":2}`},
		{"size,next", `{"size":2,"next":"https://host.example/?page=2"}`},
		{"values", `{"values":` + values(page) + `}`},
		{"*", page},
		{"missing", `{}`},
		{"size.deeper", `{}`},
		{"values.type", `{"values":[{"type":"workspace_membership"},{"type":"workspace_membership"}]}`},
		{"values.user.uuid", `{"values":[{"user":{"uuid":"{1}"}},{}]}`},
		{"values.user.missing", `{"values":[{"user":{}},{}]}`},
		{"values.*.uuid,size", `{"size":2,"values":[{"user":{"uuid":"{1}"},"tags":[]},{"tags":[]}]}`},
		{"values.tags", `{"values":[{"tags":["a","b"]},{"tags":[]}]}`},
		{
			"values.user.links.*.href",
			`{"values":[{"user":{"links":{"self":{"href":"s1"},"html":{"href":"h1"}}}},{}]}`,
		},
		{"-values", `{"size":2,"page":1,"next":"https://host.example/?page=2"}`},
		{"-*", `{}`},
		{"-*,+size,+page", `{"size":2,"page":1}`},
		{"+size,-*", `{"size":2}`},
		{"-*,+values.user.name", `{"values":[{"user":{"name":"ann"}},{}]}`},
		{"+values.user.email", page},
		{
			"-values.user,-next,-size",
			`{"page":1,"values":[{"type":"workspace_membership","tags":["a","b"]},{"type":"workspace_membership","tags":[]}]}`,
		},
		{
			"-values.*.links,-values.tags,-next",
			`{"size":2,"page":1,"values":[{"type":"workspace_membership","user":{"uuid":"{1}","name":"ann","email":null}},{"type":"workspace_membership","user":null}]}`,
		},
		{
			"values.user,-values.user.links.*",
			`{"values":[{"user":{"uuid":"{1}","name":"ann","email":null,"links":{}}},{"user":null}]}`,
		},
		{
			"values.user.links,-values.user.links.*,+values.user.links.self",
			`{"values":[{"user":{"links":{"self":{"href":"s1"}}}},{}]}`,
		},
		{"size,-size", `{"size":2}`},
		{"-size,size", `{"size":2}`},
		{"page,+size", `{"page":1,"size":2}`},
	}
	for _, test := range tests {
		doc := decode(t, page)
		got, err := trim(doc, test.fields)
		if err != nil {
			t.Errorf("Trim(%q): %v", test.fields, err)
			continue
		}
		if want := decode(t, test.want); !reflect.DeepEqual(got, want) {
			t.Errorf("Trim(%q) gives\n%v, want\n%v", test.fields, got, want)
		}
		if !reflect.DeepEqual(doc, decode(t, page)) {
			t.Fatalf("Trim(%q) changed its input", test.fields)
		}
	}
}

func TestTrimCopies(t *testing.T) {
	inner := map[string]any{"name": "ann"}
	list := []any{"a"}
	doc := map[string]any{
		"user": inner, "tags": list,
		"members": []map[string]any{{"name": "bob", "age": 7}},
	}
	got, err := trim(doc, "-members.age")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"user": map[string]any{"name": "ann"}, "tags": []any{"a"},
		"members": []map[string]any{{"name": "bob"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("Trim gives %v, want %v", got, want)
	}
	got["user"].(map[string]any)["name"] = "eve"
	got["tags"].([]any)[0] = "z"
	if inner["name"] != "ann" || list[0] != "a" {
		t.Errorf("the copy shares memory with its source: %v, %v", inner, list)
	}
}

func TestTrimRefuses(t *testing.T) {
	doc := map[string]any{"a": 1}
	tests := []struct {
		fields, text string
	}{
		{",", `"" is not a path of fields at offset 0`},
		{"a,", `"" is not a path of fields at offset 2`},
		{"a,b..c", `"b..c" is not a path of fields at offset 2`},
		{"a,+", `"+" is not a path of fields at offset 2`},
		{"-+a", `"-+a" is not a path of fields at offset 0`},
		{"a*", `"a*" is not a path of fields at offset 0`},
		{"a b", `"a b" is not a path of fields at offset 0`},
		{"a, b", `a term begins with a space (in a URL a + is written %2B) at offset 2`},
	}
	for _, test := range tests {
		_, err := trim(doc, test.fields)
		var syntax *query.SyntaxError
		if !errors.As(err, &syntax) || err.Error() != test.text {
			t.Errorf("Trim(%q) gives error %v, want %s", test.fields, err, test.text)
		}
	}
}

func TestWants(t *testing.T) {
	tests := []struct {
		fields, path string
		want         bool
	}{
		{"", "values.user.email", false},
		{"+values.user.email", "values.user.email", true},
		{"values.user.email", "values.user.email", true},
		{"size,values.user.email", "values.user.email", true},
		{"-values.user.email", "values.user.email", false},
		{"values.user", "values.user.email", false},
		{"values", "values.user.email", false},
		{"+values.user.*", "values.user.email", true},
		{"values.*.email", "values.user.email", true},
		{"+values.*", "values.user.email", false},
		{"+values.*", "values.subkeys", true},
		{"-*,+key", "key", true},
		{"-*,+key", "subkeys", false},
		{"*", "key", true},
		{"+subkeys.fingerprint", "subkeys", true},
		{"+values.user.name", "values.user.email", false},
		{"+key,", "key", false},
	}
	for _, test := range tests {
		if got := wants(test.fields, test.path); got != test.want {
			t.Errorf("Wants(%q, %q) = %t, want %t", test.fields, test.path, got, test.want)
		}
	}
}

func FuzzTrim(f *testing.F) {
	for _, fields := range []string{
		"a,b.c", "-*,+values.user.name", "-values.*.links", "values.tags",
		"+", "*.*.*",
	} {
		f.Add(fields)
	}
	f.Fuzz(func(t *testing.T, fields string) {
		got, err := trim(decode(t, page), fields)
		if err != nil {
			if _, ok := errors.AsType[*query.SyntaxError](err); !ok {
				t.Fatalf("Trim(%q) gives %T, want *SyntaxError", fields, err)
			}
			return
		}
		again, err := trim(got, fields)
		if err != nil || !reflect.DeepEqual(got, again) {
			t.Errorf("Trim(%q) gives %v, and once more %v, %v", fields, got, again, err)
		}
	})
}

func decode(t *testing.T, text string) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// values cuts the list out of a page written as JSON.
func values(page string) string {
	var parts struct {
		Values json.RawMessage
	}
	if err := json.Unmarshal([]byte(page), &parts); err != nil {
		return err.Error()
	}
	return string(parts.Values)
}
