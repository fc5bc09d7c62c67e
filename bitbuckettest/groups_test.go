package bitbuckettest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// left is a workspace with what is left of the 1.0 API.
func left() *bitbuckettest.Server {
	srv := small()
	srv.AddGroup("acme", bitbuckettest.Group{
		Name: "The Devs", Members: []string{"bob", "cyn"},
		Permission: "write",
	})
	srv.AddGroup("acme", bitbuckettest.Group{Slug: "nobody"})
	srv.GrantRepositoryGroup("acme", "widgets", "the-devs", "admin")
	srv.Invite("acme", bitbuckettest.Invitation{
		Email: "eve@example.com", Groups: []string{"nobody"},
		InvitedBy: "ada",
		SentOn:    time.Date(2026, 7, 1, 10, 0, 0, 0, time.UTC),
	})
	srv.Invite("acme", bitbuckettest.Invitation{Email: "fay@example.com", Repository: "widgets"})
	srv.AddWorkspace(bitbuckettest.Workspace{Slug: "hub", AdminHub: true})
	srv.AddMember("hub", bitbuckettest.Member{User: "ada", Role: "owner"})
	return srv
}

// Groups, what they may do and invitations outlived the 1.0 API, in the third shape of users
// (§16.D).
func TestWhatIsLeftOfV1(t *testing.T) {
	bothWays(t, left, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		ada := c.as(srv.IssueAPIToken("ada"))
		bob := srv.Users()[1]
		a := ada.get("/1.0/groups/acme").want(200).check(map[string]any{
			"0.name": "The Devs", "0.slug": "the-devs", "0.permission": "write", "0.auto_add": false,
			"0.email_forwarding_disabled": nil, "0.owner.is_team": true, "0.owner.nickname": "acme",
			"0.owner.account_id": nil, "1.slug": "nobody", "1.permission": nil,
			"0.members.0.uuid": bob.UUID, "0.members.0.account_id": bob.AccountID,
			"0.members.0.nickname": "bob",
			"0.members.0.is_team":  false, "0.members.0.is_active": true,
			"0.members.0.resource_uri": "/!api/1.0/users/%7B" + strings.Trim(bob.UUID, "{}") + "%7D",
		})
		if avatar, _ := a.at("0.members.0.avatar").(string); !strings.HasPrefix(avatar, "https://") {
			t.Errorf("avatar %q", avatar)
		}
		for _, member := range []string{"type", "links", "username", "first_name", "last_name"} {
			if a.has("0.members.0", member) {
				t.Errorf("%s is there: %s", member, a.body)
			}
		}
		if a.has("0.owner", "is_active") || a.has("0.owner", "is_staff") {
			t.Errorf("owner: %s", a.body)
		}
		ada.get("/1.0/groups/acme/the-devs").want(200).check(map[string]any{"members.1.nickname": "cyn"})
		ada.get("/1.0/groups/acme/the-devs/members").want(200).
			check(map[string]any{"1.nickname": "cyn", "2": nil})
		ada.get("/1.0/group-privileges/acme").want(200).check(map[string]any{
			"0.repo": "acme/widgets", "0.privilege": "admin", "0.group.slug": "the-devs",
			"0.repository.slug": "widgets", "1": nil,
		})
		ada.get("/1.0/invitations/acme").want(200).check(map[string]any{
			"0.email": "eve@example.com", "0.groups.0.slug": "nobody", "0.invited_by.nickname": "ada",
			"0.utc_sent_on": "2026-07-01 10:00:00+00:00", "1": nil,
		})
		ada.get("/1.0/invitations/acme/widgets").want(200).check(map[string]any{
			"0.email": "fay@example.com", "0.permission": "read", "0.invited_by": nil, "1": nil,
		})
	})
}

// A workspace is named by its slug, run by Bitbucket itself, and read by its administrators
// (§16.D, §16.I); the rest of 1.0 is gone.
func TestRefusalsOfWhatIsLeftOfV1(t *testing.T) {
	srv := left()
	c := inProcess(t, srv)
	ada := c.as(srv.IssueAPIToken("ada"))
	uuid := srv.Workspaces()[0].UUID
	for _, row := range []struct {
		as     *client
		path   string
		status int
	}{
		{ada, "/1.0/groups/" + uuid, 405},
		{ada, "/1.0/invitations/" + uuid, 405},
		{ada, "/1.0/groups/hub", 400},
		{ada, "/1.0/group-privileges/hub", 400},
		{ada, "/1.0/groups/none", 404},
		{ada, "/1.0/groups/acme/none", 404},
		{ada, "/1.0/invitations/acme/none", 404},
		{c.as(srv.IssueAPIToken("bob")), "/1.0/groups/acme", 403},
		{c.as(srv.IssueAPIToken("ada", "read:user:bitbucket")), "/1.0/groups/acme", 403},
		{c.bearer(srv.IssueOAuthToken("ada", "repository")), "/1.0/groups/acme", 403},
		{c.bearer(srv.IssueOAuthToken("ada", "account")), "/1.0/groups/acme", 200},
		{c.bearer(srv.IssueWorkspaceToken("acme")), "/1.0/groups/acme", 403},
		{c, "/1.0/groups/acme", 401},
		{ada, "/1.0/users/ada", 410},
	} {
		row.as.get(row.path).want(row.status)
	}
	ada.do("PUT", "/1.0/groups/acme/nobody/members/bob", "{}").want(410)
	if a := ada.do("POST", "/1.0/groups/acme", "name=x").want(405); a.header.Get("Allow") != "GET" {
		t.Errorf("Allow: %q", a.header.Get("Allow"))
	}
}
