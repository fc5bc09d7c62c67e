package change_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/accesstest"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/change"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

// later compares the sample with itself after something was done to it.
func later(t *testing.T, do func(*accesstest.API)) *change.Workspace {
	t.Helper()
	api := accesstest.Sample()
	do(api)
	before, after := read(t, accesstest.Sample(), accesstest.Scope()), read(t, api, accesstest.Scope())
	return &between(t, before, after).Workspaces[0]
}

// without takes the items of somebody out of a list.
func without(api *accesstest.API, list string, id byte) {
	api.Lists[list] = slices.DeleteFunc(api.Lists[list], func(it access.Item) bool {
		return it.User.UUID == accesstest.UUID(id)
	})
}

func TestByWhatAccessIsGainedAndLost(t *testing.T) {
	const ada, cid, dee = 1, 3, 4
	for name, test := range map[string]struct {
		do   func(*accesstest.API)
		id   byte
		want change.Access
	}{
		"in person": {func(api *accesstest.API) {
			who := accesstest.Person(dee, "Dee")
			api.Lists[access.Permissions][4].Permission = "admin"
			api.Lists[access.RepositoryUsers+" api"] = append(
				slices.Clone(api.Lists[access.RepositoryUsers+" api"]), accesstest.Granted(who, "admin"))
			api.Lists[access.Permissions] = slices.DeleteFunc(api.Lists[access.Permissions], func(it access.Item) bool {
				return it.User.UUID == who.UUID
			})
			api.Lists[access.Permissions] = append(api.Lists[access.Permissions], accesstest.Holds(who, "admin", "api"))
		}, dee, change.Access{
			Change: change.Changed, Old: "write", New: "admin", Repositories: []string{"api"},
			By: []access.Way{{Permission: "admin", By: access.ByRepository}},
		}},
		"by a group of a project": {func(api *accesstest.API) {
			who := accesstest.Person(dee, "Dee")
			devs := *api.Lists[access.Groups][1].Group
			devs.Members = append(slices.Clone(devs.Members), *who)
			api.Lists[access.Groups][1].Group = &devs
			api.Lists[access.Permissions] = append(api.Lists[access.Permissions], accesstest.Holds(who, "write", "tool"))
		}, dee, change.Access{
			Change: change.Added, New: "write", Repositories: []string{"tool"},
			By: []access.Way{{Permission: "write", By: access.ByProjectGroup, Group: "devs", Project: "ONE"}},
		}},
		"by the role and a group's privilege": {func(api *accesstest.API) {
			without(api, access.Permissions, ada)
			api.Lists[access.Members][0].Permission = "member"
			api.Lists[access.Groups] = api.Lists[access.Groups][1:]
		}, ada, change.Access{
			Change: change.Removed, Old: "admin", Repositories: []string{"api", "site", "tool"},
			By: []access.Way{
				{Permission: "admin", By: access.ByRole},
				{Permission: "admin", By: access.ByGroupPrivilege, Group: "admins"},
			},
		}},
		"by what was not read": {func(api *accesstest.API) {
			api.Fail = map[string]error{access.ProjectUsers + " TWO": &bitbucket.Error{StatusCode: 403}}
			api.Lists[access.Permissions] = append(
				api.Lists[access.Permissions], accesstest.Holds(accesstest.Person(dee, "Dee"), "read", "site"))
		}, dee, change.Access{
			Change: change.Added, New: "read", Repositories: []string{"site"}, Unread: []string{access.ProjectUsers},
		}},
		"that is lower": {func(api *accesstest.API) {
			without(api, access.RepositoryUsers+" api", cid)
			for i, it := range api.Lists[access.Permissions] {
				if it.User.UUID == accesstest.UUID(cid) && it.Repository.Slug == "api" {
					api.Lists[access.Permissions][i].Permission = "write"
				}
			}
		}, cid, change.Access{
			Change: change.Changed, Old: "admin", New: "write", Repositories: []string{"api"},
			By: []access.Way{{Permission: "admin", By: access.ByRepository}},
		}},
	} {
		got := later(t, test.do).Permissions
		if len(got) != 1 {
			t.Errorf("%s: %d changes, want 1: %+v", name, len(got), got)
			continue
		}
		a, want := got[0], test.want
		if a.Person.ID != accesstest.UUID(test.id) || a.Change != want.Change || a.Old != want.Old ||
			a.New != want.New ||
			!slices.Equal(a.By, want.By) ||
			!slices.Equal(a.Unread, want.Unread) ||
			!slices.Equal(a.Repositories, want.Repositories) {
			t.Errorf("%s: %+v, want %+v", name, a, want)
		}
	}
}

