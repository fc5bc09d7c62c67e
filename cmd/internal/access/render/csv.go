package render

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

// columns are those of the one table; the column kind tells rows apart:
//
//	evidence     how the report came about; these rows come first
//	coverage     how well a list was read
//	finding      one case of a finding
//	member       what somebody is in the workspace
//	permission   an effective permission on a repository
//	grant        an explicit permission on a repository or a project
var columns = []string{
	"complete", "kind", "workspace", "level", "rule", "state", "name", "type", "id", "permission",
	"place", "place_id", "via", "note",
}

// A row is the cells of a CSV row after the first.
type row struct {
	kind, workspace, level, rule, state, name, typ, id, permission, place, placeID, via, note string
}

// CSV writes a report for spreadsheets.
func CSV(w io.Writer, r *report.Report) error {
	t := csvWriter{csv.NewWriter(w), fmt.Sprint(r.Complete)}
	_ = t.out.Write(columns)
	for _, e := range Evidence(r) {
		t.row(row{kind: "evidence", name: e[0], note: e[1]})
	}
	for i := range r.Access.Workspaces {
		t.coverage(&r.Access.Workspaces[i])
	}
	for _, f := range r.Findings {
		for i := range f.Items {
			t.finding(&f, &f.Items[i])
		}
	}
	for i := range r.Access.Workspaces {
		t.people(&r.Access.Workspaces[i])
		t.grants(&r.Access.Workspaces[i])
	}
	t.out.Flush()
	return t.out.Error()
}

// A csvWriter writes rows that do no harm to a spreadsheet or a terminal. The writer below keeps
// its first error.
type csvWriter struct {
	out      *csv.Writer
	complete string
}

func (t *csvWriter) row(r row) {
	cells := []string{
		r.kind, r.workspace, r.level, r.rule, r.state, r.name, r.typ, r.id, r.permission, r.place,
		r.placeID, r.via, r.note,
	}
	for i, cell := range cells {
		cells[i] = Guard(Clean(cell))
	}
	_ = t.out.Write(append([]string{t.complete}, cells...))
}

func (t *csvWriter) coverage(w *access.Workspace) {
	for _, c := range w.Coverage {
		note := fmt.Sprintf("%d places, %d pages, %d items", c.Places, c.Pages, c.Items)
		if c.Why != "" {
			note += "; " + c.Why
		}
		t.row(
			row{kind: "coverage", workspace: w.Slug, name: c.List, state: string(c.Verdict), note: note},
		)
	}
}

func (t *csvWriter) finding(f *findings.Finding, it *findings.Item) {
	note := f.Title
	if it.Detail != "" {
		note += ": " + it.Detail
	}
	if a := it.Acceptance; a != nil {
		note += fmt.Sprintf("; accepted by %s from %s until %s: %s", a.By, a.Since, a.Until, a.Reason)
	}
	t.row(row{
		kind: "finding", workspace: f.Workspace, level: string(f.Level), rule: f.Rule,
		state: string(it.State),
		name:  it.Subject.Name, typ: it.Subject.Kind, id: it.Subject.UUID,
		permission: string(it.Permission),
		place:      it.Place.Name, placeID: it.Place.UUID, via: strings.Join(it.Via, "; "), note: note,
	})
}

func (t *csvWriter) people(w *access.Workspace) {
	for i := range w.People {
		p := &w.People[i]
		if p.Role != "" {
			t.row(row{
				kind: "member", workspace: w.Slug, name: p.Name, typ: p.Type, id: p.ID,
				permission: string(p.Role),
				place:      w.Slug, placeID: w.UUID, note: twoStep(p) + ", " + lastSeen(p),
			})
		}
	}
	for i := range w.People {
		p := &w.People[i]
		for _, h := range p.Permissions {
			for _, slug := range h.Repositories {
				r := row{
					kind: "permission", workspace: w.Slug, name: p.Name, typ: p.Type, id: p.ID,
					permission: string(h.Permission), place: slug,
				}
				if on := w.Repository(slug); on != nil {
					r.placeID = on.UUID
				}
				t.row(r)
			}
		}
	}
}

func (t *csvWriter) grants(w *access.Workspace) {
	names := map[string]string{}
	for i := range w.People {
		names[w.People[i].ID] = w.People[i].Name
	}
	grant := func(place, uuid string, g access.Grant) {
		r := row{
			kind: "grant", workspace: w.Slug, name: names[g.User], typ: "user", id: g.User,
			permission: string(g.Permission), place: place, placeID: uuid,
		}
		if g.Group != "" {
			r.name, r.typ, r.id = g.Group, "group", g.Group
		}
		t.row(r)
	}
	for _, p := range w.Projects {
		for _, g := range p.Grants {
			grant("project "+p.Key, p.UUID, g)
		}
	}
	for _, p := range w.Repositories {
		for _, g := range p.Grants {
			grant(p.Slug, p.UUID, g)
		}
	}
}

// twoStep says whether two-step verification is on, where that can be seen.
func twoStep(p *access.Person) string {
	switch {
	case p.TwoStep == nil:
		return "two-step unknown"
	case *p.TwoStep:
		return "two-step on"
	}
	return "two-step off"
}

func lastSeen(p *access.Person) string {
	if p.LastAccessed == nil {
		return "last access not told"
	}
	return "last seen " + p.LastAccessed.Format(time.RFC3339)
}
