package bitbucket_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket"
)

// The shapes that Bitbucket sends, each as a whole body and as the value that it
// becomes. Bodies that hold others are put together from them.

const (
	userUUID      = "{11111111-1111-1111-1111-111111111111}"
	workspaceUUID = "{33333333-3333-3333-3333-333333333333}"
)

func at(year int, month time.Month, day, hour, minute, second, micro int) bitbucket.Time {
	return bitbucket.Time{Time: time.Date(year, month, day, hour, minute, second, micro*1000, time.UTC)}
}

func linkTo(path string) bitbucket.Link {
	return bitbucket.Link{Href: "https://api.bitbucket.org/2.0/" + path}
}

const userBody = `{"type":"user","uuid":"{11111111-1111-1111-1111-111111111111}",
	"account_id":"557058:22222222-2222-2222-2222-222222222222","display_name":"A User","nickname":"auser","username":"auser0",
	"account_status":"active","has_2fa_enabled":false,"is_staff":true,"created_on":"2018-03-14T13:17:05.196003+00:00",
	"location":"Sydney","website":"https://example.com","kind":"repository_access_token","email":"user@example.com",
	"links":{"self":{"href":"https://api.bitbucket.org/2.0/users/%7B1111%7D"},"html":{"href":"https://bitbucket.org/%7B1111%7D/"},
		"avatar":{"href":"https://secure.example/avatar.png"},"hooks":{"href":"https://api.bitbucket.org/2.0/hooks"}}}`

func userValue() bitbucket.User {
	return bitbucket.User{
		Type: "user", UUID: userUUID, AccountID: "557058:22222222-2222-2222-2222-222222222222",
		DisplayName: "A User", Nickname: "auser", Username: "auser0", AccountStatus: "active",
		Has2FAEnabled: new(false), IsStaff: true, CreatedOn: at(2018, 3, 14, 13, 17, 5, 196003),
		Location: "Sydney", Website: "https://example.com", Kind: "repository_access_token", Email: "user@example.com",
		Links: bitbucket.Links{
			Self:   linkTo("users/%7B1111%7D"),
			HTML:   bitbucket.Link{Href: "https://bitbucket.org/%7B1111%7D/"},
			Avatar: bitbucket.Link{Href: "https://secure.example/avatar.png"},
			Other:  map[string][]bitbucket.Link{"hooks": {linkTo("hooks")}},
		},
	}
}

const emailBody = `{"type":"email","email":"user@example.com","is_primary":true,"is_confirmed":true,
	"links":{"self":{"href":"https://api.bitbucket.org/2.0/user/emails/user@example.com"}}}`

func emailValue() bitbucket.Email {
	return bitbucket.Email{Type: "email", Email: "user@example.com", IsPrimary: true, IsConfirmed: true, Links: selfLink("user/emails/user@example.com")}
}

func selfLink(path string) bitbucket.Links { return bitbucket.Links{Self: linkTo(path)} }

const workspaceBody = `{"type":"workspace","uuid":"{33333333-3333-3333-3333-333333333333}","slug":"acme","name":"Acme","is_private":true,
	"is_personal":true,"is_privacy_enforced":true,"forking_mode":"internal_only","created_on":"2010-03-23T08:07:49+00:00",
	"updated_on":"2021-04-02T16:20:48.179+02:00","links":{"self":{"href":"https://api.bitbucket.org/2.0/workspaces/acme"}}}`

func workspaceValue() bitbucket.Workspace {
	return bitbucket.Workspace{
		Type: "workspace", UUID: workspaceUUID, Slug: "acme", Name: "Acme", IsPrivate: true, IsPersonal: true, IsPrivacyEnforced: true,
		ForkingMode: "internal_only", CreatedOn: at(2010, 3, 23, 8, 7, 49, 0), UpdatedOn: at(2021, 4, 2, 14, 20, 48, 179000),
		Links: selfLink("workspaces/acme"),
	}
}

const accessBody = `{"type":"workspace_access","administrator":true,"workspace":` + workspaceBody + `}`

