// Cigate fails a build when too many people may administer a repository, or when a person may who should not. It takes
// one call for each 100 admins.
//
//	go run ./examples/cigate -workspace acme -repo widgets -max 3 -allow ada,release-robot
//
// The credential comes from the environment, as for the audit; it must be that of an administrator of the workspace.
// Without one it looks at a demo.
//
// It exits with 0 when all is well, 1 when the gate is shut, and 2 when it could not tell.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bbql"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/examples/internal/credentials"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// A gate is what is allowed.
type gate struct {
	workspace, repo string
	most            int
	allowed         []string // nicknames or UUIDs; empty means anybody
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	g, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	var admins []bitbucket.RepositoryPermission
	if err == nil {
		admins, err = g.admins(ctx, stderr)
	}
	if err != nil {
		fmt.Fprintln(stderr, "cigate:", err)
		return 2
	}
	wrong := g.judge(admins)
	for _, line := range wrong {
		fmt.Fprintln(stdout, line)
	}
	if len(wrong) > 0 {
		return 1
	}
	fmt.Fprintf(stdout, "%s/%s: %d admins, all is well\n", g.workspace, g.repo, len(admins))
	return 0
}

func parse(args []string, stderr io.Writer) (*gate, error) {
	g := &gate{}
	flags := flag.NewFlagSet("cigate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&g.workspace, "workspace", "", "slug of the workspace; the demo has its own")
	flags.StringVar(&g.repo, "repo", "", "slug of the repository; the demo has its own")
	flags.IntVar(&g.most, "max", 5, "how many admins there may be")
	allow := flags.String("allow", "", "who may be admin, separated by commas: nicknames or UUIDs; anybody when empty")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if *allow != "" {
		g.allowed = strings.Split(*allow, ",")
	}
	return g, nil
}

// admins asks who may administer the repository.
func (g *gate) admins(ctx context.Context, stderr io.Writer) ([]bitbucket.RepositoryPermission, error) {
	client, err := g.connect(stderr)
	if err != nil {
		return nil, err
	}
	if g.workspace == "" || g.repo == "" {
		return nil, errors.New("say which repository: -workspace and -repo")
	}
	onlyAdmins := bitbucket.Query(bbql.Gt("permission", bitbucket.PermissionWrite).String())
	return client.Permissions.ListRepositoryUsers(ctx, g.workspace, g.repo, onlyAdmins).Collect()
}

// connect makes the client: of Bitbucket with a credential in the environment, of the demo without.
func (g *gate) connect(stderr io.Writer) (*bitbucket.Client, error) {
	if credentials.InEnvironment() {
		return bitbucket.NewClient(bitbucket.WithEnv())
	}
	fmt.Fprintln(stderr, "cigate: no credential in the environment: this is the demo")
	demo := bitbuckettest.Demo()
	admin := demo.Admin()
	g.workspace = cmp.Or(g.workspace, admin.Workspace)
	g.repo = cmp.Or(g.repo, "web-shop")
	return bitbucket.NewClient(bitbucket.WithAPIToken(admin.Email, admin.APIToken), bitbucket.WithTransport(demo))
}

// judge says what is wrong, one line each.
func (g *gate) judge(admins []bitbucket.RepositoryPermission) []string {
	var wrong []string
	if len(admins) > g.most {
		wrong = append(wrong, fmt.Sprintf("%s/%s has %d admins, %d are allowed", g.workspace, g.repo, len(admins), g.most))
	}
	for _, p := range admins {
		known := slices.Contains(g.allowed, p.User.Nickname) || slices.Contains(g.allowed, string(p.User.UUID))
		if len(g.allowed) > 0 && !known {
			wrong = append(wrong, fmt.Sprintf("%s/%s: %q (%s) may not be admin", g.workspace, g.repo, p.User.DisplayName, p.User.UUID))
		}
	}
	return wrong
}
