package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"time"
)

// csv writes the report for spreadsheets: one table in which the column kind tells rows apart.
//
//	audit        the audit itself; its note says when it was made, and why it is partial
//	finding      a finding, and one more row for each case of it
//	role         what somebody is in the workspace
//	permission   an effective permission on a repository
//	grant        an explicit permission on a repository or a project
func (r *report) csv(w io.Writer) error {
	t := csvWriter{csv.NewWriter(w), fmt.Sprint(r.Partial)}
	t.out.Write([]string{"partial", "kind", "level", "rule", "name", "type", "id", "permission", "target", "note"})
	t.row("audit", "", "", r.Source, "", "", "", r.Workspace, r.note())
	for _, f := range r.Findings {
		t.row("finding", string(f.Level), f.Rule, "", "", "", "", "", f.Text)
		for _, it := range f.Items {
			t.row("finding", string(f.Level), f.Rule, it.Subject, "", it.ID, "", "", it.Detail)
		}
	}
	for _, p := range r.People {
		if p.Role != "" {
			t.row("role", "", "", p.Name, p.Type, p.UUID, p.Role, r.Workspace, p.twoFactor())
		}
	}
	for _, p := range r.People {
		for _, h := range p.Permissions {
			for _, slug := range h.Repositories {
				t.row("permission", "", "", p.Name, p.Type, p.UUID, string(h.Permission), slug, "")
			}
		}
	}
	for _, g := range r.Grants {
		t.grant(g)
	}
	t.out.Flush()
	return t.out.Error()
}

// A csvWriter writes rows that do no harm to a spreadsheet or a terminal. The writer below keeps its first error.
type csvWriter struct {
	out     *csv.Writer
	partial string
}

func (t *csvWriter) row(cells ...string) {
	for i, cell := range cells {
		cells[i] = guard(clean(cell))
	}
	t.out.Write(append([]string{t.partial}, cells...))
}

func (t *csvWriter) grant(g grant) {
	kind := "user"
	if g.ToGroup {
		kind = "group"
	}
	var marks []string
	for _, m := range g.Marks {
		marks = append(marks, string(m))
	}
	t.row("grant", "", "", g.To, kind, g.ID, string(g.Permission), g.place(), strings.Join(marks, ", "))
}

// note says when the audit was made, and why it is partial.
func (r *report) note() string {
	note := r.TakenAt.Format(time.RFC3339)
	if r.Partial {
		note += "; partial: " + r.Reason
	}
	for _, what := range r.Unread {
		note += "; not read in whole: " + what
	}
	return note
}

// twoFactor says whether two-step verification is on, where that can be seen.
func (p *person) twoFactor() string {
	switch {
	case p.TwoFactor == nil:
		return "2fa unknown"
	case *p.TwoFactor:
		return "2fa on"
	}
	return "2fa off"
}
