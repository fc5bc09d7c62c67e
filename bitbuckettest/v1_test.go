package bitbuckettest_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// old is a server that still serves the 1.0 API: a person, who has a personal workspace with a
// public and a private repository and belongs to the team "acme", where bob is too.
func old() *bitbuckettest.Server {
	srv := bitbuckettest.New(bitbuckettest.Legacy())
	srv.AddUser(bitbuckettest.User{
		Nickname: "Ada", DisplayName: "Ada van Dam",
		CreatedOn: time.Date(2011, 1, 2, 3, 4, 5, 0, time.UTC),
		Emails: []bitbuckettest.Email{
			{Address: "ada@example.com"},
			{Address: "new@example.com", Unconfirmed: true},
		},
	})
	srv.AddUser(bitbuckettest.User{
		Nickname:  "bob",
		CreatedOn: time.Date(2015, 1, 2, 3, 4, 5, 0, time.UTC),
	})
	srv.AddUser(bitbuckettest.User{Nickname: "bot", Type: "app_user"})
	srv.AddWorkspace(bitbuckettest.Workspace{Slug: "Ada", Personal: "ada"})
	srv.AddRepository("Ada", bitbuckettest.Repository{
		Slug: "site", Public: true, Size: 1198,
		CreatedOn: time.Date(2012, 7, 11, 23, 50, 25, 0, time.UTC),
		UpdatedOn: time.Date(2016, 12, 24, 13, 35, 53, 817e6, time.UTC),
	})
	srv.AddRepository("Ada", bitbuckettest.Repository{Slug: "notes"})
	srv.AddFile("Ada", "site", bitbuckettest.File{Path: "index.html", Content: "<html>"})
	srv.AddWorkspace(bitbuckettest.Workspace{
		Slug: "acme", Name: "Acme",
		ForkingMode: "no_public_forks",
	})
	srv.AddMember("acme", bitbuckettest.Member{User: "ada", Role: "owner"})
	srv.AddMember("acme", bitbuckettest.Member{User: "bob"})
	srv.AddRepository("acme", bitbuckettest.Repository{Slug: "widgets"})
	return srv
}

func TestAccountsOfV1(t *testing.T) {
	bothWays(t, old, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		ada, bob := c.as(srv.IssueAPIToken("ada")), c.as(srv.IssueAPIToken("bob"))
		for _, path := range []string{
			"/1.0/users/ada", "/1.0/users/ADA/", "/1.0/users/ada@example.com",
			"/api/1.0/users/ada", "/!api/1.0/users/ada",
		} {
			a := c.get(path).want(200).check(map[string]any{
				"user.username": "ada", "user.first_name": "Ada", "user.last_name": "van Dam",
				"user.display_name": "Ada van Dam",
				"user.resource_uri": "/1.0/users/ada", "repositories.0.slug": "site",
				"repositories.0.owner": "ada", "repositories.1": nil,
				"repositories.0.created_on":       "2012-07-12 01:50:25",
				"repositories.0.utc_created_on":   "2012-07-11 23:50:25+00:00",
				"repositories.0.last_updated":     "2016-12-24T14:35:53.817",
				"repositories.0.utc_last_updated": "2016-12-24 13:35:53+00:00",
				"repositories.0.size":             1198, "repositories.0.followers_count": 1,
				"repositories.0.website":    "",
				"repositories.0.is_private": false,
			})
			if a.has("user", "is_team") || a.has("user", "uuid") || !a.has("repositories.0", "fork_of") {
				t.Errorf("%s: %s", path, a.body)
			}
		}

		a := ada.get("/1.0/user").want(200).check(map[string]any{
			"user.username": "ada", "user.is_team": false, "user.resource_uri": "/1.0/users/ada/",
			"repositories.1.slug": "notes", "repositories.1.is_private": true,
		})
		if a.has("repositories.0", "followers_count") {
			t.Errorf("with credentials: %s", a.body)
		}
		bob.get("/1.0/users/ada").want(200).check(map[string]any{
			"repositories.0.slug": "site",
			"repositories.1":      nil,
		})
		bob.get("/1.0/users/acme").want(200).check(map[string]any{
			"user.username": "acme", "user.is_team": true, "user.first_name": "",
			"user.display_name": "Acme", "repositories.0": nil,
		})
		ada.get("/1.0/users/acme").want(200).check(map[string]any{
			"repositories.0.slug": "widgets", "repositories.0.no_public_forks": true,
			"repositories.0.no_forks": false,
		})
	})
}

