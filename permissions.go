package bitbucket

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// PermissionsService calls the endpoints of permissions. Its lists return effective
// permissions: the highest of those that a user has directly, through groups, through the
// project and through the workspace. OnRepository and OnProject give access to the explicit
// permissions.
type PermissionsService struct{ client *Client }

// ListMine returns the current user's effective permissions on the repositories of a workspace.
// It leaves out repositories that the user can read only because they are public.
//
// GET /2.0/user/workspaces/{workspace}/permissions/repositories. Scopes: account and
// repository, or read:repository:bitbucket.
func (s *PermissionsService) ListMine(ctx context.Context, workspace string, opts ...CallOption) *List[RepositoryPermission] {
	return list[RepositoryPermission](ctx, s.client, at(mineInWorkspace, workspace), opts)
}

// ListMineEverywhere returns the current user's effective permissions on repositories in all
// workspaces, one workspace after the other, as the removed ListRepositories did. It first
// lists the workspaces, then the repositories of each; the options apply to the latter.
// [Page.Next] is a cursor for [From], also at the end of a workspace; the workspaces are then
// listed again. It takes one call for each hundred workspaces, and at least one for each
// workspace.
//
// GET /2.0/user/workspaces, then GET /2.0/user/workspaces/{workspace}/permissions/repositories.
// Scopes: account and repository, or read:workspace:bitbucket and read:repository:bitbucket.
func (s *PermissionsService) ListMineEverywhere(ctx context.Context, opts ...CallOption) *List[RepositoryPermission] {
	return NewList(func(yield func(*Page[RepositoryPermission], error) bool) {
		workspaces, later, err := s.itinerary(ctx, opts)
		if err != nil {
			yield(nil, err)
			return
		}
		for i, workspace := range workspaces {
			now := opts
			if i > 0 {
				now = later
			}
			for page, err := range s.ListMine(ctx, workspace, now...).Pages() {
				if err == nil && page.Next == "" && i+1 < len(workspaces) {
					page.Next, err = s.cursorOf(workspaces[i+1], later)
				}
				if !yield(page, err) || err != nil {
					return
				}
			}
		}
	})
}

// cursorOf returns the cursor of the first page of a workspace's list.
func (s *PermissionsService) cursorOf(workspace string, opts []CallOption) (string, error) {
	first, _, err := s.client.firstPage(at(mineInWorkspace, workspace), opts)
	if err != nil {
		return "", err
	}
	return first.url.String(), nil
}

// itinerary returns the slugs of the current user's workspaces, beginning with the one that a
// cursor among the options points into, and the options for all but the first of them: those of
// the cursor, without its position.
func (s *PermissionsService) itinerary(ctx context.Context, opts []CallOption) (slugs []string, later []CallOption, err error) {
	o, err := collect(opts)
	if err != nil {
		return nil, nil, err
	}
	var cursor *url.URL
	if o.from != "" {
		if cursor, err = s.client.resolve(s.client.raw(o.from)); err != nil {
			return nil, nil, err
		}
	}
	for access, err := range s.client.Workspaces.List(ctx).All() {
		if err != nil {
			return nil, nil, err
		}
		slugs = append(slugs, access.Workspace.Slug)
	}
	if cursor == nil {
		return slugs, opts, nil
	}
	first := slices.IndexFunc(slugs, func(slug string) bool {
		return strings.HasSuffix(cursor.EscapedPath(), at(mineInWorkspace, slug).path)
	})
	if first < 0 {
		return nil, nil, fmt.Errorf("%w: the cursor lies in no workspace that the user has access to; start without From", ErrBadRequest)
	}
	later = append(slices.Clone(opts), From(""))
	for key, values := range cursor.Query() {
		switch key {
		case "q", "sort", "fields":
			later = append(later, Param(key, values[0]))
		case "pagelen":
			if n, err := strconv.Atoi(values[0]); err == nil {
				later = append(later, PageLen(n))
			}
		}
	}
	return slugs[first:], later, nil
}

