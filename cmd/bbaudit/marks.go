package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket"
)

// A mark says in which way an explicit grant exceeds what the rest shows.
type mark string

const (
	// markNoMember: the user does not belong to the workspace.
	markNoMember mark = "no member"
	// markAboveEffective: the list of effective permissions shows less.
	markAboveEffective mark = "above effective"
	// markOnlySource: neither the role nor the project nor any group that the user can be in gives as much.
	markOnlySource mark = "only source"
)

// grants lists the explicit grants, marked.
func (x *index) grants() []grant {
	all := []grant{}
	for _, t := range x.targets {
		for _, g := range t.users {
			if held(g.Permission) {
				p := x.people[keyOf(g.User)]
				all = append(all, grant{On: t.name, OnProject: t.project, To: p.label, ID: p.id(),
					Permission: g.Permission, Marks: x.marks(t, p, g.Permission)})
			}
		}
		for _, g := range t.groups {
			if held(g.Permission) {
				all = append(all, grant{On: t.name, OnProject: t.project, To: cmp.Or(g.Group.Name, g.Group.Slug), ToGroup: true,
					ID: g.Group.Slug, Permission: g.Permission})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b grant) int {
		return cmp.Or(compareBool(b.OnProject, a.OnProject), strings.Compare(a.On, b.On), compareBool(a.ToGroup, b.ToGroup),
			strings.Compare(a.To, b.To))
	})
	return all
}

func held(p bitbucket.Permission) bool { return p != "" && p != bitbucket.PermissionNone }

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// marks judges the grant of a user. What has not been read in whole is no ground for a mark.
func (x *index) marks(t *target, p *person, granted bitbucket.Permission) []mark {
	var marks []mark
	if x.complete.members && p.Role == "" {
		marks = append(marks, markNoMember)
	}
	if x.complete.permissions && !x.shows(t, p, granted) {
		marks = append(marks, markAboveEffective)
	}
	if x.complete.grants && !t.project && !x.otherwise(t, p, granted) {
		marks = append(marks, markOnlySource)
	}
	return marks
}

// shows reports whether the effective permissions include what a grant gives.
func (x *index) shows(t *target, p *person, granted bitbucket.Permission) bool {
	for _, slug := range x.reach(t) {
		if !x.effective[slug][p.key].AtLeast(onRepository(granted)) {
			return false
		}
	}
	return true
}

// reach lists the repositories that grants on a target are about.
func (x *index) reach(t *target) []string {
	if !t.project {
		return []string{t.name}
	}
	return slices.DeleteFunc(slices.Clone(x.slugs), func(slug string) bool { return x.projectOf[slug] != t.name })
}

// onRepository is what a permission on a project means for its repositories.
func onRepository(p bitbucket.Permission) bitbucket.Permission {
	if p == bitbucket.PermissionCreateRepo {
		return bitbucket.PermissionWrite
	}
	return p
}

// otherwise reports whether a person may have as much on a repository without the grant there: as an owner, by the
// project, or by a group.
func (x *index) otherwise(t *target, p *person, granted bitbucket.Permission) bool {
	if p.Role == string(bitbucket.PermissionOwner) {
		return true
	}
	for _, other := range x.targets {
		of := other == t
		if other.project && other.name == x.projectOf[t.name] {
			of = true
			for _, g := range other.users {
				if keyOf(g.User) == p.key && onRepository(g.Permission).AtLeast(granted) {
					return true
				}
			}
		}
		if !of {
			continue
		}
		for _, g := range other.groups {
			if onRepository(g.Permission).AtLeast(granted) && x.canBeIn(p, g.Group.Slug) {
				return true
			}
		}
	}
	return false
}

// canBeIn reports whether somebody can be in a group. Nobody says who is in it, but its members have what it was granted,
// everywhere.
func (x *index) canBeIn(p *person, group string) bool {
	if !x.complete.permissions {
		return true
	}
	for _, t := range x.targets {
		for _, g := range t.groups {
			if g.Group.Slug == group && held(g.Permission) && !x.shows(t, p, g.Permission) {
				return false
			}
		}
	}
	return true
}