func TestListsOfV1(t *testing.T) {
	bothWays(t, old, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		ada := c.as(srv.IssueAPIToken("ada"))
		c.get("/1.0/users/ada/followers").want(200).
			check(map[string]any{"count": 1, "followers.0.username": "bob", "followers.1": nil})
		c.get("/1.0/users/acme/followers").want(200).
			check(map[string]any{"count": 2, "followers.0.username": "ada", "followers.1.username": "bob"})
		ada.get("/1.0/users/acme/plan").want(200).check(map[string]any{"count": 2})
		ada.get("/1.0/users/ada/plan").want(200).check(map[string]any{"count": 1})
		ada.get("/1.0/user/privileges").want(200).check(
			map[string]any{"teams.acme": "admin", "teams.Ada": nil})
		c.as(srv.IssueAPIToken("bob")).get("/1.0/user/privileges").want(200).
			check(map[string]any{"teams.acme": "collaborator"})
		ada.get("/1.0/users/ada/emails").want(200).check(map[string]any{
			"0.email": "ada@example.com", "0.active": true, "0.primary": true, "1.email": "new@example.com",
			"1.active": false, "1.primary": false,
		})
		ada.get("/1.0/users/ada/emails/new@example.com").want(200).
			check(map[string]any{"email": "new@example.com", "active": false})
		ada.get("/1.0/user/repositories").want(200).
			check(map[string]any{"0.slug": "site", "1.slug": "notes", "2.slug": "widgets", "3": nil})
	})
}

func TestEventsOfV1(t *testing.T) {
	bothWays(t, old, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		a := c.get("/1.0/users/ada/events").want(200).check(map[string]any{
			"count":          4,
			"events.0.event": "commit", "events.0.description": "Change index.html",
			"events.0.user.username":  "ada",
			"events.0.created_on":     "2016-12-24T14:35:53.817",
			"events.0.utc_created_on": "2016-12-24 13:35:53+00:00",
			"events.1.event":          "pushed", "events.1.description.commits.0.description": "Update site",
			"events.1.repository.slug": "site", "events.1.node": nil,
			"events.2.event": "start_follow_user", "events.2.description": nil,
			"events.2.user.username": "bob", "events.2.created_on": "2015-01-02 04:04:05",
			"events.3.event": "create", "events.3.repository.slug": "site", "events.4": nil,
		})
		if a.has("events.2.repository", "slug") || !a.has("events.2", "repository") {
			t.Errorf("the event of no repository: %s", a.body)
		}
		c.get("/1.0/users/ada/events?start=2&limit=1").want(200).
			check(map[string]any{"count": 4, "events.0.event": "start_follow_user", "events.1": nil})
		c.get("/1.0/users/ada/events?start=9").want(200).
			check(map[string]any{"count": 4, "events.0": nil})
		c.get("/1.0/users/ada/events?type=create").want(200).
			check(map[string]any{"count": 1, "events.0.event": "create", "events.1": nil})
		c.get("/1.0/users/ada/events?start=-1").want(400).
			check(map[string]any{"error.message": "start and limit are numbers", "type": nil})

		for i := range 60 {
			srv.AddRepository("acme", bitbuckettest.Repository{Slug: fmt.Sprint("public", i), Public: true})
		}
		for limit, want := range map[string]int{
			"": 25, "?limit=40": 40, "?limit=50": 50,
			"?limit=51": 50,
		} {
			a := c.get("/1.0/users/acme/events" + limit).want(200)
			if events := a.at("events").([]any); len(events) != want || a.at("count") != 62.0 {
				t.Errorf("%q: %d events of %v, want %d of 62", limit, len(events), a.at("count"), want)
			}
		}
	})
}

