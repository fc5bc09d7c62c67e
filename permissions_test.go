package bitbucket_test

import (
	"fmt"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// accessText is a permission on one line.
func accessText(p bitbucket.RepositoryPermission) string {
	return p.User.Nickname + " " + string(p.Permission) + " " + p.Repository.Slug
}

func TestPermissionsOfMineAndOfAll(t *testing.T) {
	srv := acme()
	srv.GrantRepository("acme", "widgets", "bob", "write")
	ada, bob := srv.Client("ada").Permissions, srv.Client("bob").Permissions
	// The public repository that he has no right on is not his.
	wantListed(t, bob.ListMine(t.Context(), "acme"), accessText, "bob write widgets")
	wantListed(t, ada.ListWorkspaceRepositories(t.Context(), "acme"), accessText,
		"ada admin widgets", "bob write widgets", "ada admin site")
	wantListed(t, ada.ListWorkspaceRepositories(t.Context(), "acme",
		bitbucket.Query(`permission="write"`)), accessText, "bob write widgets")
	_, err := bob.ListWorkspaceRepositories(t.Context(), "acme").Collect()
	wantRefusal(t, err, bitbucket.ErrForbidden, "")
	for _, workspace := range []string{"acme", "no-such-workspace"} { // which it is, is not said
		_, err = srv.Client("cyn").Permissions.ListMine(t.Context(), workspace).Collect()
		wantRefusal(t, err, bitbucket.ErrForbidden, "")
	}
}

// The list does not say how long it is: pages come one by one, whatever was asked for.
func TestPermissionsOfMineHaveNoSize(t *testing.T) {
	srv := acme()
	for i := range 5 {
		slug := fmt.Sprintf("tool-%d", i)
		srv.AddRepository("acme", bitbuckettest.Repository{Slug: slug, Project: "WEB"})
		srv.GrantRepository("acme", slug, "bob", "read")
	}
	mine := srv.Client("bob").Permissions.ListMine(t.Context(), "acme", bitbucket.PageLen(2), bitbucket.Parallel(4), bitbucket.Complete())
	wantListed(t, mine, accessText, "bob read tool-0", "bob read tool-1", "bob read tool-2", "bob read tool-3", "bob read tool-4")
	if calls := srv.Calls(); calls != 3 {
		t.Errorf("it took %d calls, want 3", calls)
	}
	for page, err := range mine.Pages() {
		must(t, err)
		if total, known := page.Total(); known {
			t.Errorf("page %d says that there are %d", page.Number, total)
		}
	}
}

func TestPermissionIsTheHighest(t *testing.T) {
	srv := acme()
	srv.AddGroup("acme", bitbuckettest.Group{Slug: "devs", Members: []string{"bob"}})
	srv.GrantRepository("acme", "widgets", "bob", "read")
	users := func() *bitbucket.List[bitbucket.RepositoryPermission] {
		return srv.Client("ada").Permissions.ListRepositoryUsers(t.Context(), "acme", "widgets")
	}
	wantListed(t, users(), accessText, "ada admin widgets", "bob read widgets")
	srv.GrantProjectGroup("acme", "WID", "devs", "write") // by his group, on the project
	wantListed(t, users(), accessText, "ada admin widgets", "bob write widgets")
	srv.RemoveFromGroup("acme", "devs", "bob")
	wantListed(t, users(), accessText, "ada admin widgets", "bob read widgets")

	bob := srv.Client("bob").Permissions
	_, err := bob.ListRepositoryUsers(t.Context(), "acme", "widgets").Collect()
	wantRefusal(t, err, bitbucket.ErrForbidden, "")
	_, err = bob.ListRepositoryUsers(t.Context(), "acme", "gone").Collect()
	wantRefusal(t, err, bitbucket.ErrNotFound, hintNotThere)
}

func TestPermissionsInTheWorkspace(t *testing.T) {
	srv := acme()
	bob := srv.Client("bob").Permissions
	text := func(m bitbucket.WorkspaceMembership) string {
		return m.User.Nickname + " " + string(m.Permission)
	}
	wantListed(t, bob.ListWorkspaceMembers(t.Context(), "acme"), text, "ada owner", "bob member")
	wantListed(t, bob.ListWorkspaceMembers(t.Context(), "acme",
		bitbucket.Query(`permission="owner"`)), text, "ada owner")
	_, err := srv.Client("cyn").Permissions.ListWorkspaceMembers(t.Context(), "acme").Collect()
	wantRefusal(t, err, bitbucket.ErrForbidden, "")
}

func TestPermissionsOfSeveralWorkspaces(t *testing.T) {
	srv := acme()
	srv.AddWorkspace(bitbuckettest.Workspace{Slug: "able"})
	srv.AddProject("able", bitbuckettest.Project{Key: "P"})
	srv.AddRepository("able", bitbuckettest.Repository{Slug: "tools"})
	srv.AddMember("able", bitbuckettest.Member{User: "bob"})
	srv.GrantRepository("able", "tools", "bob", "read")
	srv.GrantRepository("acme", "site", "bob", "admin")
	wantListed(t, srv.Client("bob").Permissions.ListMineEverywhere(t.Context()), accessText,
		"bob read tools", "bob admin site")
	if calls := srv.Calls(); calls != 3 {
		t.Errorf("it took %d calls, want one for the workspaces and one for each of two", calls)
	}
}
