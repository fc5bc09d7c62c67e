package bitbuckettest

import (
	"encoding/json"
	"slices"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

// What follows reads the state of the server. It spends no call, and panics as the set-up does
// when what it is asked about is not there.

// Users lists the accounts, app users of consumers included.
func (s *Server) Users() (all []User) {
	s.setUp(func() error {
		for _, u := range s.store.Users() {
			all = append(all, userOf(u.UserData))
		}
		return nil
	})
	return all
}

// Workspaces lists the workspaces.
func (s *Server) Workspaces() (all []Workspace) {
	s.setUp(func() error {
		for _, w := range s.store.Workspaces() {
			all = append(all, Workspace(w.WorkspaceData))
		}
		return nil
	})
	return all
}

// Members lists the members of a workspace.
func (s *Server) Members(workspace string) (all []Member) {
	s.inWorkspace(workspace, func(w *store.Workspace) error {
		for _, m := range w.Members() {
			member := Member(m.MemberData)
			member.User = m.Of.Nickname
			all = append(all, member)
		}
		return nil
	})
	return all
}

// Projects lists the projects of a workspace.
func (s *Server) Projects(workspace string) (all []Project) {
	s.inWorkspace(workspace, func(w *store.Workspace) error {
		for _, p := range w.Projects() {
			all = append(all, Project(p.ProjectData))
		}
		return nil
	})
	return all
}

// Repositories lists the repositories of a workspace.
func (s *Server) Repositories(workspace string) (all []Repository) {
	s.inWorkspace(workspace, func(w *store.Workspace) error {
		for _, r := range w.Repositories() {
			all = append(all, Repository(r.RepositoryData))
		}
		return nil
	})
	return all
}

// Groups lists the groups of a workspace.
func (s *Server) Groups(workspace string) (all []Group) {
	s.inWorkspace(workspace, func(w *store.Workspace) error {
		for _, g := range w.Groups() {
			all = append(all, groupOf(g))
		}
		return nil
	})
	return all
}

// Grants lists the explicit permissions in a workspace: on its projects, then on its
// repositories.
func (s *Server) Grants(workspace string) (all []Grant) {
	s.inWorkspace(workspace, func(w *store.Workspace) error {
		for _, p := range w.Projects() {
			all = append(all, grantsOn(&p.Grants, Grant{Project: p.Key})...)
		}
		for _, r := range w.Repositories() {
			all = append(all, grantsOn(&r.Grants, Grant{Repository: r.Slug})...)
		}
		return nil
	})
	return all
}

func grantsOn(on *store.Grants, place Grant) (all []Grant) {
	for _, x := range on.ToUsers.All() {
		g := place
		g.User, g.Permission = x.To.Nickname, x.Permission
		all = append(all, g)
	}
	for _, x := range on.ToGroups.All() {
		g := place
		g.Group, g.Permission = x.To.Slug, x.Permission
		all = append(all, g)
	}
	return all
}

// Permission is what a user may do on a repository in the end, "" for nothing.
func (s *Server) Permission(workspace, repository, user string) (permission string) {
	s.inRepository(workspace, repository, func(r *store.Repository) error {
		u, err := s.store.Anybody(user)
		if err == nil {
			permission = r.Effective(u)
		}
		return err
	})
	return permission
}

// Variables lists the pipeline variables, with the values of secured ones: of a workspace; with
// the slug of a repository besides, of that; with the name of an environment besides, of that.
func (s *Server) Variables(workspace string, inside ...string) (all []Variable) {
	s.inWorkspace(workspace, func(w *store.Workspace) error {
		of, err := variablesOf(w, inside)
		if err == nil {
			all = publicVariables(of)
		}
		return err
	})
	return all
}

// UserVariables lists the pipeline variables of a user, with the values of secured ones.
func (s *Server) UserVariables(user string) (all []Variable) {
	s.ofUser(user, func(u *store.User) { all = publicVariables(&u.Variables) })
	return all
}

func publicVariables(of *store.Variables) (all []Variable) {
	for _, v := range of.All() {
		all = append(all, Variable(*v))
	}
	return all
}

// SSHKeys lists the SSH keys of a user.
func (s *Server) SSHKeys(user string) (all []SSHKey) {
	s.ofUser(user, func(u *store.User) {
		for _, k := range u.SSHKeys() {
			all = append(all, SSHKey(*k))
		}
	})
	return all
}

// GPGKeys lists the GPG keys of a user.
func (s *Server) GPGKeys(user string) (all []GPGKey) {
	s.ofUser(user, func(u *store.User) {
		for _, k := range u.GPGKeys() {
			all = append(all, gpgKeyOf(*k))
		}
	})
	return all
}

// Property is an application property of a user as it was written, nil when there is none.
func (s *Server) Property(user, appKey, name string) (value json.RawMessage) {
	s.ofUser(user, func(u *store.User) {
		if p := u.Property(appKey, name); p != nil {
			value = slices.Clone(p.Value)
		}
	})
	return value
}

// DeployKeys lists the deploy keys of a repository.
func (s *Server) DeployKeys(workspace, repository string) (all []DeployKey) {
	s.inRepository(workspace, repository, func(r *store.Repository) error {
		for _, k := range r.DeployKeys.All() {
			all = append(all, deployKeyOf(k))
		}
		return nil
	})
	return all
}

// Admin gives credentials of the administrator of [Demo], or of whom a file of [Load] names, with
// all scopes. On other servers they are empty.
func (s *Server) Admin() Credentials {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.admin
}
