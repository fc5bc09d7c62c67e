package bitbucket

import "context"

// WorkspacesService calls the endpoints of workspaces and their members. A workspace is given
// by its slug or its UUID.
type WorkspacesService struct{ core *core }

// List returns the workspaces that the current user has access to, and whether the user is an
// administrator of each. The workspaces are condensed and have no name; Get returns the whole
// workspace, and Membership the exact role in it.
//
// GET /2.0/user/workspaces. Scope: account, or read:workspace:bitbucket.
func (s *WorkspacesService) List(ctx context.Context, opts ...CallOption) *List[WorkspaceAccess] {
	return list[WorkspaceAccess](ctx, s.core, at("/2.0/user/workspaces"), opts)
}

// Get returns a workspace. The error is [ErrNotFound] if the workspace is private and the
// current user is not a member.
//
// GET /2.0/workspaces/{workspace}. Scope: none, or read:workspace:bitbucket.
func (s *WorkspacesService) Get(
	ctx context.Context, workspace string, opts ...CallOption,
) (*Workspace, error) {
	return get[Workspace](ctx, s.core, at("/2.0/workspaces/{workspace}", workspace), opts)
}

// Membership returns the current user's role in a workspace. The error is [ErrForbidden] if the
// user does not belong to the workspace, or there is none of that name: Bitbucket does not say which.
//
// GET /2.0/user/workspaces/{workspace}/permission. Scope: account, or read:workspace:bitbucket.
func (s *WorkspacesService) Membership(
	ctx context.Context, workspace string, opts ...CallOption,
) (*WorkspaceMembership, error) {
	return get[WorkspaceMembership](ctx, s.core, at("/2.0/user/workspaces/{workspace}/permission", workspace), opts)
}

// ListMembers returns the members of a workspace, including inactive ones, without their roles;
// [PermissionsService.ListWorkspaceMembers] returns those.
//
// E-mail addresses are returned only to administrators of the workspace, and only for members
// whom the query selects by address, at most 90 of them: Query(`user.email IN
// ("a@example.com")`) together with Fields("+values.user.email").
//
// GET /2.0/workspaces/{workspace}/members. Scope: account, or read:workspace:bitbucket.
func (s *WorkspacesService) ListMembers(
	ctx context.Context, workspace string, opts ...CallOption,
) *List[WorkspaceMembership] {
	return list[WorkspaceMembership](ctx, s.core, at("/2.0/workspaces/{workspace}/members", workspace), opts)
}

// GetMember returns one member, given by UUID or Atlassian account ID. The error is
// [ErrNotFound] if the user is not a member.
//
// GET /2.0/workspaces/{workspace}/members/{member}. Scope: account, or
// read:workspace:bitbucket.
func (s *WorkspacesService) GetMember(
	ctx context.Context, workspace, user string, opts ...CallOption,
) (*WorkspaceMembership, error) {
	return get[WorkspaceMembership](ctx, s.core, at("/2.0/workspaces/{workspace}/members/{member}", workspace, user), opts)
}

// ListProjects returns the projects of a workspace that the current user can see.
//
// GET /2.0/workspaces/{workspace}/projects. Scope: account, or read:project:bitbucket.
func (s *WorkspacesService) ListProjects(
	ctx context.Context, workspace string, opts ...CallOption,
) *List[Project] {
	return list[Project](ctx, s.core, at("/2.0/workspaces/{workspace}/projects", workspace), opts)
}

// GetProject returns a project by its key, such as PLAT.
//
// GET /2.0/workspaces/{workspace}/projects/{project_key}. Scope: account, or
// read:project:bitbucket.
func (s *WorkspacesService) GetProject(
	ctx context.Context, workspace, key string, opts ...CallOption,
) (*Project, error) {
	return get[Project](ctx, s.core, at("/2.0/workspaces/{workspace}/projects/{project_key}", workspace, key), opts)
}

// A WorkspaceAccess is a workspace that the current user has access to.
type WorkspaceAccess struct {
	Type          string    `json:"type"`
	Administrator bool      `json:"administrator"`
	Workspace     Workspace `json:"workspace"`
}

func (*WorkspaceAccess) evidence(member, value []byte) bool {
	switch string(member) {
	case "workspace":
		return true
	}
	return string(member) == "type" && isText(value, "workspace_access")
}

func (a *WorkspaceAccess) identity() string { return string(a.Workspace.UUID) }

// A WorkspaceMembership is a user's membership in a workspace.
type WorkspaceMembership struct {
	Type       string     `json:"type"`
	User       User       `json:"user"`
	Workspace  Workspace  `json:"workspace"`
	Permission Permission `json:"permission,omitzero"` // the role; empty in ListMembers

	// Workspaces that an Atlassian organization administers have neither time. AddedOn may come
	// without an offset, and is then taken as UTC.
	LastAccessed Time  `json:"last_accessed,omitzero"`
	AddedOn      Time  `json:"added_on,omitzero"`
	Links        Links `json:"links,omitzero"`
}

func (m *WorkspaceMembership) field(member []byte) any {
	switch string(member) {
	case "type":
		return &m.Type
	case "user":
		return &m.User
	case "workspace":
		return &m.Workspace
	case "permission":
		return &m.Permission
	case "last_accessed":
		return &m.LastAccessed
	case "added_on":
		return &m.AddedOn
	case "links":
		return &m.Links
	}
	return nil
}

func (*WorkspaceMembership) evidence(member, value []byte) bool {
	switch string(member) {
	case "user", "permission":
		return true
	}
	return string(member) == "type" && isText(value, "workspace_membership")
}

func (m *WorkspaceMembership) identity() string { return pair(m.User.id(), string(m.Workspace.UUID)) }

// A Project groups repositories of a workspace. Only Type, UUID, Key, Name and Links are set in
// projects that are embedded in other objects.
type Project struct {
	Type        string `json:"type"`
	UUID        UUID   `json:"uuid,omitzero"`
	Key         string `json:"key,omitzero"`
	Name        string `json:"name,omitzero"`
	Description string `json:"description,omitzero"`
	IsPrivate   bool   `json:"is_private,omitzero"`

	// HasPubliclyVisibleRepos says that somebody without an account can read some of it, private
	// or not.
	HasPubliclyVisibleRepos bool `json:"has_publicly_visible_repos,omitzero"`

	Owner     User      `json:"owner,omitzero"`
	Workspace Workspace `json:"workspace,omitzero"`
	CreatedOn Time      `json:"created_on,omitzero"`
	UpdatedOn Time      `json:"updated_on,omitzero"`
	Links     Links     `json:"links,omitzero"`
}

func (*Project) evidence(member, value []byte) bool {
	switch string(member) {
	case "uuid", "key":
		return true
	}
	return string(member) == "type" && isText(value, "project")
}

func (p *Project) identity() string { return string(p.UUID) }

func (w *Workspace) field(member []byte) any {
	switch string(member) {
	case "type":
		return &w.Type
	case "uuid":
		return &w.UUID
	case "slug":
		return &w.Slug
	case "name":
		return &w.Name
	case "is_private":
		return &w.IsPrivate
	case "is_personal":
		return &w.IsPersonal
	case "is_privacy_enforced":
		return &w.IsPrivacyEnforced
	case "forking_mode":
		return &w.ForkingMode
	case "created_on":
		return &w.CreatedOn
	case "updated_on":
		return &w.UpdatedOn
	case "links":
		return &w.Links
	}
	return nil
}
