package main

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// gated calls the gate for a repository of the demo.
func gated(policy string, more ...string) []string {
	return args([]string{"gate", "-workspace", "acme", "-repo", "plat-docs", "-policy", policy}, quiet, more)
}

const (
	repoPath    = "/2.0/workspaces/acme/permissions/repositories/plat-docs"
	membersPath = "/2.0/workspaces/acme/permissions"
)

// values changes the items of a page.
func values(change func([]any) []any) bitbuckettest.Fault {
	return bitbuckettest.Edit(func(doc map[string]any) { doc["values"] = change(doc["values"].([]any)) })
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

// TestGateAgainstHostileAnswers never opens, whatever comes in place of an answer.
func TestGateAgainstHostileAnswers(t *testing.T) {
	body := func(text string) bitbuckettest.Fault { return bitbuckettest.Status(200, text) }
	answers := map[string]bitbuckettest.Fault{
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
		"no users":                    each(func(item map[string]any) { delete(item, "user") }),
		"unknown permissions":         each(func(item map[string]any) { item["permission"] = "super-admin" }),
		"permissions of another kind": each(func(item map[string]any) { item["permission"] = 7 }),
		"no permissions":              each(func(item map[string]any) { delete(item, "permission") }),
	}
	policy := write(t, "policy.yaml", `version: 1
defaults:
  admins:
    most: 8
    least: 2
    allow:
      - user: "{345858ed-b8dc-5f07-ab99-f8b9f37687b1}"
        note: Amber
      - user: "{d4244e17-6404-57be-93cf-e7b21e9ecbbe}"
      - user: "{3dbf5232-f6d7-533b-9d42-71b1814a659b}"
      - user: "{0c0aef8f-3d2f-56b7-8c60-2ba8b8b9b4cb}"
  outsiders: none
  stale_days: 90
unknown:
  two_step: pass-and-say
  stale_days: pass-and-say
  admins.allow: pass-and-say
  outsiders: pass-and-say
`)
	b, server := asDemoAdmin(t)
	policy = allowAdmins(t, b, policy)
	if got := b.call(t.Context(), gated(policy)...); got.code != exitOK {
		t.Fatalf("with right answers it has to open: exit code %d: %s%s", got.code, got.stdout, got.stderr)
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
	_ = server
}

// allowAdmins writes a policy that allows exactly the admins of the repository.
func allowAdmins(t *testing.T, b bench, _ string) string {
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
	return write(t, "policy.yaml", text+"unknown:\n  two_step: pass-and-say\n  stale_days: pass-and-say\n  admins.allow: pass-and-say\n  outsiders: pass-and-say\n")
}

// TestGateAgainstWrongCalls never opens when it is not clear what was meant.
func TestGateAgainstWrongCalls(t *testing.T) {
	b, _ := asDemoAdmin(t)
	policy := write(t, "policy.yaml", openPolicy)
	if got := b.call(t.Context(), gated(policy)...); got.code != exitOK {
		t.Fatalf("the right call has to open: exit code %d: %s", got.code, got.stderr)
	}
	calls := map[string][]string{
		"no policy":                       {"gate", "-workspace", "acme", "-repo", "plat-docs"},
		"no such policy":                  gated(policy + ".none"),
		"a policy that is a folder":       gated(filepath.Dir(policy)),
		"no workspace":                    {"gate", "-repo", "plat-docs", "-policy", policy},
		"an empty workspace":              {"gate", "-workspace", "", "-policy", policy},
		"an empty repository":             {"gate", "-workspace", "acme", "-repo", "", "-policy", policy},
		"an empty assignment":             {"gate", "-workspace", "acme", "-repo=", "-policy", policy},
		"a stray word":                    gated(policy, "strict"),
		"a stray word before flags":       args([]string{"gate", "now"}, gated(policy)[1:]),
		"a flag after two dashes":         gated(policy, "--", "-strict"),
		"an unknown flag":                 gated(policy, "-fast"),
		"a flag twice":                    gated(policy, "-repo", "plat-api"),
		"a policy twice":                  gated(policy, "-policy", policy),
		"an unknown format":               gated(policy, "-format", "html"),
		"a negative age":                  gated(policy, "-max-age", "-1h"),
		"no number":                       gated(policy, "-max-calls", "many"),
		"an unknown throttle":             {"gate", "-workspace", "acme", "-policy", policy, "-throttle", "fast"},
		"another checksum":                gated(policy, "-policy-sha256", strings.Repeat("0", 64)),
		"no checksum":                     gated(policy, "-policy-sha256", "abc"),
		"a repository with its workspace": {"gate", "-workspace", "acme", "-repo", "acme/plat-docs", "-policy", policy},
		"a repository that is not there":  {"gate", "-workspace", "acme", "-repo", "plat-dogs", "-policy", policy, "-throttle", "none"},
		"a workspace that is not there":   {"gate", "-workspace", "acne", "-repo", "plat-docs", "-policy", policy, "-throttle", "none"},
		"no report":                       gated(policy, "-report", policy+".none"),
		"a policy as report":              gated(policy, "-report", policy),
		"no subcommand":                   gated(policy)[1:],
		"a time that is none":             gated(policy, "-now", "today"),
		"all and one":                     gated(policy, "-all"),
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

// TestGateBySavedReport needs no credential, and takes no report that is old, changed or of the demo.
func TestGateBySavedReport(t *testing.T) {
	b, _ := asDemoAdmin(t)
	dir := t.TempDir()
	saved := filepath.Join(dir, "report.json")
	if got := b.call(t.Context(), args([]string{"-workspace", "acme", "-format", "json", "-out", saved, "-fail-on", "none"}, []string{"-throttle", "none"})...); got.code != exitOK {
		t.Fatal(got.stderr)
	}
	policy := write(t, "policy.yaml", openPolicy)
	judge := func(report string, more ...string) result {
		return bench{}.call(t.Context(), args([]string{"gate", "-policy", policy, "-report", report, "-repo", "plat-docs"}, more)...)
	}
	if got := judge(saved); got.code != exitOK || !strings.Contains(got.stdout, "acme/plat-docs: open by defaults") {
		t.Fatalf("exit code %d: %s%s", got.code, got.stdout, got.stderr)
	}
	text := string(must(bench{}.read(saved)))
	changed := write(t, "changed.json", strings.Replace(text, `"two_step": false`, `"two_step": true`, 1))
	demo := filepath.Join(dir, "demo.json")
	synctest.Test(t, func(t *testing.T) {
		bench{}.call(t.Context(), "run", "-demo", "-throttle", "none", "-format", "json", "-out", demo)
	})
	later := time.Now().Add(25 * time.Hour).UTC().Format(time.RFC3339)
	for name, got := range map[string]result{
		"old":                    judge(saved, "-now", later),
		"of the future":          judge(saved, "-now", "2020-01-01"),
		"changed":                judge(changed),
		"of the demo":            judge(demo, "-now", "2000-01-01"),
		"cut":                    judge(write(t, "cut.json", text[:len(text)/2])),
		"twice":                  judge(write(t, "twice.json", text+text)),
		"of another workspace":   judge(saved, "-workspace", "other"),
		"without the repository": bench{}.call(t.Context(), "gate", "-policy", policy, "-report", saved, "-repo", "missing"),
	} {
		if got.code != exitUsage {
			t.Errorf("%s: exit code %d: %s%s", name, got.code, got.stdout, got.stderr)
		}
	}
	if got := judge(saved, "-max-age", "26h", "-now", later); got.code != exitOK {
		t.Errorf("a report of 25 hours is refused under -max-age 26h: %s", got.stderr)
	}
}

// read reads a file for a test.
func (b bench) read(name string) ([]byte, error) { return (&program{}).read(name) }

func must(data []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return data
}

func TestGateSaysWhatItDoes(t *testing.T) {
	b, _ := asDemoAdmin(t)
	policy := `version: 1
defaults:
  admins: {most: 8}
repositories:
  - match: ["web-*"]
    admins: {most: 9}
  - match: [web-shop]
    admins:
      most: 7
      allow:
        - user: "{345858ed-b8dc-5f07-ab99-f8b9f37687b1}"
        - user: "557058:75202265-7156-5b69-8812-0acd13f56a15"
          note: nobody any more
    two_step: admins
`
	path := write(t, "policy.yaml", policy)
	got := b.call(t.Context(), args([]string{"gate", "-workspace", "acme", "-repo", "web-shop", "-policy", path}, quiet)...)
	for _, want := range []string{
		"acme/web-shop: shut by match web-shop (line 7)\n", "  8 admins: Amber Fox {345858ed-",
		"shut: admins.most: 8 admins, and 7 are allowed (line 9 of the policy)", "Sage Fox {20a53a3e-4820-5088-9a39-05b3c665c6e5} may not be admin",
		"shut: two_step: Maple Heron", "unused: admins.allow: 557058:75202265",
	} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if got.code != exitFindings || !strings.HasSuffix(got.stderr, "bbaudit: shut\n") {
		t.Errorf("exit code %d:\n%s%s", got.code, got.stdout, got.stderr)
	}
	sum := sha256.Sum256([]byte(policy))
	all := args([]string{"gate", "-workspace", "acme", "-policy", path, "-policy-sha256", hex.EncodeToString(sum[:])}, quiet)
	if got := b.call(t.Context(), all...); got.code != exitFindings || strings.Count(got.stdout, "acme/") != 126 {
		t.Errorf("exit code %d, %d repositories: %s", got.code, strings.Count(got.stdout, "acme/"), got.stderr)
	}
	open := write(t, "open.yaml", openPolicy+"unknown: {two_step: pass-and-say}\n")
	if got := b.call(t.Context(), gated(open)...); !strings.Contains(got.stdout, "admins.allow is not set: anybody may be admin") {
		t.Errorf("it does not say that anybody may be admin:\n%s", got.stdout)
	}
	env := b
	env.env = append(env.env, "BITBUCKET_WORKSPACE=acme", "BITBUCKET_REPO_SLUG=plat-docs")
	if got := env.call(t.Context(), "gate", "-policy", open, "-throttle", "none"); got.code != exitOK || strings.Count(got.stdout, "acme/") != 1 {
		t.Errorf("Pipelines' variables are not the defaults: exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
}

// TestGateForAccessTokens says what to do to those who may not ask.
func TestGateForAccessTokens(t *testing.T) {
	server := bitbuckettest.Demo(bitbuckettest.Throttle(0, 0))
	for _, token := range []string{server.IssueRepositoryToken("acme", "plat-docs"), server.IssueWorkspaceToken("acme")} {
		b := bench{transport: server, env: environment{"BITBUCKET_ACCESS_TOKEN=" + token}}
		got := b.call(t.Context(), gated(write(t, "policy.yaml", openPolicy))...)
		if got.code != exitUsage || !strings.Contains(got.stderr, "-report") {
			t.Errorf("exit code %d: %s%s", got.code, got.stdout, got.stderr)
		}
	}
}

func TestInitWritesWhatAGateReads(t *testing.T) {
	b, _ := asDemoAdmin(t)
	path := filepath.Join(t.TempDir(), "policy.yaml")
	got := b.call(t.Context(), args([]string{"init", "-workspace", "acme", "-out", path}, quiet)...)
	if got.code != exitOK {
		t.Fatalf("exit code %d: %s", got.code, got.stderr)
	}
	judge := args([]string{"gate", "-workspace", "acme", "-policy", path}, quiet)
	if got := b.call(t.Context(), judge...); got.code != exitUsage || !strings.Contains(got.stderr, "REWRITE:") {
		t.Errorf("reasons that nobody has written are read: exit code %d: %.500s", got.code, got.stderr)
	}
	text := strings.ReplaceAll(string(must(bench{}.read(path))), "REWRITE:", "on purpose:")
	judge[4] = write(t, "policy.yaml", text)
	if got := b.call(t.Context(), judge...); got.code != exitOK {
		t.Errorf("it does not open with its exceptions: exit code %d: %s%.1000s", got.code, got.stdout, got.stderr)
	}
	judge[len(judge)-1] = "2027-02-24" // the ninety-first day
	if got := b.call(t.Context(), judge...); got.code != exitUsage || !strings.Contains(got.stderr, "ended on 2027-02-23") {
		t.Errorf("exit code %d after the exceptions have ended: %.300s", got.code, got.stderr)
	}
	if got := b.call(t.Context(), args([]string{"init", "-workspace", "acme", "-out", path}, quiet)...); got.code != exitUsage {
		t.Errorf("it writes over a policy: exit code %d", got.code)
	}
}

func TestAcceptRoundTrip(t *testing.T) {
	b, _ := asDemoAdmin(t)
	dir := t.TempDir()
	saved, accepted := filepath.Join(dir, "report.json"), filepath.Join(dir, "accepted.yaml")
	run := args([]string{"-workspace", "acme", "-format", "json"}, []string{"-throttle", "none"})
	b.call(t.Context(), args(run, []string{"-now", "2026-11-25", "-out", saved})...)
	for _, rule := range []string{"outsider", "admin-without-two-step"} {
		got := bench{}.call(t.Context(), "accept", saved, "-rule", rule, "-until", "2026-12-31", "-reason", `the "books"`, "-by", "Ada", "-append", accepted, "-now", "2026-11-25")
		if got.code != exitOK {
			t.Fatalf("exit code %d: %s", got.code, got.stderr)
		}
	}
	got := b.call(t.Context(), args(run, []string{"-accept", accepted, "-now", "2026-12-31T23:59:59Z"})...)
	if got.code != exitOK {
		t.Errorf("on the last day exit code %d, want no high finding: %s", got.code, got.stderr)
	}
	if n := len(items(decode(t, got.stdout), "outsider")); n != 1 {
		t.Errorf("what was accepted is not shown any more")
	}
	got = b.call(t.Context(), args(run, []string{"-accept", accepted, "-now", "2027-01-01"})...)
	if got.code != exitFindings {
		t.Errorf("on the day after exit code %d, want %d", got.code, exitFindings)
	}
	for name, wrong := range map[string][]string{
		"too long":     {"-rule", "outsider", "-until", "2027-11-27"},
		"over already": {"-rule", "outsider", "-until", "2026-11-24"},
		"no day":       {"-rule", "outsider", "-until", "soon"},
		"no rule":      {"-rule", "nonsense", "-until", "2026-12-31"},
		"no case":      {"-rule", "deploy-key-writes", "-until", "2026-12-31"},
	} {
		call := args([]string{"accept", saved, "-reason", "r", "-by", "b", "-now", "2026-11-25"}, wrong)
		if got := (bench{}).call(t.Context(), call...); got.code != exitUsage || got.stdout != "" {
			t.Errorf("%s: exit code %d: %s", name, got.code, got.stdout)
		}
	}
}
