package bitbucket_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
)

// fielded are the types that are read without reflection where they are written in the usual way.
func fielded() []bitbucket.Fielded {
	return []bitbucket.Fielded{
		new(bitbucket.User), new(bitbucket.V1User), new(bitbucket.Workspace), new(bitbucket.Repository),
		new(bitbucket.RepositoryPermission), new(bitbucket.WorkspaceMembership), new(bitbucket.UserPermission),
	}
}

func membersOf(of bitbucket.Fielded) map[string]reflect.Value {
	members := make(map[string]reflect.Value)
	for field, value := range reflect.ValueOf(of).Elem().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		members[name] = value
	}
	return members
}

// A member that a type did not know by heart would be dropped.
func TestTypesKnowTheirFields(t *testing.T) {
	for _, of := range fielded() {
		for name, value := range membersOf(of) {
			if got := bitbucket.Field(of, name); got != value.Addr().Interface() {
				t.Errorf("%T: the field of %s is %T", of, name, got)
			}
		}
		if got := bitbucket.Field(of, "unknown"); got != nil {
			t.Errorf("%T: the field of an unknown member is %T", of, got)
		}
	}
}

// What is read without reflection is read as encoding/json does, or left to it.
func TestFieldsAreReadAsEncodingJSONDoes(t *testing.T) {
	values := []string{
		`null`, `true`, `false`, `17`, `-1.5e3`, `01`, `tru`, `nul`, `trap`, ``, `"text"`, `""`, `"write"`, `"\u00e9\/\ud83d"`, `"\q"`, "\"\xff\"",
		"\"\t\"", `{}`, `[]`, `[1,{"a":[]}]`, `[01]`, `"{11111111-1111-1111-1111-111111111111}"`, `"11111111-1111-1111-1111-111111111111"`,
		`"2018-03-14T13:17:05.196003+00:00"`, `"2018-03-14T13:17:05"`, `"2018-03-14\u002013:17:05"`,
		`{"self":{"href":"https://a.example/"},"hooks":[{"href":"b"},{"href":"c"}]}`, `{"self":{"href":"a","n":01}}`,
		`{"self":5}`, `[{"rel":"self","href":"a"}]`, `{"self":{"href":"a"},"self":{"href":"b\u0041"}}`,
		`{"type":"user","links":{"html":{"href":"h"}},"display_name":"Ada","x":[true]}`, `{"type":"user","Type":"team"}`,
		`{"slug":"a","name":null,"created_on":"soon"}`, `{"slug":"a"},"slug":{`, `"a" "b"`, `"a"}`, strings.Repeat("[", 200) + strings.Repeat("]", 200),
	}
	filled := 0
	for _, of := range fielded() {
		names := []string{"unknown", "TYPE", "Links", "lın\u212as", `ty\u0070e`, `t\ype`, "t\xff"}
		for name := range membersOf(of) {
			names = append(names, name)
		}
		for _, name := range names {
			for _, value := range values {
				for _, format := range []string{`{"%s":%s}`, " {\n\"%s\" : %s , \"type\":\"other\"\t} ", `{"type":"first","%s":%s,"links":{}}`} {
					filled += wantAsEncodingJSON(t, of, fmt.Sprintf(format, name, value))
				}
			}
		}
	}
	if filled < 2000 {
		t.Errorf("only %d were read without reflection", filled)
	}
	for _, body := range []string{``, `null`, `[]`, `"a"`, `{`, `{}x`, `{"type"}`, `{"type":"a",}`, `{,}`, `{"type":"a"}{}`} {
		wantAsEncodingJSON(t, new(bitbucket.User), body)
	}
}

// The same for anything that the fuzzer makes of such bodies.
func FuzzFields(f *testing.F) {
	for _, body := range []string{
		`{"type":"repository_permission","permission":"read","user":{"display_name":"Ada","has_2fa_enabled":true,"links":{"html":{"href":"h"}}},` +
			`"repository":{"slug":"a","size":5},"links":{"self":[{"href":"x","name":"https"}]}}`,
		`{"user":{"nickname":"ada"},"user":{"uuid":"{u}","nickname":null},"workspace":{"slug":"a"},"permission":"own\u0065r","added_on":"2018-03-14T13:17:05"}`,
		`{"username":"\ud800","first_name":null,"is_team":true,"is_team":null,"avatar":"\/","created_on":"2018-03-14T13:17:05.196003+00:00"}`,
		"{\"type\":\"us\xffer\",\"is_staff\":\"true\",\"Location\":[[[[]]]],\"account_id\":17} {",
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, of := range fielded() {
			wantAsEncodingJSON(t, of, string(body))
		}
	})
}

// wantAsEncodingJSON returns 1 when a body was read without reflection. Its memory is used again then,
// as that of answers is.
func wantAsEncodingJSON(t *testing.T, of bitbucket.Fielded, body string) int {
	t.Helper()
	anew := func() bitbucket.Fielded {
		return reflect.New(reflect.TypeOf(of).Elem()).Interface().(bitbucket.Fielded)
	}
	got, want := anew(), anew()
	memory := []byte(body)
	if !bitbucket.Fill(memory, got) {
		return 0
	}
	for i := range memory {
		memory[i] = '#'
	}
	if err := json.Unmarshal([]byte(body), want); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%T of %s:\n%+v\n%+v, %v", of, body, got, want, err)
	}
	return 1
}

// A page with one item that is written otherwise is read as if all were.
func TestOneUnusualItem(t *testing.T) {
	usual := `{"type":"repository_permission","permission":"read","user":{"display_name":"Ada","has_2fa_enabled":true,"links":{"html":{"href":"h"}}},"repository":{"slug":"a"}}`
	unusual := `{"type":"repository_permission","permission":"write","USER":{"nickname":"bea"},"repository":{"slug":"b","mainbranch":{"name":"main"}}}`
	for _, values := range [][]string{{usual, unusual, usual}, {unusual}, {usual, usual, unusual}, {usual}} {
		body := "[" + strings.Join(values, ",") + "]"
		got, err := newClient(t, answering(200, asJSON, `{"values":`+body+`}`)).Permissions.ListMine(t.Context(), "acme").Collect()
		var want []bitbucket.RepositoryPermission
		if bad := json.Unmarshal([]byte(body), &want); err != nil || bad != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n%+v, %v\n%+v, %v", body, got, err, want, bad)
		}
	}
}
