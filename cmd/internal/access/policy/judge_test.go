package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/accesstest"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/policy"
)

// judge applies a policy to a repository of the sample, and returns what shuts the gate and what
// keeps it from telling, as "check subject".
func judge(
	t *testing.T,
	api *accesstest.API,
	slug, text string,
) (shut, unknown []string, v policy.Verdict) {
	t.Helper()
	p, err := policy.Parse([]byte(text), accesstest.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := accesstest.Read(t.Context(), api, accesstest.Scope())
	if err != nil {
		t.Fatal(err)
	}
	v = p.Judge(&s.Workspaces[0], []string{slug}, accesstest.Now)
	for _, p := range v.Repositories[0].Shut {
		shut = append(shut, p.Check+" "+p.Subject)
	}
	for _, p := range v.Repositories[0].Unknown {
		unknown = append(unknown, p.Check+" "+p.Subject)
	}
	return shut, unknown, v
}

// u is the UUID of a number.
func u(n byte) string { return accesstest.UUID(n) }

func allow(who ...string) string {
	text := "version: 1\ndefaults:\n  admins:\n    allow:\n"
	for _, id := range who {
		text += "      - " + id + "\n"
	}
	return text
}

func user(n byte) string { return fmt.Sprintf("user: %q", u(n)) }

// TestChecks has for each check what shuts it and what it cannot tell.
func TestChecks(t *testing.T) {
	const defaults = "version: 1\ndefaults: "
	for _, test := range []struct {
		name, slug, policy string
		shut, unknown      []string
	}{
		{"as many as may be", "api", defaults + "{admins: {most: 4}}", nil, nil},
		{"too many", "api", defaults + "{admins: {most: 3}}", []string{"admins.most "}, nil},
		{"as few as may be", "tool", defaults + "{admins: {least: 1}}", nil, nil},
		{"too few", "tool", defaults + "{admins: {least: 2}}", []string{"admins.least "}, nil},
		{"an unknown permission is admin", "site", defaults + "{admins: {most: 2}}", []string{"admins.most "}, nil},
		{"allowed by UUID", "api", allow(user(1), user(2), user(3), user(5)), nil, nil},
		{"allowed by account ID", "tool", allow(`user: "557058:00000001-0000-4000-8000-000000000000"`), nil, nil},
		{"not allowed", "api", allow(user(1), user(2), user(3)), []string{"admins.allow " + u(5)}, nil},
		{"allowed by a group", "tool", allow("group: admins"), nil, nil},
		{"in another group", "tool", allow("group: devs"), []string{"admins.allow " + u(1)}, nil},
		{"a group that is not there", "tool", allow("group: none", user(1)), nil, []string{"admins.allow "}},
		{"no outsider", "tool", defaults + "{outsiders: none}", nil, nil},
		{"outsiders", "site", defaults + "{outsiders: none}", []string{"outsiders unidentified 1", "outsiders " + u(10)}, []string{"outsiders " + u(8)}},
		{"granted by groups only", "site", defaults + "{direct_grants: none}", nil, nil},
		{"granted in person", "api", defaults + "{direct_grants: none}", []string{"direct_grants " + u(3), "direct_grants " + u(6)}, nil},
		{"admins with two steps", "tool", defaults + "{two_step: admins}", nil, nil},
		{"an admin with one step", "api", defaults + "{two_step: admins}", []string{"two_step " + u(2)}, nil},
		{"everybody", "api", defaults + "{two_step: everybody}", []string{"two_step " + u(2), "two_step " + u(6)}, []string{"two_step " + u(4), "two_step unidentified 2"}},
		{"seen", "api", defaults + "{stale_days: 100}", nil, nil},
		{"not seen", "api", defaults + "{stale_days: 99}", []string{"stale_days " + u(2)}, nil},
		{"variables", "tool", defaults + "{unsecured_variables: none}", []string{"unsecured_variables " + u(120)}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			shut, unknown, v := judge(t, accesstest.Sample(), test.slug, test.policy)
			slices.Sort(shut)
			slices.Sort(test.shut)
			slices.Sort(unknown)
			slices.Sort(test.unknown)
			if !slices.Equal(shut, test.shut) || !slices.Equal(unknown, test.unknown) {
				t.Errorf("shut %q, want %q; unknown %q, want %q", shut, test.shut, unknown, test.unknown)
			}
			if v.Open() != (len(shut)+len(unknown) == 0) {
				t.Errorf("open %v", v.Open())
			}
		})
	}
}

