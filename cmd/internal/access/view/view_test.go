package view_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/accesstest"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/view"
)

// reportOf makes a report of workspaces, judged.
func reportOf(roster findings.Roster, workspaces ...access.Workspace) *report.Report {
	r := report.New(false)
	r.AsOf, r.Access.Workspaces = accesstest.Now, workspaces
	r.Settings.Thresholds = findings.DefaultThresholds()
	if roster != nil {
		r.Inputs = append(r.Inputs, report.Input{Name: "roster", File: "roster.csv"})
	}
	r.Judge(roster)
	r.Settle()
	return r
}

// sample is the workspace with a case for every rule.
func sample(t *testing.T, change func(*accesstest.API)) access.Workspace {
	t.Helper()
	api := accesstest.Sample()
	if change != nil {
		change(api)
	}
	s, err := accesstest.Read(t.Context(), api, accesstest.Scope())
	if err != nil {
		t.Fatal(err)
	}
	return s.Workspaces[0]
}

var roster = findings.Roster{"ada@example.com": {}, "cid@example.com": {}, "gus@example.com": {Status: "on leave"}}

func TestFindings(t *testing.T) {
	items := func(states ...findings.State) []findings.Item {
		var all []findings.Item
		for _, s := range states {
			it := findings.Item{State: s, Subject: findings.Subject{Kind: "user", UUID: "{1}", Name: "Ada"}}
			if s != findings.Open {
				it.Acceptance = &findings.Acceptance{By: "Bob", Until: "2026-12-31", Reason: "because"}
			}
			all = append(all, it)
		}
		return all
	}
	r := report.New(false)
	entry := items(findings.Open)
	entry[0].Subject.Kind = "acceptance"
	r.Findings = []findings.Finding{
		{Rule: "outsider", Level: findings.High, Items: items(
			findings.Open, findings.Open, findings.Accepted, findings.Expired, findings.Exceeded,
		)},
		{Rule: "owner", Level: findings.High, Items: items(findings.Accepted)},
		{Rule: "unused-acceptance", Level: findings.Low, Items: entry},
	}
	got := view.New(r).Findings
	if got.Compared != "" || got.Tallies[0] != (view.Tally{Level: findings.High, Open: 4, Expired: 1, Exceeded: 1, Accepted: 2}) {
		t.Errorf("without an accept file: %+v", got)
	}
	r.Inputs = []report.Input{{Name: "accept", File: "accepted.yaml"}}
	got = view.New(r).Findings
	want := []view.Tally{
		{Level: findings.High, Open: 4, New: 2, Expired: 1, Exceeded: 1, Accepted: 2},
		{Level: findings.Medium},
		{Level: findings.Low, Open: 1},
		{Level: findings.Info},
	}
	if got.Compared != "accepted.yaml" || !slices.Equal(got.Tallies, want) {
		t.Errorf("with an accept file: %+v, want %+v", got, want)
	}
	first := got.List.Items[0]
	if first.Open != 4 || first.Accepted != 1 || !first.Unfolded() || got.List.Items[1].Unfolded() {
		t.Errorf("the first finding is %+v", first)
	}
	if c := first.Cases.Items[3]; c.State != "expired" || c.Note != "by Bob until 2026-12-31: because" || c.ID != "{1}" {
		t.Errorf("an expired case is %+v", c)
	}
}

// TestManyCases are cut, each rule at the same number, and none goes unsaid.
func TestManyCases(t *testing.T) {
	r := report.New(false)
	for i := range 200 {
		f := findings.Finding{Rule: fmt.Sprint("rule ", i), Level: findings.Low, Title: "title"}
		f.Items = make([]findings.Item, 1000)
		r.Findings = append(r.Findings, f)
	}
	got := view.New(r).Findings
	if len(got.List.Items) != 200 || got.List.Left != 0 {
		t.Errorf("%d findings, %d left", len(got.List.Items), got.List.Left)
	}
	shown := 0
	for _, f := range got.List.Items {
		shown += len(f.Cases.Items)
		if len(f.Cases.Items)+f.Cases.Left != 1000 || len(f.Cases.Items) > 40 || f.Open != 1000 {
			t.Errorf("%s shows %d cases and leaves %d of %d", f.Rule, len(f.Cases.Items), f.Cases.Left, f.Open)
		}
	}
	if shown < 400 || got.List.Items[0].Cases.Left != 960 {
		t.Errorf("%d cases are shown, and %d of the first finding are not", shown, got.List.Items[0].Cases.Left)
	}
}

