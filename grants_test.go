package bitbucket_test

import (
	"slices"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// wantGrants fails unless these are the grants that the server has, in this order.
func wantGrants(t *testing.T, srv *bitbuckettest.Server, want ...bitbuckettest.Grant) {
	t.Helper()
	if got := srv.Grants("acme"); !slices.Equal(got, want) {
		t.Errorf("the server has the grants %+v, want %+v", got, want)
	}
}

func TestGrantToAUser(t *testing.T) {
	srv := acme()
	bob := uuidOfUser(t, srv, "bob")
	widgets := srv.Client("ada").Permissions.OnRepository("acme", "widgets")
	none, err := widgets.GetUser(t.Context(), bob)
	must(t, err)
	if none.Permission != bitbucket.PermissionNone || none.User.Nickname != "bob" {
		t.Errorf("got %+v before anything was granted, want none to bob", none)
	}
	for _, permission := range []bitbucket.Permission{
		bitbucket.PermissionWrite, bitbucket.PermissionRead,
	} {
		granted, err := widgets.SetUser(t.Context(), bob, permission)
		must(t, err)
		if granted.Permission != permission || string(granted.User.UUID) != bob {
			t.Errorf("got %+v, want %s to bob", granted, permission)
		}
		wantGrants(t, srv, bitbuckettest.Grant{
			Repository: "widgets", User: "bob",
			Permission: string(permission),
		})
	}
	wantListed(t, widgets.ListUsers(t.Context()), func(p bitbucket.UserPermission) string {
		return p.User.Nickname + " " + string(p.Permission)
	}, "bob read")
	must(t, widgets.RemoveUser(t.Context(), bob))
	wantGrants(t, srv)
	wantRefusal(t, widgets.RemoveUser(t.Context(), bob), bitbucket.ErrNotFound, hintNotThere)
}

// A name is taken, too. Whose it is, the UUID that comes back tells.
func TestGrantByName(t *testing.T) {
	srv := acme()
	widgets := srv.Client("ada").Permissions.OnRepository("acme", "widgets")
	granted, err := widgets.SetUser(t.Context(), "bob", bitbucket.PermissionRead)
	must(t, err)
	if want := uuidOfUser(t, srv, "bob"); string(granted.User.UUID) != want {
		t.Errorf("got %s, want %s", granted.User.UUID, want)
	}
}

func TestGrantToAGroup(t *testing.T) {
	srv := acme()
	srv.AddGroup("acme", bitbuckettest.Group{Slug: "devs", Name: "Developers"})
	project := srv.Client("ada").Permissions.OnProject("acme", "WID")
	granted, err := project.SetGroup(t.Context(), "devs", bitbucket.PermissionCreateRepo)
	must(t, err)
	if granted.Permission != bitbucket.PermissionCreateRepo || granted.Group.Name != "Developers" {
		t.Errorf("got %+v, want create-repo to Developers", granted)
	}
	wantGrants(t, srv, bitbuckettest.Grant{Project: "WID", Group: "devs", Permission: "create-repo"})
	wantListed(t, project.ListGroups(t.Context()), func(p bitbucket.GroupPermission) string {
		return p.Group.Slug + " " + string(p.Permission)
	}, "devs create-repo")
	must(t, project.RemoveGroup(t.Context(), "devs"))
	wantGrants(t, srv)
	left, err := project.GetGroup(t.Context(), "devs")
	must(t, err)
	if left.Permission != bitbucket.PermissionNone {
		t.Errorf("got %+v after it was removed, want none", left)
	}
	_, err = project.GetGroup(t.Context(), "nobody")
	wantRefusal(t, err, bitbucket.ErrNotFound, hintNotThere)
}

func TestGrantRefusals(t *testing.T) {
	srv := acme()
	ada, bob, cyn := uuidOfUser(t, srv, "ada"), uuidOfUser(t, srv, "bob"), uuidOfUser(t, srv, "cyn")
	widgets := srv.Client("ada").Permissions.OnRepository("acme", "widgets")
	for what, refused := range map[string]struct {
		to         string
		permission bitbucket.Permission
	}{
		"to an owner":           {ada, bitbucket.PermissionRead},
		"to who is no member":   {cyn, bitbucket.PermissionRead},
		"of projects' own rung": {bob, bitbucket.PermissionCreateRepo},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := widgets.SetUser(t.Context(), refused.to, refused.permission)
			wantRefusal(t, err, bitbucket.ErrBadRequest, "")
		})
	}
	srv.GrantRepository("acme", "widgets", "bob", "write")
	_, err := srv.Client("bob").Permissions.OnRepository("acme", "widgets").
		SetUser(t.Context(), bob, bitbucket.PermissionAdmin)
	wantRefusal(t, err, bitbucket.ErrForbidden, "")
	wantGrants(t, srv, bitbuckettest.Grant{Repository: "widgets", User: "bob", Permission: "write"})
}
