package bitbuckettest_test

import (
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestBranchRestrictions(t *testing.T) {
	srv := small()
	srv.AddGroup("acme", bitbuckettest.Group{Slug: "devs"})
	srv.AddBranchRestriction("acme", "widgets", bitbuckettest.BranchRestriction{
		Kind:    "push",
		Pattern: "main",
		Users:   []string{"bob"}, Groups: []string{"devs"},
	})
	srv.AddBranchRestriction("acme", "widgets", bitbuckettest.BranchRestriction{
		Kind:      "require_approvals_to_merge",
		MatchKind: "branching_model", BranchType: "production", Value: new(2),
	})
	c := inProcess(t, srv)
	ada := c.as(srv.IssueAPIToken("ada"))
	list := "/2.0/repositories/acme/widgets/branch-restrictions"
	ada.get(list).want(200).check(map[string]any{
		"size": 2, "values.0.kind": "push", "values.0.pattern": "main", "values.0.value": nil,
		"values.0.users.0.nickname": "bob", "values.0.groups.0.slug": "devs",
		"values.0.branch_match_kind": "glob",
		"values.1.value":             2, "values.1.branch_type": "production",
		"values.1.branch_match_kind": "branching_model",
	})
	ada.get(list + "?kind=push").want(200).check(map[string]any{"size": 1})
	ada.get(list + "?pattern=none").want(200).check(map[string]any{"size": 0})
	c.as(srv.IssueAPIToken("bob")).get(list).want(404)
	srv.GrantRepository("acme", "widgets", "bob", "write")
	c.as(srv.IssueAPIToken("bob")).get(list).want(403)
}

func TestRepositories(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		srv.AddRepository("acme", bitbuckettest.Repository{Slug: "open", Public: true})
		widgets := srv.AddRepository("acme", bitbuckettest.Repository{Slug: "tools"})
		srv.GrantRepository("acme", "widgets", "bob", "read")
		srv.GrantRepository("acme", "gadgets", "bob", "write")
		srv.GrantRepository("acme", "tools", "bob", "admin")
		srv.AddProject("acme", bitbuckettest.Project{Key: "HID", Private: true})
		bob := c.as(srv.IssueAPIToken("bob"))
		wantList(t, bob.all("/2.0/repositories/acme", "slug"), "widgets", "gadgets", "open", "tools")
		wantList(t, bob.all("/2.0/repositories/acme?role=member", "slug"), "widgets", "gadgets", "tools")
		wantList(t, bob.all("/2.0/repositories/acme?role=contributor", "slug"), "gadgets", "tools")
		wantList(t, bob.all("/2.0/repositories/acme?role=admin", "slug"), "tools")
		wantList(t, c.as(srv.IssueAPIToken("dan")).all("/2.0/repositories/acme", "slug"), "open")
		for _, path := range []string{"acme/tools", "acme/" + widgets.UUID, "%7B%7D/" + widgets.UUID} {
			bob.get("/2.0/repositories/" + path).want(200).
				check(map[string]any{"full_name": "acme/tools", "project.key": "WID"})
		}
		a := c.as(srv.IssueAPIToken("cyn")).get("/2.0/repositories/acme/tools").want(404)
		if text, _ := a.at("error.message").(string); !strings.HasPrefix(text,
			"You may not have access to this repository or it no longer exists in this workspace. ") {
			t.Errorf("got %s", a.body)
		}
		bob.get("/2.0/repositories/%7B%7D/tools").want(404)
		wantList(t, bob.all("/2.0/workspaces/acme/projects", "key"), "WID")
		wantList(t, c.as(srv.IssueAPIToken("ada")).all("/2.0/workspaces/acme/projects", "key"), "WID",
			"HID")
	})
}
