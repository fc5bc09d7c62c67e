package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

// Privileged are the people who own a workspace, administer it by a group, or administer a
// repository.
type Privileged struct {
	Owners, WorkspaceAdmins, RepositoryAdmins int
	WithoutTwoStep, TwoStepUnknown            int
	Stale, SeenUnknown, StaleDays             int
	Notes                                     List[Text] // why it may lack somebody
	List                                      List[Privilege]
}

// A Privilege is what somebody rules, and by what.
type Privilege struct {
	Workspace      string // when there are several
	Name, ID, Kind string
	What           string // owner, workspace admin, repository admin
	Ways           List[Text]
	AdminOf, Of    int    // repositories
	TwoStep        string // on, off or unknown
	LastSeen       *time.Time
	Days           int // since then
	Stale          bool
}

func (p Privilege) size() room {
	of := size(30, p.Workspace, p.Name, p.ID, p.Kind, p.What)
	for _, way := range p.Ways.Items {
		of = of.plus(way.size())
	}
	return of
}

// mostWays is how many reasons a page gives for one person.
const mostWays = 4

// A ruler is somebody who rules something.
type ruler struct {
	*access.Person
	space *access.Workspace
	what  int // the highest first
	of    int
}

// What somebody rules.
const (
	owner = iota
	strangeRole
	workspaceAdmin
	repositoryAdmin
)

var whats = []string{"owner", "unknown role", "workspace admin", "repository admin"}

func privilegedOf(r *report.Report) Privileged {
	v := Privileged{StaleDays: r.Settings.Thresholds.StaleAdminDays}
	var all []ruler
	for i := range r.Access.Workspaces {
		all = append(all, rulers(&r.Access.Workspaces[i])...)
	}
	for _, p := range all {
		v.count(p, r.AsOf)
	}
	left, free := privilegedRoom, room{unlimited, unlimited}
	v.Notes = texts(&left, 20, unread(r.Access.Workspaces, access.Members, access.Permissions, access.Groups))
	paths := map[*access.Workspace]*access.Paths{}
	v.List = fill(&left, unlimited, len(all), func(i int) Privilege {
		p := all[i]
		if paths[p.space] == nil {
			paths[p.space] = access.NewPaths(p.space)
		}
		shown := Privilege{
			Name: name(p.Name), ID: name(p.ID), Kind: name(p.Kind()), What: whats[p.what], AdminOf: p.of,
			Of: len(p.space.Repositories), TwoStep: twoStep(p.TwoStep), LastSeen: p.LastAccessed,
			Ways: texts(&free, mostWays, byWhat(p, paths[p.space])),
		}
		if len(r.Access.Workspaces) > 1 {
			shown.Workspace = name(p.space.Slug)
		}
		shown.Days, shown.Stale = v.stale(p, r.AsOf)
		return shown
	})
	return v
}

// unread says in which workspaces too little was read to know everybody.
func unread(workspaces []access.Workspace, sources ...string) []string {
	var all []string
	for i := range workspaces {
		w := &workspaces[i]
		lacking := slices.DeleteFunc(slices.Clone(sources), func(source string) bool {
			return w.Read(source) || w.Narrow && source == access.Permissions && w.Read(access.RepoPermissions)
		})
		switch {
		case len(lacking) > 0:
			all = append(all, fmt.Sprintf("There may be more in %s, where %s.", name(w.Slug), notRead(lacking)))
		case w.Narrow && slices.Contains(sources, access.Permissions):
			all = append(all, fmt.Sprintf("There may be more in %s, of which only some repositories were asked for.", name(w.Slug)))
		}
	}
	return all
}

