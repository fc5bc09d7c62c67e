package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/explain"
)

// Explanation writes by what somebody has permissions, for people to read.
func Explanation(w io.Writer, a *explain.Answer, style Style) error {
	t := newPrinter(style)
	p := a.Person
	t.colored(bold, fmt.Sprintf("%s %s in workspace %s %s", p.Name, p.ID, a.Workspace.Slug, a.Workspace.UUID))
	about := []string{p.Kind(), twoStep(p), lastSeen(p)}
	for _, named := range [][2]string{
		{"nickname ", p.Nickname}, {"account ID ", p.AccountID}, {"e-mail ", p.Email}, {"status ", p.Status},
	} {
		if named[1] != "" {
			about = append(about, named[0]+named[1])
		}
	}
	t.item("", strings.Join(about, ", "))
	for _, g := range a.Groups {
		text := "in group " + g.Slug
		if g.Administers() {
			text += ", which administers the workspace"
		}
		t.item("", text)
	}
	for i := range a.Entries {
		t.explanation(&a.Entries[i])
	}
	if lacking := a.Unread(); len(lacking) > 0 {
		t.section("NOT READ, SO THERE MAY BE MORE WAYS")
		for _, text := range lacking {
			t.item("- ", text)
		}
	}
	_, err := io.WriteString(w, t.text.String())
	return err
}

func (t *printer) explanation(e *explain.Entry) {
	t.line("")
	places := Count(len(e.Places), string(e.Kind), strings.TrimSuffix(string(e.Kind), "y")+"ies")
	if e.Kind != access.KindRepository {
		places = Count(len(e.Places), string(e.Kind), string(e.Kind)+"s")
	}
	t.colored(bold, fmt.Sprintf("%s on %s: %s", permissionOf(e), places, strings.Join(e.Places, ", ")))
	for _, w := range e.Ways {
		t.item("  by ", w.String())
	}
	switch {
	case e.NotKnown != "":
		t.item("  ", "whether it is effective is not known: "+e.NotKnown)
	case e.Permission != "" && !e.Explained() && len(e.Unread) == 0:
		t.item("  ", "nothing that can be read gives "+string(e.Permission))
	case e.Permission != "" && !e.Explained():
		t.item(
			"  ",
			string(e.Permission)+" is given by something that was not read: "+strings.Join(e.Unread, ", "),
		)
	case len(e.Unread) > 0:
		t.item("  ", "there may be more ways; not read: "+strings.Join(e.Unread, ", "))
	}
	for _, w := range e.Excess() {
		t.item("  ", "granted, but not effective: "+w.String())
	}
	if e.Permission == "" && e.NotKnown == "" {
		return // nothing is there that could vanish
	}
	for n, s := range e.Steps {
		t.step(&s, n > 0)
	}
}

// permissionOf says what is held, and what is only known to be granted.
func permissionOf(e *explain.Entry) string {
	switch {
	case e.Permission != "":
		return string(e.Permission)
	case e.NotKnown != "":
		return "not known"
	}
	return "nothing"
}

// step says what would have to go for a permission to vanish.
func (t *printer) step(s *explain.Step, also bool) {
	what := "this is done"
	if len(s.Ways) > 1 {
		what = "all of this is done"
	}
	if also {
		what += ", too"
	}
	t.item("  ", fmt.Sprintf("%s vanishes when %s:", s.Goes, what))
	for _, w := range s.Ways {
		t.item("    - ", strings.Join(explain.Cut(w), ", or "))
	}
	if s.Left != "" {
		t.item("    ", string(s.Left)+" is left then")
	}
}
