package render

import (
	"fmt"
	"strings"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

// A Suite is what build systems are told: cases that passed, failed, or could not be judged.
type Suite struct {
	Name  string
	Cases []Case
}

// A Case is one thing that was judged.
type Case struct {
	Rule        string
	Title       string // of the rule
	Help        string // what to do
	Level       findings.Level
	Name        string // subject and place
	Text        string
	Outcome     Outcome
	Reason      string // why it was accepted
	Line        int    // in the policy or the accept file; 0 for none
	Fingerprint string // the same as long as rule and subject are
}

// An Outcome is how a case ended.
type Outcome int

// The outcomes.
const (
	Passed Outcome = iota
	Suppressed
	FailedCase
	Errored
)

// SuiteOf makes a suite of a report: a case for each item, and an error for each thing that is
// missing.
func SuiteOf(r *report.Report) Suite {
	s := Suite{Name: r.Title}
	for _, why := range r.Incomplete {
		s.Cases = append(s.Cases, Case{
			Rule: "incomplete", Title: "The report is incomplete", Help: "Read what is missing.",
			Level: findings.High,
			Name:  why, Text: why, Outcome: Errored, Fingerprint: "incomplete " + why,
		})
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		for j := range f.Items {
			s.Cases = append(s.Cases, caseOf(f, &f.Items[j]))
		}
	}
	return s
}

func caseOf(f *findings.Finding, it *findings.Item) Case {
	c := Case{
		Rule: f.Rule, Title: f.Title, Help: f.Do, Level: f.Level, Fingerprint: f.Rule + " " + it.ID,
		Name: Describe(it), Text: f.Title + ": " + Describe(it), Outcome: FailedCase,
	}
	if f.Level == findings.Info {
		c.Outcome = Passed
	}
	if a := it.Acceptance; a != nil {

		c.Reason = fmt.Sprintf("%s by %s until %s: %s", it.State, a.By, a.Until, a.Reason)
		if it.State == findings.Accepted {
			c.Outcome = Suppressed
		}
	}
	return c
}

// Describe says on one line what an item is about.
func Describe(it *findings.Item) string {
	text := it.Subject.Name
	if it.Subject.UUID != "" && it.Subject.UUID != it.Subject.Name {
		text += " " + it.Subject.UUID
	}
	if it.Permission != "" {
		text += " " + string(it.Permission)
	}
	if it.Place.Kind != it.Subject.Kind {
		text += " on " + it.Place.Kind + " " + it.Place.Name
	}
	if len(it.Via) > 0 {
		text += " (" + strings.Join(it.Via, "; ") + ")"
	}
	if it.Detail != "" {
		text += ": " + it.Detail
	}
	return text
}
