package review

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/sealed"
)

// An Order is what a review is exported of, and how.
type Order struct {
	Report     *report.Report
	ReportFile []byte
	Roster     findings.Roster // nil for none
	RosterFile *report.Input
	Split      Split
	Now        time.Time
	Tool       report.Tool
}

// Export makes a review: the manifest, and the CSVs by the names of their files.
func Export(o Order) (*Manifest, map[string][]byte, error) {
	m := &Manifest{
		Kind: manifestKind, Version: version, Demo: o.Report.Demo, Created: o.Now, Tool: o.Tool,
		Report: SourceOf(o.Report, o.ReportFile), Roster: o.RosterFile, Split: o.Split,
		Workspaces: []Workspace{}, Files: []File{},
	}
	for i := range o.Report.Access.Workspaces {
		from := &o.Report.Access.Workspaces[i]
		if from.UUID == "" {
			return nil, nil, fmt.Errorf(
				"the report does not know the UUID of the workspace %s: run the audit again", from.Slug)
		}
		twice := func(w Workspace) bool { return strings.EqualFold(w.UUID, from.UUID) }
		if slices.ContainsFunc(m.Workspaces, twice) {
			return nil, nil, fmt.Errorf("the report has the workspace %s twice: audit it once", from.Slug)
		}
		w := fold(from)
		w.attach(from, o.Report.Findings)
		for j := range w.Subjects {
			s := &w.Subjects[j]
			s.RosterName = o.Roster[strings.ToLower(s.Email)].Name // no address is empty there
		}
		m.Workspaces = append(m.Workspaces, w)
	}
	if m.Rows() == 0 {
		return nil, nil, errors.New("the report knows of no access: there is nothing to review")
	}
	if o.Split.NeedsRoster() && !m.anyAddress() {
		return nil, nil, fmt.Errorf("the report knows nobody's address, so the roster names no "+
			"reviewer: run the audit with -roster, or export with -split %s", ByProject)
	}
	m.assign(o.Roster)
	sheets := m.sheets()
	for i := range m.Files {
		m.Files[i].SHA256 = sealed.Sum(sheets[m.Files[i].Name])
	}
	return m, sheets, nil
}

func (m *Manifest) anyAddress() bool {
	has := func(s Subject) bool { return s.person() && s.Email != "" }
	return slices.ContainsFunc(m.Workspaces, func(w Workspace) bool {
		return slices.ContainsFunc(w.Subjects, has)
	})
}

// A matter is whom and where a finding is about.
type matter struct{ kind, subject, place, uuid string }

// attach adds to each row the findings about its subject at its places. What is said of somebody in
// the workspace stands in the row of the role, or of who has none in every row. Findings about
// places, such as a repository with many admins, are about no row.
func (w *Workspace) attach(from *access.Workspace, all []findings.Finding) {
	found := map[matter][]Finding{}
	for _, f := range all {
		if f.Level.Rank() <= findings.Info.Rank() || f.Workspace != from.Slug {
			continue
		}
		for i := range f.Items {
			it := &f.Items[i]
			key := matter{it.Subject.Kind, it.Subject.UUID, it.Place.Kind, it.Place.UUID}
			found[key] = append(found[key], Finding{f.Rule, f.Level, !it.Counts()})
		}
	}
	uuids := map[string]string{}
	for _, p := range from.Projects {
		uuids[string(OnProject)+p.Key] = p.UUID
	}
	for _, r := range from.Repositories {
		uuids[string(OnRepository)+r.Slug] = r.UUID
	}
	roles := map[int]bool{}
	for _, r := range w.Rows {
		roles[r.Subject] = roles[r.Subject] || r.Kind == Role
	}
	for i := range w.Rows {
		r := &w.Rows[i]
		who := &w.Subjects[r.Subject]
		kind := string(who.Kind)
		if who.person() {
			kind = "user"
		}
		for one := range w.Unfold(r) {
			uuid := cmp.Or(uuids[string(one.On)+one.Place], one.Place)
			if one.On == OnWorkspace {
				uuid = from.UUID
			}
			r.note(found[matter{kind, who.ID, string(one.On), uuid}])
		}
		if who.person() && !roles[r.Subject] {
			r.note(found[matter{kind, who.ID, string(OnWorkspace), from.UUID}])
		}
	}
}

// note adds findings to a row, each rule once. A rule with a case that counts is not accepted.
func (r *Row) note(all []Finding) {
	for _, f := range all {
		i := slices.IndexFunc(r.Findings, func(had Finding) bool { return had.Rule == f.Rule })
		if i < 0 {
			r.Findings = append(r.Findings, f)
		} else {
			r.Findings[i].Accepted = r.Findings[i].Accepted && f.Accepted
		}
	}
}

// argued reports whether the report says something against an access that nobody has accepted.
func (r *Row) argued() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return !f.Accepted })
}

// isCalled reports whether a text means somebody: by address, name, nickname or UUID.
func (s *Subject) isCalled(text string) bool {
	text = visible(text)
	if name, address, ok := strings.Cut(text, "<"); ok { // Ada <ada@example.com>
		address = strings.TrimSuffix(strings.TrimSpace(address), ">")
		return s.isCalled(address) || s.isCalled(name)
	}
	for _, name := range []string{s.Email, s.Name, s.RosterName, s.Nickname, s.UUID, s.AccountID} {
		if name = visible(name); name != "" && strings.EqualFold(name, text) {
			return true
		}
	}
	return false
}
