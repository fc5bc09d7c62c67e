package bitbucket_test

import (
	"context"
	"fmt"
	"log"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// exampleClient is a client of a demo in memory; programs use WithEnv in its place. Its calls start
// as fast as they can, so that no example takes seconds.
func exampleClient(opts ...bitbucket.Option) *bitbucket.Client {
	demo := bitbuckettest.Demo()
	return demo.Client(demo.Admin().UserUUID, opts...)
}

// Whom a credential belongs to, and which workspaces it reaches.
func Example() {
	demo := bitbuckettest.Demo() // programs leave this out, and give WithEnv alone
	admin := demo.Admin()
	client, err := bitbucket.NewClient(
		bitbucket.WithAPIToken(admin.Email, admin.APIToken),
		bitbucket.WithTransport(demo))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	me, err := client.Users.Current(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(me.DisplayName)
	for access, err := range client.Workspaces.List(ctx).All() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(access.Workspace.Slug, access.Administrator)
	}
	// Output:
	// Amber Fox
	// acme true
	// AmberFox true
	// acme-labs true
}

// What has no method is a call of Do away, with everything that methods have: the budget, retries,
// redaction, and an error for an answer that is none.
func ExampleClient_Do() {
	client := exampleClient()
	var project struct{ Name string }
	err := client.Do(context.Background(), "GET", "/2.0/workspaces/acme/projects/WEB", nil, &project)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(project.Name)
	// Output: Web
}

// A list without a method is paged as all others are.
func ExampleListAt() {
	client := exampleClient()
	type project struct{ Key string }
	projects := bitbucket.ListAt[project](context.Background(), client,
		"/2.0/workspaces/acme/projects")
	for p, err := range projects.All() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(p.Key, " ")
	}
	// Output: PLAT PAY WEB MOB DATA OPS
}
