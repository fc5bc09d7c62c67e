package access

import (
	"slices"

	"github.com/seed-9213fc64/bitbucket"
)

// An unread is what was not read of the ways to a place.
type unread struct {
	sources []string
	groups  []*Group // that may give something there, and whose members are not known
}

// Unread lists what was not read in whole and may hold further ways by which somebody has a
// permission on a repository: sources by their names, and groups whose members are not known.
func (p *Paths) Unread(person *Person, repository *Repository) []string {
	return p.unreadAt(person, Place{KindRepository, repository.Slug}, func() unread {
		of := p.unreadOfProject(repository.Project)
		if repository.Project == "" {
			of.sources = append(of.sources, Repositories) // which tell the project
		}
		of.add(p, repository.Grants, repository.Slug, RepositoryUsers, RepositoryGroups)
		return of
	})
}

// UnreadOfProject lists the same for a project.
func (p *Paths) UnreadOfProject(person *Person, project *Project) []string {
	return p.unreadAt(
		person,
		Place{KindProject, project.Key},
		func() unread { return p.unreadOfProject(project.Key) },
	)
}

// UnreadOfWorkspace lists the same for the workspace.
func (p *Paths) UnreadOfWorkspace(person *Person) []string {
	return p.unreadAt(person, Place{Kind: KindWorkspace}, p.unreadOfWorkspace)
}

// unreadAt lists what was not read at a place, which is found out once, and of one person.
func (p *Paths) unreadAt(person *Person, at Place, find func() unread) []string {
	of, asked := p.unread[at]
	if !asked {
		of = find()
		p.unread[at] = of
	}
	lacking := slices.Clip(of.sources)
	if person.Role == "" && !p.workspace.Read(Members) {
		lacking = append(lacking, Members)
	}
	for _, g := range of.groups {
		administers := at.Kind != KindRepository || person.Has(at.Name, bitbucket.PermissionAdmin)
		if (administers || !g.Administers()) && p.MayBeIn(person, g.Slug) {
			lacking = append(lacking, "members of group "+g.Slug)
		}
	}
	return lacking
}

func (p *Paths) unreadOfWorkspace() unread {
	var of unread
	if !p.workspace.Read(Groups) {
		of.sources = append(of.sources, Groups)
	}
	for i := range p.workspace.Groups {
		if g := &p.workspace.Groups[i]; !g.Listed && g.Administers() {
			of.groups = append(of.groups, g)
		}
	}
	return of
}

func (p *Paths) unreadOfProject(key string) unread {
	of := p.unreadOfWorkspace()
	var grants []Grant
	if project := p.projects[key]; project != nil {
		grants = project.Grants
	}
	of.add(p, grants, key, ProjectUsers, ProjectGroups)
	return of
}

// add adds the sources of the grants on a place, and the groups that are granted something there.
func (of *unread) add(p *Paths, grants []Grant, place string, sources ...string) {
	for _, source := range sources {
		if !p.workspace.ReadAt(source, place) {
			of.sources = append(of.sources, source)
		}
	}
	for _, g := range grants {
		if p.listed[g.Group] || g.Group == "" {
			continue
		}
		if group := p.group(g.Group); group != nil && !slices.Contains(of.groups, group) {
			of.groups = append(of.groups, group)
		}
	}
}
