package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// TestHelpNamesEnoughScopes runs each subcommand as an OAuth consumer, and as an API token, with no
// other scopes than those that its help asks for.
func TestHelpNamesEnoughScopes(t *testing.T) {
	server := bitbuckettest.Demo(bitbuckettest.Throttle(0, 0))
	policy := write(t, "policy.yaml", openPolicy)
	for command, args := range map[string][]string{
		"run":  {"-format", "json", "-fail-on", "none"},
		"gate": {"-repo", "plat-docs", "-policy", policy},
		"init": {},
	} {
		help := strings.Join(strings.Fields(bench{}.call(t.Context(), command, "-h").stdout), " ")
		asked := regexp.MustCompile(`Scopes: (.*?)[.;].*?An OAuth consumer: (.*?)[.;]`).
			FindStringSubmatch(help)
		if asked == nil {
			t.Fatalf("%s -h names no scopes", command)
		}
		separator := regexp.MustCompile(`,? and |, `)
		granular, classic := separator.Split(asked[1], -1), separator.Split(asked[2], -1)
		call := func(env environment) int {
			b := bench{transport: server, env: append(env, "XDG_CACHE_HOME="+t.TempDir())}
			line := append([]string{command, "-workspace", "acme", "-throttle", "none"}, args...)
			return b.call(t.Context(), line...).code
		}
		asConsumer := func(scopes []string) int {
			c := server.AddConsumer(bitbuckettest.Consumer{Workspace: "acme", Scopes: scopes})
			return call(environment{"BITBUCKET_CLIENT_ID=" + c.ID, "BITBUCKET_CLIENT_SECRET=" + c.Secret})
		}
		asPerson := func(scopes []string) int {
			token := server.IssueAPIToken("amber-fox", scopes...)
			return call(environment{
				"BITBUCKET_EMAIL=" + token.Email, "BITBUCKET_API_TOKEN=" + token.Token,
			})
		}
		for kind, as := range map[string]func([]string) int{"OAuth": asConsumer, "API token": asPerson} {
			scopes := granular
			if kind == "OAuth" {
				scopes = classic
			}
			if code := as(scopes); code != exitOK {
				t.Errorf("%s by %s with %q: exit code %d", command, kind, scopes, code)
			}
		}
	}
}
