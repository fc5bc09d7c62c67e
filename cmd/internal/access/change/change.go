// Package change compares two reports: who gained or lost what and by what, which findings are new
// or gone, and what came, went and changed. Its functions are pure.
//
// Nothing is said to be gone, or to be new, by a report that did not read where it would be: that is
// not known.
package change

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

const (
	kind    = "bbaudit diff"
	version = 1
)

// A Difference is what differs between two reports, the older one first. Its JSON form is the
// canonical one. Lists are never nil.
type Difference struct {
	Kind     string `json:"kind"`
	Version  int    `json:"version"` // of this form
	Title    string `json:"title"`
	Demo     bool   `json:"demo"`
	Complete bool   `json:"complete"`
	// What is not known, and why.
	Incomplete []string    `json:"incomplete"`
	Old        Side        `json:"old"`
	New        Side        `json:"new"`
	Settings   []Field     `json:"settings"` // that differ, so that findings may differ by them
	Findings   []Finding   `json:"findings"`
	Workspaces []Workspace `json:"workspaces"`
}

// A Side is one of the two reports.
type Side struct {
	ID       string    `json:"id"`
	SHA256   string    `json:"sha256"`
	Started  time.Time `json:"started"`
	Ended    time.Time `json:"ended"`
	AsOf     time.Time `json:"as_of"`
	Complete bool      `json:"complete"`
}

// A Verdict says what became of something.
type Verdict string

// The verdicts.
const (
	Added    Verdict = "added"   // gained, came, joined
	Removed  Verdict = "removed" // lost, went, left
	Changed  Verdict = "changed"
	NotKnown Verdict = "not known" // one report did not read where it would be
)

// A Workspace is what differs in one workspace. People, repositories, projects and groups go by
// what identifies them in the newer report, and those that are only in the older one by what did
// there; where that is taken by another, " (before)" follows it.
type Workspace struct {
	Slug         string   `json:"slug"`
	UUID         string   `json:"uuid"`
	Permissions  []Access `json:"permissions"` // effective ones
	Grants       []Grant  `json:"grants"`      // explicit ones
	Members      []Member `json:"members"`     // of groups
	People       []Entity `json:"people"`
	Groups       []Entity `json:"groups"`
	Projects     []Entity `json:"projects"`
	Repositories []Entity `json:"repositories"`
	Keys         []Entity `json:"keys"`
	Variables    []Entity `json:"variables"`
	Invitations  []Entity `json:"invitations"`
	NotKnown     []Gap    `json:"not_known"`
}

// A Gap is a reason why differences are not known.
type Gap struct {
	Why   string `json:"why"`
	Count int    `json:"count"` // of the differences
}

// A Name is what identifies a person, and what people call them.
type Name struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// An Access is a change of somebody's effective permission, on all repositories where it is the
// same one and by the same.
type Access struct {
	Change Verdict              `json:"change"`
	Person Name                 `json:"person"`
	Old    bitbucket.Permission `json:"old,omitzero"`
	New    bitbucket.Permission `json:"new,omitzero"`
	// By what it is held now, or was when nothing or less is left, as far as that differs.
	By []access.Way `json:"by"`
	// The sources that may know more ways and were not read in whole.
	Unread       []string `json:"unread"`
	Repositories []string `json:"repositories"` // slugs
	Why          string   `json:"why,omitzero"` // it is not known
}

// A Grant is a change of an explicit permission.
type Grant struct {
	Change Verdict              `json:"change"`
	Place  access.Place         `json:"place"`
	Person *Name                `json:"person,omitzero"`
	Group  string               `json:"group,omitzero"`
	Old    bitbucket.Permission `json:"old,omitzero"`
	New    bitbucket.Permission `json:"new,omitzero"`
	Why    string               `json:"why,omitzero"`
}

// A Member is a change of who is in a group.
type Member struct {
	Change Verdict `json:"change"`
	Group  string  `json:"group"`
	Person Name    `json:"person"`
	Old    bool    `json:"old"` // was in it
	New    bool    `json:"new"` // is in it
	Why    string  `json:"why,omitzero"`
}

// An Entity is a person, a group, a project, a repository, a deploy key, a variable or an invitation
// that came, went or changed, with what differs about it.
type Entity struct {
	Change Verdict       `json:"change"`
	ID     string        `json:"id"`
	Name   string        `json:"name"`
	Place  *access.Place `json:"place,omitzero"` // of keys, variables and invitations
	Fields []Field       `json:"fields"`
	Why    string        `json:"why,omitzero"`
}

// A Field is something that has another value. An empty one was not told.
type Field struct {
	Name     string `json:"name"`
	Old      string `json:"old"`
	New      string `json:"new"`
	NotKnown bool   `json:"not_known,omitzero"` // whether it changed, since one report does not tell it
}

// Ages grow by themselves: fields by these names are no news.
func (f Field) age() bool { return f.Name == "last_accessed" || f.Name == "last_used" }

// Notable reports whether somebody would want to know: more changed than when somebody or something
// was last seen.
func (e *Entity) Notable() bool {
	if e.Change == Added || e.Change == Removed {
		return true
	}
	for _, f := range e.Fields {
		if !f.age() && !f.NotKnown {
			return true
		}
	}
	return false
}

