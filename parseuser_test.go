package bitbucket_test

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/seed-9213fc64/bitbucket"
)

// The same account as either API sends it.
const (
	sentByV2 = `{
		"type": "user", "uuid": "{11111111-1111-1111-1111-111111111111}",
		"account_id": "557058:22222222-2222-2222-2222-222222222222",
		"display_name": "A User", "nickname": "auser", "username": "auser", "account_status": "active",
		"has_2fa_enabled": null, "is_staff": false, "created_on": "2018-03-14T13:17:05.196003+00:00",
		"location": null, "website": "", "later": {"unknown": [1, "}"]},
		"links": {"self": {"href": "https://api.bitbucket.org/2.0/users/%7B11111111-1111-1111-1111-111111111111%7D"},
			"avatar": {"href": "https://secure.example/avatar.png"},
			"hooks": {"href": "https://api.bitbucket.org/2.0/workspaces/auser/hooks"}}}`
	sentByV1 = `{
		"username": "auser", "first_name": "A", "last_name": "User", "is_team": false, "is_staff": false,
		"avatar": "https://secure.example/avatar.png", "resource_uri": "/1.0/users/auser"}`
)

func TestParseUser(t *testing.T) {
	avatar := bitbucket.Links{Avatar: bitbucket.Link{Href: "https://secure.example/avatar.png"}}
	v2 := bitbucket.User{
		Type: "user", UUID: "{11111111-1111-1111-1111-111111111111}",
		AccountID:   "557058:22222222-2222-2222-2222-222222222222",
		DisplayName: "A User", Nickname: "auser", Username: "auser", AccountStatus: "active",
		CreatedOn: bitbucket.Time{Time: time.Date(2018, 3, 14, 13, 17, 5, 196003000, time.UTC)},
		Links: bitbucket.Links{
			Self:   bitbucket.Link{Href: "https://api.bitbucket.org/2.0/users/%7B11111111-1111-1111-1111-111111111111%7D"},
			Avatar: avatar.Avatar,
			Other:  map[string][]bitbucket.Link{"hooks": {{Href: "https://api.bitbucket.org/2.0/workspaces/auser/hooks"}}},
		},
	}
	v1 := bitbucket.User{
		Type: "user", DisplayName: "A User", Username: "auser", Links: avatar,
		V1: &bitbucket.V1User{
			Username: "auser", FirstName: "A", LastName: "User", Avatar: "https://secure.example/avatar.png",
			ResourceURI: "/1.0/users/auser", IsTeam: new(false), IsStaff: new(false),
		},
	}
	for _, tc := range []struct {
		name string
		body string
		want bitbucket.User
	}{
		{"2.0", sentByV2, v2},
		{"1.0 bare", sentByV1, v1},
		{"1.0 wrapped", `{"user": ` + sentByV1 + `}`, v1},
		{"1.0 with repositories", "\n {\"repositories\": [{\"owner\": \"auser\", \"slug\": \"x\", \"website\": null}], \"user\": " + sentByV1 + "} \n", v1},
		{"2.0 in a membership", `{"type": "workspace_membership", "user": ` + sentByV2 + `, "workspace": {"type": "workspace"}, "links": {}}`, v2},
		{"2.0 in a permission", `{"user": ` + sentByV2 + `, "permission": "owner"}`, v2},
		{
			"1.0 of 2011",
			`{"username": "auser", "first_name": "", "last_name": "", "avatar": "", "resource_uri": "/1.0/users/auser/"}`,
			bitbucket.User{
				Type: "user", DisplayName: "auser", Username: "auser",
				V1: &bitbucket.V1User{Username: "auser", ResourceURI: "/1.0/users/auser/"},
			},
		},
		{
			"1.0 team with a name and nulls",
			`{"username": "acme", "first_name": null, "last_name": null, "display_name": "Acme Corporation", "avatar": null, "is_team": true, "is_staff": null}`,
			bitbucket.User{
				Type: "team", DisplayName: "Acme Corporation", Username: "acme",
				V1: &bitbucket.V1User{Username: "acme", DisplayName: "Acme Corporation", IsTeam: new(true)},
			},
		},
		{
			"1.0 wrapped, of which only shared members are left",
			`{"user": {"username": "auser", "is_staff": true}}`,
			bitbucket.User{
				Type: "user", DisplayName: "auser", Username: "auser", IsStaff: true,
				V1: &bitbucket.V1User{Username: "auser", IsStaff: new(true)},
			},
		},
		{
			"1.0 with members of the names of 2.0",
			`{"username": "auser", "first_name": "A", "type": 7, "created_on": "long ago", "links": "none"}`,
			bitbucket.User{
				Type: "user", DisplayName: "A", Username: "auser",
				V1: &bitbucket.V1User{Username: "auser", FirstName: "A"},
			},
		},
		{
			"2.0 with members of the names of 1.0",
			`{"type": "user", "uuid": "11111111-1111-1111-1111-111111111111", "avatar": 7, "first_name": {}, "user": {"username": "somebody else"}}`,
			bitbucket.User{Type: "user", UUID: "{11111111-1111-1111-1111-111111111111}"},
		},
		{
			"2.0 of 2012",
			`{"username": "auser", "kind": "user", "website": null, "display_name": "A User", "links": {"avatar": {"href": "https://secure.example/avatar.png"}}}`,
			bitbucket.User{Type: "user", Kind: "user", DisplayName: "A User", Username: "auser", Links: avatar},
		},
		{
			"2.0 app user",
			`{"type": "app_user", "kind": "repository_access_token", "account_status": "active", "links": []}`,
			bitbucket.User{Type: "app_user", Kind: "repository_access_token", AccountStatus: "active"},
		},
		{
			"2.0 of a type that nobody knows yet",
			`{"type": "robot", "display_name": "R2", "has_2fa_enabled": true, "is_staff": true}`,
			bitbucket.User{Type: "robot", DisplayName: "R2", Has2FAEnabled: new(true), IsStaff: true},
		},
		{"2.0, one field", `{"has_2fa_enabled": null}`, bitbucket.User{}},
		{"2.0, a shared field", `{"username": "auser"}`, bitbucket.User{Username: "auser"}},
		{"2.0, escaped", `{"\u0074ype": "us\u0065r", "created_on": "2018-03-14T13:17:05\u002b00:00"}`, bitbucket.User{
			Type: "user", CreatedOn: bitbucket.Time{Time: time.Date(2018, 3, 14, 13, 17, 5, 0, time.UTC)},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := bitbucket.ParseUser([]byte(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			wantUser(t, got, &tc.want)
		})
	}
}

// A person is the same, whichever API told of them, as far as both tell.
func TestParseUserGivesTheSamePerson(t *testing.T) {
	old, err := bitbucket.ParseUser([]byte(`{"repositories": [], "user": ` + sentByV1 + `}`))
	if err != nil {
		t.Fatal(err)
	}
	today, err := bitbucket.ParseUser([]byte(sentByV2))
	if err != nil {
		t.Fatal(err)
	}
	old.V1 = nil
	wantUser(t, old, &bitbucket.User{
		Type: today.Type, DisplayName: today.DisplayName, Username: today.Username, IsStaff: today.IsStaff,
		Links: bitbucket.Links{Avatar: today.Links.Avatar},
	})
}

func TestParseUserRefuses(t *testing.T) {
	for _, tc := range []struct {
		name   string
		body   string
		noUser bool
		text   string
	}{
		{"nothing", "", false, "unexpected end of JSON input"},
		{"text", "Forbidden", false, "invalid character 'F'"},
		{"half a user", sentByV2[:200], false, "unexpected end of JSON input"},
		{"half a wrapped user", `{"user": ` + sentByV1 + `, "repositories": [`, false, "unexpected end of JSON input"},
		{"two users", sentByV1 + sentByV1, false, "after top-level value"},
		{"null", "null", true, "no user"},
		{"array", "[" + sentByV1 + "]", true, "no user"},
		{"empty object", " {} ", true, "no user"},
		{"empty user", `{"user": {}}`, true, "no user"},
		{"no user", `{"user": null, "repository": {}}`, true, "no user"},
		{"user in a user", `{"user": {"user": ` + sentByV1 + `}}`, true, "no user"},
		{"repository", `{"type": "repository", "uuid": "{1}", "name": "x", "website": "", "created_on": "2018-03-14T13:17:05+00:00", "links": {"self": {"href": "x"}}}`, true, "no user"},
		{"error", `{"type": "error", "error": {"message": "Not found"}}`, true, "no user"},
		{"plan", `{"count": 3}`, true, "no user"},
		{"a number that is none", `{"username": "a", "first_name": 00}`, false, "after object key:value pair"},
		{"a number that is none, in 2.0", `{"type": "user", "uuid": "{1}", "is_staff": 01}`, false, "after object key:value pair"},
		{"username no text", `{"type": "user", "username": 5}`, false, "username"},
		{"first name no text", `{"first_name": []}`, false, "first_name"},
		{"flag no flag", `{"type": "user", "is_staff": "yes"}`, false, "is_staff"},
		{"time no time", `{"type": "user", "created_on": "long ago"}`, false, `"long ago" is no time`},
		{"links no links", `{"type": "user", "links": 5}`, false, "a link should be an object, not 5"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := bitbucket.ParseUser([]byte(tc.body))
			if got != nil || !errors.Is(err, bitbucket.ErrMalformedResponse) || errors.Is(err, bitbucket.ErrNoUser) != tc.noUser {
				t.Fatalf("got %+v, %v", got, err)
			}
			if !strings.Contains(err.Error(), tc.text) || strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("error %q, want one line with %q", err, tc.text)
			}
		})
	}
}

