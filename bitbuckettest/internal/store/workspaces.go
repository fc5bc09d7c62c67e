package store

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// AddWorkspace adds a workspace, and fills in what was left out. A personal one takes the UUID of
// its user, who owns it.
func (s *Store) AddWorkspace(w WorkspaceData) (*Workspace, error) {
	if w.Slug == "" {
		return nil, errors.New("a workspace needs a slug")
	}
	if s.Workspace(w.Slug) != nil {
		return nil, fmt.Errorf("workspace %s is there already", w.Slug)
	}
	var owner *User
	if w.Personal != "" {
		var err error
		if owner, err = s.Anybody(w.Personal); err != nil {
			return nil, err
		}
		w.UUID = owner.UUID
	}
	w.Name = cmp.Or(w.Name, w.Slug)
	w.UUID = cmp.Or(w.UUID, madeUUID("workspace", w.Slug))
	w.ForkingMode = cmp.Or(w.ForkingMode, "allow_forks")
	w.CreatedOn = orDefault(w.CreatedOn)
	added := &Workspace{WorkspaceData: w, apps: map[*User]bool{}, store: s}
	s.workspaces.add(added, w.Slug, w.UUID)
	if owner != nil {
		added.SetMember(owner, MemberData{User: owner.UUID, Role: "owner"})
	}
	s.wrote()
	return added, nil
}

// Workspace finds a workspace by its slug or by its UUID with braces.
func (s *Store) Workspace(id string) *Workspace { return s.workspaces.find(id) }

// Roles lists what a member may be.
func Roles() []string { return []string{"member", "collaborator", "create-project", "owner"} }

// SetMember makes a user a member, or changes a membership.
func (w *Workspace) SetMember(u *User, m MemberData) {
	there := w.Member(u)
	owned := there != nil && there.Role == "owner"
	if there == nil {
		there = &Member{Of: u, Workspace: w}
		w.members.add(there, u.UUID)
	}
	there.MemberData = m
	if owned != (m.Role == "owner") {
		w.changedWidely()
	}
	w.store.wrote()
}

// RemoveMember ends a membership. Explicit permissions of the user stay.
func (w *Workspace) RemoveMember(u *User) {
	if m := w.Member(u); m != nil {
		w.members.remove(m, u.UUID)
		w.changedWidely()
		w.store.wrote()
	}
}

// Members lists the members in the order in which they came.
func (w *Workspace) Members() []*Member { return w.members.all }

// Member is the membership of a user, nil when there is none.
func (w *Workspace) Member(u *User) *Member {
	if u == nil {
		return nil
	}
	return w.members.find(u.UUID)
}

// AddApp lets the app user of a consumer administer the workspace. It is in no listing.
func (w *Workspace) AddApp(u *User) {
	w.apps[u] = true
	w.store.wrote()
}

// FirstOwner is the owner who came first, nil when there is none.
func (w *Workspace) FirstOwner() *User {
	for _, m := range w.members.all {
		if m.Role == "owner" {
			return m.Of
		}
	}
	return nil
}

// BeyondLimit reports whether the workspace has more members than its plan allows. Every member
// is paid for, whatever they may do.
func (w *Workspace) BeyondLimit() bool {
	return w.UserLimit > 0 && len(w.members.all) > w.UserLimit
}

// Projects lists the projects in the order in which they were added.
func (w *Workspace) Projects() []*Project { return w.projects.all }

// Repositories lists the repositories in the order in which they were added.
func (w *Workspace) Repositories() []*Repository { return w.repos.all }

// Groups lists the groups in the order in which they were added.
func (w *Workspace) Groups() []*Group { return w.groups.all }

// Invitations lists who was asked to join and has not yet.
func (w *Workspace) Invitations() []Invitation { return w.invitations }

// Invite adds an invitation.
func (w *Workspace) Invite(i Invitation) error {
	if i.Email == "" {
		return errors.New("an invitation needs an address")
	}
	if i.Repository != "" {
		if w.Repository(i.Repository) == nil {
			return fmt.Errorf("no repository %s in %s", i.Repository, w.Slug)
		}
		if i.Permission = cmp.Or(i.Permission, "read"); !slices.Contains(Grantable(false), i.Permission) {
			return fmt.Errorf("no permission %s on a repository", i.Permission)
		}
	}
	for _, slug := range i.Groups {
		if w.Group(slug) == nil {
			return fmt.Errorf("no group %s in %s", slug, w.Slug)
		}
	}
	i.SentOn = orDefault(i.SentOn)
	w.invitations = append(w.invitations, i)
	w.store.wrote()
	return nil
}
