package bitbuckettest

import (
	"net/http"
	"slices"
)

// State says whether Bitbucket still serves a route.
type State string

// The states of a route.
const (
	Current    State = "current"
	Deprecated State = "deprecated"
	Removed    State = "removed" // answers 410 without [Legacy]
)

// Route is an operation of the server, with Bitbucket's own names of parameters.
type Route struct {
	Method   string
	Pattern  string   // such as /2.0/users/{selected_user}/ssh-keys/{key_id}
	Scopes   []string // classic scopes that OAuth tokens and access tokens need, all of them
	Granular []string // scopes that API tokens need, all of them
	State    State
}

// Routes lists all operations of version 2, in no order that means anything.
func (s *Server) Routes() []Route {
	var all []Route
	for _, r := range s.routes {
		if !r.site {
			copied := r.Route
			copied.Scopes, copied.Granular = slices.Clone(r.Scopes), slices.Clone(r.Granular)
			all = append(all, copied)
		}
	}
	return all
}

type route struct {
	Route
	takes    kind // kinds of credential
	handle   handler
	paging   paging
	segments []string
	site     bool // of the OAuth pages, which know nothing of credentials, scopes and the throttle
}

const (
	get  = http.MethodGet
	post = http.MethodPost
	put  = http.MethodPut
	del  = http.MethodDelete
)

// table lists every route. Of two that match the same path, the first one counts.
func (s *Server) table() []*route {
	all := slices.Concat(userRoutes(), workspaceRoutes(), permissionRoutes(), configRoutes(),
		variableRoutes(), propertyRoutes(), keyRoutes(), searchRoutes(), siteRoutes())
	for _, r := range all {
		r.segments, _ = split(r.Pattern)
		if r.State == "" {
			r.State = Current
		}
	}
	return all
}

// on begins a row of the table.
func on(method, pattern string, takes kind, handle handler) *route {
	return &route{Route: Route{Method: method, Pattern: pattern}, takes: takes, handle: handle}
}

// scopes sets the classic scopes that a route needs.
func (r *route) scopes(names ...string) *route { r.Scopes = names; return r }

// granular sets the scopes that a route needs from an API token, without their ending.
func (r *route) granular(names ...string) *route {
	for _, name := range names {
		r.Granular = append(r.Granular, name+":bitbucket")
	}
	return r
}

// state marks a route that is on its way out.
func (r *route) state(state State) *route { r.State = state; return r }

// pages sets how the lists of a route are cut.
func (r *route) pages(p paging) *route { r.paging = p; return r }

func userRoutes() []*route {
	return []*route{
		on(get, "/2.0/user", people, (*call).getCurrentUser).scopes("account").granular("read:user"),
		on(get, "/2.0/user/emails", people, (*call).listEmails).scopes("email").granular("read:user"),
		on(get, "/2.0/user/emails/{email}", people, (*call).getEmail).scopes("email").granular("read:user"),
		on(get, "/2.0/users/{selected_user}", anonymous|signedIn, (*call).getUser).granular("read:user"),
	}
}

