package operations

import (
	"net/http"
	"slices"
)

const (
	get = http.MethodGet
	put = http.MethodPut
	del = http.MethodDelete
)

// table makes the rows. Of two that match the same path, the first one counts.
func table() []Operation {
	all := slices.Concat(users(), workspaces(), repositories(), permissions(), pipelines(),
		properties(), keys(), deployKeys(), search(), leftovers())
	for i := range all {
		if all[i].State == "" {
			all[i].State = Current
		}
	}
	return all
}

// list is a set of scopes.
func list(scopes ...string) []string { return scopes }

// granular is a set of scopes of API tokens, given without the ending that all of them have.
func granular(scopes ...string) []string {
	for i := range scopes {
		scopes[i] += ":bitbucket"
	}
	return scopes
}

func users() []Operation {
	const emails = "/2.0/user/emails"
	return []Operation{
		{
			Method: get, Pattern: "/2.0/user", Call: "Users.Current",
			Scopes: list("account"), Granular: granular("read:user"), Credentials: People,
		},
		{
			Method: get, Pattern: "/2.0/users/{selected_user}", Call: "Users.Get",
			Granular: granular("read:user"), Credentials: Anonymous | SignedIn,
		},
		{
			Method: get, Pattern: emails, Call: "Users.ListEmails",
			Scopes: list("email"), Granular: granular("read:user"), Credentials: People,
		},
		{
			Method: get, Pattern: emails + "/{email}", Call: "Users.GetEmail",
			Scopes: list("email"), Granular: granular("read:user"), Credentials: People,
		},
	}
}

func workspaces() []Operation {
	const (
		mine     = "/2.0/user/workspaces"
		one      = "/2.0/workspaces/{workspace}"
		projects = one + "/projects"
	)
	account, read, readProject := list("account"), granular("read:workspace"), granular("read:project")
	return []Operation{
		{
			Method: get, Pattern: mine, Call: "Workspaces.List",
			Scopes: account, Granular: read, Credentials: People | WorkspaceToken,
		},
		{Method: get, Pattern: one, Call: "Workspaces.Get", Granular: read, Credentials: SignedIn},
		{
			Method: get, Pattern: mine + "/{workspace}/permission", Call: "Workspaces.Membership",
			Scopes: account, Granular: read, Credentials: People,
		},
		{
			Method: get, Pattern: one + "/members", Call: "Workspaces.ListMembers",
			Scopes: account, Granular: read, Credentials: SignedIn,
		},
		{
			Method: get, Pattern: one + "/members/{member}", Call: "Workspaces.GetMember",
			Scopes: account, Granular: read, Credentials: SignedIn,
		},
		{
			Method: get, Pattern: projects, Call: "Workspaces.ListProjects",
			Scopes: account, Granular: readProject, Credentials: SignedIn,
		},
		{
			Method: get, Pattern: projects + "/{project_key}", Call: "Workspaces.GetProject",
			Scopes: account, Granular: readProject, Credentials: SignedIn,
		},
		{
			Method: get, Pattern: "/2.0/workspaces",
			Scopes: account, Granular: read, Credentials: People,
			State: Removed, Until: "2026-04-14", Replacement: "Workspaces.List",
		},
	}
}

func repositories() []Operation {
	const inWorkspace = "/2.0/repositories/{workspace}"
	scope, read := list("repository"), granular("read:repository")
	return []Operation{
		{
			Method: get, Pattern: inWorkspace, Call: "Repositories.List",
			Scopes: scope, Granular: read, Credentials: SignedIn,
		},
		{
			Method: get, Pattern: inWorkspace + "/{repo_slug}", Call: "Repositories.Get",
			Scopes: scope, Granular: read, Credentials: SignedIn,
		},
		{
			Method: get, Pattern: inWorkspace + "/{repo_slug}/branch-restrictions",
			Call:   "Repositories.ListBranchRestrictions",
			Scopes: list("repository:admin"), Granular: read, Credentials: SignedIn,
		},
		{
			Method: get, Pattern: "/2.0/repositories",
			Scopes: scope, Granular: read, Credentials: People,
			State: Removed, Until: "2026-04-14",
			Replacement: "Repositories.List for each workspace",
		},
	}
}