// TestRenamedIsNotGone: a repository and a project that go by other names keep who has access, and
// another repository that takes a name does not inherit it.
func TestRenamedIsNotGone(t *testing.T) {
	rename := func(api *accesstest.API) {
		for i, it := range api.Lists[access.Repositories] {
			facts := *it.Repository
			facts.Slug = map[string]string{"api": "interface", "site": "site", "tool": "tool"}[facts.Slug]
			facts.Project = map[string]string{"ONE": "FIRST", "TWO": "TWO"}[facts.Project]
			api.Lists[access.Repositories][i].Repository = &facts
		}
		for i, it := range api.Lists[access.Permissions] {
			if it.Repository.Slug == "api" {
				api.Lists[access.Permissions][i].Repository = &access.RepositoryFacts{Slug: "interface"}
			}
		}
		project := *api.Lists[access.Projects][0].Project
		project.Key = "FIRST"
		api.Lists[access.Projects][0].Project = &project
		for _, list := range []string{access.RepositoryUsers, access.RepositoryKeys} {
			api.Lists[list+" interface"] = api.Lists[list+" api"]
		}
		api.Lists[access.ProjectGroups+" FIRST"] = api.Lists[access.ProjectGroups+" ONE"]
	}
	w := later(t, rename)
	if n := len(w.Permissions) + len(w.Grants) + len(w.Keys); n > 0 {
		t.Errorf("%d changes of access by a new name: %+v %+v %+v", n, w.Permissions, w.Grants, w.Keys)
	}
	field := func(e change.Entity, name string) string {
		for _, f := range e.Fields {
			if f.Name == name {
				return f.Old + " → " + f.New
			}
		}
		return ""
	}
	if len(w.Repositories) != 2 || field(w.Repositories[0], "slug") != "api → interface" ||
		w.Repositories[0].Change != change.Changed {
		t.Errorf("repositories: %+v", w.Repositories)
	}
	if len(w.Projects) != 1 || field(w.Projects[0], "key") != "ONE → FIRST" {
		t.Errorf("projects: %+v", w.Projects)
	}
	w = later(t, func(api *accesstest.API) {
		rename(api)
		api.Lists[access.Repositories] = append(api.Lists[access.Repositories], access.Item{
			Repository: &access.RepositoryFacts{Slug: "api", UUID: accesstest.UUID(150), Project: "TWO"},
		})
	})
	if len(w.Permissions) > 0 || len(w.Repositories) != 3 {
		t.Errorf("another one that took the name: %+v %+v", w.Permissions, w.Repositories)
	}
	w = later(t, func(api *accesstest.API) { // the old one is gone
		facts := *api.Lists[access.Repositories][0].Repository
		facts.UUID = accesstest.UUID(150)
		api.Lists[access.Repositories][0].Repository = &facts
	})
	if len(w.Repositories) != 2 || w.Repositories[0].ID != "api" ||
		w.Repositories[0].Change != change.Added ||
		w.Repositories[1].ID != "api (before)" ||
		w.Repositories[1].Change != change.Removed {
		t.Errorf("a repository in the place of another: %+v", w.Repositories)
	}
}

