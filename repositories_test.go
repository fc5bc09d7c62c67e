package bitbucket_test

import (
	"fmt"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestRepositoriesOfWhoAsks(t *testing.T) {
	srv := acme()
	text := func(r bitbucket.Repository) string { return r.FullName }
	ada, bob := srv.Client("ada").Repositories, srv.Client("bob").Repositories
	wantListed(t, ada.List(t.Context(), "acme"), text, "acme/widgets", "acme/site")
	wantListed(t, bob.List(t.Context(), "acme"), text, "acme/site") // which is public

	srv.GrantRepository("acme", "widgets", "bob", "write")
	wantListed(t, bob.List(t.Context(), "acme"), text, "acme/widgets", "acme/site")
	wantListed(t, bob.List(t.Context(), "acme", bitbucket.Param("role", "contributor")), text,
		"acme/widgets")
	wantListed(t, bob.List(t.Context(), "acme", bitbucket.Param("role", "admin")), text)
	wantListed(t, ada.List(t.Context(), "acme", bitbucket.Query(`project.key="WEB"`)), text,
		"acme/site")
	wantListed(t, ada.List(t.Context(), "acme", bitbucket.Sort("name"), bitbucket.PageLen(1)), text,
		"acme/site", "acme/widgets")
}

func TestRepositoryGet(t *testing.T) {
	srv := acme()
	added := srv.AddRepository("acme", bitbuckettest.Repository{
		Slug: "api", Name: "The API",
		Project: "WID", Description: "what others call", Language: "go", Size: 4096,
	})
	for _, id := range []string{"api", added.UUID} {
		r, err := srv.Client("ada").Repositories.Get(t.Context(), "acme", id)
		must(t, err)
		if string(r.UUID) != added.UUID || r.Name != "The API" || r.Slug != "api" || !r.IsPrivate ||
			r.Description != "what others call" || r.Language != "go" || r.Size != 4096 {
			t.Errorf("by %s: got %+v, want %+v", id, r, added)
		}
		if r.Project == nil || r.Project.Key != "WID" || r.Workspace == nil ||
			r.Workspace.Slug != "acme" {
			t.Errorf("by %s: it is in %+v of %+v", id, r.Project, r.Workspace)
		}
	}
	_, err := srv.Client("bob").Repositories.Get(t.Context(), "acme", "api")
	wantRefusal(t, err, bitbucket.ErrNotFound, hintNotThere)
}

func TestRepositoryBranchRestrictions(t *testing.T) {
	srv := acme()
	srv.AddGroup("acme", bitbuckettest.Group{Slug: "releasers", Members: []string{"bob"}})
	srv.AddBranchRestriction("acme", "site", bitbuckettest.BranchRestriction{
		Kind:    "push",
		Pattern: "main", Users: []string{"ada"}, Groups: []string{"releasers"},
	})
	srv.AddBranchRestriction("acme", "site", bitbuckettest.BranchRestriction{
		Kind: "require_approvals_to_merge", MatchKind: "branching_model", BranchType: "production",
		Value: new(2),
	})
	ada, bob := srv.Client("ada").Repositories, srv.Client("bob").Repositories
	text := func(r bitbucket.BranchRestriction) string {
		if r.Value != nil {
			return fmt.Sprint(r.Kind, " on ", r.BranchType, ": ", *r.Value)
		}
		return fmt.Sprint(r.Kind, " on ", r.Pattern, ": ", r.Users[0].Nickname, ", ", r.Groups[0].Slug)
	}
	wantListed(t, ada.ListBranchRestrictions(t.Context(), "acme", "site"), text,
		"push on main: ada, releasers", "require_approvals_to_merge on production: 2")
	wantListed(t, ada.ListBranchRestrictions(t.Context(), "acme", "site",
		bitbucket.Param("kind", "push")), text, "push on main: ada, releasers")
	_, err := bob.ListBranchRestrictions(t.Context(), "acme", "site").Collect()
	wantRefusal(t, err, bitbucket.ErrForbidden, "")
}
