package conformance

import (
	"testing"

	"github.com/ktrysmt/go-bitbucket"
)

// The client that most Go programs use.
func TestGoBitbucket(t *testing.T) {
	srv, base, admin := serve(t)
	client, err := bitbucket.NewAPITokenAuthWithBaseUrlStr(admin.Email, admin.APIToken, base+"/2.0")
	if err != nil {
		t.Fatal(err)
	}
	me, err := client.User.Profile()
	if err != nil || me.Uuid != admin.UserUUID {
		t.Errorf("user %+v, %v", me, err)
	}
	other, err := client.Users.Get(admin.UserUUID)
	if err != nil || other.DisplayName != "Amber Fox" {
		t.Errorf("user %+v, %v", other, err)
	}
	workspace, err := client.Workspaces.Get("acme")
	if err != nil || workspace.Slug != "acme" {
		t.Errorf("workspace %+v, %v", workspace, err)
	}
	members, err := client.Workspaces.Members("acme")
	if err != nil || len(members.Members) == 0 {
		t.Errorf("members %+v, %v", members, err)
	}
	projects, err := client.Workspaces.Projects("acme")
	if err != nil || len(projects.Items) != 6 {
		t.Errorf("projects %+v, %v", projects, err)
	}
	repos, err := client.Repositories.ListForAccount(&bitbucket.RepositoriesOptions{Owner: "acme"})
	if err != nil || len(repos.Items) != len(srv.Repositories("acme")) {
		t.Errorf("%d repositories, %v", len(repos.Items), err)
	}
	of := &bitbucket.RepositoryOptions{Owner: "acme", RepoSlug: "plat-api"}
	repo, err := client.Repositories.Repository.Get(of)
	if err != nil || repo.Full_name != "acme/plat-api" || repo.Project.Key != "PLAT" {
		t.Errorf("repository %+v, %v", repo, err)
	}
	users, err := client.Repositories.Repository.ListUserPermissions(of)
	if err != nil || len(users.UserPermissions) != 1 || users.UserPermissions[0].Permission != "read" {
		t.Errorf("users %+v, %v", users, err)
	}
	groups, err := client.Repositories.Repository.ListGroupPermissions(of)
	if err != nil || len(groups.GroupPermissions) != 1 ||
		groups.GroupPermissions[0].Permission != "admin" {
		t.Errorf("groups %+v, %v", groups, err)
	}
	variables, err := client.Repositories.Repository.ListPipelineVariables(
		&bitbucket.RepositoryPipelineVariablesOptions{Owner: "acme", RepoSlug: "plat-api"})
	if err != nil || len(variables.Variables) != 2 {
		t.Errorf("variables %+v, %v", variables, err)
	}
	environments, err := client.Repositories.Repository.ListEnvironments(
		&bitbucket.RepositoryEnvironmentsOptions{Owner: "acme", RepoSlug: "plat-api"})
	if err != nil || len(environments.Environments) != 2 {
		t.Errorf("environments %+v, %v", environments, err)
	}
	keys, err := client.Repositories.DeployKeys.List(
		&bitbucket.DeployKeyOptions{Owner: "acme", RepoSlug: "plat-api"})
	if err != nil || len(keys.Items) != 1 || keys.Items[0].Label != "build agent" {
		t.Errorf("deploy keys %+v, %v", keys, err)
	}
	restrictions, err := client.Repositories.BranchRestrictions.Gets(
		&bitbucket.BranchRestrictionsOptions{Owner: "acme", RepoSlug: "plat-api"})
	if err != nil || restrictions == nil {
		t.Errorf("branch restrictions %+v, %v", restrictions, err)
	}
	wantNoFailures(t, srv)
}