// TestWhatWasNotReadIsNotLost, and the reason says so.
func TestWhatWasNotReadIsNotLost(t *testing.T) {
	api := accesstest.Sample()
	api.Fail = map[string]error{access.Permissions: &bitbucket.Error{StatusCode: 403}}
	before, after := read(t, accesstest.Sample(), accesstest.Scope()), read(t, api, accesstest.Scope())
	for _, reports := range [][2]*report.Report{{before, after}, {after, before}} {
		d := between(t, reports[0], reports[1])
		n := 0
		for _, a := range d.Workspaces[0].Permissions {
			n += len(a.Repositories)
			if a.Change != change.NotKnown || !strings.Contains(a.Why, "permissions: refused") {
				t.Errorf("%+v", a)
			}
		}
		if n != 15 || d.Complete || len(d.Workspaces[0].NotKnown) == 0 {
			t.Errorf("%d permissions are not known, want 15; complete %v", n, d.Complete)
		}
	}
}

// TestWhoIsNotLookedFor is not gone: somebody who was only granted something, and a group that only a
// grant names, where the newer report read no grants.
func TestWhoIsNotLookedFor(t *testing.T) {
	api := accesstest.Sample()
	api.Lists[access.ProjectUsers+" EMPTY"] = []access.Item{
		accesstest.Granted(accesstest.Person(60, "Guest"), "read"),
	}
	api.Lists[access.ProjectGroups+" EMPTY"] = []access.Item{
		{Group: &access.GroupFacts{Slug: "guests"}, Permission: "read"},
	}
	scope := accesstest.Scope()
	before := read(t, api, scope)
	scope.Explicit = false
	w := between(t, before, read(t, accesstest.Sample(), scope)).Workspaces[0]
	for _, list := range [][]change.Entity{w.People, w.Groups} {
		i := slices.IndexFunc(list, func(e change.Entity) bool { return e.Name == "Guest" || e.Name == "guests" })
		if i < 0 || list[i].Change != change.NotKnown || !strings.Contains(list[i].Why, "was not asked for") {
			t.Errorf("%+v", list)
		}
	}
}

// TestFindings that count again, are accepted, and age.
func TestFindings(t *testing.T) {
	r := func(state findings.State, detail string, level findings.Level) *report.Report {
		r := read(t, accesstest.Sample(), accesstest.Scope())
		f := r.Findings[0]
		f.Level = level
		f.Items = slices.Clone(f.Items[:1])
		f.Items[0].State, f.Items[0].Detail = state, detail
		r.Findings = []findings.Finding{f}
		return r
	}
	for name, test := range map[string]struct {
		before, after *report.Report
		want          change.Outcome
		rises         int
	}{
		"the same":   {r(findings.Open, "1 day", "high"), r(findings.Open, "1 day", "high"), "", 0},
		"older":      {r(findings.Open, "seen 9 days ago", "high"), r(findings.Open, "seen 19 days ago", "high"), "", 0},
		"another":    {r(findings.Open, "2 admins", "high"), r(findings.Open, "3 admins", "high"), change.Different, 0},
		"accepted":   {r(findings.Open, "", "high"), r(findings.Accepted, "", "high"), change.NowAccepted, 0},
		"expired":    {r(findings.Accepted, "", "high"), r(findings.Expired, "", "high"), change.CountsAgain, 1},
		"exceeded":   {r(findings.Accepted, "", "high"), r(findings.Exceeded, "", "high"), change.CountsAgain, 1},
		"worse":      {r(findings.Open, "", "medium"), r(findings.Open, "", "high"), change.Worse, 1},
		"less bad":   {r(findings.Open, "", "high"), r(findings.Open, "", "low"), change.Different, 0},
		"still fine": {r(findings.Accepted, "", "low"), r(findings.Accepted, "", "high"), change.Worse, 0},
	} {
		d := between(t, test.before, test.after)
		var got change.Outcome
		if len(d.Findings) > 0 {
			got = d.Findings[0].Change
		}
		if got != test.want || d.Rising(findings.High) != test.rises {
			t.Errorf(
				"%s: %q, want %q; %d rise, want %d",
				name,
				got,
				test.want,
				d.Rising(findings.High),
				test.rises,
			)
		}
	}
}

