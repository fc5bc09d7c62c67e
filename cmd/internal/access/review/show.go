package review

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/render"
)

// Show writes the manifest for people to read: who was given what.
func (m *Manifest) Show(w io.Writer) error {
	t := newText(m.Demo, m.Report)
	t.table(func(line func(...any)) {
		line("FILE", "ROWS", "REVIEWER")
		for _, f := range m.Files {
			line(f.Name, f.Rows, nobody(f.Reviewer))
		}
	})
	for _, f := range m.Files {
		for _, why := range f.Why {
			t.line("%s: %s", f.Name, why)
		}
	}
	return t.to(w)
}

// Show writes the result for people to read: what is open, what has to be done, and what somebody
// should look at.
func (r *Result) Show(w io.Writer) error {
	t := newText(r.Demo, r.Report)
	t.files(r.Files)
	t.flags(r.Flags)
	for i := range r.Tasks {
		task := &r.Tasks[i]
		t.line("%s: %s", task.headline(), strings.Join(task.Do, "; "))
	}
	switch open := r.Rows.Open; {
	case open > 0:
		t.line("%s open", t.of(open, r.Rows.All))
	default:
		t.line("every row is decided on: %s", render.Count(r.Rows.All, "row", "rows"))
	}
	if n := r.Rows.NotMine; n > 0 {
		t.line("not-mine: %s; whose they are writes a decision and their name into the same row "+
			"of the same file", render.Count(n, "row", "rows"))
	}
	return t.to(w)
}

// Show writes the sign-off for people to read: what became of what was to go.
func (s *SignOff) Show(w io.Writer) error {
	t := newText(s.Demo, s.Before)
	t.source("the later report", &s.After)
	t.flags(s.Flags)
	for i := range s.Actions {
		a := &s.Actions[i]
		text := fmt.Sprintf("%s: %s", a.Outcome, a.headline())
		if len(a.Why) > 0 {
			text += ": " + strings.Join(a.Why, "; ")
		}
		t.line("%s", text)
	}
	t.line("%s", s.Verdict())
	return t.to(w)
}

// Verdict says in one line what became of everything.
func (s *SignOff) Verdict() string {
	word := "closed"
	if !s.Closed {
		word = "NOT CLOSED"
	}
	return fmt.Sprintf("%s: %d gone, %d still there, %d not read",
		word, s.Outcomes.Gone, s.Outcomes.Still, s.Outcomes.NotRead)
}

// headline says in one line what was decided on whose access.
func (t *Task) headline() string {
	return fmt.Sprintf("%s %s of %s %s on %s (%s, by %s)",
		t.Decision, t.Permission, t.Who, called(t.Name, t.ID), t.Scope, t.Row, t.Reviewer)
}

func called(name, id string) string {
	if name == id {
		return name
	}
	return name + " " + id
}

func nobody(reviewer string) string {
	if reviewer == "" {
		return "(nobody is named)"
	}
	return reviewer
}

// A text collects lines that do no harm to a terminal.
type text struct{ strings.Builder }

func newText(demo bool, r Source) *text {
	t := &text{}
	if demo {
		t.line("DEMO: an invented workspace is reviewed")
	}
	t.source("the report", &r)
	return t
}

func (t *text) line(format string, args ...any) {
	t.WriteString(render.Clean(fmt.Sprintf(format, args...)) + "\n")
}

// source says what a report lacks.
func (t *text) source(name string, r *Source) {
	for _, why := range r.Incomplete {
		t.line("%s is incomplete: %s", name, why)
	}
	for _, limit := range r.Limits {
		t.line("%s has limits: %s", name, limit)
	}
}

func (t *text) of(n, all int) string {
	return fmt.Sprintf("%d of %s", n, render.Count(all, "row", "rows"))
}

// table writes lines of cells in columns.
func (t *text) table(fill func(line func(cells ...any))) {
	w := tabwriter.NewWriter(t, 0, 0, 2, ' ', 0)
	fill(func(cells ...any) {
		for i, cell := range cells {
			end := "\t"
			if i == len(cells)-1 {
				end = "\n"
			}
			_, _ = fmt.Fprint(w, render.Clean(fmt.Sprint(cell)), end) // a text takes everything
		}
	})
	_ = w.Flush()
}

// files writes what came back from whom.
func (t *text) files(all []FileResult) {
	t.table(func(line func(...any)) {
		line("FILE", "ROWS", "OPEN", "NOT MINE", "KEEP", "REVOKE", "CHANGE", "REVIEWER")
		for _, f := range all {
			n := f.Rows
			line(f.Name, n.All, n.Open, n.NotMine, n.Keep, n.Revoke, n.Change, nobody(f.Reviewer))
		}
	})
}

func (t *text) flags(all []Flag) {
	for _, f := range all {
		t.line("look at: %s", f)
	}
}

func (t *text) to(w io.Writer) error {
	_, err := io.WriteString(w, t.String())
	return err
}
