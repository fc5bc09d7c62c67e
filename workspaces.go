package bitbucket

import "context"

// WorkspacesService is workspaces and who belongs to them. A workspace is given by
// its slug or its UUID.
type WorkspacesService struct{ client *Client }

// List returns the workspaces that the current user has access to, and whether as
// administrator. The workspaces are condensed: they have no name; see Get. The
// exact role in one of them is what Membership returns.
//
// GET /2.0/user/workspaces. Scope: account, or read:workspace:bitbucket.
func (s *WorkspacesService) List(ctx context.Context, opts ...CallOption) *List[WorkspaceAccess] {
	return list[WorkspaceAccess](ctx, s.client, at("/2.0/user/workspaces"), opts)
}

// Get returns a workspace. One that is private to others is [ErrNotFound].
//
// GET /2.0/workspaces/{workspace}. Scope: none, or read:workspace:bitbucket.
func (s *WorkspacesService) Get(ctx context.Context, workspace string, opts ...CallOption) (*Workspace, error) {
	return get[Workspace](ctx, s.client, at("/2.0/workspaces/{workspace}", workspace), opts)
}

// Membership returns the current user's role in a workspace.
//
// GET /2.0/user/workspaces/{workspace}/permission. Scope: account, or
// read:workspace:bitbucket.
func (s *WorkspacesService) Membership(ctx context.Context, workspace string, opts ...CallOption) (*WorkspaceMembership, error) {
	return get[WorkspaceMembership](ctx, s.client, at("/2.0/user/workspaces/{workspace}/permission", workspace), opts)
}

// ListMembers returns the members of a workspace, inactive ones included, without
// their roles; for those see Permissions.ListWorkspaceMembers.
//
// E-mail addresses come only for members asked for by address, 90 at the most, to
// a workspace administrator: Query(`user.email IN ("a@example.com")`) together with
// Fields("+values.user.email").
//
// GET /2.0/workspaces/{workspace}/members. Scope: account, or
// read:workspace:bitbucket.
func (s *WorkspacesService) ListMembers(ctx context.Context, workspace string, opts ...CallOption) *List[WorkspaceMembership] {
	return list[WorkspaceMembership](ctx, s.client, at("/2.0/workspaces/{workspace}/members", workspace), opts)
}

// GetMember returns one member, given by UUID or Atlassian account ID. Whoever is
// no member is [ErrNotFound].
//
// GET /2.0/workspaces/{workspace}/members/{member}. Scope: account, or
// read:workspace:bitbucket.
func (s *WorkspacesService) GetMember(ctx context.Context, workspace, user string, opts ...CallOption) (*WorkspaceMembership, error) {
	return get[WorkspaceMembership](ctx, s.client, at("/2.0/workspaces/{workspace}/members/{member}", workspace, user), opts)
}

// A Workspace holds projects and repositories. Inside other objects, and in
// Workspaces.List, only some of the fields are there.
type Workspace struct {
	Type              string `json:"type"` // workspace, or workspace_base when condensed
	UUID              UUID   `json:"uuid,omitzero"`
	Slug              string `json:"slug,omitzero"`
	Name              string `json:"name,omitzero"`
	IsPrivate         bool   `json:"is_private,omitzero"`
	IsPersonal        bool   `json:"is_personal,omitzero"`
	IsPrivacyEnforced bool   `json:"is_privacy_enforced,omitzero"`
	ForkingMode       string `json:"forking_mode,omitzero"` // allow_forks, internal_only
	CreatedOn         Time   `json:"created_on,omitzero"`
	UpdatedOn         Time   `json:"updated_on,omitzero"`
	Links             Links  `json:"links,omitzero"`
}

// A WorkspaceAccess says that the current user has access to a workspace.
type WorkspaceAccess struct {
	Type          string    `json:"type"`
	Administrator bool      `json:"administrator"`
	Workspace     Workspace `json:"workspace"`
}

// A WorkspaceMembership ties a user to a workspace.
type WorkspaceMembership struct {
	Type         string     `json:"type"`
	User         User       `json:"user"`
	Workspace    Workspace  `json:"workspace"`
	Permission   Permission `json:"permission,omitzero"`    // the role; empty in ListMembers
	LastAccessed Time       `json:"last_accessed,omitzero"` // gone where an Atlassian organization administers the workspace
	AddedOn      Time       `json:"added_on,omitzero"`      // likewise; sent without an offset and read as UTC
	Links        Links      `json:"links,omitzero"`
}
