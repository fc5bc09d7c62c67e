package review_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/review"
)

// files exports people with managers, and returns the names of the files by their reviewers.
func files(t *testing.T, managers ...string) map[string]string {
	t.Helper()
	w := access.Workspace{Slug: "acme", UUID: "{acme}"}
	people := findings.Roster{}
	for i, manager := range managers {
		email := "p" + string(rune('a'+i)) + "@example.com"
		w.People = append(w.People, access.Person{ID: email, UUID: email, Name: "Somebody", Role: "member", Email: strings.ToUpper(email)})
		people[email] = findings.RosterEntry{Email: email, Manager: manager}
	}
	r := report.New(false)
	r.Access.Workspaces = []access.Workspace{w}
	m, sheets, err := review.Export(review.Order{Report: r, Roster: people, Split: review.ByManager, Now: exported})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, f := range m.Files {
		names[f.Reviewer] = f.Name
		if sheets[f.Name] == nil {
			t.Errorf("there is no file %s", f.Name)
		}
	}
	return names
}

// TestFileNames are safe on every system, whatever a reviewer is called.
func TestFileNames(t *testing.T) {
	hostile := append([]string{
		"con", "NUL", "aux.csv", "LPT1", "a/b", `a\b`, "a:b", "a b", "a.b", "a-b", "A B ", "..", ".", "~",
		"日本語", "中文", "Zoe", "Zoë", "unassigned", "review", "-", "manifest.json", "a-b-2", "\x00", "a\nb",
		strings.Repeat("long ", 40) + "1", strings.Repeat("long ", 40) + "2",
	}, odd...)
	names := files(t, slices.Compact(hostile)...)
	safe := regexp.MustCompile(`^(review-[a-z0-9-]*|unassigned)\.csv$`)
	taken := map[string]string{}
	for reviewer, name := range names {
		if !safe.MatchString(name) || len(name) > 80 {
			t.Errorf("%q has the file %q", reviewer, name)
		}
		if other, twice := taken[name]; twice {
			t.Errorf("%q and %q have the same file %s", reviewer, other, name)
		}
		taken[name] = reviewer
	}
	if got := files(t, "ada", "Ada", " ADA ", "Ada  "); len(got) != 1 || got["ADA"] == "" {
		t.Errorf("one reviewer has %q", got)
	}
}

// TestWhoIsUnassigned is said with the reason.
func TestWhoIsUnassigned(t *testing.T) {
	for split, want := range map[review.Split][]string{
		review.ByManager: {
			"groups, deploy keys and invitations, which have no manager: 7 subjects",
			"not on the roster: 10 subjects", "would review themselves: 1 subject",
		},
		review.ByTeam: {
			"groups, deploy keys and invitations, which have no team: 7 subjects",
			"no team on the roster: 1 subject", "not on the roster: 10 subjects",
		},
		review.ByProject: {"access that belongs to no project: 13 subjects"},
		review.Unsplit:   {"one file for all: 20 subjects"},
	} {
		m := sample(t, split).manifest
		last := m.Files[len(m.Files)-1]
		if last.Reviewer != "" || !slices.Equal(last.Why, want) {
			t.Errorf("%s: %+v, want %q", split, last, want)
		}
	}
}

// TestExportRefuses what could not be reviewed.
func TestExportRefuses(t *testing.T) {
	member := access.Person{ID: "{1}", UUID: "{1}", Name: "Ada", Role: "member"}
	for name, test := range map[string]struct {
		workspace access.Workspace
		want      string
	}{
		"twice": {access.Workspace{Slug: "twice", UUID: "{acme}"}, "has the workspace twice twice: audit it once"},
		"no workspace": {
			access.Workspace{Slug: "acme", People: []access.Person{member}},
			"does not know the UUID of the workspace acme",
		},
		"nothing": {access.Workspace{Slug: "acme", UUID: "{acme}"}, "knows of no access"},
		"no addresses": {
			access.Workspace{Slug: "acme", UUID: "{acme}", People: []access.Person{member}},
			"knows nobody's address, so the roster names no reviewer",
		},
	} {
		r := report.New(false)
		r.Access.Workspaces = []access.Workspace{test.workspace}
		if test.workspace.Slug == "twice" {
			r.Access.Workspaces = append(r.Access.Workspaces, test.workspace)
		}
		_, _, err := review.Export(review.Order{Report: r, Roster: roster(), Split: review.ByManager, Now: exported})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

// TestLimits says what a report was not asked for, which no review of it covers.
func TestLimits(t *testing.T) {
	r := report.New(false)
	r.Settings = report.Settings{Projects: []string{"ONE", "TWO"}, Repositories: []string{"api"}, Without: []string{"groups"}}
	want := []string{
		"only projects ONE, TWO: no other was asked about", "only api: no other repository was asked about",
		"without -explicit: grants and deploy keys were not asked for", "left out on purpose: groups",
	}
	if got := review.SourceOf(r, nil).Limits; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	r.Settings = report.Settings{Explicit: true}
	if got := review.SourceOf(r, nil).Limits; got == nil || len(got) > 0 {
		t.Errorf("%q, want an empty list", got)
	}
}

// TestFindingsOfRows has what is said of somebody in the rows that it is about.
func TestFindingsOfRows(t *testing.T) {
	item := func(rule, place, uuid string, state findings.State) findings.Finding {
		return findings.Finding{Rule: rule, Level: findings.High, Workspace: "acme", Items: []findings.Item{{
			Subject: findings.Subject{Kind: "user", UUID: "{1}"},
			Place:   findings.Place{Kind: place, UUID: uuid}, State: state,
		}}}
	}
	both := access.Holding{Permission: "read", Repositories: []string{"api", "tool"}}
	site := access.Holding{Permission: "write", Repositories: []string{"site"}}
	ada := access.Person{ID: "{1}", UUID: "{1}", Name: "Ada", Permissions: []access.Holding{site, both}}
	repositories := []access.Repository{{Slug: "api", UUID: "{a}"}, {Slug: "site"}, {Slug: "tool", UUID: "{t}"}}
	all := []findings.Finding{
		item("stale-member", "workspace", "{acme}", findings.Open),
		item("outsider", "repository", "{a}", findings.Accepted),
		item("outsider", "repository", "{t}", findings.Expired),
		item("only-source", "repository", "site", findings.Accepted),
	}
	for role, want := range map[bitbucket.Permission][]string{
		"":       {"only-source (accepted); stale-member", "outsider; stale-member"},
		"member": {"stale-member", "only-source (accepted)", "outsider"},
	} {
		ada.Role = role
		r := report.New(false)
		r.Findings = all
		r.Access.Workspaces = []access.Workspace{
			{Slug: "acme", UUID: "{acme}", People: []access.Person{ada}, Repositories: repositories},
		}
		_, files, err := review.Export(review.Order{Report: r, Split: review.Unsplit, Now: exported})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, row := range records(files["review.csv"])[1:] {
			got = append(got, row[9])
		}
		if !slices.Equal(got, want) {
			t.Errorf("role %q: %q, want %q", role, got, want)
		}
	}
}
