package doctor

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"

	"github.com/seed-9213fc64/bitbucket"
	table "github.com/seed-9213fc64/bitbucket/internal/operations"
	"github.com/seed-9213fc64/bitbucket/v1"
)

// An operation is one that reads: its row of the library's table, and how to try it.
type operation struct {
	table.Operation
	name  string // of the method in the library; "GET /2.0/…" where there is none
	shape shape

	// gives says which member of the answer, of the first item of a list, identifies what another
	// operation is about: by the parameter that stands for it.
	gives map[string]string

	query []bitbucket.CallOption
}

// operations are all that read, in the order in which they are tried. Those that Bitbucket has
// removed come last: that they are needs no call to know.
func operations() []operation {
	rows, removed := map[string]table.Operation{}, []operation{}
	for _, row := range table.All() {
		if row.Method != http.MethodGet {
			continue
		}
		name := cmp.Or(row.Call, "GET "+row.Pattern)
		if rows[name] = row; row.State == table.Removed {
			removed = append(removed, operation{Operation: row, name: name})
		}
	}
	all := tries()
	for i := range all {
		all[i].Operation = rows[all[i].name]
	}
	return append(all, removed...)
}

// tries says how each operation is tried that Bitbucket has not removed: what an audit needs comes
// first, then what shows another scope, then single things of lists, and last what Bitbucket has
// deprecated. A list comes before what needs an identifier out of it.
func tries() []operation {
	type of = map[string]string
	member, variable := of{"member": "user.uuid"}, of{"variable_uuid": "uuid"}
	grantee, group := of{"selected_user_id": "user.uuid"}, of{"group_slug": "group.slug"}
	key := of{"key_id": "id"}
	search := []bitbucket.CallOption{bitbucket.Param("search_query", "main")}
	return []operation{
		{
			name:  "Users.Current",
			shape: object[bitbucket.User](), gives: of{"selected_user": "uuid"},
		},
		{
			name:  "Workspaces.List",
			shape: listOf[bitbucket.WorkspaceAccess](), gives: of{"workspace": "workspace.slug"},
		},
		{
			name:  "Workspaces.Get",
			shape: object[bitbucket.Workspace](), gives: of{"workspace_slug": "slug"},
		},
		{name: "Workspaces.Membership", shape: object[bitbucket.WorkspaceMembership]()},
		{name: "Permissions.ListWorkspaceMembers", shape: listOf[bitbucket.WorkspaceMembership]()},
		{
			name:  "Permissions.ListWorkspaceRepositories",
			shape: listOf[bitbucket.RepositoryPermission](),
		},
		{
			name:  "Repositories.List",
			shape: listOf[bitbucket.Repository](), gives: of{"repo_slug": "slug"},
		},
		{
			name:  "Workspaces.ListProjects",
			shape: listOf[bitbucket.Project](), gives: of{"project_key": "key"},
		},
		{
			name:  "Workspaces.ListMembers",
			shape: listOf[bitbucket.WorkspaceMembership](), gives: member,
		},
		{name: "v1.Groups.List", shape: array[v1.Group](), gives: of{"group_slug": "slug"}},
		{name: "v1.Invitations.List", shape: array[v1.Invitation]()},
		{
			name:  "Pipelines.WorkspaceVariables.List",
			shape: listOf[bitbucket.Variable](), gives: variable,
		},
		{name: "Permissions.ListRepositoryUsers", shape: listOf[bitbucket.RepositoryPermission]()},
		{
			name:  "Permissions.OnRepository.ListUsers",
			shape: listOf[bitbucket.UserPermission](), gives: grantee,
		},
		{
			name:  "Permissions.OnRepository.ListGroups",
			shape: listOf[bitbucket.GroupPermission](), gives: group,
		},
		{
			name:  "Permissions.OnProject.ListUsers",
			shape: listOf[bitbucket.UserPermission](), gives: grantee,
		},
		{
			name:  "Permissions.OnProject.ListGroups",
			shape: listOf[bitbucket.GroupPermission](), gives: group,
		},
		{name: "DeployKeys.OnRepository.List", shape: listOf[bitbucket.DeployKey](), gives: key},
		{name: "DeployKeys.OnProject.List", shape: listOf[bitbucket.DeployKey](), gives: key},
		{
			name:  "Pipelines.RepositoryVariables.List",
			shape: listOf[bitbucket.Variable](), gives: variable,
		},
		{name: "Repositories.ListBranchRestrictions", shape: listOf[bitbucket.BranchRestriction]()},
		{name: "Permissions.ListMine", shape: listOf[bitbucket.RepositoryPermission]()},
		{name: "Users.ListEmails", shape: listOf[bitbucket.Email](), gives: of{"email": "email"}},
		{name: "SSHKeys.List", shape: listOf[bitbucket.SSHKey](), gives: of{"key_id": "uuid"}},
		{
			name:  "GPGKeys.List",
			shape: listOf[bitbucket.GPGKey](), gives: of{"fingerprint": "fingerprint"},
		},

		{name: "v1.GroupPrivileges.List", shape: array[v1.GroupPrivilege]()},
		{
			name:  "Pipelines.ListEnvironments",
			shape: listOf[bitbucket.Environment](), gives: of{"environment_uuid": "uuid"},
		},
		{
			name:  "Pipelines.DeploymentVariables.List",
			shape: listOf[bitbucket.Variable](), gives: variable,
		},
		{name: "v1.Invitations.ListOfRepository", shape: array[v1.Invitation]()},

		{name: "Users.Get", shape: object[bitbucket.User]()},
		{name: "Users.GetEmail", shape: object[bitbucket.Email]()},
		{name: "Workspaces.GetMember", shape: object[bitbucket.WorkspaceMembership]()},
		{name: "Workspaces.GetProject", shape: object[bitbucket.Project]()},
		{name: "Repositories.Get", shape: object[bitbucket.Repository]()},
		{name: "Permissions.OnRepository.GetUser", shape: object[bitbucket.UserPermission]()},
		{name: "Permissions.OnRepository.GetGroup", shape: object[bitbucket.GroupPermission]()},
		{name: "Permissions.OnProject.GetUser", shape: object[bitbucket.UserPermission]()},
		{name: "Permissions.OnProject.GetGroup", shape: object[bitbucket.GroupPermission]()},
		{name: "Pipelines.WorkspaceVariables.Get", shape: object[bitbucket.Variable]()},
		{name: "Pipelines.RepositoryVariables.Get", shape: object[bitbucket.Variable]()},
		{name: "Pipelines.DeploymentVariables.Get", shape: object[bitbucket.Variable]()},
		{name: "SSHKeys.Get", shape: object[bitbucket.SSHKey]()},
		{name: "GPGKeys.Get", shape: object[bitbucket.GPGKey]()},
		{name: "DeployKeys.OnRepository.Get", shape: object[bitbucket.DeployKey]()},
		{name: "DeployKeys.OnProject.Get", shape: object[bitbucket.DeployKey]()},
		{name: "v1.Groups.Get", shape: object[v1.Group]()},
		{name: "v1.Groups.ListMembers", shape: array[v1.User]()},

		{
			name:  "Pipelines.UserVariables.List",
			shape: listOf[bitbucket.Variable](), gives: variable,
		},
		{name: "Pipelines.UserVariables.Get", shape: object[bitbucket.Variable]()},
		{name: "Properties.Get"},
		{name: "Search.Code", shape: listOf[bitbucket.CodeSearchResult](), query: search},
		{
			name:  "GET /2.0/workspaces/{workspace}/search/code",
			shape: listOf[bitbucket.CodeSearchResult](), query: search,
		},
	}
}