// rulers lists those of a workspace, the mighty first.
func rulers(w *access.Workspace) []ruler {
	byGroup := map[string]bool{}
	for _, g := range w.Groups {
		if g.Administers() {
			for _, id := range g.Members {
				byGroup[id] = true
			}
		}
	}
	var all []ruler
	for i := range w.People {
		p := ruler{Person: &w.People[i], space: w, of: len(w.People[i].Administers())}
		switch {
		case p.Role == bitbucket.PermissionOwner:
			p.what = owner
		case unknownRole(p.Person):
			p.what = strangeRole
		case byGroup[p.ID]:
			p.what = workspaceAdmin
		case p.of > 0:
			p.what = repositoryAdmin
		default:
			continue
		}
		all = append(all, p)
	}
	slices.SortStableFunc(all, func(a, b ruler) int { return cmp.Or(a.what-b.what, b.of-a.of) })
	return all
}

func (v *Privileged) count(p ruler, now time.Time) {
	switch p.what {
	case owner:
		v.Owners++
	case workspaceAdmin:
		v.WorkspaceAdmins++
	case repositoryAdmin:
		v.RepositoryAdmins++
	}
	switch {
	case p.IsApp(): // apps do not sign in
	case p.TwoStep == nil:
		v.TwoStepUnknown++
	case !*p.TwoStep:
		v.WithoutTwoStep++
	}
	if _, stale := v.stale(p, now); stale {
		v.Stale++
	}
	if p.LastAccessed == nil && !p.IsApp() {
		v.SeenUnknown++
	}
}

// twoStep says whether two-step verification is on, where that can be seen.
func twoStep(on *bool) string {
	switch {
	case on == nil:
		return "unknown"
	case *on:
		return "on"
	}
	return "off"
}

// stale is how many days somebody has not been seen, and whether those are too many.
func (v *Privileged) stale(p ruler, now time.Time) (int, bool) {
	if p.LastAccessed == nil {
		return 0, false
	}
	days := max(0, int(now.Sub(*p.LastAccessed)/(24*time.Hour)))
	return days, p.Role != "" && days > v.StaleDays
}

// byWhat says by what somebody rules, and over how many repositories.
func byWhat(p ruler, paths *access.Paths) []string {
	var all []string
	if p.Role == bitbucket.PermissionOwner {
		all = append(all, access.Way{By: access.ByRole}.String())
	}
	for i := range p.space.Groups {
		if g := &p.space.Groups[i]; g.Administers() && slices.Contains(g.Members, p.ID) {
			all = append(all, access.Way{By: access.ByGroupPrivilege, Group: g.Slug}.String())
		}
	}
	switch {
	case p.what == strangeRole:
		all = append(all, "the role "+string(p.Role)+", which this program does not know")
	case len(all) > 0:
		return all // all of the workspace is theirs
	}
	counts, unknown := map[string]int{}, 0
	for _, slug := range p.Administers() {
		found := false
		if at := p.space.Repository(slug); at != nil {
			for _, way := range paths.To(p.Person, at) {
				if access.Rank(way.Permission) >= access.Rank(bitbucket.PermissionAdmin) {
					found = true
					counts[way.String()]++
				}
			}
		}
		if !found {
			unknown++
		}
	}
	return append(all, counted(counts, unknown, p.space)...)
}

// counted writes ways with the number of repositories that they lead to, the widest first.
func counted(counts map[string]int, unknown int, w *access.Workspace) []string {
	ways := make([]string, 0, len(counts))
	for way := range counts {
		ways = append(ways, way)
	}
	slices.SortFunc(ways, func(a, b string) int {
		return cmp.Or(counts[b]-counts[a], strings.Compare(a, b))
	})
	for i, way := range ways {
		ways[i] = way + ": " + repositories(counts[way])
	}
	if unknown > 0 {
		why := "nothing that was read explains it: "
		if w.CoverageOf(access.RepositoryUsers) == nil {
			why = "by what was not read (-explicit reads it): "
		}
		ways = append(ways, why+repositories(unknown))
	}
	return ways
}

func repositories(n int) string {
	if n == 1 {
		return "1 repository"
	}
	return fmt.Sprintf("%d repositories", n)
}
