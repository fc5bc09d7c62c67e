package bitbuckettest_test

import (
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestGetUser(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		eve := srv.AddUser(bitbuckettest.User{
			Nickname: "eve", DisplayName: "Eve E",
			AccountID:     "5bce04000000000000000000",
			Has2FAEnabled: new(true), CreatedOn: time.Date(2010, 3, 23, 8, 7, 49, 0, time.UTC),
		})
		shy := srv.AddUser(bitbuckettest.User{Nickname: "shy one", Private: true, Location: "Here"})
		app := srv.AddUser(bitbuckettest.User{Nickname: "bot", Type: "app_user", Kind: "demo"})
		team := srv.AddUser(bitbuckettest.User{Nickname: "crew", Type: "team"})

		a := c.get("/2.0/users/5bce04000000000000000000").want(200).check(map[string]any{
			"type": "user", "uuid": eve.UUID, "nickname": "eve", "display_name": "Eve E",
			"account_status": "active", "is_staff": false,
			"created_on": "2010-03-23T08:07:49+00:00", "location": nil, "has_2fa_enabled": nil,
			"username": nil, "website": nil,
		})
		if !a.has("", "location") || !a.has("", "has_2fa_enabled") || a.has("", "username") {
			t.Errorf("got %s", a.body)
		}
		if got := a.header.Get("Cache-Control"); got != "max-age=900" {
			t.Errorf("Cache-Control %q", got)
		}
		private := c.get("/2.0/users/" + shy.UUID).want(200).check(map[string]any{"nickname": "shy one"})
		for _, member := range []string{"location", "website", "created_on"} {
			if private.has("", member) {
				t.Errorf("a private profile shows %s", member)
			}
		}
		c.get("/2.0/users/" + shy.AccountID).want(200) // with a colon in it
		c.get("/2.0/users/" + app.UUID).want(200).check(
			map[string]any{"type": "app_user", "kind": "demo", "nickname": nil})
		for _, id := range []string{team.UUID, "eve", eve.UUID[1:37]} {
			want := id
			c.get("/2.0/users/" + id).want(404).check(map[string]any{"type": "error", "error.message": want})
		}
	})
}

func TestTwoFactorIsForAdministrators(t *testing.T) {
	srv := small()
	eve := srv.AddUser(bitbuckettest.User{Nickname: "eve", Has2FAEnabled: new(false)})
	unknown := srv.AddUser(bitbuckettest.User{Nickname: "fay"})
	srv.AddMember("acme", bitbuckettest.Member{User: "eve"})
	srv.AddMember("acme", bitbuckettest.Member{User: "fay"})
	c := inProcess(t, srv)
	c.as(srv.IssueAPIToken("ada")).get("/2.0/users/" + eve.UUID).want(200).
		check(map[string]any{"has_2fa_enabled": false})
	c.as(srv.IssueAPIToken("bob")).get("/2.0/users/" + eve.UUID).want(200).
		check(map[string]any{"has_2fa_enabled": nil})
	c.as(srv.IssueAPIToken("eve")).get("/2.0/user").want(200).
		check(map[string]any{"has_2fa_enabled": nil})
	c.as(srv.IssueAPIToken("ada")).get("/2.0/users/" + unknown.UUID).want(200).
		check(map[string]any{"has_2fa_enabled": nil})
}

func TestEmails(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		srv.AddEmail("ada", bitbuckettest.Email{Address: "ada+new@example.com", Unconfirmed: true})
		c = c.as(srv.IssueAPIToken("ada"))
		c.get("/2.0/user/emails").want(200).check(map[string]any{
			"size": 2, "values.0.type": "email", "values.0.email": "ada@example.com",
			"values.0.is_primary": true, "values.0.is_confirmed": true,
			"values.1.email": "ada+new@example.com", "values.1.is_primary": false,
			"values.1.is_confirmed": false,
		})
		c.get("/2.0/user/emails/ada%2Bnew@example.com").want(200).check(map[string]any{
			"email": "ada+new@example.com", "links.self.href": c.base +
				"/2.0/user/emails/ada+new@example.com",
		})
		c.get("/2.0/user/emails/bob@example.com").want(404)
	})
}
