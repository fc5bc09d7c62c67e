package exchanges

import "github.com/seed-9213fc64/bitbucket"

func permissions() []Exchange {
	repositories := []bitbucket.RepositoryPermission{repositoryPermissionValue()}
	memberships := []bitbucket.WorkspaceMembership{membershipValue()}
	all := []Exchange{{
		Operation: "Permissions.ListMine",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return items(c.Permissions.ListMine(ctx, id.Workspace, opts...))
		},
		Options: options{bitbucket.Query(`permission>"read"`)},
		Request: "GET /2.0/user/workspaces/acme/permissions/repositories?pagelen=100" +
			"&q=permission%3E%22read%22",
		Answer: Page(repositoryPermissionBody), Want: repositories, Refused: []int{400, 401, 403},
	}, {
		Operation: "Permissions.ListRepositories",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return items(c.Permissions.ListRepositories(ctx, opts...))
		},
		Request: "GET /2.0/user/permissions/repositories?pagelen=100",
		Answer:  Page(repositoryPermissionBody), Want: repositories, Refused: []int{410},
	}, {
		Operation: "Permissions.ListWorkspaces",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return items(c.Permissions.ListWorkspaces(ctx, opts...))
		},
		Request: "GET /2.0/user/permissions/workspaces?pagelen=100",
		Answer:  Page(membershipBody), Want: memberships, Refused: []int{401, 410},
	}, {
		Operation: "Permissions.ListWorkspaceMembers",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return items(c.Permissions.ListWorkspaceMembers(ctx, id.Workspace, opts...))
		},
		Request: "GET /2.0/workspaces/acme/permissions?pagelen=100",
		Answer:  Page(membershipBody), Want: memberships, Refused: []int{401},
	}, {
		Operation: "Permissions.ListWorkspaceRepositories",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return items(c.Permissions.ListWorkspaceRepositories(ctx, id.Workspace, opts...))
		},
		Options: options{bitbucket.Sort("user.display_name")},
		Request: "GET /2.0/workspaces/acme/permissions/repositories?pagelen=100&sort=user.display_name",
		Answer:  Page(repositoryPermissionBody), Want: repositories, Refused: []int{403},
	}, {
		Operation: "Permissions.ListRepositoryUsers",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return items(c.Permissions.ListRepositoryUsers(ctx, id.Workspace, id.Repository, opts...))
		},
		Request: "GET /2.0/workspaces/acme/permissions/repositories/widgets?pagelen=100",
		Answer:  Page(repositoryPermissionBody), Want: repositories, Refused: []int{403},
	}}
	all = append(all, grants("Permissions.OnRepository", "/2.0/repositories/acme/widgets",
		func(c client, id IDs) *bitbucket.PermissionConfig {
			return c.Permissions.OnRepository(id.Workspace, id.Repository)
		})...)
	return append(all, grants("Permissions.OnProject", "/2.0/workspaces/acme/projects/PLAT",
		func(c client, id IDs) *bitbucket.PermissionConfig {
			return c.Permissions.OnProject(id.Workspace, id.Project)
		})...)
}

// grants are the explicit permissions on a repository or a project, which is at path.
func grants(name, path string, on func(client, IDs) *bitbucket.PermissionConfig) []Exchange {
	users, groups := path+"/permissions-config/users", path+"/permissions-config/groups"
	user, group := users+"/"+AccountID, groups+"/developers"
	read, written := []int{401, 403, 404}, []int{400, 401, 402, 403, 404}
	return []Exchange{{
		Operation: name + ".ListUsers",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return items(on(c, id).ListUsers(ctx, opts...))
		},
		Request: "GET " + users + "?pagelen=100", Answer: Page(userPermissionBody),
		Want: []bitbucket.UserPermission{userPermissionValue()}, Refused: read,
	}, {
		Operation: name + ".GetUser",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return one(on(c, id).GetUser(ctx, id.Other, opts...))
		},
		Request: "GET " + user, Answer: userPermissionBody, Want: userPermissionValue(), Refused: read,
	}, {
		Operation: name + ".SetUser",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return one(on(c, id).SetUser(ctx, id.Other, bitbucket.PermissionWrite, opts...))
		},
		Request: "PUT " + user, Body: `{"permission":"write"}`, Answer: userPermissionBody,
		Want: userPermissionValue(), Refused: written,
	}, {
		Operation: name + ".RemoveUser",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return none(on(c, id).RemoveUser(ctx, id.Other, opts...))
		},
		Request: "DELETE " + user, Status: 204, Refused: read,
	}, {
		Operation: name + ".ListGroups",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return items(on(c, id).ListGroups(ctx, opts...))
		},
		Request: "GET " + groups + "?pagelen=100", Answer: Page(groupPermissionBody),
		Want: []bitbucket.GroupPermission{groupPermissionValue()}, Refused: read,
	}, {
		Operation: name + ".GetGroup",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return one(on(c, id).GetGroup(ctx, id.Group, opts...))
		},
		Request: "GET " + group, Answer: groupPermissionBody, Want: groupPermissionValue(), Refused: read,
	}, {
		Operation: name + ".SetGroup",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return one(on(c, id).SetGroup(ctx, id.Group, bitbucket.PermissionAdmin, opts...))
		},
		Request: "PUT " + group, Body: `{"permission":"admin"}`, Answer: groupPermissionBody,
		Want: groupPermissionValue(), Refused: written,
	}, {
		Operation: name + ".RemoveGroup",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return none(on(c, id).RemoveGroup(ctx, id.Group, opts...))
		},
		Request: "DELETE " + group, Status: 204, Refused: read,
	}}
}
