package bitbucket

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// PermissionsService calls the endpoints of permissions. Its lists return effective
// permissions: the highest of those that a user has directly, through groups, through the
// project and through the workspace. OnRepository and OnProject give access to the explicit
// permissions.
type PermissionsService struct{ core *core }

const mineInWorkspace = "/2.0/user/workspaces/{workspace}/permissions/repositories"

// ListMine returns the current user's effective permissions on the repositories of a workspace.
// It leaves out repositories that the user can read only because they are public. The error is
// [ErrForbidden] if the user does not belong to the workspace, or there is none of that name: Bitbucket
// does not say which.
//
// GET /2.0/user/workspaces/{workspace}/permissions/repositories. Scopes: account and
// repository, or read:repository:bitbucket.
func (s *PermissionsService) ListMine(
	ctx context.Context, workspace string, opts ...CallOption,
) *List[RepositoryPermission] {
	return list[RepositoryPermission](ctx, s.core, at(mineInWorkspace, workspace), opts)
}

// ListMineEverywhere returns the current user's effective permissions on repositories in all
// workspaces, one workspace after the other in the order of their slugs, as the removed
// ListRepositories did. It first lists the workspaces, then the repositories of each; the options
// apply to the latter. [Page.Next] is a cursor for [From], also at the end of a workspace; the
// workspaces are then listed again. It takes one call for each hundred workspaces, and at least one
// for each workspace.
//
// A workspace that refuses ([ErrForbidden]) or is gone ([ErrNotFound]) does not keep the others from
// being listed: its error is the last thing that the list yields, joined with those of others. A
// refusal of the credential, for the scopes that it lacks or for its kind, ends the list at once.
//
// GET /2.0/user/workspaces, then GET /2.0/user/workspaces/{workspace}/permissions/repositories.
// Scopes: account and repository, or read:workspace:bitbucket and read:repository:bitbucket.
func (s *PermissionsService) ListMineEverywhere(
	ctx context.Context, opts ...CallOption,
) *List[RepositoryPermission] {
	return NewList(func(yield func(*Page[RepositoryPermission], error) bool) {
		t, err := newTour(ctx, s, opts)
		if err != nil {
			yield(nil, err)
			return
		}
		t.run(ctx, yield)
	})
}

// ListRepositories returns the current user's effective permissions on repositories in all
// workspaces, from servers that still provide the endpoint. Bitbucket answers [ErrGone].
//
// GET /2.0/user/permissions/repositories. Scopes: account and repository, or
// read:repository:bitbucket.
//
// Deprecated: Bitbucket removed the endpoint on 2026-04-14. Use [PermissionsService.ListMine]
// for one workspace, or [PermissionsService.ListMineEverywhere].
func (s *PermissionsService) ListRepositories(
	ctx context.Context, opts ...CallOption,
) *List[RepositoryPermission] {
	return list[RepositoryPermission](ctx, s.core, at("/2.0/user/permissions/repositories"), opts)
}

// ListWorkspaces returns the current user's roles in all workspaces, from servers that still
// provide the endpoint. Bitbucket answers [ErrGone].
//
// GET /2.0/user/permissions/workspaces. Scope: account, or read:workspace:bitbucket and
// read:user:bitbucket.
//
// Deprecated: Bitbucket removed the endpoint on 2026-04-14. Use [WorkspacesService.List], and
// [WorkspacesService.Membership] for the role in one workspace.
func (s *PermissionsService) ListWorkspaces(
	ctx context.Context, opts ...CallOption,
) *List[WorkspaceMembership] {
	return list[WorkspaceMembership](ctx, s.core, at("/2.0/user/permissions/workspaces"), opts)
}

// ListWorkspaceMembers returns the members of a workspace with their roles.
// Query(`permission="owner"`) selects the owners.
//
// GET /2.0/workspaces/{workspace}/permissions. Scope: account, or read:workspace:bitbucket.
func (s *PermissionsService) ListWorkspaceMembers(
	ctx context.Context, workspace string, opts ...CallOption,
) *List[WorkspaceMembership] {
	return list[WorkspaceMembership](ctx, s.core, at("/2.0/workspaces/{workspace}/permissions", workspace), opts)
}

