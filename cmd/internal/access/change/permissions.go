package change

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
)

// permissions compares the effective permissions, person by person.
func (c *comparison) permissions() {
	c.out.Permissions = []Access{}
	olds := map[string]*access.Person{}
	for i := range c.old.People {
		olds[c.old.People[i].ID] = &c.old.People[i]
	}
	for _, p := range c.people {
		c.permissionsOf(p.key, olds[p.key], p.after)
	}
	slices.SortStableFunc(c.out.Permissions, func(a, b Access) int {
		return cmp.Or(
			compareNames(&a.Person, &b.Person),
			access.Rank(b.New)-access.Rank(a.New), access.Rank(b.Old)-access.Rank(a.Old),
			strings.Compare(a.Repositories[0], b.Repositories[0]),
		)
	})
}

// permissionsOf compares those of one person, and puts together what differs in the same way.
func (c *comparison) permissionsOf(id string, before, after *access.Person) {
	var none access.Person
	was, is := cmp.Or(before, &none), cmp.Or(after, &none)
	if slices.EqualFunc(was.Permissions, is.Permissions, func(a, b access.Holding) bool {
		return a.Permission == b.Permission && slices.Equal(a.Repositories, b.Repositories)
	}) {
		return
	}
	had, has := permissionsBySlug(was), permissionsBySlug(is)
	folded := map[string]int{}
	for slug := range union(had, has) {
		if had[slug] == has[slug] {
			continue
		}
		a := c.access(slug, before, after, had[slug], has[slug])
		c.doubt(id, a.Why)
		key := fmt.Sprintf("%q %q %q %v %q %q", a.Change, a.Old, a.New, a.By, a.Unread, a.Why)
		if i, met := folded[key]; met {
			c.out.Permissions[i].Repositories = append(c.out.Permissions[i].Repositories, slug)
			continue
		}
		a.Person, a.Repositories = c.name(id), []string{slug}
		folded[key] = len(c.out.Permissions)
		c.out.Permissions = append(c.out.Permissions, a)
	}
	for _, i := range folded {
		slices.Sort(c.out.Permissions[i].Repositories)
	}
}

// permissionsBySlug is what somebody may do, by repository.
func permissionsBySlug(p *access.Person) map[string]bitbucket.Permission {
	all := map[string]bitbucket.Permission{}
	for _, h := range p.Permissions {
		for _, slug := range h.Repositories {
			all[slug] = h.Permission
		}
	}
	return all
}

// access says what became of a permission on one repository, and by what it is held or was.
func (c *comparison) access(
	slug string, before, after *access.Person, was, is bitbucket.Permission,
) Access {
	a := Access{Old: was, New: is, By: []access.Way{}, Unread: []string{}}
	a.Change, a.Why = c.verdict(was != "", is != "", func(lacking, other *side) string {
		return lacking.lacksPermission(slug, other)
	})
	oldWays, oldUnread := c.old.ways(before, slug)
	newWays, newUnread := c.new.ways(after, slug)
	holds, lost := newWays, oldWays
	a.Unread = append(a.Unread, newUnread...)
	if access.Rank(is) < access.Rank(was) {
		holds, lost, a.Unread = oldWays, newWays, append(a.Unread[:0], oldUnread...)
	}
	for _, w := range holds {
		if !slices.Contains(lost, w) {
			a.By = append(a.By, w)
		}
	}
	return a
}

// ways lists by what somebody has a permission, and what was not read of that.
func (s *side) ways(p *access.Person, slug string) ([]access.Way, []string) {
	r := s.Repository(slug)
	if p == nil || r == nil {
		return nil, nil
	}
	return s.paths.To(p, r), s.paths.Unread(p, r)
}