// TestEveryProblemCanBeExcepted by the value that it names, and by no other.
func TestEveryProblemCanBeExcepted(t *testing.T) {
	strictest := "version: 1\ndefaults: {admins: {most: 0, least: 9, allow: []}, outsiders: none, direct_grants: none, " +
		"two_step: everybody, stale_days: 1, unsecured_variables: none}\n"
	for _, slug := range []string{"api", "site", "tool"} {
		_, _, v := judge(t, accesstest.Sample(), slug, strictest)
		var exceptions strings.Builder
		left := 0
		for _, p := range slices.Concat(v.Repositories[0].Shut, v.Repositories[0].Unknown) {
			if p.Value == "" || strings.HasPrefix(p.Value, "unidentified") {
				left++ // nobody can be excepted whom nothing identifies
				continue
			}
			fmt.Fprintf(
				&exceptions,
				"  - {rule: %s, place: %s, value: %q, until: 2026-12-01, reason: r, by: b}\n",
				p.Check,
				slug,
				p.Value,
			)
		}
		shut, unknown, _ := judge(
			t,
			accesstest.Sample(),
			slug,
			strictest+"exceptions:\n"+exceptions.String(),
		)
		if slug == "tool" && len(shut)+len(unknown) != 0 ||
			slices.ContainsFunc(slices.Concat(shut, unknown), func(s string) bool {
				return !strings.Contains(s, "unidentified") && s != "outsiders "+u(8)
			}) {
			t.Errorf(
				"%s: with all exceptions it is shut by %q and cannot tell %q (%d cannot be excepted)",
				slug,
				shut,
				unknown,
				left,
			)
		}
		elsewhere := strings.ReplaceAll(exceptions.String(), "place: "+slug, "place: other")
		_, _, again := judge(t, accesstest.Sample(), slug, strictest+"exceptions:\n"+elsewhere)
		if len(again.Repositories[0].Shut) != len(v.Repositories[0].Shut) {
			t.Errorf("%s: an exception for another repository lets something pass", slug)
		}
	}
}

// TestLists that were not read in whole keep the gate from telling, whatever the policy lets pass.
func TestLists(t *testing.T) {
	policyText := "version: 1\ndefaults: {admins: {most: 99, allow: [{group: admins}]}, outsiders: any, direct_grants: none, " +
		"two_step: admins, stale_days: 999, unsecured_variables: none}\nunknown:\n"
	for _, check := range policy.Names() {
		policyText += "  " + check + ": pass-and-say\n"
	}
	if _, unknown, _ := judge(t, accesstest.Sample(), "tool", policyText); len(unknown) > 0 {
		t.Fatalf("read in whole, it cannot tell %q", unknown)
	}
	for _, list := range []string{
		access.Permissions, access.Members, access.Groups, access.WorkspaceVariables,
		access.RepositoryUsers + " tool", access.RepositoryVariables + " tool",
	} {
		api := accesstest.Sample()
		api.Told = map[string]int{list: 999}
		if _, unknown, v := judge(t, api, "tool", policyText); len(unknown) == 0 || v.Told() {
			t.Errorf("%s is short, and it could tell", list)
		}
	}
}

