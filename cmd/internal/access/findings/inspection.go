package findings

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
)

// An inspection is a workspace that rules are applied to.
type inspection struct {
	*access.Workspace
	limits Thresholds
	roster Roster
	now    time.Time
	paths  *access.Paths
	people map[string]*access.Person
	admins map[string][]*access.Person // by repository
}

func newInspection(w *access.Workspace, t Thresholds, roster Roster, now time.Time) *inspection {
	x := &inspection{
		Workspace: w, limits: t, roster: roster, now: now, paths: access.NewPaths(w),
		people: map[string]*access.Person{}, admins: map[string][]*access.Person{},
	}
	for i := range w.People {
		p := &w.People[i]
		x.people[p.ID] = p
		for _, slug := range p.Administers() {
			x.admins[slug] = append(x.admins[slug], p)
		}
	}
	return x
}

// effective reports whether the effective permissions on a repository were read in whole.
func (x *inspection) effective(slug string) bool {
	return x.Read(access.Permissions) || x.ReadAt(access.RepoPermissions, slug)
}

// here is the workspace as a place.
func (x *inspection) here() Place { return Place{"workspace", cmp.Or(x.UUID, x.Slug), x.Slug} }

func placeOf(
	r *access.Repository,
) Place {
	return Place{"repository", cmp.Or(r.UUID, r.Slug), r.Slug}
}

func projectPlace(p *access.Project) Place { return Place{"project", cmp.Or(p.UUID, p.Key), p.Key} }

func subjectOf(p *access.Person) Subject { return Subject{"user", p.ID, p.Name} }

// each makes an item of the workspace of every person for whom detail finds something.
func (x *inspection) each(detail func(*access.Person) (string, bool)) []Item {
	var items []Item
	for i := range x.People {
		p := &x.People[i]
		if text, found := detail(p); found {
			items = append(
				items,
				Item{
					Subject:    subjectOf(p),
					Place:      x.here(),
					Permission: p.Role,
					Via:        x.reasons(p),
					Detail:     text,
				},
			)
		}
	}
	return items
}

// reasons says by what somebody administers the workspace.
func (x *inspection) reasons(p *access.Person) []string {
	var all []string
	if p.Role == bitbucket.PermissionOwner {
		all = append(all, access.Way{By: access.ByRole}.String())
	}
	for _, g := range x.Groups {
		if g.Administers() && slices.Contains(g.Members, p.ID) {
			all = append(all, access.Way{By: access.ByGroupPrivilege, Group: g.Slug}.String())
		}
	}
	return all
}

// on makes an item of somebody's permission on a repository.
func (x *inspection) on(
	p *access.Person,
	slug string,
	permission bitbucket.Permission,
	detail string,
) Item {
	it := Item{
		Subject:    subjectOf(p),
		Permission: permission,
		Detail:     detail,
		Place:      Place{"repository", slug, slug},
	}
	if r := x.Repository(slug); r != nil {
		it.Place = placeOf(r)
		for _, way := range x.paths.To(p, r) {
			it.Via = append(it.Via, way.String())
		}
	}
	return it
}

// privileged reports whether somebody owns the workspace, administers it by a group, or administers
// any repository.
func (x *inspection) privileged(p *access.Person) bool {
	return p.Role == bitbucket.PermissionOwner || len(p.Administers()) > 0 || x.byPrivilege(p)
}

// byPrivilege reports whether a group makes somebody an administrator of the workspace.
func (x *inspection) byPrivilege(p *access.Person) bool {
	return slices.ContainsFunc(x.Groups, func(g access.Group) bool {
		return g.Administers() && slices.Contains(g.Members, p.ID)
	})
}

// summary counts the repositories that somebody may use.
func summary(p *access.Person) string {
	text := string(cmp.Or(p.Role, "no member"))
	for _, h := range p.Permissions {
		text += fmt.Sprintf(", %s on %d", h.Permission, len(h.Repositories))
	}
	return text
}

func isPerson(p *access.Person) bool { return p.Type == "user" }

// count writes a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