func workspaceRoutes() []*route {
	return []*route{
		on(get, "/2.0/user/workspaces", people|workspaceToken, (*call).listMyWorkspaces).
			scopes("account").granular("read:workspace").pages(paging{length: 25, fields: slugFields()}),
		on(get, "/2.0/user/workspaces/{workspace}/permission", people, (*call).getMyMembership).
			scopes("account").granular("read:workspace"),
		on(get, "/2.0/workspaces", people, (*call).listWorkspaces).state(Removed).
			scopes("account").granular("read:workspace").pages(paging{fields: slugFields()}),
		on(get, "/2.0/workspaces/{workspace}", signedIn, (*call).getWorkspace).granular("read:workspace"),
		on(get, "/2.0/workspaces/{workspace}/members", signedIn, (*call).listMembers).
			scopes("account").granular("read:workspace").pages(paging{fields: append(userFields(), "user.email", "permission")}),
		on(get, "/2.0/workspaces/{workspace}/members/{member}", signedIn, (*call).getMember).
			scopes("account").granular("read:workspace"),
		on(get, "/2.0/workspaces/{workspace}/projects", signedIn, (*call).listProjects).
			scopes("account").granular("read:project").
			pages(paging{fields: []string{"key", "name", "uuid", "is_private", "created_on", "updated_on"}}),
		on(get, "/2.0/workspaces/{workspace}/projects/{project_key}", signedIn, (*call).getProject).
			scopes("account").granular("read:project"),
		on(get, "/2.0/repositories", people, (*call).listAllRepositories).state(Removed).
			scopes("repository").granular("read:repository").pages(paging{fields: repositoryFields("")}),
		on(get, "/2.0/repositories/{workspace}", signedIn, (*call).listRepositories).
			scopes("repository").granular("read:repository").
			pages(paging{fields: append(repositoryFields(""), "project.key", "project.name", "project.uuid")}),
		on(get, "/2.0/repositories/{workspace}/{repo_slug}", signedIn, (*call).getRepository).
			scopes("repository").granular("read:repository"),
	}
}

func permissionRoutes() []*route {
	access := slices.Concat([]string{"permission"}, userFields(), repositoryFields("repository."))
	roles := slices.Concat([]string{"permission", "workspace.slug", "workspace.uuid", "workspace.name"}, userFields())
	return []*route{
		on(get, "/2.0/user/permissions/repositories", people, (*call).listMyRepositoriesEverywhere).state(Removed).
			scopes("account", "repository").granular("read:repository").pages(paging{fields: access, unsized: true}),
		on(get, "/2.0/user/permissions/workspaces", people, (*call).listMyMemberships).state(Removed).
			scopes("account").granular("read:workspace", "read:user").pages(paging{fields: roles, length: 50}),
		on(get, "/2.0/user/workspaces/{workspace}/permissions/repositories", people, (*call).listMyRepositories).
			scopes("account", "repository").granular("read:repository").pages(paging{fields: access}),
		on(get, "/2.0/workspaces/{workspace}/permissions", people, (*call).listRoles).
			scopes("account").granular("read:workspace").pages(paging{fields: roles}),
		on(get, "/2.0/workspaces/{workspace}/permissions/repositories", people, (*call).listWorkspaceAccess).
			scopes("account").granular("read:repository").pages(paging{fields: access}),
		on(get, "/2.0/workspaces/{workspace}/permissions/repositories/{repo_slug}", people, (*call).listRepositoryAccess).
			scopes("repository").granular("read:repository").pages(paging{fields: access}),
	}
}

// configRoutes are the explicit grants: on repositories and projects, of users and groups.
func configRoutes() []*route {
	var all []*route
	for _, of := range []struct{ base, thing string }{
		{"/2.0/repositories/{workspace}/{repo_slug}", "repository"},
		{"/2.0/workspaces/{workspace}/projects/{project_key}", "project"},
	} {
		all = append(all, grantRoutes(of.base+"/permissions-config/users", "/{selected_user_id}", of.thing, userGrants())...)
		all = append(all, grantRoutes(of.base+"/permissions-config/groups", "/{group_slug}", of.thing, groupGrants())...)
	}
	return all
}

func grantRoutes(base, id, thing string, of grantee) []*route {
	scope, read, admin := thing+":admin", "read:"+thing, "admin:"+thing
	return []*route{
		on(get, base, people, of.list).scopes(scope).granular(read),
		on(get, base+id, people, of.get).scopes(scope).granular(read),
		on(put, base+id, apiToken, of.put).scopes(scope).granular(admin, "write:permission"),
		on(del, base+id, apiToken, of.delete).scopes(scope).granular(admin, "delete:permission"),
	}
}

