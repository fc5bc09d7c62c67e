package bitbuckettest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

// AddUser adds an account and returns it with every field filled in.
func (s *Server) AddUser(u User) (added User) {
	s.setUp(func() error {
		x, err := s.store.AddUser(u.data())
		if err == nil {
			added = userOf(x.UserData)
		}
		return err
	})
	return added
}

// AddEmail adds an address to a user.
func (s *Server) AddEmail(user string, e Email) {
	s.setUp(func() error {
		u, err := s.store.Anybody(user)
		if err == nil {
			u.AddEmail(store.Email(e))
		}
		return err
	})
}

// AddWorkspace adds a workspace and returns it with every field filled in.
func (s *Server) AddWorkspace(w Workspace) (added Workspace) {
	s.setUp(func() error {
		x, err := s.store.AddWorkspace(store.WorkspaceData(w))
		if err == nil {
			added = Workspace(x.WorkspaceData)
		}
		return err
	})
	return added
}

// AddMember makes a user a member of a workspace, or changes the role of a member.
func (s *Server) AddMember(workspace string, m Member) {
	s.inWorkspace(workspace, func(w *store.Workspace) error {
		u, err := s.store.Anybody(m.User)
		if err != nil {
			return err
		}
		if m.Role = cmp.Or(m.Role, "member"); !slices.Contains(store.Roles(), m.Role) {
			return fmt.Errorf("no role %s in a workspace", m.Role)
		}
		w.SetMember(u, store.MemberData(m))
		return nil
	})
}

// RemoveMember ends a membership. Explicit grants of the user stay.
func (s *Server) RemoveMember(workspace, user string) {
	s.inWorkspace(workspace, func(w *store.Workspace) error {
		u, err := s.store.Anybody(user)
		if err == nil {
			w.RemoveMember(u)
		}
		return err
	})
}

// AddProject adds a project to a workspace and returns it with every field filled in.
func (s *Server) AddProject(workspace string, p Project) (added Project) {
	s.inWorkspace(workspace, func(w *store.Workspace) error {
		x, err := w.AddProject(store.ProjectData(p))
		if err == nil {
			added = Project(x.ProjectData)
		}
		return err
	})
	return added
}

// AddRepository adds a repository to a workspace and returns it with every field filled in.
func (s *Server) AddRepository(workspace string, r Repository) (added Repository) {
	s.inWorkspace(workspace, func(w *store.Workspace) error {
		x, err := w.AddRepository(store.RepositoryData(r))
		if err == nil {
			added = Repository(x.RepositoryData)
		}
		return err
	})
	return added
}

// AddFile adds a file to a repository, for code search.
func (s *Server) AddFile(workspace, repository string, f File) {
	s.inRepository(workspace, repository, func(r *store.Repository) error {
		r.AddFile(store.File(f))
		return nil
	})
}

// AddGroup adds a group to a workspace, or members to a group, and returns it.
func (s *Server) AddGroup(workspace string, g Group) (added Group) {
	s.inWorkspace(workspace, func(w *store.Workspace) error {
		x, err := w.AddGroup(store.GroupData(g))
		if err == nil {
			added = groupOf(x)
		}
		return err
	})
	return added
}

// RemoveFromGroup takes a user out of a group.
func (s *Server) RemoveFromGroup(workspace, group, user string) {
	s.inWorkspace(workspace, func(w *store.Workspace) error {
		g, err := findGroup(w, group)
		if err != nil {
			return err
		}
		u, err := s.store.Anybody(user)
		if err == nil {
			w.RemoveFromGroup(g, u)
		}
		return err
	})
}

// Invite adds an invitation to a workspace or to a repository of it.
func (s *Server) Invite(workspace string, i Invitation) {
	s.inWorkspace(workspace, func(w *store.Workspace) error {
		by, err := s.userOrNil(i.InvitedBy)
		if err != nil {
			return err
		}
		return w.Invite(store.Invitation{
			Email: i.Email, Repository: i.Repository,
			Permission: i.Permission, Groups: i.Groups, InvitedBy: by, SentOn: i.SentOn,
		})
	})
}

// AddBranchRestriction adds a branch restriction to a repository and returns it with its ID.
func (s *Server) AddBranchRestriction(workspace, repository string,
	b BranchRestriction,
) BranchRestriction {
	s.inRepository(workspace, repository, func(r *store.Repository) error {
		x := store.Restriction{
			ID: b.ID, Kind: b.Kind, MatchKind: b.MatchKind, Pattern: b.Pattern,
			BranchType: b.BranchType, Value: b.Value,
		}
		for _, name := range b.Users {
			u, err := s.store.Anybody(name)
			if err != nil {
				return err
			}
			x.Users = append(x.Users, u)
		}
		for _, slug := range b.Groups {
			g, err := findGroup(r.Workspace, slug)
			if err != nil {
				return err
			}
			x.Groups = append(x.Groups, g)
		}
		added, err := r.Restrict(x)
		if err == nil {
			b.ID, b.MatchKind, b.Pattern = added.ID, added.MatchKind, added.Pattern
		}
		return err
	})
	return b
}

// SetProperty stores an application property of a user. The value is what json.Marshal makes of
// it.
func (s *Server) SetProperty(user, appKey, name string, value any) {
	s.setUp(func() error {
		raw, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("property %s: %w", name, err)
		}
		u, err := s.store.Anybody(user)
		if err == nil {
			u.SetProperty(appKey, name, &store.Property{Value: raw})
		}
		return err
	})
}

// AddSSHKey adds an SSH key to a user and returns it with every field filled in.
func (s *Server) AddSSHKey(user string, k SSHKey) (added SSHKey) {
	s.setUp(func() error {
		u, err := s.store.Anybody(user)
		if err != nil {
			return err
		}
		x, err := u.AddSSHKey(store.SSHKey(k))
		if err == nil {
			added = SSHKey(*x)
		}
		return err
	})
	return added
}

// AddGPGKey adds a GPG key to a user and returns it with every field filled in.
func (s *Server) AddGPGKey(user string, k GPGKey) (added GPGKey) {
	s.setUp(func() error {
		u, err := s.store.Anybody(user)
		if err != nil {
			return err
		}
		x, err := u.AddGPGKey(k.data())
		if err == nil {
			added = gpgKeyOf(*x)
		}
		return err
	})
	return added
}
