package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// A result is what a run of the program leaves behind.
type result struct {
	code           int
	stdout, stderr string
}

// call runs the program with these arguments.
func (p program) call(ctx context.Context, args ...string) result {
	var stdout, stderr bytes.Buffer
	p.stdout, p.stderr = &stdout, &stderr
	code := p.run(ctx, args)
	return result{code, stdout.String(), stderr.String()}
}

// environment sets the variables that the program reads, empties the others, and returns a cache folder of the test's own.
func environment(t *testing.T, set map[string]string) (cache string) {
	t.Helper()
	home := t.TempDir()
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "LocalAppData"} {
		t.Setenv(name, home)
	}
	for _, name := range []string{
		"BITBUCKET_EMAIL", "BITBUCKET_API_TOKEN", "BITBUCKET_ACCESS_TOKEN", "BITBUCKET_CLIENT_ID", "BITBUCKET_CLIENT_SECRET",
		"BITBUCKET_BASE_URL", "BITBUCKET_TOKEN_URL",
	} {
		t.Setenv(name, set[name])
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return cache
}

// asAdmin gives the program a server to talk to, and the credentials of one of its users.
func asAdmin(t *testing.T, server *bitbuckettest.Server, user string) program {
	t.Helper()
	token := server.IssueAPIToken(user)
	environment(t, map[string]string{"BITBUCKET_EMAIL": token.Email, "BITBUCKET_API_TOKEN": token.Token})
	return program{transport: server}
}

// demo gives the program the demo, and the test the server behind it.
func demo(t *testing.T, more ...bitbuckettest.Option) (p program, server func() *bitbuckettest.Server) {
	t.Helper()
	environment(t, nil)
	var made *bitbuckettest.Server
	p.demo = func(opts ...bitbuckettest.Option) *bitbuckettest.Server {
		made = bitbuckettest.Demo(append(opts, more...)...)
		return made
	}
	return p, func() *bitbuckettest.Server { return made }
}

func TestUsage(t *testing.T) {
	token := map[string]string{"BITBUCKET_EMAIL": "ada@example.com", "BITBUCKET_API_TOKEN": "secret"}
	for _, test := range []struct {
		name string
		env  map[string]string
		args []string
		want string
	}{
		{"unknown flag", nil, []string{"-fast"}, "flag provided but not defined: -fast"},
		{"argument", nil, []string{"acme"}, "-workspace acme"},
		{"format", nil, []string{"-format", "xml"}, "-format xml: it is table, csv or json"},
		{"limit", nil, []string{"-max-admins", "-1"}, "cannot be negative"},
		{"throttle", nil, []string{"-throttle", "file:"}, "file:PATH, redis://HOST/KEY or none"},
		{"no key", nil, []string{"-throttle", "redis://u:hidden@127.0.0.1/"}, "redis://HOST/KEY"},
		{"no workspace", token, nil, "-workspace is missing"},
		{"half a credential", map[string]string{"BITBUCKET_EMAIL": "ada@example.com"}, []string{"-workspace", "acme"},
			"BITBUCKET_API_TOKEN is not: set both"},
		{"base URL alone", map[string]string{"BITBUCKET_BASE_URL": "http://127.0.0.1:1/2.0"}, nil, "no credential is"},
	} {
		t.Run(test.name, func(t *testing.T) {
			environment(t, test.env)
			got := program{demo: bitbuckettest.Demo}.call(t.Context(), test.args...)
			if got.code != exitUsage || got.stdout != "" {
				t.Errorf("exit code %d, want %d; stdout %q", got.code, exitUsage, got.stdout)
			}
			if !strings.Contains(got.stderr, test.want) || strings.Count(got.stderr, "\n") != 1 {
				t.Errorf("stderr %q, want one line with %q", got.stderr, test.want)
			}
			if strings.Contains(got.stderr, "hidden") {
				t.Errorf("stderr shows a password: %q", got.stderr)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	got := program{}.call(t.Context(), "-h")
	if got.code != exitOK || got.stderr != "" {
		t.Errorf("exit code %d, stderr %q", got.code, got.stderr)
	}
	for _, flag := range []string{"-workspace", "-explicit", "-format", "-out", "-throttle", "-max-admins", "-max-admin-of"} {
		if !strings.Contains(got.stdout, "  "+flag) {
			t.Errorf("help does not mention %s:\n%s", flag, got.stdout)
		}
	}
}

func TestFailures(t *testing.T) {
	for _, test := range []struct {
		name      string
		user      string
		workspace string
		want      string
	}{
		{"no such workspace", "ada", "nowhere", "404 Not Found"},
		{"path in the workspace", "ada", "..", `".."`},
		{"not an administrator", "bob", "acme", "administrator of this workspace"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := asAdmin(t, small(t), test.user)
			synctest.Test(t, func(t *testing.T) {
				got := p.call(t.Context(), "-workspace", test.workspace)
				lines := strings.Split(strings.TrimSpace(got.stderr), "\n")
				if got.code != exitFailed || !strings.Contains(lines[len(lines)-1], test.want) {
					t.Errorf("exit code %d, last line %q, want %d and %q", got.code, lines[len(lines)-1], exitFailed, test.want)
				}
			})
		})
	}
}

func TestFailureAtTheFirstCallLeavesNoReport(t *testing.T) {
	server := small(t)
	p := asAdmin(t, server, "ada")
	server.Heal()
	server.Fail(bitbuckettest.Any, bitbuckettest.Status(401, "Login failed due to incorrect login credentials or method.\n"))
	synctest.Test(t, func(t *testing.T) {
		got := p.call(t.Context(), "-workspace", "acme")
		if got.code != exitFailed || got.stdout != "" || server.Calls() != 1 {
			t.Errorf("exit code %d, stdout %q, %d calls", got.code, got.stdout, server.Calls())
		}
	})
}
