package bitbuckettest_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// What Bitbucket has been seen or documented to do since the first sheet of facts; the numbers
// are its sections.

// Whether a workspace that one is not in exists is not told (§16.I).
func TestForeignWorkspacesAreLikeUnknownOnes(t *testing.T) {
	srv := small()
	srv.AddWorkspace(bitbuckettest.Workspace{Slug: "other"})
	ada := inProcess(t, srv).as(srv.IssueAPIToken("ada"))
	for _, path := range []string{"/permission", "/permissions/repositories"} {
		foreign := ada.get("/2.0/user/workspaces/other" + path).want(403)
		unknown := ada.get("/2.0/user/workspaces/none" + path).want(403)
		if foreign.body != unknown.body {
			t.Errorf("foreign: %s\nunknown: %s", foreign.body, unknown.body)
		}
		ada.get("/2.0/user/workspaces/acme" + path).want(200)
	}
}

// The answer for an unknown workspace does not say which scopes the operation takes (§16.C).
func TestUnknownWorkspaceSaysNoScopes(t *testing.T) {
	srv := small()
	ada := inProcess(t, srv).as(srv.IssueAPIToken("ada"))
	a := ada.get("/2.0/workspaces/none").want(404).
		check(map[string]any{"error.message": "No workspace with identifier 'none'."})
	if _, there := a.header["X-Accepted-Oauth-Scopes"]; there {
		t.Errorf("headers %v", a.header)
	}
	if a := ada.get("/2.0/workspaces/acme/members").
		want(200); a.header.Get("X-Accepted-OAuth-Scopes") != "account" {
		t.Errorf("headers %v", a.header)
	}
}

// Keys are written with the scopes to read and to write, and deleted with one of their own
// (§16.A).
func TestScopesOfKeys(t *testing.T) {
	srv := small()
	c := inProcess(t, srv)
	me := c.as(srv.IssueAPIToken("ada")).get("/2.0/user").at("uuid").(string)
	for kind, key := range map[string]string{
		"ssh": sshKey,
		"gpg": strings.ReplaceAll(gpgKey, "\n", `\n`),
	} {
		scope := func(actions ...string) *client {
			for i := range actions {
				actions[i] += ":" + kind + "-key:bitbucket"
			}
			return c.as(srv.IssueAPIToken("ada", actions...))
		}
		keys, body := "/2.0/users/"+me+"/"+kind+"-keys", `{"key":"`+key+`"}`
		scope("write").do("POST", keys, body).want(403)
		scope("read").do("POST", keys, body).want(403)
		self := scope("read", "write").do("POST", keys, body).want(201).at("links.self.href").(string)
		scope("read", "write").do("DELETE", self, "").want(403)
		scope("delete").do("DELETE", self, "").want(204)
	}
}

// Application properties end with Connect (§16.I).
func TestPropertiesAreDeprecated(t *testing.T) {
	found := 0
	for _, r := range bitbuckettest.New().Routes() {
		if strings.Contains(r.Pattern, "/properties/") {
			found++
			if r.State != bitbuckettest.Deprecated {
				t.Errorf("%s %s is %s", r.Method, r.Pattern, r.State)
			}
		}
	}
	if found != 3 {
		t.Errorf("%d operations", found)
	}
}

// Members and projects come 50 a page, and other lists 10 (§16.A).
func TestDefaultPageLengths(t *testing.T) {
	for _, row := range []struct {
		path string
		opts []bitbuckettest.Option
		want int
	}{
		{"/2.0/workspaces/acme/members", nil, 50},
		{"/2.0/workspaces/acme/projects", nil, 50},
		{"/2.0/workspaces/acme/permissions", nil, 10},
		{"/2.0/user/workspaces", nil, 25},
		{"/2.0/repositories/acme", nil, 10},
		{"/2.0/repositories/acme/widgets/permissions-config/groups", nil, 10},
		{"/2.0/workspaces/acme/members", []bitbuckettest.Option{bitbuckettest.DefaultPageLen(1)}, 1},
		{"/2.0/repositories/acme", []bitbuckettest.Option{bitbuckettest.DefaultPageLen(500)}, 100},
	} {
		srv := small(row.opts...)
		ada := inProcess(t, srv).as(srv.IssueAPIToken("ada"))
		ada.get(row.path).want(200).check(map[string]any{"pagelen": row.want})
	}
}

// Programs filter permissions by the slug of a repository, which the condensed document lacks
// (§16.I).
func TestFiltersReadRecords(t *testing.T) {
	srv := small()
	srv.AddRepository("acme", bitbuckettest.Repository{Slug: "gizmo", Name: "Another name"})
	ada := inProcess(t, srv).as(srv.IssueAPIToken("ada"))
	for _, list := range []string{
		"/2.0/user/workspaces/acme/permissions/repositories",
		"/2.0/workspaces/acme/permissions/repositories",
	} {
		q := list + "?q=" + url.QueryEscape(`repository.slug="gizmo"`)
		wantList(t, ada.all(q, "repository.name"), "Another name")
		a := ada.get(q).want(200)
		if a.has("values.0.repository", "slug") {
			t.Errorf("the condensed repository has a slug: %s", a.body)
		}
	}
	// /workspaces/{workspace}/permissions takes q and no sort (§16.B).
	wantList(t, ada.all("/2.0/workspaces/acme/permissions?sort=-user.nickname", "user.nickname"),
		"ada", "bob", "cyn")
}

