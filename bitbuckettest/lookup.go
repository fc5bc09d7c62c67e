package bitbuckettest

import (
	"slices"
	"strings"
)

// findUser finds an account as the paths of the API name it: by UUID with braces or by account ID.
func (s *Server) findUser(id string) *user {
	return find(s.users, func(u *user) bool { return sameUUID(u.UUID, id) || u.AccountID == id })
}

// findUserOrName also takes a user name, as permissions-config does.
func (s *Server) findUserOrName(id string) *user {
	if u := s.findUser(id); u != nil {
		return u
	}
	return find(s.users, func(u *user) bool { return u.Username == id })
}

func (s *Server) findWorkspace(id string) *workspace {
	return find(s.workspaces, func(w *workspace) bool { return strings.EqualFold(w.Slug, id) || sameUUID(w.UUID, id) })
}

func (w *workspace) findProject(key string) *project {
	return find(w.projects, func(p *project) bool { return p.Key == key })
}

func (w *workspace) findRepository(id string) *repository {
	return find(w.repos, func(r *repository) bool { return strings.EqualFold(r.Slug, id) || sameUUID(r.UUID, id) })
}

func (w *workspace) findGroup(slug string) *group {
	return find(w.groups, func(g *group) bool { return g.Slug == slug })
}

func (w *workspace) member(u *user) *member {
	return find(w.members, func(m *member) bool { return m.user == u })
}

// sameUUID wants braces on both sides, as the API does.
func sameUUID(a, b string) bool {
	return strings.HasPrefix(b, "{") && strings.EqualFold(a, b)
}

func find[T any](list []*T, is func(*T) bool) *T {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i]
	}
	return nil
}

// mustUser finds an account for the builder: by UUID, account ID, user name or nickname.
func (s *Server) mustUser(id string) *user {
	u := s.findUserOrName(id)
	if u == nil {
		u = find(s.users, func(u *user) bool { return u.Nickname == id })
	}
	if u == nil {
		panic("bitbuckettest: no user " + id)
	}
	return u
}

func (s *Server) mustWorkspace(id string) *workspace {
	if w := s.findWorkspace(id); w != nil {
		return w
	}
	panic("bitbuckettest: no workspace " + id)
}

func (s *Server) mustRepository(workspace, id string) *repository {
	if r := s.mustWorkspace(workspace).findRepository(id); r != nil {
		return r
	}
	panic("bitbuckettest: no repository " + id + " in " + workspace)
}

func (w *workspace) mustProject(key string) *project {
	if p := w.findProject(key); p != nil {
		return p
	}
	panic("bitbuckettest: no project " + key + " in " + w.Slug)
}

func (w *workspace) mustGroup(slug string) *group {
	if g := w.findGroup(slug); g != nil {
		return g
	}
	panic("bitbuckettest: no group " + slug + " in " + w.Slug)
}

func mustPermission(permission, on string) {
	if !slices.Contains(grantable(on), permission) {
		panic("bitbuckettest: no permission " + permission + " on a " + on)
	}
}

// grantable lists what may be given explicitly on a repository or a project, lowest first.
func grantable(on string) []string {
	if on == "project" {
		return []string{"read", "write", "create-repo", "admin"}
	}
	return []string{"read", "write", "admin"}
}
