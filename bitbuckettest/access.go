package bitbuckettest

import (
	"net/http"
	"slices"
)

func noWorkspace(id string) *failure {
	return fail(http.StatusNotFound, "No workspace with identifier '"+id+"'.")
}

// workspace finds the workspace of the path.
func (c *call) workspace() (*workspace, error) {
	if w := c.srv.findWorkspace(c.vars["workspace"]); w != nil {
		return w, nil
	}
	return nil, noWorkspace(c.vars["workspace"])
}

// memberWorkspace is the workspace of the path, which the caller has to belong to.
func (c *call) memberWorkspace() (*workspace, error) {
	w, err := c.workspace()
	if err != nil {
		return nil, err
	}
	if !c.belongsTo(w) {
		return nil, forbidden("You are not a member of this workspace.")
	}
	return w, nil
}

// ownWorkspace is the workspace of the path, which the caller has to administer.
func (c *call) ownWorkspace() (*workspace, error) {
	w, err := c.workspace()
	if err != nil {
		return nil, err
	}
	if !c.ownsWorkspace(w) {
		return nil, forbidden("You are not an administrator of this workspace.")
	}
	return w, nil
}

// repository finds the repository of the path, which the caller has to see. With a repository UUID, {} may stand for
// the workspace.
func (c *call) repository() (*repository, error) {
	id := c.vars["repo_slug"]
	for _, w := range c.srv.workspaces {
		if c.vars["workspace"] != "{}" && c.srv.findWorkspace(c.vars["workspace"]) != w {
			continue
		}
		if r := w.findRepository(id); r != nil && c.sees(r) && (c.vars["workspace"] != "{}" || sameUUID(r.UUID, id)) {
			return r, nil
		}
	}
	return nil, noRepository()
}

// ownRepository is the repository of the path, which the caller has to administer.
func (c *call) ownRepository() (*repository, error) {
	r, err := c.repository()
	if err != nil {
		return nil, err
	}
	if c.permission(r) != "admin" {
		return nil, forbidden("You are not an administrator of this repository.")
	}
	return r, nil
}

// ownProject is the project of the path, which the caller has to administer.
func (c *call) ownProject() (*project, error) {
	w, err := c.workspace()
	if err != nil {
		return nil, err
	}
	p := w.findProject(c.vars["project_key"])
	if p == nil || !c.seesProject(p) {
		return nil, fail(http.StatusNotFound, "No project with key '"+c.vars["project_key"]+"'.")
	}
	if p.permission(c.who.user) != "admin" {
		return nil, forbidden("You are not an administrator of this project.")
	}
	return p, nil
}

// belongsTo reports whether the caller is a member, or a token of the workspace.
func (c *call) belongsTo(w *workspace) bool {
	if c.who.kind&accessToken != 0 {
		return c.who.workspace == w
	}
	return w.member(c.who.user) != nil || slices.Contains(w.apps, c.who.user)
}

// ownsWorkspace reports whether the caller is an owner. Nobody is one without credentials.
func (c *call) ownsWorkspace(w *workspace) bool {
	return c.who != nil && w.owner(c.who.user)
}

// seesEmails reports whether the caller may look members up by e-mail address.
func (c *call) seesEmails(w *workspace) bool {
	return c.ownsWorkspace(w) || c.who.kind == workspaceToken && c.who.workspace == w
}

// myWorkspaces are those the caller belongs to.
func (c *call) myWorkspaces() []*workspace {
	var mine []*workspace
	for _, w := range c.srv.workspaces {
		if c.belongsTo(w) {
			mine = append(mine, w)
		}
	}
	return mine
}

// permission is what the caller may do on a repository, "" for nothing. What an access token reaches, it may
// administer as far as its scopes go.
func (c *call) permission(r *repository) string {
	who := c.who
	switch {
	case who.kind == repositoryToken && who.repo == r,
		who.kind == projectToken && who.project == r.project,
		who.kind == workspaceToken && who.workspace == r.ws,
		slices.Contains(r.ws.apps, who.user):
		return "admin"
	}
	return r.effective()[who.user]
}

// sees reports whether the caller may read a repository.
func (c *call) sees(r *repository) bool {
	return r.Public || c.permission(r) != ""
}

// seesProject reports whether the caller may know of a project: everyone of its workspace may, when it is not private.
func (c *call) seesProject(p *project) bool {
	if !p.Private && c.belongsTo(p.ws) || c.who.kind == projectToken && c.who.project == p {
		return true
	}
	return p.permission(c.who.user) != "" || slices.ContainsFunc(p.ws.repos, func(r *repository) bool {
		return r.project == p && c.permission(r) != ""
	})
}

// visible lists the repositories of a workspace that the caller may read.
func (c *call) visible(w *workspace) []*repository {
	return slices.DeleteFunc(slices.Clone(w.repos), func(r *repository) bool { return !c.sees(r) })
}
