package bitbuckettest_test

import (
	"crypto/md5"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

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

func TestHeaders(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		a := c.as(srv.IssueAPIToken("ada")).get("/2.0/user").want(200)
		for name, want := range map[string]string{
			"Content-Type":            "application/json; charset=utf-8",
			"Vary":                    "Authorization, Origin, cookie, user-context, Accept-Encoding",
			"Cache-Control":           "private",
			"Etag":                    fmt.Sprintf(`"%x"`, md5.Sum([]byte(a.body))),
			"X-Credential-Type":       "apitoken",
			"X-Accepted-Oauth-Scopes": "account", // the classic name, which no API token can have (§16.C)
			"Server":                  "envoy",
			"X-Ratelimit-Limit":       "",
		} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if got := c.as(srv.IssueAPIToken("ada", "read:user:bitbucket", "account")).get("/2.0/user").
			header.Get("X-OAuth-Scopes"); got != "read:user:bitbucket, account" {
			t.Errorf("X-OAuth-Scopes: %q", got)
		}
	})
}

func TestNoContent(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		key := srv.AddSSHKey("ada", bitbuckettest.SSHKey{})
		c = c.as(srv.IssueAPIToken("ada"))
		me, _ := c.get("/2.0/user").at("uuid").(string)
		a := c.do("DELETE", "/2.0/users/"+me+"/ssh-keys/"+key.UUID, "").want(204)
		if a.body != "" || a.header.Get("Content-Length") != "0" ||
			a.header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("body %q, headers %v", a.body, a.header)
		}
		c.do("DELETE", "/2.0/users/"+me+"/ssh-keys/"+key.UUID, "").want(404)
	})
}

func TestHrefsUseTheHostOfTheRequest(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		uuid := srv.AddUser(bitbuckettest.User{Nickname: "eve"}).UUID
		want := c.base + "/2.0/users/%7B" + strings.Trim(uuid, "{}") + "%7D"
		c.get("/2.0/users/" + uuid).want(200).check(map[string]any{"links.self.href": want})
	})
	rec := httptest.NewRecorder()
	srv := small()
	uuid := srv.AddUser(bitbuckettest.User{Nickname: "eve"}).UUID
	srv.ServeHTTP(rec, httptest.NewRequest("GET", "https://mirror.example/2.0/users/"+uuid, nil))
	if !strings.Contains(rec.Body.String(), `"href":"https://mirror.example/2.0/users/`) {
		t.Errorf("as a handler: %s", rec.Body)
	}
}

// HEAD is GET without the body, and gzip with a quality of 0 is none.
func TestHeadAndEncodings(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		c = c.as(srv.IssueAPIToken("ada"))
		whole := c.get("/2.0/workspaces/acme").want(200)
		head := c.do("HEAD", "/2.0/workspaces/acme", "").want(200)
		if head.body != "" || head.header.Get("ETag") != whole.header.Get("ETag") {
			t.Errorf("HEAD: %q, %v", head.body, head.header)
		}
		c.do("HEAD", "/2.0/workspaces/none", "").want(404)
	})
}

// Programs of browsers may read what they get, and are told what they may send (§2, CORS). Asking
// costs no call.
func TestBrowsers(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		ask := func(method, path string, headers ...string) answer {
			req := c.as(srv.IssueAPIToken("ada")).request(method, path, "")
			for i := 0; i < len(headers); i += 2 {
				req.Header.Set(headers[i], headers[i+1])
			}
			resp, err := c.http.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			return answer{t: t, status: resp.StatusCode, header: resp.Header}
		}
		a := ask("OPTIONS", "/2.0/user", "Origin", "https://app.example", "Access-Control-Request-Method",
			"PUT").want(200)
		if a.header.Get("Access-Control-Allow-Origin") != "*" ||
			!strings.Contains(a.header.Get("Access-Control-Allow-Methods"), "PUT") ||
			!strings.Contains(a.header.Get("Access-Control-Allow-Headers"), "Authorization") {
			t.Errorf("headers %v", a.header)
		}
		if srv.Calls() != 0 {
			t.Errorf("%d calls", srv.Calls())
		}
		for _, path := range []string{"/2.0/user", "/2.0/nothing", "/site/oauth2/authorize"} {
			if a := ask("GET", path, "Origin", "https://app.example"); a.header.Get(
				"Access-Control-Allow-Origin") != "*" {
				t.Errorf("%s: headers %v", path, a.header)
			}
		}
		if a := ask("GET", "/2.0/user").want(200); a.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("headers %v", a.header)
		}
		ask("OPTIONS", "/2.0/user").want(405)
	})
}
