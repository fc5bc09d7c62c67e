package view_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/view"
)

// A triple is that somebody may do something on a repository.
type triple struct {
	person, slug string
	permission   bitbucket.Permission
}

// triples lists all of a model.
func triples(w *access.Workspace) map[triple]int {
	all := map[triple]int{}
	for _, p := range w.People {
		for _, h := range p.Permissions {
			for _, slug := range h.Repositories {
				all[triple{p.ID, slug, h.Permission}]++
			}
		}
	}
	return all
}

// random makes a workspace in which several are often equal.
func random(r *rand.Rand) *access.Workspace {
	w := &access.Workspace{Slug: "acme"}
	for i := range r.IntN(6) {
		w.Projects = append(w.Projects, access.Project{Key: fmt.Sprintf("P%d", i), Name: fmt.Sprint("Project ", i)})
	}
	for i := range r.IntN(12) {
		project := ""
		if n := len(w.Projects); n > 0 && r.IntN(9) > 0 {
			project = w.Projects[r.IntN(n)].Key
		}
		w.Repositories = append(w.Repositories, access.Repository{Slug: fmt.Sprintf("r%02d", i), Project: project})
	}
	permissions := []bitbucket.Permission{"guru", "admin", "write", "read"}
	roles := []bitbucket.Permission{"", "member", "owner", "guru", "collaborator"}
	for i := range r.IntN(15) {
		p := access.Person{ID: fmt.Sprint("id ", i), Name: fmt.Sprint("Name ", i), Type: "user", Role: roles[r.IntN(5)]}
		if r.IntN(5) == 0 {
			p.Type = "app_user"
		}
		taken := map[string]bool{}
		for _, permission := range permissions {
			var slugs []string
			for range r.IntN(3) {
				slug := fmt.Sprintf("r%02d", r.IntN(len(w.Repositories)+2)) // some are in no list
				if !taken[slug] {
					taken[slug] = true
					slugs = append(slugs, slug)
				}
			}
			if len(slugs) > 0 {
				slices.Sort(slugs)
				p.Permissions = append(p.Permissions, access.Holding{Permission: permission, Repositories: slugs})
			}
		}
		w.People = append(w.People, p)
	}
	return w
}

