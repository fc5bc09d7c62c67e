package bitbuckettest_test

import (
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

const (
	badToken  = "Token is invalid, expired, or not supported for this endpoint."
	mechanism = "This API is not accessible by this authentication mechanism"
	provided  = "This resource does not support authentication using the provided token"
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
		for _, wrong := range []bitbuckettest.APIToken{{Email: api.Email, Token: "x"},
			{Email: "bob@example.com", Token: api.Token}} {
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
		{"another granular one", "GET", "/2.0/user",
			c.as(srv.IssueAPIToken("ada", "read:workspace:bitbucket")), 403},
		{"write does not include read", "GET", "/2.0/user",
			c.as(srv.IssueAPIToken("ada", "write:user:bitbucket")), 403},
		{"no classic scope needed", "GET", "/2.0/workspaces/acme",
			c.bearer(srv.IssueOAuthToken("ada", "email")), 200},
		{"granular scope needed", "GET", "/2.0/workspaces/acme",
			c.as(srv.IssueAPIToken("ada", "read:user:bitbucket")), 403},
		{"repository:write implies repository", "GET", "/2.0/repositories/acme",
			c.bearer(srv.IssueOAuthToken("ada", "repository:write")), 200},
		{"pullrequest:write implies it too", "GET", "/2.0/repositories/acme",
			c.bearer(srv.IssueOAuthToken("ada", "pullrequest:write")), 200},
		{"project implies it", "GET", "/2.0/repositories/acme",
			c.bearer(srv.IssueOAuthToken("ada", "project")), 200},
		{"admin implies nothing", "GET", "/2.0/repositories/acme",
			c.bearer(srv.IssueOAuthToken("ada", "repository:admin")), 403},
		{"one of two", "GET", "/2.0/user/workspaces/acme/permissions/repositories",
			c.bearer(srv.IssueOAuthToken("ada", "account")), 403},
		{"both", "GET", "/2.0/user/workspaces/acme/permissions/repositories",
			c.bearer(srv.IssueOAuthToken("ada", "account", "repository")), 200},
		{"admin without write:permission", "PUT",
			"/2.0/repositories/acme/widgets/permissions-config/users/bob",
			c.as(srv.IssueAPIToken("ada", "admin:repository:bitbucket")), 403},
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
				for _, path := range []string{"/2.0/user", "/2.0/user/emails",
					"/2.0/workspaces/acme/permissions",
					"/2.0/workspaces/acme/permissions/repositories",
					"/2.0/repositories/acme/gadgets/permissions-config/users"} {
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

func TestNearLimit(t *testing.T) {
	srv := small(bitbuckettest.Throttle(10, time.Hour))
	c := inProcess(t, srv).bearer(srv.IssueWorkspaceToken("acme"))
	for i := range 10 {
		want := "false"
		if i >= 8 { // fewer than 2 of 10 are left
			want = "true"
		}
		if got := c.get("/2.0/repositories/acme").want(200).
			header.Get("X-RateLimit-NearLimit"); got != want {
			t.Errorf("call %d: %q, want %q", i+1, got, want)
		}
	}
}

func TestClientCredentials(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		consumer := srv.AddConsumer(bitbuckettest.Consumer{Name: "CI", Workspace: "acme",
			Scopes: []string{"account", "repository"}})
		a := c.tokenFor(consumer, "grant_type=client_credentials").want(200)
		a.check(map[string]any{"token_type": "bearer", "expires_in": 7200, "scope": "account repository",
			"scopes": "account repository", "refresh_token": nil})
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

// The headers of the throttle come with the data of repositories only, to access tokens only, and
// with no refusal; the limit is that of an hour (§8, §16.I).
func TestRateHeaders(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		token := c.bearer(srv.IssueWorkspaceToken("acme", "repository"))
		for _, row := range []struct {
			as     *client
			path   string
			status int
			want   string
		}{
			{token, "/2.0/repositories/acme/widgets", 200, "200"},
			{token, "/2.0/repositories/acme", 200, "200"},
			{token, "/2.0/repositories/acme/none", 404, ""},
			{token, "/2.0/user", 403, ""},
			{token, "/2.0/workspaces/acme", 200, ""},
			{c.bearer(srv.IssueOAuthToken("ada")), "/2.0/repositories/acme", 200, ""},
			{c.as(srv.IssueAPIToken("ada")), "/2.0/repositories/acme", 200, ""},
		} {
			a := row.as.get(row.path).want(row.status)
			resource := ""
			if row.want != "" {
				resource = "api"
			}
			if got := a.header.Get("X-RateLimit-Limit"); got != row.want ||
				a.header.Get("X-RateLimit-Resource") != resource {
				t.Errorf("%s: limit %q, resource %q, want %q", row.path, got,
					a.header.Get("X-RateLimit-Resource"), row.want)
			}
		}
	})
}

// tokenFor sends a token request with the consumer's ID and secret as Basic credentials.
func (c *client) tokenFor(consumer bitbuckettest.Consumer, form string) answer {
	c.t.Helper()
	other := *c
	other.email, other.token = consumer.ID, consumer.Secret
	return other.do("POST", "/site/oauth2/access_token", form)
}

func TestAuthorizationCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := small()
		c := inProcess(t, srv)
		consumer := srv.AddConsumer(bitbuckettest.Consumer{Workspace: "acme",
			CallbackURL: "http://localhost:9/back"})
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
				"error.message": "Access token expired. Use your refresh token to obtain a new access token."})
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

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := small()
		ada, bob := inProcess(t, srv).as(srv.IssueAPIToken("ada")),
			inProcess(t, srv).as(srv.IssueAPIToken("bob"))
		other := inProcess(t, srv).bearer(srv.IssueOAuthToken("ada")) // the same owner
		for i := range 100 {
			if i == 50 {
				<-time.After(10 * time.Minute)
			}
			ada.get("/2.0/user").want(200)
		}
		a := ada.get("/2.0/user").want(429)
		if a.body != "Rate limit for this resource has been exceeded" || len(a.body) != 46 ||
			a.header.Get("Content-Type") != "text/plain; charset=utf-8" ||
			a.header.Get("Retry-After") != "" {
			t.Errorf("%q, %v", a.body, a.header)
		}
		other.get("/2.0/user").want(429)
		bob.get("/2.0/user").want(200)
		<-time.After(20*time.Minute - 1)
		ada.get("/2.0/user").want(429)
		<-time.After(1)
		for range 50 { // those refused did not count
			ada.get("/2.0/user").want(200)
		}
		ada.get("/2.0/user").want(429)
		<-time.After(10 * time.Minute)
		ada.get("/2.0/user").want(200)
	})
}

