package change

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
)

// An attribute is something that a thing may have another value of. What is empty was not told.
type attribute[T any] struct {
	name string
	of   func(*T) string
}

// untold says that both reports read where a value would be, and one of them does not have it.
const untold = "one report does not tell it"

// entities compares people, groups and places.
func (c *comparison) entities() {
	c.out.People = compared(c, c.people, personAttributes(), func(p *access.Person) string { return p.Name },
		func(lacking, other *side, _ *access.Person, key string) string {
			return cmp.Or(lacking.lacksPeople(other), c.doubts[key])
		})
	c.out.Groups = compared(c, c.groups, groupAttributes(), func(g *access.Group) string { return g.Name },
		func(lacking, _ *side, g *access.Group, key string) string {
			why := lacking.lacks(access.Groups, "")
			if !g.Listed { // only what it was granted shows that it is there
				why = cmp.Or(c.doubts[key], why)
			}
			return why
		})
	c.out.Projects = compared(
		c,
		c.projects,
		projectAttributes(),
		func(p *access.Project) string { return cmp.Or(p.Name, p.Key) },
		func(lacking, other *side, p *access.Project, _ string) string { return lacking.lacksProject(p, other) },
	)
	c.out.Repositories = compared(c, c.repositories, repositoryAttributes(),
		func(r *access.Repository) string { return cmp.Or(r.Name, r.Slug) },
		func(lacking, other *side, r *access.Repository, _ string) string {
			return lacking.lacksRepository(r, other)
		})
	c.unroled()
}

// compared compares things of one kind.
func compared[T any](
	c *comparison, pairs []pair[T], attributes []attribute[T], name func(*T) string,
	why func(lacking, other *side, thing *T, key string) string,
) []Entity {
	all := []Entity{}
	var none T
	for _, p := range pairs {
		e := Entity{ID: p.key, Name: name(cmp.Or(p.after, p.before)), Fields: []Field{}}
		e.Change, e.Why = c.verdict(p.before != nil, p.after != nil, func(lacking, other *side) string {
			return why(lacking, other, cmp.Or(p.after, p.before), p.key)
		})
		both := e.Change == Changed
		was, is := cmp.Or(p.before, &none), cmp.Or(p.after, &none)
		for _, a := range attributes {
			if f := (Field{Name: a.name, Old: a.of(was), New: a.of(is)}); f.Old != f.New {
				f.NotKnown = both && (f.Old == "" || f.New == "")
				e.Fields = append(e.Fields, f)
			}
		}
		if both && len(e.Fields) == 0 {
			continue
		}
		if both && !slices.ContainsFunc(e.Fields, func(f Field) bool { return !f.NotKnown }) {
			e.Change = NotKnown
			e.Why = untold
		}
		all = append(all, e)
	}
	slices.SortStableFunc(all, func(a, b Entity) int {
		return compareNames(&Name{a.ID, a.Name}, &Name{b.ID, b.Name})
	})
	return all
}

// unroled knows what an empty role means where the members were read: somebody is none.
func (c *comparison) unroled() {
	for i := range c.out.People {
		e := &c.out.People[i]
		for j := range e.Fields {
			f := &e.Fields[j]
			if f.Name != "role" || !f.NotKnown {
				continue
			}
			lacking := c.new
			if f.Old == "" {
				lacking = c.old
			}
			switch why := lacking.lacks(access.Members, ""); {
			case why == "":
				f.NotKnown, e.Change, e.Why = false, Changed, ""
			case e.Change == NotKnown:
				e.Why = why
			}
		}
	}
}

func personAttributes() []attribute[access.Person] {
	type p = access.Person
	return []attribute[access.Person]{
		{"id", func(x *p) string { return x.ID }},
		{"uuid", func(x *p) string { return x.UUID }},
		{"account_id", func(x *p) string { return x.AccountID }},
		{"name", func(x *p) string { return x.Name }},
		{"nickname", func(x *p) string { return x.Nickname }},
		{"type", func(x *p) string { return x.Type }},
		{"status", func(x *p) string { return x.Status }},
		{"two_step", func(x *p) string { return boolean(x.TwoStep) }},
		{"role", func(x *p) string { return string(x.Role) }},
		{"added_on", func(x *p) string { return moment(x.AddedOn) }},
		{"last_accessed", func(x *p) string { return moment(x.LastAccessed) }},
		{"email", func(x *p) string { return x.Email }},
	}
}

func groupAttributes() []attribute[access.Group] {
	type g = access.Group
	return []attribute[access.Group]{
		{"slug", func(x *g) string { return x.Slug }},
		{"name", func(x *g) string { return x.Name }},
		{"privilege", func(x *g) string { return privilege(x) }},
		{"listed", func(x *g) string { return strconv.FormatBool(x.Listed) }},
	}
}

// privilege tells a group without one from one of which nobody said whether it has any.
func privilege(g *access.Group) string {
	if g.Privilege == nil {
		return ""
	}
	return cmp.Or(*g.Privilege, "none")
}

