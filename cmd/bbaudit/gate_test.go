package main

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// gated calls the gate for a repository of the demo.
func gated(policy string, more ...string) []string {
	return args(
		[]string{"gate", "-workspace", "acme", "-repo", "plat-docs", "-policy", policy},
		quiet,
		more,
	)
}

const (
	repoPath    = "/2.0/workspaces/acme/permissions/repositories/plat-docs"
	membersPath = "/2.0/workspaces/acme/permissions"
)

// values changes the items of a page.
func values(change func([]any) []any) bitbuckettest.Fault {
	return bitbuckettest.Edit(
		func(doc map[string]any) { doc["values"] = change(doc["values"].([]any)) },
	)
}

// each changes each item of a page.
func each(change func(item map[string]any)) bitbuckettest.Fault {
	return values(func(all []any) []any {
		for _, v := range all {
			change(v.(map[string]any))
		}
		return all
	})
}

// hostileAnswers are what may come in place of an answer.
func hostileAnswers() map[string]bitbuckettest.Fault {
	body := func(text string) bitbuckettest.Fault { return bitbuckettest.Status(200, text) }
	return map[string]bitbuckettest.Fault{
		"400":                bitbuckettest.Status(400, `{"error":{"message":"no"}}`),
		"401":                bitbuckettest.Status(401, `{"error":{"message":"no"}}`),
		"402":                bitbuckettest.Status(402, `{"error":{"message":"no"}}`),
		"403":                bitbuckettest.Status(403, `{"error":{"message":"no"}}`),
		"404":                bitbuckettest.Status(404, `{"error":{"message":"no"}}`),
		"410":                bitbuckettest.Status(410, `{"error":{"message":"no"}}`),
		"429":                bitbuckettest.Status(429, "Too many requests"),
		"500":                bitbuckettest.ServerError(),
		"502":                bitbuckettest.BadGateway(),
		"204":                bitbuckettest.Status(204, ""),
		"reset":              bitbuckettest.Reset(),
		"refused":            bitbuckettest.Refuse(),
		"stall":              bitbuckettest.Stall(),
		"stalled body":       bitbuckettest.StallBody(),
		"cut body":           bitbuckettest.CutBody(),
		"redirect":           bitbuckettest.Redirect(302, "https://login.example/"),
		"captive portal":     body("<html>welcome</html>"),
		"empty body":         body(""),
		"null":               body("null"),
		"an empty object":    body("{}"),
		"an empty array":     body("[]"),
		"values null":        body(`{"values":null}`),
		"no values":          body(`{"size":0,"page":1,"pagelen":100}`),
		"an empty list":      body(`{"values":[],"size":0,"page":1,"pagelen":100}`),
		"an empty promise":   body(`{"values":[],"size":5,"page":1,"pagelen":100}`),
		"a sentence":         body(`{"values":["A workspace on a Free plan has no permissions"]}`),
		"empty items":        body(`{"values":[{},{}],"size":2}`),
		"an error in 200":    body(`{"type":"error","error":{"message":"maintenance"}}`),
		"an array of text":   body(`["no"]`),
		"broken JSON":        body(`{"values":[{"user":`),
		"a list that loops":  bitbuckettest.Loop(),
		"a foreign next":     bitbuckettest.ForeignNext("https://other.example"),
		"less than its size": values(func(all []any) []any { return all[:1] }),
		"the same one twice": values(func(all []any) []any { all[len(all)-1] = all[0]; return all }),
		"nobody identified": each(func(item map[string]any) {
			item["user"] = map[string]any{"type": "user", "display_name": "Former user"}
		}),
		"no users": each(func(item map[string]any) { delete(item, "user") }),
		"unknown permissions": each(
			func(item map[string]any) { item["permission"] = "super-admin" },
		),
		"permissions of another kind": each(func(item map[string]any) { item["permission"] = 7 }),
		"no permissions":              each(func(item map[string]any) { delete(item, "permission") }),
	}
}

// TestGateAgainstHostileAnswers never opens, whatever comes in place of an answer.
func TestGateAgainstHostileAnswers(t *testing.T) {
	answers := hostileAnswers()
	b, _ := asDemoAdmin(t)
	policy := allowAdmins(t, b)
	if got := b.call(t.Context(), gated(policy)...); got.code != exitOK {
		t.Fatalf(
			"with right answers it has to open: exit code %d: %s%s",
			got.code,
			got.stdout,
			got.stderr,
		)
	}
	for name, fault := range answers {
		for _, path := range []string{repoPath, membersPath} {
			t.Run(name+" of "+path, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					server := bitbuckettest.Demo(bitbuckettest.Throttle(0, 0))
					b := asAdmin(t, server, "amber-fox")
					server.Fail(bitbuckettest.On("GET", path), fault)
					got := b.call(t.Context(), gated(policy)...)
					if got.code != exitUsage && got.code != exitFindings {
						t.Errorf("exit code %d:\n%s%s", got.code, got.stdout, got.stderr)
					}
				})
			})
		}
	}
	if len(answers) < 30 {
		t.Errorf("only %d answers", len(answers))
	}
}

