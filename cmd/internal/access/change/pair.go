package change

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

// A pair is the same thing in both reports; one of the two is nil when only the other has it.
type pair[T any] struct {
	before, after *T
	key           string // what it goes by in the difference
}

// An identity is how something may be known again.
type identity struct {
	lasting []string // nobody else ever has these
	key     string   // others may have it later
	name    string   // what it goes by when it has nothing that lasts; the key, but for the nameless
}

// match pairs what is the same: by what lasts, and by the name where one side has nothing that does.
// Those of the newer side come first, in their order.
func match[T any](before, after []T, of func(*T) identity) []pair[T] {
	olds := make([]identity, len(before))
	byLasting, byName := map[string]int{}, map[string][]int{}
	for i := range before {
		olds[i] = of(&before[i])
		for _, l := range olds[i].lasting {
			byLasting[l] = i
		}
		byName[olds[i].name] = append(byName[olds[i].name], i)
	}
	pairs := make([]pair[T], len(after))
	paired := make([]bool, len(before))
	var anonymous []int // of the newer side, to be paired by name
	taken := map[string]bool{}
	for i := range after {
		id := of(&after[i])
		pairs[i] = pair[T]{after: &after[i], key: id.key}
		taken[id.key] = true
		found := false
		for _, l := range id.lasting {
			if n, ok := byLasting[l]; ok && !paired[n] {
				pairs[i].before, paired[n], found = &before[n], true, true
				break
			}
		}
		if !found {
			anonymous = append(anonymous, i)
		}
	}
	for _, i := range anonymous {
		id := of(&after[i])
		for _, n := range byName[id.name] {
			if !paired[n] && (len(id.lasting) == 0 || len(olds[n].lasting) == 0) {
				pairs[i].before, paired[n] = &before[n], true
				break
			}
		}
	}
	for i := range before {
		if paired[i] {
			continue
		}
		key := olds[i].key
		for taken[key] {
			key += " (before)"
		}
		taken[key] = true
		pairs = append(pairs, pair[T]{before: &before[i], key: key})
	}
	return pairs
}

// lasting makes an identity of what Bitbucket never gives twice.
func lasting(name string, ids ...string) identity {
	id := identity{key: name, name: name}
	for _, one := range ids {
		if one != "" {
			id.lasting = append(id.lasting, one)
		}
	}
	return id
}

type workspacePair = pair[access.Workspace]

func pairWorkspaces(before, after *report.Report) []workspacePair {
	return match(before.Access.Workspaces, after.Access.Workspaces, func(w *access.Workspace) identity {
		return lasting(strings.ToLower(w.Slug), w.UUID)
	})
}

// pairPeople pairs accounts by UUID or account ID. Those that have neither are one thing each: they
// are the same when all that is known of them is.
func pairPeople(before, after *access.Workspace) []pair[access.Person] {
	marks := map[*access.Person]string{}
	for _, w := range []*access.Workspace{before, after} {
		held := heldByNameless(w)
		for i := range w.People {
			if p := &w.People[i]; p.UUID == "" && p.AccountID == "" {
				anybody := *p
				anybody.ID = ""
				if anybody.Name == p.ID { // nothing else was told
					anybody.Name = ""
				}
				text, _ := json.Marshal(anybody) // it has nothing that cannot be written
				marks[p] = fmt.Sprintf("nobody %s %q", text, held[p.ID])
			}
		}
	}
	return match(before.People, after.People, func(p *access.Person) identity {
		account := ""
		if p.AccountID != "" {
			account = "account " + p.AccountID
		}
		id := lasting(p.ID, p.UUID, account)
		id.name = cmp.Or(marks[p], p.ID)
		return id
	})
}

// heldByNameless lists the grants and groups of those who have no identity.
func heldByNameless(w *access.Workspace) map[string][]string {
	held := map[string][]string{}
	for i := range w.People {
		if p := &w.People[i]; p.UUID == "" && p.AccountID == "" {
			held[p.ID] = nil
		}
	}
	if len(held) == 0 {
		return held
	}
	note := func(id, what string) {
		if had, nameless := held[id]; nameless {
			held[id] = append(had, what)
		}
	}
	for _, p := range w.Projects {
		for _, g := range p.Grants {
			note(g.User, fmt.Sprintf("%s on project %s", g.Permission, p.Key))
		}
	}
	for _, r := range w.Repositories {
		for _, g := range r.Grants {
			note(g.User, fmt.Sprintf("%s on repository %s", g.Permission, r.Slug))
		}
	}
	for _, g := range w.Groups {
		for _, id := range g.Members {
			note(id, "in "+g.Slug)
		}
	}
	return held
}

