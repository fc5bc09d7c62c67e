package main

import (
	"context"
	"encoding/csv"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
)

// TestDemoFindings holds what the demo has for an audit to notice.
func TestDemoFindings(t *testing.T) {
	b, _ := asDemoAdmin(t)
	got := b.call(
		t.Context(),
		args([]string{"-workspace", "acme", "-format", "json", "-explicit"}, quiet)...)
	r := decode(t, got.stdout)
	for rule, want := range map[string][]string{
		"outsider":               {"Gale Storm"},
		"admin-without-two-step": {"Birch Otter", "Fern Fox", "Maple Heron"},
		"two-step-unknown":       {"Cedar Fox", "Kestrel Newcomer"},
		"inactive-account":       {"Holly Fox"},
		"owner":                  {"Amber Fox", "Birch Fox"},
		"app":                    {"Release Robot"},
		"public-repository":      {"web-docs"},
		"only-source": {
			"Fern Fox", "Holly Fox", "Maple Heron", "Olive Heron", "Release Robot", "Rowan Fox", "Sage Fox",
			"Willow Fox",
		},
	} {
		if got := items(r, rule); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", rule, got, want)
		}
	}
	if many := items(r, "many-admins"); !slices.Contains(many, "web-shop") {
		t.Errorf("many-admins: %q has no web-shop", many)
	}
	if r.Run.Calls.Made != r.Run.Calls.Planned {
		t.Errorf("%d calls made, %d planned", r.Run.Calls.Made, r.Run.Calls.Planned)
	}
	if r.Source.Account != "Amber Fox" || r.Source.Credential != "API token" ||
		r.Access.Workspaces[0].ViewerRole != "owner" {
		t.Errorf("the evidence says %+v, role %s", r.Source, r.Access.Workspaces[0].ViewerRole)
	}
}

// TestExitCodes has a case for each exit code of a run.
func TestExitCodes(t *testing.T) {
	whole := func(b bench, more ...string) []string {
		return args([]string{"run", "-workspace", "acme"}, quiet, more)
	}
	b, server := asDemoAdmin(t)
	for _, test := range []struct {
		name string
		args []string
		fail func()
		want int
	}{
		{"nothing above the level", whole(b, "-fail-on", "none"), nil, exitOK},
		{"findings", whole(b), nil, exitFindings},
		{"findings below the level", whole(b, "-repo", "plat-docs", "-min-admins", "1"), func() {
			server.Fail(bitbuckettest.On("GET", "/2.0/workspaces/acme/permissions"), twoStepOn())
		}, exitOK},
		{"no such workspace", []string{"run", "-workspace", "gone", "-throttle", "none"}, nil, exitFailed},
		{"wrong credential", whole(b), func() { server.Fail(bitbuckettest.Any, bitbuckettest.Status(401, "no")) }, exitFailed},
		{"wrong call", whole(b, "-fast"), nil, exitUsage},
		{"something refused", whole(b, "-fail-on", "none"), func() {
			server.Fail(bitbuckettest.On("GET", "/2.0/workspaces/acme/projects"), bitbuckettest.Status(403, "no"))
		}, exitIncomplete},
		{"incomplete beats findings", whole(b, "-max-calls", "12"), nil, exitIncomplete},
	} {
		t.Run(test.name, func(t *testing.T) {
			defer server.Heal()
			if test.fail != nil {
				test.fail()
			}
			got := b.call(t.Context(), test.args...)
			if got.code != test.want {
				t.Errorf("exit code %d, want %d:\n%s", got.code, test.want, got.stderr)
			}
			if report := got.code != exitFailed && got.code != exitUsage; report != (got.stdout != "") {
				t.Errorf("a report of %d bytes with exit code %d", len(got.stdout), got.code)
			}
		})
	}
}

func TestInterrupted(t *testing.T) {
	for _, format := range []string{"table", "html", "json", "csv", "junit"} {
		t.Run(format, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			answered := 0
			b, server := asDemoAdmin(t, bitbuckettest.Log(func(bitbuckettest.Request) {
				if answered++; answered == 10 {
					cancel()
				}
			}))
			got := b.call(ctx, args([]string{"-workspace", "acme", "-format", format}, quiet)...)
			calls := server.Calls() // those on their way at the tenth answer included
			if got.code != exitInterrupted || calls < 10 || calls >= 10+pagesAtATime {
				t.Fatalf("exit code %d after %d calls: %s", got.code, calls, got.stderr)
			}
			switch format {
			case "json":
				r := decode(t, got.stdout)
				if r.Complete || len(r.Incomplete) == 0 || len(items(r, "no-access")) != 0 {
					t.Errorf(
						"complete %v, incomplete %q, no-access %q",
						r.Complete,
						r.Incomplete,
						items(r, "no-access"),
					)
				}
			case "csv":
				rows, err := csv.NewReader(strings.NewReader(got.stdout)).ReadAll()
				if err != nil {
					t.Fatal(err)
				}
				for _, row := range rows[1:] {
					if row[0] != "false" {
						t.Fatalf("row %q does not say that the report is incomplete", row)
					}
				}
			case "html":
				if !strings.Contains(got.stdout, `<p class="state bad">✕ INCOMPLETE</p>`) ||
					!strings.HasSuffix(got.stdout, "</html>\n") {
					t.Errorf("the page is not marked:\n%.400s", got.stdout)
				}
			case "junit":
				if !strings.Contains(got.stdout, `<error message=`) {
					t.Error("nothing is an error")
				}
			default:
				if !strings.Contains(got.stdout, "INCOMPLETE, as of") ||
					!strings.HasSuffix(got.stdout, "INCOMPLETE: there is more than this report shows.\n") {
					t.Errorf("the table is not marked:\n%.400s", got.stdout)
				}
			}
		})
	}
}

func TestTimeoutIsIncomplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		today()
		server := bitbuckettest.Demo()
		b := asAdmin(t, server, "amber-fox")
		got := b.call(
			t.Context(),
			"run",
			"-workspace",
			"acme",
			"-explicit",
			"-timeout",
			"10m",
			"-format",
			"json",
		)
		r := decode(t, got.stdout)
		if got.code != exitIncomplete || r.Complete ||
			!slices.ContainsFunc(r.Incomplete, func(s string) bool {
				return strings.Contains(s, "repository-users: not read")
			}) {
			t.Errorf("exit code %d, incomplete %q", got.code, r.Incomplete)
		}
		if !strings.Contains(got.stderr, "next free slot at") &&
			!strings.Contains(got.stderr, "the budget has no call free") {
			t.Errorf("nobody said that it waits:\n%s", got.stderr)
		}
	})
}

// TestDemoOnlyWhenMeant holds that a real name or a forgotten secret never gets the demo's report.
func TestDemoOnlyWhenMeant(t *testing.T) {
	for _, test := range []struct {
		name string
		env  environment
		args []string
		want int
	}{
		{"no argument and no variable", nil, nil, exitFindings},
		{"-demo", nil, []string{"run", "-demo", "-throttle", "none"}, exitFindings},
		{"a workspace", nil, []string{"-workspace", "acme"}, exitUsage},
		{"a format", nil, []string{"-format", "json"}, exitUsage},
		{"run", nil, []string{"run"}, exitUsage},
		{"an empty variable", environment{"BITBUCKET_API_TOKEN="}, nil, exitUsage},
		{"a workspace of Pipelines", environment{"BITBUCKET_WORKSPACE=acme"}, nil, exitUsage},
		{"plan", nil, []string{"plan", "-workspace", "acme"}, exitUsage},
		{"gate", nil, []string{"gate", "-workspace", "acme", "-policy", write(t, "p.yaml", openPolicy)}, exitUsage},
		{"init", nil, []string{"init", "-workspace", "acme"}, exitUsage},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got := bench{env: test.env}.call(t.Context(), test.args...)
				if got.code != test.want {
					t.Errorf("exit code %d, want %d: %s", got.code, test.want, got.stderr)
				}
				demo := test.want == exitFindings
				if strings.HasPrefix(got.stdout, "DEMO") != demo || !demo && got.stdout != "" {
					t.Errorf("the output begins with %.60q", got.stdout)
				}
			})
		})
	}
}

// TestWorkspaceOfTheEnvironment is the default of every command that reads one, and the demo's is not
// touched by it.
func TestWorkspaceOfTheEnvironment(t *testing.T) {
	server := bitbuckettest.Demo(bitbuckettest.Throttle(0, 0))
	b := asAdmin(t, server, "amber-fox")
	b.env = append(b.env, "BITBUCKET_WORKSPACE=acme-labs", "BITBUCKET_REPO_SLUG=not-there")
	rules := write(t, "p.yaml", openPolicy)
	for _, args := range [][]string{
		{"run", "-format", "json"}, {"plan"}, {"doctor"}, {"init"}, {"gate", "-policy", rules, "-all"},
	} {
		got := b.call(t.Context(), append(args, "-throttle", "none")...)
		if !strings.Contains(got.stdout, "acme-labs") {
			t.Errorf("%q does not read the workspace of the environment: exit code %d: %s%s", args, got.code, got.stdout, got.stderr)
		}
		demo := bench{env: b.env}.call(t.Context(), append(args, "-demo", "-throttle", "none")...)
		if text := demo.stdout + demo.stderr; strings.Contains(text, "acme-labs") || demo.code == exitUsage ||
			demo.code == exitFailed || strings.Contains(text, "shortened") {
			t.Errorf("%q -demo: exit code %d: %.600s", args, demo.code, text)
		}
	}
}

