package access

import (
	"cmp"
	"slices"
	"time"

	"github.com/seed-9213fc64/bitbucket"
)

// A Snapshot is what was read of all workspaces.
type Snapshot struct {
	// Whom the credential belongs to; nil when it is nobody, or was not read.
	Viewer     *Account    `json:"viewer"`
	Workspaces []Workspace `json:"workspaces"`
}

// A Workspace is the model of one workspace. Its lists are sorted and never nil.
type Workspace struct {
	Asked        string               `json:"asked"` // as it was given
	Slug         string               `json:"slug"`
	UUID         string               `json:"uuid"`
	Name         string               `json:"name"`
	ViewerRole   bitbucket.Permission `json:"viewer_role,omitzero"`
	Complete     bool                 `json:"complete"`
	Narrow       bool                 `json:"narrow"` // only some repositories were asked for
	Focus        Focus                `json:"-"`      // which, when it is narrow; a report has it in its settings
	Coverage     []Coverage           `json:"coverage"`
	People       []Person             `json:"people"`
	Groups       []Group              `json:"groups"`
	Projects     []Project            `json:"projects"`
	Repositories []Repository         `json:"repositories"`
	Variables    []Variable           `json:"variables"` // of the workspace
	Invitations  []Invitation         `json:"invitations"`
}

// A Person is who is a member, or may do something without being one; apps count too.
type Person struct {
	// The UUID, or else the account ID; "unidentified 1" when nobody can be named.
	ID        string `json:"id"`
	UUID      string `json:"uuid,omitzero"`
	AccountID string `json:"account_id,omitzero"`
	Name      string `json:"name"`
	Nickname  string `json:"nickname,omitzero"`
	Type      string `json:"type"`
	Status    string `json:"status,omitzero"`
	TwoStep   *bool  `json:"two_step"` // null when it cannot be seen
	// In the workspace; empty for who is no member.
	Role         bitbucket.Permission `json:"role,omitzero"`
	LastAccessed *time.Time           `json:"last_accessed"`       // null when it was not told
	AddedOn      *time.Time           `json:"added_on,omitzero"`   // to the workspace
	Email        string               `json:"email,omitzero"`      // when the roster names it
	Permissions  []Holding            `json:"permissions"`         // effective ones, highest first
	Identified   bool                 `json:"identified,omitzero"` // by UUID or account ID
}

// A Holding is the repositories on which somebody has the same effective permission.
type Holding struct {
	Permission   bitbucket.Permission `json:"permission"`
	Repositories []string             `json:"repositories"` // slugs
}

// A Group is a set of people.
type Group struct {
	Slug string `json:"slug"`
	Name string `json:"name"`
	// In the workspace: admin, collaborator; null when it was not told.
	Privilege *string  `json:"privilege"`
	Members   []string `json:"members"` // IDs of people
	Listed    bool     `json:"listed"`  // the members are known
}

// Administers reports whether a group administers the workspace.
func (g *Group) Administers() bool { return g.Privilege != nil && *g.Privilege == "admin" }

// A Project groups repositories.
type Project struct {
	Key     string      `json:"key"`
	UUID    string      `json:"uuid,omitzero"`
	Name    string      `json:"name,omitzero"`
	Private *bool       `json:"private"`
	Gone    bool        `json:"gone,omitzero"` // it went away while it was read
	Grants  []Grant     `json:"grants,omitzero"`
	Keys    []DeployKey `json:"keys,omitzero"`
}

// A Repository is a repository.
type Repository struct {
	Slug      string      `json:"slug"`
	UUID      string      `json:"uuid,omitzero"`
	Name      string      `json:"name,omitzero"`
	Project   string      `json:"project,omitzero"` // key
	Private   *bool       `json:"private"`
	Gone      bool        `json:"gone,omitzero"` // it went away while it was read
	Grants    []Grant     `json:"grants,omitzero"`
	Keys      []DeployKey `json:"keys,omitzero"`
	Variables []Variable  `json:"variables,omitzero"`
}

// A Grant is an explicit permission, of a user or of a group.
type Grant struct {
	User       string               `json:"user,omitzero"`  // ID of a person
	Group      string               `json:"group,omitzero"` // slug
	Permission bitbucket.Permission `json:"permission"`
}

// A DeployKey is an SSH key that opens a repository, or all of a project.
type DeployKey struct {
	ID       string     `json:"id"`
	Label    string     `json:"label,omitzero"`
	AddedOn  *time.Time `json:"added_on,omitzero"`
	LastUsed *time.Time `json:"last_used,omitzero"`
	Writes   *bool      `json:"writes"` // null when it was not told
}

// A Variable is one of Pipelines. Its value is never kept.
type Variable struct {
	UUID    string `json:"uuid,omitzero"`
	Key     string `json:"key"`
	Secured bool   `json:"secured"`
}