// ListWorkspaceRepositories returns every user's effective permission on every repository of a
// workspace. The error is [ErrForbidden] unless the current user administers the workspace.
//
// GET /2.0/workspaces/{workspace}/permissions/repositories. Scope: account, or
// read:repository:bitbucket.
func (s *PermissionsService) ListWorkspaceRepositories(
	ctx context.Context, workspace string, opts ...CallOption,
) *List[RepositoryPermission] {
	return list[RepositoryPermission](ctx, s.core, at("/2.0/workspaces/{workspace}/permissions/repositories", workspace), opts)
}

// ListRepositoryUsers returns every user's effective permission on one repository. The error is
// [ErrForbidden] unless the current user administers the repository.
//
// GET /2.0/workspaces/{workspace}/permissions/repositories/{repo_slug}. Scope: repository, or
// read:repository:bitbucket.
func (s *PermissionsService) ListRepositoryUsers(
	ctx context.Context, workspace, repo string, opts ...CallOption,
) *List[RepositoryPermission] {
	return list[RepositoryPermission](ctx, s.core, at("/2.0/workspaces/{workspace}/permissions/repositories/{repo_slug}", workspace, repo), opts)
}

// A RepositoryPermission is a user's permission on a repository.
type RepositoryPermission struct {
	Type       string     `json:"type"`
	Permission Permission `json:"permission"`
	User       User       `json:"user"`
	Repository Repository `json:"repository"`
	Links      Links      `json:"links,omitzero"`
}

func (p *RepositoryPermission) field(member []byte) any {
	switch string(member) {
	case "type":
		return &p.Type
	case "permission":
		return &p.Permission
	case "user":
		return &p.User
	case "repository":
		return &p.Repository
	case "links":
		return &p.Links
	}
	return nil
}

func (*RepositoryPermission) evidence(member, value []byte) bool {
	switch string(member) {
	case "user", "permission", "repository":
		return true
	}
	return string(member) == "type" && isText(value, "repository_permission")
}

func (p *RepositoryPermission) identity() string { return pair(p.User.id(), string(p.Repository.UUID)) }

func (p *RepositoryPermission) settle() { p.Repository.settle() }

// A tour goes through workspaces in the order of their slugs.
type tour struct {
	service *PermissionsService
	slugs   []string
	first   []CallOption // in the first workspace
	later   []CallOption // in all others
	refused refusals     // what workspaces answered that could not be listed
}

// newTour lists the workspaces, and begins where a cursor among the options says.
func newTour(ctx context.Context, s *PermissionsService, opts []CallOption) (*tour, error) {
	var o callOptions
	if err := o.collect(opts); err != nil {
		return nil, err
	}
	if o.from == "" {
		workspaces, err := s.workspaces(ctx)
		t := &tour{service: s, first: opts, later: opts}
		for _, w := range workspaces {
			t.slugs = append(t.slugs, w.Slug)
		}
		return t, err
	}
	cursor, err := raw(o.from).on(s.core.base)
	if err != nil {
		return nil, err
	}
	id, ok := workspaceIn(s.core.base.Route(cursor))
	if !ok {
		return nil, fmt.Errorf("%w: the cursor is of another list than ListMineEverywhere; start without From",
			ErrBadRequest)
	}
	if o.complete {
		_, _, err := s.core.firstPage(at(mineInWorkspace, id), opts)
		return nil, err
	}
	workspaces, err := s.workspaces(ctx)
	if err != nil {
		return nil, err
	}
	return resume(s, workspaces, id, opts, cursor)
}

