package findings

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
)

// manyAdmins lists the repositories with many admins, those with the most first.
func manyAdmins(x *inspection) []Item {
	items := x.crowds(func(n int) bool { return n > x.limits.MaxAdmins })
	slices.SortStableFunc(items, func(a, b Item) int {
		return len(x.admins[b.Place.Name]) - len(x.admins[a.Place.Name])
	})
	return items
}

// fewAdmins lists the repositories with too few admins, where all are known.
func fewAdmins(x *inspection) []Item {
	return slices.DeleteFunc(
		x.crowds(func(n int) bool { return n < x.limits.MinAdmins }),
		func(it Item) bool {
			return !x.effective(it.Place.Name)
		},
	)
}

// crowds lists the repositories by the number of their admins.
func (x *inspection) crowds(wanted func(n int) bool) []Item {
	var items []Item
	for i := range x.Repositories {
		r := &x.Repositories[i]
		all := x.admins[r.Slug]
		if r.Gone || !wanted(len(all)) {
			continue
		}
		it := Item{
			Subject: Subject{"repository", cmp.Or(r.UUID, r.Slug), r.Slug}, Place: placeOf(r),
			Detail: count(len(all), "admin", "admins"),
		}
		for _, p := range all {
			it.Via = append(it.Via, fmt.Sprintf("%s %s", p.Name, p.ID))
		}
		items = append(items, it)
	}
	return items
}

func publicRepositories(x *inspection) []Item {
	var items []Item
	for i := range x.Repositories {
		if r := &x.Repositories[i]; r.Private != nil && !*r.Private && !r.Gone {
			items = append(
				items,
				Item{Subject: Subject{"repository", cmp.Or(r.UUID, r.Slug), r.Slug}, Place: placeOf(r)},
			)
		}
	}
	return items
}

func adminGroups(x *inspection) []Item {
	var items []Item
	for i := range x.Groups {
		g := &x.Groups[i]
		if g.Administers() {
			items = append(items, Item{
				Subject: Subject{"group", g.Slug, g.Name}, Place: x.here(),
				Detail: count(len(g.Members), "member", "members"), Via: slices.Clone(g.Members),
			})
		}
	}
	return items
}

func writingKeys(x *inspection) []Item {
	return x.keys(func(k access.DeployKey) bool { return k.Writes != nil && *k.Writes })
}

func otherKeys(x *inspection) []Item {
	return x.keys(func(k access.DeployKey) bool { return k.Writes == nil || !*k.Writes })
}

func (x *inspection) keys(wanted func(access.DeployKey) bool) []Item {
	var items []Item
	look := func(place Place, keys []access.DeployKey) {
		for _, k := range keys {
			if !wanted(k) {
				continue
			}
			it := Item{
				Subject: Subject{"key", k.ID, cmp.Or(k.Label, k.ID)},
				Place:   place,
				Detail:  "never used",
			}
			if k.LastUsed != nil {
				it.Detail = "last used " + k.LastUsed.Format("2006-01-02")
			}
			items = append(items, it)
		}
	}
	for i := range x.Projects {
		look(projectPlace(&x.Projects[i]), x.Projects[i].Keys)
	}
	for i := range x.Repositories {
		look(placeOf(&x.Repositories[i]), x.Repositories[i].Keys)
	}
	return items
}

func unsecuredSecrets(x *inspection) []Item {
	var items []Item
	look := func(place Place, variables []access.Variable) {
		for _, v := range variables {
			if !v.Secured && LooksSecret(v.Key) {
				items = append(
					items,
					Item{Subject: Subject{"variable", cmp.Or(v.UUID, v.Key), v.Key}, Place: place},
				)
			}
		}
	}
	look(x.here(), x.Variables)
	for i := range x.Repositories {
		look(placeOf(&x.Repositories[i]), x.Repositories[i].Variables)
	}
	return items
}

func oldInvitations(x *inspection) []Item {
	var items []Item
	for i := range x.Invitations {
		v := &x.Invitations[i]
		if v.SentOn == nil || days(*v.SentOn, x.now) <= x.limits.StaleInvitation {
			continue
		}
		place := x.here()
		if r := x.Repository(v.Repository); r != nil {
			place = placeOf(r)
		}
		items = append(items, Item{
			Subject: Subject{"invitation", v.Email, v.Email}, Place: place, Permission: v.Permission,
			Detail: fmt.Sprintf(
				"sent %s, %d days ago",
				v.SentOn.Format("2006-01-02"),
				days(*v.SentOn, x.now),
			),
		})
	}
	return items
}
