package bitbuckettest_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestMyWorkspaces(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		srv.AddWorkspace(bitbuckettest.Workspace{Slug: "Bob", Personal: "bob"})
		c = c.as(srv.IssueAPIToken("bob"))
		a := c.get("/2.0/user/workspaces").want(200).check(map[string]any{
			"pagelen": 25, "size": 2, "values.0.type": "workspace_access", "values.0.administrator": false,
			"values.0.workspace.type": "workspace_base", "values.0.workspace.slug": "acme",
			"values.0.workspace.name":            nil,
			"values.0.workspace.links.self.href": c.base + "/2.0/workspaces/acme",
			"values.1.administrator":             true,
		})
		if me := c.get("/2.0/user").at("uuid"); a.at("values.1.workspace.uuid") != me {
			t.Errorf("the personal workspace is not %v", me)
		}
		wantList(t, c.all("/2.0/user/workspaces?administrator=true", "workspace.slug"), "Bob")
		wantList(t, c.all("/2.0/user/workspaces?administrator=false", "workspace.slug"), "acme")
		wantList(t, c.all("/2.0/user/workspaces?sort=slug", "workspace.slug"), "Bob", "acme")
		wantList(t, c.all("/2.0/user/workspaces?sort=-slug", "workspace.slug"), "acme", "Bob")
		wantList(t, c.all("/2.0/user/workspaces?q=slug%3D%22acme%22", "workspace.slug"), "acme")
		for _, bad := range []string{"administrator=x", "sort=uuid", "q=name%3D%22x%22", "q=slug"} {
			c.get("/2.0/user/workspaces?" + bad).want(400)
		}
		c.get("/2.0/user/workspaces/Bob/permission").want(200).
			check(map[string]any{
				"type": "workspace_membership", "permission": "owner",
				"user.nickname": "bob",
			})
		c.as(srv.IssueAPIToken("dan")).get("/2.0/user/workspaces/acme/permission").want(403)
	})
}

func TestGetWorkspace(t *testing.T) {
	srv := small()
	secret := srv.AddWorkspace(bitbuckettest.Workspace{Slug: "secret", Private: true})
	srv.AddMember("secret", bitbuckettest.Member{User: "bob"})
	ada, bob := inProcess(t, srv).as(srv.IssueAPIToken("ada")),
		inProcess(t, srv).as(srv.IssueAPIToken("bob"))
	ada.get("/2.0/workspaces/acme").want(200).check(map[string]any{
		"type": "workspace", "name": "Acme", "is_private": false, "is_personal": false,
		"forking_mode": "allow_forks",
	})
	bob.get("/2.0/workspaces/" + secret.UUID).want(200).
		check(map[string]any{"slug": "secret", "is_private": true})
	ada.get("/2.0/workspaces/secret").want(404)
	ada.get("/2.0/workspaces/" + strings.Trim(secret.UUID, "{}")).want(404)
}

// A condensed user shows more of itself when fields asks for it; two-step verification only to
// owners.
func TestMembersWithMoreFields(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		eve := srv.AddUser(bitbuckettest.User{
			Nickname: "eve", Status: "inactive",
			Has2FAEnabled: new(false),
		})
		srv.AddMember("acme", bitbuckettest.Member{User: "eve"})
		ada, bob := c.as(srv.IssueAPIToken("ada")), c.as(srv.IssueAPIToken("bob"))
		more := "?fields=%2Bvalues.user.has_2fa_enabled,%2Bvalues.user.account_status&q=user.uuid%3D%22" +
			url.QueryEscape(eve.UUID) + "%22"
		ada.get("/2.0/workspaces/acme/permissions" + more).want(200).
			check(map[string]any{
				"values.0.user.has_2fa_enabled": false,
				"values.0.user.account_status":  "inactive", "values.0.user.nickname": "eve",
			})
		a := bob.get("/2.0/workspaces/acme/permissions" + more).want(200).
			check(map[string]any{
				"values.0.user.has_2fa_enabled": nil,
				"values.0.user.account_status":  "inactive",
			})
		if !a.has("values.0.user", "has_2fa_enabled") {
			t.Errorf("null is left out: %s", a.body)
		}
		if a := ada.get("/2.0/workspaces/acme/permissions").
			want(200); a.has("values.0.user", "has_2fa_enabled") ||
			a.has("values.0.user", "account_status") {
			t.Errorf("shown unasked: %s", a.body)
		}
		one := "/2.0/workspaces/acme/members/" + eve.UUID
		ada.get(one + "?fields=%2Buser.has_2fa_enabled").want(200).
			check(map[string]any{"user.has_2fa_enabled": false})
		ada.get("/2.0/workspaces/acme/members?fields=%2Bvalues.user.has_2fa_enabled").want(200).
			check(map[string]any{"values.3.user.has_2fa_enabled": false})
	})
}

func TestMembers(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		eve := srv.AddUser(bitbuckettest.User{Nickname: "eve", Status: "inactive"})
		srv.AddMember("acme", bitbuckettest.Member{
			User:    "eve",
			AddedOn: time.Date(2021, 4, 2, 14, 20, 48, 179e6, time.UTC),
		})
		ada, bob := c.as(srv.IssueAPIToken("ada")), c.as(srv.IssueAPIToken("bob"))
		members := "/2.0/workspaces/acme/members"
		wantList(t, bob.all(members, "user.nickname"), "ada", "bob", "cyn", "eve")
		a := bob.get(members + "/" + eve.UUID).want(200).check(map[string]any{
			"type": "workspace_membership", "added_on": "2021-04-02T14:20:48.179000+00:00",
			"last_accessed": nil, "workspace.slug": "acme",
		})
		if a.has("", "permission") || !a.has("", "last_accessed") {
			t.Errorf("got %s", a.body)
		}
		bob.get(members + "/" + eve.AccountID).want(200)
		bob.get(members + "/eve").want(404)
		c.as(srv.IssueAPIToken("dan")).get(members).want(403)

		q := members + "?q=" + url.QueryEscape(`user.email IN ("eve@example.com","bob@example.com")`)
		wantList(t, ada.all(q, "user.nickname"), "bob", "eve")
		ada.get(q).want(200).check(map[string]any{"values.0.user.email": nil})
		wantList(t, ada.all(q+"&fields=%2Bvalues.user.email", "user.email"), "bob@example.com",
			"eve@example.com")
		ada.get(members + "?fields=%2Bvalues.user.email").want(200).
			check(map[string]any{"values.0.user.email": nil})
		bob.get(q).want(403)
		c.bearer(srv.IssueWorkspaceToken("acme", "account")).get(q).want(200)
		var many []string
		for i := range 91 {
			many = append(many, fmt.Sprintf(`"%d@example.com"`, i))
		}
		ada.get(members + "?q=" + url.QueryEscape("user.email IN ("+strings.Join(many, ",")+")")).
			want(400)
		ada.get(members + "?q=" + url.QueryEscape("user.email IN ("+strings.Join(many[1:], ",")+")")).
			want(200).check(map[string]any{"size": 0})
	})
}

func TestAdminHub(t *testing.T) {
	srv := small()
	srv.AddWorkspace(bitbuckettest.Workspace{Slug: "hub", AdminHub: true})
	srv.AddMember("hub", bitbuckettest.Member{User: "ada", AddedOn: time.Now()})
	a := inProcess(t, srv).as(srv.IssueAPIToken("ada")).get("/2.0/workspaces/hub/members").want(200)
	if a.has("values.0", "added_on") || a.has("values.0", "last_accessed") {
		t.Errorf("got %s", a.body)
	}
}
