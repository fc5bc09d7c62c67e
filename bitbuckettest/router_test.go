package bitbuckettest_test

import (
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestPathsOutsideTheAPI(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		c = c.as(srv.IssueAPIToken("ada"))
		if a := c.get("/").want(302); !strings.HasPrefix(a.header.Get("Location"),
			"https://developer.atlassian.com/") {
			t.Errorf("redirects to %q", a.header.Get("Location"))
		}
		if a := c.get("/user").want(403); a.body != `{"error":{"message":"Forbidden"},"type":"error"}` {
			t.Errorf("without /2.0: %s", a.body)
		}
		c.get("/2.0/nothing").want(404).check(map[string]any{
			"type": "error", "error.message": "Resource not found",
			"error.detail": "There is no API hosted at this URL",
		})
		a := c.do("PATCH", "/2.0/users/x/ssh-keys", "").want(405)
		if a.header.Get("Allow") != "GET, POST" {
			t.Errorf("Allow: %q", a.header.Get("Allow"))
		}
		c.get("/1.0/users/ada").want(410).check(map[string]any{"error.message": "Resource removed"})
		c.get("/2.0/user/").want(200)
	})
}

// Links of the objects lead somewhere.
func TestLinksLeadSomewhere(t *testing.T) {
	srv := bitbuckettest.Demo()
	admin := srv.Admin()
	c := inProcess(t, srv).as(bitbuckettest.APIToken{Email: admin.Email, Token: admin.APIToken})
	projects := c.get("/2.0/workspaces/acme/projects").want(200)
	self, _ := projects.at("values.0.links.self.href").(string)
	c.get(strings.TrimPrefix(self, c.base)).want(200).
		check(map[string]any{"type": "project", "key": projects.at("values.0.key")})
	c.get("/2.0/workspaces/acme/projects/NONE").want(404)
	owners, _ := c.get("/2.0/workspaces/acme").want(200).at("links.owners.href").(string)
	wantList(t, c.all(strings.TrimPrefix(owners, c.base), "user.nickname"), "amber-fox", "birch-fox")
	c.get("/api/2.0/user").want(200).check(map[string]any{"uuid": admin.UserUUID})
}

func TestRemoved(t *testing.T) {
	removed := []string{
		"/2.0/user/permissions/workspaces", "/2.0/user/permissions/repositories",
		"/2.0/workspaces", "/2.0/repositories",
	}
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		for _, path := range removed {
			a := c.as(srv.IssueAPIToken("ada")).get(path).want(410).check(map[string]any{
				"type": "error", "error.message": "CHANGE-2770 - Functionality has been deprecated",
				"error.detail": "Please read the changelog entry for more details.",
			})
			if at := a.at("data.announcement_url"); at == nil || at != a.at("error.data.announcement_url") {
				t.Errorf("got %s", a.body)
			}
		}
	})
	bothWays(t, func() *bitbuckettest.Server { return small(bitbuckettest.Legacy()) },
		func(t *testing.T, srv *bitbuckettest.Server, c *client) {
			c = c.as(srv.IssueAPIToken("ada"))
			c.get(removed[0]).want(200).check(map[string]any{
				"pagelen": 50, "size": 1,
				"values.0.permission": "owner", "values.0.workspace.slug": "acme",
			})
			a := c.get(removed[1] + "?sort=repository.name").want(200).check(map[string]any{
				"pagelen": 10, "values.0.repository.name": "gadgets", "values.1.permission": "admin",
			})
			if a.has("", "size") {
				t.Errorf("got %s", a.body)
			}
			c.get(removed[2]).want(200).check(map[string]any{"values.0.slug": "acme"})
			c.get(removed[3]).want(200).check(map[string]any{"size": 2})
		})
}
