package v1

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/seed-9213fc64/bitbucket"
)

// Groups, group privileges and invitations outlived the 1.0 API: bitbucket.org still answers, to
// administrators of a workspace. Workspaces that are run from admin.atlassian.com are refused, with
// 400, 403, 404 or 405. There is no paging: all there is comes at once.

// GroupsService calls the endpoints of the groups of a workspace, for reading. The workspace is
// given by its slug; a UUID is refused before anything is sent.
type GroupsService struct{ client *bitbucket.Client }

// List returns the groups of a workspace with their members.
//
// The error is [bitbucket.ErrBadRequest], [bitbucket.ErrForbidden], [bitbucket.ErrNotFound] or a
// status of 405 for a workspace that is run from admin.atlassian.com.
//
// GET /1.0/groups/{workspace_slug}. Scope: account, or read:workspace:bitbucket.
func (s *GroupsService) List(
	ctx context.Context, workspaceSlug string, opts ...bitbucket.CallOption,
) ([]Group, error) {
	return listLeft(ctx, s.client, inWorkspace("/1.0/groups/{workspace_slug}", workspaceSlug),
		(*Group).check, opts)
}

// Get returns a group with its members. The group is given by its slug, which is a UUID without
// braces where the group is one of an organization. The errors are those of List.
//
// GET /1.0/groups/{workspace_slug}/{group_slug}. Scope: account, or read:workspace:bitbucket.
func (s *GroupsService) Get(
	ctx context.Context, workspaceSlug, group string, opts ...bitbucket.CallOption,
) (*Group, error) {
	return getLeft(ctx, s.client,
		inWorkspace("/1.0/groups/{workspace_slug}/{group_slug}", workspaceSlug, group),
		(*Group).check, opts)
}

// ListMembers returns the members of a group. The errors are those of List.
//
// GET /1.0/groups/{workspace_slug}/{group_slug}/members. Scope: account, or
// read:workspace:bitbucket.
func (s *GroupsService) ListMembers(
	ctx context.Context, workspaceSlug, group string, opts ...bitbucket.CallOption,
) ([]User, error) {
	return listLeft(ctx, s.client,
		inWorkspace("/1.0/groups/{workspace_slug}/{group_slug}/members", workspaceSlug, group),
		(*User).check, opts)
}

// GroupPrivilegesService calls the endpoint of what groups may do on repositories, for reading.
type GroupPrivilegesService struct{ client *bitbucket.Client }

// List returns what groups may do on the repositories of a workspace, which is given by its slug.
// The errors are those of [GroupsService.List].
//
// GET /1.0/group-privileges/{workspace_slug}. Scope: account, or read:workspace:bitbucket.
func (s *GroupPrivilegesService) List(
	ctx context.Context, workspaceSlug string, opts ...bitbucket.CallOption,
) ([]GroupPrivilege, error) {
	return listLeft(ctx, s.client,
		inWorkspace("/1.0/group-privileges/{workspace_slug}", workspaceSlug),
		(*GroupPrivilege).check, opts)
}

// InvitationsService calls the endpoints of invitations that nobody has taken up yet, for reading.
type InvitationsService struct{ client *bitbucket.Client }

// List returns the invitations to a workspace, which is given by its slug. The errors are those of
// [GroupsService.List].
//
// GET /1.0/invitations/{workspace_slug}. Scope: account, or read:workspace:bitbucket.
func (s *InvitationsService) List(
	ctx context.Context, workspaceSlug string, opts ...bitbucket.CallOption,
) ([]Invitation, error) {
	return listLeft(ctx, s.client, inWorkspace("/1.0/invitations/{workspace_slug}", workspaceSlug),
		(*Invitation).check, opts)
}

// ListOfRepository returns the invitations to a repository. The errors are those of
// [GroupsService.List].
//
// GET /1.0/invitations/{workspace_slug}/{repo_slug}. Scope: account, or
// read:workspace:bitbucket.
func (s *InvitationsService) ListOfRepository(
	ctx context.Context, workspaceSlug, repo string, opts ...bitbucket.CallOption,
) ([]Invitation, error) {
	return listLeft(ctx, s.client,
		inWorkspace("/1.0/invitations/{workspace_slug}/{repo_slug}", workspaceSlug, repo),
		(*Invitation).check, opts)
}

// A Group is a named set of members of a workspace.
type Group struct {
	Name string
	Slug string // a UUID without braces where the group is one of an organization

	// Permission is what the group gets on new repositories; empty for nothing, which is null on
	// the wire.
	Permission bitbucket.Permission

	AutoAdd                 bool  // new members of the workspace get into the group
	EmailForwardingDisabled *bool // nil when Bitbucket does not say
	Owner                   *User // the account of the workspace

	// Members are not nil in a group by itself. A group in an invitation has none of them.
	Members []User

	Extra map[string]json.RawMessage // members without a field here

	forms []form
}

