package openapi

import (
	"context"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/internal/exchanges"
	rows "github.com/seed-9213fc64/bitbucket/internal/operations"
)

// operation is one operation of the document with a call of it. The call gives how many items it
// read.
type operation struct {
	name    string // as in the document: "GET /2.0/user"
	paged   bool
	oauth   bool // API tokens do not reach it
	removed bool
	public  bool // needs no credential
	counted bool // its pages have numbers, whatever other lists have
	private bool // refuses a workspace that is not the caller's, whether it exists or not
	old     bool // of what is left of the 1.0 API
	call    func(ctx context.Context, c *bitbucket.Client, opts ...bitbucket.CallOption) (int, error)
}

// templated reports whether the path names something.
func (o operation) templated() bool { return strings.Contains(o.name, "{") }

// picksOne reports whether the path ends in an ID that must be there, in a workspace or an
// account.
func (o operation) picksOne() bool {
	last := o.name[strings.LastIndex(o.name, "/")+1:]
	creates := strings.HasPrefix(o.name, "PUT ") && last == "{property_name}"
	place := slices.Contains([]string{
		"{workspace}", "{workspace_slug}", "{repo_slug}",
		"{project_key}",
	}, last)
	return strings.HasPrefix(last, "{") && !place && !creates
}

// reads reports whether the operation changes nothing.
func (o operation) reads() bool { return strings.HasPrefix(o.name, "GET ") }

// operations calls every operation of the document, on the things with these IDs. What is deleted
// comes last of its kind.
func operations(id ids) []operation {
	var table []operation
	for _, x := range exchanges.All() {
		row, _ := x.Row()
		table = append(table, operation{
			name: row.Method + " " + row.Pattern,
			paged: x.Want != nil && reflect.TypeOf(x.Want).Kind() == reflect.Slice &&
				!strings.HasPrefix(row.Pattern, "/1.0/"),
			oauth:   !row.Credentials.Has(rows.APIToken),
			removed: row.State == rows.Removed,
			public:  row.Credentials.Has(rows.Anonymous),
			counted: row.Call == "Search.Code",
			private: strings.HasPrefix(row.Pattern, "/2.0/user/workspaces/"),
			old:     strings.HasPrefix(row.Pattern, "/1.0/"),
			call: func(ctx context.Context, c *bitbucket.Client, opts ...bitbucket.CallOption) (int, error) {
				got, err := x.Call(ctx, c, id.named(), opts...)
				if items := reflect.ValueOf(got); items.Kind() == reflect.Slice {
					return items.Len(), err
				}
				return 0, err
			},
		})
	}
	for _, plain := range plainOperations(id) { // those that have no exchange
		if !slices.ContainsFunc(table, func(op operation) bool { return op.name == plain.name }) {
			table = append(table, plain)
		}
	}
	return table
}

// named gives the IDs as the exchanges take them.
func (id ids) named() exchanges.IDs {
	return exchanges.IDs{
		Workspace: id.workspace, Repository: id.repo, Project: id.project, Group: id.group,
		Self: id.self, Other: id.other, Email: id.email, Variable: id.variable,
		UserVariable:       id.ownVariable,
		RepositoryVariable: id.repoVariable, Environment: id.environment, DeploymentVariable: id.deployVariable,
		DeployKey: number(id.deployKey), ProjectDeployKey: number(id.projectKey),
		SSHKey: id.sshKey, GPGKey: id.gpgKey, AppKey: id.appKey, Property: id.property,
		Search: "needle",
	}
}

// number is the ID that a text is, or one that nothing has.
func number(id string) int {
	n, err := strconv.Atoi(id)
	if err != nil {
		return math.MaxInt32
	}
	return n
}