func projectAttributes() []attribute[access.Project] {
	type p = access.Project
	return []attribute[access.Project]{
		{"key", func(x *p) string { return x.Key }},
		{"uuid", func(x *p) string { return x.UUID }},
		{"name", func(x *p) string { return x.Name }},
		{"private", func(x *p) string { return boolean(x.Private) }},
		{"gone", func(x *p) string { return strconv.FormatBool(x.Gone) }},
	}
}

func repositoryAttributes() []attribute[access.Repository] {
	type r = access.Repository
	return []attribute[access.Repository]{
		{"slug", func(x *r) string { return x.Slug }},
		{"uuid", func(x *r) string { return x.UUID }},
		{"name", func(x *r) string { return x.Name }},
		{"project", func(x *r) string { return x.Project }},
		{"private", func(x *r) string { return boolean(x.Private) }},
		{"gone", func(x *r) string { return strconv.FormatBool(x.Gone) }},
	}
}

func boolean(b *bool) string {
	if b == nil {
		return ""
	}
	return strconv.FormatBool(*b)
}

func moment(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// belongings compares what hangs on places: deploy keys, variables and invitations.
func (c *comparison) belongings() {
	c.out.Keys, c.out.Variables, c.out.Invitations = []Entity{}, []Entity{}, []Entity{}
	for _, p := range c.projects {
		var before, after []access.DeployKey
		if p.before != nil {
			before = p.before.Keys
		}
		if p.after != nil {
			after = p.after.Keys
		}
		c.out.Keys = append(
			c.out.Keys,
			c.keys(access.Place{Kind: access.KindProject, Name: p.key}, before, after, access.ProjectKeys)...)
	}
	none := &access.Repository{}
	for _, r := range c.repositories {
		before, after, place := cmp.Or(
			r.before,
			none,
		), cmp.Or(
			r.after,
			none,
		), access.Place{
			Kind: access.KindRepository,
			Name: r.key,
		}
		c.out.Keys = append(c.out.Keys, c.keys(place, before.Keys, after.Keys, access.RepositoryKeys)...)
		c.out.Variables = append(c.out.Variables,
			c.variables(place, before.Variables, after.Variables, access.RepositoryVariables)...)
	}
	here := access.Place{Kind: access.KindWorkspace, Name: ""}
	c.out.Variables = append(c.out.Variables,
		c.variables(here, c.old.Variables, c.new.Variables, access.WorkspaceVariables)...)
	c.out.Invitations = hanging(c, here, c.old.Invitations, c.new.Invitations, access.Invitations,
		func(i *access.Invitation) string { return i.Email + " " + i.Repository },
		[]attribute[access.Invitation]{
			{"email", func(i *access.Invitation) string { return i.Email }},
			{"repository", func(i *access.Invitation) string { return i.Repository }},
			{"permission", func(i *access.Invitation) string { return string(i.Permission) }},
			{"sent_on", func(i *access.Invitation) string { return moment(i.SentOn) }},
		}, func(i *access.Invitation) string { return i.Email })
}

func (c *comparison) keys(place access.Place, before, after []access.DeployKey, source string) []Entity {
	type k = access.DeployKey
	return hanging(c, place, before, after, source, func(x *k) string { return x.ID }, []attribute[k]{
		{"id", func(x *k) string { return x.ID }},
		{"label", func(x *k) string { return x.Label }},
		{"added_on", func(x *k) string { return moment(x.AddedOn) }},
		{"last_used", func(x *k) string { return moment(x.LastUsed) }},
		{"writes", func(x *k) string { return boolean(x.Writes) }},
	}, func(x *k) string { return cmp.Or(x.Label, x.ID) })
}

func (c *comparison) variables(place access.Place, before, after []access.Variable, source string) []Entity {
	type v = access.Variable
	return hanging(
		c,
		place,
		before,
		after,
		source,
		func(x *v) string { return cmp.Or(x.UUID, x.Key) },
		[]attribute[v]{
			{"uuid", func(x *v) string { return x.UUID }},
			{"key", func(x *v) string { return x.Key }},
			{"secured", func(x *v) string { return strconv.FormatBool(x.Secured) }},
		},
		func(x *v) string { return x.Key },
	)
}

// hanging compares things at one place. Of several with the same identity the first is paired with
// the first, and so on.
func hanging[T any](
	c *comparison, place access.Place, before, after []T, source string, id func(*T) string,
	attributes []attribute[T], name func(*T) string,
) []Entity {
	if len(before)+len(after) == 0 {
		return nil
	}
	numbered := func(things []T) map[*T]string {
		met, keys := map[string]int{}, map[*T]string{}
		for i := range things {
			key := id(&things[i])
			met[key]++
			if n := met[key]; n > 1 {
				key = fmt.Sprintf("%s (%d)", key, n)
			}
			keys[&things[i]] = key
		}
		return keys
	}
	olds, news := numbered(before), numbered(after)
	pairs := match(before, after, func(x *T) identity {
		key := cmp.Or(olds[x], news[x])
		return identity{lasting: []string{key}, key: key}
	})
	all := compared(c, pairs, attributes, name, func(lacking, other *side, _ *T, _ string) string {
		return lacking.lacksAt(source, place, other)
	})
	for i := range all {
		all[i].Place = &place
	}
	return all
}
