package bitbuckettest_test

import (
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestCredentials(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		api := srv.IssueAPIToken("ada")
		c.as(api).get("/2.0/user").want(200).check(map[string]any{"nickname": "ada", "username": "ada"})
		c.as(bitbuckettest.APIToken{Email: "ADA@Example.com", Token: api.Token}).get("/2.0/user").
			want(200)
		c.bearer(srv.IssueOAuthToken("ada")).get("/2.0/user").want(200)
		for name, other := range map[string]*client{
			"anonymous":           c,
			"API token as Bearer": c.bearer(api.Token),
			"unknown token":       c.bearer("nonsense"),
		} {
			a := other.get("/2.0/user").want(401).check(
				map[string]any{"type": "error", "error.message": badToken})
			if got := a.header.Get("WWW-Authenticate"); got != `Basic realm="Bitbucket.org HTTP"` {
				t.Errorf("%s: WWW-Authenticate %q", name, got)
			}
		}
		for _, wrong := range []bitbuckettest.APIToken{
			{Email: api.Email, Token: "x"},
			{Email: "bob@example.com", Token: api.Token},
		} {
			a := c.as(wrong).get("/2.0/user").want(401)
			if !strings.HasPrefix(a.body, "Login failed due to incorrect login credentials or method.\n") ||
				a.header.Get("Content-Type") != "text/plain; charset=utf-8" {
				t.Errorf("%q, %v", a.body, a.header)
			}
		}
		c.get("/2.0/user?access_token=" + srv.IssueOAuthToken("ada")).want(401)
		srv.Revoke(api.Token)
		c.as(api).get("/2.0/user").want(401)
	})
}

func TestScopes(t *testing.T) {
	srv := small()
	c := inProcess(t, srv)
	for _, row := range []struct {
		name, method, path string
		client             *client
		status             int
	}{
		{"granular", "GET", "/2.0/user", c.as(srv.IssueAPIToken("ada", "read:user:bitbucket")), 200},
		{"classic for an API token", "GET", "/2.0/user", c.as(srv.IssueAPIToken("ada", "account")), 200},
		{
			"another granular one", "GET", "/2.0/user",
			c.as(srv.IssueAPIToken("ada", "read:workspace:bitbucket")), 403,
		},
		{
			"write does not include read", "GET", "/2.0/user",
			c.as(srv.IssueAPIToken("ada", "write:user:bitbucket")), 403,
		},
		{
			"no classic scope needed", "GET", "/2.0/workspaces/acme",
			c.bearer(srv.IssueOAuthToken("ada", "email")), 200,
		},
		{
			"granular scope needed", "GET", "/2.0/workspaces/acme",
			c.as(srv.IssueAPIToken("ada", "read:user:bitbucket")), 403,
		},
		{
			"repository:write implies repository", "GET", "/2.0/repositories/acme",
			c.bearer(srv.IssueOAuthToken("ada", "repository:write")), 200,
		},
		{
			"pullrequest:write implies it too", "GET", "/2.0/repositories/acme",
			c.bearer(srv.IssueOAuthToken("ada", "pullrequest:write")), 200,
		},
		{
			"project implies it", "GET", "/2.0/repositories/acme",
			c.bearer(srv.IssueOAuthToken("ada", "project")), 200,
		},
		{
			"admin implies nothing", "GET", "/2.0/repositories/acme",
			c.bearer(srv.IssueOAuthToken("ada", "repository:admin")), 403,
		},
		{
			"one of two", "GET", "/2.0/user/workspaces/acme/permissions/repositories",
			c.bearer(srv.IssueOAuthToken("ada", "account")), 403,
		},
		{
			"both", "GET", "/2.0/user/workspaces/acme/permissions/repositories",
			c.bearer(srv.IssueOAuthToken("ada", "account", "repository")), 200,
		},
		{
			"admin without write:permission", "PUT",
			"/2.0/repositories/acme/widgets/permissions-config/users/bob",
			c.as(srv.IssueAPIToken("ada", "admin:repository:bitbucket")), 403,
		},
	} {
		if a := row.client.do(row.method, row.path, ""); a.status != row.status {
			t.Errorf("%s: %d, want %d: %s", row.name, a.status, row.status, a.body)
		}
	}
	a := c.bearer(srv.IssueOAuthToken("ada", "repository")).get("/2.0/user").want(403)
	want := `{"error":{"detail":{"granted":["repository"],"required":["account"]},"message":"Your credentials lack one or more required privilege scopes."},"type":"error"}`
	if a.body != want {
		t.Errorf("got %s, want %s", a.body, want)
	}
}

func TestAccessTokens(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		srv.AddProject("acme", bitbuckettest.Project{Key: "OPS"})
		srv.AddRepository("acme", bitbuckettest.Repository{Slug: "deploy", Project: "OPS"})
		for name, row := range map[string]struct {
			token string
			sees  []string
		}{
			"repository": {srv.IssueRepositoryToken("acme", "gadgets"), []string{"gadgets"}},
			"project":    {srv.IssueProjectToken("acme", "WID"), []string{"widgets", "gadgets"}},
			"workspace":  {srv.IssueWorkspaceToken("acme"), []string{"widgets", "gadgets", "deploy"}},
		} {
			t.Run(name, func(t *testing.T) {
				c := *c.bearer(row.token)
				c.t = t
				for _, path := range []string{
					"/2.0/user", "/2.0/user/emails",
					"/2.0/workspaces/acme/permissions",
					"/2.0/workspaces/acme/permissions/repositories",
					"/2.0/repositories/acme/gadgets/permissions-config/users",
				} {
					c.get(path).want(403).check(map[string]any{"error.message": mechanism})
				}
				wantList(t, c.all("/2.0/repositories/acme", "slug"), row.sees...)
			})
		}
		c.bearer(srv.IssueRepositoryToken("acme", "gadgets")).get("/2.0/repositories/acme/widgets").
			want(404)
		c.bearer(srv.IssueWorkspaceToken("acme", "account")).get("/2.0/user/workspaces").want(200).
			check(map[string]any{"values.0.workspace.slug": "acme", "values.0.administrator": false})
		c.bearer(srv.IssueWorkspaceToken("acme", "repository")).get("/2.0/user/workspaces").want(403)
	})
}
