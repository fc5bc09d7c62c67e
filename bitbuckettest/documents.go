package bitbuckettest

import (
	"net/url"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/query"
)

const site = "https://bitbucket.org"

// userDoc is an account as GET /2.0/users/{selected_user} shows it. admin: the viewer may see has_2fa_enabled.
func (c *call) userDoc(u *user, admin bool) object {
	doc := c.condensedUser(u)
	links := doc["links"].(object)
	id := url.PathEscape(u.UUID)
	links["repositories"] = link(c.base + "/2.0/repositories/" + id)
	if u.Type == "team" {
		links["members"] = link(c.base + "/2.0/teams/" + id + "/members")
		links["projects"] = link(c.base + "/2.0/teams/" + id + "/projects/")
	} else {
		doc["account_status"] = u.Status
		links["snippets"] = link(c.base + "/2.0/snippets/" + id)
		links["hooks"] = link(c.base + "/2.0/workspaces/" + id + "/hooks")
	}
	if u.Type == "user" {
		doc["is_staff"] = u.IsStaff
		doc["has_2fa_enabled"] = nil
		if admin && u.Has2FAEnabled != nil {
			doc["has_2fa_enabled"] = *u.Has2FAEnabled
		}
	}
	if !u.Private {
		doc["created_on"] = stamp(u.CreatedOn)
		doc["location"] = orNull(u.Location)
		if u.Website != "" {
			doc["website"] = u.Website
		}
	}
	return doc
}