func TestThrottleOff(t *testing.T) {
	srv := small(bitbuckettest.Throttle(0, 0))
	c := inProcess(t, srv).as(srv.IssueAPIToken("ada"))
	for range 150 {
		c.get("/2.0/user").want(200)
	}
}

func TestThrottleOfAnonymousCalls(t *testing.T) {
	srv := small(bitbuckettest.Throttle(2, time.Hour))
	uuid := srv.AddUser(bitbuckettest.User{Nickname: "eve"}).UUID
	c := inProcess(t, srv)
	c.get("/2.0/users/" + uuid).want(200)
	c.get("/2.0/users/" + uuid).want(200)
	c.get("/2.0/users/" + uuid).want(429)
}

// operations are those of Bitbucket's own document of the user surface.
const operations = `
GET /repositories/{workspace}/{repo_slug}/permissions-config/users
DELETE /repositories/{workspace}/{repo_slug}/permissions-config/users/{selected_user_id}
GET /repositories/{workspace}/{repo_slug}/permissions-config/users/{selected_user_id}
PUT /repositories/{workspace}/{repo_slug}/permissions-config/users/{selected_user_id}
GET /user
GET /user/emails
GET /user/emails/{email}
GET /user/permissions/repositories
GET /user/permissions/workspaces
GET /users/{selected_user}
GET /users/{selected_user}/pipelines_config/variables
POST /users/{selected_user}/pipelines_config/variables
GET /users/{selected_user}/pipelines_config/variables/{variable_uuid}
PUT /users/{selected_user}/pipelines_config/variables/{variable_uuid}
DELETE /users/{selected_user}/pipelines_config/variables/{variable_uuid}
PUT /users/{selected_user}/properties/{app_key}/{property_name}
DELETE /users/{selected_user}/properties/{app_key}/{property_name}
GET /users/{selected_user}/properties/{app_key}/{property_name}
GET /users/{selected_user}/search/code
GET /users/{selected_user}/ssh-keys
POST /users/{selected_user}/ssh-keys
DELETE /users/{selected_user}/ssh-keys/{key_id}
GET /users/{selected_user}/ssh-keys/{key_id}
PUT /users/{selected_user}/ssh-keys/{key_id}
GET /workspaces/{workspace}/projects/{project_key}/permissions-config/users
DELETE /workspaces/{workspace}/projects/{project_key}/permissions-config/users/{selected_user_id}
GET /workspaces/{workspace}/projects/{project_key}/permissions-config/users/{selected_user_id}
PUT /workspaces/{workspace}/projects/{project_key}/permissions-config/users/{selected_user_id}`

func TestRoutes(t *testing.T) {
	states := map[string]bitbuckettest.State{}
	for _, r := range bitbuckettest.New().Routes() {
		name := r.Method + " " + r.Pattern
		if _, twice := states[name]; twice {
			t.Errorf("%s is there twice", name)
		}
		states[name] = r.State
	}
	for line := range strings.SplitSeq(strings.TrimSpace(operations), "\n") {
		method, path, _ := strings.Cut(line, " ")
		if states[method+" /2.0"+path] == "" {
			t.Errorf("no route for %s", line)
		}
	}
	for name, want := range map[string]bitbuckettest.State{
		"GET /2.0/user": bitbuckettest.Current,
		"GET /2.0/users/{selected_user}/search/code":               bitbuckettest.Deprecated,
		"GET /2.0/user/permissions/workspaces":                     bitbuckettest.Removed,
		"GET /2.0/workspaces":                                      bitbuckettest.Removed,
		"DELETE /2.0/users/{selected_user}/gpg-keys/{fingerprint}": bitbuckettest.Current,
		"PUT /2.0/workspaces/{workspace}/projects/{project_key}/permissions-config/groups/{group_slug}": bitbuckettest.Current,
	} {
		if states[name] != want {
			t.Errorf("%s is %q, want %q", name, states[name], want)
		}
	}
}

// Every route that is there refuses a call without credentials, but for GET
// /2.0/users/{selected_user}.
func TestRoutesWantCredentials(t *testing.T) {
	srv := small()
	c := inProcess(t, srv)
	for _, r := range srv.Routes() {
		want := 401
		switch {
		case r.Pattern == "/2.0/users/{selected_user}":
			want = 404
		case r.State == bitbuckettest.Removed:
			want = 410
		}
		path := strings.NewReplacer("{", "", "}", "").Replace(r.Pattern)
		if a := c.do(r.Method, path, ""); a.status != want {
			t.Errorf("%s %s: %d, want %d: %s", r.Method, r.Pattern, a.status, want, a.body)
		}
	}
}

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
