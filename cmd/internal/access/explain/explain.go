// Package explain says by which ways somebody has a permission, and which of them would have to go
// for it to vanish. Its functions are pure.
package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
)

// An Answer is what is known of somebody in one workspace.
type Answer struct {
	Workspace *access.Workspace
	Person    *access.Person
	Groups    []*access.Group // that they are known to be in
	Entries   []Entry
	// Sources that were not read in whole, and may know of more where no entry is.
	Lacking []string
}

// An Entry is a permission on places of one kind, put together where it is the same one by the same
// ways.
type Entry struct {
	Kind access.Kind
	// The effective one on repositories; the highest known one elsewhere, where Bitbucket lists none.
	// Empty for none.
	Permission bitbucket.Permission
	Places     []string // slugs or keys
	Ways       []access.Way
	Steps      []Step
	// Why the permission may be there although the report does not have it.
	NotKnown string
	// What was not read in whole and may know more ways.
	Unread []string
}

// A Step is what would have to go, besides that of the steps before it, for a permission to vanish.
type Step struct {
	Goes bitbucket.Permission
	Ways []access.Way
	Left bitbucket.Permission // by the ways that are known; empty for none
}

// Explained reports whether a way that is known gives the permission.
func (e *Entry) Explained() bool {
	return slices.ContainsFunc(e.Ways, func(w access.Way) bool {
		return access.Rank(w.Permission) >= access.Rank(e.Permission)
	})
}

// Excess lists the ways that were granted more than is effective.
func (e *Entry) Excess() []access.Way {
	var more []access.Way
	for _, w := range e.Ways {
		if e.NotKnown == "" && access.Rank(w.Permission) > access.Rank(e.Permission) {
			more = append(more, w)
		}
	}
	return more
}

// Explain says by what a person has permissions at a place, or without one everywhere.
func Explain(w *access.Workspace, person *access.Person, at access.Place) Answer {
	x := &explanation{
		Answer: Answer{Workspace: w, Person: person}, paths: access.NewPaths(w), alike: map[string]int{},
	}
	for i := range w.Groups {
		if g := &w.Groups[i]; slices.Contains(g.Members, person.ID) {
			x.Groups = append(x.Groups, g)
		}
	}
	if at.Kind == "" || at.Kind == access.KindWorkspace {
		x.workspace()
	}
	x.elsewhere(at)
	for i := range w.Projects {
		if p := &w.Projects[i]; at.Kind == "" || at == (access.Place{Kind: access.KindProject, Name: p.Key}) {
			x.project(p, at.Kind != "")
		}
	}
	for i := range w.Repositories {
		r := &w.Repositories[i]
		asked := at == access.Place{Kind: access.KindRepository, Name: r.Slug}
		inProject := at == access.Place{Kind: access.KindProject, Name: r.Project}
		if at.Kind == "" || asked || inProject {
			x.repository(r, asked)
		}
	}
	return x.Answer
}

// An explanation is an answer that is being made.
type explanation struct {
	Answer
	paths *access.Paths
	alike map[string]int // entries by all but their places
}

func (x *explanation) workspace() {
	e := Entry{
		Kind: access.KindWorkspace, Ways: x.paths.ToWorkspace(x.Person),
		Unread: x.paths.UnreadOfWorkspace(x.Person),
	}
	e.Permission = highest(e.Ways)
	x.add(e, x.Workspace.Slug)
}

// project adds what somebody may do on a project, though that is nothing when they were asked about.
func (x *explanation) project(p *access.Project, asked bool) {
	e := Entry{
		Kind: access.KindProject, Ways: x.paths.ToProject(x.Person, p),
		Unread: x.paths.UnreadOfProject(x.Person, p),
	}
	e.Permission = highest(e.Ways)
	if e.Permission != "" || asked {
		x.add(e, p.Key)
	} else {
		x.Lacking = append(x.Lacking, e.Unread...)
	}
}

// repository adds what somebody may do on a repository, though that is nothing when they were asked
// about.
func (x *explanation) repository(r *access.Repository, asked bool) {
	e := Entry{
		Kind: access.KindRepository, Ways: x.paths.To(x.Person, r), Unread: x.paths.Unread(x.Person, r),
		Permission: x.Person.PermissionOn(r.Slug),
	}
	if e.Permission == "" {
		e.NotKnown = x.lacks(r)
	}
	if e.Permission != "" || len(e.Ways) > 0 || asked {
		x.add(e, r.Slug)
	} else if e.NotKnown != "" {
		x.Lacking = append(x.Lacking, x.effective())
	}
}

