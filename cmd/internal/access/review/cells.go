package review

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/render"
)

// columns are those of the CSVs. The reviewer writes into the last ones, and nobody into the
// others.
var columns = []string{
	"row", "person", "email", "uuid", "scope", "permission", "via", "last_accessed", "two_step",
	"finding", "decision", "reviewer", "date", "note",
}

// protected is how many columns nobody writes into.
const protected = 10

// A sheet writes the rows of a workspace.
type sheet struct {
	*Workspace
	sizes map[string]int // repositories, by project
}

func newSheet(w *Workspace) *sheet {
	s := &sheet{Workspace: w, sizes: map[string]int{}}
	for _, p := range w.Repositories {
		s.sizes[p.Project]++
	}
	return s
}

// cells are the protected cells of a row.
func (s *sheet) cells(r *Row) []string {
	who := &s.Subjects[r.Subject]
	cells := []string{
		r.ID, who.Name, who.Email, who.ID, s.Scope(r), string(r.Permission), via(r, who), seen(who),
		twoStep(who), strings.Join(rules(r), "; "),
	}
	if who.Kind != User {
		cells[1] = string(who.Kind) + " " + who.Name
	}
	if !who.person() {
		cells[3] = string(who.Kind) + " " + who.ID
	}
	for i, cell := range cells {
		cells[i] = render.Clean(cell)
	}
	return cells
}

// mostNames is how many repositories a cell names; spreadsheets cut cells at 32,767 characters. The
// manifest names all.
const mostNames = 100

// Scope says where a row is about.
func (s *sheet) Scope(r *Row) string {
	project := "project " + r.Project + " in " + s.Slug
	if r.Project == "" {
		project = "no known project in " + s.Slug
	}
	switch n := len(r.Places); {
	case r.Kind == Membership:
		return "group " + r.Group + " in " + s.Slug
	case n == 0 && r.Project != "":
		return project + ", the project itself"
	case n == 0:
		return "workspace " + s.Slug
	case n == 1:
		return project + ", repository " + r.Places[0]
	case n == s.sizes[r.Project]:
		return fmt.Sprintf("%s, all %d repositories: %s", project, n, names(r.Places))
	default:
		return fmt.Sprintf("%s, %d of %d repositories: %s",
			project, n, s.sizes[r.Project], names(r.Places))
	}
}

func names(slugs []string) string {
	if n := len(slugs) - mostNames; n > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(slugs[:mostNames], ", "), n)
	}
	return strings.Join(slugs, ", ")
}

// via says by what somebody has access.
func via(r *Row, who *Subject) string {
	switch r.Kind {
	case Role:
		return "role in the workspace"
	case Membership:
		if len(r.Ways) > 0 {
			return "member of the group, which administers the workspace"
		}
		return "member of the group"
	case Privilege:
		return "privilege of the group"
	case Grant:
		if who.Kind == Group {
			return "granted to the group"
		}
		return "granted in person"
	case Key:
		return "deploy key"
	case Invited:
		return "invitation"
	}
	var ways []string
	for _, way := range r.Ways {
		ways = append(ways, way.String())
	}
	return cmp.Or(strings.Join(ways, "; "), "not known")
}

// seen says when somebody was last seen, so that no spreadsheet makes another date of it.
func seen(who *Subject) string {
	if who.LastAccessed == nil {
		return "not told"
	}
	return "on " + who.LastAccessed.UTC().Format(time.DateOnly)
}

func twoStep(who *Subject) string {
	switch {
	case !who.person():
		return "none"
	case who.TwoStep == nil:
		return "unknown"
	case *who.TwoStep:
		return "on"
	}
	return "off"
}

// rules names the findings of a row.
func rules(r *Row) []string {
	var all []string
	for _, f := range r.Findings {
		text := f.Rule
		if f.Accepted {
			text += " (accepted)"
		}
		all = append(all, text)
	}
	return all
}

// guard keeps a spreadsheet from taking a cell for anything but a text: a formula, a number, or a
// text that a quotation mark stands before.
func guard(cell string) string {
	if cell != "" && (cell[0] == '\'' || cell[0] >= '0' && cell[0] <= '9') {
		return "'" + cell
	}
	return render.Guard(cell)
}

// unchanged reports whether a cell is still what it was, with or without the mark that guards it.
func unchanged(cell, was string) bool {
	cell, was = strings.TrimSpace(cell), strings.TrimSpace(was)
	return cell == was || cell == guard(was)
}

const byteOrderMark = "\ufeff"

// sheets writes the CSVs, by the names of their files.
func (m *Manifest) sheets() map[string][]byte {
	texts := map[string]*bytes.Buffer{}
	writers := map[string]*csv.Writer{}
	for _, f := range m.Files {
		texts[f.Name] = bytes.NewBufferString(byteOrderMark)
		writers[f.Name] = csv.NewWriter(texts[f.Name])
		writers[f.Name].UseCRLF = true
		_ = writers[f.Name].Write(columns) // a buffer takes everything
	}
	for i := range m.Workspaces {
		s := newSheet(&m.Workspaces[i])
		for j := range s.Rows {
			cells := s.cells(&s.Rows[j])
			for k, cell := range cells {
				cells[k] = guard(cell)
			}
			_ = writers[s.Rows[j].File].Write(append(cells, make([]string, len(columns)-protected)...))
		}
	}
	all := map[string][]byte{}
	for name, w := range writers {
		w.Flush()
		all[name] = texts[name].Bytes()
	}
	return all
}
