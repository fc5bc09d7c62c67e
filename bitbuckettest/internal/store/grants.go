package store

import "slices"

// Grantable lists what may be given explicitly on a repository, or on a project, lowest first.
func Grantable(onProject bool) []string {
	if onProject {
		return []string{"read", "write", "create-repo", "admin"}
	}
	return []string{"read", "write", "admin"}
}

// Rank orders permissions: none, read, write, create-repo, admin.
func Rank(permission string) int { return 1 + slices.Index(Grantable(true), permission) }

func newGrants(project bool, changed func()) Grants {
	return Grants{Granted[*User]{changed: changed}, Granted[*Group]{changed: changed}, project}
}

// OnProject reports whether these are the permissions on a project.
func (g *Grants) OnProject() bool { return g.project }

// All lists the grants in the order in which they were given.
func (g *Granted[T]) All() []*Grant[T] { return g.all }

// Of is the explicit permission of somebody, "" for none.
func (g *Granted[T]) Of(to T) string {
	if x := g.to[to]; x != nil {
		return x.Permission
	}
	return ""
}

// Set gives, changes or, with "", takes away an explicit permission.
func (g *Granted[T]) Set(to T, permission string) {
	x := g.to[to]
	switch {
	case permission == "" && x == nil:
		return
	case permission == "":
		delete(g.to, to)
		g.all = slices.DeleteFunc(slices.Clone(g.all), func(y *Grant[T]) bool { return y == x })
	case x != nil:
		x.Permission = permission
	default:
		if g.to == nil {
			g.to = map[T]*Grant[T]{}
		}
		x = &Grant[T]{to, permission}
		g.to[to], g.all = x, append(g.all, x)
	}
	g.changed()
}

// each calls yield with every user that a grant reaches, directly or through a group.
func (g *Grants) each(yield func(u *User, permission string)) {
	for _, x := range g.ToUsers.all {
		yield(x.To, x.Permission)
	}
	for _, x := range g.ToGroups.all {
		for _, u := range x.To.users.all {
			yield(u, x.Permission)
		}
	}
}