// allowAdmins writes a policy that allows exactly the admins of the repository.
func allowAdmins(t *testing.T, b bench) string {
	t.Helper()
	got := b.call(t.Context(), gated(write(t, "counting.yaml", openPolicy))...)
	_, line, ok := strings.Cut(got.stdout, " admins: ")
	line, _, _ = strings.Cut(line, "\n")
	if !ok {
		t.Fatalf("who was counted is not printed: %s%s", got.stdout, got.stderr)
	}
	text := openPolicy + "  stale_days: 90\n"
	allow := "    allow:\n"
	for who := range strings.SplitSeq(line, ", ") {
		allow += `      - user: "` + who[strings.Index(who, "{"):] + `"` + "\n"
	}
	text = strings.Replace(text, "    least: 2\n", "    least: 2\n"+allow, 1)
	return write(
		t,
		"policy.yaml",
		text+"unknown:\n  two_step: pass-and-say\n  stale_days: pass-and-say\n  admins.allow: pass-and-say\n  outsiders: pass-and-say\n",
	)
}

// TestGateByAnotherRepository holds that what is said about one repository opens no other one.
func TestGateByAnotherRepository(t *testing.T) {
	b, server := asDemoAdmin(t)
	policy := allowAdmins(t, b)
	other := map[string]any{"full_name": "acme/plat-api", "slug": "plat-api"}
	for name, fault := range map[string]bitbuckettest.Fault{
		"all of it": each(func(item map[string]any) { item["repository"] = other }),
		"a part of it": values(func(all []any) []any {
			all[len(all)-1].(map[string]any)["repository"] = other
			return all
		}),
	} {
		server.Fail(bitbuckettest.On("GET", repoPath), fault)
		got := b.call(t.Context(), gated(policy)...)
		if got.code != exitUsage || !strings.Contains(got.stdout, "about another repository, plat-api") {
			t.Errorf("%s: exit code %d: %s%s", name, got.code, got.stdout, got.stderr)
		}
		server.Heal()
	}
}

// TestGateAgainstWrongCalls never opens when it is not clear what was meant.
func TestGateAgainstWrongCalls(t *testing.T) {
	b, _ := asDemoAdmin(t)
	policy := write(t, "policy.yaml", openPolicy)
	if got := b.call(t.Context(), gated(policy)...); got.code != exitOK {
		t.Fatalf("the right call has to open: exit code %d: %s", got.code, got.stderr)
	}
	calls := map[string][]string{
		"no policy":                 {"gate", "-workspace", "acme", "-repo", "plat-docs"},
		"no such policy":            gated(policy + ".none"),
		"a policy that is a folder": gated(filepath.Dir(policy)),
		"no workspace":              {"gate", "-repo", "plat-docs", "-policy", policy},
		"an empty workspace":        {"gate", "-workspace", "", "-policy", policy},
		"an empty repository":       {"gate", "-workspace", "acme", "-repo", "", "-policy", policy},
		"an empty assignment":       {"gate", "-workspace", "acme", "-repo=", "-policy", policy},
		"a stray word":              gated(policy, "strict"),
		"a stray word before flags": args([]string{"gate", "now"}, gated(policy)[1:]),
		"a flag after two dashes":   gated(policy, "--", "-strict"),
		"an unknown flag":           gated(policy, "-fast"),
		"a flag twice":              gated(policy, "-repo", "plat-api"),
		"a policy twice":            gated(policy, "-policy", policy),
		"an unknown format":         gated(policy, "-format", "html"),
		"a negative age":            gated(policy, "-max-age", "-1h"),
		"no number":                 gated(policy, "-max-calls", "many"),
		"an unknown throttle": {
			"gate",
			"-workspace",
			"acme",
			"-policy",
			policy,
			"-throttle",
			"fast",
		},
		"another checksum": gated(policy, "-policy-sha256", strings.Repeat("0", 64)),
		"no checksum":      gated(policy, "-policy-sha256", "abc"),
		"a repository with its workspace": {
			"gate",
			"-workspace",
			"acme",
			"-repo",
			"acme/plat-docs",
			"-policy",
			policy,
		},
		"a repository that is not there": {
			"gate",
			"-workspace",
			"acme",
			"-repo",
			"plat-dogs",
			"-policy",
			policy,
			"-throttle",
			"none",
		},
		"a workspace that is not there": {
			"gate",
			"-workspace",
			"acne",
			"-repo",
			"plat-docs",
			"-policy",
			policy,
			"-throttle",
			"none",
		},
		"no report":           gated(policy, "-report", policy+".none"),
		"a policy as report":  gated(policy, "-report", policy),
		"no subcommand":       gated(policy)[1:],
		"a time that is none": gated(policy, "-now", "today"),
		"all and one":         gated(policy, "-all"),
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			if got := b.call(t.Context(), call...); got.code != exitUsage || got.stderr == "" {
				t.Errorf("exit code %d: %s%s", got.code, got.stdout, got.stderr)
			}
		})
	}
	if len(calls) < 20 {
		t.Errorf("only %d calls", len(calls))
	}
}

// TestGateBySavedReport needs no credential, and takes no report that is old, changed or of the
// demo.
// read reads a file for a test.
func (b bench) read(name string) ([]byte, error) { return (&program{}).read(name) }

func must(data []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return data
}

// TestGateForAccessTokens says what to do to those who may not ask.
