package findings_test

import (
	"slices"
	"testing"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/accesstest"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
)

// roster is who should be in the sample.
func roster() findings.Roster {
	return findings.Roster{
		"ada@example.com": {
			Email:  "ada@example.com",
			Status: "Active",
		}, "cid@example.com": {Email: "cid@example.com"},
		"gus@example.com": {Email: "gus@example.com", Status: "on leave"},
	}
}

// thresholds are such that the sample crosses each.
func thresholds() findings.Thresholds {
	t := findings.DefaultThresholds()
	t.MaxAdmins, t.MaxAdminOf = 3, 1
	return t
}

// judge reads an API and judges it.
func judge(t *testing.T, api access.API) (*access.Workspace, []findings.Finding) {
	t.Helper()
	s, err := accesstest.Read(t.Context(), api, accesstest.Scope())
	if err != nil {
		t.Fatal(err)
	}
	return &s.Workspaces[0], findings.Judge(&s.Workspaces[0], thresholds(), roster(), accesstest.Now)
}

// cases lists the items of a rule as "subject permission@place".
func cases(all []findings.Finding, rule string) []string {
	var got []string
	for _, f := range all {
		if f.Rule != rule {
			continue
		}
		for _, it := range f.Items {
			text := it.Subject.UUID
			if it.Permission != "" {
				text += " " + string(it.Permission)
			}
			got = append(got, text+"@"+it.Place.Name)
		}
	}
	return got
}

// TestRules has for each rule exactly the cases that the sample has.
func TestRules(t *testing.T) {
	_, got := judge(t, accesstest.Sample())
	u := accesstest.UUID
	want := map[string][]string{
		"outsider": {
			"unidentified 1 read@site", "unidentified 2 read@api", u(10) + " write@site",
			u(10) + " write@tool",
		},
		"unknown-permission":     {u(8) + " guru@acme", u(8) + " super-admin@site"},
		"above-effective":        {u(6) + " write@api"},
		"admin-without-two-step": {u(2) + " owner@acme"},
		"without-two-step":       {u(6) + " member@acme"},
		"unsecured-secret":       {u(120) + "@acme"},
		"roster-status":          {u(7) + " member@acme"},
		"inactive-account":       {u(7) + " member@acme"},
		"stale-admin":            {u(2) + " owner@acme"},
		"stale-member":           {u(7) + " member@acme"},
		"many-owners":            {u(100) + "@acme"},
		"many-admins":            {u(101) + "@api"},
		"few-admins":             {u(103) + "@tool"},
		"admin-of-many":          {u(3) + " member@acme"},
		"only-source":            {u(3) + " admin@api"},
		"admin-group":            {"admins@acme"},
		"deploy-key-writes":      {"2@api"},
		"deploy-key":             {"1@api"},
		"not-on-roster": {
			u(
				2,
			) + " owner@acme", u(5) + " owner@acme", u(4) + " member@acme", u(6) + " member@acme", u(8) + " guru@acme", u(11) + " owner@acme",
		},
		"public-repository": {u(102) + "@site"},
		"old-invitation":    {"old@example.com write@api"},
		"owner": {
			u(2) + " owner@acme",
			u(5) + " owner@acme",
			u(1) + " owner@acme",
			u(11) + " owner@acme",
		},
		"app":                 {u(9) + " member@acme"},
		"no-access":           {u(11) + " owner@acme"},
		"two-step-unknown":    {u(4) + " member@acme"},
		"last-access-unknown": {u(4) + " member@acme"},
	}
	for _, rule := range findings.IDs() {
		expected, has := want[rule]
		if !has {
			t.Errorf("no case for the rule %s", rule)
		}
		found := cases(got, rule)
		slices.Sort(found)
		slices.Sort(expected)
		if !slices.Equal(found, expected) {
			t.Errorf("%s:\n got %q\nwant %q", rule, found, expected)
		}
	}
}

// TestEachRuleSaysWhatToDo holds what every rule owes its reader.
func TestEachRuleSaysWhatToDo(t *testing.T) {
	_, got := judge(t, accesstest.Sample())
	ids := map[string]string{}
	for _, f := range got {
		if f.Do == "" || f.Title == "" || len(f.RelatesTo) == 0 || f.Level.Rank() < 0 {
			t.Errorf("%+v lacks something", f)
		}
		for _, it := range f.Items {
			where := f.Rule + " " + it.Subject.UUID + " " + it.Place.UUID
			if before := ids[it.ID]; before != "" && before != where {
				t.Errorf("%s and %s have the same ID", before, where)
			}
			ids[it.ID] = where
			if it.Subject.UUID == "" || it.Place.UUID == "" || it.State != findings.Open {
				t.Errorf("%s: %+v cannot be told apart", f.Rule, it)
			}
		}
	}
	_, again := judge(t, accesstest.Sample())
	if len(again) != len(got) || again[0].Items[0].ID != got[0].Items[0].ID {
		t.Error("the same model gives other IDs")
	}
}

// TestVia says by what somebody has a permission.
func TestVia(t *testing.T) {
	w, _ := judge(t, accesstest.Sample())
	paths := access.NewPaths(w)
	var got []string
	for _, way := range paths.To(w.Person(accesstest.UUID(3)), w.Repository("api")) {
		got = append(got, way.String())
	}
	if want := []string{"write by group devs on project ONE", "admin in person"}; !slices.Equal(
		got,
		want,
	) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestWhatWasNotReadIsNoGround holds that no rule says something is missing of what was not read.
func TestWhatWasNotReadIsNoGround(t *testing.T) {
	for _, test := range []struct {
		short string
		rules []string
	}{
		{access.Members, []string{"outsider", "admin-without-two-step", "without-two-step", "stale-admin", "stale-member", "many-owners", "not-on-roster", "no-access", "two-step-unknown", "last-access-unknown"}},
		{access.Permissions, []string{"no-access", "few-admins", "above-effective"}},
		{access.RosterMembers + " ada@example.com cid@example.com gus@example.com", []string{"not-on-roster", "roster-status"}},
		{access.RepositoryGroups + " api", []string{"only-source"}},
		{access.ProjectUsers + " ONE", []string{"only-source"}},
	} {
		api := accesstest.Sample()
		api.Told = map[string]int{test.short: 99}
		w, got := judge(t, api)
		for _, rule := range test.rules {
			if found := cases(got, rule); len(found) > 0 {
				t.Errorf("%s is short, and %s found %q", test.short, rule, found)
			}
		}
		if w.Complete {
			t.Errorf("%s is short, and the workspace is complete", test.short)
		}
	}
}

func TestStaleLimits(t *testing.T) {
	for _, test := range []struct {
		days  int
		stale bool
	}{{180, false}, {181, true}, {-1, false}} {
		api := accesstest.Sample()
		api.Lists[access.Members] = append(
			api.Lists[access.Members],
			accesstest.Member(accesstest.Person(30, "Kim"), "member", test.days),
		)
		_, got := judge(t, api)
		if found := slices.Contains(cases(got, "stale-member"), accesstest.UUID(30)+" member@acme"); found != test.stale {
			t.Errorf("seen %d days ago: stale %v", test.days, found)
		}
	}
}
