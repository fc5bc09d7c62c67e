package bitbucket

import (
	"context"
	"fmt"
	"net/http"
)

// OnRepository returns the explicit permissions on a repository. Nothing is sent.
func (s *PermissionsService) OnRepository(workspace, repo string) *PermissionConfig {
	return &PermissionConfig{s.client, at(repositoryGrants, workspace, repo)}
}

// OnProject returns the explicit permissions on a project, given by its key.
// Nothing is sent.
func (s *PermissionsService) OnProject(workspace, projectKey string) *PermissionConfig {
	return &PermissionConfig{s.client, at(projectGrants, workspace, projectKey)}
}

// A PermissionConfig is the explicit permissions on a repository or a project: what
// was granted there to users and groups, not what they may do in the end. Only its
// administrators may read or change it. Of the credentials, only an API token may
// change it; access tokens may not even read it.
//
// The endpoints start with GET /2.0/repositories/{workspace}/{repo_slug}/permissions-config
// or GET /2.0/workspaces/{workspace}/projects/{project_key}/permissions-config. Reading
// needs the scope repository:admin or project:admin; or read:repository:bitbucket or
// read:project:bitbucket. Setting needs admin:repository:bitbucket or
// admin:project:bitbucket with write:permission:bitbucket; removing needs it with
// delete:permission:bitbucket.
type PermissionConfig struct {
	client *Client
	at     endpoint
}

// ListUsers returns the users that were granted a permission in person. It takes
// no Query and no Sort.
//
// GET …/permissions-config/users.
func (p *PermissionConfig) ListUsers(ctx context.Context, opts ...CallOption) *List[UserPermission] {
	return list[UserPermission](ctx, p.client, p.at.under("/users"), opts)
}

// GetUser returns what a user was granted, which may be [PermissionNone].
//
// GET …/permissions-config/users/{selected_user_id}.
func (p *PermissionConfig) GetUser(ctx context.Context, user string, opts ...CallOption) (*UserPermission, error) {
	return get[UserPermission](ctx, p.client, p.at.under("/users/{selected_user_id}", user), opts)
}

// SetUser grants a permission to a user, who must be a member of the workspace
// and not its owner. [PermissionNone] is refused: use RemoveUser. When the plan has
// no seat left the error is [ErrPlanLimit].
//
// PUT …/permissions-config/users/{selected_user_id}.
func (p *PermissionConfig) SetUser(ctx context.Context, user string, permission Permission, opts ...CallOption) (*UserPermission, error) {
	return set[UserPermission](ctx, p, p.at.under("/users/{selected_user_id}", user), permission, opts)
}

// RemoveUser takes back what a user was granted. What the user holds through
// groups stays.
//
// DELETE …/permissions-config/users/{selected_user_id}.
func (p *PermissionConfig) RemoveUser(ctx context.Context, user string, opts ...CallOption) error {
	return p.client.do(ctx, http.MethodDelete, p.at.under("/users/{selected_user_id}", user), nil, nil, opts)
}

// ListGroups returns the groups that were granted a permission.
//
// GET …/permissions-config/groups.
func (p *PermissionConfig) ListGroups(ctx context.Context, opts ...CallOption) *List[GroupPermission] {
	return list[GroupPermission](ctx, p.client, p.at.under("/groups"), opts)
}

// GetGroup returns what a group was granted.
//
// GET …/permissions-config/groups/{group_slug}.
func (p *PermissionConfig) GetGroup(ctx context.Context, slug string, opts ...CallOption) (*GroupPermission, error) {
	return get[GroupPermission](ctx, p.client, p.at.under("/groups/{group_slug}", slug), opts)
}

// SetGroup grants a permission to a group. [PermissionNone] is refused: use
// RemoveGroup.
//
// PUT …/permissions-config/groups/{group_slug}.
func (p *PermissionConfig) SetGroup(ctx context.Context, slug string, permission Permission, opts ...CallOption) (*GroupPermission, error) {
	return set[GroupPermission](ctx, p, p.at.under("/groups/{group_slug}", slug), permission, opts)
}

// RemoveGroup takes back what a group was granted.
//
// DELETE …/permissions-config/groups/{group_slug}.
func (p *PermissionConfig) RemoveGroup(ctx context.Context, slug string, opts ...CallOption) error {
	return p.client.do(ctx, http.MethodDelete, p.at.under("/groups/{group_slug}", slug), nil, nil, opts)
}

// set grants a permission. What Bitbucket always refuses is refused here, since a
// refusal costs a call too.
func set[T any](ctx context.Context, p *PermissionConfig, to endpoint, permission Permission, opts []CallOption) (*T, error) {
	if permission == "" || permission == PermissionNone {
		return nil, fmt.Errorf("%w: permission %q cannot be granted; use RemoveUser or RemoveGroup to take one back", ErrBadRequest, permission)
	}
	body := struct {
		Permission Permission `json:"permission"`
	}{permission} // nothing else is allowed beside it
	return send[T](ctx, p.client, http.MethodPut, to, body, opts)
}

// A UserPermission is an explicit grant to a user.
type UserPermission struct {
	Type       string     `json:"type"` // repository_user_permission, project_user_permission
	Permission Permission `json:"permission"`
	User       User       `json:"user"`
	Repository Repository `json:"repository,omitzero"` // documented, but not always sent
	Project    Project    `json:"project,omitzero"`    // likewise
	Links      Links      `json:"links,omitzero"`
}

// A GroupPermission is an explicit grant to a group.
type GroupPermission struct {
	Type       string     `json:"type"` // repository_group_permission, project_group_permission
	Permission Permission `json:"permission"`
	Group      Group      `json:"group"`
	Repository Repository `json:"repository,omitzero"`
	Project    Project    `json:"project,omitzero"`
	Links      Links      `json:"links,omitzero"`
}

// A Group is a named set of members of a workspace.
type Group struct {
	Type      string    `json:"type"`
	Name      string    `json:"name,omitzero"`
	Slug      string    `json:"slug,omitzero"`
	FullSlug  string    `json:"full_slug,omitzero"` // workspace:group
	Owner     User      `json:"owner,omitzero"`
	Workspace Workspace `json:"workspace,omitzero"`
	Links     Links     `json:"links,omitzero"`
}
