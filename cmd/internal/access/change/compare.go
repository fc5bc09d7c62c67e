package change

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

// A comparison is of one workspace. The older model is given the names of the newer one first.
type comparison struct {
	old, new     *side
	reports      [2]*report.Report
	people       []pair[access.Person]
	repositories []pair[access.Repository]
	projects     []pair[access.Project]
	groups       []pair[access.Group]
	names        map[string]string // of people
	// Why it is not known whether a person or a group is in the report that does not have it: something
	// of theirs may be there.
	doubts map[string]string
	out    Workspace
}

func newComparison(before, after *report.Report, w workspacePair) *comparison {
	c := &comparison{
		reports:      [2]*report.Report{before, after},
		repositories: pairRepositories(w.before, w.after),
		projects:     pairProjects(w.before, w.after),
		groups:       pairGroups(w.before, w.after),
		names:        map[string]string{}, doubts: map[string]string{},
	}
	slugs := renames(c.repositories, func(r *access.Repository) string { return r.Slug })
	keys := renames(c.projects, func(p *access.Project) string { return p.Key })
	placed := aligned(w.before, nil, slugs, keys) // who cannot be named is known by the places
	c.people = pairPeople(placed, w.after)
	people := renames(c.people, func(p *access.Person) string { return p.ID })
	c.old = newSide("old", aligned(placed, people, nil, nil))
	c.new = newSide("new", w.after)
	for _, p := range c.people {
		c.names[p.key] = cmp.Or(p.after, p.before).Name
	}
	c.out = Workspace{Slug: w.after.Slug, UUID: cmp.Or(w.after.UUID, w.before.UUID)}
	return c
}

// compare finds all that differs in the model. What people and groups have comes first: whether
// they are gone depends on it.
func (c *comparison) compare() {
	c.permissions()
	c.grants()
	c.members()
	c.belongings()
	c.entities()
}

// settle counts what is not known, by the reason.
func (c *comparison) settle(cases []Finding) {
	gaps := map[string]int{}
	note := func(v Verdict, why string, n int) {
		if v == NotKnown && why != untold {
			gaps[why] += n
		}
	}
	w := &c.out
	for i := range w.Permissions {
		note(w.Permissions[i].Change, w.Permissions[i].Why, len(w.Permissions[i].Repositories))
	}
	for i := range w.Grants {
		note(w.Grants[i].Change, w.Grants[i].Why, 1)
	}
	for i := range w.Members {
		note(w.Members[i].Change, w.Members[i].Why, 1)
	}
	for _, list := range w.entities() {
		for i := range list {
			note(list[i].Change, list[i].Why, 1)
		}
	}
	for i := range cases {
		note(Verdict(cases[i].Change), cases[i].Why, 1)
	}
	w.NotKnown = []Gap{}
	for _, why := range slices.Sorted(maps.Keys(gaps)) {
		w.NotKnown = append(w.NotKnown, Gap{why, gaps[why]})
	}
}

// verdict says what became of something that one of the sides may lack. Each side is asked only why
// it may have it all the same.
func (c *comparison) verdict(
	hasOld, hasNew bool, why func(lacking, other *side) string,
) (Verdict, string) {
	switch {
	case hasOld && hasNew:
		return Changed, ""
	case hasNew:
		if text := why(c.old, c.new); text != "" {
			return NotKnown, text
		}
		return Added, ""
	}
	if text := why(c.new, c.old); text != "" {
		return NotKnown, text
	}
	return Removed, ""
}

// doubt notes that it is not known whether a person or a group went.
func (c *comparison) doubt(id, why string) {
	if why != "" {
		c.doubts[id] = why
	}
}

func (c *comparison) name(id string) Name { return Name{id, cmp.Or(c.names[id], id)} }