func TestEveryFormSaysDemo(t *testing.T) {
	for _, format := range []string{"table", "html", "json", "csv", "junit", "sarif"} {
		synctest.Test(t, func(t *testing.T) {
			got := bench{}.call(t.Context(), "run", "-demo", "-format", format, "-sarif-uri", "README.md")
			if !strings.Contains(got.stdout, "DEMO: access to invented workspaces") {
				t.Errorf("%s: it begins with %.200q", format, got.stdout)
			}
		})
	}
}

// TestRemovedMeanwhile holds that a repository that goes away does not end an audit.
func TestRemovedMeanwhile(t *testing.T) {
	b, server := asDemoAdmin(t)
	server.Fail(
		bitbuckettest.On("GET", "/2.0/repositories/acme/pay-api*"),
		bitbuckettest.Status(404, `{"error":{"message":"gone"}}`),
	)
	server.Fail(
		func(r *http.Request) bool { return r.URL.Path == "/2.0/repositories/acme" && r.URL.Query().Has("q") },
		bitbuckettest.Edit(func(doc map[string]any) { doc["values"], doc["size"] = []any{}, 0 }),
	)
	got := b.call(
		t.Context(),
		args(
			[]string{"-workspace", "acme", "-explicit", "-format", "json", "-fail-on", "none"},
			quiet,
		)...)
	r := decode(t, got.stdout)
	if on := r.Access.Workspaces[0].Repository("pay-api"); got.code != exitOK || on == nil ||
		!on.Gone {
		t.Errorf("exit code %d, %+v: %s", got.code, on, got.stderr)
	}
	server.Heal()
	server.Fail(
		bitbuckettest.On("GET", "/2.0/repositories/acme/pay-api"), // which proves nothing
		bitbuckettest.Status(404, `{"error":{"message":"?"}}`),
	)
	server.Fail(
		bitbuckettest.On("GET", "/2.0/repositories/acme/pay-api/permissions-config/users"),
		bitbuckettest.Status(404, `{"error":{"message":"?"}}`),
	)
	got = b.call(
		t.Context(),
		args(
			[]string{"-workspace", "acme", "-explicit", "-format", "json", "-fail-on", "none"},
			quiet,
		)...)
	if got.code != exitIncomplete ||
		!strings.Contains(got.stderr, "repository-users: refused at 1 of 126 places, such as pay-api") {
		t.Errorf(
			"exit code %d: a repository that is there and does not show its grants is not gone: %s",
			got.code,
			got.stderr,
		)
	}
}

func TestOutIsWholeOrNotThere(t *testing.T) {
	b, _ := asDemoAdmin(t)
	dir := t.TempDir()
	got := b.call(
		t.Context(),
		args(
			[]string{"-workspace", "acme", "-format", "json", "-out", filepath.Join(dir, "none", "x")},
			quiet,
		)...)
	if got.code != exitFailed || !strings.Contains(got.stderr, "-out ") {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
	path := filepath.Join(dir, "report.json")
	got = b.call(
		t.Context(),
		args([]string{"-workspace", "acme", "-format", "json", "-out", path}, quiet)...)
	data, err := os.ReadFile(path)
	if err != nil || got.stdout != "" {
		t.Fatal(err, got.stdout)
	}
	decode(t, string(data))
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("mode %v, %v: who may do what is nobody else's business", info.Mode(), err)
	}
}

// TestGateAndSpurious404s stays shut when Bitbucket does not find what is there, as it did for most of
// an hour in 2025: something of a repository, all of it, its project, and every repository.
func TestGateAndSpurious404s(t *testing.T) {
	policy := write(t, "p.yaml", "version: 1\ndefaults: {admins: {most: 1}, direct_grants: none}\n")
	for places, want := range map[string]int{
		"": exitFindings,
		"/2.0/repositories/acme/shop/permissions-config/users":                                    exitUsage,
		"/2.0/repositories/acme/shop*":                                                            exitUsage,
		"/2.0/workspaces/acme/projects/WEB*":                                                      exitFindings,
		"/2.0/repositories/acme/shop* /2.0/workspaces/acme/projects/WEB*":                         exitUsage,
		"/2.0/repositories/acme/*":                                                                exitUsage,
		"/2.0/repositories/acme*":                                                                 exitUsage,
		"/2.0/workspaces/acme/permissions/repositories* /2.0/repositories/acme/shop/permissions*": exitUsage,
	} {
		server := bitbuckettest.New(bitbuckettest.Throttle(0, 0))
		server.AddUser(bitbuckettest.User{Nickname: "ada", Has2FAEnabled: new(true)})
		server.AddUser(bitbuckettest.User{Nickname: "bob", Has2FAEnabled: new(true)})
		server.AddWorkspace(bitbuckettest.Workspace{Slug: "acme"})
		server.AddMember("acme", bitbuckettest.Member{User: "ada", Role: "owner"})
		server.AddMember("acme", bitbuckettest.Member{User: "bob"})
		server.AddProject("acme", bitbuckettest.Project{Key: "WEB"})
		for _, slug := range []string{"site", "shop"} {
			server.AddRepository("acme", bitbuckettest.Repository{Slug: slug, Project: "WEB"})
		}
		server.GrantRepository("acme", "shop", "bob", "admin")
		for path := range strings.FieldsSeq(places) {
			server.Fail(bitbuckettest.On("GET", path), bitbuckettest.Status(404, `{"error":{"message":"Not found"}}`))
		}
		b := asAdmin(t, server, "ada")
		for _, which := range []string{"-all", "-repo=shop"} {
			got := b.call(t.Context(), args([]string{"gate", "-workspace", "acme", "-policy", policy, which}, quiet)...)
			if got.code != want && (got.code == exitOK || want != exitUsage) {
				t.Errorf("%q, %s: exit code %d, want %d: %s%s", places, which, got.code, want, got.stdout, got.stderr)
			}
		}
	}
}

