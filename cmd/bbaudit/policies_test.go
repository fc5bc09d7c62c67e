package main

import (
	"cmp"
	"strings"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/policy"
)

// openPolicy is one that the demo's plat-docs fulfils.
const openPolicy = `version: 1
defaults:
  admins:
    most: 8
    least: 2
  outsiders: none
`

// TestGateAgainstHostilePolicies never opens by a policy that says less than it seems to, and says
// at which line, and what to write instead.
func TestGateAgainstHostilePolicies(t *testing.T) {
	b, server := asDemoAdmin(t)
	with := func(more string) string { return openPolicy + more }
	for _, test := range []struct{ name, policy, want string }{
		{"empty", "", "line 1: the file is empty"},
		{"only a comment", "# nothing\n", "line 1: the file is empty"},
		{"a list", "- version: 1\n", "line 1: the file holds no keys"},
		{"no YAML", "version: [1\n", "line "},
		{"no version", strings.Replace(openPolicy, "version: 1\n", "", 1), "the file has no version"},
		{"another version", strings.Replace(openPolicy, "version: 1", "version: 2", 1), `line 1: version is "2"`},
		{"a version as text", strings.Replace(openPolicy, "version: 1", `version: "1"`, 1), `line 1: version is "1"`},
		{"no rule", "version: 1\n", "line 1: there is no rule"},
		{"only exceptions", "version: 1\nexceptions: []\n", "line 1: there is no rule"},
		{"rules that check nothing", "version: 1\ndefaults:\n  admins: {}\n", "line 3: admins checks nothing"},
		{"an unknown key", with("  admin: {most: 1}\n"), `line 7: "admin" is no key of defaults; it has admins,`},
		{"an unknown check", strings.Replace(openPolicy, "most", "max", 1), `line 4: "max" is no key of admins`},
		{"allow with nothing after it", strings.Replace(openPolicy, "    least: 2", "    allow:", 1), "line 5: allow has nothing after it"},
		{"most with nothing after it", strings.Replace(openPolicy, "most: 8", "most:", 1), "line 4: most has nothing after it"},
		{"null", strings.Replace(openPolicy, "none", "null", 1), "line 6: outsiders has nothing after it"},
		{"a doubled key", with("  outsiders: any\n"), "line 7: outsiders is there twice, first on line 6"},
		{"a doubled section", with("defaults: {outsiders: any}\n"), "line 7: defaults is there twice"},
		{"a second document", with("---\nversion: 1\n"), "line 7: a second document begins"},
		{"an alias", with("repositories:\n  - match: &all [\"*\"]\n    outsiders: any\n"), "line 8: match has an anchor or an alias"},
		{"a merge", with("repositories:\n  - match: [x]\n    <<: {outsiders: any}\n"), `"<<" is no key of`},
		{"a tag", strings.Replace(openPolicy, "most: 8", `most: !!int "8"`, 1), "line 4: most has a tag"},
		{"a number as text", strings.Replace(openPolicy, "most: 8", `most: "8"`, 1), "line 4: most should be a whole number"},
		{"a negative number", strings.Replace(openPolicy, "most: 8", "most: -1", 1), "line 4: most should be a whole number"},
		{"a word that is none", strings.Replace(openPolicy, "none", "nobody", 1), `line 6: outsiders is "nobody"; it is one of none, any`},
		{"yes", strings.Replace(openPolicy, "none", "no", 1), `line 6: outsiders is "no"`},
		{
			"a nickname", with("repositories:\n  - match: [plat-docs]\n    admins: {allow: [{user: amber-fox}]}\n"),
			`line 9: user "amber-fox" is a name, a nickname or an address, which identifies nobody; if you mean one of these, write "{345858ed-b8dc-5f07-ab99-f8b9f37687b1}" (Amber Fox)`,
		},
		{"a name", with("repositories:\n  - match: [plat-docs]\n    admins: {allow: [{user: Amber Fox}]}\n"), `write "{345858ed-`},
		{"an address", with("repositories:\n  - match: [plat-docs]\n    admins: {allow: [{user: a@example.com}]}\n"), "write the UUID, in quotes and braces"},
		{"a bare identity", with("repositories:\n  - match: [plat-docs]\n    admins: {allow: [amber-fox]}\n"), "line 9: an item of allow should be user:"},
		{"braces without quotes", with("repositories:\n  - match: [plat-docs]\n    admins: {allow: [{user: {345858ed}}]}\n"), "put it into quotes"},
		{"a pattern that matches nothing", with("repositories:\n  - match: [plat-dogs]\n    outsiders: any\n"), `the pattern "plat-dogs" matches no repository`},
		{"a pattern that is none", with("repositories:\n  - match: [\"[\"]\n    outsiders: any\n"), `line 8: an item of match "[" is no pattern`},
		{"a pattern with the workspace", with("repositories:\n  - match: [acme/*]\n    outsiders: any\n"), "without the workspace"},
		{"no pattern", with("repositories:\n  - match: []\n    outsiders: any\n"), "line 8: match matches nothing"},
		{"a rule that checks nothing", with("repositories:\n  - match: [plat-docs]\n"), "checks nothing"},
		{"an unreadable group", with("repositories:\n  - match: [plat-docs]\n    admins: {allow: [{group: administrators}]}\n"), "groups: the answer was refused"},
		{"an expired exception", with(exception("2026-11-24", "because")), "ended on 2026-11-24; take it out"},
		{"an exception for ever", with(exception("2036-11-24", "because")), "ends in more than 366 days"},
		{"an exception without a reason", with(exception("2026-12-24", "REWRITE: nobody knows")), "still begins with REWRITE:"},
		{"an exception that lacks something", with("exceptions:\n  - rule: outsiders\n    place: plat-docs\n"), "line 8: an item of exceptions has no by; add it"},
		{"unknown lets more pass", with("unknown: {two_step: pass}\n"), `two_step is "pass"; it is one of pass-and-say`},
		{"unknown is about nothing", with("unknown: {permissions: pass-and-say}\n"), `"permissions" is no key of unknown`},
		{"a repository without a rule", "version: 1\nrepositories:\n  - match: [web-*]\n    outsiders: none\n", "no rule is about this repository"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.name == "an unreadable group" {
				server.Fail(
					bitbuckettest.On("GET", "/1.0/groups/acme"),
					bitbuckettest.Status(404, `{"error":{"message":"no"}}`),
				)
				defer server.Heal()
			}
			call := args(
				[]string{"gate", "-workspace", "acme", "-policy", write(t, "policy.yaml", test.policy)},
				quiet,
			)
			got := b.call(t.Context(), call...)
			if got.code != exitUsage || !strings.Contains(got.stdout+got.stderr, test.want) {
				t.Errorf(
					"exit code %d, it does not say %q:\n%.800s%.800s",
					got.code,
					test.want,
					got.stdout,
					got.stderr,
				)
			}
		})
	}
}

