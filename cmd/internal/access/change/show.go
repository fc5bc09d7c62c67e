package change

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
)

// A Section is some of a difference as people read it. Its texts hold what others chose, such as
// names, as they chose it: whoever writes them makes them harmless first.
type Section struct {
	Title     string
	Workspace string // slug, where there are several
	Lines     []Line
	Total     int // of the lines, those that were left out included
	Count     int // of the changes; a line may show several that are alike
}

// A Line is one change.
type Line struct {
	Mark  string // +, -, ~ for other, ? for not known
	Level findings.Level
	Who   string
	ID    string // what identifies them; often the name does
	What  string
	Where string
	By    string
}

// String is the line as one text.
func (l Line) String() string {
	text := l.Who
	if l.ID != l.Who && l.ID != "" {
		text += " " + l.ID
	}
	for _, part := range [][2]string{{": ", l.What}, {" on ", l.Where}, {": ", l.By}} {
		if part[1] != "" && text != "" {
			text += part[0]
		}
		text += part[1]
	}
	return text
}

// The titles of the sections that matter most.
const (
	newFindings  = "New findings"
	goneFindings = "Findings gone or accepted"
	accessGained = "Access gained"
	accessLost   = "Access lost"
	notKnown     = "Not known"
)

// A Limit says how much is shown.
type Limit struct {
	Lines int // of a section
	All   int // lines of all sections; those that come after them are left out
	Names int // of repositories in a line
}

// A Headline is how many changes there are of what matters most.
type Headline struct {
	Title string
	Count int
}

// Headlines sums up what matters most, in all workspaces.
func (d *Difference) Headlines() []Headline {
	var all []Headline
	sections, _ := d.Sections(Limit{All: math.MaxInt})
	for _, title := range []string{newFindings, goneFindings, accessGained, accessLost, notKnown} {
		h := Headline{Title: title}
		for _, s := range sections {
			if s.Title == title {
				h.Count += s.Count
			}
		}
		all = append(all, h)
	}
	return all
}

// Sections shows a difference, the urgent things first, and says how many sections were left out.
// What is empty is none.
func (d *Difference) Sections(most Limit) (shown []Section, left int) {
	v := &view{d: d, most: most}
	v.findings(newFindings, NewFinding, CountsAgain, Worse)
	v.findings(goneFindings, GoneFinding, NowAccepted)
	v.findings("Findings that changed", Different)
	v.notKnown()
	v.settings()
	for i := range d.Workspaces {
		w := &d.Workspaces[i]
		v.workspace = ""
		if len(d.Workspaces) > 1 {
			v.workspace = w.Slug
		}
		v.access(w, accessGained, func(a *Access) bool { return access.Rank(a.New) > access.Rank(a.Old) })
		v.access(w, accessLost, func(a *Access) bool { return access.Rank(a.New) < access.Rank(a.Old) })
		v.access(w, "Access that became another one", func(a *Access) bool {
			return access.Rank(a.New) == access.Rank(a.Old)
		})
		v.grants(w)
		v.members(w)
		v.entities("People", w.People)
		v.entities("Groups", w.Groups)
		v.entities("Projects", w.Projects)
		v.entities("Repositories", w.Repositories)
		v.entities("Deploy keys", w.Keys)
		v.entities("Variables", w.Variables)
		v.entities("Invitations", w.Invitations)
	}
	return v.all, v.left
}

// A view makes sections.
type view struct {
	d         *Difference
	most      Limit
	workspace string
	lines     int // so far
	all       []Section
	left      int // sections
}

// section adds a section of the lines that an addition yields, as many as are shown. Each comes with
// the number of changes that it shows.
func (v *view) section(title string, add func(yield func(changes int, line func() Line))) {
	s := Section{Title: title, Workspace: v.workspace}
	add(func(changes int, line func() Line) {
		s.Count += changes
		if s.Total++; s.Total <= v.most.Lines && v.lines < v.most.All {
			s.Lines = append(s.Lines, line())
			v.lines++
		}
	})
	switch {
	case s.Total == 0:
	case len(s.Lines) == 0 && v.lines >= v.most.All:
		v.left++
	default:
		v.all = append(v.all, s)
	}
}

// findings shows the cases with these outcomes; those that only differ in their places on one line.
func (v *view) findings(title string, changes ...Outcome) {
	var lines []Line
	cases, places := map[Line]int{}, map[Line][]string{} // by the line without its place
	for i := range v.d.Findings {
		f := &v.d.Findings[i]
		if !slices.Contains(changes, f.Change) {
			continue
		}
		l := v.finding(f)
		where := l.Where
		l.Where = ""
		if cases[l] == 0 {
			lines = append(lines, l)
		}
		cases[l]++
		if where != "" {
			places[l] = append(places[l], where)
		}
	}
	v.section(title, func(yield func(int, func() Line)) {
		for _, l := range lines {
			yield(cases[l], func() Line {
				l.Where = v.names(places[l])
				return l
			})
		}
	})
}

func (v *view) finding(f *Finding) Line {
	it := &f.Item
	l := Line{Mark: "~", Level: f.Level, Who: it.Subject.Name, ID: it.Subject.UUID, What: f.Title}
	switch f.Change {
	case NewFinding:
		l.Mark = "+"
	case GoneFinding:
		l.Mark = "-"
	default:
		l.What += " (" + string(f.Change) + ")"
	}
	was := cmp.Or(f.Was, it)
	switch {
	case was.Permission != it.Permission:
		l.What += ", " + arrow(string(was.Permission), string(it.Permission))
	case !strings.Contains(it.Detail, string(it.Permission)):
		l.What += ", " + string(it.Permission)
	}
	if it.Place.Kind != it.Subject.Kind && (it.Place.Kind != "workspace" || len(v.d.Workspaces) > 1) {
		l.Where = it.Place.Kind + " " + it.Place.Name
	}
	var by []string
	if it.Detail != "" {
		by = append(by, it.Detail)
	}
	if was.Detail != it.Detail && was.Detail != "" {
		by = append(by, "before: "+was.Detail)
	}
	l.By = strings.Join(append(by, it.Via...), "; ")
	return l
}