func variableRoutes() []*route {
	user, ws := "/2.0/users/{selected_user}/pipelines_config/variables", "/2.0/workspaces/{workspace}/pipelines-config/variables"
	all := slices.Concat(
		variableRoutesOf(user, oauthToken, Deprecated, (*call).userVariables),
		variableRoutesOf(ws, people|workspaceToken, Current, (*call).workspaceVariables))
	for _, r := range all {
		switch {
		case r.Method == get:
			r.scopes("pipeline")
		default:
			r.scopes("pipeline:variable")
		}
		switch {
		case r.State == Deprecated: // never got granular scopes
		case r.Method == get:
			r.granular("read:pipeline")
		default:
			r.granular("admin:pipeline")
		}
	}
	return all
}

func variableRoutesOf(base string, takes kind, state State, of variables) []*route {
	item := base + "/{variable_uuid}"
	return []*route{
		on(get, base, takes, of.list).state(state).pages(paging{service: true}),
		on(post, base, takes, of.create).state(state),
		on(get, item, takes, of.get).state(state),
		on(put, item, takes, of.update).state(state),
		on(del, item, takes, of.delete).state(state),
	}
}

func propertyRoutes() []*route {
	pattern := "/2.0/users/{selected_user}/properties/{app_key}/{property_name}"
	return []*route{
		on(get, pattern, signedIn, (*call).getProperty).state(Deprecated).granular("admin:workspace"),
		on(put, pattern, oauthToken, (*call).putProperty).state(Deprecated),
		on(del, pattern, oauthToken, (*call).deleteProperty).state(Deprecated),
	}
}

func keyRoutes() []*route {
	ssh, gpg := "/2.0/users/{selected_user}/ssh-keys", "/2.0/users/{selected_user}/gpg-keys"
	return []*route{
		on(get, ssh, people, (*call).listSSHKeys).scopes("account").granular("read:ssh-key"),
		on(post, ssh, people, (*call).addSSHKey).scopes("account:write").granular("read:ssh-key", "write:ssh-key"),
		on(get, ssh+"/{key_id}", people, (*call).getSSHKey).scopes("account").granular("read:ssh-key"),
		on(put, ssh+"/{key_id}", people, (*call).updateSSHKey).scopes("account:write").granular("read:ssh-key", "write:ssh-key"),
		on(del, ssh+"/{key_id}", people, (*call).deleteSSHKey).scopes("account:write").granular("delete:ssh-key"),
		on(get, gpg, people, (*call).listGPGKeys).scopes("account").granular("read:gpg-key"),
		on(post, gpg, people, (*call).addGPGKey).scopes("account:write").granular("read:gpg-key", "write:gpg-key"),
		on(get, gpg+"/{fingerprint}", people, (*call).getGPGKey).scopes("account").granular("read:gpg-key"),
		on(del, gpg+"/{fingerprint}", people, (*call).deleteGPGKey).scopes("account:write").granular("delete:gpg-key"),
	}
}

func searchRoutes() []*route {
	return []*route{
		on(get, "/2.0/users/{selected_user}/search/code", signedIn, (*call).searchCode).state(Deprecated).
			scopes("repository").granular("read:repository").pages(paging{most: 373}),
	}
}

func siteRoutes() []*route {
	token := on(post, "/site/oauth2/access_token", anonymous, (*call).token)
	authorize := on(get, "/site/oauth2/authorize", anonymous, (*call).authorizePage)
	token.site, authorize.site = true, true
	return []*route{token, authorize}
}

func slugFields() []string {
	return []string{"slug", "workspace.slug"}
}

func userFields() []string {
	return []string{"user.uuid", "user.account_id", "user.nickname", "user.display_name", "user.type"}
}

func repositoryFields(prefix string) []string {
	fields := []string{"name", "full_name", "uuid", "type"}
	if prefix == "" {
		fields = append(fields, "slug", "is_private", "language", "description", "size", "created_on", "updated_on")
	}
	for i, name := range fields {
		fields[i] = prefix + name
	}
	return fields
}
