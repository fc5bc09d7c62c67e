package conformance

import (
	"testing"
	"time"

	atlassian "github.com/ctreminiom/go-atlassian/v2/bitbucket"
)

// A client that reads the dates of memberships strictly: they have an offset, or are not there.
func TestGoAtlassian(t *testing.T) {
	srv, base, admin := serve(t)
	client, err := atlassian.New(nil, base)
	if err != nil {
		t.Fatal(err)
	}
	client.Auth.SetBasicAuth(admin.Email, admin.APIToken)
	ctx := t.Context()

	workspace, _, err := client.Workspace.Get(ctx, "acme")
	if err != nil || workspace.Slug != "acme" || workspace.Name != "Acme" {
		t.Errorf("workspace %+v, %v", workspace, err)
	}
	members, _, err := client.Workspace.Members(ctx, "acme")
	if err != nil || members.Size != len(srv.Members("acme")) || len(members.Values) != 50 {
		t.Fatalf("members %+v, %v", members, err)
	}
	if first := members.Values[0]; !first.AddedOn.Equal(
		time.Date(2016, 1, 1, 10, 0, 0, 0, time.UTC)) ||
		first.LastAccessed.Year() != 2026 || first.User.Nickname != "amber-fox" {
		t.Errorf("member %+v", first)
	}
	one, _, err := client.Workspace.Membership(ctx, "acme", admin.UserUUID)
	if err != nil || one.User.UUID != admin.UserUUID {
		t.Errorf("membership %+v, %v", one, err)
	}
	hub, _, err := client.Workspace.Members(ctx, "acme-labs")
	if err != nil || len(hub.Values) != 4 || !hub.Values[0].AddedOn.IsZero() {
		t.Errorf("members of the admin hub %+v, %v", hub, err)
	}
	projects, _, err := client.Workspace.Projects(ctx, "acme")
	if err != nil || len(projects.Values) != 6 || projects.Values[0].Key != "PLAT" {
		t.Errorf("projects %+v, %v", projects, err)
	}
	roles, _, err := client.Workspace.Permission.Members(ctx, "acme", `permission="owner"`)
	if err != nil || len(roles.Values) != 2 || roles.Values[1].User.Nickname != "birch-fox" {
		t.Errorf("owners %+v, %v", roles, err)
	}
	rights, _, err := client.Workspace.Permission.Repositories(ctx, "acme",
		`repository.name="plat-api"`, "-user.display_name")
	if err != nil || len(rights.Values) != 10 ||
		rights.Values[0].Repository.FullName != "acme/plat-api" {
		t.Errorf("permissions %+v, %v", rights, err)
	}
	of, _, err := client.Workspace.Permission.Repository(ctx, "acme", "plat-api", `permission="admin"`,
		"")
	if err != nil || len(of.Values) == 0 {
		t.Errorf("permissions %+v, %v", of, err)
	}
	wantNoFailures(t, srv)
}
