package policy

import (
	"fmt"
	"io"
	"strings"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/render"
)

// Show writes a verdict for people to read: which rule decided, who was counted, and what is wrong.
func (v *Verdict) Show(w io.Writer, strict bool) error {
	var b strings.Builder
	for _, j := range v.Repositories {
		fmt.Fprintf(&b, "%s/%s: %s by %s\n", v.Workspace, j.Slug, j.word(), j.Rule)
		if len(j.Counted) > 0 {
			fmt.Fprintf(
				&b,
				"  %s: %s\n",
				render.Count(len(j.Counted), "admin", "admins"),
				strings.Join(j.Counted, ", "),
			)
		}
		for _, text := range j.Said {
			fmt.Fprintf(&b, "  note: %s\n", text)
		}
		list(&b, "shut", j.Shut)
		list(&b, "cannot tell", j.Unknown)
	}
	list(&b, "cannot tell", v.General)
	word := "unused"
	if strict {
		word = "shut, unused"
	}
	list(&b, word, v.Unused)
	var out strings.Builder
	for line := range strings.Lines(b.String()) {
		out.WriteString(render.Clean(strings.TrimSuffix(line, "\n")) + "\n")
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func list(b *strings.Builder, word string, problems []Problem) {
	for _, p := range problems {
		fmt.Fprintf(b, "  %s: %s: %s%s\n", word, p.Check, p.Text, p.where())
	}
}

// where names the line of the policy.
func (p Problem) where() string {
	if p.Line == 0 {
		return ""
	}
	return fmt.Sprintf(" (line %d of the policy)", p.Line)
}

func (j *Judged) word() string {
	switch {
	case len(j.Unknown) > 0:
		return "cannot tell"
	case len(j.Shut) > 0:
		return "shut"
	}
	return "open"
}

// Suite makes what build systems are told.
func (v *Verdict) Suite(strict bool) render.Suite {
	s := render.Suite{Name: "Gate of " + v.Workspace}
	for _, j := range v.Repositories {
		place := v.Workspace + "/" + j.Slug
		for i, check := range j.Passed {
			s.Cases = append(s.Cases, render.Case{
				Rule: check, Name: fmt.Sprintf("%s %s", place, check), Outcome: render.Passed,
				Fingerprint: fmt.Sprint(check, place, i), Level: findings.Info,
			})
		}
		for _, p := range j.Shut {
			s.Cases = append(s.Cases, p.caseOf(place, render.FailedCase))
		}
		for _, p := range j.Unknown {
			s.Cases = append(s.Cases, p.caseOf(place, render.Errored))
		}
	}
	for _, p := range v.General {
		s.Cases = append(s.Cases, p.caseOf(v.Workspace, render.Errored))
	}
	for _, p := range v.Unused {
		if strict {
			s.Cases = append(s.Cases, p.caseOf(v.Workspace, render.FailedCase))
		}
	}
	return s
}

func (p Problem) caseOf(place string, outcome render.Outcome) render.Case {
	return render.Case{
		Rule: p.Check, Title: "The policy's check " + p.Check,
		Help:  "Change the access, or the policy with a reason.",
		Level: findings.High, Name: strings.TrimSpace(place + " " + p.Check + " " + p.Subject),
		Text:    place + ": " + p.Text,
		Outcome: outcome, Line: p.Line,
		Fingerprint: strings.Join([]string{p.Check, place, p.Subject}, " "),
	}
}
