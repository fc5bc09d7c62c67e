package bitbuckettest_test

import (
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestClientCredentials(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		consumer := srv.AddConsumer(bitbuckettest.Consumer{
			Name: "CI", Workspace: "acme",
			Scopes: []string{"account", "repository"},
		})
		a := c.tokenFor(consumer, "grant_type=client_credentials").want(200)
		a.check(map[string]any{
			"token_type": "bearer", "expires_in": 7200, "scope": "account repository",
			"scopes": "account repository", "refresh_token": nil,
		})
		app := c.bearer(a.at("access_token").(string))
		app.get("/2.0/user").want(200).check(map[string]any{"type": "app_user", "display_name": "CI"})
		wantList(t, app.all("/2.0/user/workspaces", "workspace.slug"), "acme")
		app.get("/2.0/workspaces/acme/permissions/repositories").want(200).
			check(map[string]any{"size": 2})
		wantList(t, app.all("/2.0/workspaces/acme/permissions", "user.nickname"), "ada", "bob", "cyn")

		public := srv.AddConsumer(bitbuckettest.Consumer{Workspace: "acme", Public: true})
		c.tokenFor(public, "grant_type=client_credentials").want(400).
			check(map[string]any{"error": "unauthorized_client"})
		consumer.Secret = "wrong"
		c.tokenFor(consumer, "grant_type=client_credentials").want(401).
			check(map[string]any{"error": "unauthorized_client"})
		if srv.Calls() != 4 {
			t.Errorf("%d calls: token requests are none", srv.Calls())
		}
	})
}

func TestAuthorizationCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := small()
		c := inProcess(t, srv)
		consumer := srv.AddConsumer(bitbuckettest.Consumer{
			Workspace:   "acme",
			CallbackURL: "http://localhost:9/back",
		})
		authorize := "/site/oauth2/authorize?response_type=code&client_id=" + consumer.ID + "&state=s%201"
		code := func() string {
			to, err := url.Parse(c.get(authorize).want(302).header.Get("Location"))
			if err != nil || to.Host != "localhost:9" || to.Path != "/back" ||
				to.Query().Get("state") != "s 1" {
				t.Fatalf("redirects to %v, %v", to, err)
			}
			return to.Query().Get("code")
		}
		first := code()
		a := c.tokenFor(consumer, "grant_type=authorization_code&code="+first).want(200)
		c.bearer(a.at("access_token").(string)).get("/2.0/user").want(200).
			check(map[string]any{"nickname": "ada"})
		c.tokenFor(consumer, "grant_type=authorization_code&code="+first).want(400).
			check(map[string]any{"error": "invalid_grant"})
		srv.SignIn("bob")
		a = c.tokenFor(consumer, "grant_type=authorization_code&code="+code()).want(200)
		c.bearer(a.at("access_token").(string)).get("/2.0/user").want(200).
			check(map[string]any{"nickname": "bob"})

		old := a.at("refresh_token").(string)
		<-time.After(2 * time.Hour)
		c.bearer(a.at("access_token").(string)).get("/2.0/user").want(401).
			check(map[string]any{
				"error.message": "Access token expired. Use your refresh token to obtain a new access token.",
			})
		b := c.tokenFor(consumer, "grant_type=refresh_token&refresh_token="+old).want(200)
		if b.at("refresh_token") == old || b.at("access_token") == a.at("access_token") {
			t.Error("the tokens were not rotated")
		}
		c.bearer(b.at("access_token").(string)).get("/2.0/user").want(200).
			check(map[string]any{"nickname": "bob"})
		<-time.After(11 * time.Minute)
		c.tokenFor(consumer, "grant_type=refresh_token&refresh_token="+old).want(400).
			check(map[string]any{"error": "invalid_grant"})
		c.tokenFor(consumer, "grant_type=password").want(400).
			check(map[string]any{"error": "unsupported_grant_type"})

		c.get("/site/oauth2/authorize?response_type=code&client_id=nobody").want(400)
		c.get(authorize + "&redirect_uri=https://other.example/").want(400)
	})
}

func TestProofKey(t *testing.T) {
	srv := small()
	c := inProcess(t, srv)
	consumer := srv.AddConsumer(bitbuckettest.Consumer{Workspace: "acme"})
	const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	authorize := "/site/oauth2/authorize?response_type=code&redirect_uri=http://localhost/&client_id=" + consumer.ID +
		"&code_challenge_method=S256&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	for form, want := range map[string]int{
		"&redirect_uri=http://localhost/&code_verifier=" + verifier: 200,
		"&redirect_uri=http://localhost/&code_verifier=wrong":       400,
		"&redirect_uri=http://localhost/":                           400,
		"&code_verifier=" + verifier:                                400,
	} {
		to, err := url.Parse(c.get(authorize).want(302).header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		c.tokenFor(consumer, "grant_type=authorization_code&code="+to.Query().Get("code")+form).want(want)
	}
	c.get("/site/oauth2/authorize?response_type=token&redirect_uri=http://localhost/&client_id=" +
		consumer.ID).want(302)
	c.get("/site/oauth2/authorize?response_type=code&client_id=" + consumer.ID).want(400)
	// The ID and the secret may stand in the form as well.
	c.do("POST", "/site/oauth2/access_token",
		"grant_type=client_credentials&client_id="+consumer.ID+"&client_secret="+consumer.Secret).
		want(200)
}

func TestTokenLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := small(bitbuckettest.TokenLife(time.Minute), bitbuckettest.LongTokens())
		token := srv.IssueOAuthToken("ada")
		if len(token) != 2600 {
			t.Errorf("%d characters", len(token))
		}
		c := inProcess(t, srv).bearer(token)
		<-time.After(time.Minute - 1)
		c.get("/2.0/user").want(200)
		<-time.After(1)
		c.get("/2.0/user").want(401)
		short := srv.IssueWorkspaceToken("acme")
		srv.Expire(short)
		inProcess(t, srv).bearer(short).get("/2.0/workspaces/acme").want(401).
			check(map[string]any{"error.message": badToken})
	})
}
