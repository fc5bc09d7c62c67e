package bitbucket_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-9213fc64/bitbucket"
)

// An account is somebody, and how each API tells of it.
type account struct {
	uuid, accountID, nickname, first, last, avatar string
	team, staff                                    bool
}

func (a account) display() string { return strings.TrimSpace(a.first + " " + a.last) }

func (a account) v2() map[string]any {
	return map[string]any{
		"type": map[bool]string{true: "team", false: "user"}[a.team], "uuid": a.uuid,
		"account_id": a.accountID, "nickname": a.nickname, "display_name": a.display(),
		"is_staff": a.staff, "links": map[string]any{"avatar": map[string]any{"href": a.avatar}},
	}
}

// before2019 has no identifier but the name.
func (a account) before2019() map[string]any {
	return map[string]any{
		"username": "user of " + a.nickname, "first_name": a.first, "last_name": a.last,
		"avatar": a.avatar, "is_team": a.team, "is_staff": a.staff, "resource_uri": "/1.0/users/x",
	}
}

func (a account) after2019() map[string]any {
	return map[string]any{
		"uuid": a.uuid, "account_id": a.accountID, "nickname": a.nickname, "display_name": a.display(),
		"avatar": a.avatar, "is_team": a.team, "is_staff": a.staff, "is_active": true,
		"resource_uri": "/!api/1.0/users/x",
	}
}

// FuzzParseUserShapes tells of the same account in the three shapes, and wants the same person back.
func FuzzParseUserShapes(f *testing.F) {
	f.Add("11111111-1111-1111-1111-111111111111", "557058:2", "auser", "A", "User", "https://secure.example/a.png", false, false)
	f.Fuzz(func(t *testing.T, uuid, id, nickname, first, last, avatar string, team, staff bool) {
		a := account{"{" + uuid + "}", id, nickname, first, last, avatar, team, staff}
		for _, text := range []string{uuid, id, nickname, first, last, avatar} {
			if !utf8.ValidString(text) {
				return
			}
		}
		today := wantParsed(t, a.v2())
		since := wantParsed(t, a.after2019())
		before := wantParsed(t, a.before2019())
		if today.V1 != nil || since.V1 == nil || before.V1 == nil {
			t.Fatalf("V1 is %v, %v, %v", today.V1, since.V1, before.V1)
		}
		wantKept(t, a.after2019(), since.V1)
		wantKept(t, a.before2019(), before.V1)
		if a.display() == "" { // then the 1.0 API calls the account by its user name
			before.DisplayName = ""
		}
		before.Username = ""
		// Of what identifies an account, the first shape tells nothing.
		before.UUID, before.AccountID, before.Nickname = today.UUID, today.AccountID, today.Nickname
		for name, u := range map[string]*bitbucket.User{"before 2019": before, "since 2019": since} {
			u.V1 = nil
			if !reflect.DeepEqual(u, today) {
				t.Errorf("%s: got  %+v\nwant %+v", name, u, today)
			}
		}
	})
}

// wantParsed reads an account bare and wrapped, which makes no difference, and with each member of
// the shape alone left out, which costs that member only.
func wantParsed(t *testing.T, shape map[string]any) *bitbucket.User {
	t.Helper()
	u, err := bitbucket.ParseUser(marshal(t, shape))
	if err != nil {
		t.Fatalf("%v: %v", shape, err)
	}
	wrapped, err := bitbucket.ParseUser(marshal(t, map[string]any{"user": shape}))
	if err != nil || !reflect.DeepEqual(wrapped, u) {
		t.Fatalf("wrapped: %+v, %v; bare: %+v", wrapped, err, u)
	}
	for left := range shape {
		part := maps.Clone(shape)
		delete(part, left)
		got, err := bitbucket.ParseUser(marshal(t, part))
		if err != nil {
			t.Fatalf("without %s: %v", left, err)
		}
		if (got.V1 == nil) != (u.V1 == nil) {
			t.Fatalf("without %s it is of another API: %+v", left, got)
		}
		for name, same := range map[string]bool{
			"uuid": got.UUID == u.UUID, "account_id": got.AccountID == u.AccountID,
			"nickname": got.Nickname == u.Nickname, "avatar": got.Links.Avatar == u.Links.Avatar,
			"is_team": got.Type == u.Type,
		} {
			avatarless := name == "avatar" && left == "links"
			typeless := name == "is_team" && left == "type"
			if !same && name != left && !avatarless && !typeless {
				t.Fatalf("without %s the %s is lost: %+v", left, name, got)
			}
		}
	}
	return u
}

