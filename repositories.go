package bitbucket

import (
	"context"
	"strings"
)

// RepositoriesService calls the endpoints of repositories. A workspace is given by its slug or
// its UUID, a repository by its slug or its UUID in braces.
type RepositoriesService struct{ core *core }

// List returns the repositories of a workspace that the current user can read.
// Query(`project.key="PLAT"`) selects those of a project, and Param("role", "admin") those that
// the user administers.
//
// GET /2.0/repositories/{workspace}. Scope: repository, or read:repository:bitbucket.
func (s *RepositoriesService) List(
	ctx context.Context, workspace string, opts ...CallOption,
) *List[Repository] {
	return list[Repository](ctx, s.core, at("/2.0/repositories/{workspace}", workspace), opts)
}

// Get returns a repository. The error is [ErrNotFound] if the current user cannot read it.
//
// GET /2.0/repositories/{workspace}/{repo_slug}. Scope: repository, or
// read:repository:bitbucket.
func (s *RepositoriesService) Get(
	ctx context.Context, workspace, repo string, opts ...CallOption,
) (*Repository, error) {
	return get[Repository](ctx, s.core,
		at("/2.0/repositories/{workspace}/{repo_slug}", workspace, repo), opts)
}

// ListBranchRestrictions returns the restrictions on the branches of a repository: who may push to
// them and merge into them, and what must be done before. The error is [ErrForbidden] unless the
// current user administers the repository. Param("kind", "push") and Param("pattern", "main")
// select some of them; it accepts neither Query nor Sort.
//
// GET /2.0/repositories/{workspace}/{repo_slug}/branch-restrictions. Scope: repository:admin,
// or read:repository:bitbucket.
func (s *RepositoriesService) ListBranchRestrictions(
	ctx context.Context, workspace, repo string, opts ...CallOption,
) *List[BranchRestriction] {
	return list[BranchRestriction](ctx, s.core,
		at("/2.0/repositories/{workspace}/{repo_slug}/branch-restrictions", workspace, repo), opts)
}

// A Repository is a Git repository. Only Type, UUID, Name, FullName, Slug and Links are set in
// repositories that are embedded in other objects, such as permissions and search results.
type Repository struct {
	Type     string `json:"type"`
	UUID     UUID   `json:"uuid,omitzero"`
	Name     string `json:"name,omitzero"`
	FullName string `json:"full_name,omitzero"` // workspace/repository, as slugs

	// Slug identifies the repository in calls. Where Bitbucket leaves it out, it is the part of
	// FullName after the workspace.
	Slug string `json:"slug,omitzero"`

	Description string      `json:"description,omitzero"`
	Website     string      `json:"website,omitzero"`
	Language    string      `json:"language,omitzero"` // in lower case
	SCM         string      `json:"scm,omitzero"`      // git
	Size        int64       `json:"size,omitzero"`     // bytes
	IsPrivate   bool        `json:"is_private,omitzero"`
	HasIssues   bool        `json:"has_issues,omitzero"`
	HasWiki     bool        `json:"has_wiki,omitzero"`
	ForkPolicy  string      `json:"fork_policy,omitzero"` // allow_forks, no_public_forks, no_forks
	MainBranch  Branch      `json:"mainbranch,omitzero"`  // zero in a repository without commits
	Parent      *Repository `json:"parent,omitzero"`      // that it is a fork of, condensed; or nil
	Owner       *User       `json:"owner,omitzero"`       // nil in condensed ones, as what follows
	Workspace   *Workspace  `json:"workspace,omitzero"`
	Project     *Project    `json:"project,omitzero"`
	CreatedOn   Time        `json:"created_on,omitzero"`
	UpdatedOn   Time        `json:"updated_on,omitzero"`
	Links       Links       `json:"links,omitzero"`

	OverrideSettings OverrideSettings `json:"override_settings,omitzero"`
}

func (r *Repository) field(member []byte) any {
	switch string(member) {
	case "type":
		return &r.Type
	case "uuid":
		return &r.UUID
	case "name":
		return &r.Name
	case "full_name":
		return &r.FullName
	case "slug":
		return &r.Slug
	case "description":
		return &r.Description
	case "website":
		return &r.Website
	case "language":
		return &r.Language
	case "scm":
		return &r.SCM
	case "size":
		return &r.Size
	case "is_private":
		return &r.IsPrivate
	case "has_issues":
		return &r.HasIssues
	case "has_wiki":
		return &r.HasWiki
	case "fork_policy":
		return &r.ForkPolicy
	case "mainbranch":
		return &r.MainBranch
	case "parent":
		return &r.Parent
	case "owner":
		return &r.Owner
	case "workspace":
		return &r.Workspace
	case "project":
		return &r.Project
	case "created_on":
		return &r.CreatedOn
	case "updated_on":
		return &r.UpdatedOn
	case "links":
		return &r.Links
	case "override_settings":
		return &r.OverrideSettings
	}
	return nil
}

func (*Repository) evidence(member, value []byte) bool {
	switch string(member) {
	case "uuid", "full_name", "slug", "name":
		return true
	}
	return string(member) == "type" && isText(value, "repository")
}

func (r *Repository) identity() string { return string(r.UUID) }

// settle takes the slug from the full name where it is left out.
func (r *Repository) settle() {
	if r.Slug == "" {
		_, r.Slug, _ = strings.Cut(r.FullName, "/")
	}
	if r.Parent != nil {
		r.Parent.settle()
	}
}

// OverrideSettings say which settings are those of the repository itself, rather than those of its
// project.
type OverrideSettings struct {
	DefaultMergeStrategy bool `json:"default_merge_strategy,omitzero"`
	BranchingModel       bool `json:"branching_model,omitzero"`
}

// A Branch is a branch of a repository.
type Branch struct {
	Type string `json:"type"`
	Name string `json:"name,omitzero"`
}

// A BranchRestriction restricts what may be done to some branches of a repository.
type BranchRestriction struct {
	Type string `json:"type"`
	ID   int    `json:"id,omitzero"`

	// Kind says what is restricted: push, force, delete, restrict_merges,
	// require_approvals_to_merge, and others.
	Kind string `json:"kind"`

	BranchMatchKind string `json:"branch_match_kind,omitzero"` // glob, branching_model
	BranchType      string `json:"branch_type,omitzero"`       // with branching_model: production, …
	Pattern         string `json:"pattern"`                    // with glob: main, release/*

	// Users and Groups are those to whom it does not apply: they may push, or merge. Where both
	// are empty, nobody may. They say nothing where Kind is a requirement, which is for all.
	Users  []User  `json:"users"`
	Groups []Group `json:"groups"`

	Value *int  `json:"value"` // how many, where Kind requires a number of something; or nil
	Links Links `json:"links,omitzero"`
}

func (*BranchRestriction) evidence(member, value []byte) bool {
	switch string(member) {
	case "kind", "pattern":
		return true
	}
	return string(member) == "type" && isText(value, "branchrestriction")
}

func (r *BranchRestriction) identity() string { return number(r.ID) }