func TestPrivileged(t *testing.T) {
	w := sample(t, nil)
	got := view.New(reportOf(nil, w)).Privileged
	var lines []string
	for _, p := range got.List.Items {
		lines = append(lines, fmt.Sprintf("%.5s %s %d/%d %v", p.Name, p.What, p.AdminOf, p.Of, p.Ways.Items))
	}
	want := []string{
		"Ada owner 3/3 [owner of the workspace group admins, which administers the workspace]",
		"\x1b[31m owner 1/3 [owner of the workspace]",
		"=HYPE owner 1/3 [owner of the workspace]",
		"Jo owner 0/3 [owner of the workspace]",
		"Ida unknown role 1/3 [the role guru, which this program does not know nothing that was read explains it: 1 repository]",
		"Cid repository admin 2/3 [admin in person: 1 repository nothing that was read explains it: 1 repository]",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("privileged are\n%s, want\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	if got.Owners != 4 || got.WorkspaceAdmins != 0 || got.RepositoryAdmins != 1 || got.WithoutTwoStep != 1 ||
		got.TwoStepUnknown != 0 || got.Stale != 1 || len(got.Notes.Items) != 0 {
		t.Errorf("the figures are %+v", got)
	}
	if bob := got.List.Items[2]; bob.TwoStep != "off" || bob.Days != 100 || !bob.Stale {
		t.Errorf("%+v", bob)
	}
	short := sample(t, func(a *accesstest.API) { a.Told = map[string]int{access.Members: 99} })
	if got := view.New(reportOf(nil, short)).Privileged.Notes.Items; len(got) != 1 ||
		got[0] != "There may be more in acme, where members was not read in whole." {
		t.Errorf("of a list that was cut short the notes are %q", got)
	}
}

func TestAttention(t *testing.T) {
	lines := func(r *report.Report) map[string][]string {
		all := map[string][]string{}
		for _, g := range view.New(r).Attention {
			all[g.Title] = []string{fmt.Sprint(g.Count)}
			for _, note := range g.Notes.Items {
				all[g.Title] = append(all[g.Title], string(note))
			}
			for _, n := range g.List.Items {
				all[g.Title] = append(all[g.Title], n.Workspace+n.Name+": "+n.Text)
			}
		}
		return all
	}
	got := lines(reportOf(roster, sample(t, nil)))
	want := map[string][]string{
		"Not on the roster": {"7", "Gus: the roster says on leave; member, read on 1"},
		"Inactive": {
			"2", "Gus: the account is inactive; member, read on 1; last seen 2025-10-21, 400 days ago; member, read on 1",
			`=HYPERLINK("http://evil.example","Bob"): last seen 2026-08-17, 100 days ago; owner, admin on 1`,
		},
		"Outsiders": {
			"3", "Former user: read on repository site", "Former user: read on repository api",
			"Gone: write on repository site; write on repository tool (granted in person on repository tool): granted, though it is not effective",
		},
		"Apps": {"1", "Robot: member, read on 1"},
	}
	for title, lines := range want {
		if n := len(lines); len(got[title]) < n || !slices.Equal(got[title][:n], lines) {
			t.Errorf("%s:\n%q, want\n%q", title, got[title], lines)
		}
	}
	narrow := sample(t, nil)
	narrow.Narrow = true
	if got := lines(reportOf(nil, narrow))["Outsiders"]; got[1] != "There may be more in acme, of which only some repositories were asked for." {
		t.Errorf("of some repositories: %q", got)
	}
	unread := sample(t, func(a *accesstest.API) { a.Told = map[string]int{access.Members: 99} })
	other := sample(t, nil)
	other.Slug = "other"
	got = lines(reportOf(nil, unread, other))
	for title, note := range map[string]string{
		"Not on the roster": "No roster was given; -roster names who should be there.",
		"Outsiders":         "There may be more in acme, where members was not read in whole.",
	} {
		if len(got[title]) < 2 || got[title][1] != note {
			t.Errorf("%s: %q, want the note %q", title, got[title], note)
		}
	}
	if apps := got["Apps"]; len(apps) != 4 || !strings.HasPrefix(apps[3], "otherRobot") {
		t.Errorf("of several workspaces each is named: %q", apps)
	}
}

func TestCoverage(t *testing.T) {
	w := sample(t, func(a *accesstest.API) {
		refused := &bitbucket.Error{StatusCode: 403, Message: "no"}
		a.Fail = map[string]error{access.Groups: refused, access.RepositoryKeys + " api": refused}
		a.Told = map[string]int{access.Invitations: 4}
	})
	r := reportOf(nil, w)
	r.CannotBeRead = []string{"tokens"}
	got := view.New(r).Coverage
	want := []view.Verdicts{{Verdict: access.Whole, Lists: 14}, {Verdict: access.Short, Lists: 1}, {Verdict: access.Refused, Lists: 2}}
	if !slices.Equal(got.Verdicts, want) {
		t.Errorf("the verdicts are %v, want %v", got.Verdicts, want)
	}
	lists := map[string]view.Read{}
	for _, l := range got.Spaces.Items[0].Lists.Items {
		lists[l.List] = l
	}
	if keys := lists[access.RepositoryKeys]; keys.Verdict != access.Refused || len(keys.Places.Items) != 1 ||
		!strings.HasPrefix(string(keys.Places.Items[0]), "api: refused: ") {
		t.Errorf("%+v", keys)
	}
	if len(got.CannotBeRead.Items) != 1 || len(got.NotJudged.Items) != 0 {
		t.Errorf("%+v", got)
	}
	unasked := view.New(reportOf(nil, access.Workspace{Slug: "acme"}))
	if got := unasked.Coverage.NotJudged.Items; len(got) < 5 ||
		!slices.Contains(got, "roster-status: no roster was given") ||
		!slices.Contains(got, "no-access: members and permissions were not read in whole") {
		t.Errorf("not judged are %q", got)
	}
	if n := unasked.Findings.NotJudged; n != len(unasked.Coverage.NotJudged.Items)-2 {
		t.Errorf("%d rules were not judged, roster apart", n)
	}
}

func TestAdmins(t *testing.T) {
	w := access.Workspace{Slug: "acme"}
	admins := []int{0, 1, 2, 3, 7, 8, 12, 0, 300}
	for i, n := range admins {
		slug := fmt.Sprintf("r%d", i)
		w.Repositories = append(w.Repositories, access.Repository{Slug: slug, Gone: i == 7})
		for j := range n {
			w.People = append(w.People, access.Person{ID: fmt.Sprint(i, " ", j), Permissions: []access.Holding{
				{Permission: "admin", Repositories: []string{slug}},
			}})
		}
	}
	r := reportOf(nil, w)
	r.Settings.Thresholds = findings.Thresholds{MinAdmins: 2, MaxAdmins: 7}
	got := view.New(r).Access.Items[0].Admins
	want := []view.Bar{
		{Label: "0", Count: 1, Width: 100, Mark: "few"},
		{Label: "1", Count: 1, Width: 100, Mark: "few"},
		{Label: "2", Count: 1, Width: 100},
		{Label: "3", Count: 1, Width: 100},
		{Label: "6 to 7", Count: 1, Width: 100},
		{Label: "8 to 9", Count: 1, Width: 100, Mark: "many"},
		{Label: "10 to 19", Count: 1, Width: 100, Mark: "many"},
		{Label: "100 or more", Count: 1, Width: 100, Mark: "many"},
	}
	if !slices.Equal(got.Distribution, want) {
		t.Errorf("the distribution is\n%+v, want\n%+v", got.Distribution, want)
	}
	if got.Top[0] != (view.Bar{Label: "r8", Count: 300, Width: 100, Mark: "many"}) || got.Top[1].Width != 4 || len(got.Top) != 7 {
		t.Errorf("those with the most are %+v", got.Top)
	}
}

// TestMatrix shows a set of people in one row, and what is mixed in a cell.
func TestMatrix(t *testing.T) {
	on := func(permission bitbucket.Permission, slugs ...string) access.Holding {
		return access.Holding{Permission: permission, Repositories: slugs}
	}
	w := access.Workspace{
		Slug: "acme", Projects: []access.Project{{Key: "ONE"}, {Key: "TWO"}},
		Repositories: []access.Repository{{Slug: "a", Project: "ONE"}, {Slug: "b", Project: "ONE"}, {Slug: "c", Project: "TWO"}, {Slug: "d"}},
	}
	for i := range 6 {
		w.People = append(w.People, access.Person{
			ID: fmt.Sprint(i), Name: fmt.Sprint("Dev ", i), Role: "member",
			Permissions: []access.Holding{on("admin", "a"), on("write", "b", "c")},
		})
	}
	w.People = append(w.People, access.Person{ID: "x", Name: "Xu", Permissions: []access.Holding{on("guru", "d")}})
	got := view.New(reportOf(nil, w)).Access.Items[0]
	if len(got.Rows.Items) != 2 || len(got.Columns) != 3 || got.Columns[0].Key != "" || got.Hidden != 0 || len(got.Unread.Items) != 1 {
		t.Fatalf("%+v", got)
	}
	devs := got.Rows.Items[1]
	if devs.People != (view.Names{Count: 6, First: "Dev 0, Dev 1, Dev 2 and 3 others", All: "Dev 0, Dev 1, Dev 2, Dev 3, Dev 4, Dev 5"}) {
		t.Errorf("%+v", devs.People)
	}
	mixed, whole := devs.Cells[1], devs.Cells[2]
	if mixed.Letter != "a" || mixed.On != 1 || mixed.Of != 2 || mixed.Whole() ||
		!slices.Equal(mixed.Lines, []view.Line{{Permission: "admin", Names: "a"}, {Permission: "write", Names: "b"}}) {
		t.Errorf("the mixed cell is %+v", mixed)
	}
	if whole.Letter != "w" || !whole.Whole() || whole.Lines != nil || devs.Cells[0] != nil {
		t.Errorf("the whole cell is %+v, the empty one %+v", whole, devs.Cells[0])
	}
	if xu := got.Rows.Items[0]; xu.Cells[0].Letter != "x" || xu.Kind != "no member" {
		t.Errorf("%+v", xu)
	}
	if !slices.Equal(got.Letters, []string{"x", "a", "w"}) || got.Sites.Items[0].Cells[1].Count != 6 || got.Sites.Items[0].Admins != 6 ||
		!slices.ContainsFunc(got.Sites.Items, func(s view.Site) bool { return s.Cells[0].First == "Xu (guru)" }) {
		t.Errorf("letters %q, repositories %+v", got.Letters, got.Sites.Items)
	}
}

// found lists the permissions that a page's search knows.
func found(t *testing.T, s view.Search) map[triple]int {
	t.Helper()
	data, err := json.Marshal(s) // as the script reads it
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Spaces []struct {
			Repositories [][]any
			Sets         []struct {
				People [][]string
				Held   []struct {
					Permission   bitbucket.Permission
					Repositories []int
				}
			}
		}
	}
	if err := json.Unmarshal(data, &read); err != nil {
		t.Fatal(err)
	}
	all := map[triple]int{}
	for _, space := range read.Spaces {
		for _, set := range space.Sets {
			for _, held := range set.Held {
				at := 0
				for _, distance := range held.Repositories {
					at += distance
					for _, p := range set.People {
						all[triple{p[1], space.Repositories[at][0].(string), held.Permission}]++
					}
				}
			}
		}
	}
	return all
}

// TestSearchLosesNobody holds that the search knows all that the model has.
func TestSearchLosesNobody(t *testing.T) {
	each(t, func(t *testing.T, w *access.Workspace) {
		r := report.New(false)
		r.Access.Workspaces = []access.Workspace{*w}
		if got := found(t, view.New(r).Search); !maps.Equal(got, triples(w)) {
			t.Errorf("the search has\n%v, the model\n%v", got, triples(w))
		}
	})
}

// TestLarge models are cut, and every number of what is left out is right.
func TestLarge(t *testing.T) {
	for _, size := range accesstest.Sizes() {
		if size.Name != "200,000 repositories" && size.Name != "1,000 workspaces" {
			continue
		}
		t.Run(size.Name, func(t *testing.T) {
			r := report.New(false)
			r.Access = size.Model()
			v := view.New(r)
			if n := len(v.Access.Items) + v.Access.Left; n != size.Workspaces {
				t.Errorf("%d workspaces, want %d", n, size.Workspaces)
			}
			for _, a := range v.Access.Items {
				people := a.Hidden
				for _, row := range a.Rows.Items {
					people += row.People.Count
				}
				places := a.Unlisted
				for _, site := range a.Sites.Items {
					places += site.Repositories.Count
				}
				indexed := a.Index.Left
				for _, e := range a.Index.Items {
					indexed += len(e.People)
				}
				if people != size.People || places != size.Repositories || indexed != a.Hidden {
					t.Errorf("%d people, %d repositories, %d indexed of %d", people, places, indexed, a.Hidden)
				}
			}
			for i, s := range v.Search.Spaces {
				people, permissions := s.NoPeople, 0
				for _, set := range s.Sets {
					people += len(set.People)
					for _, h := range set.Held {
						permissions += (len(h.Repositories) + h.Left) * len(set.People)
					}
				}
				if people != size.People || len(s.Repositories)+s.NoRepositories != size.Repositories ||
					s.NoPeople == 0 && permissions != size.People*size.Each {
					t.Errorf("the search of workspace %d has %d people, %d repositories, %d permissions",
						i, people, len(s.Repositories)+s.NoRepositories, permissions)
				}
			}
		})
	}
}