// An Invitation is one that nobody has accepted yet.
type Invitation struct {
	Email      string               `json:"email"`
	Permission bitbucket.Permission `json:"permission,omitzero"`
	Repository string               `json:"repository,omitzero"` // slug
	SentOn     *time.Time           `json:"sent_on"`
}

// A Verdict says how well a list was read.
type Verdict string

// The verdicts.
const (
	Whole   Verdict = "complete"
	Short   Verdict = "short"    // fewer came than Bitbucket said there are
	Refused Verdict = "refused"  // Bitbucket does not show it
	Failed  Verdict = "failed"   // no usable answer
	NotRead Verdict = "not read" // the run ended before
	Gone    Verdict = "gone"     // the place went away meanwhile
	LeftOut Verdict = "left out" // on purpose, by -without
)

// rank orders verdicts, the worst last.
func (v Verdict) rank() int {
	return slices.Index([]Verdict{Gone, Whole, LeftOut, NotRead, Short, Refused, Failed}, v)
}

// A Coverage says how well a source was read, over all places that have it.
type Coverage struct {
	List   string `json:"list"`
	Places int    `json:"places"` // that have it
	Pages  int    `json:"pages"`
	Items  int    `json:"items"`
	// How many items Bitbucket said there are; null when it did not.
	Told       *int        `json:"told"`
	Verdict    Verdict     `json:"verdict"`
	Why        string      `json:"why,omitzero"`
	Exceptions []Exception `json:"exceptions,omitzero"` // places that were read less well
}

// An Exception is a place where a list was not read in whole.
type Exception struct {
	Place   string  `json:"place"`
	Verdict Verdict `json:"verdict"`
	Why     string  `json:"why,omitzero"`
}

// Read reports whether a source was read in whole, everywhere.
func (w *Workspace) Read(source string) bool {
	c := w.CoverageOf(source)
	return c != nil && c.Verdict == Whole
}

// ReadAt reports whether a source was read in whole at one place.
func (w *Workspace) ReadAt(source, place string) bool {
	verdict, _ := w.VerdictAt(source, place)
	return verdict == Whole
}

// VerdictAt says how well a source was read at one place, and why not in whole. What was not asked
// for was not read, and neither was a place that a narrow report is not about.
func (w *Workspace) VerdictAt(source, place string) (Verdict, string) {
	c := w.CoverageOf(source)
	if c == nil {
		return NotRead, "it was not asked for"
	}
	if why := w.unasked(source, place); why != "" {
		return NotRead, why
	}
	if i := slices.IndexFunc(c.Exceptions, func(e Exception) bool { return e.Place == place }); i >= 0 {
		return c.Exceptions[i].Verdict, c.Exceptions[i].Why
	}
	if len(c.Exceptions) > 0 {
		return Whole, ""
	}
	return c.Verdict, c.Why
}

// CoverageOf returns how well a source was read, or nil when it was not asked for.
func (w *Workspace) CoverageOf(source string) *Coverage {
	i := slices.IndexFunc(w.Coverage, func(c Coverage) bool { return c.List == source })
	if i < 0 {
		return nil
	}
	return &w.Coverage[i]
}

// Person returns who has an ID, or nil.
func (w *Workspace) Person(id string) *Person {
	i := slices.IndexFunc(w.People, func(p Person) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	return &w.People[i]
}

// Repository returns the repository of a slug, or nil.
func (w *Workspace) Repository(slug string) *Repository {
	i, found := slices.BinarySearchFunc(w.Repositories, slug, func(r Repository, s string) int {
		return compareText(r.Slug, s)
	})
	if !found {
		return nil
	}
	return &w.Repositories[i]
}

// Project returns the project of a key, or nil.
func (w *Workspace) Project(key string) *Project {
	i := slices.IndexFunc(w.Projects, func(p Project) bool { return p.Key == key })
	if i < 0 {
		return nil
	}
	return &w.Projects[i]
}

// IsApp reports whether it is no person but an app.
func (p *Person) IsApp() bool { return p.Type == "app_user" }

// Kind says what somebody is to the workspace.
func (p *Person) Kind() string {
	kind := string(cmp.Or(p.Role, "no member"))
	if p.IsApp() {
		kind += ", app"
	}
	return kind
}

// On lists the repositories on which somebody has exactly this permission.
func (p *Person) On(permission bitbucket.Permission) []string {
	for _, h := range p.Permissions {
		if h.Permission == permission {
			return h.Repositories
		}
	}
	return nil
}

// Administers lists the repositories that somebody may administer. A permission that nobody knows
// is taken for more than that.
func (p *Person) Administers() []string {
	var all []string
	for _, h := range p.Permissions {
		if Rank(h.Permission) >= Rank(bitbucket.PermissionAdmin) {
			all = append(all, h.Repositories...)
		}
	}
	return all
}
