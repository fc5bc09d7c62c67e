package access

import (
	"slices"
)

// Snapshot makes the model of what has been read so far.
func (c *Collector) Snapshot() Snapshot {
	snapshot := Snapshot{Viewer: c.viewer, Workspaces: []Workspace{}}
	for _, s := range c.spaces {
		w := s.index.workspace(s.asked)
		w.Narrow, w.Focus = c.scope.narrow(), NewFocus(c.scope.Projects, c.scope.Repositories)
		w.Coverage = append(w.Coverage, c.coverage(s)...)
		w.Complete = s.fallen == "" && !slices.ContainsFunc(w.Coverage, Lacking)
		snapshot.Workspaces = append(snapshot.Workspaces, w)
	}
	return snapshot
}

// Lacking reports whether a source keeps a report from being complete.
func Lacking(c Coverage) bool {
	aside := slices.ContainsFunc(Sources(), func(s Source) bool { return s.Name == c.List && s.aside })
	return !aside && c.Verdict != Whole && c.Verdict != LeftOut
}

// coverage says how well the sources of one workspace were read.
func (c *Collector) coverage(s *space) []Coverage {
	var all []Coverage
	for _, source := range Sources() {
		switch {
		case slices.Contains(c.scope.Without, source.Name):
			all = append(all, Coverage{List: source.Name, Verdict: LeftOut, Why: "left out on purpose"})
		case source.On != KindAccount && c.scope.wants(source):
			all = append(all, c.coverageOf(s, source))
		}
	}
	return all
}

// coverageOf sums up over the places that have a source. A place that went away lacks nothing.
func (c *Collector) coverageOf(s *space, source Source) Coverage {
	sum := Coverage{List: source.Name, Verdict: Whole, Why: ""}
	places := c.places(s, source.On)
	if len(places) == 0 && !c.placesKnown(s, source.On) {
		sum.Verdict, sum.Why = NotRead, "what it would be asked of was not read"
	}
	for _, place := range places {
		sum.Places++
		st := s.lists[Ask{Source: source.Name, Workspace: s.asked, Place: place}]
		if st == nil {
			st = &state{}
		}
		verdict, why := st.verdict, st.why
		if !st.over {
			verdict, why = NotRead, s.fallen
		}
		sum.Pages += st.pages
		sum.Items += st.items
		if st.told != nil {
			if sum.Told == nil {
				sum.Told = new(0)
			}
			*sum.Told += *st.told
		}
		if verdict == Whole {
			continue
		}
		if source.On != KindWorkspace {
			sum.Exceptions = append(sum.Exceptions, Exception{place, verdict, why})
		}
		if verdict.rank() > sum.Verdict.rank() {
			sum.Verdict, sum.Why = verdict, why
		}
	}
	if why := c.contradicted(s, source); why != "" && sum.Verdict == Whole {
		sum.Verdict, sum.Why = Short, why
	}
	if source.On != KindWorkspace && sum.Verdict == Whole && !c.placesKnown(s, source.On) {
		sum.Verdict, sum.Why = NotRead, "not all of what it would be asked of was read"
	}
	return sum
}

// contradicted is what another list named and this one, which came whole, has not, if there is anything.
// An empty list that is none looks like any other.
func (c *Collector) contradicted(s *space, source Source) string {
	var names []string
	switch source.Name {
	case Groups:
		for slug, g := range s.index.groups {
			if !g.inList {
				names = append(names, slug)
			}
		}
	case Projects:
		for _, p := range s.index.places {
			if at := s.index.projects[p.project]; p.project != "" && (at == nil || !at.listed) {
				names = append(names, p.project)
			}
		}
	case Repositories:
		for slug, p := range s.index.places {
			if !p.listed {
				names = append(names, slug)
			}
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return "it has not " + names[0] + ", which another list names"
}

// placesKnown reports whether all places of a kind are known.
func (c *Collector) placesKnown(s *space, kind Kind) bool {
	whole := func(name string) bool {
		i := slices.IndexFunc(Sources(), func(source Source) bool { return source.Name == name })
		if !c.scope.wants(Sources()[i]) {
			return c.scope.narrow()
		}
		st := s.lists[Ask{Source: name, Workspace: s.asked}]
		return st != nil && st.over && st.verdict == Whole
	}
	switch kind {
	case KindRepository:
		return whole(Repositories)
	case KindProject:
		return whole(Repositories) && (whole(Projects) || c.scope.narrow())
	}
	return true
}