func TestErrorsOfV1(t *testing.T) {
	bothWays(t, old, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		bob := c.as(srv.IssueAPIToken("bob"))
		for _, tc := range []struct {
			as     *client
			path   string
			status int
			body   string
		}{
			{c, "/1.0/users/nobody", 404, "Not Found"},
			{c, "/1.0/users/new@example.com", 404, "Not Found"},
			{c, "/1.0/users/bot", 404, "Not Found"},
			{c, "/1.0/nothing", 404, "Not Found"},
			{c, "/1.0/user", 401, "Authentication required"},
			{c, "/1.0/users/ada/emails", 401, "Authentication required"},
			{bob, "/1.0/users/ada/emails", 403, "Forbidden"},
			{bob, "/1.0/users/acme/plan", 403, "Forbidden"},
			{c.bearer(srv.IssueWorkspaceToken("acme")), "/1.0/user", 403, "Forbidden"},
		} {
			a := tc.as.get(tc.path).want(tc.status)
			if a.body != tc.body || !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") {
				t.Errorf("%s: %q of type %s, want %q", tc.path, a.body, a.header.Get("Content-Type"), tc.body)
			}
		}
		if a := c.as(bitbuckettest.APIToken{Email: "ada@example.com", Token: "x"}).get("/1.0/users/ada").
			want(401); !strings.HasPrefix(a.body, "Login failed") {
			t.Errorf("with wrong credentials: %s", a.body)
		}
		c.get("/api/2.0/user").want(401) // an alias of the 2.0 API, which wants a credential
	})
}

// newuser posts a form.
func (c *client) newuser(target, contentType, form string) answer {
	c.t.Helper()
	req := c.request("POST", target, form)
	req.Header.Set("Content-Type", contentType)
	resp, err := c.http.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer{c.t, resp.StatusCode, resp.Header, string(body)}
}

func TestNewUserOfV1(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	bothWays(t, old, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		a := c.newuser("/1.0/newuser/", form,
			"username=eve&email=eve%2B1%40example.com&password=allyourbase").want(200)
		if a.body != `{"email":"eve+1@example.com","username":"eve"}` {
			t.Errorf("got %s", a.body)
		}
		c.get("/1.0/users/eve").want(200).check(map[string]any{"user.username": "eve"})
		c.newuser("/1.0/newuser", form, "username=f&email=f@example.com&password=p").want(404)
		for _, bad := range [][2]string{
			{"username=ada&email=x%40example.com&password=p", "A user with that username already exists."},
			{"username=acme&email=x%40example.com&password=p", "A user with that username already exists."},
			{"username=x&email=x%40example.com", "password: This field is required."},
			{"username=+&email=x%40example.com&password=p", "username: This field is required."},
		} {
			if a := c.newuser("/1.0/newuser/", form, bad[0]).want(400); a.body != bad[1] {
				t.Errorf("%s: %s", bad[0], a.body)
			}
		}
		c.newuser("/1.0/newuser/", "application/json", `{"username":"x"}`).want(400)
	})
}

// 100 calls of newuser pass in 30 minutes, whatever the throttle of the server, and other calls
// do not count.
func TestNewUserOfV1IsThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := bitbuckettest.New(bitbuckettest.Legacy(), bitbuckettest.Throttle(0, 0))
		c := inProcess(t, srv)
		create := func(i int) answer {
			return c.newuser("/1.0/newuser/", "application/x-www-form-urlencoded",
				fmt.Sprintf("username=u%d&email=u%d%%40example.com&password=p", i, i))
		}
		for i := range 100 {
			create(i).want(http.StatusOK)
		}
		create(100).want(http.StatusTooManyRequests)
		c.get("/1.0/users/u1").want(http.StatusOK)
		<-time.After(30 * time.Minute) // of virtual time
		create(100).want(http.StatusOK)
	})
}