// TestNotAsked may be let pass where the policy says so, since no answer was odd.
func TestNotAsked(t *testing.T) {
	s, err := accesstest.Read(
		t.Context(),
		accesstest.Sample(),
		access.Scope{Workspaces: []string{"acme"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	for more, told := range map[string]bool{"": false, "unknown: {direct_grants: pass-and-say}\n": true} {
		p, err := policy.Parse(
			[]byte("version: 1\ndefaults: {direct_grants: none}\n"+more),
			accesstest.Now,
			nil,
		)
		if err != nil {
			t.Fatal(err)
		}
		v := p.Judge(&s.Workspaces[0], []string{"tool"}, accesstest.Now)
		if v.Told() != told || told && len(v.Repositories[0].Said) != 2 {
			t.Errorf("%q: told %v, said %q", more, v.Told(), v.Repositories[0].Said)
		}
	}
}

// TestLastMatchWins and takes from the defaults what it leaves out.
func TestLastMatchWins(t *testing.T) {
	p, err := policy.Parse([]byte(`version: 1
defaults: {admins: {most: 1}, outsiders: none}
repositories:
  - {match: ["*"], admins: {most: 2}}
  - {match: [Web-*, tool], admins: {most: 3}}
  - {match: [web-shop], outsiders: any}
`), accesstest.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	for slug, want := range map[string]string{"api": "2 none", "web-site": "3 none", "tool": "3 none", "web-shop": "1 any"} {
		c, _ := p.For(slug)
		if got := fmt.Sprintf("%d %s", c.Most.N, c.Outsiders.Text); got != want {
			t.Errorf("%s: %s, want %s", slug, got, want)
		}
	}
}

// TestNobodyJudged keeps the gate shut.
func TestNobodyJudged(t *testing.T) {
	p, err := policy.Parse([]byte("version: 1\ndefaults: {outsiders: none}\n"), accesstest.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	v := p.Judge(
		&access.Workspace{
			Coverage: []access.Coverage{{List: access.Repositories, Verdict: access.Whole}},
		},
		nil,
		accesstest.Now,
	)
	if v.Open() || v.Told() {
		t.Error("it opens for a workspace without repositories")
	}
	if (&policy.Verdict{}).Open() {
		t.Error("the zero verdict is open")
	}
}

// TestNoAdmins holds that an answer without anybody who administers is no answer, whatever the
// policy allows.
func TestNoAdmins(t *testing.T) {
	api := accesstest.Sample()
	for i, it := range api.Lists[access.Permissions] {
		if it.Repository.Slug == "tool" {
			api.Lists[access.Permissions][i].Permission = "write"
		}
	}
	const most = "version: 1\ndefaults: {admins: {most: 9}}\n"
	if _, unknown, _ := judge(t, api, "tool", most); !slices.Equal(unknown, []string{"permissions "}) {
		t.Errorf("it cannot tell %q", unknown)
	}
}

// TestNamelessAdmin is nobody whom a list can allow, not even by a group.
func TestNamelessAdmin(t *testing.T) {
	api := accesstest.Sample()
	former := &access.Account{Name: "Former user"}
	api.Lists[access.Permissions] = append(
		api.Lists[access.Permissions], accesstest.Holds(former, "admin", "tool"),
	)
	shut, _, _ := judge(t, api, "tool", allow("group: admins"))
	if !slices.Equal(shut, []string{"admins.allow unidentified 3"}) {
		t.Errorf("shut by %q", shut)
	}
}

// TestNarrowReport judges no more than what the run was asked about.
func TestNarrowReport(t *testing.T) {
	scope := accesstest.Scope()
	scope.Repositories = []string{"tool"}
	api := accesstest.Sample()
	for _, it := range api.Lists[access.Repositories] {
		if it.Repository.Slug == "tool" {
			api.Lists[access.Repositories] = []access.Item{it}
			break
		}
	}
	for _, it := range api.Lists[access.Permissions] {
		if it.Repository.Slug == "tool" {
			api.Lists[access.RepoPermissions+" tool"] = append(api.Lists[access.RepoPermissions+" tool"], it)
		}
	}
	s, err := accesstest.Read(t.Context(), api, scope)
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Parse([]byte("version: 1\ndefaults: {admins: {most: 100}}\n"), accesstest.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	if v := p.Judge(&s.Workspaces[0], []string{"tool"}, accesstest.Now); !v.Open() {
		t.Errorf("what was asked about: %+v", v)
	}
	if v := p.Judge(&s.Workspaces[0], nil, accesstest.Now); v.Open() || v.Told() {
		t.Errorf("all repositories: %+v", v)
	}
}

// TestEntriesOnOneLine count each by itself.
func TestEntriesOnOneLine(t *testing.T) {
	_, _, v := judge(t, accesstest.Sample(), "tool",
		fmt.Sprintf("version: 1\ndefaults: {admins: {allow: [{%s}, {%s}]}}\n", user(1), user(3)))
	if len(v.Unused) != 1 || !strings.Contains(v.Unused[0].Text, u(3)) {
		t.Errorf("%+v, want the second one", v.Unused)
	}
}

// TestExceptionOfOneVariable is by its UUID: another may have the same name.
func TestExceptionOfOneVariable(t *testing.T) {
	api := accesstest.Sample()
	api.Lists[access.RepositoryVariables+" tool"] = []access.Item{{Variable: &access.Variable{UUID: "{one}", Key: "API_TOKEN"}}}
	api.Lists[access.WorkspaceVariables] = []access.Item{{Variable: &access.Variable{UUID: "{two}", Key: "API_TOKEN"}}}
	for value, want := range map[string][]string{
		"API_TOKEN": {"unsecured_variables {one}", "unsecured_variables {two}"},
		"{ONE}":     {"unsecured_variables {two}"},
	} {
		shut, _, _ := judge(t, api, "tool", "version: 1\ndefaults: {unsecured_variables: none}\nexceptions:\n"+
			"  - {rule: unsecured_variables, place: tool, value: \""+value+"\", until: 2026-12-31, reason: known, by: Ada}\n")
		slices.Sort(shut)
		if !slices.Equal(shut, want) {
			t.Errorf("%s: %q, want %q", value, shut, want)
		}
	}
}
