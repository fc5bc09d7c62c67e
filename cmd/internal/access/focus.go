package access

import "slices"

// A Focus is what a narrow report was asked about.
type Focus struct {
	projects, repositories []string // keys and slugs, sorted
}

// NewFocus makes the focus of a run that was asked about some projects and repositories.
func NewFocus(projects, repositories []string) Focus {
	return Focus{slices.Sorted(slices.Values(projects)), slices.Sorted(slices.Values(repositories))}
}

// Equal reports whether two are about the same places.
func (f Focus) Equal(other Focus) bool {
	return slices.Equal(f.projects, other.projects) && slices.Equal(f.repositories, other.repositories)
}

// Renamed is the focus under other names of its projects and repositories.
func (f Focus) Renamed(project, repository func(string) string) Focus {
	all := func(names []string, rename func(string) string) []string {
		renamed := make([]string, len(names))
		for i, name := range names {
			renamed[i] = rename(name)
		}
		return renamed
	}
	return NewFocus(all(f.projects, project), all(f.repositories, repository))
}

// unasked says why a source was not asked about a place; empty when it was. A narrow report knows
// places that it was not asked about, such as all projects. Sources of the workspace are asked in
// whole.
func (w *Workspace) unasked(source, place string) string {
	if !w.Narrow || w.Focus.has(w, KindOf(source), place) {
		return ""
	}
	return AskedOfSome
}

// AskedOfSome is why a narrow report does not know what it was not asked about.
const AskedOfSome = "the run was asked about some repositories only"

// Lists reports whether all repositories of a project are known, or of the workspace without one.
func (w *Workspace) Lists(project string) bool {
	return w.Read(Repositories) && (!w.Narrow || slices.Contains(w.Focus.projects, project))
}

func (f Focus) has(w *Workspace, kind Kind, place string) bool {
	switch kind {
	case KindRepository:
		r := w.Repository(place)
		return slices.Contains(f.repositories, place) || r != nil && slices.Contains(f.projects, r.Project)
	case KindProject:
		return slices.Contains(f.projects, place) || slices.ContainsFunc(f.repositories, func(slug string) bool {
			r := w.Repository(slug)
			return r != nil && r.Project == place
		})
	}
	return true
}
