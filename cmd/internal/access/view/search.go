package view

import (
	"encoding/json"
	"strconv"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/render"
)

// A Search is what a page's script finds people and repositories in: all of a report that has
// room, names once and the rest in numbers.
type Search struct {
	Spaces []Searched `json:"spaces"`
}

// A Searched is one workspace. What is left out of it is least privileged.
type Searched struct {
	Slug         string      `json:"slug"`
	Projects     []string    `json:"projects"`
	Repositories []Findable  `json:"repositories"`
	Sets         []SetSearch `json:"sets"`
	// So many repositories and people are left out.
	NoRepositories int `json:"no_repositories"`
	NoPeople       int `json:"no_people"`
}

// A Findable is a repository: its slug and the number of its project.
type Findable struct {
	Slug    string
	Project int
}

// MarshalJSON writes it as a list.
func (f Findable) MarshalJSON() ([]byte, error) { return json.Marshal([]any{f.Slug, f.Project}) }

// A SetSearch is people with equal rights.
type SetSearch struct {
	Kind   string     `json:"kind"`
	People [][]string `json:"people"` // name, ID, and the nickname when it is another one
	Held   []Numbers  `json:"held"`
}

// Numbers are the repositories of a permission. Each number is the distance from the one before it.
type Numbers struct {
	Permission   string  `json:"permission"`
	Repositories []int32 `json:"repositories"`
	Left         int     `json:"left,omitzero"` // further ones, which have no name here
}

// searchOf makes what is found of a workspace in so many bytes.
func searchOf(f *Fold, left room) Searched {
	v := Searched{
		Slug: unharmed(f.Workspace.Slug), Projects: []string{}, Repositories: []Findable{},
		Sets: []SetSearch{}, NoRepositories: len(f.Slugs), NoPeople: len(f.Workspace.People),
	}
	if !left.take(room{bytes: 200 + cost(v.Slug)}) {
		return v
	}
	names := left.cut(2)
	v.places(f, &names)
	left = left.plus(names) // what is left of it
	for i := range f.Sets {
		if !v.set(&f.Sets[i], &left) {
			break
		}
	}
	return v
}

// places names repositories while there is room.
func (v *Searched) places(f *Fold, left *room) {
	numbers := map[string]int{}
	for n, slug := range f.Slugs {
		slug, key := unharmed(slug), unharmed(f.projects[n])
		project, known := numbers[key]
		of := cost(slug) + 12
		if !known {
			project = len(v.Projects)
			of += cost(key) + 3
		}
		if !left.take(room{bytes: of}) {
			return
		}
		if !known {
			numbers[key] = project
			v.Projects = append(v.Projects, key)
		}
		v.Repositories = append(v.Repositories, Findable{slug, project})
		v.NoRepositories--
	}
}

// set adds a set of people, or as many of them as there is room for. It reports whether there is
// more.
func (v *Searched) set(set *Set, left *room) bool {
	shown := SetSearch{Kind: unharmed(set.People[0].Kind()), People: [][]string{}, Held: []Numbers{}}
	of := 60 + cost(shown.Kind)
	for _, h := range set.Held {
		numbers := Numbers{Permission: unharmed(string(h.Permission)), Repositories: []int32{}}
		of += 60 + cost(numbers.Permission)
		before := int32(0)
		for _, n := range h.Repositories {
			if int(n) >= len(v.Repositories) {
				numbers.Left++
				continue
			}
			numbers.Repositories = append(numbers.Repositories, n-before)
			of += len(strconv.Itoa(int(n-before))) + 1
			before = n
		}
		shown.Held = append(shown.Held, numbers)
	}
	if !left.take(room{bytes: of}) {
		return false
	}
	for _, p := range set.People {
		who := []string{unharmed(p.Name), unharmed(p.ID)}
		of := 12 + cost(who[0]) + cost(who[1])
		if p.Nickname != "" && p.Nickname != p.Name {
			who = append(who, unharmed(p.Nickname))
			of += 3 + cost(who[2])
		}
		if !left.take(room{bytes: of}) {
			break
		}
		shown.People = append(shown.People, who)
		v.NoPeople--
	}
	v.Sets = append(v.Sets, shown)
	return len(shown.People) == len(set.People)
}

// unharmed makes a name of others fit for a script that shows it: what cannot be seen comes as an
// escape.
func unharmed(text string) string { return name(render.Clean(text)) }
