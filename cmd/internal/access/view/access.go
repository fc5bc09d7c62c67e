package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
)

// An Access is who may do what in one workspace.
type Access struct {
	Slug     string
	Number   int
	Several  bool       // workspaces, so that a page has to name this one
	Unread   List[Text] // why somebody may have more
	People   int
	Sets     int
	Places   int // repositories
	Alike    int
	Admins   Admins
	Columns  []Column
	Rows     List[Row] // of sets
	Hidden   int       // people in rows that are left out
	Index    List[Entry]
	Letters  []string // of the permissions that a repository has
	Sites    List[Site]
	Unlisted int // repositories in sites that are left out
}

// A Row is a set of people with equal rights.
type Row struct {
	People Names
	Kind   string
	Cells  []*Shown // by column; nil for nothing
}

// A Names is names of a set of people or of repositories: the first ones, and all that are shown.
type Names struct {
	Count int
	First string
	All   string // when the first ones are not all
}

// nameNodes is how many nodes names take at most.
const nameNodes = 8

// A Shown is a cell.
type Shown struct {
	Cell
	Letter string
	Lines  []Line // what it opens into; nil when it does not
}

// A Line is the repositories or the people that have one permission.
type Line struct {
	Permission string
	Names      string
}

// The most rows, columns and names of a page.
const (
	mostRows    = 200
	mostColumns = 24
	mostNames   = 40
	firstNames  = 3
)

// accessOf shows a workspace in a room, and adds it to what the search knows.
func accessOf(f *Fold, limits findings.Thresholds, left room) Access {
	v := Access{
		Slug: name(f.Workspace.Slug), People: len(f.Workspace.People), Sets: len(f.Sets),
		Places: len(f.Slugs), Alike: len(f.Alike), Admins: adminsOf(f, limits),
	}
	v.Unread = texts(&left, 1, unread([]access.Workspace{*f.Workspace}, access.Permissions))
	if !left.take(v.Admins.size().plus(size(120, v.Slug))) {
		v.Admins.Distribution, v.Admins.Top = nil, nil
	}
	index := room{left.nodes / 20, left.bytes / 3} // it is text above all
	left.take(index)
	sites := left.cut(3)
	v.sites(f, &sites)
	v.rows(f, left.plus(sites))
	v.index(f, index)
	return v
}

// rows shows the sets of people, the most privileged ones first; what is left of the room opens
// cells, from the first row on.
func (v *Access) rows(f *Fold, left room) {
	columns, of := f.Columns(mostColumns)
	for _, c := range columns {
		c.Key, c.Name = name(c.Key), name(c.Name)
		v.Columns = append(v.Columns, c)
	}
	head := size(0)
	for _, c := range v.Columns {
		head = head.plus(size(6, c.Key, c.Name))
	}
	if !left.take(head) {
		v.Columns = nil
		v.Rows.Left, v.Hidden = len(f.Sets), v.People
		return
	}
	v.Rows = fill(&left, mostRows, len(f.Sets), func(i int) Row { return v.row(&f.Sets[i], of) })
	for _, set := range f.Sets[len(v.Rows.Items):] {
		v.Hidden += len(set.People)
	}
	for _, row := range v.Rows.Items {
		for _, cell := range row.Cells {
			if cell != nil && !cell.Whole() {
				if !cell.open(f, &left) {
					return
				}
			}
		}
	}
}

func (v *Access) row(set *Set, of []int) Row {
	row := Row{
		People: peopleNames(set.People), Kind: name(set.People[0].Kind()), Cells: make([]*Shown, len(v.Columns)),
	}
	for _, c := range set.Row(v.Columns, of) {
		row.Cells[c.Column] = &Shown{Cell: c, Letter: Letter(c.Highest)}
	}
	return row
}

func (r Row) size() room {
	of := size(8+nameNodes+len(r.Cells), r.People.First, r.People.All, r.Kind)
	for _, cell := range r.Cells {
		if cell != nil {
			of = of.plus(size(1))
		}
	}
	return of
}

// open makes a cell one that opens, when there is room for that.
func (c *Shown) open(f *Fold, left *room) bool {
	of := size(3)
	var lines []Line
	for _, h := range c.Held {
		l := Line{name(string(h.Permission)), f.slugs(h.Repositories)}
		of = of.plus(size(4, l.Permission, l.Names))
		lines = append(lines, l)
	}
	if !left.take(of) {
		return false
	}
	c.Lines = lines
	return true
}

// slugs names repositories.
func (f *Fold) slugs(numbers []int32) string {
	all := make([]string, 0, mostNames)
	for _, n := range numbers[:min(mostNames, len(numbers))] {
		all = append(all, name(f.Slugs[n]))
	}
	return strings.Join(all, ", ") + more(len(numbers))
}

// more says how many names are left out of so many.
func more(count int) string {
	if count <= mostNames {
		return ""
	}
	return fmt.Sprintf(" and %d more", count-mostNames)
}