// Users.Get and Users.Current accept whatever Fields leaves of a user.
func TestParseUserOfSelectedFields(t *testing.T) {
	for _, left := range []string{"has_2fa_enabled", "created_on", "location", "links", "uuid", "username", "is_staff"} {
		var whole map[string]json.RawMessage
		if err := json.Unmarshal([]byte(sentByV2), &whole); err != nil {
			t.Fatal(err)
		}
		body := `{"` + left + `": ` + string(whole[left]) + `}`
		got, err := bitbucket.ParseUser([]byte(body))
		if err != nil {
			t.Errorf("%s: %v", left, err)
		} else if got.V1 != nil {
			t.Errorf("%s: taken for a user of the 1.0 API: %+v", left, got.V1)
		}
	}
}

// Garbage that costs the sender little must cost the reader little.
func TestParseUserIsBounded(t *testing.T) {
	for name, body := range map[string]string{
		"deep":       strings.Repeat(`{"user":`, 1<<18),
		"deep array": strings.Repeat(`[`, 1<<20),
		"many links": `{"links":{"a":[` + strings.Repeat(`{},`, 1<<18) + `{}]}}`,
		"many keys":  `{"x":0` + strings.Repeat(`,"user":{}`, 1<<17) + `}`,
		"escapes":    `{"username":"` + strings.Repeat(`\u0000`, 1<<18) + `"}`,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = bitbucket.ParseUser([]byte(body))
		runtime.ReadMemStats(&after)
		if used, bound := after.TotalAlloc-before.TotalAlloc, uint64(200*len(body)); used > bound {
			t.Errorf("%s: %d bytes of input took %d bytes of memory", name, len(body), used)
		}
	}
}

