package access

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Collector reads what a scope asks for, one list after the other, and keeps count of what that
// takes. It is not for several goroutines.
type Collector struct {
	api   API
	scope Scope
	hooks Hooks

	viewer  *Account
	account state // of the viewer's list
	spaces  []*space
}

// Hooks are what a collector tells and asks on its way. Any of them may be nil.
type Hooks struct {
	// Before is asked before each page; an error ends the run. An API that reads some pages at a time
	// may have begun with it.
	Before func() error
	// Keep is given what was read, before it is folded; an error ends the run.
	Keep func(Entry) error
	// Advanced is told that a call has been made.
	Advanced func(Progress)
}

// An Entry is what a checkpoint holds of one call: a page, or a verdict without one.
type Entry struct {
	Ask     Ask     `json:"ask"`
	Page    *Page   `json:"page,omitzero"`
	Verdict Verdict `json:"verdict,omitzero"`
	Why     string  `json:"why,omitzero"`
}

// A space is a workspace while it is read.
type space struct {
	asked    string
	index    *index
	lists    map[Ask]*state
	finished map[Kind]int      // lists of places that are over
	fallen   string            // why no more is asked of it
	failures int               // in a row
	denied   map[string]string // why the credential may not read a source at any place
}

// A state is how far one list is.
type state struct {
	pages, items, fresh int
	told                *int // by the page that told most
	length              int
	odd                 string // what is wrong with an item
	next                string
	over                bool
	verdict             Verdict
	why                 string
}

// giveUpAfter is how many lists of a workspace may fail in a row.
const giveUpAfter = 3

// NewCollector prepares to read a scope.
func NewCollector(api API, scope Scope, hooks Hooks) *Collector {
	c := &Collector{api: api, scope: scope, hooks: hooks}
	for _, asked := range scope.Workspaces {
		c.spaces = append(c.spaces, &space{
			asked: asked, index: newIndex(), lists: map[Ask]*state{}, finished: map[Kind]int{},
			denied: map[string]string{},
		})
	}
	return c
}

// Replay takes what a checkpoint holds, in its order, before Run.
func (c *Collector) Replay(e Entry) error {
	s, err := c.spaceOf(e.Ask)
	if err != nil {
		return err
	}
	c.take(s, e)
	return nil
}

// spaceOf finds the workspace of an ask; nil is the account.
func (c *Collector) spaceOf(ask Ask) (*space, error) {
	if ask.Workspace == "" {
		return nil, nil
	}
	i := slices.IndexFunc(c.spaces, func(s *space) bool { return s.asked == ask.Workspace })
	if i < 0 {
		return nil, fmt.Errorf("workspace %q is none of this run", ask.Workspace)
	}
	return c.spaces[i], nil
}

// Run reads what has not been read yet. Its error is what ended it before it was through; what one
// list or one workspace refuses is no error but a verdict.
func (c *Collector) Run(ctx context.Context) error {
	for phase := range phases {
		for _, source := range Sources() {
			if source.On == KindAccount && source.phase == phase && c.scope.wants(source) {
				if err := c.read(ctx, nil, source, Ask{Source: source.Name}); err != nil {
					return err
				}
			}
		}
		for _, s := range c.spaces {
			if err := c.runPhase(ctx, s, phase); err != nil {
				return err
			}
		}
	}
	return nil
}

// runPhase reads what one phase reads of one workspace.
func (c *Collector) runPhase(ctx context.Context, s *space, phase int) error {
	for _, kind := range []Kind{KindWorkspace, KindAddresses, KindProject, KindRepository} {
		for _, place := range c.places(s, kind) {
			if err := c.readPlace(ctx, s, kind, place, phase); err != nil {
				return err
			}
		}
	}
	return nil
}

// readPlace reads the lists of one place.
func (c *Collector) readPlace(
	ctx context.Context,
	s *space,
	kind Kind,
	place string,
	phase int,
) error {
	for _, source := range Sources() {
		if source.On != kind || source.phase != phase || !c.scope.wants(source) {
			continue
		}
		ask := Ask{Source: source.Name, Workspace: s.asked, Place: place}
		if s.fallen != "" {
			continue
		}
		if kind == KindProject || kind == KindRepository {
			if s.index.placeOf(ask).gone {
				c.take(s, Entry{Ask: ask, Verdict: Gone})
				continue
			}
			if why, denied := s.denied[source.Name]; denied && !c.stateOf(s, ask).over {
				c.take(s, Entry{Ask: ask, Verdict: Refused, Why: "not asked again: " + why})
				continue
			}
		}
		if err := c.read(ctx, s, source, ask); err != nil {
			return err
		}
	}
	return nil
}

// places lists the places of a kind, as far as they are known.
func (c *Collector) places(s *space, kind Kind) []string {
	switch kind {
	case KindWorkspace:
		return []string{""}
	case KindAddresses:
		return batches(c.scope.Addresses)
	case KindProject:
		return c.projects(s)
	}
	if !c.scope.narrow() {
		return slices.Sorted(maps.Keys(s.index.places))
	}
	slugs := slices.Clone(c.scope.Repositories)
	for slug, p := range s.index.places {
		if slices.Contains(c.scope.Projects, p.project) {
			slugs = append(slugs, slug)
		}
	}
	slices.Sort(slugs)
	return slices.Compact(slugs)
}

