package store

import "slices"

// Accesses lists the effective permissions on a repository, users in the order they were added.
// It is made anew only when a right that reaches the repository has changed.
func (r *Repository) Accesses() []Access {
	now := stamp{r.Workspace.wide + 1, r.In.rights, r.rights}
	if r.fresh != now {
		r.accesses, r.fresh = r.effective(), now
	}
	return r.accesses
}

// effective is what every user may do: the highest of the workspace role, the explicit
// permissions on the repository and on its project, and those of the user's groups. Who may do
// nothing is not in it.
func (r *Repository) effective() []Access {
	best := map[*User]string{}
	raise := func(u *User, permission string) {
		if Rank(permission) > Rank(best[u]) {
			best[u] = permission
		}
	}
	for _, m := range r.Workspace.members.all {
		if m.Role == "owner" {
			raise(m.Of, "admin")
		}
	}
	r.Grants.each(raise)
	r.In.Grants.each(func(u *User, permission string) {
		if permission == "create-repo" {
			permission = "write"
		}
		raise(u, permission)
	})
	all := make([]Access, 0, len(best))
	for u, permission := range best {
		all = append(all, Access{u, r, permission})
	}
	slices.SortFunc(all, func(a, b Access) int { return a.User.place - b.User.place })
	return all
}

// Effective is what one user may do on the repository, "" for nothing.
func (r *Repository) Effective(u *User) string {
	if u == nil {
		return ""
	}
	all := r.Accesses()
	at, found := slices.BinarySearchFunc(all, u.place, func(a Access, place int) int {
		return a.User.place - place
	})
	if !found || all[at].User != u {
		return ""
	}
	return all[at].Permission
}

// Accesses lists the effective permissions in a workspace, repository by repository. It is made
// anew only when a right has changed, and then out of what the repositories remember.
func (w *Workspace) Accesses() []Access {
	if w.fresh != w.rights+1 {
		n := 0
		for _, r := range w.repos.all {
			n += len(r.Accesses())
		}
		w.accesses = make([]Access, 0, n)
		for _, r := range w.repos.all {
			w.accesses = append(w.accesses, r.Accesses()...)
		}
		w.fresh = w.rights + 1
	}
	return w.accesses
}

// Owns reports whether a user owns the workspace, as the app user of one of its consumers does
// too.
func (w *Workspace) Owns(u *User) bool {
	m := w.Member(u)
	return m != nil && m.Role == "owner" || w.apps[u]
}

// Effective is what one user may do on the project, "" for nothing.
func (p *Project) Effective(u *User) string {
	if p.Workspace.Owns(u) {
		return "admin"
	}
	best := p.ToUsers.Of(u)
	for _, x := range p.ToGroups.all {
		if u != nil && x.To.users.find(u.UUID) != nil && Rank(x.Permission) > Rank(best) {
			best = x.Permission
		}
	}
	return best
}