func pairRepositories(before, after *access.Workspace) []pair[access.Repository] {
	return match(before.Repositories, after.Repositories, func(r *access.Repository) identity {
		return lasting(r.Slug, r.UUID)
	})
}

func pairProjects(before, after *access.Workspace) []pair[access.Project] {
	return match(before.Projects, after.Projects, func(p *access.Project) identity {
		return lasting(p.Key, p.UUID)
	})
}

func pairGroups(before, after *access.Workspace) []pair[access.Group] {
	return match(before.Groups, after.Groups, func(g *access.Group) identity { return lasting(g.Slug) })
}

// renames lists what the older report's things go by, where that is another name.
func renames[T any](pairs []pair[T], name func(*T) string) map[string]string {
	other := map[string]string{}
	for _, p := range pairs {
		if p.before != nil && name(p.before) != p.key {
			other[name(p.before)] = p.key
		}
	}
	return other
}

// aligned is the older model with the names of the newer one.
func aligned(w *access.Workspace, people, repositories, projects map[string]string) *access.Workspace {
	a := *w
	a.People, a.Groups = slices.Clone(w.People), slices.Clone(w.Groups)
	a.Projects, a.Repositories = slices.Clone(w.Projects), slices.Clone(w.Repositories)
	a.Invitations, a.Coverage = slices.Clone(w.Invitations), slices.Clone(w.Coverage)
	a.Focus = w.Focus.Renamed(
		func(key string) string { return renamed(projects, key) },
		func(slug string) string { return renamed(repositories, slug) },
	)
	for i := range a.People {
		p := &a.People[i]
		p.ID = renamed(people, p.ID)
		if len(repositories) > 0 {
			p.Permissions = slices.Clone(p.Permissions)
			for j := range p.Permissions {
				p.Permissions[j].Repositories = allRenamed(repositories, p.Permissions[j].Repositories)
			}
		}
	}
	for i := range a.Groups {
		a.Groups[i].Members = allRenamed(people, a.Groups[i].Members)
	}
	for i := range a.Projects {
		p := &a.Projects[i]
		p.Key, p.Grants = renamed(projects, p.Key), grantsRenamed(people, p.Grants)
	}
	for i := range a.Repositories {
		r := &a.Repositories[i]
		r.Slug, r.Project = renamed(repositories, r.Slug), renamed(projects, r.Project)
		r.Grants = grantsRenamed(people, r.Grants)
	}
	slices.SortFunc(
		a.Repositories,
		func(x, y access.Repository) int { return strings.Compare(x.Slug, y.Slug) },
	)
	for i := range a.Invitations {
		a.Invitations[i].Repository = renamed(repositories, a.Invitations[i].Repository)
	}
	for i := range a.Coverage {
		c := &a.Coverage[i]
		c.Exceptions = slices.Clone(c.Exceptions)
		for j := range c.Exceptions {
			switch access.KindOf(c.List) {
			case access.KindRepository:
				c.Exceptions[j].Place = renamed(repositories, c.Exceptions[j].Place)
			case access.KindProject:
				c.Exceptions[j].Place = renamed(projects, c.Exceptions[j].Place)
			}
		}
	}
	return &a
}

func renamed(other map[string]string, name string) string {
	if to, ok := other[name]; ok {
		return to
	}
	return name
}

func allRenamed(other map[string]string, names []string) []string {
	if len(other) == 0 {
		return names
	}
	all := make([]string, 0, len(names))
	for _, name := range names {
		all = append(all, renamed(other, name))
	}
	slices.Sort(all)
	return all
}

func grantsRenamed(people map[string]string, grants []access.Grant) []access.Grant {
	if len(people) == 0 {
		return grants
	}
	grants = slices.Clone(grants)
	for i := range grants {
		grants[i].User = renamed(people, grants[i].User)
	}
	return grants
}
