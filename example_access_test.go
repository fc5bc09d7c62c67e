package bitbucket_test

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/throttle"
	"github.com/seed-9213fc64/bitbucket/v1"
)

// Who can touch a repository, and by what: everything that gives access to it, read with typed
// methods alone, and what that costs.
func Example_whoCanTouchIt() {
	demo := bitbuckettest.Demo()
	admin := demo.Admin()
	calls := 0
	client, err := bitbucket.NewClient(
		bitbucket.WithTransport(demo), bitbucket.WithAPIToken(admin.Email, admin.APIToken),
		bitbucket.WithThrottle(throttle.Window(100, 30*time.Minute)),
		bitbucket.WithTrace(&bitbucket.Trace{
			Attempt: func(context.Context, bitbucket.AttemptInfo) { calls++ },
		}))
	if err != nil {
		log.Fatal(err)
	}
	whoCanTouch(context.Background(), client, admin.Workspace, admin.Repository)
	fmt.Println(calls, "calls")
	// Output:
	// acme/plat-api is private: true; project PLAT is private: false
	// members: map[create-project:4 member:60 owner:2]
	// in effect: map[admin:6 read:11 write:6]
	// granted on the repository: to 1 users, to 1 groups
	// granted on the project: to 1 users, to 3 groups
	// groups: 10 with 56 members and 7 privileges
	// invited: 1 to the workspace, 0 to the repository
	// deploy keys: 1 of the repository, 0 of the project
	// variables: 13 of the workspace, 2 of the repository, 0 of Test, 1 of Production
	// push on main: 1 users, 1 groups
	// require_approvals_to_merge on development: 0 users, 0 groups
	// 20 calls
}

// whoCanTouch prints who can touch a repository of a workspace, which is given by its slug.
func whoCanTouch(ctx context.Context, c *bitbucket.Client, workspace, repo string) {
	repository, err := c.Repositories.Get(ctx, workspace, repo)
	check(err)
	projectKey := repository.Project.Key
	project, err := c.Workspaces.GetProject(ctx, workspace, projectKey)
	check(err)
	fmt.Printf("%s is private: %t; project %s is private: %t\n",
		repository.FullName, repository.IsPrivate, project.Key, project.IsPrivate)

	people(ctx, c, workspace, repo)
	granted(ctx, "the repository", c.Permissions.OnRepository(workspace, repo))
	granted(ctx, "the project", c.Permissions.OnProject(workspace, projectKey))
	ofGroups(ctx, v1.NewClient(c), workspace, repo)

	fmt.Printf("deploy keys: %d of the repository, %d of the project\n",
		len(all(c.DeployKeys.OnRepository(workspace, repo).List(ctx))),
		len(all(c.DeployKeys.OnProject(workspace, projectKey).List(ctx))))
	secrets(ctx, c, workspace, repo)
	for _, r := range all(c.Repositories.ListBranchRestrictions(ctx, workspace, repo)) {
		fmt.Printf("%s on %s: %d users, %d groups\n",
			r.Kind, cmp.Or(r.BranchType, r.Pattern), len(r.Users), len(r.Groups))
	}
}

// people prints the members of the workspace, their roles, and what they may do in effect.
func people(ctx context.Context, c *bitbucket.Client, workspace, repo string) {
	roles, permissions := map[bitbucket.Permission]int{}, map[bitbucket.Permission]int{}
	for _, m := range all(c.Permissions.ListWorkspaceMembers(ctx, workspace)) {
		roles[m.Permission]++
	}
	for _, p := range all(c.Permissions.ListRepositoryUsers(ctx, workspace, repo)) {
		permissions[p.Permission]++
	}
	fmt.Println("members:", roles)
	fmt.Println("in effect:", permissions)
}

// granted prints the explicit permissions on something.
func granted(ctx context.Context, on string, grants *bitbucket.PermissionConfig) {
	fmt.Printf("granted on %s: to %d users, to %d groups\n",
		on, len(all(grants.ListUsers(ctx))), len(all(grants.ListGroups(ctx))))
}

// ofGroups prints who is in groups, what groups may do, and who is invited.
func ofGroups(ctx context.Context, c *v1.Client, workspace, repo string) {
	groups, err := c.Groups.List(ctx, workspace)
	check(err)
	members := 0
	for _, g := range groups {
		members += len(g.Members)
	}
	privileges, err := c.GroupPrivileges.List(ctx, workspace)
	check(err)
	fmt.Printf("groups: %d with %d members and %d privileges\n", len(groups), members, len(privileges))
	toWorkspace, err := c.Invitations.List(ctx, workspace)
	check(err)
	toRepository, err := c.Invitations.ListOfRepository(ctx, workspace, repo)
	check(err)
	fmt.Printf("invited: %d to the workspace, %d to the repository\n", len(toWorkspace), len(toRepository))
}

// secrets prints how many variables builds of the repository get, and from where.
func secrets(ctx context.Context, c *bitbucket.Client, workspace, repo string) {
	fmt.Printf("variables: %d of the workspace, %d of the repository",
		len(all(c.Pipelines.WorkspaceVariables(workspace).List(ctx))),
		len(all(c.Pipelines.RepositoryVariables(workspace, repo).List(ctx))))
	for _, e := range all(c.Pipelines.ListEnvironments(ctx, workspace, repo)) {
		of := c.Pipelines.DeploymentVariables(workspace, repo, string(e.UUID))
		fmt.Printf(", %d of %s", len(all(of.List(ctx))), e.Name)
	}
	fmt.Println()
}

// all returns the items of a list.
func all[T any](list *bitbucket.List[T]) []T {
	items, err := list.Collect()
	check(err)
	return items
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