// access shows the changes of effective permissions that are meant, those to the highest first.
func (v *view) access(w *Workspace, title string, meant func(*Access) bool) {
	var all []*Access
	for i := range w.Permissions {
		if a := &w.Permissions[i]; a.Change != NotKnown && meant(a) {
			all = append(all, a)
		}
	}
	slices.SortStableFunc(all, func(a, b *Access) int { return rank(b) - rank(a) })
	v.section(title, func(yield func(int, func() Line)) {
		for _, a := range all {
			yield(len(a.Repositories), func() Line {
				return Line{
					Mark: mark(
						a.Change,
					),
					Who:   a.Person.Name,
					ID:    a.Person.ID,
					What:  held(a.Change, a.Old, a.New),
					Where: v.names(a.Repositories),
					By:    a.by(),
				}
			})
		}
	})
}

func rank(a *Access) int { return max(access.Rank(a.Old), access.Rank(a.New)) }

// by says by what, as far as that is known.
func (a *Access) by() string {
	var ways []string
	for _, w := range a.By {
		ways = append(ways, w.String())
	}
	switch {
	case len(ways) > 0 && len(a.Unread) > 0:
		return strings.Join(ways, "; ") + "; perhaps more, " + strings.Join(a.Unread, ", ") + " not read"
	case len(ways) > 0:
		return strings.Join(ways, "; ")
	case len(a.Unread) > 0:
		return "by what is not known, " + strings.Join(a.Unread, ", ") + " not read"
	}
	return "by nothing that can be read"
}

func (v *view) grants(w *Workspace) {
	v.section("Explicit grants", func(yield func(int, func() Line)) {
		for i := range w.Grants {
			g := &w.Grants[i]
			if g.Change == NotKnown {
				continue
			}
			yield(1, func() Line {
				l := Line{
					Mark: mark(
						g.Change,
					),
					Who:   "group " + g.Group,
					What:  held(g.Change, g.Old, g.New),
					Where: g.Place.String(),
				}
				if g.Person != nil {
					l.Who, l.ID = g.Person.Name, g.Person.ID
				}
				return l
			})
		}
	})
}

func (v *view) members(w *Workspace) {
	v.section("Members of groups", func(yield func(int, func() Line)) {
		for i := range w.Members {
			m := &w.Members[i]
			if m.Change == NotKnown {
				continue
			}
			yield(1, func() Line {
				what := "joined group " + m.Group
				if m.Change == Removed {
					what = "left group " + m.Group
				}
				return Line{Mark: mark(m.Change), Who: m.Person.Name, ID: m.Person.ID, What: what}
			})
		}
	})
}

func (v *view) entities(title string, list []Entity) {
	v.section(title, func(yield func(int, func() Line)) {
		for i := range list {
			if e := &list[i]; e.Change != NotKnown && e.Notable() {
				yield(1, func() Line { return v.entity(e) })
			}
		}
	})
}

func (v *view) entity(e *Entity) Line {
	l := Line{Mark: mark(e.Change), Who: e.Name, ID: e.ID}
	switch e.Change {
	case Added:
		l.What = "came" + role(e.Fields)
	case Removed:
		l.What = "went" + role(e.Fields)
	default:
		var changes []string
		for _, f := range e.Fields {
			if !f.age() && !f.NotKnown {
				changes = append(changes, f.Name+" "+arrow(f.Old, f.New))
			}
		}
		l.What = strings.Join(changes, ", ")
	}
	if e.Place != nil {
		l.Where = e.Place.String()
	}
	return l
}

// role is the role of who came or went.
func role(fields []Field) string {
	for _, f := range fields {
		if f.Name == "role" {
			return ", " + cmp.Or(f.New, f.Old)
		}
	}
	return ""
}

func (v *view) notKnown() {
	v.section(notKnown, func(yield func(int, func() Line)) {
		for _, why := range v.d.Incomplete {
			yield(1, func() Line { return Line{Mark: "?", What: why} })
		}
	})
}

func (v *view) settings() {
	v.section("Settings that differ", func(yield func(int, func() Line)) {
		for _, f := range v.d.Settings {
			yield(1, func() Line { return Line{Mark: "~", Who: f.Name, What: arrow(f.Old, f.New)} })
		}
	})
}

// names lists repositories, as many as are shown.
func (v *view) names(slugs []string) string {
	if more := len(slugs) - v.most.Names; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(slugs[:v.most.Names], ", "), more)
	}
	return strings.Join(slugs, ", ")
}

func mark(v Verdict) string {
	switch v {
	case Added:
		return "+"
	case Removed:
		return "-"
	case NotKnown:
		return "?"
	}
	return "~"
}

// held says what became of a permission.
func held(v Verdict, was, is bitbucket.Permission) string {
	switch v {
	case Added:
		return "gained " + string(is)
	case Removed:
		return "lost " + string(was)
	}
	return arrow(string(was), string(is))
}

func arrow(was, is string) string {
	return cmp.Or(was, "none") + " → " + cmp.Or(is, "none")
}
