package bitbucket

import (
	"context"
	"fmt"
	"net/http"
)

// OnRepository returns the explicit permissions on a repository. It makes no call. The
// endpoints begin with /2.0/repositories/{workspace}/{repo_slug}/permissions-config.
func (s *PermissionsService) OnRepository(workspace, repo string) *PermissionConfig {
	return &PermissionConfig{s.core, at("/2.0/repositories/{workspace}/{repo_slug}/permissions-config", workspace, repo)}
}

// OnProject returns the explicit permissions on a project, given by its key. It makes no call.
// The endpoints begin with
// /2.0/workspaces/{workspace}/projects/{project_key}/permissions-config.
func (s *PermissionsService) OnProject(workspace, projectKey string) *PermissionConfig {
	return &PermissionConfig{s.core, at("/2.0/workspaces/{workspace}/projects/{project_key}/permissions-config", workspace, projectKey)}
}

// A PermissionConfig reads and changes the explicit permissions on a repository or a project:
// those that were granted there to users and groups, rather than their effective permissions.
// All methods require an administrator of the repository or project. Changes require an API
// token; access tokens cannot even read.
//
// A user is given by UUID or Atlassian account ID. Bitbucket takes a name as well, which may be that of
// somebody else: compare the UUID of the user that comes back with the one that was meant. RemoveUser
// returns no user to compare.
type PermissionConfig struct {
	core *core
	at   endpoint
}

// ListUsers returns the users that were granted a permission directly. It accepts neither Query
// nor Sort.
//
// GET …/permissions-config/users. Scope on a repository: repository:admin, or
// read:repository:bitbucket. Scope on a project: project:admin, or read:project:bitbucket.
func (p *PermissionConfig) ListUsers(
	ctx context.Context, opts ...CallOption,
) *List[UserPermission] {
	return list[UserPermission](ctx, p.core, p.at.under("/users"), opts)
}

// GetUser returns the permission granted to a user, given by UUID or Atlassian account ID. It may be
// [PermissionNone].
//
// GET …/permissions-config/users/{selected_user_id}. Scope on a repository: repository:admin,
// or read:repository:bitbucket. Scope on a project: project:admin, or read:project:bitbucket.
func (p *PermissionConfig) GetUser(
	ctx context.Context, user string, opts ...CallOption,
) (*UserPermission, error) {
	return get[UserPermission](ctx, p.core, p.at.under("/users/{selected_user_id}", user), opts)
}

// SetUser grants a permission to a user, given by UUID or Atlassian account ID: by a name somebody
// else may get it. The user must be a member of the workspace and not its owner. [PermissionNone]
// cannot be granted: call RemoveUser instead. The error is [ErrPlanLimit] if the plan of the
// workspace allows no more users.
//
// PUT …/permissions-config/users/{selected_user_id}. Scope on a repository: repository:admin,
// or admin:repository:bitbucket and write:permission:bitbucket. Scope on a project:
// project:admin, or admin:project:bitbucket and write:permission:bitbucket.
func (p *PermissionConfig) SetUser(
	ctx context.Context, user string, permission Permission, opts ...CallOption,
) (*UserPermission, error) {
	return set[UserPermission](ctx, p, p.at.under("/users/{selected_user_id}", user), permission, opts)
}

// RemoveUser revokes the permission granted to a user, given by UUID or Atlassian account ID.
// Permissions that the user has through groups remain.
//
// DELETE …/permissions-config/users/{selected_user_id}. Scope on a repository:
// repository:admin, or admin:repository:bitbucket and delete:permission:bitbucket. Scope on a
// project: project:admin, or admin:project:bitbucket and delete:permission:bitbucket.
func (p *PermissionConfig) RemoveUser(ctx context.Context, user string, opts ...CallOption) error {
	return p.core.do(ctx, http.MethodDelete, p.at.under("/users/{selected_user_id}", user), nil, opts)
}

// ListGroups returns the groups that were granted a permission.
//
// GET …/permissions-config/groups. Scope on a repository: repository:admin, or
// read:repository:bitbucket. Scope on a project: project:admin, or read:project:bitbucket.
func (p *PermissionConfig) ListGroups(
	ctx context.Context, opts ...CallOption,
) *List[GroupPermission] {
	return list[GroupPermission](ctx, p.core, p.at.under("/groups"), opts)
}