func accessValue() bitbucket.WorkspaceAccess {
	return bitbucket.WorkspaceAccess{Type: "workspace_access", Administrator: true, Workspace: workspaceValue()}
}

// added_on comes without an offset.
const membershipBody = `{"type":"workspace_membership","permission":"owner","last_accessed":"2021-05-01T00:00:00+00:00","added_on":"2021-04-02T14:20:48.179",
	"links":{"self":{"href":"https://api.bitbucket.org/2.0/workspaces/acme/members/%7B1111%7D"}},"user":` + userBody + `,"workspace":` + workspaceBody + `}`

func membershipValue() bitbucket.WorkspaceMembership {
	return bitbucket.WorkspaceMembership{
		Type: "workspace_membership", Permission: bitbucket.PermissionOwner, LastAccessed: at(2021, 5, 1, 0, 0, 0, 0),
		AddedOn: at(2021, 4, 2, 14, 20, 48, 179000), Links: selfLink("workspaces/acme/members/%7B1111%7D"), User: userValue(), Workspace: workspaceValue(),
	}
}

const repositoryBody = `{"type":"repository","uuid":"{44444444-4444-4444-4444-444444444444}","name":"widgets","full_name":"acme/widgets",
	"links":{"self":{"href":"https://api.bitbucket.org/2.0/repositories/acme/widgets"}}}`

func repositoryValue() bitbucket.Repository {
	return bitbucket.Repository{
		Type: "repository", UUID: "{44444444-4444-4444-4444-444444444444}", Name: "widgets", FullName: "acme/widgets",
		Links: selfLink("repositories/acme/widgets"),
	}
}

const projectBody = `{"type":"project","uuid":"{99999999-9999-9999-9999-999999999999}","key":"PLAT","name":"Platform",
	"links":{"self":{"href":"https://api.bitbucket.org/2.0/workspaces/acme/projects/PLAT"}}}`

func projectValue() bitbucket.Project {
	return bitbucket.Project{
		Type: "project", UUID: "{99999999-9999-9999-9999-999999999999}", Key: "PLAT", Name: "Platform",
		Links: selfLink("workspaces/acme/projects/PLAT"),
	}
}

const repositoryPermissionBody = `{"type":"repository_permission","permission":"write","user":` + userBody + `,"repository":` + repositoryBody + `,
	"links":{"self":{"href":"https://api.bitbucket.org/2.0/x"}}}`

func repositoryPermissionValue() bitbucket.RepositoryPermission {
	return bitbucket.RepositoryPermission{
		Type: "repository_permission", Permission: bitbucket.PermissionWrite, User: userValue(), Repository: repositoryValue(), Links: selfLink("x"),
	}
}

const userPermissionBody = `{"type":"project_user_permission","permission":"create-repo","user":` + userBody + `,"repository":` + repositoryBody + `,
	"project":` + projectBody + `,"links":{"self":{"href":"https://api.bitbucket.org/2.0/x"}}}`

func userPermissionValue() bitbucket.UserPermission {
	return bitbucket.UserPermission{
		Type: "project_user_permission", Permission: bitbucket.PermissionCreateRepo, User: userValue(), Repository: repositoryValue(),
		Project: projectValue(), Links: selfLink("x"),
	}
}

const groupPermissionBody = `{"type":"repository_group_permission","permission":"read","repository":` + repositoryBody + `,"project":` + projectBody + `,
	"links":{"self":{"href":"https://api.bitbucket.org/2.0/x"}},
	"group":{"type":"group","name":"Developers","slug":"developers","full_slug":"acme:developers","owner":` + userBody + `,"workspace":` + workspaceBody + `,
		"links":{"self":{"href":"https://api.bitbucket.org/2.0/groups"}}}}`

func groupPermissionValue() bitbucket.GroupPermission {
	return bitbucket.GroupPermission{
		Type: "repository_group_permission", Permission: bitbucket.PermissionRead, Repository: repositoryValue(), Project: projectValue(), Links: selfLink("x"),
		Group: bitbucket.Group{
			Type: "group", Name: "Developers", Slug: "developers", FullSlug: "acme:developers", Owner: userValue(), Workspace: workspaceValue(),
			Links: selfLink("groups"),
		},
	}
}