func permissions() []Operation {
	const inWorkspace = "/2.0/workspaces/{workspace}/permissions"
	account, both, read := list("account"), list("account", "repository"), granular("read:repository")
	all := []Operation{
		{
			Method: get, Pattern: "/2.0/user/workspaces/{workspace}/permissions/repositories",
			Call: "Permissions.ListMine", Scopes: both, Granular: read, Credentials: People,
		},
		{
			Method: get, Pattern: "/2.0/user/permissions/repositories",
			Call: "Permissions.ListRepositories", Scopes: both, Granular: read, Credentials: People,
			State: Removed, Until: "2026-04-14",
			Replacement: "Permissions.ListMine or Permissions.ListMineEverywhere",
		},
		{
			Method: get, Pattern: "/2.0/user/permissions/workspaces",
			Call: "Permissions.ListWorkspaces", Scopes: account,
			Granular: granular("read:workspace", "read:user"), Credentials: People,
			State: Removed, Until: "2026-04-14",
			Replacement: "Workspaces.List, and Workspaces.Membership for the role in one of them",
		},
		{
			Method: get, Pattern: inWorkspace, Call: "Permissions.ListWorkspaceMembers",
			Scopes: account, Granular: granular("read:workspace"), Credentials: People,
		},
		{
			Method: get, Pattern: inWorkspace + "/repositories",
			Call:   "Permissions.ListWorkspaceRepositories",
			Scopes: account, Granular: read, Credentials: People,
		},
		{
			Method: get, Pattern: inWorkspace + "/repositories/{repo_slug}",
			Call:   "Permissions.ListRepositoryUsers",
			Scopes: list("repository"), Granular: read, Credentials: People,
		},
	}
	all = append(all, grants("/2.0/repositories/{workspace}/{repo_slug}", "Repository", "repository")...)
	return append(all, grants("/2.0/workspaces/{workspace}/projects/{project_key}", "Project", "project")...)
}

// grants are the explicit permissions on a repository or a project. The documents still ask for app
// passwords where only API tokens are left.
func grants(place, call, thing string) []Operation {
	scope, read := list(thing+":admin"), granular("read:"+thing)
	write := granular("admin:"+thing, "write:permission")
	remove := granular("admin:"+thing, "delete:permission")
	var all []Operation
	for _, grantee := range [...]struct{ list, id, many, one string }{
		{"/permissions-config/users", "/{selected_user_id}", "ListUsers", "User"},
		{"/permissions-config/groups", "/{group_slug}", "ListGroups", "Group"},
	} {
		call, many := "Permissions.On"+call+".", place+grantee.list
		one := many + grantee.id
		all = append(all,
			Operation{
				Method: get, Pattern: many, Call: call + grantee.many,
				Scopes: scope, Granular: read, Credentials: People,
			},
			Operation{
				Method: get, Pattern: one, Call: call + "Get" + grantee.one,
				Scopes: scope, Granular: read, Credentials: People,
			},
			Operation{
				Method: put, Pattern: one, Call: call + "Set" + grantee.one,
				Scopes: scope, Granular: write, Credentials: APIToken,
			},
			Operation{
				Method: del, Pattern: one, Call: call + "Remove" + grantee.one,
				Scopes: scope, Granular: remove, Credentials: APIToken,
			},
		)
	}
	return all
}

func pipelines() []Operation {
	user := variables("/2.0/users/{selected_user}/pipelines_config/variables", "UserVariables")
	for i := range user { // they never got scopes of API tokens
		user[i].Credentials, user[i].Granular, user[i].State = OAuth, nil, Deprecated
	}
	const (
		repository  = "/2.0/repositories/{workspace}/{repo_slug}"
		deployments = repository + "/deployments_config/environments/{environment_uuid}/variables"
	)
	return slices.Concat(user,
		variables("/2.0/workspaces/{workspace}/pipelines-config/variables", "WorkspaceVariables"),
		forAllTokens(variables(repository+"/pipelines_config/variables", "RepositoryVariables")),
		forAllTokens(variables(deployments, "DeploymentVariables")),
		[]Operation{{
			Method: get, Pattern: repository + "/environments",
			Call:   "Pipelines.ListEnvironments",
			Scopes: list("pipeline"), Granular: granular("read:pipeline"), Credentials: SignedIn,
		}})
}

// forAllTokens are rows that every kind of access token may call, since they are about a
// repository.
func forAllTokens(rows []Operation) []Operation {
	for i := range rows {
		rows[i].Credentials = SignedIn
	}
	return rows
}

// variables are the pipeline variables of one owner.
func variables(many, call string) []Operation {
	call = "Pipelines." + call + "."
	one := many + "/{variable_uuid}"
	readable, writable := list("pipeline"), list("pipeline:variable")
	read, write := granular("read:pipeline"), granular("admin:pipeline")
	const takes = People | WorkspaceToken
	return []Operation{
		{
			Method: get, Pattern: many, Call: call + "List",
			Scopes: readable, Granular: read, Credentials: takes,
		},
		{
			Method: get, Pattern: one, Call: call + "Get",
			Scopes: readable, Granular: read, Credentials: takes,
		},
		{
			Method: http.MethodPost, Pattern: many, Call: call + "Create",
			Scopes: writable, Granular: write, Credentials: takes,
		},
		{
			Method: put, Pattern: one, Call: call + "Update",
			Scopes: writable, Granular: write, Credentials: takes,
		},
		{
			Method: del, Pattern: one, Call: call + "Delete",
			Scopes: writable, Granular: write, Credentials: takes,
		},
	}
}

