package bitbucket_test

import (
	"errors"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestWorkspacesAndTheirRoles(t *testing.T) {
	srv := acme()
	srv.AddWorkspace(bitbuckettest.Workspace{Slug: "labs"})
	srv.AddMember("labs", bitbuckettest.Member{User: "bob", Role: "create-project"})
	bob := srv.Client("bob").Workspaces
	text := func(a bitbucket.WorkspaceAccess) string { return a.Workspace.Slug }
	wantListed(t, bob.List(t.Context()), text, "acme", "labs")
	wantListed(t, bob.List(t.Context(), bitbucket.Param("administrator", "true")), text)
	wantListed(t, srv.Client("ada").Workspaces.List(t.Context(),
		bitbucket.Param("administrator", "true")), text, "acme")

	for slug, want := range map[string]bitbucket.Permission{
		"acme": bitbucket.PermissionMember, "labs": bitbucket.PermissionCreateProject,
	} {
		m, err := bob.Membership(t.Context(), slug)
		must(t, err)
		if m.Permission != want || m.Workspace.Slug != slug || m.User.Nickname != "bob" {
			t.Errorf("in %s: got %+v, want bob as %s", slug, m, want)
		}
	}
	srv.RemoveMember("labs", "bob")
	wantListed(t, bob.List(t.Context()), text, "acme")
	for _, slug := range []string{"labs", "no-such-workspace"} { // which it is, is not said
		if _, err := bob.Membership(t.Context(), slug); !errors.Is(err, bitbucket.ErrForbidden) {
			t.Errorf("in %s: got %v, want ErrForbidden", slug, err)
		}
	}
}

func TestWorkspaceGet(t *testing.T) {
	srv := acme()
	added := srv.Workspaces()[0]
	for _, id := range []string{"acme", added.UUID} {
		w, err := srv.Client("bob").Workspaces.Get(t.Context(), id)
		must(t, err)
		if w.Name != "Acme" || string(w.UUID) != added.UUID || !w.IsPrivate {
			t.Errorf("by %s: got %+v, want %+v", id, w, added)
		}
	}
	_, err := srv.Client("cyn").Workspaces.Get(t.Context(), "acme")
	wantRefusal(t, err, bitbucket.ErrNotFound, hintNotThere)
}

func TestWorkspaceMembers(t *testing.T) {
	srv := acme()
	ada := srv.Client("ada").Workspaces
	text := func(m bitbucket.WorkspaceMembership) string {
		return m.User.Nickname + " " + m.User.Email + string(m.Permission)
	}
	wantListed(t, ada.ListMembers(t.Context(), "acme"), text, "ada ", "bob ") // no roles
	wantListed(t, ada.ListMembers(t.Context(), "acme",
		bitbucket.Query(`user.email IN ("bob@example.com", "cyn@example.com")`),
		bitbucket.Fields("+values.user.email")), text, "bob bob@example.com")

	m, err := ada.GetMember(t.Context(), "acme", uuidOfUser(t, srv, "bob"))
	must(t, err)
	if m.User.Nickname != "bob" || m.Workspace.Slug != "acme" {
		t.Errorf("got %+v, want bob in acme", m)
	}
	_, err = ada.GetMember(t.Context(), "acme", uuidOfUser(t, srv, "cyn"))
	wantRefusal(t, err, bitbucket.ErrNotFound, hintNotThere)
	_, err = srv.Client("cyn").Workspaces.ListMembers(t.Context(), "acme").Collect()
	wantRefusal(t, err, bitbucket.ErrForbidden, "")
}

func TestWorkspaceProjects(t *testing.T) {
	srv := acme()
	text := func(p bitbucket.Project) string { return p.Key }
	bob := srv.Client("bob").Workspaces
	wantListed(t, srv.Client("ada").Workspaces.ListProjects(t.Context(), "acme"), text, "WID", "WEB")
	wantListed(t, bob.ListProjects(t.Context(), "acme"), text, "WEB")
	_, err := bob.GetProject(t.Context(), "acme", "WID")
	wantRefusal(t, err, bitbucket.ErrNotFound, hintNotThere)

	srv.GrantProject("acme", "WID", "bob", "read")
	p, err := bob.GetProject(t.Context(), "acme", "WID")
	must(t, err)
	if p.Name != "Widgets" || !p.IsPrivate || p.HasPubliclyVisibleRepos || p.Workspace.Slug != "acme" {
		t.Errorf("got %+v, want the private project Widgets", p)
	}
}
