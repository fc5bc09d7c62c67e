package review

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

// An Outcome is what became of an access that was to go.
type Outcome string

// The outcomes.
const (
	Gone    Outcome = "gone" // or, of a change, no more than the change left
	Still   Outcome = "still there"
	NotRead Outcome = "not read" // the later report does not tell
)

// laters finds the workspaces of a review in a later report, or says why that proves nothing.
func (v *Review) laters(r *report.Report) (map[*Workspace]*later, error) {
	m := v.Manifest
	switch {
	case r.Demo != m.Demo:
		return nil, errors.New("one of the reports is of the demo, and the other is not")
	case r.Run.ID == m.Report.ID:
		return nil, errors.New("it is the report that the review was made of: run the audit again")
	case r.Run.Started.Before(m.Created):
		return nil, fmt.Errorf("it began on %s, before the review on %s: run the audit again",
			r.Run.Started.Format(time.RFC3339), m.Created.Format(time.RFC3339))
	case r.Run.Started.After(v.Now.Add(5 * time.Minute)):
		return nil, fmt.Errorf("it is of the future, %s: is the clock right?",
			r.Run.Started.Format(time.RFC3339))
	}
	var err error
	v.decided(func(e *Entry) {
		if e.Decision.Acts() && e.Date.After(r.Run.Started) && err == nil {
			err = fmt.Errorf("it began on %s, before the decision of %s on %s: run the audit again",
				r.Run.Started.Format(time.RFC3339), e.Reviewer, e.Date.Format(time.DateOnly))
		}
	})
	if err != nil {
		return nil, err
	}
	all := map[*Workspace]*later{}
	for i := range m.Workspaces {
		w := &m.Workspaces[i]
		n := slices.IndexFunc(r.Access.Workspaces, func(other access.Workspace) bool {
			return strings.EqualFold(other.UUID, w.UUID)
		})
		if n < 0 {
			return nil, fmt.Errorf("it is not about the workspace %s %s: audit that one", w.Slug, w.UUID)
		}
		all[w] = newLater(w, &r.Access.Workspaces[n])
	}
	return all, nil
}

// look says what became of an access that was to go.
func (l *later) look(e *Entry) (Outcome, []string) {
	outcome := Gone
	var reasons []string
	for one := range e.in.Unfold(e.Row) {
		became, why := l.became(one, e.Decision)
		if became == Gone || outcome == Still && became == NotRead {
			continue
		}
		if became != outcome {
			outcome, reasons = became, nil
		}
		if !slices.Contains(reasons, why) {
			reasons = append(reasons, why)
		}
	}
	if n := len(reasons) - mostReasons; n > 0 {
		reasons = append(reasons[:mostReasons:mostReasons], fmt.Sprintf("and %d more", n))
	}
	return outcome, reasons
}

const mostReasons = 5

// became says what became of one access at one place. What is there is there, however much was
// read; that something is not there says only a list that was read in whole.
func (l *later) became(one Single, d Decision) (Outcome, string) {
	names := l.placesOf(one)
	for _, name := range names {
		for _, other := range l.holders[spot{one.Kind, one.On, name}] {
			if other.Subject.is(one.Subject) && access.Rank(other.Permission) > access.Rank(d.becomes()) {
				return Still, strings.TrimSpace(fmt.Sprintf("%s on %s %s", other.Permission, one.On, name))
			}
		}
	}
	if why := l.unread(one, names); why != "" {
		return NotRead, why
	}
	if one.Subject.person() && one.Subject.identified() && l.strangers(one, names) {
		return NotRead, fmt.Sprintf(
			"somebody who may be the same has access on %s %s", one.On, one.Place)
	}
	if one.Kind == Invited {
		return l.accepted(one)
	}
	return Gone, ""
}

// strangers reports whether accounts have an access that may be the one that was to lose it: those
// that nothing identifies, when they are more than before, and those that nothing compares with it.
func (l *later) strangers(one Single, names []string) bool {
	n := 0
	for _, name := range names {
		for _, other := range l.holders[spot{one.Kind, one.On, name}] {
			switch {
			case !other.Subject.person():
			case !other.Subject.identified():
				n++
			case !one.Subject.comparable(other.Subject):
				return true
			}
		}
	}
	return n > l.unnamed[spotOf(one)]
}

// accepted says what became of an invitation that is not open any more. Nothing tells whether it
// was withdrawn, or accepted by one of those who came.
func (l *later) accepted(one Single) (Outcome, string) {
	for _, s := range l.came {
		if strings.EqualFold(s.Email, one.Subject.Email) {
			return Still, "accepted by " + s.Name
		}
	}
	switch {
	case !l.Read(access.Members):
		return NotRead, "members were not read, and one may have accepted the invitation"
	case len(l.came) > 0:
		return NotRead, l.came[0].Name + " has come since, and may have accepted the invitation"
	}
	return Gone, ""
}
