package openapi

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/seed-9213fc64/bitbucket"
)

// operation is one operation of the document with a call of it. The call gives how many items it read.
type operation struct {
	name    string // as in the document: "GET /2.0/user"
	paged   bool
	oauth   bool // API tokens do not reach it
	removed bool
	public  bool // needs no credential
	counted bool // its pages have numbers, whatever other lists have
	call    func(ctx context.Context, c *bitbucket.Client, opts ...bitbucket.CallOption) (int, error)
}

// templated reports whether the path names something.
func (o operation) templated() bool { return strings.Contains(o.name, "{") }

// picksOne reports whether the path ends in an ID that must be there, in a workspace or an account.
func (o operation) picksOne() bool {
	last := o.name[strings.LastIndex(o.name, "/")+1:]
	creates := strings.HasPrefix(o.name, "PUT ") && last == "{property_name}"
	return strings.HasPrefix(last, "{") && last != "{workspace}" && last != "{repo_slug}" && last != "{project_key}" && !creates
}

// reads reports whether the operation changes nothing.
func (o operation) reads() bool { return strings.HasPrefix(o.name, "GET ") }

func one[T any](_ *T, err error) (int, error) { return 1, err }

func all[T any](l *bitbucket.List[T]) (int, error) {
	items, err := l.Collect()
	return len(items), err
}

func none(err error) (int, error) { return 0, err }

// operations calls every operation of the document, on the things with these IDs. What is deleted comes last of its kind.
func operations(id ids) []operation {
	var table []operation
	table = append(table, userOperations(id)...)
	table = append(table, workspaceOperations(id)...)
	table = append(table, permissionOperations(id)...)
	table = append(table, grantOperations(id)...)
	table = append(table, variableOperations(id)...)
	table = append(table, propertyOperations(id)...)
	table = append(table, keyOperations(id)...)
	return append(table, otherOperations(id)...)
}

// Short names, for the rows of the table.
type (
	ctx    = context.Context
	client = *bitbucket.Client
	option = bitbucket.CallOption
)

func userOperations(id ids) []operation {
	return []operation{
		{name: "GET /2.0/user", call: func(ctx ctx, c client, o ...option) (int, error) { return one(c.Users.Current(ctx, o...)) }},
		{name: "GET /2.0/user/emails", paged: true, call: func(ctx ctx, c client, o ...option) (int, error) { return all(c.Users.ListEmails(ctx, o...)) }},
		{name: "GET /2.0/user/emails/{email}", call: func(ctx ctx, c client, o ...option) (int, error) {
			return one(c.Users.GetEmail(ctx, id.email, o...))
		}},
		{name: "GET /2.0/users/{selected_user}", public: true, call: func(ctx ctx, c client, o ...option) (int, error) {
			return one(c.Users.Get(ctx, id.other, o...))
		}},
	}
}

func workspaceOperations(id ids) []operation {
	return []operation{
		{name: "GET /2.0/user/workspaces", paged: true, call: func(ctx ctx, c client, o ...option) (int, error) { return all(c.Workspaces.List(ctx, o...)) }},
		{name: "GET /2.0/user/workspaces/{workspace}/permission", call: func(ctx ctx, c client, o ...option) (int, error) {
			return one(c.Workspaces.Membership(ctx, id.workspace, o...))
		}},
		{name: "GET /2.0/workspaces/{workspace}", call: func(ctx ctx, c client, o ...option) (int, error) {
			return one(c.Workspaces.Get(ctx, id.workspace, o...))
		}},
		{name: "GET /2.0/workspaces/{workspace}/members", paged: true, call: func(ctx ctx, c client, o ...option) (int, error) {
			return all(c.Workspaces.ListMembers(ctx, id.workspace, o...))
		}},
		{name: "GET /2.0/workspaces/{workspace}/members/{member}", call: func(ctx ctx, c client, o ...option) (int, error) {
			return one(c.Workspaces.GetMember(ctx, id.workspace, id.other, o...))
		}},
	}
}

func permissionOperations(id ids) []operation {
	return []operation{
		{name: "GET /2.0/user/workspaces/{workspace}/permissions/repositories", paged: true, call: func(ctx ctx, c client, o ...option) (int, error) {
			return all(c.Permissions.ListMine(ctx, id.workspace, o...))
		}},
		{name: "GET /2.0/user/permissions/repositories", paged: true, removed: true, call: func(ctx ctx, c client, o ...option) (int, error) {
			return all(c.Permissions.ListRepositories(ctx, o...))
		}},
		{name: "GET /2.0/user/permissions/workspaces", paged: true, removed: true, call: func(ctx ctx, c client, o ...option) (int, error) {
			return all(c.Permissions.ListWorkspaces(ctx, o...))
		}},
		{name: "GET /2.0/workspaces/{workspace}/permissions", paged: true, call: func(ctx ctx, c client, o ...option) (int, error) {
			return all(c.Permissions.ListWorkspaceMembers(ctx, id.workspace, o...))
		}},
		{name: "GET /2.0/workspaces/{workspace}/permissions/repositories", paged: true, call: func(ctx ctx, c client, o ...option) (int, error) {
			return all(c.Permissions.ListWorkspaceRepositories(ctx, id.workspace, o...))
		}},
		{name: "GET /2.0/workspaces/{workspace}/permissions/repositories/{repo_slug}", paged: true, call: func(ctx ctx, c client, o ...option) (int, error) {
			return all(c.Permissions.ListRepositoryUsers(ctx, id.workspace, id.repo, o...))
		}},
	}
}