// elsewhere notes the lists that may hold places which the report does not know. Effective
// permissions that were read in whole tell of all repositories that matter.
func (x *explanation) elsewhere(at access.Place) {
	w := x.Workspace
	project := at.Kind == access.KindProject
	if (at.Kind == "" || project) && !w.Read(access.Permissions) && !w.Lists(at.Name) {
		x.Lacking = append(x.Lacking, access.Repositories)
	}
	if at.Kind == "" && !w.Read(access.Projects) {
		x.Lacking = append(x.Lacking, access.Projects)
	}
}

// effective is the source of effective permissions on repositories.
func (x *explanation) effective() string {
	if x.Workspace.CoverageOf(access.Permissions) == nil {
		return access.RepoPermissions
	}
	return access.Permissions
}

// lacks says why somebody may have a permission on a repository although the report does not have
// it.
func (x *explanation) lacks(r *access.Repository) string {
	source := x.effective()
	verdict, why := x.Workspace.VerdictAt(source, r.Slug)
	if verdict == access.Whole {
		return ""
	}
	text := fmt.Sprintf("%s: %s", source, verdict)
	if why != "" {
		text += ": " + why
	}
	return text
}

// add adds an entry for a place, to one that says the same where there is one.
func (x *explanation) add(e Entry, place string) {
	e.Steps = steps(e.Ways, e.Permission)
	key := fmt.Sprintf("%s %s %v %q %q", e.Kind, e.Permission, e.Ways, e.NotKnown, e.Unread)
	if i, met := x.alike[key]; met {
		x.Entries[i].Places = append(x.Entries[i].Places, place)
		return
	}
	x.alike[key] = len(x.Entries)
	e.Places = []string{place}
	x.Entries = append(x.Entries, e)
}

// highest is the most that ways give.
func highest(ways []access.Way) bitbucket.Permission {
	var most bitbucket.Permission
	for _, w := range ways {
		if access.Rank(w.Permission) > access.Rank(most) {
			most = w.Permission
		}
	}
	return most
}

// steps says what would have to go for a permission, and then for what is left below it. Every way
// that gives as much has to go, and no other.
func steps(ways []access.Way, permission bitbucket.Permission) []Step {
	var all []Step
	goes := cmp.Or(permission, highest(ways))
	for len(ways) > 0 {
		most := access.Rank(highest(ways))
		if len(all) > 0 || most < access.Rank(goes) {
			goes = highest(ways)
		}
		var gone, left []access.Way
		for _, w := range ways {
			if access.Rank(w.Permission) >= access.Rank(goes) {
				gone = append(gone, w)
			} else {
				left = append(left, w)
			}
		}
		all = append(all, Step{Goes: goes, Ways: gone, Left: highest(left)})
		ways = left
	}
	return all
}

// Cut says what ends a way: one of these has to be done.
func Cut(w access.Way) []string {
	leave := "end the membership in group " + w.Group
	switch w.By {
	case access.ByRole:
		return []string{"give another role than owner"}
	case access.ByGroupPrivilege:
		return []string{leave, "take the privilege from group " + w.Group}
	case access.ByProject:
		return []string{"remove the grant in person on project " + w.Project}
	case access.ByProjectGroup:
		return []string{leave, "remove the grant of group " + w.Group + " on project " + w.Project}
	case access.ByRepositoryGroup:
		return []string{leave, "remove the grant of group " + w.Group + " on the repository"}
	}
	return []string{"remove the grant in person on the repository"}
}

// Incomplete reports whether something was not read that may know more than the answer says.
func (a *Answer) Incomplete() bool {
	return len(a.Lacking) > 0 || slices.ContainsFunc(a.Entries, func(e Entry) bool { return e.NotKnown != "" || len(e.Unread) > 0 })
}

// Unread lists what the answer lacks, each with how it was read.
func (a *Answer) Unread() []string {
	var all []string
	names := slices.Clone(a.Lacking)
	for _, e := range a.Entries {
		names = append(names, e.Unread...)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		c := a.Workspace.CoverageOf(name)
		switch {
		case strings.HasPrefix(name, "members of group "):
			all = append(all, name+": Bitbucket did not tell them")
		case c == nil:
			all = append(all, name+": not asked for")
		case c.Verdict == access.Whole && a.Workspace.Narrow:
			all = append(all, name+": "+access.AskedOfSome)
		default:
			all = append(all, strings.TrimSuffix(fmt.Sprintf("%s: %s: %s", name, c.Verdict, c.Why), ": "))
		}
	}
	return all
}
