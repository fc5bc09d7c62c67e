package documents

import (
	"strings"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

// Workspace is a workspace by itself.
func (w *Writer) Workspace(of *store.Workspace) object {
	doc := w.condensedWorkspace(of)
	self := w.Base + "/2.0/workspaces/" + of.Slug
	links := doc["links"].(object)
	for _, name := range []string{"members", "projects", "hooks"} {
		links[name] = link(self + "/" + name)
	}
	links["owners"] = link(self + `/members?q=permission%3D%22owner%22`)
	links["repositories"] = link(w.Base + "/2.0/repositories/" + of.Slug)
	links["snippets"] = link(w.Base + "/2.0/snippets/" + of.Slug)
	links["html_overview"] = link(site + "/" + of.Slug + "/workspace/overview/")
	doc["is_private"] = of.Private
	doc["is_personal"] = of.Personal != ""
	doc["is_privacy_enforced"] = of.PrivacyEnforce
	doc["forking_mode"] = of.ForkingMode
	doc["created_on"], doc["updated_on"] = stamp(of.CreatedOn), stamp(of.CreatedOn)
	return doc
}

// WorkspaceAccess is a workspace of the reader, who is an administrator there or not.
func (w *Writer) WorkspaceAccess(of *store.Workspace) object {
	base := w.condensedWorkspace(of)
	base["type"] = "workspace_base"
	delete(base, "name")
	delete(base["links"].(object), "html")
	return object{"type": "workspace_access", "administrator": w.Reader.Owns(of), "workspace": base}
}

// Project is a project by itself.
func (w *Writer) Project(p *store.Project) object {
	doc := w.condensedProject(p)
	doc["description"], doc["is_private"] = orNull(p.Description), p.Private
	doc["created_on"], doc["updated_on"] = stamp(p.CreatedOn), stamp(p.CreatedOn)
	doc["has_publicly_visible_repos"] = p.HasPublicRepositories()
	doc["workspace"], doc["owner"] = w.condensedWorkspace(p.Workspace), w.owner(p.Workspace)
	return doc
}

// Repository is a repository by itself.
func (w *Writer) Repository(r *store.Repository) object {
	doc := w.condensedRepository(r)
	doc["slug"], doc["description"], doc["language"] = r.Slug, r.Description,
		strings.ToLower(r.Language)
	doc["website"], doc["size"], doc["scm"] = orNull(r.Website), r.Size, "git"
	doc["is_private"], doc["fork_policy"] = !r.Public, r.Workspace.ForkPolicy()
	doc["has_issues"], doc["has_wiki"], doc["parent"] = false, false, nil
	doc["created_on"], doc["updated_on"] = stamp(r.CreatedOn), stamp(r.UpdatedOn)
	doc["mainbranch"] = object{"type": "branch", "name": "main"}
	doc["project"], doc["workspace"] = w.condensedProject(r.In), w.condensedWorkspace(r.Workspace)
	doc["owner"] = w.owner(r.Workspace)
	doc["links"].(object)["clone"] = []any{
		object{"name": "https", "href": site + "/" + r.FullName() + ".git"},
		object{"name": "ssh", "href": "git@bitbucket.org:" + r.FullName() + ".git"},
	}
	return doc
}