// condensedUser is an account inside of another object.
func (c *call) condensedUser(u *user) object {
	id := url.PathEscape(u.UUID)
	doc := object{
		"type": u.Type, "uuid": u.UUID, "display_name": u.DisplayName,
		"links": object{
			"self":   link(c.base + "/2.0/users/" + id),
			"html":   link(site + "/" + id + "/"),
			"avatar": link("https://avatars.example.com/" + strings.Trim(u.UUID, "{}") + ".png"),
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

func (c *call) emailDoc(e Email) object {
	return object{
		"type": "email", "email": e.Address, "is_primary": e.Primary, "is_confirmed": !e.Unconfirmed,
		"links": object{"self": link(c.base + "/2.0/user/emails/" + url.PathEscape(e.Address))},
	}
}

func (c *call) workspaceDoc(w *workspace) object {
	doc := c.condensedWorkspace(w)
	self := c.base + "/2.0/workspaces/" + w.Slug
	links := doc["links"].(object)
	for _, name := range []string{"members", "projects", "hooks"} {
		links[name] = link(self + "/" + name)
	}
	links["owners"] = link(self + `/members?q=permission%3D%22owner%22`)
	links["repositories"] = link(c.base + "/2.0/repositories/" + w.Slug)
	links["snippets"] = link(c.base + "/2.0/snippets/" + w.Slug)
	links["html_overview"] = link(site + "/" + w.Slug + "/workspace/overview/")
	doc["is_private"] = w.Private
	doc["is_personal"] = w.Personal != ""
	doc["is_privacy_enforced"] = w.PrivacyEnforce
	doc["forking_mode"] = w.ForkingMode
	doc["created_on"], doc["updated_on"] = stamp(w.CreatedOn), stamp(w.CreatedOn)
	return doc
}

func (c *call) condensedWorkspace(w *workspace) object {
	return object{
		"type": "workspace", "uuid": w.UUID, "slug": w.Slug, "name": w.Name,
		"links": object{
			"self":   link(c.base + "/2.0/workspaces/" + w.Slug),
			"html":   link(site + "/" + w.Slug + "/"),
			"avatar": link(site + "/workspaces/" + w.Slug + "/avatar/?ts=1650000000"),
		},
	}
}

func (c *call) workspaceAccessDoc(w *workspace) object {
	base := c.condensedWorkspace(w)
	base["type"] = "workspace_base"
	delete(base, "name")
	delete(base["links"].(object), "html")
	return object{"type": "workspace_access", "administrator": c.ownsWorkspace(w), "workspace": base}
}

func (c *call) membershipDoc(m *member) object {
	user := c.condensedUser(m.user)
	c.reveal(user, c.userDoc(m.user, c.ownsWorkspace(m.ws)), "user.")
	doc := object{
		"type":      "workspace_membership",
		"user":      user,
		"workspace": c.condensedWorkspace(m.ws),
		"links": object{
			"self": link(c.base + "/2.0/workspaces/" + m.ws.Slug + "/members/" + url.PathEscape(m.user.UUID)),
		},
	}
	if !m.ws.AdminHub {
		doc["added_on"], doc["last_accessed"] = naive(m.AddedOn), stampOrNull(m.LastAccessed)
	}
	return doc
}

// reveal adds to a condensed object what its full form has besides and the call asks for with fields.
func (c *call) reveal(condensed, full object, path string) {
	fields := c.query.get("fields")
	if fields == "" {
		return
	}
	for name, value := range full {
		if _, has := condensed[name]; !has && (query.Wants(fields, path+name) || query.Wants(fields, "values."+path+name)) {
			condensed[name] = value
		}
	}
}

// roleDoc is a membership with its role.
func (c *call) roleDoc(m *member) object {
	doc := c.membershipDoc(m)
	doc["permission"] = m.Role
	return doc
}

func (c *call) projectDoc(p *project) object {
	self := c.base + "/2.0/workspaces/" + p.ws.Slug + "/projects/" + p.Key
	return object{
		"type": "project", "key": p.Key, "uuid": p.UUID, "name": p.Name, "description": orNull(p.Description),
		"is_private": p.Private, "created_on": stamp(p.CreatedOn), "updated_on": stamp(p.CreatedOn),
		"workspace": c.condensedWorkspace(p.ws),
		"links": object{
			"self":         link(self),
			"html":         link(site + "/" + p.ws.Slug + "/workspace/projects/" + p.Key),
			"repositories": link(c.base + "/2.0/repositories/" + p.ws.Slug + `?q=project.key%3D%22` + p.Key + `%22`),
		},
	}
}

func (c *call) condensedProject(p *project) object {
	doc := c.projectDoc(p)
	return object{"type": "project", "key": p.Key, "uuid": p.UUID, "name": p.Name, "links": doc["links"]}
}

func (c *call) repositoryDoc(r *repository) object {
	doc := c.condensedRepository(r)
	doc["slug"], doc["description"], doc["language"] = r.Slug, r.Description, strings.ToLower(r.Language)
	doc["website"], doc["size"], doc["scm"] = orNull(r.Website), r.Size, "git"
	doc["is_private"], doc["fork_policy"] = !r.Public, r.ws.ForkingMode
	doc["created_on"], doc["updated_on"] = stamp(r.CreatedOn), stamp(r.UpdatedOn)
	doc["mainbranch"] = object{"type": "branch", "name": "main"}
	doc["project"], doc["workspace"] = c.condensedProject(r.project), c.condensedWorkspace(r.ws)
	name := r.ws.Slug + "/" + r.Slug
	doc["links"].(object)["clone"] = []any{
		object{"name": "https", "href": site + "/" + name + ".git"},
		object{"name": "ssh", "href": "git@bitbucket.org:" + name + ".git"},
	}
	return doc
}

func (c *call) condensedRepository(r *repository) object {
	name := r.ws.Slug + "/" + r.Slug
	return object{
		"type": "repository", "uuid": r.UUID, "name": r.Name, "full_name": name,
		"links": object{
			"self":   link(c.base + "/2.0/repositories/" + name),
			"html":   link(site + "/" + name),
			"avatar": link("https://avatars.example.com/" + strings.Trim(r.UUID, "{}") + ".png"),
		},
	}
}

func (c *call) groupDoc(g *group) object {
	path := "/2.0/workspaces/" + g.ws.Slug + "/groups/" + g.Slug
	return object{
		"type": "group", "name": g.Name, "slug": g.Slug, "full_slug": g.ws.Slug + ":" + g.Slug,
		"workspace": c.condensedWorkspace(g.ws),
		"links": object{
			"self": link(c.base + path),
			"html": link(site + "/" + g.ws.Slug + "/workspace/settings/groups/" + g.Slug),
		},
	}
}

// accessDoc is the effective permission of a user on a repository.
func (c *call) accessDoc(a access) object {
	return object{
		"type": "repository_permission", "permission": a.permission,
		"user": c.condensedUser(a.user), "repository": c.condensedRepository(a.repo),
	}
}

func variableDoc(v *Variable) object {
	doc := object{"type": "pipeline_variable", "uuid": v.UUID, "key": v.Key, "secured": v.Secured}
	if !v.Secured {
		doc["value"] = v.Value
	}
	return doc
}

func (c *call) sshKeyDoc(u *user, k *SSHKey) object {
	return object{
		"type": "ssh_key", "uuid": k.UUID, "key": k.Key, "comment": k.Comment, "label": k.Label,
		"fingerprint": sshFingerprint(k.Key), "created_on": stamp(k.CreatedOn),
		"expires_on": stampOrNull(k.ExpiresOn), "last_used": stampOrNull(k.LastUsed),
		"owner": c.condensedUser(u),
		"links": object{"self": link(c.base + sshKeyPath(u, k))},
	}
}

func sshKeyPath(u *user, k *SSHKey) string {
	return "/2.0/users/" + url.PathEscape(u.UUID) + "/ssh-keys/" + strings.Trim(k.UUID, "{}")
}

func (c *call) gpgKeyDoc(u *user, k, parent *GPGKey) object {
	doc := object{
		"type": "gpg_key", "key": k.Key, "key_id": k.KeyID, "fingerprint": k.Fingerprint, "parent_fingerprint": nil,
		"name": k.Name, "added_on": stamp(k.AddedOn), "created_on": stamp(k.CreatedOn),
		"expires_on": stampOrNull(k.ExpiresOn), "last_used": stampOrNull(k.LastUsed),
		"owner": c.condensedUser(u),
		"links": object{"self": link(c.base + gpgKeyPath(u, k))},
	}
	if parent != nil {
		doc["parent_fingerprint"] = parent.Fingerprint
		return doc
	}
	subkeys := []any{}
	for i := range k.Subkeys {
		subkeys = append(subkeys, c.gpgKeyDoc(u, &k.Subkeys[i], k))
	}
	doc["subkeys"] = subkeys
	return doc
}

func gpgKeyPath(u *user, k *GPGKey) string {
	return "/2.0/users/" + url.PathEscape(u.UUID) + "/gpg-keys/" + strings.ToUpper(k.Fingerprint)
}

func link(href string) object {
	return object{"href": href}
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// stamp writes a time with an offset, and microseconds when it has a fraction.
func stamp(t time.Time) string {
	if t.Nanosecond()/1000 == 0 {
		return t.UTC().Format("2006-01-02T15:04:05+00:00")
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000+00:00")
}

func stampOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stamp(t)
}

// naive writes a time with milliseconds and without an offset, as memberships have it.
func naive(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000")
}
