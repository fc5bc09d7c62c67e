package change

import (
	"cmp"
	"fmt"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
)

// A side is one of the two models, and what it can be asked about.
type side struct {
	*access.Workspace
	name     string // old or new
	paths    *access.Paths
	places   map[[2]string]access.Place // by kind and identity
	projects map[string]bool            // by key
	lacking  map[[2]string]string       // by source and place, as far as somebody asked
}

func newSide(name string, w *access.Workspace) *side {
	s := &side{
		Workspace: w, name: name, paths: access.NewPaths(w), projects: map[string]bool{},
		places: map[[2]string]access.Place{}, lacking: map[[2]string]string{},
	}
	for i := range w.Projects {
		p := &w.Projects[i]
		s.projects[p.Key] = true
		s.places[[2]string{"project", cmp.Or(p.UUID, p.Key)}] = access.Place{
			Kind: access.KindProject,
			Name: p.Key,
		}
	}
	for i := range w.Repositories {
		r := &w.Repositories[i]
		s.places[[2]string{"repository", cmp.Or(r.UUID, r.Slug)}] = access.Place{
			Kind: access.KindRepository,
			Name: r.Slug,
		}
	}
	return s
}

// lacks says why a source may hold more than the report has of it, at one place or, without one,
// anywhere; empty when it was read in whole. A place that went away while it was read holds nothing.
func (s *side) lacks(source, place string) string {
	at := [2]string{source, place}
	text, asked := s.lacking[at]
	if !asked {
		text = s.lack(source, place)
		s.lacking[at] = text
	}
	return text
}

func (s *side) lack(source, place string) string {
	verdict, why := access.NotRead, "it was not asked for"
	if place != "" {
		verdict, why = s.VerdictAt(source, place)
	} else if c := s.CoverageOf(source); c != nil {
		verdict, why = c.Verdict, c.Why
	}
	if verdict == access.Whole || verdict == access.Gone {
		return ""
	}
	text := fmt.Sprintf("the %s report has %s: %s", s.name, source, verdict)
	if why != "" {
		text += ": " + why
	}
	return text
}

// narrow says that a report is a narrow one.
func (s *side) narrow() string { return "the " + s.name + " report is about some repositories only" }

// sameScope reports whether two sides are about the same places.
func sameScope(a, b *side) bool {
	return a.Narrow == b.Narrow && a.Focus.Equal(b.Focus)
}

// lacksPeople says why somebody may be there whom the report does not have: one of the lists of
// people that were asked for was not read in whole.
func (s *side) lacksPeople(other *side) string {
	why := s.lacks(access.Members, "")
	if s.Narrow && !sameScope(s, other) {
		why = cmp.Or(why, s.narrow())
	}
	for _, source := range []string{
		access.Permissions, access.RepoPermissions, access.Groups, access.ProjectUsers, access.RepositoryUsers,
	} {
		if s.CoverageOf(source) != nil {
			why = cmp.Or(why, s.lacks(source, ""))
		}
	}
	return why
}

// lacksRepository says why a repository that the other side has may be there although the report
// does not have it. One that is known by its name only may have had another, and a narrow report
// does not see what was moved or renamed.
func (s *side) lacksRepository(r *access.Repository, other *side) string {
	if s.Narrow {
		return s.narrow()
	}
	why := s.lacks(access.Repositories, "")
	if why == "" && r.UUID == "" {
		why = other.lacks(access.Repositories, "")
	}
	return why
}

// lacksProject says why a project that the other side has may be there although the report does not
// have it.
func (s *side) lacksProject(p *access.Project, other *side) string {
	why := s.lacks(access.Projects, "")
	if why == "" && p.UUID == "" {
		why = other.lacks(access.Projects, "")
	}
	return why
}

// lacksAt says why a source may hold more at a repository or a project than the report has of it. A
// place that is not there holds nothing.
func (s *side) lacksAt(source string, p access.Place, other *side) string {
	switch p.Kind {
	case access.KindRepository:
		if s.Repository(p.Name) != nil {
			return s.lacks(source, p.Name)
		}
		if r := other.Repository(p.Name); r != nil {
			return s.lacksRepository(r, other)
		}
	case access.KindProject:
		if s.projects[p.Name] {
			return s.lacks(source, p.Name)
		}
		if x := other.Project(p.Name); x != nil {
			return s.lacksProject(x, other)
		}
	}
	return s.lacks(source, "")
}

// lacksPermission says why somebody may have a permission on a repository although the report does
// not have it.
func (s *side) lacksPermission(slug string, other *side) string {
	source := s.permissionsAs(access.Permissions)
	if source == access.Permissions {
		return s.lacks(source, "")
	}
	return s.lacksAt(source, access.Place{Kind: access.KindRepository, Name: slug}, other)
}

// permissionsAs is the source that a side has effective permissions from; a narrow one asks single
// repositories. Other sources are what they are.
func (s *side) permissionsAs(source string) string {
	if source == access.Permissions && s.CoverageOf(source) == nil {
		return access.RepoPermissions
	}
	return source
}
