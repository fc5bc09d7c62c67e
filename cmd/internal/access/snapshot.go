package access

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket"
)

// workspace makes the model of what an index holds.
func (x *index) workspace(asked string) Workspace {
	w := Workspace{
		Asked: asked, Slug: cmp.Or(x.facts.Slug, asked), UUID: x.facts.UUID, Name: x.facts.Name,
		ViewerRole: x.viewerRole, Coverage: []Coverage{}, People: []Person{}, Groups: []Group{},
		Projects: []Project{}, Repositories: []Repository{}, Variables: []Variable{},
		Invitations: []Invitation{},
	}
	holdings := x.holdings()
	for n := range x.people.all {
		k := &x.people.all[n]
		if k.same != int32(n) || !x.met(int32(n)) {
			continue
		}
		p := k.person()
		if h := holdings[int32(n)]; h != nil {
			p.Permissions = h
		}
		w.People = append(w.People, p)
	}
	slices.SortFunc(w.People, func(a, b Person) int {
		return cmp.Or(
			strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)),
			strings.Compare(a.ID, b.ID),
		)
	})
	x.addPlaces(&w)
	x.addGroups(&w)
	w.Variables = append(w.Variables, sortedVariables(x.variables)...)
	w.Invitations = append(w.Invitations, x.invitations...)
	slices.SortFunc(w.Invitations, func(a, b Invitation) int {
		return cmp.Or(strings.Compare(a.Email, b.Email), strings.Compare(a.Repository, b.Repository))
	})
	return w
}

// met reports whether an account belongs to the model: as a member, with a permission or a grant,
// or in a group. Who was only found by an address is a member already.
func (x *index) met(n int32) bool {
	if x.people.all[n].met || x.people.all[n].role != "" {
		return true
	}
	for _, g := range x.groups {
		if slices.ContainsFunc(g.members, func(m int32) bool { return x.people.root(m) == n }) {
			return true
		}
	}
	return false
}

// holdings sorts the effective permissions by person.
func (x *index) holdings() map[int32][]Holding {
	slugs := make([]string, len(x.places))
	for slug, p := range x.places {
		slugs[p.number] = slug
	}
	highest := x.permissions
	if merged := x.mergedGrades(); merged != nil {
		highest = *merged
	}
	counts := map[[2]int32]int{} // so that each list is made in its size
	for key, grade := range highest.of {
		if Held(highest.names[grade]) {
			counts[[2]int32{int32(key >> 32), int32(grade)}]++
		}
	}
	lists := make(map[[2]int32][]string, len(counts))
	for key, grade := range highest.of {
		at := [2]int32{int32(key >> 32), int32(grade)}
		if counts[at] == 0 {
			continue
		}
		if lists[at] == nil {
			lists[at] = make([]string, 0, counts[at])
		}
		lists[at] = append(lists[at], slugs[uint32(key)])
	}
	all := map[int32][]Holding{}
	for at, list := range lists {
		slices.Sort(list)
		all[at[0]] = append(all[at[0]], Holding{highest.names[at[1]], list})
	}
	for _, h := range all {
		slices.SortFunc(
			h,
			func(a, b Holding) int { return comparePermissions(a.Permission, b.Permission) },
		)
	}
	return all
}

// mergedGrades are the permissions by the numbers that accounts go by, or nil when none has
// several.
func (x *index) mergedGrades() *grades {
	several := false
	for n := range x.people.all {
		several = several || x.people.all[n].same != int32(n)
	}
	if !several {
		return nil
	}
	merged := grades{of: make(map[uint64]uint8, len(x.permissions.of))}
	for key, grade := range x.permissions.of {
		merged.raise(x.people.root(int32(key>>32)), int32(uint32(key)), x.permissions.names[grade])
	}
	return &merged
}

// addPlaces adds projects and repositories.
func (x *index) addPlaces(w *Workspace) {
	for _, key := range slices.Sorted(maps.Keys(x.projects)) {
		p := x.projects[key]
		w.Projects = append(w.Projects, Project{
			Key: key, UUID: p.uuid, Name: p.name, Private: p.private, Gone: p.gone,
			Grants: x.grants(p), Keys: sortedKeys(p.keys),
		})
	}
	for _, slug := range slices.Sorted(maps.Keys(x.places)) {
		p := x.places[slug]
		w.Repositories = append(w.Repositories, Repository{
			Slug: slug, UUID: p.uuid, Name: p.name, Project: p.project, Private: p.private, Gone: p.gone,
			Grants: x.grants(p), Keys: sortedKeys(p.keys), Variables: sortedVariables(p.variables),
		})
	}
}

// grants lists the explicit permissions on a place: those of users, then those of groups.
func (x *index) grants(p *place) []Grant {
	users := map[string]bitbucket.Permission{}
	for n, permission := range p.users {
		id := x.people.all[x.people.root(n)].id()
		if had, twice := users[id]; Held(permission) && (!twice || Rank(permission) > Rank(had)) {
			users[id] = permission
		}
	}
	var all []Grant
	for _, id := range slices.Sorted(maps.Keys(users)) {
		all = append(all, Grant{User: id, Permission: users[id]})
	}
	for _, slug := range slices.Sorted(maps.Keys(p.groups)) {
		if Held(p.groups[slug]) {
			all = append(all, Grant{Group: slug, Permission: p.groups[slug]})
		}
	}
	return all
}

// addGroups adds the groups, those that only a grant names included.
func (x *index) addGroups(w *Workspace) {
	for _, slug := range slices.Sorted(maps.Keys(x.groups)) {
		g := x.groups[slug]
		members := []string{}
		for _, n := range g.members {
			members = append(members, x.people.all[x.people.root(n)].id())
		}
		slices.Sort(members)
		w.Groups = append(w.Groups, Group{
			Slug: slug, Name: cmp.Or(g.name, slug), Privilege: g.privilege, Listed: g.listed,
			Members: slices.Compact(members),
		})
	}
}

func sortedKeys(keys []DeployKey) []DeployKey {
	return slices.SortedFunc(
		slices.Values(keys),
		func(a, b DeployKey) int { return strings.Compare(a.ID, b.ID) },
	)
}

func sortedVariables(variables []Variable) []Variable {
	return slices.SortedFunc(slices.Values(variables), func(a, b Variable) int {
		return cmp.Or(strings.Compare(a.Key, b.Key), strings.Compare(a.UUID, b.UUID))
	})
}
