package bitbuckettest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// The demo's one token goes both ways; elsewhere an OAuth token is no API token, and an API token
// no Bearer token.
func TestTokensOfTheDemo(t *testing.T) {
	srv := bitbuckettest.Demo()
	admin := srv.Admin()
	c := inProcess(t, srv)
	c.bearer(admin.AccessToken).get("/2.0/user").want(200)
	c.as(bitbuckettest.APIToken{Email: admin.Email, Token: admin.AccessToken}).get("/2.0/user").
		want(200)
	c.bearer(admin.APIToken).get("/2.0/user").want(401)

	plain := small()
	p := inProcess(t, plain)
	p.as(bitbuckettest.APIToken{Email: "ada@example.com", Token: plain.IssueOAuthToken("ada")}).
		get("/2.0/user").want(401)
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

// What the comment of Demo says there is to read besides is there.
func TestDemoHasSomeOfEverything(t *testing.T) {
	srv := bitbuckettest.Demo()
	admin := srv.Admin()
	c := inProcess(t, srv)
	token := c.bearer(admin.AccessToken) // the user's variables are only for OAuth
	c = c.as(bitbuckettest.APIToken{Email: admin.Email, Token: admin.APIToken})
	amber := "/2.0/users/" + admin.AccountID
	wantList(t, token.all(amber+"/pipelines_config/variables", "key"), "EDITOR", "TOKEN")
	wantList(t, c.all(amber+"/ssh-keys", "label"), "laptop", "old machine")
	wantList(t, c.all(amber+"/gpg-keys", "name"), "signing")
	c.get(amber + "/properties/demo-app/settings").want(200).check(map[string]any{"theme": "dark"})

	const acme, platAPI = "/2.0/workspaces/acme", "/2.0/repositories/acme/plat-api"
	if all := c.all(acme+"/pipelines-config/variables?pagelen=100", "key"); len(all) != 13 {
		t.Errorf("variables of acme: %q", all)
	}
	wantList(t, c.all(platAPI+"/pipelines_config/variables", "key"), "LOG_LEVEL", "SIGNING_KEY")
	wantList(t, c.all(platAPI+"/deploy-keys", "label"), "build agent")
	wantList(t, c.all("/2.0/repositories/acme/ops-deploy/deploy-keys", "label"), "old pipeline")
	wantList(t, c.all(acme+"/projects/OPS/deploy-keys", "label"), "provisioning")
	for _, restricted := range []string{
		"plat-api", "plat-deploy", "pay-deploy", "web-deploy", "mob-deploy",
		"data-deploy", "ops-deploy",
	} {
		if kinds := c.all("/2.0/repositories/acme/"+restricted+"/branch-restrictions", "kind"); len(kinds) == 0 {
			t.Errorf("%s has no branch restriction", restricted)
		}
	}
}

// The demo's second workspace is run from the admin hub: no times, UUIDs for slugs, and no 1.0
// API.
func TestDemoLabs(t *testing.T) {
	srv := bitbuckettest.Demo()
	admin := srv.Admin()
	c := inProcess(t, srv).as(bitbuckettest.APIToken{Email: admin.Email, Token: admin.APIToken})
	wantList(t, c.all("/2.0/user/workspaces", "workspace.slug"), "acme", "AmberFox", "acme-labs")
	a := c.get("/2.0/workspaces/acme-labs/members").want(200)
	if a.has("values.0", "added_on") || a.has("values.0", "last_accessed") {
		t.Errorf("got %s", a.body)
	}
	for _, g := range srv.Groups("acme-labs") {
		if len(g.Slug) != 36 || strings.Count(g.Slug, "-") != 4 {
			t.Errorf("group %q", g.Slug)
		}
		c.get("/2.0/workspaces/acme-labs/projects/LAB/permissions-config/groups/" + g.Slug).want(200)
	}
	c.get("/1.0/groups/acme-labs").want(400)
	c.get("/1.0/groups/acme").want(200)
}