func FuzzParseUser(f *testing.F) {
	f.Add([]byte(sentByV2), "auser", "A", "User", true)
	f.Add([]byte(sentByV1), "x", "", "", false)
	f.Add([]byte(`{"user":{"username":"a"}}`), "{}", "é", "\"", true)
	f.Add([]byte(`{"links":{"self":[{"href":"a"},{}]},"created_on":"2011-12-20 16:34:07"}`), "type", "\\", "\u2028", false)
	f.Fuzz(func(t *testing.T, body []byte, username, first, last string, flag bool) {
		if got, err := bitbucket.ParseUser(body); err != nil {
			if got != nil || !errors.Is(err, bitbucket.ErrMalformedResponse) {
				t.Errorf("%s: got %v, %v", body, got, err)
			}
		} else {
			wantStable(t, got)
		}
		if !utf8.ValidString(username) || !utf8.ValidString(first) || !utf8.ValidString(last) {
			return
		}
		wantV1(t, username, first, last, flag)
		wantV2(t, username, first, last, flag)
	})
}

// wantStable writes a user and reads it again.
func wantStable(t *testing.T, u *bitbucket.User) {
	t.Helper()
	text, err := json.Marshal(u)
	if err != nil {
		return // a year that RFC 3339 cannot write
	}
	again, err := bitbucket.ParseUser(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if back, err := json.Marshal(again); err != nil || string(back) != string(text) {
		t.Errorf("got %s, %v\nwant %s", back, err, text)
	}
}

// wantV1 reads a valid user of the 1.0 API, bare and wrapped.
func wantV1(t *testing.T, username, first, last string, team bool) {
	t.Helper()
	want := bitbucket.V1User{
		Username: username, FirstName: first, LastName: last, Avatar: "https://secure.example/" + first,
		ResourceURI: "/1.0/users/" + username, IsTeam: &team,
	}
	for _, body := range []any{want, map[string]any{"user": want}, map[string]any{"user": want, "repositories": []any{}}} {
		got, err := bitbucket.ParseUser(marshal(t, body))
		if err != nil {
			t.Fatalf("%+v: %v", body, err)
		}
		if !reflect.DeepEqual(got.V1, &want) || got.Username != username || got.Links.Avatar.Href != want.Avatar || (got.Type == "team") != team {
			t.Errorf("got %+v of %+v", got, want)
		}
	}
}

// wantV2 reads a valid user of the 2.0 API with each member alone left out, and
// with members that nobody knows.
func wantV2(t *testing.T, username, display, unknown string, flag bool) {
	t.Helper()
	whole := map[string]any{
		"type": "user", "uuid": "{11111111-1111-1111-1111-111111111111}", "account_id": "557058:" + username,
		"display_name": display, "nickname": username, "username": username, "account_status": "active",
		"has_2fa_enabled": flag, "is_staff": flag, "created_on": "2018-03-14T13:17:05.196003+00:00",
		"location": nil, "website": nil, "links": map[string]any{"self": map[string]any{"href": display}},
		"zz " + unknown: map[string]any{unknown: []any{username, nil, flag}},
	}
	for left := range whole {
		body := maps.Clone(whole)
		delete(body, left)
		got, err := bitbucket.ParseUser(marshal(t, body))
		if err != nil {
			t.Fatalf("%+v: %v", body, err)
		}
		if got.V1 != nil || left != "nickname" && got.Nickname != username || left != "display_name" && got.DisplayName != display ||
			left != "links" && got.Links.Self.Href != display || left != "is_staff" && got.IsStaff != flag {
			t.Errorf("got %+v of %+v", got, body)
		}
	}
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// wantUser compares users whole; times by the moment, not by the name of the zone.
func wantUser(t *testing.T, got, want *bitbucket.User) {
	t.Helper()
	if !got.CreatedOn.Equal(want.CreatedOn.Time) {
		t.Errorf("created on %v, want %v", got.CreatedOn, want.CreatedOn)
	}
	a, b := *got, *want
	a.CreatedOn, b.CreatedOn = bitbucket.Time{}, bitbucket.Time{}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("got  %s\nwant %s", marshal(t, a), marshal(t, b))
	}
}

func BenchmarkParseUser(b *testing.B) {
	for name, body := range map[string]string{"v1": sentByV1, "v2": sentByV2} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			data := []byte(body)
			for b.Loop() {
				if _, err := bitbucket.ParseUser(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