// resume is the tour from a cursor on, which lies in the workspace of a slug or a UUID.
func resume(
	s *PermissionsService, workspaces []Workspace, id string, opts []CallOption, cursor *url.URL,
) (*tour, error) {
	here := slices.IndexFunc(workspaces, func(w Workspace) bool {
		return strings.EqualFold(w.Slug, id) || strings.EqualFold(string(w.UUID), id)
	})
	if here < 0 {
		return nil, fmt.Errorf("%w: the cursor lies in no workspace that the user has access to; start without From",
			ErrBadRequest)
	}
	t := &tour{service: s, first: opts, later: append(slices.Clone(opts), fromCursor(cursor.Query()))}
	for _, w := range workspaces[here:] {
		t.slugs = append(t.slugs, w.Slug)
	}
	return t, nil
}

// workspaces are those of the current user, in the order of their slugs.
func (s *PermissionsService) workspaces(ctx context.Context) ([]Workspace, error) {
	var all []Workspace
	to := at("/2.0/user/workspaces")
	for access, err := range list[WorkspaceAccess](ctx, s.core, to, []CallOption{Sort("slug")}).All() {
		if err != nil {
			return nil, err
		}
		all = append(all, access.Workspace)
	}
	slices.SortFunc(all, func(a, b Workspace) int { return strings.Compare(a.Slug, b.Slug) })
	return all, nil
}

// workspaceIn finds the workspace in the path of a cursor.
func workspaceIn(path string) (string, bool) {
	before, after, _ := strings.Cut(mineInWorkspace, "{workspace}")
	path, ok1 := strings.CutPrefix(path, before)
	path, ok2 := strings.CutSuffix(strings.TrimSuffix(path, "/"), after)
	id, err := url.PathUnescape(path)
	return id, ok1 && ok2 && err == nil && id != ""
}

// fromCursor asks for what a cursor asks for, but for its place.
func fromCursor(query url.Values) CallOption {
	return func(o *callOptions) {
		o.from, o.query, o.fields = "", nil, nil
		for key, values := range query {
			switch key {
			case "page":
			case "fields":
				Fields(values[0])(o)
			case "pagelen":
				if n, err := strconv.Atoi(values[0]); err == nil {
					PageLen(n)(o)
				}
			default:
				o.set(key, values[0])
			}
		}
	}
}

// run lists one workspace after the other.
func (t *tour) run(ctx context.Context, yield func(*Page[RepositoryPermission], error) bool) {
	opts := t.first
	for i, slug := range t.slugs {
		for page, err := range t.service.ListMine(ctx, slug, opts...).pages {
			if err == nil && page.Next == "" && i+1 < len(t.slugs) {
				page.Next, err = t.cursor(t.slugs[i+1])
			}
			if isRefusal(err) {
				t.refused = append(t.refused, err)
				break
			}
			if !yield(page, err) || err != nil {
				return
			}
		}
		opts = t.later
	}
	if t.refused != nil {
		yield(nil, t.refused)
	}
}

// isRefusal reports whether an error is one of a single workspace. A credential that lacks a scope, or is
// of a kind that is not taken, would be refused by all of them.
func isRefusal(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && (e.StatusCode == http.StatusNotFound ||
		e.StatusCode == http.StatusForbidden && !e.isOfScopes() && !e.isOfKind())
}

// refusals are the errors of all workspaces that could not be listed.
type refusals []error

// Error says on one line what the first of them are, and how many there are.
func (r refusals) Error() string {
	const shown, each = 3, maxErrorLine/3 - 40
	if len(r) == 1 {
		return r[0].Error()
	}
	text := fmt.Sprintf("bitbucket: %d workspaces could not be listed", len(r))
	for i, err := range r[:min(len(r), shown)] {
		text += fmt.Sprintf("; %d: %s", i+1, cut(strings.TrimPrefix(err.Error(), "bitbucket: "), each))
	}
	if more := len(r) - shown; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

func (r refusals) Unwrap() []error { return r }

// cursor is that of the first page of a workspace.
func (t *tour) cursor(slug string) (string, error) {
	first, _, err := t.service.core.firstPage(at(mineInWorkspace, slug), t.later)
	if err != nil {
		return "", err
	}
	return first.String(), nil
}