// Memberships have dates with an offset since 2024; without one they are an oddity of 2021
// (§16.I).
func TestDatesOfMemberships(t *testing.T) {
	at := time.Date(2024, 2, 9, 16, 18, 37, 523382000, time.UTC)
	for want, opts := range map[string][]bitbuckettest.Option{
		"2024-02-09T16:18:37.523382+00:00": nil,
		"2024-02-09T16:18:37.523":          {bitbuckettest.NaiveTimes()},
	} {
		srv := small(opts...)
		srv.AddMember("acme", bitbuckettest.Member{User: "dan", AddedOn: at, LastAccessed: at})
		ada := inProcess(t, srv).as(srv.IssueAPIToken("ada"))
		a := ada.get("/2.0/workspaces/acme/members").want(200).check(map[string]any{
			"values.3.added_on": want, "values.3.last_accessed": "2024-02-09T16:18:37.523382+00:00",
			"values.0.added_on": nil,
		})
		if !a.has("values.0", "added_on") {
			t.Errorf("null is left out: %s", a.body)
		}
	}
}

// A group has an owner and three settings, and a link into the 1.0 API that leads somewhere
// (§16.A).
func TestGroupsOnTheWire(t *testing.T) {
	srv := small()
	srv.AddGroup("acme", bitbuckettest.Group{
		Slug: "devs", Permission: "write",
		Privilege:               "collaborator",
		EmailForwardingDisabled: new(false),
	})
	srv.AddGroup("acme", bitbuckettest.Group{Slug: "guests"})
	srv.GrantRepositoryGroup("acme", "widgets", "devs", "read")
	srv.GrantRepositoryGroup("acme", "widgets", "guests", "read")
	ada := inProcess(t, srv).as(srv.IssueAPIToken("ada"))
	a := ada.get("/2.0/repositories/acme/widgets/permissions-config/groups").want(200).
		check(map[string]any{
			"values.0.group.owner.type": "team", "values.0.group.owner.username": "acme",
			"values.0.group.default_permission": "write", "values.0.group.account_privilege": "collaborator",
			"values.0.group.email_forwarding_disabled": false, "values.0.group.full_slug": "acme:devs",
			"values.1.group.default_permission": nil, "values.1.group.account_privilege": nil,
		})
	for _, member := range []string{
		"default_permission", "account_privilege",
		"email_forwarding_disabled",
	} {
		if !a.has("values.1.group", member) {
			t.Errorf("%s is left out: %s", member, a.body)
		}
	}
	self := a.at("values.0.group.links.self.href").(string)
	if self != "https://api.bitbucket.org/1.0/groups/acme/devs" {
		t.Errorf("links to %s", self)
	}
	ada.get(self).want(200).check(map[string]any{"slug": "devs", "permission": "write"})
}

// A secured value is kept by a PUT without one, and is never given back (§16.A).
func TestSecuredValuesStay(t *testing.T) {
	srv := small()
	srv.AddWorkspaceVariable("acme", bitbuckettest.Variable{
		Key: "TOKEN", Value: "s3cret",
		Secured: true,
	})
	ada := inProcess(t, srv).as(srv.IssueAPIToken("ada"))
	item := variables + "/" + srv.Variables("acme")[0].UUID
	value := func(want string) {
		t.Helper()
		if got := srv.Variables("acme")[0].Value; got != want {
			t.Errorf("the value is %q, want %q", got, want)
		}
	}
	ada.do("PUT", item, `{"key":"TOKEN2","secured":true}`).want(200)
	value("s3cret")
	a := ada.do("PUT", item, `{"secured":false}`).want(200).
		check(map[string]any{"secured": false, "value": ""})
	if strings.Contains(a.body, "s3cret") || strings.Contains(ada.get(variables).body, "s3cret") {
		t.Errorf("the secret is given back: %s", a.body)
	}
	value("")
	ada.do("PUT", item, `{"value":"plain"}`).want(200).check(map[string]any{"value": "plain"})
}

// The workspace's twin of code search is served like the account's (§16.I).
func TestSearchInAWorkspace(t *testing.T) {
	srv := small()
	srv.AddFile("acme", "widgets", bitbuckettest.File{Path: "a.go", Content: "needle"})
	srv.AddFile("acme", "gadgets", bitbuckettest.File{Path: "b.go", Content: "needle"})
	srv.AddWorkspace(bitbuckettest.Workspace{Slug: "other"})
	srv.AddMember("other", bitbuckettest.Member{User: "ada", Role: "owner"})
	srv.AddRepository("other", bitbuckettest.Repository{Slug: "x"})
	srv.AddFile("other", "x", bitbuckettest.File{Path: "c.go", Content: "needle"})
	srv.GrantRepository("acme", "widgets", "bob", "read")
	c := inProcess(t, srv)
	code := "/2.0/workspaces/acme/search/code?search_query=needle"
	wantList(t, c.as(srv.IssueAPIToken("ada")).all(code, "file.path"), "a.go", "b.go")
	wantList(t, c.as(srv.IssueAPIToken("bob")).all(code, "file.path"), "a.go")
	c.as(srv.IssueAPIToken("dan")).get(code).want(403)
	c.as(srv.IssueAPIToken("ada")).get("/2.0/workspaces/acme/search/code").want(400)
}

// Paths may end in a slash everywhere (§4.2), and in the links of pages the slash stays.
func TestTrailingSlashes(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		c = c.as(srv.IssueAPIToken("ada"))
		for _, path := range []string{
			"/2.0/user", "/2.0/workspaces/acme", "/2.0/repositories/acme",
			"/2.0/workspaces/acme/permissions/repositories", "/1.0/groups/acme",
		} {
			c.get(path + "/").want(200)
		}
		c.get("/2.0/workspaces/acme/members/?pagelen=1").want(200).check(map[string]any{
			"next": c.base + "/2.0/workspaces/acme/members/?pagelen=1&page=2",
		})
	})
}
