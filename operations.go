package bitbucket

import "net/http"

// A state tells how Bitbucket stands to an operation.
type state string

const (
	current    state = "current"
	deprecated state = "deprecated" // answers still, and will end
	removed    state = "removed"    // answers 410
)

// An operation is one row of what this library covers. The README's table, the
// tests and the in-memory Bitbucket are checked against these rows, and an Error
// takes its advice from them.
type operation struct {
	method       string
	pattern      string   // with Bitbucket's names of the parameters
	call         string   // the method that calls it
	scopes       []string // classic OAuth scopes
	granular     []string // scopes of API tokens
	state        state
	replacement  string // what to call when it is gone
	apiTokenOnly bool   // Bitbucket takes no other credential
}

const (
	mineInWorkspace    = "/2.0/user/workspaces/{workspace}/permissions/repositories"
	repositoryGrants   = "/2.0/repositories/{workspace}/{repo_slug}/permissions-config"
	projectGrants      = "/2.0/workspaces/{workspace}/projects/{project_key}/permissions-config"
	userVariables      = "/2.0/users/{selected_user}/pipelines_config/variables"
	workspaceVariables = "/2.0/workspaces/{workspace}/pipelines-config/variables"
	userProperty       = "/2.0/users/{selected_user}/properties/{app_key}/{property_name}"
	sshKeys            = "/2.0/users/{selected_user}/ssh-keys"
	gpgKeys            = "/2.0/users/{selected_user}/gpg-keys"
)

func scopes(s ...string) []string { return s }

// operations returns the table.
func operations() []operation {
	table := []operation{
		{method: http.MethodGet, pattern: "/2.0/user", call: "Users.Current", scopes: scopes("account"), granular: scopes("read:user:bitbucket")},
		{method: http.MethodGet, pattern: "/2.0/users/{selected_user}", call: "Users.Get", granular: scopes("read:user:bitbucket")},
		{method: http.MethodGet, pattern: "/2.0/user/emails", call: "Users.ListEmails", scopes: scopes("email"), granular: scopes("read:user:bitbucket")},
		{method: http.MethodGet, pattern: "/2.0/user/emails/{email}", call: "Users.GetEmail", scopes: scopes("email"), granular: scopes("read:user:bitbucket")},

		{method: http.MethodGet, pattern: "/2.0/user/workspaces", call: "Workspaces.List", scopes: scopes("account"), granular: scopes("read:workspace:bitbucket")},
		{method: http.MethodGet, pattern: "/2.0/workspaces/{workspace}", call: "Workspaces.Get", granular: scopes("read:workspace:bitbucket")},
		{method: http.MethodGet, pattern: "/2.0/user/workspaces/{workspace}/permission", call: "Workspaces.Membership", scopes: scopes("account"), granular: scopes("read:workspace:bitbucket")},
		{method: http.MethodGet, pattern: "/2.0/workspaces/{workspace}/members", call: "Workspaces.ListMembers", scopes: scopes("account"), granular: scopes("read:workspace:bitbucket")},
		{method: http.MethodGet, pattern: "/2.0/workspaces/{workspace}/members/{member}", call: "Workspaces.GetMember", scopes: scopes("account"), granular: scopes("read:workspace:bitbucket")},

		{method: http.MethodGet, pattern: mineInWorkspace, call: "Permissions.ListMine", scopes: scopes("account", "repository"), granular: scopes("read:repository:bitbucket")},
		{method: http.MethodGet, pattern: "/2.0/user/permissions/repositories", call: "Permissions.ListRepositories", scopes: scopes("account", "repository"), granular: scopes("read:repository:bitbucket"), state: removed, replacement: "Permissions.ListMine or Permissions.ListMineEverywhere"},
		{method: http.MethodGet, pattern: "/2.0/user/permissions/workspaces", call: "Permissions.ListWorkspaces", scopes: scopes("account"), granular: scopes("read:workspace:bitbucket", "read:user:bitbucket"), state: removed, replacement: "Workspaces.List, and Workspaces.Membership for the role in one of them"},
		{method: http.MethodGet, pattern: "/2.0/workspaces/{workspace}/permissions", call: "Permissions.ListWorkspaceMembers", scopes: scopes("account"), granular: scopes("read:workspace:bitbucket")},
		{method: http.MethodGet, pattern: "/2.0/workspaces/{workspace}/permissions/repositories", call: "Permissions.ListWorkspaceRepositories", scopes: scopes("account"), granular: scopes("read:repository:bitbucket")},
		{method: http.MethodGet, pattern: "/2.0/workspaces/{workspace}/permissions/repositories/{repo_slug}", call: "Permissions.ListRepository", scopes: scopes("repository"), granular: scopes("read:repository:bitbucket")},
	}
	table = append(table, grantOperations(repositoryGrants, "Permissions.OnRepository", "repository")...)
	table = append(table, grantOperations(projectGrants, "Permissions.OnProject", "project")...)
	table = append(table, variableOperations(userVariables, "Pipelines.UserVariables", nil, nil, deprecated)...)
	table = append(table, variableOperations(workspaceVariables, "Pipelines.WorkspaceVariables", scopes("read:pipeline:bitbucket"), scopes("admin:pipeline:bitbucket"), current)...)
	table = append(table,
		operation{method: http.MethodGet, pattern: userProperty, call: "Properties.Get", granular: scopes("admin:workspace:bitbucket")},
		operation{method: http.MethodPut, pattern: userProperty, call: "Properties.Put"},
		operation{method: http.MethodDelete, pattern: userProperty, call: "Properties.Delete"},

		operation{method: http.MethodGet, pattern: sshKeys, call: "SSHKeys.List", scopes: scopes("account"), granular: scopes("read:ssh-key:bitbucket")},
		operation{method: http.MethodGet, pattern: sshKeys + "/{key_id}", call: "SSHKeys.Get", scopes: scopes("account"), granular: scopes("read:ssh-key:bitbucket")},
		operation{method: http.MethodPost, pattern: sshKeys, call: "SSHKeys.Add", scopes: scopes("account:write"), granular: scopes("write:ssh-key:bitbucket")},
		operation{method: http.MethodPut, pattern: sshKeys + "/{key_id}", call: "SSHKeys.Update", scopes: scopes("account:write"), granular: scopes("write:ssh-key:bitbucket")},
		operation{method: http.MethodDelete, pattern: sshKeys + "/{key_id}", call: "SSHKeys.Delete", scopes: scopes("account:write"), granular: scopes("delete:ssh-key:bitbucket")},

		operation{method: http.MethodGet, pattern: gpgKeys, call: "GPGKeys.List", scopes: scopes("account"), granular: scopes("read:gpg-key:bitbucket")},
		operation{method: http.MethodGet, pattern: gpgKeys + "/{fingerprint}", call: "GPGKeys.Get", scopes: scopes("account"), granular: scopes("read:gpg-key:bitbucket")},
		operation{method: http.MethodPost, pattern: gpgKeys, call: "GPGKeys.Add", scopes: scopes("account:write"), granular: scopes("write:gpg-key:bitbucket")},
		operation{method: http.MethodDelete, pattern: gpgKeys + "/{fingerprint}", call: "GPGKeys.Delete", scopes: scopes("account:write"), granular: scopes("delete:gpg-key:bitbucket")},

		operation{method: http.MethodGet, pattern: "/2.0/users/{selected_user}/search/code", call: "Search.Code", scopes: scopes("repository"), granular: scopes("read:repository:bitbucket"), state: deprecated},
	)
	for i := range table {
		if table[i].state == "" {
			table[i].state = current
		}
	}
	return table
}

