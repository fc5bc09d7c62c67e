package bitbuckettest

import "github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"

// setUp changes the server from outside, and panics when that makes no sense.
func (s *Server) setUp(change func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := change(); err != nil {
		panic("bitbuckettest: " + err.Error())
	}
}

// inWorkspace changes something in a workspace.
func (s *Server) inWorkspace(workspace string, change func(*store.Workspace) error) {
	s.setUp(func() error {
		w, err := findWorkspace(s.store, workspace)
		if err != nil {
			return err
		}
		return change(w)
	})
}

// inRepository changes something in a repository.
func (s *Server) inRepository(workspace, repository string, change func(*store.Repository) error) {
	s.inWorkspace(workspace, func(w *store.Workspace) error {
		r, err := findRepository(w, repository)
		if err != nil {
			return err
		}
		return change(r)
	})
}

// userOrNil finds a user, none when there is no name.
func (b *backend) userOrNil(name string) (*store.User, error) {
	if name == "" {
		return nil, nil
	}
	return b.store.Anybody(name)
}

// ofUser reads something of a user.
func (s *Server) ofUser(user string, read func(*store.User)) {
	s.setUp(func() error {
		u, err := s.store.Anybody(user)
		if err == nil {
			read(u)
		}
		return err
	})
}
