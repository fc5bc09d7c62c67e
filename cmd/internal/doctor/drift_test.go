package doctor

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/v1"
)

type doc = map[string]any

// first is the first item of a page.
func first(page doc) doc { return page["values"].([]any)[0].(doc) }

func inside(object doc, member string) doc { return object[member].(doc) }

func rename(object doc, from, to string) {
	object[to] = object[from]
	delete(object, from)
}

// What is planted in an answer is found where it stands, by its name, and what it holds is nowhere.
func TestDriftIsFound(t *testing.T) {
	const secret = "what-it-holds-4711"
	for _, test := range []struct {
		name, operation, path string
		change                func(doc)
		want                  Drift
		state                 State
	}{
		{
			"a new member of an object", "Users.Current", "/2.0/user",
			func(d doc) { d["pronouns"] = secret },
			Drift{Unknown: []string{"pronouns"}},
			Allowed,
		},
		{
			"a new member of an item", "Workspaces.List", "/2.0/user/workspaces",
			func(d doc) { first(d)["region"] = doc{"secret": secret} },
			Drift{Unknown: []string{"values[].region"}},
			Allowed,
		},
		{
			"a new member of what an item holds", "Permissions.ListWorkspaceRepositories",
			"/2.0/workspaces/acme/permissions/repositories",
			func(d doc) { inside(first(d), "user")["badge"] = secret },
			Drift{Unknown: []string{"values[].user.badge"}},
			Allowed,
		},
		{
			"a new member of a page", "Workspaces.ListMembers", "/2.0/workspaces/acme/members",
			func(d doc) { d["cursor"] = secret },
			Drift{Unknown: []string{"cursor"}},
			Allowed,
		},
		{
			"a renamed member of an object", "Workspaces.Get", "/2.0/workspaces/acme",
			func(d doc) { rename(d, "name", "title") },
			Drift{Unknown: []string{"title"}, Missing: []string{"name"}},
			Allowed,
		},
		{
			"a renamed member of an item", "Permissions.ListMine",
			"/2.0/user/workspaces/acme/permissions/repositories",
			func(d doc) { rename(first(d), "permission", "role") },
			Drift{Unknown: []string{"values[].role"}, Missing: []string{"values[].permission"}},
			Allowed,
		},
		{
			"a renamed member deep in an item", "Repositories.List", "/2.0/repositories/acme",
			func(d doc) { rename(inside(first(d), "project"), "key", "ident") },
			Drift{
				Unknown: []string{"values[].project.ident"}, Missing: []string{"values[].project.key"},
			},
			Allowed,
		},
		{
			"a missing member of an item", "Workspaces.ListProjects", "/2.0/workspaces/acme/projects",
			func(d doc) { delete(first(d), "is_private") },
			Drift{Missing: []string{"values[].is_private"}},
			Allowed,
		},
		{
			"a missing member of what an object holds", "Workspaces.Membership",
			"/2.0/user/workspaces/acme/permission",
			func(d doc) { delete(inside(d, "user"), "uuid") },
			Drift{Missing: []string{"user.uuid"}},
			Allowed,
		},
		{
			"an object without its type", "Users.ListEmails", "/2.0/user/emails",
			func(d doc) { delete(first(d), "type") },
			Drift{Missing: []string{"values[].type"}},
			Allowed,
		},
		{
			"an object in place of a text", "SSHKeys.List", "",
			func(d doc) { first(d)["comment"] = doc{"raw": secret} },
			Drift{Changed: []string{"values[].comment"}},
			Allowed,
		},
		{
			"a text in place of an object", "Permissions.ListWorkspaceMembers",
			"/2.0/workspaces/acme/permissions",
			func(d doc) { first(d)["workspace"] = secret },
			Drift{Changed: []string{"values[].workspace"}},
			Failed,
		},
		{
			"a map of people", "GPGKeys.List", "",
			func(d doc) { first(d)["ada@"+secret] = true },
			Drift{Unknown: []string{"values[].(not shown)"}},
			Allowed,
		},
		{
			"links of a new kind", "Users.Get", "",
			func(d doc) { inside(d, "links")["feed"] = doc{"href": secret} },
			Drift{},
			Allowed,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := furnished(t)
			on := bitbuckettest.On("GET", test.path)
			if self := "/2.0/users/" + server.Users()[0].UUID; test.path == "" {
				path := map[string]string{"SSHKeys.List": "/ssh-keys", "GPGKeys.List": "/gpg-keys"}
				on = bitbuckettest.On("GET", self+path[test.operation])
			}
			server.Fail(on, bitbuckettest.Edit(test.change))
			r := examine(t, patient(clientOf(t, server, byToken(server, "ada"))))
			got := r.find(test.operation)
			if got.State != test.state || !slices.Equal(got.Drift.Unknown, test.want.Unknown) ||
				!slices.Equal(got.Drift.Missing, test.want.Missing) ||
				!slices.Equal(got.Drift.Changed, test.want.Changed) {
				t.Errorf("%s, %+v, want %+v", got.State, got.Drift, test.want)
			}
			if got.Drift.Harmful() != test.want.Harmful() {
				t.Errorf("harmful: %v", got.Drift.Harmful())
			}
			var shown strings.Builder
			written, err := json.Marshal(r)
			if err != nil || r.Show(&shown) != nil {
				t.Fatal(err)
			}
			if strings.Contains(shown.String()+string(written), secret) {
				t.Errorf("it shows what a member holds:\n%s", &shown)
			}
			for _, path := range slices.Concat(test.want.Unknown, test.want.Missing, test.want.Changed) {
				if !strings.Contains(shown.String(), path) {
					t.Errorf("%s is not shown:\n%s", path, &shown)
				}
			}
		})
	}
}

