package v1_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/v1"
)

// What is left of 1.0 is called with a client of the 2.0 API, on its budget.
func Example() {
	client := bitbuckettest.Demo().Client("amber-fox") // programs use bitbucket.NewClient
	groups, err := v1.NewClient(client).Groups.List(context.Background(), "acme")
	if err != nil {
		log.Fatal(err)
	}
	for _, g := range groups[:2] {
		fmt.Println(g.Name, "has", len(g.Members), "members, such as", g.Members[0].User().DisplayName)
	}
	// Output:
	// Platform team has 8 members, such as Juniper Fox
	// Payments team has 8 members, such as Amber Heron
}

// A workspace that is run from admin.atlassian.com refuses, and nothing else knows its groups.
func ExampleGroupsService() {
	client := bitbuckettest.Demo().Client("amber-fox")
	_, err := v1.NewClient(client).Groups.List(context.Background(), "acme-labs")
	if e, ok := errors.AsType[*bitbucket.Error](err); ok {
		fmt.Println(e.StatusCode)
	}
	// Output: 400
}

// What groups may do on repositories, in one call for a workspace.
func ExampleGroupPrivilegesService() {
	client := bitbuckettest.Demo().Client("amber-fox")
	privileges, err := v1.NewClient(client).GroupPrivileges.List(context.Background(), "acme")
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range privileges[:2] {
		fmt.Println(p.Group.Slug, p.Privilege, p.Repo)
	}
	// Output:
	// release-managers admin acme/plat-api
	// release-managers admin acme/plat-deploy
}

// Who has been invited and has not come yet.
func ExampleInvitationsService() {
	client, ctx := bitbuckettest.Demo().Client("amber-fox"), context.Background()
	invitations := v1.NewClient(client).Invitations
	toWorkspace, err := invitations.List(ctx, "acme")
	if err != nil {
		log.Fatal(err)
	}
	toRepository, err := invitations.ListOfRepository(ctx, "acme", "web-shop")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(toWorkspace[0].Email, toWorkspace[0].Groups[0].Slug)
	fmt.Println(toRepository[0].Email, toRepository[0].Permission)
	// Output:
	// newcomer@example.com web-team
	// contractor@example.com write
}

// Accounts are gone from bitbucket.org; the error says what to use instead. Mirrors that still serve
// 1.0 answer.
func ExampleUsersService() {
	ctx := context.Background()
	now := v1.NewClient(bitbuckettest.Demo().Client("amber-fox"))
	_, err := now.Users.Get(ctx, "birch-fox")
	if e, ok := errors.AsType[*bitbucket.Error](err); ok && errors.Is(err, bitbucket.ErrGone) {
		fmt.Println(e.Hint)
	}
	mirror := v1.NewClient(bitbuckettest.Demo(bitbuckettest.Legacy()).Client("amber-fox"))
	account, err := mirror.Users.Get(ctx, "birch-fox")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(account.User.Username, account.User.FirstName, account.User.LastName)
	// Output:
	// the 1.0 API ended in 2019: use Users.Get of package bitbucket with the UUID or the account ID, and Repositories.List for the repositories
	// birch-fox Birch Fox
}

// Accounts were made without credentials, at most 100 in half an hour. No verb prints the password.
func ExampleNewUserService() {
	mirror := bitbuckettest.New(bitbuckettest.Legacy())
	client, err := bitbucket.NewClient(bitbucket.WithTransport(mirror))
	if err != nil {
		log.Fatal(err)
	}
	user := v1.NewUser{Username: "auser", Email: "auser@example.com", Password: "correct horse"}
	created, err := v1.NewClient(client).NewUser.Create(context.Background(), user)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(created.Username)
	fmt.Printf("%+v\n", user)
	// Output:
	// auser
	// NewUser(auser, auser@example.com, [redacted])
}
