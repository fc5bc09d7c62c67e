package bitbucket_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bbql"
)

// Users are known by UUID or Atlassian account ID; a nickname is looked up among the members of a
// workspace.
func ExampleUsersService() {
	client, ctx := exampleClient(), context.Background()
	_, err := client.Users.Get(ctx, "birch-fox")
	fmt.Println("by nickname:", errors.Is(err, bitbucket.ErrNotFound))

	named := bitbucket.Query(bbql.Eq("user.nickname", "birch-fox").String())
	member, err := client.Workspaces.ListMembers(ctx, "acme", named).First()
	if err != nil {
		log.Fatal(err)
	}
	user, err := client.Users.Get(ctx, string(member.User.UUID))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(user.DisplayName)

	email, err := client.Users.ListEmails(ctx).First() // of the credential's own person
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(email.Email, email.IsPrimary, email.IsConfirmed)
	// Output:
	// by nickname: true
	// Birch Fox
	// amber-fox@example.com true true
}

// Who in a workspace has no two-step verification. Null is not false: nobody knows then.
func ExampleWorkspacesService() {
	client := exampleClient()
	with, without, unknown := 0, 0, 0
	members := client.Workspaces.ListMembers(context.Background(), "acme",
		bitbucket.Fields("+values.user.has_2fa_enabled"))
	for m, err := range members.All() {
		switch has := m.User.Has2FAEnabled; {
		case err != nil:
			log.Fatal(err)
		case has == nil:
			unknown++
		case *has:
			with++
		default:
			without++
		}
	}
	fmt.Println(with, "with,", without, "without,", unknown, "not known")
	// Output: 54 with, 9 without, 3 not known
}

// Who is an administrator of a repository in effect: by a grant, a group, the project or the role
// in the workspace. ListWorkspaceRepositories has the same of all repositories at once.
func ExamplePermissionsService() {
	client := exampleClient()
	admins := bitbucket.Query(bbql.Eq("permission", bitbucket.PermissionAdmin).String())
	permissions := client.Permissions.ListRepositoryUsers(
		context.Background(), "acme", "web-shop", admins)
	n := 0
	for p, err := range permissions.All() {
		if err != nil {
			log.Fatal(err)
		}
		if p.Permission.AtLeast(bitbucket.PermissionAdmin) { // false for a permission that is unknown
			n++
		}
	}
	fmt.Println(n, "administrators")
	// Output: 8 administrators
}

// What was granted to somebody in person is read, given and taken away.
func ExamplePermissionConfig() {
	client, ctx := exampleClient(), context.Background()
	named := bitbucket.Query(bbql.Eq("user.nickname", "willow-wren").String())
	someone, err := client.Workspaces.ListMembers(ctx, "acme", named).First()
	if err != nil {
		log.Fatal(err)
	}
	user := string(someone.User.UUID)
	on := client.Permissions.OnRepository("acme", "plat-api")
	granted, err := on.SetUser(ctx, user, bitbucket.PermissionRead)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(granted.User.DisplayName, granted.Permission)
	if err := on.RemoveUser(ctx, user); err != nil {
		log.Fatal(err)
	}
	left, err := on.GetUser(ctx, user)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(left.Permission)
	// Output:
	// Willow Wren read
	// none
}

// The repositories of a project, and what restricts the branches of one.
func ExampleRepositoriesService() {
	client, ctx := exampleClient(), context.Background()
	ofProject := bitbucket.Query(bbql.Eq("project.key", "OPS").String())
	repositories, err := client.Repositories.List(ctx, "acme", ofProject).Collect()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(repositories), "repositories")
	for r, err := range client.Repositories.ListBranchRestrictions(ctx, "acme", "plat-api").All() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(r.Kind, cmp.Or(r.Pattern, r.BranchType))
	}
	// Output:
	// 21 repositories
	// push main
	// require_approvals_to_merge development
}

// Where the code of an account has a word.
func ExampleSearchService() {
	client, ctx := exampleClient(), context.Background()
	me, err := client.Users.Current(ctx)
	if err != nil {
		log.Fatal(err)
	}
	result, err := client.Search.Code(ctx, string(me.UUID), "serve").First()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.File.Path)
	// Output: cmd/plat/main.go
}