// TestGroupThatAdministers is found by what a grant says of the group: the list of groups does not.
func TestGroupThatAdministers(t *testing.T) {
	server := bitbuckettest.New(bitbuckettest.Throttle(0, 0))
	for _, nickname := range []string{"ada", "bob"} {
		server.AddUser(bitbuckettest.User{Nickname: nickname, Has2FAEnabled: new(true)})
	}
	server.AddWorkspace(bitbuckettest.Workspace{Slug: "acme"})
	server.AddMember("acme", bitbuckettest.Member{User: "ada", Role: "owner"})
	server.AddMember("acme", bitbuckettest.Member{User: "bob"})
	server.AddGroup("acme", bitbuckettest.Group{Slug: "staff", Members: []string{"bob"}, Privilege: "admin"})
	server.AddProject("acme", bitbuckettest.Project{Key: "WEB"})
	server.AddRepository("acme", bitbuckettest.Repository{Slug: "site", Project: "WEB"})
	server.Grant("acme", bitbuckettest.Grant{Repository: "site", Group: "staff", Permission: "read"})
	got := asAdmin(t, server, "ada").call(t.Context(),
		args([]string{"-workspace", "acme", "-explicit", "-format", "json", "-fail-on", "none"}, quiet)...)
	r := decode(t, got.stdout)
	group := r.Access.Workspaces[0].Groups[0]
	if group.Slug != "staff" || !group.Administers() || !slices.ContainsFunc(r.Findings,
		func(f findings.Finding) bool { return f.Rule == "admin-group" }) {
		t.Errorf("exit code %d, %+v: %s", got.code, group, got.stderr)
	}
}

// TestRefusalsOfTheCredential are asked for once and not once for each place: what lacks a scope at one
// repository lacks it at all.
func TestRefusalsOfTheCredential(t *testing.T) {
	server := bitbuckettest.Demo(bitbuckettest.Throttle(0, 0))
	b := asAdmin(t, server, "amber-fox")
	for name, token := range map[string]string{
		"a scope": server.IssueOAuthToken("amber-fox", "account", "repository", "project", "pipeline"),
		"a kind":  server.IssueWorkspaceToken("acme"),
	} {
		b.env = environment{"BITBUCKET_ACCESS_TOKEN=" + token, "XDG_CACHE_HOME=" + t.TempDir()}
		before := server.Calls()
		got := b.call(t.Context(), args([]string{"-workspace", "acme", "-explicit", "-format", "json", "-fail-on", "none"}, quiet)...)
		made := server.Calls() - before
		asked := map[string]int{}
		for _, r := range server.Requests()[before:] {
			if _, list, of := strings.Cut(r.Path, "permissions-config"); of && r.Status == http.StatusForbidden {
				asked[list]++
			}
		}
		r := decode(t, got.stdout)
		if on := r.Access.Workspaces[0].CoverageOf("repository-users"); got.code != exitIncomplete || on.Verdict != "refused" ||
			len(on.Exceptions) != 126 || made > 300 {
			t.Errorf("%s: exit code %d, %d calls, %s with %d exceptions: %s", name, got.code, made, on.Verdict, len(on.Exceptions), got.stderr)
		}
		for list, n := range asked {
			if n > 2 { // of repositories and of projects
				t.Errorf("%s: %s was refused %d times", name, list, n)
			}
		}
	}
}

// twoStepOn turns two-step verification on for everybody.
func twoStepOn() bitbuckettest.Fault {
	return bitbuckettest.Edit(func(doc map[string]any) {
		for _, v := range doc["values"].([]any) {
			v.(map[string]any)["user"].(map[string]any)["has_2fa_enabled"] = true
		}
	})
}