func grantOperations(id ids) []operation {
	var table []operation
	for _, at := range []struct {
		base string
		on   func(client) *bitbucket.PermissionConfig
	}{
		{"/2.0/repositories/{workspace}/{repo_slug}",
			func(c client) *bitbucket.PermissionConfig { return c.Permissions.OnRepository(id.workspace, id.repo) }},
		{"/2.0/workspaces/{workspace}/projects/{project_key}",
			func(c client) *bitbucket.PermissionConfig { return c.Permissions.OnProject(id.workspace, id.project) }},
	} {
		users, groups := at.base+"/permissions-config/users", at.base+"/permissions-config/groups"
		table = append(table,
			operation{name: "GET " + users, paged: true, call: func(ctx ctx, c client, o ...option) (int, error) { return all(at.on(c).ListUsers(ctx, o...)) }},
			operation{name: "GET " + users + "/{selected_user_id}", call: func(ctx ctx, c client, o ...option) (int, error) {
				return one(at.on(c).GetUser(ctx, id.other, o...))
			}},
			operation{name: "PUT " + users + "/{selected_user_id}", call: func(ctx ctx, c client, o ...option) (int, error) {
				return one(at.on(c).SetUser(ctx, id.other, bitbucket.PermissionAdmin, o...))
			}},
			operation{name: "DELETE " + users + "/{selected_user_id}", call: func(ctx ctx, c client, o ...option) (int, error) {
				return none(at.on(c).RemoveUser(ctx, id.other, o...))
			}},
			operation{name: "GET " + groups, paged: true, call: func(ctx ctx, c client, o ...option) (int, error) { return all(at.on(c).ListGroups(ctx, o...)) }},
			operation{name: "GET " + groups + "/{group_slug}", call: func(ctx ctx, c client, o ...option) (int, error) {
				return one(at.on(c).GetGroup(ctx, id.group, o...))
			}},
			operation{name: "PUT " + groups + "/{group_slug}", call: func(ctx ctx, c client, o ...option) (int, error) {
				return one(at.on(c).SetGroup(ctx, id.group, bitbucket.PermissionWrite, o...))
			}},
			operation{name: "DELETE " + groups + "/{group_slug}", call: func(ctx ctx, c client, o ...option) (int, error) {
				return none(at.on(c).RemoveGroup(ctx, id.group, o...))
			}},
		)
	}
	return table
}

func variableOperations(id ids) []operation {
	var table []operation
	for _, at := range []struct {
		base, uuid string
		oauth      bool
		of         func(client) *bitbucket.Variables
	}{
		{"/2.0/users/{selected_user}/pipelines_config/variables", id.ownVariable, true,
			func(c client) *bitbucket.Variables { return c.Pipelines.UserVariables(id.self) }},
		{"/2.0/workspaces/{workspace}/pipelines-config/variables", id.variable, false,
			func(c client) *bitbucket.Variables { return c.Pipelines.WorkspaceVariables(id.workspace) }},
	} {
		item := at.base + "/{variable_uuid}"
		table = append(table,
			operation{name: "GET " + at.base, paged: true, oauth: at.oauth, call: func(ctx ctx, c client, o ...option) (int, error) { return all(at.of(c).List(ctx, o...)) }},
			operation{name: "POST " + at.base, oauth: at.oauth, call: func(ctx ctx, c client, o ...option) (int, error) {
				return one(at.of(c).Create(ctx, bitbucket.NewVariable{Key: "NEW", Value: "x", Secured: true}, o...))
			}},
			operation{name: "GET " + item, oauth: at.oauth, call: func(ctx ctx, c client, o ...option) (int, error) { return one(at.of(c).Get(ctx, at.uuid, o...)) }},
			operation{name: "PUT " + item, oauth: at.oauth, call: func(ctx ctx, c client, o ...option) (int, error) {
				return one(at.of(c).Update(ctx, at.uuid, bitbucket.VariableUpdate{Value: bitbucket.Set("")}, o...))
			}},
			operation{name: "DELETE " + item, oauth: at.oauth, call: func(ctx ctx, c client, o ...option) (int, error) { return none(at.of(c).Delete(ctx, at.uuid, o...)) }},
		)
	}
	return table
}

