package bitbucket_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// Bitbucket removed this endpoint; the error says what to call instead.
func ExampleError() {
	client := exampleClient()
	_, err := client.Permissions.ListRepositories(context.Background()).Collect()
	if errors.Is(err, bitbucket.ErrGone) {
		e, _ := errors.AsType[*bitbucket.Error](err)
		fmt.Println(e.StatusCode, e.Hint)
	}
	// Output: 410 Bitbucket removed this endpoint: use Permissions.ListMine or Permissions.ListMineEverywhere
}

// A credential lacks a scope: the error names it, and those that the credential has.
func ExampleError_scopes() {
	srv := bitbuckettest.Demo()
	token := srv.IssueAPIToken("amber-fox", "read:user:bitbucket")
	client, err := bitbucket.NewClient(
		bitbucket.WithTransport(srv), bitbucket.WithAPIToken(token.Email, token.Token))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Workspaces.Get(context.Background(), "acme")
	e, ok := errors.AsType[*bitbucket.Error](err)
	if !ok || !errors.Is(err, bitbucket.ErrForbidden) {
		fmt.Println("unexpected:", err)
		return
	}
	fmt.Println("has", e.GrantedScopes, "needs", e.RequiredScopes)
	// Output: has [read:user:bitbucket] needs [read:workspace:bitbucket]
}

// A maintenance page with a status of 200 is an error, and never an empty list.
func ExampleError_oddAnswer() {
	srv := bitbuckettest.Demo()
	srv.Fail(bitbuckettest.On("GET", "/2.0/workspaces/acme/members"),

		bitbuckettest.Status(200, "<title>Down for maintenance</title>", "Content-Type", "text/html"))
	client := srv.Client("amber-fox")
	members, err := client.Workspaces.ListMembers(context.Background(), "acme").Collect()
	fmt.Println(len(members), errors.Is(err, bitbucket.ErrMalformedResponse))
	// Output: 0 true
}
