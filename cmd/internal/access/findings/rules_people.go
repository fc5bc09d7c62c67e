package findings

import (
	"fmt"
	"slices"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
)

func adminsWithoutTwoStep(x *inspection) []Item {
	return x.each(func(p *access.Person) (string, bool) {
		return summary(p), withoutTwoStep(p) && x.privileged(p)
	})
}

func membersWithoutTwoStep(x *inspection) []Item {
	return x.each(func(p *access.Person) (string, bool) {
		return summary(p), withoutTwoStep(p) && !x.privileged(p)
	})
}

func withoutTwoStep(p *access.Person) bool {
	return p.Role != "" && isPerson(p) && p.TwoStep != nil && !*p.TwoStep
}

func twoStepUnknown(x *inspection) []Item {
	return x.each(func(p *access.Person) (string, bool) {
		return "", p.Role != "" && isPerson(p) && p.TwoStep == nil
	})
}

func inactiveAccounts(x *inspection) []Item {
	return x.each(func(p *access.Person) (string, bool) {
		return "the account is " + p.Status + "; " + summary(p), p.Status != "" && p.Status != "active"
	})
}

func staleAdmins(x *inspection) []Item {
	return x.each(func(p *access.Person) (string, bool) {
		text, stale := x.stale(p, x.limits.StaleAdminDays)
		return text, stale && x.privileged(p)
	})
}

func staleMembers(x *inspection) []Item {
	return x.each(func(p *access.Person) (string, bool) {
		text, stale := x.stale(p, x.limits.StaleDays)
		return text, stale && !x.privileged(p)
	})
}

// stale reports whether a member has not been seen for more than so many days. Whose last access
// was not told is not stale.
func (x *inspection) stale(p *access.Person, limit int) (string, bool) {
	if p.Role == "" || p.LastAccessed == nil {
		return "", false
	}
	n := days(*p.LastAccessed, x.now)
	return fmt.Sprintf(
		"last seen %s, %d days ago; %s",
		p.LastAccessed.Format("2006-01-02"),
		n,
		summary(p),
	), n > limit
}

func lastAccessUnknown(x *inspection) []Item {
	return x.each(func(p *access.Person) (string, bool) {
		return "", p.Role != "" && isPerson(p) && p.LastAccessed == nil
	})
}

func owners(x *inspection) []Item {
	return x.each(
		func(p *access.Person) (string, bool) { return "", p.Role == bitbucket.PermissionOwner },
	)
}

func manyOwners(x *inspection) []Item {
	n := len(owners(x))
	if n <= x.limits.MaxOwners {
		return nil
	}
	return []Item{{
		Subject: Subject{"workspace", x.here().UUID, x.Slug}, Place: x.here(),
		Detail: fmt.Sprintf("%d owners; at most %d should be", n, x.limits.MaxOwners),
	}}
}

func apps(x *inspection) []Item {
	return x.each(func(p *access.Person) (string, bool) { return summary(p), p.IsApp() })
}

func withoutAccess(x *inspection) []Item {
	return x.each(
		func(p *access.Person) (string, bool) { return "", p.Role != "" && len(p.Permissions) == 0 },
	)
}

func adminOfMany(x *inspection) []Item {
	return x.each(func(p *access.Person) (string, bool) {
		n := len(p.Administers())
		return count(n, "repository", "repositories"), n > x.limits.MaxAdminOf &&
			p.Role != bitbucket.PermissionOwner
	})
}

// outsiders lists the permissions and grants of people without a role in the workspace.
func outsiders(x *inspection) []Item {
	var items []Item
	shown := map[string]bool{}
	for i := range x.People {
		p := &x.People[i]
		if p.Role != "" {
			continue
		}
		for _, h := range p.Permissions {
			for _, slug := range h.Repositories {
				shown[p.ID+" "+slug] = true
				items = append(items, x.on(p, slug, h.Permission, ""))
			}
		}
	}
	return append(
		items,
		x.grantsOf(func(p *access.Person, place Place, _ access.Grant) (string, bool) {
			return "granted, though it is not effective", p.Role == "" && !shown[p.ID+" "+place.Name]
		})...)
}