// each calls a function with many random workspaces.
func each(t *testing.T, f func(t *testing.T, w *access.Workspace)) {
	for seed := range uint64(2000) {
		f(t, random(rand.New(rand.NewPCG(seed, 1))))
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}

// TestFoldLosesNobody holds that people and their permissions come out of the fold as they went in,
// by its rows, by its rows in columns and by its repositories.
func TestFoldLosesNobody(t *testing.T) {
	each(t, func(t *testing.T, w *access.Workspace) {
		f := view.NewFold(w)
		rows, people := map[triple]int{}, map[string]int{}
		for _, set := range f.Sets {
			for _, p := range set.People {
				people[p.ID]++
				for _, h := range set.Held {
					for _, n := range h.Repositories {
						rows[triple{p.ID, f.Slugs[n], h.Permission}]++
					}
				}
			}
		}
		if !maps.Equal(rows, triples(w)) || len(people) != len(w.People) {
			t.Errorf("the rows hold\n%v, the model\n%v", rows, triples(w))
		}
		for _, most := range []int{1, 3, 100} {
			if cells := unfoldCells(t, f, most); !maps.Equal(cells, triples(w)) {
				t.Errorf("with %d columns the cells hold\n%v, the model\n%v", most, cells, triples(w))
			}
		}
		byPlace, slugs := map[triple]int{}, 0
		for _, a := range f.Alike {
			slugs += len(a.Repositories)
			for _, n := range a.Repositories {
				for _, g := range a.Grants {
					for _, p := range f.Sets[g.Set].People {
						byPlace[triple{p.ID, f.Slugs[n], g.Permission}]++
					}
				}
			}
		}
		if !maps.Equal(byPlace, triples(w)) || slugs != len(f.Slugs) {
			t.Errorf("the repositories hold\n%v, the model\n%v", byPlace, triples(w))
		}
	})
}

// unfoldCells takes the matrix apart, and checks that every cell says what it holds.
func unfoldCells(t *testing.T, f *view.Fold, most int) map[triple]int {
	columns, of := f.Columns(most)
	repositories := 0
	for _, c := range columns {
		repositories += c.Repositories
	}
	if len(columns) > most || repositories != len(f.Slugs) {
		t.Errorf("%d columns with %d repositories, want %d with %d", len(columns), repositories, most, len(f.Slugs))
	}
	cells := map[triple]int{}
	for _, set := range f.Sets {
		for _, c := range set.Row(columns, of) {
			all := 0
			for i, h := range c.Held {
				all += len(h.Repositories)
				if i > 0 && access.Rank(h.Permission) > access.Rank(c.Highest) {
					t.Errorf("%s is in a cell of %s", h.Permission, c.Highest)
				}
				for _, n := range h.Repositories {
					for _, p := range set.People {
						cells[triple{p.ID, f.Slugs[n], h.Permission}]++
					}
				}
			}
			if c.Held[0].Permission != c.Highest || len(c.Held[0].Repositories) != c.On || all > c.Of ||
				c.Of != columns[c.Column].Repositories {
				t.Errorf("a cell says %s on %d of %d, and holds %v", c.Highest, c.On, c.Of, c.Held)
			}
		}
	}
	return cells
}

// TestFoldPutsEqualsTogether and keeps others apart.
func TestFoldPutsEqualsTogether(t *testing.T) {
	rights := func(p *access.Person) string { return fmt.Sprint(p.Kind(), p.Permissions) }
	each(t, func(t *testing.T, w *access.Workspace) {
		f := view.NewFold(w)
		seen := map[string]bool{}
		for _, set := range f.Sets {
			if first := rights(set.People[0]); seen[first] {
				t.Errorf("two rows have the rights %s", first)
			} else {
				seen[first] = true
			}
			for _, p := range set.People {
				if rights(p) != rights(set.People[0]) {
					t.Errorf("%s and %s share a row", rights(p), rights(set.People[0]))
				}
			}
		}
		distinct := map[string]bool{}
		for _, a := range f.Alike {
			key := fmt.Sprint(a.Grants)
			if distinct[key] {
				t.Errorf("two rows of repositories have the access %s", key)
			}
			distinct[key] = true
		}
	})
}

// TestTheMostPrivilegedComeFirst whatever the order of the model is.
func TestTheMostPrivilegedComeFirst(t *testing.T) {
	on := func(permission bitbucket.Permission, slugs ...string) access.Holding {
		return access.Holding{Permission: permission, Repositories: slugs}
	}
	w := &access.Workspace{
		Repositories: []access.Repository{{Slug: "a", Project: "ONE"}, {Slug: "b", Project: "TWO"}, {Slug: "c", Project: "TWO"}},
		People: []access.Person{
			{ID: "nothing", Role: "member"},
			{ID: "reads", Role: "member", Permissions: []access.Holding{on("read", "a", "b", "c")}},
			{ID: "writes", Role: "member", Permissions: []access.Holding{on("write", "a")}},
			{ID: "admin of one", Role: "member", Permissions: []access.Holding{on("admin", "a"), on("write", "b")}},
			{ID: "outsider", Permissions: []access.Holding{on("admin", "b", "c")}},
			{ID: "unknown permission", Role: "member", Permissions: []access.Holding{on("super", "b")}},
			{ID: "unknown role", Role: "guru"},
			{ID: "owner", Role: "owner"},
			{ID: "writes, too", Role: "member", Permissions: []access.Holding{on("write", "a")}},
		},
	}
	f := view.NewFold(w)
	var order []string
	for _, set := range f.Sets {
		for _, p := range set.People {
			order = append(order, p.ID)
		}
	}
	want := []string{
		"owner", "unknown role", "unknown permission", "outsider", "admin of one", "writes",
		"writes, too", "reads", "nothing",
	}
	if !slices.Equal(order, want) {
		t.Errorf("the order is %q, want %q", order, want)
	}
	if first := f.Alike[0]; f.Slugs[first.Repositories[0]] != "b" || first.Admins != 2 || first.People != 4 {
		t.Errorf("the first repositories are %+v", first)
	}
	columns, _ := f.Columns(5)
	if len(columns) != 2 || columns[1].Key != "TWO" || columns[1].Repositories != 2 {
		t.Errorf("columns %+v", columns)
	}
}

func TestLetter(t *testing.T) {
	for permission, want := range map[bitbucket.Permission]string{
		"admin": "a", "create-repo": "c", "write": "w", "read": "r", "guru": "x", "": "x",
	} {
		if got := view.Letter(permission); got != want {
			t.Errorf("%q has the letter %q, want %q", permission, got, want)
		}
	}
}
