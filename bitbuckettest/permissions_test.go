package bitbuckettest_test

import (
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestEffectivePermission(t *testing.T) {
	for name, row := range map[string]struct {
		grant func(*bitbuckettest.Server)
		want  any
	}{
		"nothing": {func(*bitbuckettest.Server) {}, nil},
		"repository": {func(s *bitbuckettest.Server) {
			s.GrantRepository("acme", "widgets", "bob", "write")
		}, "write"},
		"another one": {func(s *bitbuckettest.Server) {
			s.GrantRepository("acme", "gadgets", "bob", "write")
		}, nil},
		"repository group": {func(s *bitbuckettest.Server) {
			s.GrantRepositoryGroup("acme", "widgets", "devs", "admin")
		}, "admin"},
		"project": {func(s *bitbuckettest.Server) {
			s.GrantProject("acme", "WID", "bob", "read")
		}, "read"},
		"project group": {func(s *bitbuckettest.Server) {
			s.GrantProjectGroup("acme", "WID", "devs", "create-repo")
		}, "write"},
		"owner": {func(s *bitbuckettest.Server) {
			s.AddMember("acme", bitbuckettest.Member{User: "bob", Role: "owner"})
		}, "admin"},
		"the highest": {func(s *bitbuckettest.Server) {
			s.GrantRepository("acme", "widgets", "bob", "read")
			s.GrantProject("acme", "WID", "bob", "admin")
			s.GrantRepositoryGroup("acme", "widgets", "devs", "write")
		}, "admin"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := small()
			srv.AddGroup("acme", bitbuckettest.Group{Slug: "devs", Members: []string{"bob"}})
			row.grant(srv)
			c := inProcess(t, srv)
			mine := "/2.0/user/workspaces/acme/permissions/repositories?q=repository.name%3D%22widgets%22"
			c.as(srv.IssueAPIToken("bob")).get(mine).want(200).
				check(map[string]any{"values.0.permission": row.want})
			all := `/2.0/workspaces/acme/permissions/repositories/widgets?q=user.nickname%3D%22bob%22`
			c.as(srv.IssueAPIToken("ada")).get(all).want(200).
				check(map[string]any{"values.0.permission": row.want})
		})
	}
}

func TestPermissionListings(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		srv.GrantRepository("acme", "widgets", "bob", "admin")
		srv.GrantRepository("acme", "widgets", "dan", "read") // no member
		srv.GrantRepository("acme", "widgets", "cyn", "read")
		ada, bob, cyn := c.as(srv.IssueAPIToken("ada")), c.as(srv.IssueAPIToken("bob")),
			c.as(srv.IssueAPIToken("cyn"))
		all := "/2.0/workspaces/acme/permissions/repositories"
		ada.get(all).want(200).check(map[string]any{
			"size": 5, "values.0.type": "repository_permission",
			"values.0.repository.full_name": "acme/widgets", "values.0.user.nickname": "ada",
			"values.0.permission": "admin",
		})
		wantList(t, ada.all(all, "user.nickname"), "ada", "bob", "cyn", "dan", "ada")
		bob.get(all).want(403)
		wantList(t, bob.all(all+"/widgets", "user.nickname"), "ada", "bob", "cyn", "dan")
		cyn.get(all + "/widgets").want(403)
		cyn.get(all + "/gadgets").want(404)
		roles := "/2.0/workspaces/acme/permissions"
		wantList(t, cyn.all(roles, "permission"), "owner", "member", "member")
		wantList(t, cyn.all(roles+"?q=permission%3D%22owner%22", "user.nickname"), "ada")
		mine := "/2.0/user/workspaces/acme/permissions/repositories"
		wantList(t, bob.all(mine, "permission"), "admin")
		if a := bob.get(mine).want(200); a.has("", "size") {
			t.Errorf("the list of mine has a size: %s", a.body)
		}
		c.as(srv.IssueAPIToken("dan")).get(roles).want(403)
	})
}
