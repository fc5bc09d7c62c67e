package bitbuckettest

import "slices"

// setUser gives, changes or, with "", takes away the explicit permission of a user.
func (g *grants) setUser(u *user, permission string) {
	g.users = set(g.users, permission, func(x *userGrant) bool { return x.user == u },
		func() *userGrant { return &userGrant{u, permission} })
}

// setGroup gives, changes or, with "", takes away the explicit permission of a group.
func (g *grants) setGroup(to *group, permission string) {
	g.groups = set(g.groups, permission, func(x *groupGrant) bool { return x.group == to },
		func() *groupGrant { return &groupGrant{to, permission} })
}

func set[T any](list []*T, permission string, is func(*T) bool, grant func() *T) []*T {
	i := slices.IndexFunc(list, is)
	switch {
	case permission == "" && i >= 0:
		return slices.Delete(list, i, i+1)
	case permission == "":
		return list
	case i >= 0:
		list[i] = grant()
		return list
	}
	return append(list, grant())
}

// user returns the explicit permission of a user, "" for none.
func (g *grants) user(u *user) string {
	if x := find(g.users, func(x *userGrant) bool { return x.user == u }); x != nil {
		return x.permission
	}
	return ""
}

// group returns the explicit permission of a group, "" for none.
func (g *grants) group(of *group) string {
	if x := find(g.groups, func(x *groupGrant) bool { return x.group == of }); x != nil {
		return x.permission
	}
	return ""
}

// each calls yield with every user that a grant reaches, directly or through a group.
func (g *grants) each(yield func(u *user, permission string)) {
	for _, x := range g.users {
		yield(x.user, x.permission)
	}
	for _, x := range g.groups {
		for _, u := range x.group.users {
			yield(u, x.permission)
		}
	}
}

// rank orders permissions: none, read, write, create-repo, admin.
func rank(permission string) int {
	return 1 + slices.Index(grantable("project"), permission)
}

// effective returns what every user may do on a repository: the highest of the workspace role, the explicit grants
// on the repository and on its project, and those of the user's groups. Users who may do nothing are not in it.
func (r *repository) effective() map[*user]string {
	all := map[*user]string{}
	raise := func(u *user, permission string) {
		if rank(permission) > rank(all[u]) {
			all[u] = permission
		}
	}
	for _, m := range r.ws.members {
		if m.Role == "owner" {
			raise(m.user, "admin")
		}
	}
	r.grants.each(raise)
	r.project.grants.each(func(u *user, permission string) {
		if permission == "create-repo" {
			permission = "write"
		}
		raise(u, permission)
	})
	return all
}

// access is the effective permission of one user on one repository.
type access struct {
	user       *user
	repo       *repository
	permission string
}

// accesses lists the effective permissions on a repository, users in the order they were added.
func (r *repository) accesses() []access {
	var all []access
	for u, permission := range r.effective() {
		all = append(all, access{u, r, permission})
	}
	slices.SortFunc(all, func(a, b access) int { return a.user.index - b.user.index })
	return all
}

// seats are the users who reach a repository of the workspace: those that its plan counts.
func (w *workspace) seats() map[*user]bool {
	all := map[*user]bool{}
	for _, r := range w.repos {
		for u := range r.effective() {
			all[u] = true
		}
	}
	return all
}

// beyondLimit reports whether giving these users access would exceed the plan of the workspace.
func (w *workspace) beyondLimit(users ...*user) bool {
	if w.UserLimit == 0 {
		return false
	}
	seats := w.seats()
	taken := len(seats)
	for _, u := range users {
		seats[u] = true
	}
	return len(seats) > taken && len(seats) > w.UserLimit
}

// owner reports whether a user owns the workspace, as the app user of one of its consumers does too.
func (w *workspace) owner(u *user) bool {
	m := w.member(u)
	return m != nil && m.Role == "owner" || slices.Contains(w.apps, u)
}

// permission is the effective permission of a user on a project.
func (p *project) permission(u *user) string {
	if p.ws.owner(u) {
		return "admin"
	}
	best := ""
	p.grants.each(func(x *user, permission string) {
		if x == u && rank(permission) > rank(best) {
			best = permission
		}
	})
	return best
}
