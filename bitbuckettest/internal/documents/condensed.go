package documents

import (
	"net/url"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

// condensedUser is an account inside of another object.
func (w *Writer) condensedUser(u *store.User) object {
	id := url.PathEscape(u.UUID)
	doc := object{
		"type": u.Type, "uuid": u.UUID, "display_name": u.DisplayName,
		"links": object{
			"self":   link(w.Base + "/2.0/users/" + id),
			"html":   link(site + "/" + id + "/"),
			"avatar": link(avatar(u.UUID)),
		},
	}
	switch u.Type {
	case "user":
		doc["account_id"], doc["nickname"] = u.AccountID, u.Nickname
	case "app_user":
		doc["account_id"], doc["account_status"] = u.AccountID, u.Status
		if u.Kind != "" {
			doc["kind"] = u.Kind
		}
	default:
		doc["username"] = u.Username
	}
	return doc
}

func (w *Writer) condensedWorkspace(of *store.Workspace) object {
	return object{
		"type": "workspace", "uuid": of.UUID, "slug": of.Slug, "name": of.Name,
		"links": object{
			"self":   link(w.Base + "/2.0/workspaces/" + of.Slug),
			"html":   link(site + "/" + of.Slug + "/"),
			"avatar": link(site + "/workspaces/" + of.Slug + "/avatar/?ts=1650000000"),
		},
	}
}

func (w *Writer) condensedProject(p *store.Project) object {
	slug := p.Workspace.Slug
	return object{
		"type": "project", "key": p.Key, "uuid": p.UUID, "name": p.Name,
		"links": object{
			"self":   link(w.Base + "/2.0/workspaces/" + slug + "/projects/" + p.Key),
			"html":   link(site + "/" + slug + "/workspace/projects/" + p.Key),
			"avatar": link(site + "/" + slug + "/workspace/projects/" + p.Key + "/avatar/32"),
			"repositories": link(w.Base + "/2.0/repositories/" + slug + `?q=project.key%3D%22` + p.Key +
				`%22`),
		},
	}
}

// owner is the account that a workspace is: the user of a personal one, else a team.
func (w *Writer) owner(of *store.Workspace) object {
	if u := w.Store.User(of.UUID); u != nil && of.Personal != "" {
		return w.condensedUser(u)
	}
	id := url.PathEscape(of.UUID)
	return object{
		"type": "team", "uuid": of.UUID, "username": of.Slug, "display_name": of.Name,
		"links": object{
			"self":   link(w.Base + "/2.0/teams/" + id),
			"html":   link(site + "/" + id + "/"),
			"avatar": link(avatar(of.UUID)),
		},
	}
}

func (w *Writer) condensedRepository(r *store.Repository) object {
	return object{
		"type": "repository", "uuid": r.UUID, "name": r.Name, "full_name": r.FullName(),
		"links": object{
			"self":   link(w.Base + "/2.0/repositories/" + r.FullName()),
			"html":   link(site + "/" + r.FullName()),
			"avatar": link(avatar(r.UUID)),
		},
	}
}

func (w *Writer) condensedGroup(g *store.Group) object {
	slug := g.Workspace.Slug
	return object{
		"type": "group", "name": g.Name, "slug": g.Slug, "full_slug": slug + ":" + g.Slug,
		"links": object{
			"self": link(w.Base + "/1.0/groups/" + slug + "/" + url.PathEscape(g.Slug)),
			"html": link(site + "/" + slug + "/workspace/settings/groups/" + url.PathEscape(g.Slug)),
		},
	}
}
