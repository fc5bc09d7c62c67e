package access

import (
	"slices"
	"strings"
)

// A Scope says what is to be read.
type Scope struct {
	Workspaces   []string // slugs or UUIDs
	Projects     []string // keys; none is all
	Repositories []string // slugs; none is all
	Explicit     bool     // also what takes calls for each repository and project
	Without      []string // names of sources that are left out
	Only         []string // names of sources; none is all that the rest asks for
	uuid         string   // one more repository, besides Repositories
	Addresses    []string // of the roster, which are looked for among the members
}

// narrow reports whether only some repositories are read.
func (s Scope) narrow() bool { return len(s.Projects)+len(s.Repositories) > 0 }

// wants reports whether a source is to be read.
func (s Scope) wants(source Source) bool {
	switch {
	case slices.Contains(s.Without, source.Name):
		return false
	case len(s.Only) > 0:
		return slices.Contains(s.Only, source.Name)
	}
	return source.wanted == nil || source.wanted(s)
}

// A Source is a list that Bitbucket has, and what it is asked of.
type Source struct {
	Name string // in coverage and plans
	On   Kind   // what has one of it

	phase  int
	wanted func(Scope) bool // nil for always
	aside  bool             // evidence only: a report is complete without it
	first  bool             // of a place: when it is not found, the place may be gone
}

// KindOf is what a source is asked of.
func KindOf(source string) Kind {
	for _, s := range Sources() {
		if s.Name == source {
			return s.On
		}
	}
	return KindWorkspace
}

// A Kind is a kind of place.
type Kind string

// The kinds of places.
const (
	KindAccount    Kind = "account"
	KindWorkspace  Kind = "workspace"
	KindProject    Kind = "project"
	KindRepository Kind = "repository"
	KindAddresses  Kind = "addresses" // a batch of the roster
)

// A Place is where permissions are held and granted.
type Place struct {
	Kind Kind   `json:"kind"` // workspace, project, repository
	Name string `json:"name"` // slug or key; empty for the workspace
}

func (p Place) String() string {
	if p.Kind == KindWorkspace {
		return "the workspace"
	}
	return string(p.Kind) + " " + p.Name
}

// The names of the sources.
const (
	Viewer              = "viewer"
	TheWorkspace        = "workspace"
	Role                = "role"
	Members             = "members"
	Permissions         = "permissions"
	RosterMembers       = "roster"
	Repositories        = "repositories"
	Projects            = "projects"
	Groups              = "groups"
	WorkspaceVariables  = "workspace-variables"
	Invitations         = "invitations"
	RepoPermissions     = "repository-permissions"
	ProjectUsers        = "project-users"
	ProjectGroups       = "project-groups"
	ProjectKeys         = "project-keys"
	RepositoryUsers     = "repository-users"
	RepositoryGroups    = "repository-groups"
	RepositoryKeys      = "repository-keys"
	RepositoryVariables = "repository-variables"
)

// Sources lists all sources in the order in which they are read: first what costs a call for each
// hundred of all there is, then what costs a call or two, then what costs a call for each place.
// All workspaces are through with one phase before the next one begins, so that the plan is known
// early.
func Sources() []Source {
	narrow := Scope.narrow
	whole := func(s Scope) bool { return !s.narrow() }
	explicit := func(s Scope) bool { return s.Explicit }
	roster := func(s Scope) bool { return len(s.Addresses) > 0 }
	return []Source{
		{Name: Viewer, On: KindAccount, phase: 0, aside: true},
		{Name: TheWorkspace, On: KindWorkspace, phase: 0},
		{Name: Role, On: KindWorkspace, phase: 0, aside: true},
		{Name: Members, On: KindWorkspace, phase: 1},
		{Name: Repositories, On: KindWorkspace, phase: 1},
		{Name: Projects, On: KindWorkspace, phase: 1},
		{Name: Permissions, On: KindWorkspace, phase: 1, wanted: whole},
		{Name: Groups, On: KindWorkspace, phase: 2},
		{Name: WorkspaceVariables, On: KindWorkspace, phase: 2},
		{Name: Invitations, On: KindWorkspace, phase: 2},
		{Name: RosterMembers, On: KindAddresses, phase: 2, wanted: roster},
		{Name: RepoPermissions, On: KindRepository, phase: 3, wanted: narrow, first: true},
		{Name: ProjectUsers, On: KindProject, phase: 3, wanted: explicit, first: true},
		{Name: ProjectGroups, On: KindProject, phase: 3, wanted: explicit},
		{Name: ProjectKeys, On: KindProject, phase: 3, wanted: explicit},
		{Name: RepositoryUsers, On: KindRepository, phase: 3, wanted: explicit, first: true},
		{Name: RepositoryGroups, On: KindRepository, phase: 3, wanted: explicit},
		{Name: RepositoryKeys, On: KindRepository, phase: 3, wanted: explicit},
		{Name: RepositoryVariables, On: KindRepository, phase: 3, wanted: explicit},
	}
}

const phases = 4

// Optional lists the names of the sources that may be left out, for messages.
func Optional() []string {
	var names []string
	for _, s := range Sources() {
		if s.Name != TheWorkspace && s.Name != Members && s.Name != Permissions {
			names = append(names, s.Name)
		}
	}
	return names
}

// addressesACall is how many addresses Bitbucket takes in one query.
const addressesACall = 90

// batches splits the addresses of a roster into what one call takes.
func batches(addresses []string) []string {
	var all []string
	for batch := range slices.Chunk(addresses, addressesACall) {
		all = append(all, strings.Join(batch, " "))
	}
	return all
}
