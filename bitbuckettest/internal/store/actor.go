package store

import "slices"

// An Actor is who asks: a user, or an access token, which reaches one repository, project or
// workspace. Nobody is nil.
type Actor struct {
	User *User // the pseudo user of an access token is in no listing

	Workspace  *Workspace // where an access token is at home; nil for a user
	Project    *Project   // what it reaches, when that is not the whole workspace
	Repository *Repository
}

// isToken reports whether an access token asks.
func (a *Actor) isToken() bool { return a.Workspace != nil }

// reachesWorkspace reports whether it is one of the whole workspace.
func (a *Actor) reachesWorkspace(w *Workspace) bool {
	return a.Workspace == w && a.Project == nil && a.Repository == nil
}

// Is reports whether the actor is this user, and no token.
func (a *Actor) Is(u *User) bool { return a != nil && a.User == u }

// BelongsTo reports whether the actor is a member, or a token of the workspace.
func (a *Actor) BelongsTo(w *Workspace) bool {
	switch {
	case a == nil:
		return false
	case a.isToken():
		return a.Workspace == w
	}
	return w.Member(a.User) != nil || w.apps[a.User]
}

// Owns reports whether the actor owns the workspace.
func (a *Actor) Owns(w *Workspace) bool { return a != nil && w.Owns(a.User) }

// WritesVariables reports whether the actor may change the variables of a workspace.
func (a *Actor) WritesVariables(w *Workspace) bool {
	return a.Owns(w) || a != nil && a.isToken() && a.reachesWorkspace(w)
}

// SeesEmails reports whether the actor may look members up by e-mail address.
func (a *Actor) SeesEmails(w *Workspace) bool {
	return a.Owns(w) || a != nil && a.isToken() && a.reachesWorkspace(w)
}

// Workspaces are those that the actor belongs to.
func (a *Actor) Workspaces(s *Store) []*Workspace {
	var mine []*Workspace
	for _, w := range s.workspaces.all {
		if a.BelongsTo(w) {
			mine = append(mine, w)
		}
	}
	return mine
}

// Memberships are those of the actor.
func (a *Actor) Memberships(s *Store) []*Member {
	var mine []*Member
	for _, w := range s.workspaces.all {
		if m := w.Member(a.User); m != nil {
			mine = append(mine, m)
		}
	}
	return mine
}

// Permission is what the actor may do on a repository, "" for nothing. What an access token
// reaches, it may administer as far as its scopes go.
func (a *Actor) Permission(r *Repository) string {
	switch {
	case a == nil:
		return ""
	case a.isToken() && (a.Repository == r || a.Project == r.In || a.reachesWorkspace(r.Workspace)),
		r.Workspace.apps[a.User]:
		return "admin"
	}
	return r.Effective(a.User)
}

// Sees reports whether the actor may read a repository.
func (a *Actor) Sees(r *Repository) bool { return r.Public || a.Permission(r) != "" }

// SeesProject reports whether the actor may know of a project: everyone of its workspace may,
// when it is not private, and whoever may do something in it.
func (a *Actor) SeesProject(p *Project) bool {
	if a == nil {
		return false
	}
	if !p.Private && a.BelongsTo(p.Workspace) || a.isToken() && a.Project == p {
		return true
	}
	return p.Effective(a.User) != "" ||
		slices.ContainsFunc(p.repos, func(r *Repository) bool { return a.Permission(r) != "" })
}

// Visible lists the repositories of a workspace that the actor may read, and on which they may do
// at least as much as a permission says.
func (a *Actor) Visible(w *Workspace, least string) []*Repository {
	var all []*Repository
	for _, r := range w.repos.all {
		if a.Sees(r) && Rank(a.Permission(r)) >= Rank(least) {
			all = append(all, r)
		}
	}
	return all
}

// Mine lists the actor's effective permissions in a workspace. Repositories that are merely
// public are not in it.
func (a *Actor) Mine(w *Workspace) []Access {
	var all []Access
	for _, r := range w.repos.all {
		if permission := a.Permission(r); permission != "" {
			all = append(all, Access{a.User, r, permission})
		}
	}
	return all
}

// SeesTwoFactor reports whether the actor administers a workspace that the user belongs to.
func (a *Actor) SeesTwoFactor(s *Store, u *User) bool {
	return a != nil && slices.ContainsFunc(s.workspaces.all, func(w *Workspace) bool {
		return w.Member(u) != nil && a.Owns(w)
	})
}