const variableBody = `{"type":"pipeline_variable","uuid":"{55555555-5555-5555-5555-555555555555}","key":"REGION","value":"eu","secured":true}`

func variableValue() bitbucket.Variable {
	return bitbucket.Variable{Type: "pipeline_variable", UUID: "{55555555-5555-5555-5555-555555555555}", Key: "REGION", Value: "eu", Secured: true}
}

const sshKeyBody = `{"type":"ssh_key","uuid":"{77777777-7777-7777-7777-777777777777}","key":"ssh-ed25519 AAAA","comment":"user@host","label":"laptop",
	"fingerprint":"w9tZ","created_on":"2018-03-14T13:17:05.196003+00:00","expires_on":"2027-01-01T00:00:00+00:00",
	"last_used":"2018-03-20T13:18:05.196003+00:00","owner":` + userBody + `,"links":{"self":{"href":"https://api.bitbucket.org/2.0/users/%7B1111%7D/ssh-keys/7777"}}}`

func sshKeyValue() bitbucket.SSHKey {
	return bitbucket.SSHKey{
		Type: "ssh_key", UUID: "{77777777-7777-7777-7777-777777777777}", Key: "ssh-ed25519 AAAA", Comment: "user@host", Label: "laptop",
		Fingerprint: "w9tZ", CreatedOn: at(2018, 3, 14, 13, 17, 5, 196003), ExpiresOn: at(2027, 1, 1, 0, 0, 0, 0),
		LastUsed: at(2018, 3, 20, 13, 18, 5, 196003), Owner: userValue(), Links: selfLink("users/%7B1111%7D/ssh-keys/7777"),
	}
}

const gpgKeyBody = `{"type":"gpg_key","key_id":"ymok","fingerprint":"h4m2","parent_fingerprint":"p4r3","name":"my key","comment":"old","key":"-----BEGIN",
	"subkeys":[{"type":"gpg_key","name":"sub","expires_on":null,"last_used":null}],"added_on":"2024-09-24T12:09:33.154081+00:00",
	"created_on":"2018-03-20T13:09:04.207005+00:00","expires_on":"2027-01-01","last_used":"2024-09-25T15:18:05.196003+00:00","owner":` + userBody + `,
	"links":{"self":{"href":"https://api.bitbucket.org/2.0/users/%7B1111%7D/gpg-keys/H4M2"}}}`

func gpgKeyValue() bitbucket.GPGKey {
	return bitbucket.GPGKey{
		Type: "gpg_key", KeyID: "ymok", Fingerprint: "h4m2", ParentFingerprint: "p4r3", Name: "my key", Comment: "old", Key: "-----BEGIN",
		Subkeys: []bitbucket.GPGKey{{Type: "gpg_key", Name: "sub"}}, AddedOn: at(2024, 9, 24, 12, 9, 33, 154081),
		CreatedOn: at(2018, 3, 20, 13, 9, 4, 207005), ExpiresOn: at(2027, 1, 1, 0, 0, 0, 0), LastUsed: at(2024, 9, 25, 15, 18, 5, 196003),
		Owner: userValue(), Links: selfLink("users/%7B1111%7D/gpg-keys/H4M2"),
	}
}

const searchBody = `{"type":"code_search_result","content_match_count":2,
	"content_matches":[{"lines":[{"line":2,"segments":[]},{"line":3,"segments":[{"text":"func "},{"text":"Foo","match":true},{"text":"() {"}]}]}],
	"path_matches":[{"text":"src/"},{"text":"Foo","match":true},{"text":".go"}],
	"file":{"type":"commit_file","path":"src/Foo.go","escaped_path":"src/Foo.go","attributes":"executable",
		"links":{"self":{"href":"https://api.bitbucket.org/2.0/repositories/acme/widgets/src/abc/src/Foo.go"}},
		"commit":{"type":"commit","hash":"abc","repository":` + repositoryBody + `,"links":{"self":{"href":"https://api.bitbucket.org/2.0/c"}}}}}`

