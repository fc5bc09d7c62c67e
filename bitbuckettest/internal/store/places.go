package store

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
)

// AddProject adds a project, and fills in what was left out.
func (w *Workspace) AddProject(p ProjectData) (*Project, error) {
	if p.Key == "" || w.Project(p.Key) != nil {
		return nil, fmt.Errorf("a project needs a key of its own, not %q", p.Key)
	}
	p.Name = cmp.Or(p.Name, p.Key)
	p.UUID = cmp.Or(p.UUID, madeUUID("project", w.UUID+p.Key))
	p.CreatedOn = orDefault(p.CreatedOn)
	added := &Project{ProjectData: p, Workspace: w}
	added.Grants = newGrants(true, func() { added.rights++; w.changed(); w.store.wrote() })
	w.projects.add(added, p.Key)
	w.store.wrote()
	return added, nil
}

// Project finds a project by its key.
func (w *Workspace) Project(key string) *Project {
	if p := w.projects.find(key); p != nil && p.Key == key {
		return p
	}
	return nil
}

// Repositories lists those of the project.
func (p *Project) Repositories() []*Repository { return p.repos }

// AddRepository adds a repository, and fills in what was left out: the first project, which is
// made when there is none.
func (w *Workspace) AddRepository(r RepositoryData) (*Repository, error) {
	if r.Slug == "" || w.Repository(r.Slug) != nil {
		return nil, fmt.Errorf("a repository needs a slug of its own, not %q", r.Slug)
	}
	if len(w.projects.all) == 0 {
		if _, err := w.AddProject(ProjectData{Key: cmp.Or(r.Project, "PROJ")}); err != nil {
			return nil, err
		}
	}
	r.Project = cmp.Or(r.Project, w.projects.all[0].Key)
	p := w.Project(r.Project)
	if p == nil {
		return nil, fmt.Errorf("no project %s in %s", r.Project, w.Slug)
	}
	r.Name = cmp.Or(r.Name, r.Slug)
	r.UUID = cmp.Or(r.UUID, madeUUID("repository", w.UUID+r.Slug))
	r.CreatedOn = orDefault(r.CreatedOn)
	if r.UpdatedOn.IsZero() {
		r.UpdatedOn = r.CreatedOn
	}
	added := &Repository{RepositoryData: r, Workspace: w, In: p}
	added.Grants = newGrants(false, func() { added.rights++; w.changed(); w.store.wrote() })
	w.repos.add(added, r.Slug, r.UUID)
	p.repos = append(p.repos, added)
	w.changed()
	w.store.wrote()
	return added, nil
}

// Repository finds a repository by its slug or by its UUID with braces.
func (w *Workspace) Repository(id string) *Repository { return w.repos.find(id) }

// RepositoryAnywhere finds a repository by its UUID with braces, whatever its workspace.
func (s *Store) RepositoryAnywhere(uuid string) *Repository {
	if !isUUID(uuid) {
		return nil
	}
	for _, w := range s.workspaces.all {
		if r := w.Repository(uuid); r != nil {
			return r
		}
	}
	return nil
}

// FullName is the slug of the workspace and that of the repository.
func (r *Repository) FullName() string { return r.Workspace.Slug + "/" + r.Slug }

// AddFile adds a file.
func (r *Repository) AddFile(f File) {
	if f.Commit == "" {
		f.Commit = fmt.Sprintf("%x", sha256.Sum256([]byte(r.UUID+f.Path)))[:40]
	}
	r.files = append(r.files, f)
	r.Workspace.store.wrote()
}

// Files lists the files.
func (r *Repository) Files() []File { return r.files }

// AddGroup adds a group, or members to a group that is there.
func (w *Workspace) AddGroup(g GroupData) (*Group, error) {
	g.Slug = cmp.Or(g.Slug, strings.ToLower(strings.Join(strings.Fields(g.Name), "-")))
	g.Name = cmp.Or(g.Name, g.Slug)
	if g.Slug == "" {
		return nil, fmt.Errorf("a group of %s needs a name or a slug", w.Slug)
	}
	names := g.Members
	there := w.Group(g.Slug)
	if there == nil {
		g.Members = nil
		there = &Group{GroupData: g, Workspace: w}
		w.groups.add(there, g.Slug)
	}
	for _, name := range names {
		u, err := w.store.Anybody(name)
		if err != nil {
			return nil, err
		}
		if there.users.find(u.UUID) == nil {
			there.users.add(u, u.UUID)
			there.Members = append(there.Members, name)
		}
	}
	w.changedWidely()
	w.store.wrote()
	return there, nil
}

// RemoveFromGroup takes a user out of a group.
func (w *Workspace) RemoveFromGroup(g *Group, u *User) {
	for i, x := range g.users.all {
		if x == u {
			g.users.remove(u, u.UUID)
			g.Members = append(g.Members[:i:i], g.Members[i+1:]...)
			w.changedWidely()
			w.store.wrote()
			return
		}
	}
}

// Group finds a group by its slug, which has case.
func (w *Workspace) Group(slug string) *Group {
	if g := w.groups.find(slug); g != nil && g.Slug == slug {
		return g
	}
	return nil
}

// Users lists the members of the group in the order in which they came.
func (g *Group) Users() []*User { return g.users.all }

// HasPublicRepositories reports whether everybody sees a repository of the project.
func (p *Project) HasPublicRepositories() bool {
	return slices.ContainsFunc(p.repos, func(r *Repository) bool { return r.Public })
}

// ForkPolicy is that of the repositories of the workspace.
func (w *Workspace) ForkPolicy() string {
	if w.ForkingMode == "internal_only" {
		return "no_public_forks"
	}
	return w.ForkingMode
}
