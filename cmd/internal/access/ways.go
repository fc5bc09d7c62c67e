package access

import (
	"slices"

	"github.com/seed-9213fc64/bitbucket"
)

// A Way is one reason why somebody has a permission on a repository.
type Way struct {
	Permission bitbucket.Permission `json:"permission"`
	// Role, group-privilege, project, project-group, repository, repository-group.
	By      string `json:"by"`
	Group   string `json:"group,omitzero"`
	Project string `json:"project,omitzero"`
}

// The ways of a permission.
const (
	ByRole            = "role"            // owners administer everything
	ByGroupPrivilege  = "group-privilege" // the group administers the workspace
	ByProject         = "project"         // granted in person on the project
	ByProjectGroup    = "project-group"
	ByRepository      = "repository" // granted in person on the repository
	ByRepositoryGroup = "repository-group"
)

// String says the way in words.
func (w Way) String() string {
	switch w.By {
	case ByRole:
		return "owner of the workspace"
	case ByGroupPrivilege:
		return "group " + w.Group + ", which administers the workspace"
	case ByProject:
		return string(w.Permission) + " in person on project " + w.Project
	case ByProjectGroup:
		return string(w.Permission) + " by group " + w.Group + " on project " + w.Project
	case ByRepositoryGroup:
		return string(w.Permission) + " by group " + w.Group
	}
	return string(w.Permission) + " in person"
}

// A Paths finds the ways by which people have permissions. It is made once for a workspace.
type Paths struct {
	workspace *Workspace
	groupsOf  map[string][]string // slugs by person
	listed    map[string]bool     // groups whose members are known
	projects  map[string]*Project
	reached   map[string][]reached // by group
	unread    map[Place]unread     // as far as somebody asked
}

// NewPaths prepares the ways of a workspace.
func NewPaths(w *Workspace) *Paths {
	p := &Paths{
		workspace: w,
		groupsOf:  map[string][]string{},
		listed:    map[string]bool{},
		projects:  map[string]*Project{},
		unread:    map[Place]unread{},
	}
	for i := range w.Groups {
		g := &w.Groups[i]
		p.listed[g.Slug] = g.Listed
		for _, id := range g.Members {
			p.groupsOf[id] = append(p.groupsOf[id], g.Slug)
		}
	}
	for i := range w.Projects {
		p.projects[w.Projects[i].Key] = &w.Projects[i]
	}
	p.reached = p.reach()
	return p
}

// To lists the known ways by which somebody has a permission on a repository.
func (p *Paths) To(person *Person, repository *Repository) []Way {
	ways := p.ToWorkspace(person)
	if project := p.projects[repository.Project]; project != nil {
		for _, w := range p.onProject(person, project) {
			w.Permission = OnRepository(w.Permission)
			ways = append(ways, w)
		}
	}
	return append(ways, p.granted(person, repository.Grants, ByRepository, ByRepositoryGroup)...)
}

// ToProject lists the known ways by which somebody has a permission on a project.
func (p *Paths) ToProject(person *Person, project *Project) []Way {
	return append(p.ToWorkspace(person), p.onProject(person, project)...)
}

// ToWorkspace lists the known ways by which somebody administers the workspace.
func (p *Paths) ToWorkspace(person *Person) []Way {
	var ways []Way
	if person.Role == bitbucket.PermissionOwner {
		ways = append(ways, Way{Permission: bitbucket.PermissionAdmin, By: ByRole})
	}
	for _, slug := range p.groupsOf[person.ID] {
		if g := p.group(slug); g != nil && g.Administers() {
			ways = append(
				ways,
				Way{Permission: bitbucket.PermissionAdmin, By: ByGroupPrivilege, Group: slug},
			)
		}
	}
	return ways
}

// onProject lists the ways that the grants on a project make.
func (p *Paths) onProject(person *Person, project *Project) []Way {
	ways := p.granted(person, project.Grants, ByProject, ByProjectGroup)
	for i := range ways {
		ways[i].Project = project.Key
	}
	return ways
}

// granted lists the ways that the grants on one place make.
func (p *Paths) granted(person *Person, grants []Grant, inPerson, byGroup string) []Way {
	var ways []Way
	for _, g := range grants {
		switch {
		case g.User != "" && g.User == person.ID:
			ways = append(ways, Way{Permission: g.Permission, By: inPerson})
		case g.Group != "" && slices.Contains(p.groupsOf[person.ID], g.Group):
			ways = append(ways, Way{Permission: g.Permission, By: byGroup, Group: g.Group})
		}
	}
	return ways
}

func (p *Paths) group(slug string) *Group {
	i := slices.IndexFunc(p.workspace.Groups, func(g Group) bool { return g.Slug == slug })
	if i < 0 {
		return nil
	}
	return &p.workspace.Groups[i]
}

// MayBeIn reports whether somebody can be in a group: is, where its members are known, and could
// be, where they are not. Nobody who lacks what the group was granted is in it.
func (p *Paths) MayBeIn(person *Person, slug string) bool {
	if p.listed[slug] {
		return slices.Contains(p.groupsOf[person.ID], slug)
	}
	if !p.workspace.Read(Permissions) {
		return true
	}
	for _, r := range p.reached[slug] {
		if !person.Has(r.slug, OnRepository(r.permission)) {
			return false
		}
	}
	return true
}

// A reached is what a group was granted on one repository, there or on its project.
type reached struct {
	slug       string
	permission bitbucket.Permission
}

// reach lists what every group was granted.
func (p *Paths) reach() map[string][]reached {
	all := map[string][]reached{}
	for i := range p.workspace.Repositories {
		r := &p.workspace.Repositories[i]
		grants := [][]Grant{r.Grants}
		if project := p.projects[r.Project]; project != nil {
			grants = append(grants, project.Grants)
		}
		for _, g := range slices.Concat(grants...) {
			if g.Group != "" {
				all[g.Group] = append(all[g.Group], reached{r.Slug, g.Permission})
			}
		}
	}
	return all
}

// PermissionOn is somebody's effective permission on a repository; empty for none.
func (p *Person) PermissionOn(slug string) bitbucket.Permission {
	for _, h := range p.Permissions {
		if _, found := slices.BinarySearch(h.Repositories, slug); found {
			return h.Permission
		}
	}
	return ""
}

// Has reports whether somebody's effective permission on a repository is at least this one.
func (p *Person) Has(slug string, permission bitbucket.Permission) bool {
	held := p.PermissionOn(slug)
	return held != "" && Rank(held) >= Rank(permission)
}
