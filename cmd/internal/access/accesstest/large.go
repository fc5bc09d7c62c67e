package accesstest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
)

// A Size is how large a made-up model is, and of what shape.
type Size struct {
	Name         string
	Workspaces   int
	People       int // of each workspace
	Repositories int
	Projects     int
	Each         int // permissions of a person
	Teams        int // of people with equal rights; without them who is equal is so by chance
	Long         int // so many bytes a name has besides, of characters that have to be escaped
	// Nobody has two-step verification, is active or was seen for long, half of them are outsiders,
	// and every repository is public.
	Careless bool
}

// Sizes are models with 200,000 permissions: an ordinary one, and those that are extreme in one
// way.
func Sizes() []Size {
	ordinary := Size{
		Name: "ordinary", Workspaces: 1, People: 2000, Repositories: 5000, Projects: 20, Each: 100, Teams: 40,
	}
	change := func(name string, f func(*Size)) Size {
		s := ordinary
		s.Name, s.Teams = name, 0
		f(&s)
		return s
	}
	return []Size{
		ordinary,
		change("nobody equal", func(*Size) {}),
		change("10,000 projects", func(s *Size) { s.Projects, s.Repositories = 10_000, 10_000 }),
		change("200,000 repositories", func(s *Size) { s.Repositories = 200_000 }),
		change("200,000 people", func(s *Size) { s.People, s.Each = 200_000, 1 }),
		change("long names", func(s *Size) { s.Long = 500 }),
		change("findings about everybody", func(s *Size) { s.Careless = true }),
		change("1,000 workspaces", func(s *Size) {
			s.Workspaces, s.People, s.Repositories, s.Projects, s.Each = 1000, 20, 20, 2, 10
		}),
		change("5,000 workspaces", func(s *Size) {
			s.Workspaces, s.People, s.Repositories, s.Projects, s.Each = 5_000, 8, 8, 2, 5
		}),
		change("all of it", func(s *Size) {
			s.Workspaces, s.People, s.Repositories, s.Projects, s.Long, s.Careless = 4, 500, 5000, 500, 200, true
		}),
	}
}

// Model makes a model of a size.
func (s Size) Model() access.Snapshot {
	m := access.Snapshot{Workspaces: make([]access.Workspace, s.Workspaces)}
	for i := range m.Workspaces {
		m.Workspaces[i] = s.workspace(i)
	}
	return m
}

func (s Size) workspace(number int) access.Workspace {
	long := strings.Repeat(`<&"'\é`+"\u202e\x1b", (s.Long+7)/8)
	w := access.Workspace{
		Asked: "big", Slug: fmt.Sprint("big-", number, long), UUID: fmt.Sprintf("{%08d-0000}", number),
		Name: "Big" + long, Complete: true,
	}
	for _, source := range access.Sources() {
		if source.On == access.KindWorkspace || s.Careless {
			w.Coverage = append(w.Coverage, access.Coverage{List: source.Name, Places: 1, Pages: 1, Verdict: access.Whole})
		}
	}
	for i := range s.Projects {
		key := fmt.Sprintf("P%05d", i)
		w.Projects = append(w.Projects, access.Project{Key: key + long, Name: "Project " + key + long})
	}
	for i := range s.Repositories {
		slug := fmt.Sprintf("repository-%06d", i) + long
		w.Repositories = append(w.Repositories, access.Repository{
			Slug: slug, Name: slug, UUID: fmt.Sprintf("{%08d-1111}", i), Project: w.Projects[i%s.Projects].Key,
			Private: new(!s.Careless),
		})
	}
	for i := range s.People {
		w.People = append(w.People, s.person(&w, i, long))
	}
	return w
}

// person makes the one of a number. The first three own the workspace.
func (s Size) person(w *access.Workspace, i int, long string) access.Person {
	id := fmt.Sprintf("{%08d-2222-4000-8000-000000000000}", i)
	seen := ago(i % 40)
	p := access.Person{
		ID: id, UUID: id, Name: fmt.Sprintf("%c-person %06d", 'A'+i*7%26, i) + long, Nickname: fmt.Sprint("nick", i, long),
		Type: "user", TwoStep: new(true), Role: bitbucket.PermissionMember, LastAccessed: &seen, Identified: true,
	}
	if i < 3 {
		p.Role = bitbucket.PermissionOwner
	}
	if s.Careless {
		p.TwoStep, p.LastAccessed, p.Status = new(false), new(ago(1000)), "inactive"
		if i%2 == 1 {
			p.Role = "" // an outsider
		}
	}
	who := i
	if s.Teams > 0 {
		who = i % s.Teams
	}
	by, taken := map[bitbucket.Permission][]string{}, map[int]bool{}
	order := []bitbucket.Permission{"admin", "write", "read"}
	for k := range s.Each {
		r := (who*37 + k*(len(w.Repositories)/s.Each) + k*k%7*who) % len(w.Repositories)
		for taken[r] {
			r = (r + 1) % len(w.Repositories)
		}
		taken[r] = true
		permission := order[min(2, (who+k*k)%7)]
		by[permission] = append(by[permission], w.Repositories[r].Slug)
	}
	for _, permission := range order {
		if slugs := by[permission]; len(slugs) > 0 {
			slices.Sort(slugs)
			p.Permissions = append(p.Permissions, access.Holding{Permission: permission, Repositories: slugs})
		}
	}
	return p
}