func searchValue() bitbucket.CodeSearchResult {
	return bitbucket.CodeSearchResult{
		Type: "code_search_result", ContentMatchCount: 2,
		ContentMatches: []bitbucket.ContentMatch{{Lines: []bitbucket.SearchLine{
			{Line: 2, Segments: []bitbucket.SearchSegment{}},
			{Line: 3, Segments: []bitbucket.SearchSegment{{Text: "func "}, {Text: "Foo", Match: true}, {Text: "() {"}}},
		}}},
		PathMatches: []bitbucket.SearchSegment{{Text: "src/"}, {Text: "Foo", Match: true}, {Text: ".go"}},
		File: bitbucket.SearchFile{
			Type: "commit_file", Path: "src/Foo.go", EscapedPath: "src/Foo.go", Attributes: "executable",
			Links:  selfLink("repositories/acme/widgets/src/abc/src/Foo.go"),
			Commit: bitbucket.SearchCommit{Type: "commit", Hash: "abc", Repository: repositoryValue(), Links: selfLink("c")},
		},
	}
}

// A shape is a body, its value, and how to decode it.
type shape struct {
	body   string
	value  any
	decode func([]byte) (any, error)
}

func shapeOf[T any](body string, value T) shape {
	return shape{body, value, func(data []byte) (any, error) {
		var v T
		err := json.Unmarshal(data, &v)
		return v, err
	}}
}

func shapes() map[string]shape {
	parsed := shape{userBody, userValue(), func(data []byte) (any, error) {
		u, err := bitbucket.ParseUser(data)
		if err != nil {
			return nil, err
		}
		return *u, nil
	}}
	return map[string]shape{
		"user":                  shapeOf(userBody, userValue()),
		"user, parsed":          parsed,
		"email":                 shapeOf(emailBody, emailValue()),
		"workspace":             shapeOf(workspaceBody, workspaceValue()),
		"workspace access":      shapeOf(accessBody, accessValue()),
		"workspace membership":  shapeOf(membershipBody, membershipValue()),
		"repository permission": shapeOf(repositoryPermissionBody, repositoryPermissionValue()),
		"user permission":       shapeOf(userPermissionBody, userPermissionValue()),
		"group permission":      shapeOf(groupPermissionBody, groupPermissionValue()),
		"variable":              shapeOf(variableBody, variableValue()),
		"SSH key":               shapeOf(sshKeyBody, sshKeyValue()),
		"GPG key":               shapeOf(gpgKeyBody, gpgKeyValue()),
		"code search result":    shapeOf(searchBody, searchValue()),
	}
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
	if v.Type() == reflect.TypeFor[bitbucket.Links]() || v.Type() == reflect.TypeFor[bitbucket.Time]() || v.Kind() != reflect.Struct {
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
			got, err := s.decode([]byte(`{"type":"user","links":{"self":[{"href":"a","name":"x"},{"href":"b"}],"html":[],"avatar":{"href":"c"}}}`))
			if err != nil {
				t.Errorf("links as arrays: %v, %v", got, err)
			}
		})
	}
}

func isEnum(member string) bool {
	return member == "type" || member == "permission" || member == "account_status" || member == "forking_mode" || member == "attributes" || member == "kind"
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
			v := variableValue()
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
	for _, text := range []string{`"yesterday"`, `1617373248`, `{}`, `"`} {
		var got bitbucket.Time
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s became %v", text, got)
		}
	}
	if data, err := json.Marshal([]bitbucket.Time{{}, {Time: moment}}); err != nil || string(data) != `[null,"2021-04-02T14:20:48Z"]` {
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
				if got := p.AtLeast(q); got != (i >= j) {
					t.Errorf("%q.AtLeast(%q) = %v", p, q, got)
				}
			}
			for j, q := range ladders[1-l] {
				if got, want := p.AtLeast(q), j == 0; got != want && i > 0 {
					t.Errorf("%q.AtLeast(%q) = %v across the ladders", p, q, got)
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
