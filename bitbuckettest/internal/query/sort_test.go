package query_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/query"
)

func TestSort(t *testing.T) {
	docs := []map[string]any{
		{
			"id": "a", "name": "beta", "size": 10, "on": "2021-04-02T14:20:48.179", "permission": "admin",
			"open": true, "user": map[string]any{"n": "y"},
		},
		{
			"id": "b", "name": "alpha", "size": 9.5, "on": "2021-04-02T16:20:48.178+02:00",
			"permission": "read", "open": false, "user": map[string]any{"n": "x"},
		},
		{
			"id": "c", "name": nil, "size": json.Number("10"), "on": nil, "permission": "write",
			"open": true,
		},
		{
			"id": "d", "size": int64(-1), "on": "2020-12-31", "permission": "read",
			"user": map[string]any{"n": "x"},
		},
		{"id": "e", "name": "Beta", "size": 10.0, "permission": "none", "open": false, "user": nil},
	}
	tests := []struct {
		key  string
		want []string
	}{
		{"name", []string{"e", "b", "a", "c", "d"}},
		{"-name", []string{"a", "b", "e", "c", "d"}},
		{"size", []string{"d", "b", "a", "c", "e"}},
		{"-size", []string{"a", "c", "e", "b", "d"}},
		{"on", []string{"d", "b", "a", "c", "e"}},
		{"-on", []string{"a", "b", "d", "c", "e"}},
		{"permission", []string{"e", "b", "d", "c", "a"}},
		{"-permission", []string{"a", "c", "b", "d", "e"}},
		{"open", []string{"b", "e", "a", "c", "d"}},
		{"user.n", []string{"b", "d", "a", "c", "e"}},
		{"missing", []string{"a", "b", "c", "d", "e"}},
	}
	for _, test := range tests {
		sorted, err := query.Sort(docs, test.key, of)
		if err != nil {
			t.Errorf("Sort(%q): %v", test.key, err)
			continue
		}
		if got := ids(sorted); !slices.Equal(got, test.want) {
			t.Errorf("Sort(%q) gives %v, want %v", test.key, got, test.want)
		}
	}
}

func TestSortRefuses(t *testing.T) {
	docs := []map[string]any{
		{"id": "a", "mixed": "text", "object": map[string]any{"n": 1}},
		{"id": "b", "mixed": 5, "object": map[string]any{"n": 0}},
		{"id": "c", "mixed": "more"},
	}
	for _, key := range []string{"", "-", "--id", "id,mixed", "a b", "a.", "5"} {
		var syntax *query.SyntaxError
		if _, err := query.Sort(docs, key, of); !errors.As(err, &syntax) {
			t.Errorf("Sort(%q) gives error %v, want a *SyntaxError", key, err)
		}
	}
	for _, key := range []string{"mixed", "-mixed", "object"} {
		var wrong *query.ValueError
		if _, err := query.Sort(docs, key, of); !errors.As(err, &wrong) || wrong.Field != "mixed" &&
			wrong.Field != "object" {
			t.Errorf("Sort(%q) gives error %v, want a *ValueError", key, err)
		}
	}
	if got, want := ids(docs), []string{"a", "b", "c"}; !reflect.DeepEqual(got, want) {
		t.Errorf("after refusals the documents are %v, want %v", got, want)
	}
}

func ids(docs []map[string]any) []string {
	var all []string
	for _, doc := range docs {
		all = append(all, doc["id"].(string))
	}
	return all
}