// properties end with Connect, whose apps are the ones to write them.
func properties() []Operation {
	const one, until = "/2.0/users/{selected_user}/properties/{app_key}/{property_name}", "2027-01-31"
	return []Operation{
		{
			Method: get, Pattern: one, Call: "Properties.Get", Granular: granular("admin:workspace"),
			Credentials: SignedIn, State: Deprecated, Until: until,
		},
		{
			Method: put, Pattern: one, Call: "Properties.Put",
			Credentials: OAuth, State: Deprecated, Until: until,
		},
		{
			Method: del, Pattern: one, Call: "Properties.Delete",
			Credentials: OAuth, State: Deprecated, Until: until,
		},
	}
}

func keys() []Operation {
	ssh := keysOf("/2.0/users/{selected_user}/ssh-keys", "/{key_id}", "SSHKeys.", "ssh-key")
	gpg := keysOf("/2.0/users/{selected_user}/gpg-keys", "/{fingerprint}", "GPGKeys.", "gpg-key")
	gpg = slices.DeleteFunc(gpg, func(op Operation) bool { return op.Method == put })
	return append(ssh, gpg...)
}

// keysOf are the keys of a user of one kind. A scope to write does not include the one to read, and
// writing needs both; deleting needs one of its own only.
func keysOf(many, id, call, kind string) []Operation {
	one := many + id
	readable, writable := list("account"), list("account:write")
	read, write := granular("read:"+kind), granular("read:"+kind, "write:"+kind)
	return []Operation{
		{
			Method: get, Pattern: many, Call: call + "List",
			Scopes: readable, Granular: read, Credentials: People,
		},
		{
			Method: get, Pattern: one, Call: call + "Get",
			Scopes: readable, Granular: read, Credentials: People,
		},
		{
			Method: http.MethodPost, Pattern: many, Call: call + "Add",
			Scopes: writable, Granular: write, Credentials: People,
		},
		{
			Method: put, Pattern: one, Call: call + "Update",
			Scopes: writable, Granular: write, Credentials: People,
		},
		{
			Method: del, Pattern: one, Call: call + "Delete",
			Scopes: writable, Granular: granular("delete:" + kind), Credentials: People,
		},
	}
}

// deployKeys are the keys of a repository or a project. Which scopes they need is a guess from what
// else belongs to an administrator of either.
func deployKeys() []Operation {
	const (
		repository = "/2.0/repositories/{workspace}/{repo_slug}/deploy-keys"
		project    = "/2.0/workspaces/{workspace}/projects/{project_key}/deploy-keys"
	)
	return append(deployKeysOf(repository, "OnRepository", "repository"),
		deployKeysOf(project, "OnProject", "project")...)
}

func deployKeysOf(many, call, thing string) []Operation {
	call = "DeployKeys." + call + "."
	one, scope := many+"/{key_id}", list(thing+":admin")
	read, write := granular("read:"+thing), granular("read:"+thing, "admin:"+thing)
	return []Operation{
		{
			Method: get, Pattern: many, Call: call + "List",
			Scopes: scope, Granular: read, Credentials: People,
		},
		{
			Method: get, Pattern: one, Call: call + "Get",
			Scopes: scope, Granular: read, Credentials: People,
		},
		{
			Method: http.MethodPost, Pattern: many, Call: call + "Add",
			Scopes: scope, Granular: write, Credentials: People,
		},
		{
			Method: del, Pattern: one, Call: call + "Delete",
			Scopes: scope, Granular: write, Credentials: People,
		},
	}
}

func search() []Operation {
	const until = "2026-11-01"
	scope, read := list("repository"), granular("read:repository")
	return []Operation{
		{
			Method: get, Pattern: "/2.0/users/{selected_user}/search/code", Call: "Search.Code",
			Scopes: scope, Granular: read, Credentials: SignedIn, State: Deprecated, Until: until,
		},
		{
			Method: get, Pattern: "/2.0/workspaces/{workspace}/search/code",
			Scopes: scope, Granular: read, Credentials: SignedIn, State: Deprecated, Until: until,
		},
	}
}

// leftovers are what outlived the 1.0 API, for reading. An API token reads them; that it needs
// read:workspace for it is a guess.
func leftovers() []Operation {
	const groups, invitations = "/1.0/groups/{workspace_slug}", "/1.0/invitations/{workspace_slug}"
	var all []Operation
	for _, row := range [...]struct{ pattern, call string }{
		{groups, "Groups.List"},
		{groups + "/{group_slug}", "Groups.Get"},
		{groups + "/{group_slug}/members", "Groups.ListMembers"},
		{"/1.0/group-privileges/{workspace_slug}", "GroupPrivileges.List"},
		{invitations, "Invitations.List"},
		{invitations + "/{repo_slug}", "Invitations.ListOfRepository"},
	} {
		all = append(all, Operation{
			Method: get, Pattern: row.pattern, Call: "v1." + row.call,
			Scopes: list("account"), Granular: granular("read:workspace"), Credentials: People,
		})
	}
	return all
}
