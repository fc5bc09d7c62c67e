package bitbuckettest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

// GrantRepository gives a user an explicit permission on a repository: read, write or admin.
func (s *Server) GrantRepository(workspace, repository, user, permission string) {
	s.Grant(workspace, Grant{Repository: repository, User: user, Permission: permission})
}

// GrantRepositoryGroup gives a group an explicit permission on a repository: read, write or
// admin.
func (s *Server) GrantRepositoryGroup(workspace, repository, group, permission string) {
	s.Grant(workspace, Grant{Repository: repository, Group: group, Permission: permission})
}

// GrantProject gives a user an explicit permission on a project: read, write, create-repo or
// admin.
func (s *Server) GrantProject(workspace, project, user, permission string) {
	s.Grant(workspace, Grant{Project: project, User: user, Permission: permission})
}

// GrantProjectGroup gives a group an explicit permission on a project: read, write, create-repo
// or admin.
func (s *Server) GrantProjectGroup(workspace, project, group, permission string) {
	s.Grant(workspace, Grant{Project: project, Group: group, Permission: permission})
}

// Grant gives an explicit permission: on a repository or on a project, to a user or to a group.
func (s *Server) Grant(workspace string, g Grant) {
	s.inWorkspace(workspace, func(w *store.Workspace) error { return s.grant(w, g) })
}

// RevokeGrant takes an explicit permission back, whatever it was. There must be one.
func (s *Server) RevokeGrant(workspace string, g Grant) {
	s.inWorkspace(workspace, func(w *store.Workspace) error {
		on, err := grantsOf(w, g)
		if err != nil {
			return err
		}
		had, set, err := s.holder(on, w, g)
		if err != nil {
			return err
		}
		if had == "" {
			return fmt.Errorf("there is no grant %+v in %s", g, w.Slug)
		}
		set("")
		return nil
	})
}

// grant gives an explicit permission.
func (b *backend) grant(w *store.Workspace, g Grant) error {
	on, err := grantsOf(w, g)
	if err != nil {
		return err
	}
	if !slices.Contains(store.Grantable(on.OnProject()), g.Permission) {
		return fmt.Errorf("no permission %s in %+v", g.Permission, g)
	}
	_, set, err := b.holder(on, w, g)
	if err == nil {
		set(g.Permission)
	}
	return err
}

// grantsOf finds what a grant is on.
func grantsOf(w *store.Workspace, g Grant) (*store.Grants, error) {
	switch {
	case (g.Repository == "") == (g.Project == ""):
		return nil, errors.New("a grant is on a repository or on a project")
	case g.Repository != "":
		r, err := findRepository(w, g.Repository)
		if err != nil {
			return nil, err
		}
		return &r.Grants, nil
	}
	p, err := findProject(w, g.Project)
	if err != nil {
		return nil, err
	}
	return &p.Grants, nil
}

// holder finds what the user or group of a grant has, and what sets it.
func (b *backend) holder(on *store.Grants, w *store.Workspace, g Grant) (had string,
	set func(string), err error,
) {
	switch {
	case (g.User == "") == (g.Group == ""):
		return "", nil, errors.New("a grant is of a user or of a group")
	case g.User != "":
		u, err := b.store.Anybody(g.User)
		if err != nil {
			return "", nil, err
		}
		return on.ToUsers.Of(u), func(permission string) { on.ToUsers.Set(u, permission) }, nil
	}
	to, err := findGroup(w, g.Group)
	if err != nil {
		return "", nil, err
	}
	return on.ToGroups.Of(to), func(permission string) { on.ToGroups.Set(to, permission) }, nil
}
