package schema_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/policy"
	"github.com/seed-9213fc64/bitbucket/cmd/schema"
)

// compile reads one of the schemas.
func compile(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	data, err := schema.Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(name, document); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// asJSON turns YAML into what a schema judges.
func asJSON(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	v, err = jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestPolicySchema(t *testing.T) {
	s := compile(t, "policy.v1.json")
	good := `version: 1
defaults: {admins: {most: 5, least: 2, allow: [{user: "{345858ed-b8dc-5f07-ab99-f8b9f37687b1}", note: Amber}, {group: security}]}, two_step: admins}
repositories: [{match: ["web-*"], outsiders: none, stale_days: 90, direct_grants: any, unsecured_variables: none}]
exceptions: [{rule: admins.most, place: web-shop, value: "8", until: "2027-01-01", reason: they move, by: Ada}]
unknown: {two_step: pass-and-say}
`
	if err := s.Validate(asJSON(t, good)); err != nil {
		t.Errorf("a good policy: %v", err)
	}
	for _, bad := range []string{
		"version: 2", "defaults: {}", "version: 1\ndefaults: {admins: {}}",
		"version: 1\nrepositories: [{match: [a]}]",
		"version: 1\ndefaults: {admins: {allow: [ada]}}", "version: 1\nextra: 1",
		"version: 1\nunknown: {two_step: pass}",
	} {
		if s.Validate(asJSON(t, bad)) == nil {
			t.Errorf("the schema takes %q", bad)
		}
	}
	var checks struct {
		Properties struct {
			Unknown struct{ Properties map[string]any }
		}
	}
	data, _ := schema.Files.ReadFile("policy.v1.json")
	if err := json.Unmarshal(data, &checks); err != nil {
		t.Fatal(err)
	}
	for _, name := range policy.Names() {
		if checks.Properties.Unknown.Properties[name] == nil {
			t.Errorf("the schema does not know the check %s", name)
		}
	}
}

func TestAcceptSchema(t *testing.T) {
	s := compile(t, "accept.v1.json")
	entry := `version: 1
accept:
  - {rule: RULE, subject: "{1}", place: "{2}", at_most: write, reason: r, by: b, since: "2026-11-25", until: "2026-12-25"}
`
	for _, rule := range findings.IDs() {
		if err := s.Validate(asJSON(t, strings.Replace(entry, "RULE", rule, 1))); err != nil {
			t.Errorf("rule %s: %v", rule, err)
		}
	}
	for _, required := range []string{"rule", "subject", "reason", "by", "since", "until"} {
		whole := asJSON(t, strings.Replace(entry, "RULE", findings.IDs()[0], 1))
		delete(whole.(map[string]any)["accept"].([]any)[0].(map[string]any), required)
		if s.Validate(whole) == nil {
			t.Errorf("the schema takes an entry without %s", required)
		}
	}
}

// TestReportSchema judges a report that this repository holds, and each of its parts left out.
func TestReportSchema(t *testing.T) { judge(t, "report.v1.json", "report.json") }

// TestDiffSchema judges what changed to a later report, and each of its parts left out.
func TestDiffSchema(t *testing.T) { judge(t, "diff.v1.json", "diff.json") }

// judge validates a file that this repository holds, and each of its parts left out.
func judge(t *testing.T, schema, file string) {
	t.Helper()
	s := compile(t, schema)
	data, err := os.ReadFile(filepath.Join("..", "internal", "access", "render", "testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	read := func() map[string]any {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		return v.(map[string]any)
	}
	if err := s.Validate(read()); err != nil {
		t.Fatal(err)
	}
	whole := read()
	for _, member := range slices.Collect(keys(whole)) {
		without := read()
		delete(without, member)
		if s.Validate(without) == nil {
			t.Errorf("the schema %s takes a file without %s", schema, member)
		}
	}
}

func keys(m map[string]any) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
