package bitbucket_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bbql"
)

// A filter is sent to the server, so that only what it matches is paged through.
func ExampleList_All() {
	client := exampleClient()
	owners := bitbucket.Query(bbql.Eq("permission", bitbucket.PermissionOwner).String())
	members := client.Permissions.ListWorkspaceMembers(context.Background(), "acme", owners)
	for m, err := range members.All() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(m.User.DisplayName)
	}
	// Output:
	// Amber Fox
	// Birch Fox
}

// Breaking out of the loop stops the calls.
func ExampleList_Pages() {
	client := exampleClient()
	permissions := client.Permissions.ListWorkspaceRepositories(context.Background(), "acme")
	for page, err := range permissions.Pages() {
		if err != nil {
			log.Fatal(err)
		}
		total, known := page.Total()
		fmt.Println("page", page.Number, "has", len(page.Values), "of", total, known)
		if page.Number == 2 {
			break
		}
	}
	// Output:
	// page 1 has 100 of 2006 true
	// page 2 has 100 of 2006 true
}

// Collect returns what came before an error together with the error. With Complete, a list of which
// the server gave out less than it promised ends with ErrIncomplete.
func ExampleComplete() {
	client := exampleClient()
	members, err := client.Workspaces.ListMembers(context.Background(), "acme",
		bitbucket.Complete()).Collect()
	switch {
	case errors.Is(err, bitbucket.ErrIncomplete):
		fmt.Println("some of the members are missing here:", len(members))
	case err != nil:
		log.Fatal(err)
	default:
		fmt.Println(len(members), "members, and no others")
	}
	// Output: 66 members, and no others
}

// Ten pages at a time: what takes the server long takes the program a tenth of it. Each page takes a
// slot of the throttle all the same.
func ExampleParallel() {
	client := exampleClient()
	permissions, err := client.Permissions.ListWorkspaceRepositories(context.Background(), "acme",
		bitbucket.Parallel(10)).Collect()
	fmt.Println(len(permissions), err)
	// Output: 2006 <nil>
}

// Fields makes answers small; a list keeps what paging needs.
func ExampleFields() {
	client := exampleClient()
	var response bitbucket.Response
	first, err := client.Repositories.List(context.Background(), "acme",
		bitbucket.Fields("values.full_name"), bitbucket.Sort("-full_name"), bitbucket.PageLen(1),
		bitbucket.ResponseInto(&response)).First()
	fmt.Println(first.FullName, err)
	fmt.Println(len(response.Body) < 300, response.StatusCode)
	// Output:
	// acme/web-worker <nil>
	// true 200
}