// What is left of the 1.0 API comes in arrays, of objects without a type.
func TestDriftOfTheOldAPI(t *testing.T) {
	owner := `"owner":{"account_id":null,"avatar":"","display_name":"Acme","is_team":true,` +
		`"nickname":"acme","resource_uri":"","uuid":"{1}"`
	group := `"name":"Crew","slug":"crew","permission":null,"auto_add":false,"members":[],` +
		`"email_forwarding_disabled":null`
	for body, want := range map[string]Drift{
		`[{` + group + `,` + owner + `}}]`:              {},
		`[{` + group + `,` + owner + `,"since":2020}}]`: {Unknown: []string{"[].owner.since"}},
		`[{` + group + `}]`:                             {Missing: []string{"[].owner"}},
		`[{` + group + `,"owner":{"uuid":"{1}"}}]`: {Missing: []string{
			"[].owner.account_id",
			"[].owner.avatar", "[].owner.display_name", "[].owner.is_team", "[].owner.nickname",
			"[].owner.resource_uri",
		}},
		`[{` + group + `,` + owner + `}},7]`: {Changed: []string{"[]"}},
		`[{}]`: {Missing: []string{
			"[].auto_add", "[].email_forwarding_disabled", "[].members",
			"[].name", "[].owner", "[].permission", "[].slug",
		}},
		`[{` + group + `,"owner":{}}]`: {},
		`[]`:                           {},
	} {
		got, _ := compare(array[v1.Group](), []byte(body))
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s:\n%+v, want %+v", body, got, want)
		}
	}
}

// The types of the 1.0 API have no tags, and keep what they do not know: nothing of what this
// package takes for known is kept so.
func TestNamesOfTheOldAPI(t *testing.T) {
	for _, zero := range []any{
		&v1.Group{}, &v1.User{}, &v1.GroupPrivilege{}, &v1.Invitation{}, &v1.RepositoryName{},
	} {
		value := reflect.ValueOf(zero).Elem()
		members := membersOf(value.Type())
		if len(members) < 3 {
			t.Errorf("%s has %d members", value.Type(), len(members))
		}
		for member := range members {
			if err := json.Unmarshal([]byte(`{"`+member+`":null}`), zero); err != nil {
				t.Fatal(err)
			}
			if extra := value.FieldByName("Extra"); extra.Len() != 0 {
				t.Errorf("%s does not know %s", value.Type(), member)
			}
		}
	}
}

// Nothing that is sent makes a comparison long, deep or wide.
func TestHostileAnswersAreCompared(t *testing.T) {
	wide := strings.Builder{}
	for i := range 10_000 {
		fmt.Fprintf(&wide, `"%s":1,`, strings.Repeat("x", i%39)+strings.Repeat("y", i/300))
	}
	for name, body := range map[string]string{
		"deep":     strings.Repeat(`{"links":`, 1<<20),
		"deeper":   `{"type":"user","x":` + strings.Repeat(`[`, 1<<20) + strings.Repeat(`]`, 1<<20) + `}`,
		"long":     `{"` + strings.Repeat("n", 1<<20) + `":{` + strings.Repeat(`"a":1,`, 1<<18) + `"a":1}}`,
		"wide":     `{` + wide.String() + `"type":"user"}`,
		"cut":      `{"type":"user","uuid":`,
		"nothing":  ``,
		"no text":  `{"type":{"a":[1,2]}}`,
		"no UTF-8": "{\"\xff\xfe\":1}",
	} {
		got, _ := compare(object[bitbucket.User](), []byte(body))
		if n := len(got.Unknown); n > mostPaths || name == "wide" && n != mostPaths {
			t.Errorf("%s: %d unknown members", name, n)
		}
		if name == "no text" && !slices.Equal(got.Changed, []string{"type"}) {
			t.Errorf("changed %q", got.Changed)
		}
	}
}

// Names that may be data are not shown.
func TestShownNames(t *testing.T) {
	for name, want := range map[string]string{
		"permission": "permission", "has_2fa_enabled": "has_2fa_enabled", "newMember": "newMember",
		"x-y":               "x-y",
		"":                  hidden,
		"ada@example.com":   hidden,
		"{1111}":            hidden,
		"557058:2222":       hidden,
		"ATATT3xFfGF0":      "ATATT3xFfGF0",
		"1d2c3b4a-aaaa-bbb": hidden,
		"a b":               hidden, "\x1b[2J": hidden, "ünter": hidden,
		strings.Repeat("a", 41): hidden,
	} {
		if got := shown(name); got != want {
			t.Errorf("%q is shown as %q, want %q", name, got, want)
		}
	}
}
