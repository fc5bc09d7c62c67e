// Package exchanges is test support, and only tests import it. It holds what goes over the wire
// between this library and Bitbucket: in All one exchange of every operation, made through the
// client; in Corpus answers that Bitbucket has been recorded, documented or reported to give. The
// tests of the client, of the in-memory Bitbucket and of the OpenAPI document all read them, so
// that the three cannot agree on a guess.
package exchanges

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/internal/operations"
)

// An Exchange is one operation: a call of the client, what it sends, and what it gets.
type Exchange struct {
	// Operation is the call of a row of the operations table, "Users.Get". A row without a method
	// of the client is named by its method and pattern, "GET /2.0/workspaces".
	Operation string

	// Call makes the call on the things that IDs names. A list is collected, and an operation
	// without a result returns nil.
	Call func(ctx ctx, c client, id IDs, opts ...option) (any, error)

	// Options are those that the exchange is made with, on the things of Acme.
	Options []bitbucket.CallOption

	Request string // what is sent for Acme: method, escaped path and query
	Body    string // what is sent, as JSON
	Status  int    // of the answer; 200 when left out
	Answer  string
	Want    any   // what Call returns
	Refused []int // statuses that are documented besides
}

// StatusCode is the status of the answer.
func (x Exchange) StatusCode() int {
	if x.Status == 0 {
		return 200
	}
	return x.Status
}

// Row returns the row of the operations table that the exchange belongs to.
func (x Exchange) Row() (operations.Operation, bool) {
	if method, pattern, plain := strings.Cut(x.Operation, " "); plain {
		return operations.Find(method, pattern)
	}
	for _, op := range operations.All() {
		if op.Call == x.Operation {
			return op, true
		}
	}
	return operations.Operation{}, false
}

// IDs name one thing of every kind that a call needs.
type IDs struct {
	Workspace, Repository, Project, Group string

	Self  string // the user who calls
	Other string // another user
	Email string // of Self

	Variable, UserVariable           string // of Workspace, and of Self
	RepositoryVariable               string // of Repository
	Environment, DeploymentVariable  string // of Repository, and of Environment
	DeployKey, ProjectDeployKey      int    // of Repository, and of Project
	SSHKey, GPGKey, AppKey, Property string // of Self
	Search                           string // a query that code search takes
}

// Acme returns the IDs of the things in the recorded exchanges. Users are given in both forms that
// Bitbucket takes; UUIDs of other things lack their braces, which the client adds.
func Acme() IDs {
	return IDs{
		Workspace: "acme", Repository: "widgets", Project: "PLAT", Group: "developers",
		Self: UserUUID, Other: AccountID, Email: "user@example.com",
		Variable:           "55555555-5555-5555-5555-555555555555",
		UserVariable:       "55555555-5555-5555-5555-555555555555",
		RepositoryVariable: "55555555-5555-5555-5555-555555555555",
		DeploymentVariable: "55555555-5555-5555-5555-555555555555",
		Environment:        "66666666-6666-6666-6666-666666666666",
		DeployKey:          42, ProjectDeployKey: 42,
		SSHKey: "77777777-7777-7777-7777-777777777777", GPGKey: "H4M2",
		AppKey: "my-app", Property: "any_key",
		Search: `"func Foo" ext:go`,
	}
}

// All returns the exchange of every operation, in an order in which they can be made one after the
// other: what is deleted comes last of its kind.
func All() []Exchange {
	return slices.Concat(users(), workspaces(), repositories(), permissions(), variables(),
		properties(), keys(), search(), leftovers())
}

// Find returns the exchange of an operation.
func Find(operation string) (Exchange, bool) {
	for _, x := range All() {
		if x.Operation == operation {
			return x, true
		}
	}
	return Exchange{}, false
}

// Short names for the rows.
type (
	ctx     = context.Context
	client  = *bitbucket.Client
	option  = bitbucket.CallOption
	options = []bitbucket.CallOption
)

// one returns the object that a call got.
func one[T any](v *T, err error) (any, error) {
	if v == nil {
		return nil, err
	}
	return *v, err
}

func items[T any](list *bitbucket.List[T]) (any, error) { return list.Collect() }

func none(err error) (any, error) { return nil, err }

// plain reads what has no method.
func plain(ctx ctx, c client, path string, opts options) (any, error) {
	var got map[string]any
	err := c.Do(ctx, "GET", path, nil, &got, opts...)
	return got, err
}

// Page returns the body of a list's only page.
func Page(values ...string) string {
	return `{"pagelen":100,"page":1,"size":` + strconv.Itoa(len(values)) +
		`,"values":[` + strings.Join(values, ",") + `]}`
}
