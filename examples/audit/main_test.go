package main

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/examples/internal/credentials"
)

// run runs the audit with nothing but these variables, given as name, value and so on.
func run(t *testing.T, args []string, env ...string) (string, error) {
	t.Helper()
	for _, name := range append(credentials.Names(), "BITBUCKET_BASE_URL", "BITBUCKET_TOKEN_URL") {
		t.Setenv(name, "")
	}
	for i := 0; i < len(env); i += 2 {
		t.Setenv(env[i], env[i+1])
	}
	var out strings.Builder
	err := audit(t.Context(), args, &out)
	return out.String(), err
}

func TestDemo(t *testing.T) {
	out, err := run(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out, "DEMO") {
		t.Errorf("the first line does not say that it is a demo: %.60q", out)
	}
	for _, want := range []string{
		"\n\"Amber Fox\", owner, repositories: 126\n    admin  acme/",
		"\n\"Gale Storm\", NO MEMBER, repositories: 2\n    write  acme/",
		"\n\"Juniper Fox\", member, ",
		"\n    admin  acme/plat-api\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
}

func TestWorkspaceOfACredential(t *testing.T) {
	srv := bitbuckettest.New()
	srv.AddUser(bitbuckettest.User{Nickname: "ada", DisplayName: "Ada"})
	srv.AddUser(bitbuckettest.User{Nickname: "bob", DisplayName: "Bob \x1b[2J"})
	srv.AddWorkspace(bitbuckettest.Workspace{Slug: "tools"})
	srv.AddMember("tools", bitbuckettest.Member{User: "ada", Role: "owner"})
	srv.AddMember("tools", bitbuckettest.Member{User: "bob"})
	srv.AddRepository("tools", bitbuckettest.Repository{Slug: "saw"})
	srv.GrantRepository("tools", "saw", "bob", "write")
	listening := httptest.NewServer(srv)
	defer listening.Close()
	token := srv.IssueAPIToken("ada")
	env := []string{
		"BITBUCKET_BASE_URL", listening.URL,
		"BITBUCKET_EMAIL", token.Email, "BITBUCKET_API_TOKEN", token.Token,
	}

	out, err := run(t, []string{"tools"}, env...)
	const want = "Workspace \"tools\"\n" +
		"\"Ada\", owner, repositories: 1\n    admin  tools/saw\n" +
		"\"Bob \\x1b[2J\", member, repositories: 1\n    write  tools/saw\n"
	if err != nil || out != want {
		t.Errorf("got %q, %v, want %q", out, err, want)
	}
	if out, err := run(t, nil, env...); err == nil || out != "" {
		t.Errorf("without a workspace: got %q, %v", out, err)
	}
	srv.Fail(bitbuckettest.On("GET", "/2.0/workspaces/tools/permissions/repositories"),
		bitbuckettest.Status(403, "no"), 1)
	if out, err := run(t, []string{"tools"}, env...); err == nil || out != "" {
		t.Errorf("with half an answer: got %q, %v", out, err)
	}
}

// Neither a flag nor a name with spaces is a workspace.
func TestUsage(t *testing.T) {
	for _, args := range [][]string{{"-h"}, {"acme", "tools"}} {
		out, err := run(t, args)
		if err == nil || !strings.HasPrefix(err.Error(), "usage: ") || out != "" {
			t.Errorf("%q: %v, %q", args, err, out)
		}
	}
}
