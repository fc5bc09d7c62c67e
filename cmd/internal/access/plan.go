package access

import (
	"context"
	"slices"
)

// Progress is how far a run is.
type Progress struct {
	Done  int  // pages that have come
	Total int  // pages in all, at least
	Known bool // Total is all, as far as Bitbucket has told
}

// Progress counts what is done and what is to come.
func (c *Collector) Progress() Progress {
	p := Progress{Known: true}
	if c.scope.wants(Sources()[0]) {
		p.add(&c.account, false)
	}
	for _, s := range c.spaces {
		for _, kind := range []Kind{KindWorkspace, KindAddresses} {
			for _, place := range c.places(s, kind) {
				for _, source := range c.wanted(kind) {
					st := s.lists[Ask{Source: source.Name, Workspace: s.asked, Place: place}]
					if s.fallen != "" && (st == nil || !st.over) {
						continue
					}
					p.add(st, source.phase == 1)
				}
			}
		}
		if s.fallen == "" {
			c.progressOfPlaces(s, &p)
		}
	}
	return p
}

// progressOfPlaces adds the lists of projects and repositories: each is taken for one call until it
// shows to be more.
func (c *Collector) progressOfPlaces(s *space, p *Progress) {
	for _, kind := range []Kind{KindProject, KindRepository} {
		sources := len(c.wanted(kind))
		if sources == 0 {
			continue
		}
		done := s.finished[kind]
		p.Done += done
		p.Total += max(done, sources*c.count(s, kind))
		p.Known = p.Known && c.sizeKnown(s, kind)
	}
}

// sizeKnown reports whether Bitbucket has told how many places of a kind there are.
func (c *Collector) sizeKnown(s *space, kind Kind) bool {
	name := Repositories
	if kind == KindProject {
		name = Projects
	}
	st := s.lists[Ask{Source: name, Workspace: s.asked}]
	return c.placesKnown(s, kind) || !c.scope.narrow() && st != nil && st.told != nil
}

// count is how many places of a kind there are, by what Bitbucket told where they are not listed
// yet.
func (c *Collector) count(s *space, kind Kind) int {
	n := len(s.index.places)
	switch {
	case kind == KindProject && len(s.index.projects) == 0, c.scope.narrow():
		n = len(c.places(s, kind))
	case kind == KindProject:
		n = len(s.index.projects)
	}
	name := Repositories
	if kind == KindProject {
		name = Projects
	}
	if st := s.lists[Ask{Source: name, Workspace: s.asked}]; st != nil && st.told != nil {
		n = max(n, *st.told)
	}
	return n
}

// add adds a list. One that is not long is taken for one call until it shows to be more.
func (p *Progress) add(st *state, long bool) {
	if st == nil {
		st = &state{}
	}
	p.Done += st.pages
	p.Total += st.pages
	switch {
	case st.over && st.pages == 0:
		p.Done, p.Total = p.Done+1, p.Total+1 // the call that was refused
	case st.over:
	case st.told != nil && st.length > 0:
		p.Total += max(1, (*st.told+st.length-1)/st.length-st.pages)
	default:
		p.Total++
		p.Known = p.Known && !long
	}
}

// wanted lists the sources of a kind that the scope asks for.
func (c *Collector) wanted(kind Kind) []Source {
	return slices.DeleteFunc(
		Sources(),
		func(s Source) bool { return s.On != kind || !c.scope.wants(s) },
	)
}

// A Plan is which calls a run will take.
type Plan struct {
	Rows  []PlanRow `json:"rows"`
	Calls int       `json:"calls"`
}

// A PlanRow is the calls for one source of one workspace.
type PlanRow struct {
	Workspace string `json:"workspace,omitzero"`
	Source    string `json:"source"`
	Places    int    `json:"places"`
	Items     *int   `json:"items"` // null when that takes a call to know
	Calls     int    `json:"calls"`
	Why       string `json:"why,omitzero"` // the size could not be read
}

// SizingCalls is how many calls Size takes.
func (c *Collector) SizingCalls() int { return len(c.spaces) * len(c.sized()) }

// sized lists the sources whose sizes tell how long a run takes.
func (c *Collector) sized() []Source {
	return slices.DeleteFunc(c.wanted(KindWorkspace), func(s Source) bool {
		switch s.Name {
		case Members, Permissions, Repositories:
			return false
		case Projects:
			return !c.scope.Explicit
		}
		return true
	})
}

// pageLen is how many items Bitbucket puts on a page at the most.
const pageLen = 100

// Size asks for one item of each long list and plans by what Bitbucket says of its size.
func (c *Collector) Size(ctx context.Context) (Plan, error) {
	plan := Plan{Rows: []PlanRow{}}
	if c.scope.wants(Sources()[0]) {
		plan.add(PlanRow{Source: Viewer, Places: 1, Calls: 1})
	}
	for _, s := range c.spaces {
		counts := map[Kind]int{KindWorkspace: 1, KindAddresses: len(batches(c.scope.Addresses))}
		for _, source := range c.wanted(KindWorkspace) {
			row, err := c.sizeOf(ctx, s, source)
			if err != nil {
				return plan, err
			}
			plan.add(row)
			switch {
			case row.Items == nil:
			case source.Name == Repositories:
				counts[KindRepository] = *row.Items
			case source.Name == Projects:
				counts[KindProject] = *row.Items
			}
		}
		if len(c.scope.Projects) > 0 {
			counts[KindProject] = len(c.scope.Projects)
		}
		for _, kind := range []Kind{KindAddresses, KindProject, KindRepository} {
			for _, source := range c.wanted(kind) {
				plan.add(
					PlanRow{Workspace: s.asked, Source: source.Name, Places: counts[kind], Calls: counts[kind]},
				)
			}
		}
	}
	return plan, nil
}

// sizeOf plans one list.
func (c *Collector) sizeOf(ctx context.Context, s *space, source Source) (PlanRow, error) {
	row := PlanRow{Workspace: s.asked, Source: source.Name, Places: 1, Calls: 1}
	if !slices.ContainsFunc(c.sized(), func(o Source) bool { return o.Name == source.Name }) {
		return row, nil
	}
	if err := c.before(ctx); err != nil {
		return row, err
	}
	ask := Ask{Source: source.Name, Workspace: s.asked, scope: &c.scope, size: 1}
	for page, err := range c.api.Pages(ctx, ask, "") {
		switch {
		case err != nil && ends(ctx, err):
			return row, err
		case err != nil:
			row.Why = why(err)
		case page.Told != nil:
			row.Items = page.Told
			row.Calls = max(1, (*page.Told+pageLen-1)/pageLen)
		default:
			row.Why = "Bitbucket does not say how many there are"
		}
		break
	}
	return row, nil
}

func (p *Plan) add(row PlanRow) {
	p.Rows = append(p.Rows, row)
	p.Calls += row.Calls
}
