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

func TestGateBySavedReport(t *testing.T) {
	b, _ := asDemoAdmin(t)
	dir := t.TempDir()
	saved := filepath.Join(dir, "report.json")
	if got := b.call(t.Context(), args([]string{"-workspace", "acme", "-format", "json", "-out", saved, "-fail-on", "none"}, []string{"-throttle", "none"})...); got.code != exitOK {
		t.Fatal(got.stderr)
	}
	policy := write(t, "policy.yaml", openPolicy)
	judge := func(report string, more ...string) result {
		return bench{}.call(
			t.Context(),
			args([]string{"gate", "-policy", policy, "-report", report, "-repo", "plat-docs"}, more)...)
	}
	if got := judge(saved); got.code != exitOK ||
		!strings.Contains(got.stdout, "acme/plat-docs: open by defaults") {
		t.Fatalf("exit code %d: %s%s", got.code, got.stdout, got.stderr)
	}
	text := string(must(bench{}.read(saved)))
	changed := write(
		t,
		"changed.json",
		strings.Replace(text, `"two_step": false`, `"two_step": true`, 1),
	)
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
	got := b.call(
		t.Context(),
		args([]string{"gate", "-workspace", "acme", "-repo", "web-shop", "-policy", path}, quiet)...)
	for _, want := range []string{
		"acme/web-shop: shut by match web-shop (line 7)\n", "  8 admins: Amber Fox {345858ed-",
		"shut: admins.most: 8 admins, and 7 are allowed (line 9 of the policy)",
		"Sage Fox {20a53a3e-4820-5088-9a39-05b3c665c6e5} may not be admin",
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
	all := args(
		[]string{
			"gate",
			"-workspace",
			"acme",
			"-policy",
			path,
			"-policy-sha256",
			hex.EncodeToString(sum[:]),
		},
		quiet,
	)
	if got := b.call(t.Context(), all...); got.code != exitFindings ||
		strings.Count(got.stdout, "acme/") != 126 {
		t.Errorf(
			"exit code %d, %d repositories: %s",
			got.code,
			strings.Count(got.stdout, "acme/"),
			got.stderr,
		)
	}
	open := write(t, "open.yaml", openPolicy+"unknown: {two_step: pass-and-say}\n")
	if got := b.call(t.Context(), gated(open)...); !strings.Contains(
		got.stdout,
		"admins.allow is not set: anybody may be admin",
	) {
		t.Errorf("it does not say that anybody may be admin:\n%s", got.stdout)
	}
	env := b
	env.env = append(env.env, "BITBUCKET_WORKSPACE=acme", "BITBUCKET_REPO_SLUG=plat-docs")
	if got := env.call(t.Context(), "gate", "-policy", open, "-throttle", "none"); got.code != exitOK ||
		strings.Count(got.stdout, "acme/") != 1 {
		t.Errorf(
			"Pipelines' variables are not the defaults: exit code %d\n%s%s",
			got.code,
			got.stdout,
			got.stderr,
		)
	}
}

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