// grantsOf lists the explicit permissions of people for which want holds.
func (x *inspection) grantsOf(
	want func(*access.Person, Place, access.Grant) (string, bool),
) []Item {
	var items []Item
	look := func(place Place, grants []access.Grant) {
		for _, g := range grants {
			p := x.people[g.User]
			if p == nil {
				continue
			}
			if detail, found := want(p, place, g); found {
				items = append(items, Item{
					Subject: subjectOf(p), Place: place, Permission: g.Permission, Detail: detail,
					Via: []string{"granted in person on " + place.Kind + " " + place.Name},
				})
			}
		}
	}
	for i := range x.Projects {
		look(projectPlace(&x.Projects[i]), x.Projects[i].Grants)
	}
	for i := range x.Repositories {
		look(placeOf(&x.Repositories[i]), x.Repositories[i].Grants)
	}
	return items
}

func unknownPermissions(x *inspection) []Item {
	var items []Item
	for i := range x.People {
		p := &x.People[i]
		if p.Role != "" && !p.Role.AtLeast(bitbucket.PermissionCollaborator) {
			items = append(items, Item{
				Subject: subjectOf(p), Place: x.here(), Permission: p.Role, Detail: "a role that is not known",
			})
		}
		for _, h := range p.Permissions {
			for _, slug := range h.Repositories {
				if !access.Known(h.Permission) {
					items = append(items, x.on(p, slug, h.Permission, ""))
				}
			}
		}
	}
	return append(items, x.grantsOf(func(_ *access.Person, _ Place, g access.Grant) (string, bool) {
		return "", !access.Known(g.Permission)
	})...)
}

// aboveEffective lists grants that the list of effective permissions does not show. An outsider's
// are a finding of their own.
func aboveEffective(x *inspection) []Item {
	return x.grantsOf(func(p *access.Person, place Place, g access.Grant) (string, bool) {
		if p.Role == "" || !access.Known(g.Permission) {
			return "", false
		}
		for _, slug := range x.reach(place) {
			if x.effective(slug) && !p.Has(slug, access.OnRepository(g.Permission)) {
				return "the list of effective permissions shows less on " + slug, true
			}
		}
		return "", false
	})
}

// reach lists the repositories that grants on a place are about.
func (x *inspection) reach(place Place) []string {
	if place.Kind == "repository" {
		return []string{place.Name}
	}
	var slugs []string
	for i := range x.Repositories {
		if r := &x.Repositories[i]; r.Project == place.Name && !r.Gone {
			slugs = append(slugs, r.Slug)
		}
	}
	return slugs
}

// onlySource lists grants on repositories that give more than all else does.
func onlySource(x *inspection) []Item {
	if !x.Read(access.RepositoryGroups) || !x.Read(access.ProjectUsers) ||
		!x.Read(access.ProjectGroups) {
		return nil
	}
	return x.grantsOf(func(p *access.Person, place Place, g access.Grant) (string, bool) {
		r := x.Repository(place.Name)
		if place.Kind != "repository" || r == nil || p.Role == "" || !access.Known(g.Permission) {
			return "", false
		}
		return "nothing else gives as much", !x.otherwise(p, r, g.Permission)
	})
}

// otherwise reports whether a person may have as much on a repository without the grant there.
func (x *inspection) otherwise(
	p *access.Person,
	r *access.Repository,
	granted bitbucket.Permission,
) bool {
	for _, way := range x.paths.To(p, r) {
		if way.By != access.ByRepository && access.Rank(way.Permission) >= access.Rank(granted) {
			return true
		}
	}
	grants := r.Grants
	if project := x.Project(r.Project); project != nil {
		grants = append(slices.Clip(project.Grants), grants...)
	}
	for _, g := range grants {
		if g.Group != "" && access.Rank(access.OnRepository(g.Permission)) >= access.Rank(granted) &&
			x.paths.MayBeIn(p, g.Group) {
			return true
		}
	}
	return false
}
