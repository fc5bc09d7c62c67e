package conformance

import (
	"slices"
	"testing"

	"github.com/drone/go-scm/scm"
	"github.com/drone/go-scm/scm/driver/bitbucket"
)

// The client of Drone and Harness, which lists workspaces and their repositories by the
// operations of 2026.
func TestGoSCM(t *testing.T) {
	srv, base, admin := serve(t)
	client, err := bitbucket.New(base)
	if err != nil {
		t.Fatal(err)
	}
	client.Client = authorized(t, "Bearer "+admin.AccessToken)
	ctx := t.Context()

	me, _, err := client.Users.Find(ctx)
	if err != nil || me.Login != "amber-fox" || me.Name != "Amber Fox" {
		t.Errorf("user %+v, %v", me, err)
	}
	if email, _, err := client.Users.FindEmail(ctx); err != nil || email != admin.Email {
		t.Errorf("address %q, %v", email, err)
	}
	orgs, _, err := client.Organizations.List(ctx, scm.ListOptions{Page: 1, Size: 100})
	var names []string
	for _, org := range orgs {
		names = append(names, org.Name)
	}
	if err != nil || !slices.Equal(names, []string{"acme", "AmberFox", "acme-labs"}) {
		t.Errorf("organizations %q, %v", names, err)
	}
	org, _, err := client.Organizations.Find(ctx, "acme")
	if err != nil || org.Name != "acme" {
		t.Errorf("organization %+v, %v", org, err)
	}
	repo, _, err := client.Repositories.Find(ctx, "acme/plat-api")
	if err != nil || repo.Namespace != "acme" || repo.Name != "plat-api" || !repo.Private ||
		repo.Branch != "main" {
		t.Errorf("repository %+v, %v", repo, err)
	}
	perm, _, err := client.Repositories.FindPerms(ctx, "acme/plat-api")
	if err != nil || !perm.Admin || !perm.Push || !perm.Pull {
		t.Errorf("permissions %+v, %v", perm, err)
	}
	wantNoFailures(t, srv)
}

// Its pages cross the borders of workspaces: every repository comes once.
func TestGoSCMRepositories(t *testing.T) {
	srv, base, admin := serve(t)
	client, err := bitbucket.New(base)
	if err != nil {
		t.Fatal(err)
	}
	client.Client = authorized(t, "Bearer "+admin.AccessToken)
	seen := map[string]int{}
	for page := 1; page < 20; page++ {
		repos, _, err := client.Repositories.List(t.Context(), scm.ListOptions{Page: page, Size: 25})
		if err != nil {
			t.Fatal(err)
		}
		if len(repos) == 0 {
			break
		}
		for _, r := range repos {
			seen[r.Namespace+"/"+r.Name]++
		}
	}
	want := len(srv.Repositories("acme")) + len(srv.Repositories("AmberFox")) +
		len(srv.Repositories("acme-labs"))
	if len(seen) != want {
		t.Errorf("%d repositories, want %d", len(seen), want)
	}
	for name, times := range seen {
		if times != 1 {
			t.Errorf("%s came %d times", name, times)
		}
	}
}