// exception is one that ends on a day.
func exception(until, reason string) string {
	return "exceptions:\n  - rule: outsiders\n    place: plat-docs\n    value: \"{345858ed-b8dc-5f07-ab99-f8b9f37687b1}\"\n" +
		"    until: " + until + "\n    by: Ada\n    reason: \"" + reason + "\"\n"
}

// TestProblemsOfAPolicy stand on a line each.
func TestProblemsOfAPolicy(t *testing.T) {
	file := write(t, "policy.yaml", "version: 1\ndefaults:\n  foo: 1\nbar: 2\n")
	got := bench{}.call(t.Context(), "gate", "-demo", "-policy", file)
	lines := strings.Split(got.stderr, "\n")
	if got.code != exitUsage || len(lines) != 4 || lines[0] != "bbaudit: cannot tell: the policy "+file+" is not understood:" ||
		!strings.HasPrefix(lines[1], `bbaudit: line 3: "foo"`) || !strings.HasPrefix(lines[2], `bbaudit: line 4: "bar"`) {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
}

// TestExamplePolicy is one that a gate reads.
func TestExamplePolicy(t *testing.T) {
	now := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	if _, err := policy.Parse([]byte(examplePolicy), now, nil); err != nil {
		t.Error(err)
	}
	for _, key := range policy.Names() {
		if _, last, _ := strings.Cut(key, "."); !strings.Contains(examplePolicy, cmp.Or(last, key)) {
			t.Errorf("the example has no %s", key)
		}
	}
}

// TestGateStrict shuts on what nothing needs.
func TestGateStrict(t *testing.T) {
	b, _ := asDemoAdmin(t)
	path := write(t, "policy.yaml", openPolicy+exception("2026-12-24", "because"))
	if got := b.call(t.Context(), gated(path)...); got.code != exitOK ||
		!strings.Contains(got.stdout, "unused: outsiders: nothing needs the exception") {
		t.Errorf("exit code %d: %s%s", got.code, got.stdout, got.stderr)
	}
	if got := b.call(t.Context(), gated(path, "-strict")...); got.code != exitFindings {
		t.Errorf("exit code %d under -strict: %s%s", got.code, got.stdout, got.stderr)
	}
}

// TestAllowNobody holds that an empty list is nobody, where none at all is anybody.
func TestAllowNobody(t *testing.T) {
	b, _ := asDemoAdmin(t)
	path := write(t, "policy.yaml", strings.Replace(openPolicy, "    least: 2", "    allow: []", 1))
	if got := b.call(t.Context(), gated(path)...); got.code != exitFindings ||
		strings.Count(got.stdout, "may not be admin") != 3 {
		t.Errorf("exit code %d: %s%s", got.code, got.stdout, got.stderr)
	}
}