// GetGroup returns the permission granted to a group.
//
// GET …/permissions-config/groups/{group_slug}. Scope on a repository: repository:admin, or
// read:repository:bitbucket. Scope on a project: project:admin, or read:project:bitbucket.
func (p *PermissionConfig) GetGroup(
	ctx context.Context, slug string, opts ...CallOption,
) (*GroupPermission, error) {
	return get[GroupPermission](ctx, p.core, p.at.under("/groups/{group_slug}", slug), opts)
}

// SetGroup grants a permission to a group. [PermissionNone] cannot be granted: call RemoveGroup
// instead.
//
// PUT …/permissions-config/groups/{group_slug}. Scope on a repository: repository:admin, or
// admin:repository:bitbucket and write:permission:bitbucket. Scope on a project: project:admin,
// or admin:project:bitbucket and write:permission:bitbucket.
func (p *PermissionConfig) SetGroup(
	ctx context.Context, slug string, permission Permission, opts ...CallOption,
) (*GroupPermission, error) {
	return set[GroupPermission](ctx, p, p.at.under("/groups/{group_slug}", slug), permission, opts)
}

// RemoveGroup revokes the permission granted to a group.
//
// DELETE …/permissions-config/groups/{group_slug}. Scope on a repository: repository:admin, or
// admin:repository:bitbucket and delete:permission:bitbucket. Scope on a project:
// project:admin, or admin:project:bitbucket and delete:permission:bitbucket.
func (p *PermissionConfig) RemoveGroup(ctx context.Context, slug string, opts ...CallOption) error {
	return p.core.do(ctx, http.MethodDelete, p.at.under("/groups/{group_slug}", slug), nil, opts)
}

// set grants a permission. It rejects what Bitbucket always rejects, since even a refusal costs
// a call.
func set[T any](
	ctx context.Context, p *PermissionConfig, to endpoint, permission Permission, opts []CallOption,
) (*T, error) {
	if permission == "" || permission == PermissionNone {
		return nil, fmt.Errorf("%w: permission %q cannot be granted; use RemoveUser or RemoveGroup to take one back", ErrBadRequest, permission)
	}
	body := struct {
		Permission Permission `json:"permission"`
	}{permission} // nothing else is allowed beside it
	return send[T](ctx, p.core, http.MethodPut, to, body, opts)
}

// A UserPermission is a permission granted to a user explicitly.
type UserPermission struct {
	Type       string     `json:"type"` // repository_user_permission, project_user_permission
	Permission Permission `json:"permission"`
	User       User       `json:"user"`
	Repository Repository `json:"repository,omitzero"` // documented, but not always sent
	Project    Project    `json:"project,omitzero"`    // likewise
	Links      Links      `json:"links,omitzero"`
}

func (p *UserPermission) field(member []byte) any {
	switch string(member) {
	case "type":
		return &p.Type
	case "permission":
		return &p.Permission
	case "user":
		return &p.User
	case "repository":
		return &p.Repository
	case "project":
		return &p.Project
	case "links":
		return &p.Links
	}
	return nil
}

func (*UserPermission) evidence(member, value []byte) bool {
	switch string(member) {
	case "user", "permission":
		return true
	}
	return string(member) == "type" && isText(value, "repository_user_permission", "project_user_permission")
}

func (p *UserPermission) identity() string { return p.User.id() }

func (p *UserPermission) settle() { p.Repository.settle() }

// A GroupPermission is a permission granted to a group explicitly.
type GroupPermission struct {
	Type       string     `json:"type"` // repository_group_permission, project_group_permission
	Permission Permission `json:"permission"`
	Group      Group      `json:"group"`
	Repository Repository `json:"repository,omitzero"`
	Project    Project    `json:"project,omitzero"`
	Links      Links      `json:"links,omitzero"`
}

func (*GroupPermission) evidence(member, value []byte) bool {
	switch string(member) {
	case "group", "permission":
		return true
	}
	return string(member) == "type" && isText(value, "repository_group_permission", "project_group_permission")
}

func (p *GroupPermission) identity() string { return p.Group.Slug }

func (p *GroupPermission) settle() { p.Repository.settle() }
