package bitbuckettest_test

import (
	"slices"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// State is read without a call, and changed from outside.
func TestStateIsOpen(t *testing.T) {
	srv := small()
	srv.AddGroup("acme", bitbuckettest.Group{Slug: "devs", Members: []string{"cyn"}})
	srv.GrantProjectGroup("acme", "WID", "devs", "create-repo")
	srv.GrantRepository("acme", "widgets", "bob", "write")
	srv.AddSSHKey("ada", bitbuckettest.SSHKey{Label: "laptop"})
	srv.AddGPGKey("ada", bitbuckettest.GPGKey{
		Name:    "signing",
		Subkeys: []bitbuckettest.GPGKey{{Name: "sub"}},
	})
	srv.AddUserVariable("ada", bitbuckettest.Variable{Key: "A", Value: "1", Secured: true})
	srv.SetProperty("ada", "app", "p", map[string]any{"n": 1})

	want := []bitbuckettest.Grant{
		{Project: "WID", Group: "devs", Permission: "create-repo"},
		{Repository: "widgets", User: "bob", Permission: "write"},
	}
	if got := srv.Grants("acme"); !slices.Equal(got, want) {
		t.Errorf("grants %+v, want %+v", got, want)
	}
	for user, want := range map[string]string{
		"ada": "admin", "bob": "write", "cyn": "write",
		"dan": "",
	} {
		if got := srv.Permission("acme", "widgets", user); got != want {
			t.Errorf("%s may %q, want %q", user, got, want)
		}
	}
	var members []string
	for _, m := range srv.Members("acme") {
		members = append(members, m.User+" "+m.Role)
	}
	wantList(t, members, "ada owner", "bob member", "cyn member")
	if groups := srv.Groups("acme"); len(groups) != 1 ||
		!slices.Equal(groups[0].Members, []string{"cyn"}) {
		t.Errorf("groups %+v", groups)
	}
	if got := srv.UserVariables("ada"); len(got) != 1 || got[0].Value != "1" {
		t.Errorf("variables %+v", got)
	}
	if got := srv.GPGKeys("ada"); len(got) != 1 || len(got[0].Subkeys) != 1 ||
		srv.SSHKeys("ada")[0].Label != "laptop" {
		t.Errorf("keys %+v, %+v", got, srv.SSHKeys("ada"))
	}
	if got := string(srv.Property("ada", "app", "p")); got != `{"n":1}` ||
		srv.Property("ada", "app", "q") != nil {
		t.Errorf("property %s", got)
	}
	if len(srv.Users()) != 4 || len(srv.Workspaces()) != 1 || len(srv.Repositories("acme")) != 2 ||
		len(srv.Projects("acme")) != 1 {
		t.Error("not all is listed")
	}

	srv.RevokeGrant("acme", bitbuckettest.Grant{Repository: "widgets", User: "bob"})
	srv.RemoveFromGroup("acme", "devs", "cyn")
	srv.RemoveMember("acme", "bob")
	if bob, cyn := srv.Permission("acme", "widgets", "bob"),
		srv.Permission("acme", "widgets", "cyn"); bob+cyn != "" {
		t.Errorf("bob may %q and cyn %q", bob, cyn)
	}
	ada := inProcess(t, srv).as(srv.IssueAPIToken("ada"))
	wantList(t, ada.all("/2.0/workspaces/acme/permissions", "user.nickname"), "ada", "cyn")
	wantList(t, ada.all("/2.0/workspaces/acme/permissions/repositories/widgets", "user.nickname"),
		"ada")
	if srv.Calls() != 2 {
		t.Errorf("%d calls", srv.Calls())
	}
}