// ListRepositories returns the current user's effective permissions on repositories in all
// workspaces, from servers that still provide the endpoint. Bitbucket answers [ErrGone].
//
// GET /2.0/user/permissions/repositories. Scopes: account and repository, or
// read:repository:bitbucket.
//
// Deprecated: Bitbucket removed the endpoint on 2026-04-14. Use [PermissionsService.ListMine]
// for one workspace, or [PermissionsService.ListMineEverywhere].
func (s *PermissionsService) ListRepositories(ctx context.Context, opts ...CallOption) *List[RepositoryPermission] {
	return list[RepositoryPermission](ctx, s.client, at("/2.0/user/permissions/repositories"), opts)
}

// ListWorkspaces returns the current user's roles in all workspaces, from servers that still
// provide the endpoint. Bitbucket answers [ErrGone].
//
// GET /2.0/user/permissions/workspaces. Scope: account, or read:workspace:bitbucket and
// read:user:bitbucket.
//
// Deprecated: Bitbucket removed the endpoint on 2026-04-14. Use [WorkspacesService.List], and
// [WorkspacesService.Membership] for the role in one workspace.
func (s *PermissionsService) ListWorkspaces(ctx context.Context, opts ...CallOption) *List[WorkspaceMembership] {
	return list[WorkspaceMembership](ctx, s.client, at("/2.0/user/permissions/workspaces"), opts)
}

// ListWorkspaceMembers returns the members of a workspace with their roles.
// Query(`permission="owner"`) selects the owners.
//
// GET /2.0/workspaces/{workspace}/permissions. Scope: account, or read:workspace:bitbucket.
func (s *PermissionsService) ListWorkspaceMembers(ctx context.Context, workspace string, opts ...CallOption) *List[WorkspaceMembership] {
	return list[WorkspaceMembership](ctx, s.client, at("/2.0/workspaces/{workspace}/permissions", workspace), opts)
}

// ListWorkspaceRepositories returns every user's effective permission on every repository of a
// workspace. The error is [ErrForbidden] unless the current user administers the workspace.
//
// GET /2.0/workspaces/{workspace}/permissions/repositories. Scope: account, or
// read:repository:bitbucket.
func (s *PermissionsService) ListWorkspaceRepositories(ctx context.Context, workspace string, opts ...CallOption) *List[RepositoryPermission] {
	return list[RepositoryPermission](ctx, s.client, at("/2.0/workspaces/{workspace}/permissions/repositories", workspace), opts)
}

// ListRepositoryUsers returns every user's effective permission on one repository. The error is
// [ErrForbidden] unless the current user administers the repository.
//
// GET /2.0/workspaces/{workspace}/permissions/repositories/{repo_slug}. Scope: repository, or
// read:repository:bitbucket.
func (s *PermissionsService) ListRepositoryUsers(ctx context.Context, workspace, repo string, opts ...CallOption) *List[RepositoryPermission] {
	return list[RepositoryPermission](ctx, s.client, at("/2.0/workspaces/{workspace}/permissions/repositories/{repo_slug}", workspace, repo), opts)
}

// A RepositoryPermission is a user's permission on a repository.
type RepositoryPermission struct {
	Type       string     `json:"type"`
	Permission Permission `json:"permission"`
	User       User       `json:"user"`
	Repository Repository `json:"repository"`
	Links      Links      `json:"links,omitzero"`
}

// A Repository is a repository as permissions and search results contain it, with these fields
// only.
type Repository struct {
	Type     string `json:"type"`
	UUID     UUID   `json:"uuid,omitzero"`
	Name     string `json:"name,omitzero"`
	FullName string `json:"full_name,omitzero"` // workspace/repository, as slugs
	Links    Links  `json:"links,omitzero"`
}

// Slug returns the part of FullName after the workspace, which identifies the repository in
// calls.
func (r Repository) Slug() string {
	_, slug, _ := strings.Cut(r.FullName, "/")
	return slug
}

// A Project groups repositories of a workspace.
type Project struct {
	Type  string `json:"type"`
	UUID  UUID   `json:"uuid,omitzero"`
	Key   string `json:"key,omitzero"`
	Name  string `json:"name,omitzero"`
	Links Links  `json:"links,omitzero"`
}
