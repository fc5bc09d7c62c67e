package view

import (
	"cmp"
	"slices"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
)

// A Column is a project, or several that share the last column.
type Column struct {
	Key          string // empty for repositories whose project is not known
	Name         string
	Projects     int // that share it
	Repositories int
}

// A Cell is what a set of people may do in a column.
type Cell struct {
	Column  int
	Highest bitbucket.Permission
	On      int    // so many repositories they have the highest permission
	Of      int    // the column has so many
	Held    []Held // all of it, the highest first
}

// Whole reports whether they have one permission on all there is.
func (c *Cell) Whole() bool { return len(c.Held) == 1 && c.On == c.Of }

// Columns lists the projects that have repositories, by their keys. When there are more than most,
// those with the most repositories keep a column, and the others share the last one. It returns
// besides the column of each repository.
func (f *Fold) Columns(most int) ([]Column, []int) {
	sizes := map[string]int{}
	for _, key := range f.projects {
		sizes[key]++
	}
	keys := make([]string, 0, len(sizes))
	for key := range sizes {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(sizes[b]-sizes[a], cmp.Compare(a, b))
	})
	shared := 0
	if len(keys) > most {
		shared = len(keys) - most + 1
	}
	own := keys[:len(keys)-shared]
	slices.Sort(own)
	names := make(map[string]string, len(f.Workspace.Projects))
	for i := range f.Workspace.Projects {
		names[f.Workspace.Projects[i].Key] = f.Workspace.Projects[i].Name
	}
	columns, at := []Column{}, make(map[string]int, len(keys))
	for i, key := range own {
		at[key] = i
		columns = append(columns, Column{Key: key, Name: names[key], Projects: 1, Repositories: sizes[key]})
	}
	if shared > 0 {
		last := Column{Projects: shared}
		for _, key := range keys[len(own):] {
			at[key] = len(own)
			last.Repositories += sizes[key]
		}
		columns = append(columns, last)
	}
	of := make([]int, len(f.Slugs))
	for n, key := range f.projects {
		of[n] = at[key]
	}
	return columns, of
}

// Row lists the cells of a set of people that hold something, by column.
func (s *Set) Row(columns []Column, of []int) []Cell {
	var cells []Cell
	at := map[int]int{}
	for _, h := range s.Held { // the highest permission first
		for _, n := range h.Repositories {
			i, known := at[of[n]]
			if !known {
				i = len(cells)
				at[of[n]] = i
				cells = append(cells, Cell{
					Column: of[n], Highest: h.Permission, Of: columns[of[n]].Repositories,
				})
			}
			c := &cells[i]
			if k := len(c.Held) - 1; k < 0 || c.Held[k].Permission != h.Permission {
				c.Held = append(c.Held, Held{Permission: h.Permission})
			}
			last := &c.Held[len(c.Held)-1]
			last.Repositories = append(last.Repositories, n)
			if h.Permission == c.Highest {
				c.On++
			}
		}
	}
	slices.SortFunc(cells, func(a, b Cell) int { return a.Column - b.Column })
	return cells
}

// Letter is the letter of a permission, which is its class in the style, too: admin, create-repo,
// write, read, or x for what this program does not know.
func Letter(p bitbucket.Permission) string {
	if !access.Known(p) {
		return "x"
	}
	return string(p[:1])
}