func propertyOperations(id ids) []operation {
	const pattern = "/2.0/users/{selected_user}/properties/{app_key}/{property_name}"
	return []operation{
		{name: "GET " + pattern, call: func(ctx ctx, c client, o ...option) (int, error) {
			return none(c.Properties.Get(ctx, id.self, id.appKey, id.property, &json.RawMessage{}, o...))
		}},
		{name: "PUT " + pattern, oauth: true, call: func(ctx ctx, c client, o ...option) (int, error) {
			return none(c.Properties.Put(ctx, id.self, id.appKey, id.property, map[string]any{"colour": nil}, o...))
		}},
		{name: "DELETE " + pattern, oauth: true, call: func(ctx ctx, c client, o ...option) (int, error) {
			return none(c.Properties.Delete(ctx, id.self, id.appKey, id.property, o...))
		}},
	}
}

func keyOperations(id ids) []operation {
	const ssh, gpg = "/2.0/users/{selected_user}/ssh-keys", "/2.0/users/{selected_user}/gpg-keys"
	return []operation{
		{name: "GET " + ssh, paged: true, call: func(ctx ctx, c client, o ...option) (int, error) { return all(c.SSHKeys.List(ctx, id.self, o...)) }},
		{name: "POST " + ssh, call: func(ctx ctx, c client, o ...option) (int, error) {
			return one(c.SSHKeys.Add(ctx, id.self, bitbucket.NewSSHKey{Key: newSSHKey, Label: bitbucket.Set(""), ExpiresOn: farOff()}, o...))
		}},
		{name: "GET " + ssh + "/{key_id}", call: func(ctx ctx, c client, o ...option) (int, error) {
			return one(c.SSHKeys.Get(ctx, id.self, id.sshKey, o...))
		}},
		{name: "PUT " + ssh + "/{key_id}", call: func(ctx ctx, c client, o ...option) (int, error) {
			return one(c.SSHKeys.Update(ctx, id.self, id.sshKey, bitbucket.SSHKeyUpdate{Label: bitbucket.Set("desk")}, o...))
		}},
		{name: "DELETE " + ssh + "/{key_id}", call: func(ctx ctx, c client, o ...option) (int, error) {
			return none(c.SSHKeys.Delete(ctx, id.self, id.sshKey, o...))
		}},
		{name: "GET " + gpg, paged: true, call: func(ctx ctx, c client, o ...option) (int, error) { return all(c.GPGKeys.List(ctx, id.self, o...)) }},
		{name: "POST " + gpg, call: func(ctx ctx, c client, o ...option) (int, error) {
			return one(c.GPGKeys.Add(ctx, id.self, bitbucket.NewGPGKey{Key: newGPGKey}, o...))
		}},
		{name: "GET " + gpg + "/{fingerprint}", call: func(ctx ctx, c client, o ...option) (int, error) {
			return one(c.GPGKeys.Get(ctx, id.self, id.gpgKey, o...))
		}},
		{name: "DELETE " + gpg + "/{fingerprint}", call: func(ctx ctx, c client, o ...option) (int, error) {
			return none(c.GPGKeys.Delete(ctx, id.self, id.gpgKey, o...))
		}},
	}
}

// otherOperations are code search and those that have no method, which Do reaches.
func otherOperations(id ids) []operation {
	plain := func(path string) func(ctx, client, ...option) (int, error) {
		return func(ctx ctx, c client, o ...option) (int, error) {
			return none(c.Do(ctx, "GET", path, nil, &json.RawMessage{}, o...))
		}
	}
	return []operation{
		{name: "GET /2.0/users/{selected_user}/search/code", paged: true, counted: true, call: func(ctx ctx, c client, o ...option) (int, error) {
			return all(c.Search.Code(ctx, id.self, "needle", o...))
		}},
		{name: "GET /2.0/workspaces", removed: true, call: plain("/2.0/workspaces")},
		{name: "GET /2.0/workspaces/{workspace}/projects", call: plain("/2.0/workspaces/" + id.workspace + "/projects?q=key%3D%22WEB%22&sort=-name")},
		{name: "GET /2.0/workspaces/{workspace}/projects/{project_key}", call: plain("/2.0/workspaces/" + id.workspace + "/projects/" + id.project)},
		{name: "GET /2.0/repositories", removed: true, call: plain("/2.0/repositories?role=member")},
		{name: "GET /2.0/repositories/{workspace}", call: plain("/2.0/repositories/" + id.workspace + "?role=admin&pagelen=1")},
		{name: "GET /2.0/repositories/{workspace}/{repo_slug}", call: plain("/2.0/repositories/" + id.workspace + "/" + id.repo)},
	}
}
