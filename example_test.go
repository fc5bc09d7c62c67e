package bitbucket_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bbql"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// exampleClient is a client of a demo in memory; programs use WithEnv in its place.
func exampleClient(opts ...bitbucket.Option) *bitbucket.Client {
	demo := bitbuckettest.Demo()
	admin := demo.Admin()
	client, err := bitbucket.NewClient(append([]bitbucket.Option{
		bitbucket.WithTransport(demo), bitbucket.WithAPIToken(admin.Email, admin.APIToken),
	}, opts...)...)
	if err != nil {
		log.Fatal(err)
	}
	return client
}

func ExampleList_All() {
	client := exampleClient()
	owners := bitbucket.Query(bbql.Eq("permission", bitbucket.PermissionOwner).String())
	for m, err := range client.Permissions.ListWorkspaceMembers(context.Background(), "acme", owners).All() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(m.User.DisplayName)
	}
	// Output:
	// Amber Fox
	// Birch Fox
}

// A list stopped after a page is continued from its cursor, be it in another
// process.
func ExampleFrom() {
	client, ctx := exampleClient(), context.Background()
	var cursor string
	for page, err := range client.Permissions.ListWorkspaceRepositories(ctx, "acme").Pages() {
		if err != nil {
			log.Fatal(err)
		}
		cursor = page.Next // store it
		break
	}
	rest, err := client.Permissions.ListWorkspaceRepositories(ctx, "acme", bitbucket.From(cursor)).Collect()
	fmt.Println(len(rest), err)
	// Output: 1906 <nil>
}

func ExampleError() {
	client := exampleClient()
	_, err := client.Permissions.ListRepositories(context.Background()).Collect()
	if errors.Is(err, bitbucket.ErrGone) {
		e, _ := errors.AsType[*bitbucket.Error](err)
		fmt.Println(e.StatusCode, e.Hint)
	}
	// Output: 410 Bitbucket removed this endpoint: use Permissions.ListMine or Permissions.ListMineEverywhere
}

func ExampleClient_Do() {
	client := exampleClient()
	var project struct{ Name string }
	if err := client.Do(context.Background(), "GET", "/2.0/workspaces/acme/projects/WEB", nil, &project); err != nil {
		log.Fatal(err)
	}
	fmt.Println(project.Name)
	// Output: Web
}

func ExamplePermissionConfig() {
	client, ctx := exampleClient(), context.Background()
	someone, err := client.Workspaces.ListMembers(ctx, "acme", bitbucket.Query(bbql.Eq("user.nickname", "willow-wren").String())).First()
	if err != nil {
		log.Fatal(err)
	}
	on := client.Permissions.OnRepository("acme", "plat-api")
	granted, err := on.SetUser(ctx, string(someone.User.UUID), bitbucket.PermissionRead)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(granted.User.DisplayName, granted.Permission)
	// Output: Willow Wren read
}
