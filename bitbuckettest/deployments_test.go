package bitbuckettest_test

import (
	"fmt"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestDeployKeys(t *testing.T) {
	for name, keys := range map[string]string{
		"repository": "/2.0/repositories/acme/widgets/deploy-keys",
		"project":    "/2.0/workspaces/acme/projects/WID/deploy-keys",
	} {
		t.Run(name, func(t *testing.T) {
			bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
				srv.GrantRepository("acme", "widgets", "bob", "write")
				ada, bob := c.as(srv.IssueAPIToken("ada")), c.as(srv.IssueAPIToken("bob"))
				by := map[string]string{"repository": "added_by", "project": "created_by"}[name]
				a := ada.do("POST", keys, `{"key":"`+sshKey+` robot@host","label":"robot"}`).want(200).
					check(map[string]any{
						"key": sshKey, "comment": "robot@host", "label": "robot", "last_used": nil, by +
							".nickname": "ada"})
				one := fmt.Sprintf("%s/%.0f", keys, a.at("id"))
				if a.at("links.self.href") != c.base+one || a.at(name+".type") != name {
					t.Errorf("got %s", a.body)
				}
				ada.get(one).want(200).check(map[string]any{"label": "robot"})
				wantList(t, ada.all(keys, "label"), "robot")
				ada.do("POST", keys, `{"key":"`+sshKey+`"}`).want(400)
				ada.do("POST", keys, `{"key":"none"}`).want(400)
				ada.do("POST", keys, `{}`).want(400)
				bob.get(keys).want(403)
				bob.do("DELETE", one, "").want(403)
				ada.get(keys + "/x").want(404)
				ada.do("DELETE", one, "").want(204)
				ada.do("DELETE", one, "").want(404)
			})
		})
	}
}

// Variables of repositories and environments come and go like those of workspaces.
func TestVariablesOfDeployments(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		srv.GrantRepository("acme", "widgets", "bob", "write")
		env := srv.AddEnvironment("acme", "widgets",
			bitbuckettest.Environment{Name: "Live", Kind: "Production"})
		ada, bob := c.as(srv.IssueAPIToken("ada")), c.as(srv.IssueAPIToken("bob"))
		repo := "/2.0/repositories/acme/widgets"
		bob.get(repo + "/environments").want(200).check(map[string]any{
			"size": 1, "values.0.name": "Live", "values.0.uuid": env.UUID,
			"values.0.environment_type.name": "Production"})
		for _, list := range []string{
			repo + "/pipelines_config/variables", repo + "/deployments_config/environments/" +
				escaped(env.UUID) + "/variables",
		} {
			item := ada.do("POST", list, `{"key":"A","value":"1"}`).want(201).header.Get("Location")
			ada.do("POST", list, `{"key":"a"}`).want(409)
			ada.do("PUT", item, `{"secured":true}`).want(200).check(map[string]any{"value": nil})
			wantList(t, ada.all(list, "key"), "A")
			bob.get(list).want(403)
			ada.do("DELETE", item, "").want(204)
			ada.get(item).want(404)
		}
		none := escaped("{00000000-0000-0000-0000-000000000000}")
		ada.get(repo + "/deployments_config/environments/" + none + "/variables").want(404)
	})
}

func TestBranchRestrictions(t *testing.T) {
	srv := small()
	srv.AddGroup("acme", bitbuckettest.Group{Slug: "devs"})
	srv.AddBranchRestriction("acme", "widgets", bitbuckettest.BranchRestriction{Kind: "push",
		Pattern: "main",
		Users:   []string{"bob"}, Groups: []string{"devs"}})
	srv.AddBranchRestriction("acme", "widgets", bitbuckettest.BranchRestriction{
		Kind:      "require_approvals_to_merge",
		MatchKind: "branching_model", BranchType: "production", Value: new(2)})
	c := inProcess(t, srv)
	ada := c.as(srv.IssueAPIToken("ada"))
	list := "/2.0/repositories/acme/widgets/branch-restrictions"
	ada.get(list).want(200).check(map[string]any{
		"size": 2, "values.0.kind": "push", "values.0.pattern": "main", "values.0.value": nil,
		"values.0.users.0.nickname": "bob", "values.0.groups.0.slug": "devs",
		"values.0.branch_match_kind": "glob",
		"values.1.value":             2, "values.1.branch_type": "production",
		"values.1.branch_match_kind": "branching_model"})
	ada.get(list + "?kind=push").want(200).check(map[string]any{"size": 1})
	ada.get(list + "?pattern=none").want(200).check(map[string]any{"size": 0})
	c.as(srv.IssueAPIToken("bob")).get(list).want(404)
	srv.GrantRepository("acme", "widgets", "bob", "write")
	c.as(srv.IssueAPIToken("bob")).get(list).want(403)
}
