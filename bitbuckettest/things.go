package bitbuckettest

import (
	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

// AddUserVariable adds a pipeline variable to a user and returns it with its UUID.
func (s *Server) AddUserVariable(user string, v Variable) (added Variable) {
	s.setUp(func() error {
		u, err := s.store.Anybody(user)
		if err != nil {
			return err
		}
		added, err = s.addVariable(&u.Variables, v)
		return err
	})
	return added
}

// AddWorkspaceVariable adds a pipeline variable to a workspace and returns it with its UUID.
func (s *Server) AddWorkspaceVariable(workspace string, v Variable) Variable {
	return s.AddVariable(v, workspace)
}

// AddVariable adds a pipeline variable and returns it with its UUID: to a workspace; with the
// slug of a repository besides, to that; with the name of an environment besides, to that.
func (s *Server) AddVariable(v Variable, workspace string, inside ...string) (added Variable) {
	s.inWorkspace(workspace, func(w *store.Workspace) error {
		to, err := variablesOf(w, inside)
		if err != nil {
			return err
		}
		added, err = s.addVariable(to, v)
		return err
	})
	return added
}

func (b *backend) addVariable(to *store.Variables, v Variable) (Variable, error) {
	added, err := b.store.AddVariable(to, store.Variable(v))
	if err != nil {
		return Variable{}, err
	}
	return Variable(*added), nil
}

// AddEnvironment adds an environment to a repository and returns it with every field filled in.
func (s *Server) AddEnvironment(workspace, repository string, e Environment) (added Environment) {
	s.inRepository(workspace, repository, func(r *store.Repository) error {
		x, err := r.AddEnvironment(e.Name, e.Kind, e.UUID)
		if err == nil {
			added = Environment{Name: x.Name, Kind: x.Kind, UUID: x.UUID}
		}
		return err
	})
	return added
}

// AddDeployKey adds a deploy key to a repository and returns it with every field filled in.
func (s *Server) AddDeployKey(workspace, repository string, k DeployKey) (added DeployKey) {
	s.inRepository(workspace, repository, func(r *store.Repository) (err error) {
		added, err = s.addDeployKey(&r.DeployKeys, k)
		return err
	})
	return added
}

// AddProjectDeployKey adds a deploy key to a project and returns it with every field filled in.
func (s *Server) AddProjectDeployKey(workspace, project string, k DeployKey) (added DeployKey) {
	s.inWorkspace(workspace, func(w *store.Workspace) error {
		p, err := findProject(w, project)
		if err != nil {
			return err
		}
		added, err = s.addDeployKey(&p.DeployKeys, k)
		return err
	})
	return added
}

func (b *backend) addDeployKey(to *store.DeployKeys, k DeployKey) (DeployKey, error) {
	by, err := b.userOrNil(k.AddedBy)
	if err != nil {
		return DeployKey{}, err
	}
	added, err := b.store.AddDeployKey(to, store.DeployKey{
		ID: k.ID, Key: k.Key, Label: k.Label,
		Comment: k.Comment, AddedBy: by, AddedOn: k.AddedOn, LastUsed: k.LastUsed,
	})
	if err != nil {
		return DeployKey{}, err
	}
	return deployKeyOf(added), nil
}