// projects lists the keys of the projects: those that were listed, and those that repositories
// name.
func (c *Collector) projects(s *space) []string {
	keys := slices.Clone(c.scope.Projects)
	for _, p := range s.index.places {
		if p.project != "" && (!c.scope.narrow() || slices.Contains(c.scope.Repositories, p.slug)) {
			keys = append(keys, p.project)
		}
	}
	if !c.scope.narrow() {
		keys = slices.AppendSeq(keys, maps.Keys(s.index.projects))
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// read reads one list from where it is.
func (c *Collector) read(ctx context.Context, s *space, source Source, ask Ask) error {
	st := c.stateOf(s, ask)
	if st.over {
		if st.verdict == Whole {
			return c.missing(s, ask) // which the run before may not have come to
		}
		return nil
	}
	if err := c.before(ctx); err != nil {
		return err
	}
	ask.scope = &c.scope
	if s != nil {
		ask.slug = s.index.facts.Slug
	}
	for page, err := range c.api.Pages(ctx, ask, st.next) {
		if err != nil {
			return c.refused(ctx, s, source, ask, err)
		}
		if err := c.keep(s, Entry{Ask: ask.key(), Page: &page}); err != nil {
			return err
		}
		if s != nil {
			s.failures = 0
		}
		if st.over {
			break
		}
		if err := c.before(ctx); err != nil {
			return err
		}
	}
	if !st.over {
		return c.keep(
			s,
			Entry{Ask: ask.key(), Verdict: Failed, Why: "the list ended without a last page"},
		)
	}
	return c.missing(s, ask)
}

// before asks whether another call may be made.
func (c *Collector) before(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if c.hooks.Before != nil {
		return c.hooks.Before()
	}
	return nil
}

// keep writes an entry down and takes it.
func (c *Collector) keep(s *space, e Entry) error {
	if c.hooks.Keep != nil {
		if err := c.hooks.Keep(e); err != nil {
			return err
		}
	}
	c.take(s, e)
	if c.hooks.Advanced != nil {
		c.hooks.Advanced(c.Progress())
	}
	return nil
}

// take folds an entry.
func (c *Collector) take(s *space, e Entry) {
	st := c.stateOf(s, e.Ask)
	if e.Page == nil {
		st.verdict, st.why = e.Verdict, e.Why
		c.finish(s, e.Ask, st)
		return
	}
	st.pages++
	st.items += len(e.Page.Items)
	st.next, st.length = e.Page.Next, e.Page.Len
	for i := range e.Page.Items {
		st.odd = cmp.Or(st.odd, e.Page.Items[i].odd(e.Ask))
	}
	if told := e.Page.Told; told != nil && (st.told == nil || *told > *st.told) {
		st.told = told // the most: what goes while a list is read pulls another item out of it
	}
	switch {
	case s != nil:
		st.fresh += s.index.fold(e.Ask, e.Page.Items)
	case len(e.Page.Items) > 0:
		c.viewer, st.fresh = e.Page.Items[0].User, 1
	}
	if st.next == "" {
		st.verdict, st.why = st.judge(e.Ask.Source)
		c.finish(s, e.Ask, st)
	}
}

// finish notes that a list is over.
func (c *Collector) finish(s *space, ask Ask, st *state) {
	st.over = true
	if s == nil {
		return
	}
	for _, source := range Sources() {
		if source.Name != ask.Source {
			continue
		}
		s.finished[source.On]++
		if source.On == KindWorkspace && ask.Source == TheWorkspace && st.verdict != Whole {
			s.fallen = "the workspace itself could not be read: " + st.why
		}
	}
	if st.verdict == Gone {
		s.index.placeOf(ask).gone = true
	}
}

// judge says whether a list that ended was whole.
func (st *state) judge(source string) (Verdict, string) {
	switch {
	case st.odd != "":
		return Failed, st.odd
	case st.told != nil && st.fresh < *st.told:
		return Short, fmt.Sprintf("Bitbucket said there are %d, and %d came", *st.told, st.fresh)
	case st.told == nil && st.fresh < st.items:
		return Short, fmt.Sprintf(
			"%d came, %d of them twice, so others may be missing",
			st.items,
			st.items-st.fresh,
		)
	case source == Members && st.fresh == 0:
		return Short, "nobody is in it, and every workspace has an owner"
	}
	return Whole, ""
}

// missing says so when a repository or a project that was asked for by name is not there.
func (c *Collector) missing(s *space, ask Ask) error {
	var kind Kind
	var asked []string
	var places map[string]*place
	switch ask.Source {
	case Repositories:
		kind, asked, places = KindRepository, c.scope.Repositories, s.index.places
	case Projects:
		kind, asked, places = KindProject, c.scope.Projects, s.index.projects
	}
	var names []string
	for _, name := range asked {
		if p := places[name]; p == nil || !p.listed {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return c.keep(s, Entry{
		Ask: ask.key(), Verdict: Failed,
		Why: "there is no " + string(kind) + " " + strings.Join(names, ", "),
	})
}

// stateOf finds or adds the state of a list.
func (c *Collector) stateOf(s *space, ask Ask) *state {
	if s == nil {
		return &c.account
	}
	ask = ask.key()
	st := s.lists[ask]
	if st == nil {
		st = &state{}
		s.lists[ask] = st
	}
	return st
}