// identifiers are what is known of the things that operations are about, by the parameter of a path
// that stands for one. Most parameters mean another thing below another list, so they are told
// apart by all that comes before; see [everywhere].
type identifiers map[string]string

// everywhere are the parameters that stand for the same thing in every path.
var everywhere = map[string]bool{
	"workspace": true, "workspace_slug": true, "repo_slug": true, "selected_user": true,
	"environment_uuid": true,
}

// learn keeps an identifier, unless there is one already. What could lead a path elsewhere is none.
func (ids identifiers) learn(pattern, parameter, id string) {
	key := keyOf(pattern, parameter)
	if ids[key] == "" && id != "." && id != ".." {
		ids[key] = id
	}
}

func keyOf(before, parameter string) string {
	if everywhere[parameter] {
		return parameter
	}
	return before + "/{" + parameter + "}"
}

// path fills in a pattern, or returns the first parameter that nothing is known for.
func (ids identifiers) path(pattern string) (path, missing string) {
	before := ""
	for segment := range strings.SplitSeq(pattern[1:], "/") {
		sent := segment
		if parameter, is := strings.CutPrefix(segment, "{"); is {
			parameter = strings.TrimSuffix(parameter, "}")
			id := ids[keyOf(before, parameter)]
			if id == "" {
				return "", segment
			}
			sent = url.PathEscape(id)
		}
		before += "/" + segment
		path += "/" + sent
	}
	return path, ""
}