// A namer collects names.
type namer struct {
	count int
	kept  []string
}

// add adds a name. Only so many are kept.
func (n *namer) add(text string) {
	if n.count++; n.count <= mostNames {
		n.kept = append(n.kept, name(text))
	}
}

func (n *namer) names() Names {
	if n.count <= firstNames+1 { // "and 1 other" takes as much as a name
		return Names{Count: n.count, First: strings.Join(n.kept, ", ")}
	}
	first := strings.Join(n.kept[:firstNames], ", ")
	return Names{
		Count: n.count, First: fmt.Sprintf("%s and %d others", first, n.count-firstNames),
		All: strings.Join(n.kept, ", ") + more(n.count),
	}
}

func peopleNames(people []*access.Person) Names {
	var n namer
	for _, p := range people {
		n.add(p.Name)
	}
	return n.names()
}

// An Entry is the people whose names begin with a letter, with what they have in short.
type Entry struct {
	Letter string
	People []string
}

// index lists the people whose rows are left out, by name and with what they have in short.
func (v *Access) index(f *Fold, left room) {
	type person struct {
		name, order string
		set         *Set
	}
	var all []person
	for i := range f.Sets[len(v.Rows.Items):] {
		set := &f.Sets[len(v.Rows.Items)+i]
		for _, p := range set.People {
			all = append(all, person{name(p.Name), strings.ToLower(p.Name), set})
		}
	}
	slices.SortStableFunc(all, func(a, b person) int { return strings.Compare(a.order, b.order) })
	for i, p := range all {
		text := p.name + " " + p.set.short()
		of := room{bytes: cost(text) + len(" · ")}
		if letter := initial(p.name); i == 0 || letter != initial(all[i-1].name) {
			of = of.plus(size(5, letter))
			v.Index.Items = append(v.Index.Items, Entry{Letter: letter})
		}
		if !left.take(of) {
			v.Index.Left = len(all) - i
			break
		}
		last := &v.Index.Items[len(v.Index.Items)-1]
		last.People = append(last.People, text)
	}
}

// initial is the letter that a name begins with.
func initial(text string) string {
	r, _ := utf8.DecodeRuneInString(text)
	if !unicode.IsLetter(r) {
		return "#"
	}
	return string(unicode.ToUpper(r))
}

// short says in short what a set of people has.
func (s *Set) short() string {
	if len(s.Held) == 0 {
		return "–"
	}
	var parts []string
	for _, h := range s.Held {
		parts = append(parts, fmt.Sprintf("%s%d", strings.ToUpper(Letter(h.Permission)), len(h.Repositories)))
	}
	return strings.Join(parts, " ")
}

// A Site is repositories with equal access.
type Site struct {
	Repositories Names
	Projects     string
	Admins       int
	Cells        []Names // people, by letter of their permission
}

func (s Site) size() room {
	of := size(12+nameNodes, s.Repositories.First, s.Repositories.All, s.Projects)
	for _, c := range s.Cells {
		of = of.plus(size(1+nameNodes, c.First, c.All))
	}
	return of
}

// sites shows the repositories, those with the most admins first.
func (v *Access) sites(f *Fold, left *room) {
	there := map[string]bool{}
	for i := range f.Sets {
		for _, h := range f.Sets[i].Held {
			there[Letter(h.Permission)] = true
		}
	}
	for _, letter := range []string{"x", "a", "c", "w", "r"} {
		if there[letter] {
			v.Letters = append(v.Letters, letter)
		}
	}
	v.Sites = fill(left, mostRows, len(f.Alike), func(i int) Site { return v.site(f, &f.Alike[i]) })
	for _, a := range f.Alike[len(v.Sites.Items):] {
		v.Unlisted += len(a.Repositories)
	}
}

func (v *Access) site(f *Fold, a *Alike) Site {
	var slugs namer
	var keys []string
	for _, n := range a.Repositories {
		slugs.add(f.Slugs[n])
		key := cmp.Or(f.projects[n], "no project")
		if len(keys) <= 10 && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	s := Site{Repositories: slugs.names(), Projects: joined(keys, 3, ", "), Admins: a.Admins}
	people := map[string]*namer{}
	for _, letter := range v.Letters {
		people[letter] = &namer{}
	}
	for _, g := range a.Grants {
		letter := Letter(g.Permission)
		for _, p := range f.Sets[g.Set].People {
			text := p.Name
			if letter == "x" {
				text += " (" + string(g.Permission) + ")"
			}
			people[letter].add(text)
		}
	}
	for _, letter := range v.Letters {
		s.Cells = append(s.Cells, people[letter].names())
	}
	return s
}

// Word is the permission of a letter.
func Word(letter string) string {
	return cmp.Or(map[string]string{
		"a": string(bitbucket.PermissionAdmin), "c": string(bitbucket.PermissionCreateRepo),
		"w": string(bitbucket.PermissionWrite), "r": string(bitbucket.PermissionRead),
	}[letter], "unknown")
}
