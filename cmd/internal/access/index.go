package access

import (
	"cmp"
	"slices"

	"github.com/seed-9213fc64/bitbucket"
)

// An index is what was read of one workspace, in little room: names once, the rest in numbers.
type index struct {
	facts       WorkspaceFacts
	viewerRole  bitbucket.Permission
	people      *people
	permissions grades
	places      map[string]*place // repositories by slug
	projects    map[string]*place // by key
	groups      map[string]*group
	variables   []Variable
	invitations []Invitation
}

// A place is a repository or a project.
type place struct {
	number    int32
	slug      string // or key
	uuid      string
	name      string
	project   string
	private   *bool
	listed    bool
	gone      bool
	users     map[int32]bitbucket.Permission
	groups    map[string]bitbucket.Permission
	keys      []DeployKey
	variables []Variable
}

type group struct {
	name      string
	privilege *string
	members   []int32
	listed    bool // the members are known
	inList    bool // and not only named by a grant
}

func newIndex() *index {
	return &index{
		people: newPeople(), places: map[string]*place{}, projects: map[string]*place{},
		groups: map[string]*group{}, permissions: grades{of: map[uint64]uint8{}},
	}
}

// fold adds a page, and returns how many of its items were new.
func (x *index) fold(ask Ask, items []Item) (fresh int) {
	for i := range items {
		if x.add(ask, &items[i]) {
			fresh++
		}
	}
	return fresh
}

// add adds an item, and reports whether it is none that came before.
func (x *index) add(ask Ask, item *Item) bool {
	if item.odd(ask) != "" {
		return true // the list has failed, which says it
	}
	switch ask.Source {
	case TheWorkspace:
		x.facts = *item.Workspace
		return true
	case Role:
		x.viewerRole = item.Permission
		return true
	case Members:
		return x.member(item)
	case RosterMembers:
		return x.onRoster(item)
	case Permissions, RepoPermissions:
		return x.permission(ask, item)
	case Repositories:
		return x.repository(item.Repository)
	case Projects:
		return x.project(item.Project)
	case Groups:
		return x.group(item.Group)
	case ProjectUsers, RepositoryUsers:
		return x.grantToUser(x.placeOf(ask), item)
	case ProjectGroups, RepositoryGroups:
		return x.grantToGroup(x.placeOf(ask), item)
	}
	return x.belonging(ask, item)
}

func (x *index) member(item *Item) bool {
	n := x.people.find(*item.User)
	k := &x.people.all[n]
	k.met = true
	if item.LastAccessed.After(k.lastAccessed) {
		k.lastAccessed = item.LastAccessed
	}
	if k.addedOn.IsZero() {
		k.addedOn = item.AddedOn
	}
	return x.people.hasRole(n, item.Permission)
}

// onRoster notes the address of a member. The list has nothing else that others have not.
func (x *index) onRoster(item *Item) bool {
	k := &x.people.all[x.people.find(*item.User)]
	first := k.email == ""
	k.email = cmp.Or(k.email, item.Email)
	return first
}

// permission notes an effective permission. Of several the highest wins.
func (x *index) permission(ask Ask, item *Item) bool {
	slug := item.Repository.Slug
	if ask.Source == RepoPermissions {
		slug = ask.Place
	}
	at := x.placeNamed(x.places, slug)
	at.uuid, at.name = cmp.Or(at.uuid, item.Repository.UUID), cmp.Or(at.name, item.Repository.Name)
	n := x.people.find(*item.User)
	x.people.all[n].met = true
	return x.permissions.raise(n, at.number, item.Permission)
}

func (x *index) repository(facts *RepositoryFacts) bool {
	p := x.placeNamed(x.places, facts.Slug)
	first := !p.listed
	p.listed = true
	p.uuid, p.name = cmp.Or(facts.UUID, p.uuid), cmp.Or(facts.Name, p.name)
	p.project, p.private = cmp.Or(facts.Project, p.project), cmp.Or(facts.Private, p.private)
	return first
}

