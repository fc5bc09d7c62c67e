package bitbuckettest

import (
	"maps"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

func repositoryRoutes() []*route {
	const (
		projects     = "/2.0/workspaces/{workspace}/projects"
		repositories = "/2.0/repositories"
		inWorkspace  = repositories + "/{workspace}"
		one          = inWorkspace + "/{repo_slug}"
	)
	return []*route{
		at("GET", projects, listProjects, paging{length: 50}),
		at("GET", projects+"/{project_key}", getProject),
		at("GET", repositories, listAllRepositories),
		at("GET", inWorkspace, listRepositories),
		at("GET", one, getRepository),
		at("GET", one+"/branch-restrictions", listRestrictions),
	}
}

func listProjects(c *call) (answer, error) {
	w, err := c.memberWorkspace()
	if err != nil {
		return answer{}, err
	}
	return paged(c, listing[*store.Project]{
		items: func() []*store.Project {
			var visible []*store.Project
			for _, p := range w.Projects() {
				if !p.Private || c.reader().SeesProject(p) {
					visible = append(visible, p)
				}
			}
			return visible
		},
		fields: projectFields(),
		show:   c.docs().Project,
	})
}

func projectFields() map[string]func(*store.Project) any {
	return map[string]func(*store.Project) any{
		"key":        func(p *store.Project) any { return p.Key },
		"name":       func(p *store.Project) any { return p.Name },
		"uuid":       func(p *store.Project) any { return p.UUID },
		"is_private": func(p *store.Project) any { return p.Private },
		"created_on": func(p *store.Project) any { return p.CreatedOn },
		"updated_on": func(p *store.Project) any { return p.CreatedOn },
	}
}

func getProject(c *call) (answer, error) {
	w, err := c.memberWorkspace()
	if err != nil {
		return answer{}, err
	}
	p := w.Project(c.vars["project_key"])
	if p == nil || p.Private && !c.reader().SeesProject(p) {
		return answer{}, noProject(c.vars["project_key"])
	}
	return ok(c.docs().Project(p))
}

func listAllRepositories(c *call) (answer, error) {
	return c.repositories(c.store.Workspaces()...)
}

func listRepositories(c *call) (answer, error) {
	w, err := c.workspace()
	if err != nil {
		return answer{}, err
	}
	return c.repositories(w)
}

// repositories answers with a page of those on which the caller has the role that the query asks
// for.
func (c *call) repositories(in ...*store.Workspace) (answer, error) {
	least := ""
	switch role := c.query.get("role"); role {
	case "":
	case "member":
		least = "read"
	case "contributor":
		least = "write"
	case "admin", "owner":
		least = "admin"
	default:
		return answer{}, failFields("role", "It must be owner, admin, contributor or member.")
	}
	fields := repositoryFields("", func(r *store.Repository) *store.Repository { return r })
	maps.Copy(fields, map[string]func(*store.Repository) any{
		"project.key":  func(r *store.Repository) any { return r.In.Key },
		"project.name": func(r *store.Repository) any { return r.In.Name },
		"project.uuid": func(r *store.Repository) any { return r.In.UUID },
	})
	return paged(c, listing[*store.Repository]{
		items: func() []*store.Repository {
			var all []*store.Repository
			for _, w := range in {
				all = append(all, c.reader().Visible(w, least)...)
			}
			return all
		},
		fields: fields,
		show:   c.docs().Repository,
	})
}

// repositoryFields are what q and sort know of a repository, by itself or inside of something
// else.
func repositoryFields[T any](prefix string, of func(T) *store.Repository) map[string]func(T) any {
	return map[string]func(T) any{
		prefix + "name":        func(x T) any { return of(x).Name },
		prefix + "slug":        func(x T) any { return of(x).Slug },
		prefix + "full_name":   func(x T) any { return of(x).FullName() },
		prefix + "uuid":        func(x T) any { return of(x).UUID },
		prefix + "type":        func(T) any { return "repository" },
		prefix + "is_private":  func(x T) any { return !of(x).Public },
		prefix + "language":    func(x T) any { return of(x).Language },
		prefix + "description": func(x T) any { return of(x).Description },
		prefix + "size":        func(x T) any { return of(x).Size },
		prefix + "created_on":  func(x T) any { return of(x).CreatedOn },
		prefix + "updated_on":  func(x T) any { return of(x).UpdatedOn },
	}
}

func getRepository(c *call) (answer, error) {
	r, err := c.repository()
	if err != nil {
		return answer{}, err
	}
	return ok(c.docs().Repository(r))
}

func listRestrictions(c *call) (answer, error) {
	r, err := c.ownRepository()
	if err != nil {
		return answer{}, err
	}
	kind, pattern := c.query.get("kind"), c.query.get("pattern")
	docs := c.docs()
	return paged(c, listing[*store.Restriction]{
		items: func() []*store.Restriction {
			var chosen []*store.Restriction
			for _, x := range r.Restrictions() {
				if (kind == "" || kind == x.Kind) && (pattern == "" || pattern == x.Pattern) {
					chosen = append(chosen, x)
				}
			}
			return chosen
		},
		show: func(x *store.Restriction) object { return docs.Restriction(r, x) },
	})
}
