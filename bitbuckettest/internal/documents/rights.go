package documents

import (
	"net/url"
	"strconv"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

// Access is the effective permission of a user on a repository.
func (w *Writer) Access(a store.Access) object {
	return object{
		"type": "repository_permission", "permission": a.Permission,
		"user": w.condensedUser(a.User), "repository": w.condensedRepository(a.Repository),
	}
}

// UserGrant is an explicit permission on what a path leads to, "none" when there is none.
func (w *Writer) UserGrant(on *store.Grants, path string, u *store.User) object {
	doc := w.grant(on, "user", on.ToUsers.Of(u), path+"/users/"+url.PathEscape(u.UUID))
	doc["user"] = w.condensedUser(u)
	return doc
}

// GroupGrant is an explicit permission of a group, "none" when there is none.
func (w *Writer) GroupGrant(on *store.Grants, path string, g *store.Group) object {
	doc := w.grant(on, "group", on.ToGroups.Of(g), path+"/groups/"+url.PathEscape(g.Slug))
	doc["group"] = w.Group(g)
	return doc
}

func (w *Writer) grant(on *store.Grants, kind, permission, path string) object {
	thing := "repository_"
	if on.OnProject() {
		thing = "project_"
	}
	if permission == "" {
		permission = "none"
	}
	return object{
		"type": thing + kind + "_permission", "permission": permission,
		"links": object{"self": link(w.Base + path)},
	}
}

// Group is a group as the explicit permissions show it. Its link leads to the 1.0 API, which is
// the only one that has groups.
func (w *Writer) Group(g *store.Group) object {
	doc := w.condensedGroup(g)
	doc["owner"], doc["workspace"] = w.owner(g.Workspace), w.condensedWorkspace(g.Workspace)
	doc["default_permission"] = orNull(g.Permission)
	doc["account_privilege"] = orNull(g.Privilege)
	doc["email_forwarding_disabled"] = orNullBool(g.EmailForwardingDisabled)
	return doc
}

func orNullBool(b *bool) any {
	if b == nil {
		return nil
	}
	return *b
}

// Restriction is a branch restriction of a repository.
func (w *Writer) Restriction(r *store.Repository, x *store.Restriction) object {
	users, groups := []any{}, []any{}
	for _, u := range x.Users {
		users = append(users, w.condensedUser(u))
	}
	for _, g := range x.Groups {
		groups = append(groups, w.condensedGroup(g))
	}
	doc := object{
		"type": "branchrestriction", "id": x.ID, "kind": x.Kind, "branch_match_kind": x.MatchKind,
		"pattern": x.Pattern, "value": nil, "users": users, "groups": groups,
		"links": object{"self": link(w.Base + "/2.0/repositories/" + r.FullName() +
			"/branch-restrictions/" + strconv.Itoa(x.ID))},
	}
	if x.Value != nil {
		doc["value"] = *x.Value
	}
	if x.BranchType != "" {
		doc["branch_type"] = x.BranchType
	}
	return doc
}