// wantKept fails unless everything that the 1.0 API sent is in what was kept of it.
func wantKept(t *testing.T, shape map[string]any, kept *bitbucket.V1User) {
	t.Helper()
	var back map[string]any
	if err := json.Unmarshal(marshal(t, kept), &back); err != nil {
		t.Fatal(err)
	}
	for member, value := range shape {
		if got, ok := back[member]; got != value && (ok || value != "") {
			t.Errorf("%s was %#v, and is %#v", member, value, got)
		}
	}
}

// What a user of the 1.0 API is does not depend on how it is read: one with a member whose name has a
// capital goes the long way, through encoding/json.
func TestUsualUsersAreReadAsUnusualOnes(t *testing.T) {
	for _, body := range []string{
		`"username":"ada","first_name":"Ada","last_name":"L.","avatar":"https://a.example/1.png","resource_uri":"/1.0/users/ada"`,
		`"username":"ada","first_name":"","last_name":"","is_team":true,"is_staff":false`,
		`"username":"ada","first_name":"Ad\u00e9","last_name":"\"\/\ud83d\ude00","avatar":"\ud83d"`,
		"\"username\":\"\xff\xfe\",\"first_name\":\"\u00e9\"",
		`"username":"ada","first_name":"a","username":"bea","first_name":null,"is_team":true,"is_team":null`,
		`"username":"ada","first_name":"a","is_team":true,"is_team":false`,
		`"USERNAME":"ada","First_Name":"a"`,
		`"user\u006eame":"ada","first_name":"a"`,
		`"username":"ada","first_name":"a","is_team":"yes"`,
		`"username":"ada","first_name":17`,
		`"username":"ada","first_name":{"a":1},"is_staff":[]`,
		`"display_name":"Ada","first_name":"a","uuid":"{u}","account_id":"1:a","nickname":"ada","is_active":true`,
		`"username":"ada","first_name":"a\q"`,
		`"username":"ada","first_name":"a","is_team":trap`,
		`"username":"ada","first_name":"a","is_team":tru`,
	} {
		usual, err := bitbucket.ParseUser([]byte(" {" + body + "}\n"))
		unusual, other := bitbucket.ParseUser([]byte(`{` + body + `,"Unusual":0}`))
		if !reflect.DeepEqual(usual, unusual) || (err == nil) != (other == nil) {
			t.Errorf("%s:\n%+v, %v\n%+v, %v", body, usual, err, unusual, other)
		}
	}
	for _, body := range []string{`{"username":"ada","first_name":"a"} {}`, `{"username":"ada","first_name":"a"`, `{"username":"ada","first_name":"a"},`} {
		if u, err := bitbucket.ParseUser([]byte(body)); err == nil {
			t.Errorf("%s was read as %+v", body, u)
		}
	}
}

// So does one of the 2.0 API that has null for what is true or false, which means nothing.
func TestUsualUsersOfV2AreReadAsUnusualOnes(t *testing.T) {
	values := []string{
		`null`, `true`, `false`, `17`, `01`, `tru`, `"text"`, `""`, `"\u00e9\/"`, `"\q"`, "\"\xff\"", `{}`, `[]`, `"{x}"`,
		`"2018-03-14T13:17:05.196003+00:00"`, `"11111111-1111-1111-1111-111111111111"`,
		`{"self":{"href":"https://a.example/"},"hooks":[{"href":"b"},{"href":"c"}]}`, `{"self":{"href":"a","n":01}}`, `{"self":5}`,
		`[{"rel":"self","href":"a"}]`, `{"self":{"href":"a"},"self":{"href":"b\u0041"}}`,
	}
	members := []string{
		"type", "uuid", "account_id", "display_name", "nickname", "username", "account_status", "has_2fa_enabled",
		"is_staff", "created_on", "location", "website", "kind", "email", "links", "v1", "later", "Display_Name", "lınks",
	}
	for _, member := range members {
		for _, value := range values {
			body := `"account_id":"1:a","nickname":"ada","` + member + `":` + value
			usual, err := bitbucket.ParseUser([]byte(`{` + body + `}`))
			unusual, other := bitbucket.ParseUser([]byte(`{` + body + `,"is_staff":null}`))
			if !reflect.DeepEqual(usual, unusual) || (err == nil) != (other == nil) {
				t.Errorf("%s:\n%+v, %v\n%+v, %v", body, usual, err, unusual, other)
			}
		}
	}
}