// A GroupPrivilege is what a group may do on a repository.
type GroupPrivilege struct {
	Repo       string // owner/repository, as slugs
	Privilege  bitbucket.Permission
	Group      *Group
	Repository *RepositoryName

	Extra map[string]json.RawMessage // members without a field here

	forms []form
}

// An Invitation asks somebody to join a workspace or a repository, by e-mail.
type Invitation struct {
	Email     string
	InvitedBy *User // nil when it is not told

	Groups []Group // that the invited gets into, condensed; of a workspace

	Repository *RepositoryName      // of a repository
	Permission bitbucket.Permission // of a repository

	SentOn    Date // in Amsterdam's time
	UTCSentOn Date

	Extra map[string]json.RawMessage // members without a field here

	forms []form
}

// A RepositoryName names a repository and its owner.
type RepositoryName struct {
	Owner *User
	Name  string
	Slug  string

	Extra map[string]json.RawMessage // members without a field here

	forms []form
}

// getLeft calls an endpoint that is left of the 1.0 API.
func getLeft[T any](ctx context.Context, c *bitbucket.Client, to endpoint, check func(*T) error,
	opts []bitbucket.CallOption,
) (*T, error) {
	v, err := get(ctx, c, to, check, "", opts)
	if err != nil {
		return nil, adviseHub(err)
	}
	return v, nil
}

// listLeft calls an endpoint that answers with an array of Ts.
func listLeft[T any](ctx context.Context, c *bitbucket.Client, to endpoint, check func(*T) error,
	opts []bitbucket.CallOption,
) ([]T, error) {
	list, err := getLeft(ctx, c, to, isListOf(check), opts)
	if err != nil {
		return nil, err
	}
	return *list, nil
}

// hubHint says of whom Bitbucket keeps what is left of the 1.0 API.
const hubHint = "bitbucket.org does not serve it " +
	"for a workspace that is run from admin.atlassian.com"

// adviseHub completes the errors by which such a workspace may be refused.
func adviseHub(err error) error {
	e := asError(err)
	if e == nil {
		return err
	}
	switch e.StatusCode {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound,
		http.StatusMethodNotAllowed:
		if e.Hint != "" {
			e.Hint += "; or "
		}
		e.Hint += hubHint
	}
	return err
}

func (g *Group) layout() layout {
	return layout{&g.Extra, &g.forms, []field{
		{"name", val(&g.Name)},
		{"permission", val(&g.Permission)},
		{"auto_add", val(&g.AutoAdd)},
		{"members", many(&g.Members)},
		{"owner", one(&g.Owner)},
		{"slug", val(&g.Slug)},
		{"email_forwarding_disabled", val(&g.EmailForwardingDisabled)},
	}}
}

// UnmarshalJSON reads a group.
func (g *Group) UnmarshalJSON(data []byte) error {
	*g = Group{}
	return readObject(data, g.layout(), 0)
}

// MarshalJSON writes a group as it came.
func (g Group) MarshalJSON() ([]byte, error) { return writeObject(g.layout()) }

func (p *GroupPrivilege) layout() layout {
	return layout{&p.Extra, &p.forms, []field{
		{"repo", val(&p.Repo)},
		{"privilege", val(&p.Privilege)},
		{"group", one(&p.Group)},
		{"repository", one(&p.Repository)},
	}}
}

// UnmarshalJSON reads what a group may do.
func (p *GroupPrivilege) UnmarshalJSON(data []byte) error {
	*p = GroupPrivilege{}
	return readObject(data, p.layout(), 0)
}

// MarshalJSON writes what a group may do as it came.
func (p GroupPrivilege) MarshalJSON() ([]byte, error) { return writeObject(p.layout()) }

func (i *Invitation) layout() layout {
	return layout{&i.Extra, &i.forms, []field{
		{"email", val(&i.Email)},
		{"groups", many(&i.Groups)},
		{"invited_by", one(&i.InvitedBy)},
		{"permission", val(&i.Permission)},
		{"repository", one(&i.Repository)},
		{"sent_on", val(&i.SentOn)},
		{"utc_sent_on", val(&i.UTCSentOn)},
	}}
}

// UnmarshalJSON reads an invitation.
func (i *Invitation) UnmarshalJSON(data []byte) error {
	*i = Invitation{}
	return readObject(data, i.layout(), 0)
}

// MarshalJSON writes an invitation as it came.
func (i Invitation) MarshalJSON() ([]byte, error) { return writeObject(i.layout()) }

func (r *RepositoryName) layout() layout {
	return layout{&r.Extra, &r.forms, []field{
		{"owner", one(&r.Owner)},
		{"name", val(&r.Name)},
		{"slug", val(&r.Slug)},
	}}
}

// UnmarshalJSON reads the name of a repository.
func (r *RepositoryName) UnmarshalJSON(data []byte) error {
	*r = RepositoryName{}
	return readObject(data, r.layout(), 0)
}

// MarshalJSON writes the name of a repository as it came.
func (r RepositoryName) MarshalJSON() ([]byte, error) { return writeObject(r.layout()) }
