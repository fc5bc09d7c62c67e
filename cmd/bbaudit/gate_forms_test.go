package main

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
)

// TestGateForms tells build systems and code hosts the same: shut is a failure, could not tell an
// error, and each result lies at the line of the policy.
func TestGateForms(t *testing.T) {
	b, _ := asDemoAdmin(t)
	t.Chdir(t.TempDir())
	policy := "access.yaml"
	if err := (output{path: policy}).write([]byte(strings.Replace(openPolicy, "most: 8", "most: 2", 1) + "  two_step: everybody\n")); err != nil {
		t.Fatal(err)
	}
	shut := b.call(t.Context(), gated(policy, "-format", "sarif")...)
	log, err := sarif.FromString(shut.stdout)
	if err != nil || shut.code != exitUsage { // somebody's two steps cannot be seen
		t.Fatal(shut.code, err, shut.stderr)
	}
	if err := log.Validate(); err != nil {
		t.Error(err)
	}
	lines := map[string]int{}
	for _, r := range log.Runs[0].Results {
		at := r.Locations[0].PhysicalLocation
		if *at.ArtifactLocation.URI != policy {
			t.Errorf("a result lies at %s", *at.ArtifactLocation.URI)
		}
		lines[*r.RuleID] = *at.Region.StartLine
	}
	if lines["admins.most"] != 4 || lines["two_step"] != 7 {
		t.Errorf("the results lie at the lines %v", lines)
	}
	junit := b.call(t.Context(), gated(policy, "-format", "junit")...)
	var suites struct {
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
	}
	if err := xml.Unmarshal([]byte(junit.stdout), &suites); err != nil {
		t.Fatal(err)
	}
	if suites.Failures == 0 || suites.Errors == 0 ||
		!strings.Contains(
			junit.stdout,
			`<error message="acme/plat-docs: two-step verification of Cedar Fox`,
		) {
		t.Errorf("%+v\n%s", suites, junit.stdout)
	}
	absolute := write(t, "policy.yaml", openPolicy)
	if got := b.call(t.Context(), gated(absolute, "-format", "sarif")...); got.code != exitUsage ||
		!strings.Contains(got.stderr, "not relative to the repository") {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
	if got := b.call(t.Context(), gated(absolute, "-format", "sarif", "-sarif-uri", ".bitbucket/access.yaml")...); got.code != exitOK {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
}

// TestHelp holds what each subcommand's help has to say.
func TestHelp(t *testing.T) {
	for _, command := range []string{
		"run", "plan", "gate", "init", "accept", "diff", "explain", "doctor",
		"review", "review export", "review import", "review close",
	} {
		got := bench{}.call(t.Context(), append(strings.Fields(command), "-h")...)
		for _, part := range []string{"Environment:", "Scopes:", "Exit codes:", "Example: bbaudit"} {
			if !strings.Contains(strings.Join(strings.Fields(got.stdout), " "), part) {
				t.Errorf("%s -h does not say %q", command, part)
			}
		}
		if got.code != exitOK || got.stderr != "" {
			t.Errorf("exit code %d: %s", got.code, got.stderr)
		}
	}
	if got := (bench{}).call(t.Context(), "-version"); got.code != exitOK || !strings.HasPrefix(got.stdout, "bbaudit (devel)") {
		t.Errorf("exit code %d: %s%s", got.code, got.stdout, got.stderr)
	}
	if got := (bench{}).call(t.Context(), "-h"); got.code != exitOK ||
		!strings.Contains(got.stdout, "gate") {
		t.Errorf("exit code %d: %s", got.code, got.stdout)
	}
}
