package bitbuckettest

import (
	"net/http"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

// noWorkspace is the answer for a workspace that is not there; it does not say which scopes it
// takes.
func noWorkspace(id string) *failure {
	f := fail(http.StatusNotFound, "No workspace with identifier '"+id+"'.")
	f.header = http.Header{"X-Accepted-Oauth-Scopes": nil}
	return f
}

func noProject(key string) *failure {
	return fail(http.StatusNotFound, "No project with key '"+key+"'.")
}

func noRepository() *failure {
	return fail(http.StatusNotFound, "You may not have access to this repository or it no longer "+
		"exists in this workspace. If you think this repository exists and you have access, "+
		"make sure you are authenticated.")
}

// workspace finds the workspace of the path.
func (c *call) workspace() (*store.Workspace, error) {
	if w := c.store.Workspace(c.vars["workspace"]); w != nil {
		return w, nil
	}
	return nil, noWorkspace(c.vars["workspace"])
}

// memberWorkspace is the workspace of the path, which the caller has to belong to.
func (c *call) memberWorkspace() (*store.Workspace, error) {
	w, err := c.workspace()
	if err != nil {
		return nil, err
	}
	if !c.reader().BelongsTo(w) {
		return nil, notMember()
	}
	return w, nil
}

func notMember() *failure { return forbidden("You are not a member of this workspace.") }

// myWorkspace is the workspace of the path, which the caller has to belong to. Whether another
// one exists is not said.
func (c *call) myWorkspace() (*store.Workspace, error) {
	w := c.store.Workspace(c.vars["workspace"])
	if w == nil || !c.reader().BelongsTo(w) {
		return nil, notMember()
	}
	return w, nil
}

// ownWorkspace is the workspace of the path, which the caller has to administer.
func (c *call) ownWorkspace() (*store.Workspace, error) {
	w, err := c.workspace()
	if err != nil {
		return nil, err
	}
	if !c.reader().Owns(w) {
		return nil, forbidden("You are not an administrator of this workspace.")
	}
	return w, nil
}

// repository finds the repository of the path, which the caller has to see. With a repository
// UUID, {} may stand for the workspace.
func (c *call) repository() (*store.Repository, error) {
	id, in := c.vars["repo_slug"], c.vars["workspace"]
	var r *store.Repository
	if in == "{}" {
		r = c.store.RepositoryAnywhere(id)
	} else if w := c.store.Workspace(in); w != nil {
		r = w.Repository(id)
	}
	if r == nil || !c.reader().Sees(r) {
		return nil, noRepository()
	}
	return r, nil
}

// ownRepository is the repository of the path, which the caller has to administer.
func (c *call) ownRepository() (*store.Repository, error) {
	r, err := c.repository()
	if err != nil {
		return nil, err
	}
	if c.reader().Permission(r) != "admin" {
		return nil, forbidden("You are not an administrator of this repository.")
	}
	return r, nil
}

// ownProject is the project of the path, which the caller has to administer.
func (c *call) ownProject() (*store.Project, error) {
	w, err := c.workspace()
	if err != nil {
		return nil, err
	}
	p := w.Project(c.vars["project_key"])
	if p == nil || !c.reader().SeesProject(p) {
		return nil, noProject(c.vars["project_key"])
	}
	if p.Effective(c.who.User) != "admin" {
		return nil, forbidden("You are not an administrator of this project.")
	}
	return p, nil
}

// repositoryPath is where a repository is.
func repositoryPath(r *store.Repository) string { return "/2.0/repositories/" + r.FullName() }

// projectPath is where a project is.
func projectPath(p *store.Project) string {
	return "/2.0/workspaces/" + p.Workspace.Slug + "/projects/" + p.Key
}