// grants compares the explicit permissions on all places.
func (c *comparison) grants() {
	c.out.Grants = []Grant{}
	for _, p := range c.projects {
		var before, after []access.Grant
		if p.before != nil {
			before = c.old.Project(p.key).Grants
		}
		if p.after != nil {
			after = p.after.Grants
		}
		c.grantsAt(
			access.Place{Kind: access.KindProject, Name: p.key},
			before,
			after,
			access.ProjectUsers,
			access.ProjectGroups,
		)
	}
	for _, r := range c.repositories {
		var before, after []access.Grant
		if r.before != nil {
			before = c.old.Repository(r.key).Grants
		}
		if r.after != nil {
			after = r.after.Grants
		}
		c.grantsAt(
			access.Place{Kind: access.KindRepository, Name: r.key},
			before,
			after,
			access.RepositoryUsers,
			access.RepositoryGroups,
		)
	}
	slices.SortStableFunc(c.out.Grants, func(a, b Grant) int {
		return cmp.Or(
			strings.Compare(
				string(a.Place.Kind),
				string(b.Place.Kind),
			),
			strings.Compare(a.Place.Name, b.Place.Name),
			strings.Compare(a.Group, b.Group),
			compareNames(a.Person, b.Person),
		)
	})
}

func (c *comparison) grantsAt(place access.Place, before, after []access.Grant, users, groups string) {
	type holder struct{ user, group string }
	of := func(grants []access.Grant) map[holder]bitbucket.Permission {
		all := map[holder]bitbucket.Permission{}
		for _, g := range grants {
			all[holder{g.User, g.Group}] = g.Permission
		}
		return all
	}
	had, has := of(before), of(after)
	for h := range union(had, has) {
		was, wasGranted := had[h]
		is, isGranted := has[h]
		if was == is && wasGranted == isGranted {
			continue
		}
		source, id := users, h.user
		if h.group != "" {
			source, id = groups, h.group
		}
		g := Grant{Place: place, Group: h.group, Old: was, New: is}
		if h.user != "" {
			g.Person = new(c.name(h.user))
		}
		g.Change, g.Why = c.verdict(wasGranted, isGranted, func(lacking, other *side) string {
			return lacking.lacksAt(source, place, other)
		})
		c.doubt(id, g.Why)
		c.out.Grants = append(c.out.Grants, g)
	}
}

func compareNames(a, b *Name) int {
	x, y := cmp.Or(a, &Name{}), cmp.Or(b, &Name{})
	return cmp.Or(
		strings.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name)),
		strings.Compare(x.ID, y.ID),
	)
}

// union goes over the keys of both.
func union[K comparable, V any](a, b map[K]V) func(func(K) bool) {
	return func(yield func(K) bool) {
		for k := range a {
			if !yield(k) {
				return
			}
		}
		for k := range b {
			if _, both := a[k]; !both && !yield(k) {
				return
			}
		}
	}
}

// members compares who is in which group.
func (c *comparison) members() {
	c.out.Members = []Member{}
	olds := map[string]*access.Group{}
	for i := range c.old.Groups {
		olds[c.old.Groups[i].Slug] = &c.old.Groups[i]
	}
	of := func(g *access.Group) map[string]bool {
		all := map[string]bool{}
		if g != nil {
			for _, id := range g.Members {
				all[id] = true
			}
		}
		return all
	}
	for _, g := range c.groups {
		before, after := olds[g.key], g.after
		had, has := of(before), of(after)
		for id := range union(had, has) {
			if had[id] == has[id] {
				continue
			}
			m := Member{Group: g.key, Person: c.name(id), Old: had[id], New: has[id]}
			m.Change, m.Why = c.verdict(had[id], has[id], func(lacking, _ *side) string {
				group := after
				if lacking == c.old {
					group = before
				}
				if group != nil && group.Listed {
					return ""
				}
				if why := lacking.lacks(access.Groups, ""); why != "" || group == nil {
					return why
				}
				return "the " + lacking.name + " report does not know the members of group " + g.key
			})
			c.doubt(id, m.Why)
			c.out.Members = append(c.out.Members, m)
		}
	}
	slices.SortFunc(c.out.Members, func(a, b Member) int {
		return cmp.Or(strings.Compare(a.Group, b.Group), compareNames(&a.Person, &b.Person))
	})
}
