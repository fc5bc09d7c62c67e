package access

import (
	"cmp"
	"context"
	"iter"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket"
)

// An API is where lists are read: Bitbucket, or what stands in for it.
type API interface {
	// Pages yields the pages of what is asked for, from a cursor on; an empty one is the beginning. An
	// error is the last that it yields.
	Pages(ctx context.Context, ask Ask, cursor string) iter.Seq2[Page, error]
}

// An Ask is one list: a source, and the place that has it.
type Ask struct {
	Source    string `json:"source"`
	Workspace string `json:"workspace,omitzero"` // as it was given; empty for an account
	// Slug of a repository, key of a project, a batch of addresses.
	Place string `json:"place,omitzero"`

	scope *Scope
	slug  string // of the workspace, as far as it is known
	size  int    // items a page; 0 for as many as there can be
}

// at is the workspace in a path: its slug, which every list takes, as soon as it is known. A list that
// is asked by UUID may not be found.
func (a Ask) at() string { return cmp.Or(a.slug, a.Workspace) }

// key tells asks apart.
func (a Ask) key() Ask {
	a.scope, a.slug, a.size = nil, "", 0
	return a
}

// A Page is what is kept of one page.
type Page struct {
	Items []Item `json:"items,omitzero"`
	Next  string `json:"next,omitzero"` // empty on the last page
	Told  *int   `json:"told,omitzero"` // how many items the whole list has, where Bitbucket said so
	Len   int    `json:"len,omitzero"`  // the page size in force
}

// An Item is what is kept of one item of any list. Which fields are set depends on the source.
type Item struct {
	User         *Account             `json:"user,omitzero"`
	Permission   bitbucket.Permission `json:"permission,omitzero"`
	LastAccessed time.Time            `json:"last_accessed,omitzero"`
	AddedOn      time.Time            `json:"added_on,omitzero"`
	Email        string               `json:"email,omitzero"`
	Repository   *RepositoryFacts     `json:"repository,omitzero"`
	Project      *ProjectFacts        `json:"project,omitzero"`
	Workspace    *WorkspaceFacts      `json:"workspace,omitzero"`
	Group        *GroupFacts          `json:"group,omitzero"`
	Key          *DeployKey           `json:"key,omitzero"`
	Variable     *Variable            `json:"variable,omitzero"`
	Invitation   *Invitation          `json:"invitation,omitzero"`
}

// An Account is who somebody is.
type Account struct {
	UUID      string `json:"uuid,omitzero"`
	AccountID string `json:"account_id,omitzero"`
	Name      string `json:"name,omitzero"`
	Nickname  string `json:"nickname,omitzero"`
	Type      string `json:"type,omitzero"` // user, team, app_user
	Status    string `json:"status,omitzero"`
	TwoStep   *bool  `json:"two_step,omitzero"` // nil when it cannot be seen
}

// RepositoryFacts are what a list says about a repository.
type RepositoryFacts struct {
	Slug    string `json:"slug,omitzero"`
	UUID    string `json:"uuid,omitzero"`
	Name    string `json:"name,omitzero"`
	Project string `json:"project,omitzero"` // key
	Private *bool  `json:"private,omitzero"`
}

// ProjectFacts are what a list says about a project.
type ProjectFacts struct {
	Key     string `json:"key,omitzero"`
	UUID    string `json:"uuid,omitzero"`
	Name    string `json:"name,omitzero"`
	Private *bool  `json:"private,omitzero"`
}

// WorkspaceFacts are what Bitbucket says about a workspace.
type WorkspaceFacts struct {
	Slug string `json:"slug,omitzero"`
	UUID string `json:"uuid,omitzero"`
	Name string `json:"name,omitzero"`
}

// GroupFacts are what a list says about a group. What is nil was not said.
type GroupFacts struct {
	Slug string `json:"slug,omitzero"`
	Name string `json:"name,omitzero"`
	// In the workspace: admin, collaborator; empty for none.
	Privilege *string   `json:"privilege,omitzero"`
	Members   []Account `json:"members,omitzero"`
	Listed    bool      `json:"listed,omitzero"` // the members are all of them
}

// odd says what is wrong with an item of a source: who decides by it must not take what was left
// out for harmless.
func (i *Item) odd(ask Ask) string {
	switch ask.Source {
	case Members, RosterMembers, Permissions, RepoPermissions, ProjectUsers, RepositoryUsers:
		if i.User == nil || i.User.UUID+i.User.AccountID+i.User.Name+i.User.Nickname == "" {
			return "an item says nothing about who it is"
		}
	case ProjectGroups, RepositoryGroups, Groups:
		if i.Group == nil || i.Group.Slug == "" {
			return "an item says nothing about which group it is"
		}
	case Repositories:
		if i.Repository == nil || i.Repository.Slug == "" {
			return "an item says nothing about which repository it is"
		}
	case Projects:
		if i.Project == nil || i.Project.Key == "" {
			return "an item says nothing about which project it is"
		}
	}
	switch {
	case i.Variable != nil && i.Variable.Key == "":
		return "an item says nothing about which variable it is"
	case i.Key != nil && i.Key.ID == "":
		return "an item says nothing about which key it is"
	case i.Invitation != nil && i.Invitation.Email == "":
		return "an item says nothing about who is invited"
	}
	switch ask.Source {
	case Members,
		Permissions,
		RepoPermissions,
		ProjectUsers,
		RepositoryUsers,
		ProjectGroups,
		RepositoryGroups:
		if i.Permission == "" {
			return "an item has no permission"
		}
	}
	return i.oddPlace(ask)
}

// oddPlace says when a permission is on a repository that nobody asked about, or on none.
func (i *Item) oddPlace(ask Ask) string {
	slug := ""
	if i.Repository != nil {
		slug = i.Repository.Slug
	}
	switch {
	case ask.Source == Permissions && slug == "":
		return "an item says nothing about which repository it is"
	case ask.Source == RepoPermissions && slug != "" && !strings.EqualFold(slug, ask.Place):
		return "an item is about another repository, " + slug
	}
	return ""
}
