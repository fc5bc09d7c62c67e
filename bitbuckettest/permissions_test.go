package bitbuckettest_test

import (
	"slices"
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
		ada.get(all).want(200).check(map[string]any{"size": 5, "values.0.type": "repository_permission",
			"values.0.repository.full_name": "acme/widgets", "values.0.user.nickname": "ada",
			"values.0.permission": "admin"})
		wantList(t, ada.all(all, "user.nickname"), "ada", "bob", "cyn", "dan", "ada")
		bob.get(all).want(403)
		wantList(t, bob.all(all+"/widgets", "user.nickname"), "ada", "bob", "cyn", "dan")
		cyn.get(all + "/widgets").want(403)
		cyn.get(all + "/gadgets").want(404)
		roles := "/2.0/workspaces/acme/permissions"
		wantList(t, cyn.all(roles, "permission"), "owner", "member", "member")
		wantList(t, cyn.all(roles+"?q=permission%3D%22owner%22", "user.nickname"), "ada")
		wantList(t, bob.all("/2.0/user/workspaces/acme/permissions/repositories", "permission"), "admin")
		c.as(srv.IssueAPIToken("dan")).get(roles).want(403)
	})
}

func TestExplicitPermissions(t *testing.T) {
	for thing, base := range map[string]string{
		"repository": "/2.0/repositories/acme/widgets/permissions-config",
		"project":    "/2.0/workspaces/acme/projects/WID/permissions-config",
	} {
		t.Run(thing, func(t *testing.T) {
			bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
				srv.AddGroup("acme", bitbuckettest.Group{Name: "The Devs", Members: []string{"cyn"}})
				c = c.as(srv.IssueAPIToken("ada"))
				c.get(base + "/users").want(200).check(map[string]any{"size": 0})
				user, group := base+"/users/bob", base+"/groups/the-devs"
				c.get(user).want(200).check(map[string]any{"permission": "none", "type": thing +
					"_user_permission"})
				a := c.do("PUT", user, `{"permission":"write"}`).want(200).
					check(map[string]any{"permission": "write", "user.nickname": "bob"})
				uuid := a.at("user.uuid").(string)
				c.get(base + "/users/" + uuid).want(200).check(map[string]any{"permission": "write"})
				c.do("PUT", user, `{"permission":"admin"}`).want(200)
				wantList(t, c.all(base+"/users", "permission"), "admin")
				c.do("PUT", group, `{"permission":"read"}`).want(200).check(map[string]any{
					"type": thing + "_group_permission", "group.name": "The Devs",
					"group.full_slug": "acme:the-devs",
					"links.self.href": c.base + group})
				wantList(t, c.all(base+"/groups", "group.slug"), "the-devs")

				for _, body := range []string{`{"permission":"none"}`, `{"permission":"owner"}`, `{}`, `[]`,
					`nonsense`, ``,
					`{"permission":"read","x":1}`, `{"permission":1}`} {
					c.do("PUT", user, body).want(400)
				}
				c.do("PUT", user, `{"permission":"create-repo"}`).
					want(map[string]int{"repository": 400, "project": 200}[thing])
				c.do("PUT", base+"/users/dan", `{"permission":"read"}`).want(400)
				c.do("PUT", base+"/users/ada", `{"permission":"read"}`).want(400)
				c.do("PUT", base+"/users/nobody", `{"permission":"read"}`).want(404)
				c.get(base + "/groups/nobody").want(404)

				c.do("DELETE", user, "").want(204)
				c.do("DELETE", user, "").want(404)
				c.get(user).want(200).check(map[string]any{"permission": "none"})
				c.do("DELETE", group, "").want(204)
				c.get(base + "/groups").want(200).check(map[string]any{"size": 0})
			})
		})
	}
}

func TestWhoChangesPermissions(t *testing.T) {
	srv := small()
	srv.GrantRepository("acme", "widgets", "bob", "admin")
	srv.GrantRepository("acme", "widgets", "cyn", "write")
	c := inProcess(t, srv)
	path, body := "/2.0/repositories/acme/widgets/permissions-config/users/cyn",
		`{"permission":"read"}`
	c.bearer(srv.IssueOAuthToken("bob")).get(path).want(200)
	for _, method := range []string{"PUT", "DELETE"} {
		c.bearer(srv.IssueOAuthToken("bob")).do(method, path, body).want(403).
			check(map[string]any{"error.message": mechanism})
		c.bearer(srv.IssueWorkspaceToken("acme")).do(method, path, body).want(403).
			check(map[string]any{"error.message": mechanism})
		c.as(srv.IssueAPIToken("cyn")).do(method, path, body).want(403).
			check(map[string]any{"error.message": "Forbidden"})
		c.as(srv.IssueAPIToken("dan")).do(method, path, body).want(404)
	}
	c.as(srv.IssueAPIToken("bob", "admin:repository:bitbucket", "write:permission:bitbucket")).
		do("PUT", path, body).want(200)
	c.as(srv.IssueAPIToken("bob", "admin:repository:bitbucket", "delete:permission:bitbucket")).
		do("DELETE", path, "").want(204)
	c.as(srv.IssueAPIToken("cyn")).get("/2.0/workspaces/acme/projects/WID/permissions-config/users").
		want(403)
	c.as(srv.IssueAPIToken("ada")).get("/2.0/workspaces/acme/projects/NO/permissions-config/users").
		want(404)
}

