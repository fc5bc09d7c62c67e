package bitbucket_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/seed-9213fc64/bitbucket"
)

// The variables of a workspace; those of repositories and environments have the same methods. The
// value of a secured variable is never printed, and never read back.
func ExamplePipelinesService_WorkspaceVariables() {
	client, ctx := exampleClient(), context.Background()
	variables := client.Pipelines.WorkspaceVariables("acme")
	created, err := variables.Create(ctx, bitbucket.NewVariable{
		Key: "DEPLOY_KEY", Value: "correct horse battery staple", Secured: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(created.Key, created.Secured, created.Value == "")

	// Another value; what is not set stays as it is.
	update := bitbucket.VariableUpdate{Value: bitbucket.Set("Tr0ub4dor&3")}
	fmt.Println(update)
	if _, err := variables.Update(ctx, string(created.UUID), update); err != nil {
		log.Fatal(err)
	}

	// A key is taken once.
	_, err = variables.Create(ctx, bitbucket.NewVariable{Key: "DEPLOY_KEY", Value: "x"})
	fmt.Println(errors.Is(err, bitbucket.ErrConflict))

	if err := variables.Delete(ctx, string(created.UUID)); err != nil {
		log.Fatal(err)
	}
	// Output:
	// DEPLOY_KEY true true
	// VariableUpdate(key "", value [redacted])
	// true
}

// Which secrets the builds of a repository get for an environment.
func ExamplePipelinesService_DeploymentVariables() {
	client, ctx := exampleClient(), context.Background()
	for env, err := range client.Pipelines.ListEnvironments(ctx, "acme", "plat-api").All() {
		if err != nil {
			log.Fatal(err)
		}
		variables, err := client.Pipelines.DeploymentVariables("acme", "plat-api", string(env.UUID)).
			List(ctx).Collect()
		if err != nil {
			log.Fatal(err)
		}
		for _, v := range variables {
			fmt.Println(env.Name, v.Key, v.Secured)
		}
	}
	// Output: Production DATABASE_URL true
}

// A property of a type of the program's own.
func ExamplePropertiesService() {
	client, ctx := exampleClient(), context.Background()
	me, err := client.Users.Current(ctx)
	if err != nil {
		log.Fatal(err)
	}
	var settings struct {
		Theme string `json:"theme"`
	}
	err = client.Properties.Get(ctx, string(me.UUID), "demo-app", "settings", &settings)
	fmt.Println(settings.Theme, err)
	// Output: dark <nil>
}