func (x *index) project(facts *ProjectFacts) bool {
	p := x.placeNamed(x.projects, facts.Key)
	first := !p.listed
	p.listed = true
	p.uuid, p.name, p.private = facts.UUID, facts.Name, facts.Private
	return first
}

func (x *index) group(facts *GroupFacts) bool {
	g := x.groupNamed(facts.Slug, facts.Name)
	first := !g.inList
	g.inList = true
	g.name, g.listed = cmp.Or(g.name, facts.Name), g.listed || facts.Listed
	g.privilege = cmp.Or(facts.Privilege, g.privilege)
	for _, m := range facts.Members {
		if n := x.people.find(m); !slices.Contains(g.members, n) {
			g.members = append(g.members, n)
		}
	}
	return first
}

func (x *index) grantToUser(p *place, item *Item) bool {
	if p.users == nil {
		p.users = map[int32]bitbucket.Permission{}
	}
	n := x.people.find(*item.User)
	had, met := p.users[n]
	if !met || Rank(item.Permission) > Rank(had) {
		p.users[n] = item.Permission
	}
	x.people.all[n].met = x.people.all[n].met || Held(item.Permission)
	return !met
}

func (x *index) grantToGroup(p *place, item *Item) bool {
	if p.groups == nil {
		p.groups = map[string]bitbucket.Permission{}
	}
	had, met := p.groups[item.Group.Slug]
	if !met || Rank(item.Permission) > Rank(had) {
		p.groups[item.Group.Slug] = item.Permission
	}
	g := x.groupNamed(item.Group.Slug, item.Group.Name)
	g.privilege = cmp.Or(item.Group.Privilege, g.privilege) // the list of groups does not tell it
	return !met
}

// groupNamed finds or adds a group.
func (x *index) groupNamed(slug, name string) *group {
	g := x.groups[slug]
	if g == nil {
		g = &group{name: name}
		x.groups[slug] = g
	}
	return g
}

// belonging notes what hangs on a place or the workspace.
func (x *index) belonging(ask Ask, item *Item) bool {
	switch {
	case item.Invitation != nil:
		x.invitations = append(x.invitations, *item.Invitation)
	case item.Key != nil:
		return addOnce(&x.placeOf(ask).keys, *item.Key, func(k DeployKey) string { return k.ID })
	case item.Variable != nil && ask.Source == WorkspaceVariables:
		return addOnce(&x.variables, *item.Variable, variableID)
	case item.Variable != nil:
		return addOnce(&x.placeOf(ask).variables, *item.Variable, variableID)
	}
	return true
}

func variableID(v Variable) string { return cmp.Or(v.UUID, v.Key) }

// addOnce adds a value whose identity is new.
func addOnce[T any](to *[]T, v T, id func(T) string) bool {
	if slices.ContainsFunc(*to, func(other T) bool { return id(other) == id(v) }) {
		return false
	}
	*to = append(*to, v)
	return true
}

// placeOf is the place that a list was asked of.
func (x *index) placeOf(ask Ask) *place {
	switch ask.Source {
	case ProjectUsers, ProjectGroups, ProjectKeys:
		return x.placeNamed(x.projects, ask.Place)
	}
	return x.placeNamed(x.places, ask.Place)
}

// placeNamed finds or adds a place.
func (x *index) placeNamed(in map[string]*place, name string) *place {
	p := in[name]
	if p == nil {
		p = &place{number: int32(len(in)), slug: name}
		in[name] = p
	}
	return p
}

// grades are the effective permissions, each in a few bytes.
type grades struct {
	of    map[uint64]uint8 // by person and repository
	names []bitbucket.Permission
}

// raise notes a permission unless there is a higher one. It reports whether there was none.
func (g *grades) raise(person, repository int32, p bitbucket.Permission) bool {
	key := uint64(person)<<32 | uint64(uint32(repository))
	had, met := g.of[key]
	if !met || Rank(p) > Rank(g.names[had]) {
		i := slices.Index(g.names, p)
		if i < 0 {
			i = len(g.names)
			if i > 250 { // no server has so many kinds
				i = 250
			} else {
				g.names = append(g.names, p)
			}
		}
		g.of[key] = uint8(i)
	}
	return !met
}