// Empty reports whether nothing differs between the two models and their findings.
func (d *Difference) Empty() bool {
	for i := range d.Workspaces {
		w := &d.Workspaces[i]
		n := len(w.Permissions) + len(w.Grants) + len(w.Members)
		for _, list := range w.entities() {
			n += len(list)
		}
		if n > 0 {
			return false
		}
	}
	return len(d.Findings) == 0
}

// entities are all lists of things that came, went or changed.
func (w *Workspace) entities() [][]Entity {
	return [][]Entity{
		w.People, w.Groups, w.Projects, w.Repositories, w.Keys, w.Variables, w.Invitations,
	}
}

// Between compares two reports. Its error says why they cannot be compared, and what to do.
func Between(before, after *report.Report) (*Difference, error) {
	pairs := pairWorkspaces(before, after)
	if err := check(before, after, pairs); err != nil {
		return nil, err
	}
	d := &Difference{
		Kind: kind, Version: version, Title: title(after.Demo), Demo: after.Demo,
		Old: sideOf(before), New: sideOf(after), Incomplete: []string{},
		Settings: settings(before, after), Findings: []Finding{}, Workspaces: []Workspace{},
	}
	for _, why := range before.Incomplete {
		d.Incomplete = append(d.Incomplete, "the old report: "+why)
	}
	for _, why := range after.Incomplete {
		d.Incomplete = append(d.Incomplete, "the new report: "+why)
	}
	for _, p := range pairs {
		switch {
		case p.before == nil:
			d.Incomplete = append(d.Incomplete, p.after.Slug+": not known: the old report is not about it")
		case p.after == nil:
			d.Incomplete = append(d.Incomplete, p.before.Slug+": not known: the new report is not about it")
		default:
			d.add(newComparison(before, after, p))
		}
	}
	d.Findings = append(d.Findings, compareCases(
		cases(before, ""), cases(after, ""), func(found, Outcome) string { return "" })...)
	slices.SortStableFunc(d.Findings, func(a, b Finding) int { return b.Level.Rank() - a.Level.Rank() })
	d.Complete = len(d.Incomplete) == 0
	return d, nil
}

// add adds what differs in a workspace, and its findings.
func (d *Difference) add(c *comparison) {
	c.compare()
	cases := c.findings()
	c.settle(cases)
	d.Findings = append(d.Findings, cases...)
	for _, gap := range c.out.NotKnown {
		d.Incomplete = append(
			d.Incomplete,
			fmt.Sprintf("%s: %d not known: %s", c.out.Slug, gap.Count, gap.Why),
		)
	}
	d.Workspaces = append(d.Workspaces, c.out)
}

func title(demo bool) string {
	if demo {
		return "DEMO: what changed in invented workspaces"
	}
	return "What changed in workspaces of Bitbucket Cloud"
}

func sideOf(r *report.Report) Side {
	return Side{
		ID: r.Run.ID, SHA256: r.SHA256, Started: r.Run.Started, Ended: r.Run.Ended, AsOf: r.AsOf,
		Complete: r.Complete,
	}
}

// check says why two reports cannot be compared.
func check(before, after *report.Report, pairs []workspacePair) error {
	began, beganAfter := before.Run.Started, after.Run.Started
	double := cmp.Or(twice(before), twice(after))
	switch {
	case double != "":
		return fmt.Errorf("%s is in a report twice: give reports as bbaudit wrote them", double)
	case before.Demo != after.Demo:
		return errors.New("one report is of the demo and the other is not: give two of the same workspace")
	case began.After(beganAfter):
		return fmt.Errorf(
			"the first report is of %s and the second of %s, which is earlier: give the older one first",
			began.Format(time.RFC3339), beganAfter.Format(time.RFC3339),
		)
	case !slices.ContainsFunc(pairs, func(p workspacePair) bool { return p.before != nil && p.after != nil }):
		return fmt.Errorf(
			"the reports are of different workspaces, %s and %s: give two of the same workspace",
			workspaces(before), workspaces(after),
		)
	}
	return nil
}

// twice names something that a report has twice, which none has that this program wrote: what
// differs could not be told of either.
func twice(r *report.Report) string {
	for i := range r.Access.Workspaces {
		w := &r.Access.Workspaces[i]
		met := map[string]bool{}
		for _, name := range slices.Concat(
			names(w.People, "person ", func(p *access.Person) string { return p.ID }),
			names(w.Groups, "group ", func(g *access.Group) string { return g.Slug }),
			names(w.Projects, "project ", func(p *access.Project) string { return p.Key }),
			names(w.Repositories, "repository ", func(r *access.Repository) string { return r.Slug }),
		) {
			if met[name] {
				return name
			}
			met[name] = true
		}
	}
	return ""
}

func names[T any](things []T, kind string, of func(*T) string) []string {
	all := make([]string, len(things))
	for i := range things {
		all[i] = kind + of(&things[i])
	}
	return all
}

// workspaces names the workspaces of a report.
func workspaces(r *report.Report) string {
	var names []string
	for i := range r.Access.Workspaces {
		w := &r.Access.Workspaces[i]
		names = append(names, strings.TrimSpace(w.Slug+" "+w.UUID))
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// Rising counts the findings at or above a level that count now and did not before.
func (d *Difference) Rising(level findings.Level) int {
	n := 0
	for i := range d.Findings {
		f := &d.Findings[i]
		if f.Level.Rank() >= level.Rank() && f.Rises() {
			n++
		}
	}
	return n
}
