package doctor

import (
	"net/url"
	"strings"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/v1"
)

// An operation is one that reads. The library's table, which a test compares, says what each needs;
// what this one adds is how to try it.
type operation struct {
	name    string // of the method in the library; "GET /2.0/…" where there is none
	pattern string
	shape   shape

	// gives says which member of the answer, of the first item of a list, identifies what another
	// operation is about: by the parameter that stands for it.
	gives map[string]string

	query []bitbucket.CallOption
	takes string // which kinds of credential; API tokens and those of OAuth when it is empty

	removed string // since when Bitbucket answers 410 here, which needs no call to know
	instead string // what replaces it
}

// Sets of kinds of credential that an operation takes.
const (
	people    = "an API token or an OAuth token"
	onlyOAuth = "an OAuth token"
	notPlaces = "an API token, an OAuth token or a workspace access token"
	everybody = "an API token, an OAuth token, a repository access token, a project access token " +
		"or a workspace access token"
)

// operations are all that read, in the order in which they are tried: what an audit needs comes
// first, then what shows another scope, then single things of lists, and last what Bitbucket has
// deprecated. A list comes before what needs an identifier out of it.
func operations() []operation {
	const (
		workspace  = "/2.0/workspaces/{workspace}"
		mine       = "/2.0/user/workspaces/{workspace}"
		repository = "/2.0/repositories/{workspace}/{repo_slug}"
		project    = workspace + "/projects/{project_key}"
		user       = "/2.0/users/{selected_user}"
		config     = "/permissions-config/"
		variables  = "/pipelines_config/variables"
		deployment = repository + "/deployments_config/environments/{environment_uuid}/variables"
		groups     = "/1.0/groups/{workspace_slug}"
		invited    = "/1.0/invitations/{workspace_slug}"
	)
	type of = map[string]string
	member, variable := of{"member": "user.uuid"}, of{"variable_uuid": "uuid"}
	grantee, group := of{"selected_user_id": "user.uuid"}, of{"group_slug": "group.slug"}
	key := of{"key_id": "id"}
	search := []bitbucket.CallOption{bitbucket.Param("search_query", "main")}
	return []operation{
		{
			name: "Users.Current", pattern: "/2.0/user", shape: object[bitbucket.User](),
			gives: of{"selected_user": "uuid"},
		},
		{
			name: "Workspaces.List", pattern: "/2.0/user/workspaces",
			shape: listOf[bitbucket.WorkspaceAccess](), gives: of{"workspace": "workspace.slug"},
			takes: notPlaces,
		},
		{
			name: "Workspaces.Get", pattern: workspace, shape: object[bitbucket.Workspace](),
			gives: of{"workspace_slug": "slug"}, takes: everybody,
		},
		{
			name: "Workspaces.Membership", pattern: mine + "/permission",
			shape: object[bitbucket.WorkspaceMembership](),
		},
		{
			name: "Permissions.ListWorkspaceMembers", pattern: workspace + "/permissions",
			shape: listOf[bitbucket.WorkspaceMembership](),
		},
		{
			name:    "Permissions.ListWorkspaceRepositories",
			pattern: workspace + "/permissions/repositories",
			shape:   listOf[bitbucket.RepositoryPermission](),
		},
		{
			name: "Repositories.List", pattern: "/2.0/repositories/{workspace}",
			shape: listOf[bitbucket.Repository](), gives: of{"repo_slug": "slug"},
			takes: everybody,
		},
		{
			name: "Workspaces.ListProjects", pattern: workspace + "/projects",
			shape: listOf[bitbucket.Project](), gives: of{"project_key": "key"}, takes: everybody,
		},
		{
			name: "Workspaces.ListMembers", pattern: workspace + "/members",
			shape: listOf[bitbucket.WorkspaceMembership](), gives: member, takes: everybody,
		},
		{
			name: "v1.Groups.List", pattern: groups, shape: array[v1.Group](),
			gives: of{"group_slug": "slug"},
		},
		{name: "v1.Invitations.List", pattern: invited, shape: array[v1.Invitation]()},
		{
			name:    "Pipelines.WorkspaceVariables.List",
			pattern: workspace + "/pipelines-config/variables",
			shape:   listOf[bitbucket.Variable](), gives: variable, takes: notPlaces,
		},
		{
			name:    "Permissions.ListRepositoryUsers",
			pattern: workspace + "/permissions/repositories/{repo_slug}",
			shape:   listOf[bitbucket.RepositoryPermission](),
		},
		{
			name: "Permissions.OnRepository.ListUsers", pattern: repository + config + "users",
			shape: listOf[bitbucket.UserPermission](), gives: grantee,
		},
		{
			name: "Permissions.OnRepository.ListGroups", pattern: repository + config + "groups",
			shape: listOf[bitbucket.GroupPermission](), gives: group,
		},
		{
			name: "Permissions.OnProject.ListUsers", pattern: project + config + "users",
			shape: listOf[bitbucket.UserPermission](), gives: grantee,
		},
		{
			name: "Permissions.OnProject.ListGroups", pattern: project + config + "groups",
			shape: listOf[bitbucket.GroupPermission](), gives: group,
		},
		{
			name: "DeployKeys.OnRepository.List", pattern: repository + "/deploy-keys",
			shape: listOf[bitbucket.DeployKey](), gives: key,
		},
		{
			name: "DeployKeys.OnProject.List", pattern: project + "/deploy-keys",
			shape: listOf[bitbucket.DeployKey](), gives: key,
		},
		{
			name: "Pipelines.RepositoryVariables.List", pattern: repository + variables,
			shape: listOf[bitbucket.Variable](), gives: variable, takes: everybody,
		},
		{
			name:    "Repositories.ListBranchRestrictions",
			pattern: repository + "/branch-restrictions",
			shape:   listOf[bitbucket.BranchRestriction](), takes: everybody,
		},
		{
			name: "Permissions.ListMine", pattern: mine + "/permissions/repositories",
			shape: listOf[bitbucket.RepositoryPermission](),
		},
		{
			name: "Users.ListEmails", pattern: "/2.0/user/emails", shape: listOf[bitbucket.Email](),
			gives: of{"email": "email"},
		},
		{
			name: "SSHKeys.List", pattern: user + "/ssh-keys", shape: listOf[bitbucket.SSHKey](),
			gives: of{"key_id": "uuid"},
		},
		{
			name: "GPGKeys.List", pattern: user + "/gpg-keys", shape: listOf[bitbucket.GPGKey](),
			gives: of{"fingerprint": "fingerprint"},
		},

		{
			name: "v1.GroupPrivileges.List", pattern: "/1.0/group-privileges/{workspace_slug}",
			shape: array[v1.GroupPrivilege](),
		},
		{
			name: "Pipelines.ListEnvironments", pattern: repository + "/environments",
			shape: listOf[bitbucket.Environment](), gives: of{"environment_uuid": "uuid"},
			takes: everybody,
		},
		{
			name: "Pipelines.DeploymentVariables.List", pattern: deployment,
			shape: listOf[bitbucket.Variable](), gives: variable, takes: everybody,
		},
		{
			name: "v1.Invitations.ListOfRepository", pattern: invited + "/{repo_slug}",
			shape: array[v1.Invitation](),
		},

		{name: "Users.Get", pattern: user, shape: object[bitbucket.User](), takes: everybody},
		{
			name: "Users.GetEmail", pattern: "/2.0/user/emails/{email}",
			shape: object[bitbucket.Email](),
		},
		{
			name: "Workspaces.GetMember", pattern: workspace + "/members/{member}",
			shape: object[bitbucket.WorkspaceMembership](), takes: everybody,
		},
		{
			name: "Workspaces.GetProject", pattern: project, shape: object[bitbucket.Project](),
			takes: everybody,
		},
		{
			name: "Repositories.Get", pattern: repository, shape: object[bitbucket.Repository](),
			takes: everybody,
		},
		{
			name:    "Permissions.OnRepository.GetUser",
			pattern: repository + config + "users/{selected_user_id}",
			shape:   object[bitbucket.UserPermission](),
		},
		{
			name:    "Permissions.OnRepository.GetGroup",
			pattern: repository + config + "groups/{group_slug}",
			shape:   object[bitbucket.GroupPermission](),
		},
		{
			name:    "Permissions.OnProject.GetUser",
			pattern: project + config + "users/{selected_user_id}",
			shape:   object[bitbucket.UserPermission](),
		},
		{
			name:    "Permissions.OnProject.GetGroup",
			pattern: project + config + "groups/{group_slug}",
			shape:   object[bitbucket.GroupPermission](),
		},
		{
			name:    "Pipelines.WorkspaceVariables.Get",
			pattern: workspace + "/pipelines-config/variables/{variable_uuid}",
			shape:   object[bitbucket.Variable](), takes: notPlaces,
		},
		{
			name:    "Pipelines.RepositoryVariables.Get",
			pattern: repository + variables + "/{variable_uuid}",
			shape:   object[bitbucket.Variable](), takes: everybody,
		},
		{
			name: "Pipelines.DeploymentVariables.Get", pattern: deployment + "/{variable_uuid}",
			shape: object[bitbucket.Variable](), takes: everybody,
		},
		{
			name: "SSHKeys.Get", pattern: user + "/ssh-keys/{key_id}",
			shape: object[bitbucket.SSHKey](),
		},
		{
			name: "GPGKeys.Get", pattern: user + "/gpg-keys/{fingerprint}",
			shape: object[bitbucket.GPGKey](),
		},
		{
			name: "DeployKeys.OnRepository.Get", pattern: repository + "/deploy-keys/{key_id}",
			shape: object[bitbucket.DeployKey](),
		},
		{
			name: "DeployKeys.OnProject.Get", pattern: project + "/deploy-keys/{key_id}",
			shape: object[bitbucket.DeployKey](),
		},
		{name: "v1.Groups.Get", pattern: groups + "/{group_slug}", shape: object[v1.Group]()},
		{
			name: "v1.Groups.ListMembers", pattern: groups + "/{group_slug}/members",
			shape: array[v1.User](),
		},

		{
			name: "Pipelines.UserVariables.List", pattern: user + variables,
			shape: listOf[bitbucket.Variable](), gives: variable, takes: onlyOAuth,
		},
		{
			name: "Pipelines.UserVariables.Get", pattern: user + variables + "/{variable_uuid}",
			shape: object[bitbucket.Variable](), takes: onlyOAuth,
		},
		{
			name: "Properties.Get", pattern: user + "/properties/{app_key}/{property_name}",
			takes: everybody,
		},
		{
			name: "Search.Code", pattern: user + "/search/code",
			shape: listOf[bitbucket.CodeSearchResult](), query: search, takes: everybody,
		},
		{
			name: "GET " + workspace + "/search/code", pattern: workspace + "/search/code",
			shape: listOf[bitbucket.CodeSearchResult](), query: search, takes: everybody,
		},

		{
			name: "GET /2.0/workspaces", pattern: "/2.0/workspaces", removed: "2026-04-14",
			instead: "Workspaces.List",
		},
		{
			name: "GET /2.0/repositories", pattern: "/2.0/repositories", removed: "2026-04-14",
			instead: "Repositories.List for each workspace",
		},
		{
			name: "Permissions.ListRepositories", pattern: "/2.0/user/permissions/repositories",
			removed: "2026-04-14",
			instead: "Permissions.ListMine or Permissions.ListMineEverywhere",
		},
		{
			name: "Permissions.ListWorkspaces", pattern: "/2.0/user/permissions/workspaces",
			removed: "2026-04-14",
			instead: "Workspaces.List, and Workspaces.Membership for the role in one of them",
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
