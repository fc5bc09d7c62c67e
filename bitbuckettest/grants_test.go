package bitbuckettest_test

import (
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

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
					"links.self.href": c.base + group,
				})
				wantList(t, c.all(base+"/groups", "group.slug"), "the-devs")

				for _, body := range []string{
					`{"permission":"none"}`, `{"permission":"owner"}`, `{}`, `[]`,
					`nonsense`, ``,
					`{"permission":"read","x":1}`, `{"permission":1}`,
				} {
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