func TestProjectAdministrators(t *testing.T) {
	srv := small()
	srv.AddProject("acme", bitbuckettest.Project{Key: "HID", Private: true})
	srv.AddGroup("acme", bitbuckettest.Group{Slug: "heads", Members: []string{"cyn"}})
	srv.GrantProject("acme", "HID", "bob", "write")
	c := inProcess(t, srv)
	bob, cyn := c.as(srv.IssueAPIToken("bob")), c.as(srv.IssueAPIToken("cyn"))
	users := "/2.0/workspaces/acme/projects/HID/permissions-config/users"
	cyn.get(users).want(404)
	srv.GrantProjectGroup("acme", "HID", "heads", "admin")
	wantList(t, cyn.all(users, "permission"), "write")
	bob.get(users).want(403)
	wantList(t, bob.all("/2.0/workspaces/acme/projects", "key"), "WID", "HID")
}

func TestRemoveMember(t *testing.T) {
	srv := small()
	srv.GrantRepository("acme", "widgets", "bob", "write")
	srv.RemoveMember("acme", "bob")
	ada := inProcess(t, srv).as(srv.IssueAPIToken("ada"))
	wantList(t, ada.all("/2.0/workspaces/acme/members", "user.nickname"), "ada", "cyn")
	wantList(t, ada.all("/2.0/workspaces/acme/permissions/repositories/widgets", "user.nickname"),
		"ada", "bob")
}

// Every member is paid for, whatever they may do (§16.G): the limit is one of members.
func TestUserLimit(t *testing.T) {
	srv := small()
	srv.AddWorkspace(bitbuckettest.Workspace{Slug: "tiny", UserLimit: 2})
	srv.AddMember("tiny", bitbuckettest.Member{User: "ada", Role: "owner"})
	srv.AddMember("tiny", bitbuckettest.Member{User: "bob"})
	srv.AddRepository("tiny", bitbuckettest.Repository{Slug: "one"})
	srv.AddGroup("tiny", bitbuckettest.Group{Slug: "all", Members: []string{"ada", "bob", "dan"}})
	c := inProcess(t, srv).as(srv.IssueAPIToken("ada"))
	base := "/2.0/repositories/tiny/one/permissions-config"
	c.do("PUT", base+"/groups/all", `{"permission":"read"}`).want(200)
	c.do("PUT", base+"/users/bob", `{"permission":"read"}`).want(200)
	srv.AddMember("tiny", bitbuckettest.Member{User: "cyn"})
	c.do("PUT", base+"/users/cyn", `{"permission":"read"}`).want(402)
	c.do("PUT", base+"/groups/all", `{"permission":"write"}`).want(402)
	srv.RemoveMember("tiny", "cyn")
	c.do("PUT", base+"/users/bob", `{"permission":"write"}`).want(200)
}

func TestDemo(t *testing.T) {
	bothWays(t, func() *bitbuckettest.Server { return bitbuckettest.Demo() },
		func(t *testing.T, srv *bitbuckettest.Server, c *client) {
			admin := srv.Admin()
			c = c.as(bitbuckettest.APIToken{Email: admin.Email, Token: admin.APIToken})
			members := c.all("/2.0/workspaces/"+admin.Workspace+"/permissions?pagelen=100", "user.nickname")
			owners := c.all("/2.0/workspaces/acme/permissions?q=permission%3D%22owner%22", "user.nickname")
			wantList(t, owners, "amber-fox", "birch-fox")
			repositories := c.all("/2.0/repositories/acme?pagelen=100", "slug")
			if len(members) != 66 || len(repositories) != 126 {
				t.Errorf("%d members, %d repositories", len(members), len(repositories))
			}
			all := "/2.0/workspaces/acme/permissions/repositories?pagelen=100"
			users, rights := c.all(all, "user.nickname"),
				c.all(all+"&fields=values.permission,next", "permission")
			if len(users) != len(rights) || len(users) < 1500 || len(users) > 3000 {
				t.Errorf("%d permissions of %d", len(rights), len(users))
			}
			if !slices.Contains(users, "gale-storm") || slices.Contains(members, "gale-storm") {
				t.Error("gale-storm should have a permission and no membership")
			}
			wantList(t, c.all(
				"/2.0/workspaces/acme/permissions/repositories/web-shop?q=permission%3D%22admin%22",
				"user.nickname"),
				"amber-fox", "birch-fox", "rowan-fox", "sage-fox", "willow-fox", "laurel-heron", "maple-heron",
				"olive-heron")
			wantList(t, c.all(
				"/2.0/workspaces/acme/permissions/repositories/plat-api?q=user.nickname%3D%22juniper-fox%22",
				"permission"), "admin")
			c.get("/2.0/users/5bce04000000000000000000").want(200).
				check(map[string]any{"nickname": "elm-fox"})
			wantList(t, c.all(all+"&q=user.nickname%3D%22fern-fox%22", "repository.name"), "plat-config",
				"pay-ledger", "ops-deploy")
			c.bearer(admin.AccessToken).get("/2.0/user").want(200).
				check(map[string]any{"uuid": admin.UserUUID, "account_id": admin.AccountID})
			c.tokenFor(bitbuckettest.Consumer{ID: admin.ClientID, Secret: admin.ClientSecret},
				"grant_type=client_credentials").want(200)
		})
}