// TestHowMuchIsNotKnown: a finding that tells how much somebody has is no other one because less was
// read.
func TestHowMuchIsNotKnown(t *testing.T) {
	scope := accesstest.Scope()
	before := read(t, accesstest.Sample(), scope)
	scope.Repositories = []string{"api"}
	after := read(t, accesstest.Sample(), scope)
	for _, reports := range [][2]*report.Report{{before, after}, {after, before}} {
		told := 0
		for _, f := range between(t, reports[0], reports[1]).Findings {
			if f.Was == nil {
				continue
			}
			told++
			if f.Change != change.Unclear || f.Why == "" {
				t.Errorf("%s of %s is %s: %q, and it was %q", f.Rule, f.Item.Subject.Name, f.Change, f.Item.Detail, f.Was.Detail)
			}
		}
		if told == 0 {
			t.Error("no finding tells how much somebody has")
		}
	}
}

// TestSettings that differ are told, since findings may differ by them.
func TestSettings(t *testing.T) {
	before := read(t, accesstest.Sample(), accesstest.Scope())
	after := read(t, accesstest.Sample(), accesstest.Scope())
	after.Settings.Thresholds.MaxAdmins = 9
	after.Inputs = []report.Input{{Name: "roster", SHA256: "12"}}
	want := []change.Field{{Name: "max_admins", Old: "5", New: "9"}, {Name: "roster", New: "SHA-256 12"}}
	if d := between(t, before, after); !slices.Equal(d.Settings, want) {
		t.Errorf("%+v, want %+v", d.Settings, want)
	}
}

func TestReportsThatCannotBeCompared(t *testing.T) {
	r := func(do func(*report.Report)) *report.Report {
		r := read(t, accesstest.Sample(), accesstest.Scope())
		do(r)
		return r
	}
	same := r(func(*report.Report) {})
	for want, pair := range map[string][2]*report.Report{
		"give the older one first": {same, r(func(r *report.Report) { r.Run.Started = r.Run.Started.Add(-time.Second) })},
		"repository api is in a report twice": {same, r(func(r *report.Report) {
			w := &r.Access.Workspaces[0]
			w.Repositories = append(w.Repositories, access.Repository{Slug: "api"})
		})},
		"one report is of the demo":                                        {same, r(func(r *report.Report) { r.Demo = true })},
		"workspaces, acme {00000064-0000-4000-8000-000000000000} and none": {same, r(func(r *report.Report) { r.Access.Workspaces = nil })},
		"give two of the same workspace":                                   {same, r(func(r *report.Report) { r.Access.Workspaces[0].UUID = accesstest.UUID(99) })},
	} {
		if _, err := change.Between(pair[0], pair[1]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	two := r(func(r *report.Report) {
		r.Access.Workspaces = append(
			r.Access.Workspaces,
			access.Workspace{Slug: "other", UUID: accesstest.UUID(99)},
		)
	})
	if d := between(
		t,
		same,
		two,
	); d.Complete ||
		!slices.Contains(d.Incomplete, "other: not known: the old report is not about it") {
		t.Errorf("a workspace that only one report is about: %q", d.Incomplete)
	}
}

// TestSections leave out what is no news: ages, and what is not told any more.
func TestSections(t *testing.T) {
	api := accesstest.Sample()
	without(api, access.Members, 4) // Dee keeps a permission
	for i, it := range api.Lists[access.Members] {
		it.LastAccessed = it.LastAccessed.Add(time.Hour)
		it.User.Status = ""
		api.Lists[access.Members][i] = it
	}
	before := accesstest.Sample()
	for _, it := range before.Lists[access.Members] {
		if it.User.UUID == accesstest.UUID(4) {
			it.User.Status = "active"
		}
	}
	d := between(t, read(t, before, accesstest.Scope()), read(t, api, accesstest.Scope()))
	sections, left := d.Sections(change.Limit{Lines: 10, All: 100, Names: 10})
	if less, more := d.Sections(change.Limit{Lines: 10, All: 1}); left != 0 || more == 0 || len(less)+more != len(sections) {
		t.Errorf("%d sections and %d left out of %d", len(less), more, len(sections))
	}
	for _, s := range sections {
		if s.Title != "People" {
			continue
		}
		want := "Dee " + accesstest.UUID(4) + ": role member → none"
		if len(s.Lines) != 1 || s.Lines[0].String() != want {
			t.Errorf("%v, want %s", s.Lines, want)
		}
		return
	}
	t.Error("there is no section of people")
}
