package main

import (
	"net/url"
	"slices"
	"testing"

	gobitbucket "github.com/ktrysmt/go-bitbucket"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// A client by other people, as it is, works against the in-memory Bitbucket: it
// puts raw quotes and braces into q, slashes behind paths, asks for pages of one
// item, reads page numbers out of next, and takes no body for a 204.
func TestGoBitbucket(t *testing.T) {
	srv := bitbuckettest.Demo(bitbuckettest.Throttle(0, 0))
	base := srv.Start(t) + "/2.0"
	admin := srv.Admin()
	c, err := gobitbucket.NewAPITokenAuthWithBaseUrlStr(admin.Email, admin.APIToken, base)
	if err != nil {
		t.Fatal(err)
	}

	me, err := c.User.Profile()
	if err != nil || me.Uuid != admin.UserUUID {
		t.Errorf("profile: %+v, %v", me, err)
	}
	emails, err := c.User.Emails()
	if err != nil || emails == nil {
		t.Errorf("emails: %v, %v", emails, err)
	}
	user, err := c.Users.Get(admin.UserUUID)
	if err != nil || user.DisplayName != me.DisplayName {
		t.Errorf("user: %+v, %v", user, err)
	}
	workspace, err := c.Workspaces.Get(admin.Workspace)
	if err != nil || workspace.Slug != admin.Workspace {
		t.Errorf("workspace: %+v, %v", workspace, err)
	}
	list, err := c.Workspaces.List()
	if err != nil || len(list.Workspaces) == 0 {
		t.Errorf("workspaces: %+v, %v", list, err)
	}
	members, err := c.Workspaces.Members(admin.Workspace)
	if err != nil || len(members.Members) < 60 {
		t.Fatalf("members: %v", err)
	}
	projects, err := c.Workspaces.Projects(admin.Workspace)
	if err != nil || len(projects.Items) != 6 {
		t.Errorf("projects: %+v, %v", projects, err)
	}
	for _, find := range []func() (*gobitbucket.Permission, error){
		func() (*gobitbucket.Permission, error) {
			return c.Workspaces.Permissions.GetUserPermissionsByUuid(admin.Workspace, admin.UserUUID)
		},
		func() (*gobitbucket.Permission, error) {
			return c.Workspaces.Permissions.GetUserPermissions(admin.Workspace, "amber-fox")
		},
	} {
		if p, err := find(); err != nil || p == nil || p.Type != "owner" {
			t.Errorf("permission in the workspace: %+v, %v", p, err)
		}
	}

	repository := &gobitbucket.RepositoryOptions{Owner: admin.Workspace, RepoSlug: admin.Repository}
	before, err := c.Repositories.Repository.ListUserPermissions(repository)
	if err != nil {
		t.Fatal(err)
	}
	someone := members.Members[slices.IndexFunc(members.Members, func(u gobitbucket.User) bool { return u.Nickname == "willow-wren" })]
	grant := &gobitbucket.RepositoryUserPermissionsOptions{Owner: admin.Workspace, RepoSlug: admin.Repository, User: someone.Uuid, Permission: "read"}
	if set, err := c.Repositories.Repository.SetUserPermissions(grant); err != nil || set.Permission != "read" {
		t.Errorf("grant: %+v, %v", set, err)
	}
	after, err := c.Repositories.Repository.ListUserPermissions(repository)
	if err != nil || len(after.UserPermissions) != len(before.UserPermissions)+1 {
		t.Errorf("%d grants after %d, %v", len(after.UserPermissions), len(before.UserPermissions), err)
	}
	if _, err := c.Repositories.Repository.DeleteUserPermissions(grant); err != nil {
		t.Errorf("revoke: %v", err)
	}
	if _, err := c.Repositories.Repository.ListGroupPermissions(repository); err != nil {
		t.Errorf("groups: %v", err)
	}
	all, err := c.Repositories.ListForAccount(&gobitbucket.RepositoriesOptions{Owner: admin.Workspace})
	if err != nil || len(all.Items) != 126 {
		t.Errorf("repositories: %d, %v", len(all.Items), err)
	}
	if one, err := c.Repositories.Repository.Get(repository); err != nil || one.Slug != admin.Repository {
		t.Errorf("repository: %+v, %v", one, err)
	}
	if p, err := c.Workspaces.GetProject(&gobitbucket.ProjectOptions{Owner: admin.Workspace, Key: "PLAT"}); err != nil || p.Key != "PLAT" {
		t.Errorf("project: %+v, %v", p, err)
	}
}

func TestGoBitbucketWithClientCredentials(t *testing.T) {
	srv := bitbuckettest.Demo()
	base := srv.Start(t)
	admin := srv.Admin()
	c, err := gobitbucket.NewOAuthClientCredentialsWithEndpoint(admin.ClientID, admin.ClientSecret, base+"/site/oauth2/access_token")
	if err != nil {
		t.Fatal(err)
	}
	root, err := url.Parse(base + "/2.0")
	if err != nil {
		t.Fatal(err)
	}
	c.SetApiBaseURL(*root)
	if w, err := c.Workspaces.Get(admin.Workspace); err != nil || w.Slug != admin.Workspace {
		t.Errorf("workspace: %+v, %v", w, err)
	}
}