// grantOperations are the explicit permissions on a repository or a project.
func grantOperations(at, call, on string) []operation {
	admin := scopes(on + ":admin")
	read := scopes("read:" + on + ":bitbucket")
	write := scopes("admin:"+on+":bitbucket", "write:permission:bitbucket")
	remove := scopes("admin:"+on+":bitbucket", "delete:permission:bitbucket")
	var table []operation
	for _, who := range [...]struct{ path, id, list, one string }{
		{"/users", "/{selected_user_id}", "ListUsers", "User"},
		{"/groups", "/{group_slug}", "ListGroups", "Group"},
	} {
		one := at + who.path + who.id
		table = append(table,
			operation{method: http.MethodGet, pattern: at + who.path, call: call + "." + who.list, scopes: admin, granular: read},
			operation{method: http.MethodGet, pattern: one, call: call + ".Get" + who.one, scopes: admin, granular: read},
			operation{method: http.MethodPut, pattern: one, call: call + ".Set" + who.one, scopes: admin, granular: write, apiTokenOnly: true},
			operation{method: http.MethodDelete, pattern: one, call: call + ".Remove" + who.one, scopes: admin, granular: remove, apiTokenOnly: true},
		)
	}
	return table
}

// variableOperations are the pipeline variables of a user or a workspace.
func variableOperations(at, call string, read, write []string, s state) []operation {
	one := at + "/{variable_uuid}"
	return []operation{
		{method: http.MethodGet, pattern: at, call: call + ".List", scopes: scopes("pipeline"), granular: read, state: s},
		{method: http.MethodGet, pattern: one, call: call + ".Get", scopes: scopes("pipeline"), granular: read, state: s},
		{method: http.MethodPost, pattern: at, call: call + ".Create", scopes: scopes("pipeline:variable"), granular: write, state: s},
		{method: http.MethodPut, pattern: one, call: call + ".Update", scopes: scopes("pipeline:variable"), granular: write, state: s},
		{method: http.MethodDelete, pattern: one, call: call + ".Delete", scopes: scopes("pipeline:variable"), granular: write, state: s},
	}
}

// findOperation finds the row of a call. It is for errors, so it may take its time.
func findOperation(method, pattern string) (operation, bool) {
	for _, op := range operations() {
		if op.method == method && op.pattern == pattern {
			return op, true
		}
	}
	return operation{}, false
}
