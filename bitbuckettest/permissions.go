package bitbuckettest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

func (c *call) listMyRepositoriesEverywhere() (answer, error) {
	var all []access
	for _, w := range c.srv.workspaces {
		all = append(all, c.mine(w)...)
	}
	return paged(c, all, c.accessDoc)
}

func (c *call) listMyMemberships() (answer, error) {
	var all []*member
	for _, w := range c.srv.workspaces {
		if m := w.member(c.who.user); m != nil {
			all = append(all, m)
		}
	}
	return paged(c, all, c.roleDoc)
}

func (c *call) listMyRepositories() (answer, error) {
	w, err := c.memberWorkspace()
	if err != nil {
		return answer{}, err
	}
	return paged(c, c.mine(w), c.accessDoc)
}

// mine lists the caller's effective permissions in a workspace. Repositories that are merely public are not in it.
func (c *call) mine(w *workspace) []access {
	var all []access
	for _, r := range w.repos {
		if permission := c.permission(r); permission != "" {
			all = append(all, access{c.who.user, r, permission})
		}
	}
	return all
}

func (c *call) listRoles() (answer, error) {
	w, err := c.memberWorkspace()
	if err != nil {
		return answer{}, err
	}
	return paged(c, w.members, c.roleDoc)
}

func (c *call) listWorkspaceAccess() (answer, error) {
	w, err := c.ownWorkspace()
	if err != nil {
		return answer{}, err
	}
	var all []access
	for _, r := range w.repos {
		all = append(all, r.accesses()...)
	}
	return paged(c, all, c.accessDoc)
}

func (c *call) listRepositoryAccess() (answer, error) {
	r, err := c.ownRepository()
	if err != nil {
		return answer{}, err
	}
	return paged(c, r.accesses(), c.accessDoc)
}

// granted is a repository or a project whose explicit permissions a call is about.
type granted struct {
	*grants
	ws    *workspace
	thing string // "repository" or "project"
	path  string
}

// granted finds what the path is about. The caller has to administer it.
func (c *call) granted() (granted, error) {
	if c.vars["project_key"] != "" {
		p, err := c.ownProject()
		if err != nil {
			return granted{}, err
		}
		return granted{&p.grants, p.ws, "project",
			"/2.0/workspaces/" + p.ws.Slug + "/projects/" + p.Key + "/permissions-config"}, nil
	}
	r, err := c.ownRepository()
	if err != nil {
		return granted{}, err
	}
	return granted{&r.grants, r.ws, "repository",
		"/2.0/repositories/" + r.ws.Slug + "/" + r.Slug + "/permissions-config"}, nil
}

// grantee makes the handlers for explicit permissions of users, or of groups.
type grantee struct {
	list, get, put, delete handler
}

func newGrantee[T any](find func(*call, granted) (T, error), all func(*grants) []T,
	show func(*call, granted, T) object, allow func(granted, T) error, set func(granted, T, string)) grantee {
	one := func(use func(c *call, on granted, to T) (answer, error)) handler {
		return func(c *call) (answer, error) {
			on, err := c.granted()
			if err != nil {
				return answer{}, err
			}
			to, err := find(c, on)
			if err != nil {
				return answer{}, err
			}
			return use(c, on, to)
		}
	}
	return grantee{
		list: func(c *call) (answer, error) {
			on, err := c.granted()
			if err != nil {
				return answer{}, err
			}
			return paged(c, all(on.grants), func(to T) object { return show(c, on, to) })
		},
		get: one(func(c *call, on granted, to T) (answer, error) { return ok(show(c, on, to)) }),
		put: one(func(c *call, on granted, to T) (answer, error) {
			permission, err := c.wantedPermission(on)
			if err != nil {
				return answer{}, err
			}
			if err := allow(on, to); err != nil {
				return answer{}, err
			}
			set(on, to, permission)
			return ok(show(c, on, to))
		}),
		delete: one(func(c *call, on granted, to T) (answer, error) {
			if show(c, on, to)["permission"] == "none" {
				return answer{}, fail(http.StatusNotFound, "There is no explicit permission to remove.")
			}
			set(on, to, "")
			return noContent()
		}),
	}
}

// wantedPermission reads the body of a PUT, which takes nothing but a permission.
func (c *call) wantedPermission(on granted) (string, error) {
	var body map[string]json.RawMessage
	if err := c.decode(&body); err != nil {
		return "", err
	}
	for key := range body {
		if key != "permission" {
			return "", failFields(key, "extra keys not allowed")
		}
	}
	var permission string
	allowed := grantable(on.thing)
	if json.Unmarshal(body["permission"], &permission) != nil || !slices.Contains(allowed, permission) {
		return "", failFields("permission", "It must be one of "+strings.Join(allowed, ", ")+". Use DELETE to remove a permission.")
	}
	return permission, nil
}

func overLimit() *failure {
	return failWith(http.StatusPaymentRequired, object{
		"message": "The user limit of the workspace's plan is reached.",
		"detail":  "Upgrade the plan to give access to more users.",
	})
}

func userGrants() grantee {
	return newGrantee(
		func(c *call, _ granted) (*user, error) {
			id := c.vars["selected_user_id"]
			if u := c.srv.findUserOrName(id); u != nil {
				return u, nil
			}
			return nil, fail(http.StatusNotFound, id)
		},
		func(g *grants) []*user {
			var all []*user
			for _, x := range g.users {
				all = append(all, x.user)
			}
			return all
		},
		func(c *call, on granted, u *user) object {
			return c.grantDoc(on, "user", c.condensedUser(u), on.user(u), "/users/"+url.PathEscape(u.UUID))
		},
		func(on granted, u *user) error {
			switch m := on.ws.member(u); {
			case m == nil:
				return fail(http.StatusBadRequest, "The user is not a member of the workspace.")
			case m.Role == "owner":
				return fail(http.StatusBadRequest, "The permission of an owner of the workspace cannot be changed.")
			case on.ws.beyondLimit(u):
				return overLimit()
			}
			return nil
		},
		func(on granted, u *user, permission string) { on.setUser(u, permission) },
	)
}

func groupGrants() grantee {
	return newGrantee(
		func(c *call, on granted) (*group, error) {
			slug := c.vars["group_slug"]
			if g := on.ws.findGroup(slug); g != nil {
				return g, nil
			}
			return nil, fail(http.StatusNotFound, slug)
		},
		func(g *grants) []*group {
			var all []*group
			for _, x := range g.groups {
				all = append(all, x.group)
			}
			return all
		},
		func(c *call, on granted, g *group) object {
			return c.grantDoc(on, "group", c.groupDoc(g), on.group(g), "/groups/"+url.PathEscape(g.Slug))
		},
		func(on granted, g *group) error {
			if on.ws.beyondLimit(g.users...) {
				return overLimit()
			}
			return nil
		},
		func(on granted, g *group, permission string) { on.setGroup(g, permission) },
	)
}

// grantDoc is an explicit permission; "none" when there is none.
func (c *call) grantDoc(on granted, kind string, to object, permission, path string) object {
	if permission == "" {
		permission = "none"
	}
	return object{
		"type": on.thing + "_" + kind + "_permission", "permission": permission, kind: to,
		"links": object{"self": link(c.base + on.path + path)},
	}
}
