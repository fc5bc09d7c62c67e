package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

// Findings are those of a report.
type Findings struct {
	// The accept file that tells what is new; empty without one.
	Compared string
	Tallies  []Tally // by level, the most urgent first
	// Rules for which too little was read, over all workspaces; nobody asked for those that take a
	// roster when there is none.
	NotJudged int
	List      List[Finding]
}

// A Tally counts the cases of a level. Expired, exceeded and new ones are open.
type Tally struct {
	Level                                  findings.Level
	Open, New, Expired, Exceeded, Accepted int
}

// A Finding is a rule that applies.
type Finding struct {
	Rule, Title, Do, Workspace string
	Level                      findings.Level
	Open, Accepted             int
	Cases                      List[Case]
}

func (f Finding) size() room { return size(22, f.Title, f.Do, f.Rule, f.Workspace) }

// Unfolded reports whether its cases are seen at first.
func (f Finding) Unfolded() bool { return f.Level == findings.High && f.Open > 0 }

// A Case is one case of a finding.
type Case struct {
	Name, ID, Text string
	State          string // new, accepted, expired or exceeded; empty for what is just open
	Note           string // who accepted it, until when, and why
}

func (c Case) size() room { return size(12, c.Name, c.ID, c.Text, c.State, c.Note) }

// mostCases is how many cases of a finding a page shows.
const mostCases = 40

// findingsOf counts the findings, and shows all of them before it fills them with their cases, the
// urgent ones first.
func findingsOf(r *report.Report) Findings {
	v := Findings{}
	if i := slices.IndexFunc(r.Inputs, func(in report.Input) bool { return in.Name == "accept" }); i >= 0 {
		v.Compared = name(r.Inputs[i].File)
	}
	for _, level := range slices.Backward(findings.Levels()) {
		t := Tally{Level: level}
		for i := range r.Findings {
			if f := &r.Findings[i]; f.Level == level {
				t.add(f, v.Compared != "")
			}
		}
		v.Tallies = append(v.Tallies, t)
	}
	v.NotJudged = unjudgedRules(r)
	left := findingsRoom
	v.List = fill(&left, unlimited, len(r.Findings), func(i int) Finding {
		f := &r.Findings[i]
		shown := Finding{
			Rule: f.Rule, Title: f.Title, Do: f.Do, Level: f.Level, Open: f.Open(),
			Accepted: len(f.Items) - f.Open(),
		}
		if len(r.Access.Workspaces) > 1 {
			shown.Workspace = name(f.Workspace)
		}
		return shown
	})
	for i := range v.List.Items {
		items := r.Findings[i].Items
		v.List.Items[i].Cases = fill(&left, mostCases, len(items), func(j int) Case {
			return caseOf(&items[j], v.Compared != "")
		})
	}
	return v
}

func unjudgedRules(r *report.Report) int {
	n := 0
	for _, rules := range r.NotJudged {
		for _, lacking := range rules {
			if !unasked(r, lacking) {
				n++
			}
		}
	}
	return n
}

// unasked reports whether what a rule lacks is a roster that nobody gave.
func unasked(r *report.Report, lacking []string) bool {
	return slices.Contains(lacking, access.RosterMembers) && !hasInput(r, "roster")
}

// notRead says which sources were not read in whole.
func notRead(sources []string) string {
	was := " was not read in whole"
	if len(sources) > 1 {
		was = " were not read in whole"
	}
	return strings.Join(sources, " and ") + was
}

// hasInput reports whether a report depends on a file of this kind.
func hasInput(r *report.Report, kind string) bool {
	return slices.ContainsFunc(r.Inputs, func(in report.Input) bool { return in.Name == kind })
}

func (t *Tally) add(f *findings.Finding, compared bool) {
	for i := range f.Items {
		it := &f.Items[i]
		if it.Counts() {
			t.Open++
		}
		switch state(it, compared) {
		case "new":
			t.New++
		case string(findings.Accepted):
			t.Accepted++
		case string(findings.Expired):
			t.Expired++
		case string(findings.Exceeded):
			t.Exceeded++
		}
	}
}

// state is what the accept file makes of an item. What no entry of it is about is new, entries
// themselves apart.
func state(it *findings.Item, compared bool) string {
	switch {
	case it.State != findings.Open:
		return string(it.State)
	case compared && it.Subject.Kind != "acceptance":
		return "new"
	}
	return ""
}

func caseOf(it *findings.Item, compared bool) Case {
	c := Case{Name: name(it.Subject.Name), State: state(it, compared)}
	if it.Subject.UUID != it.Subject.Name {
		c.ID = name(it.Subject.UUID)
	}
	c.Text = line(about(it))
	if a := it.Acceptance; a != nil {
		c.Note = line(fmt.Sprintf("by %s until %s: %s", a.By, a.Until, a.Reason))
	}
	return c
}

// about says what of its subject an item is about.
func about(it *findings.Item) string {
	var parts []string
	if it.Permission != "" {
		parts = append(parts, string(it.Permission))
	}
	if it.Place.Kind != it.Subject.Kind {
		parts = append(parts, "on "+it.Place.Kind+" "+name(it.Place.Name))
	}
	if len(it.Via) > 0 {
		parts = append(parts, "("+joined(it.Via, 4, "; ")+")")
	}
	text := strings.Join(parts, " ")
	if it.Detail != "" {
		if text != "" {
			text += ": "
		}
		text += it.Detail
	}
	return text
}

// joined writes so many of a list, each cut, and how many there are besides.
func joined(list []string, most int, between string) string {
	var text strings.Builder
	for i, part := range list[:min(most, len(list))] {
		if i > 0 {
			text.WriteString(between)
		}
		text.WriteString(name(part))
	}
	if more := len(list) - most; more > 0 {
		fmt.Fprintf(&text, " and %d more", more)
	}
	return text.String()
}
