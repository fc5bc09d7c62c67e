// Audit prints who may do what on which repositories of a workspace, by the library alone. It
// takes a call for each 100 members and one for each 100 permissions; cmd/bbaudit tells more.
//
//	go run ./examples/audit        # of a demo, in memory
//	go run ./examples/audit acme   # of a workspace, with a credential in the environment
//
// The credential, as [bitbucket.WithEnv] reads it, is that of an administrator of the workspace.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/examples/internal/credentials"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := audit(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "audit:", err)
		os.Exit(1)
	}
}

// audit reads everything before it prints, so that half a list never passes for a whole one.
func audit(ctx context.Context, args []string, out io.Writer) error {
	client, workspace, title, err := connect(args)
	if err != nil {
		return err
	}
	people := map[bitbucket.UUID]*person{}
	for m, err := range client.Permissions.ListWorkspaceMembers(ctx, workspace).All() {
		if err != nil {
			return err
		}
		people[m.User.UUID] = &person{name: m.User.DisplayName, role: string(m.Permission)}
	}
	for p, err := range client.Permissions.ListWorkspaceRepositories(ctx, workspace).All() {
		if err != nil {
			return err
		}
		if people[p.User.UUID] == nil {
			people[p.User.UUID] = &person{name: p.User.DisplayName, role: "NO MEMBER"}
		}
		who := people[p.User.UUID]
		who.may = append(who.may, fmt.Sprintf("%-6s %s", p.Permission, p.Repository.FullName))
	}
	fmt.Fprintln(out, title)
	byName := func(a, b *person) int { return cmp.Compare(a.name, b.name) }
	for _, who := range slices.SortedFunc(maps.Values(people), byName) {
		fmt.Fprintf(out, "%q, %s, repositories: %d\n", who.name, who.role, len(who.may))
		for _, line := range slices.Sorted(slices.Values(who.may)) {
			fmt.Fprintln(out, "   ", line)
		}
	}
	return nil
}

// A person belongs to the workspace, or may use a repository of it.
type person struct {
	name string
	role string   // in the workspace
	may  []string // a permission and the full name of a repository each
}

// connect makes the client: of Bitbucket with a credential in the environment, of a demo without.
func connect(args []string) (client *bitbucket.Client, workspace, title string, err error) {
	if workspace = strings.Join(args, " "); len(args) > 1 || strings.HasPrefix(workspace, "-") {
		return nil, "", "", errors.New("usage: audit [WORKSPACE], a slug or a UUID")
	}
	if credentials.InEnvironment() {
		if workspace == "" {
			return nil, "", "", errors.New("say which workspace: audit WORKSPACE")
		}
		client, err = bitbucket.NewClient(bitbucket.WithEnv())
		return client, workspace, fmt.Sprintf("Workspace %q", workspace), err
	}
	demo := bitbuckettest.Demo()
	admin := demo.Admin()
	client, err = bitbucket.NewClient(
		bitbucket.WithAPIToken(admin.Email, admin.APIToken), bitbucket.WithTransport(demo))
	title = "DEMO, as no credential is set: nobody here is real"
	return client, cmp.Or(workspace, admin.Workspace), title, err
}
