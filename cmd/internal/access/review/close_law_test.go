package review_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/accesstest"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/review"
)

// apiOf makes the lists that a model is read of.
func apiOf(w *access.Workspace) *accesstest.API {
	lists := map[string][]access.Item{
		access.TheWorkspace: {{Workspace: &access.WorkspaceFacts{Slug: w.Slug, UUID: w.UUID, Name: w.Name}}},
	}
	add := func(source string, it access.Item) { lists[source] = append(lists[source], it) }
	accounts := map[string]*access.Account{}
	account := func(id string) *access.Account {
		if a := accounts[id]; a != nil {
			return a
		}
		return &access.Account{UUID: id, Name: id, Type: "user"}
	}
	for _, p := range w.People {
		accounts[p.ID] = &access.Account{UUID: p.UUID, AccountID: p.AccountID, Name: p.Name, Type: p.Type}
		if p.Role != "" {
			add(access.Members, access.Item{User: account(p.ID), Permission: p.Role})
		}
	}
	uuids := map[string]string{}
	for _, r := range w.Repositories {
		uuids[r.Slug] = r.UUID
		add(access.Repositories, access.Item{
			Repository: &access.RepositoryFacts{Slug: r.Slug, UUID: r.UUID, Project: r.Project},
		})
	}
	for _, p := range w.People {
		for _, h := range p.Permissions {
			for _, slug := range h.Repositories {
				it := access.Item{
					User: account(p.ID), Permission: h.Permission,
					Repository: &access.RepositoryFacts{Slug: slug, UUID: uuids[slug]},
				}
				add(access.Permissions, it)
				add(access.RepoPermissions+" "+slug, it)
			}
		}
	}
	listed := map[string]bool{}
	for _, g := range w.Groups {
		listed[g.Slug] = true
		facts := &access.GroupFacts{Slug: g.Slug, Name: g.Name, Privilege: g.Privilege, Listed: g.Listed}
		for _, id := range g.Members {
			facts.Members = append(facts.Members, *account(id))
		}
		add(access.Groups, access.Item{Group: facts})
	}
	belongings := func(users, groups, keys, name string, grants []access.Grant, all []access.DeployKey) {
		for _, g := range grants {
			if g.User != "" {
				add(users+" "+name, access.Item{User: account(g.User), Permission: g.Permission})
			} else {
				facts := &access.GroupFacts{Slug: g.Group}
				if !listed[g.Group] { // or the two lists would contradict each other
					listed[g.Group] = true
					add(access.Groups, access.Item{Group: facts})
				}
				add(groups+" "+name, access.Item{Group: facts, Permission: g.Permission})
			}
		}
		for i := range all {
			add(keys+" "+name, access.Item{Key: &all[i]})
		}
	}
	for _, p := range w.Projects {
		add(access.Projects, access.Item{Project: &access.ProjectFacts{Key: p.Key, UUID: p.UUID}})
		belongings(access.ProjectUsers, access.ProjectGroups, access.ProjectKeys, p.Key, p.Grants, p.Keys)
	}
	for _, r := range w.Repositories {
		belongings(access.RepositoryUsers, access.RepositoryGroups, access.RepositoryKeys, r.Slug, r.Grants, r.Keys)
	}
	for i := range w.Invitations {
		add(access.Invitations, access.Item{Invitation: &w.Invitations[i]})
	}
	return &accesstest.API{Lists: lists}
}

// hide takes lists away from a reader, in one of the ways in which reports lack something, and
// returns the scope that is read.
func hide(rng *rand.Rand, a *accesstest.API, w *access.Workspace) access.Scope {
	scope := access.Scope{Workspaces: []string{"acme"}, Explicit: true}
	a.Fail = map[string]error{}
	for source := range a.Lists {
		if source != access.TheWorkspace && rng.IntN(4) == 0 {
			a.Fail[source] = refused
			delete(a.Lists, source)
		}
	}
	switch rng.IntN(4) {
	case 0:
		scope.Explicit = false
	case 1:
		scope.Without = []string{access.Groups, access.Projects, access.RepositoryKeys, access.Invitations}
	case 2:
		if len(w.Repositories) > 0 {
			r := w.Repositories[rng.IntN(len(w.Repositories))]
			if scope.Repositories = []string{r.Slug}; rng.IntN(2) == 0 && r.Project != "" {
				scope.Repositories, scope.Projects = nil, []string{r.Project}
			}
		}
	}
	return scope
}

// lessen takes some of the access away, and gives some repositories other names.
func lessen(rng *rand.Rand, w *access.Workspace) {
	some := func() bool { return rng.IntN(3) == 0 }
	for i := range w.People {
		p := &w.People[i]
		if p.Role == "member" && some() {
			p.Role = ""
		}
		for j := range p.Permissions {
			h := &p.Permissions[j]
			h.Repositories = slices.DeleteFunc(slices.Clone(h.Repositories), func(string) bool { return some() })
		}
	}
	for i := range w.Groups {
		w.Groups[i].Members = slices.DeleteFunc(w.Groups[i].Members, func(string) bool { return some() })
	}
	drop := func(grants *[]access.Grant, keys *[]access.DeployKey) {
		*grants = slices.DeleteFunc(*grants, func(access.Grant) bool { return some() })
		*keys = slices.DeleteFunc(*keys, func(access.DeployKey) bool { return some() })
	}
	for i := range w.Projects {
		drop(&w.Projects[i].Grants, &w.Projects[i].Keys)
	}
	for i := range w.Repositories {
		r := &w.Repositories[i]
		drop(&r.Grants, &r.Keys)
		if was := r.Slug; some() {
			r.Slug = "new-" + was
			for _, p := range w.People {
				for _, h := range p.Permissions {
					if n := slices.Index(h.Repositories, was); n >= 0 {
						h.Repositories[n] = r.Slug
					}
				}
			}
		}
	}
	w.Invitations = slices.DeleteFunc(w.Invitations, func(access.Invitation) bool { return some() })
}

// byPlace lists all access of a model, with places by their UUIDs, as inModel has it.
func byPlace(w *access.Workspace) map[string]bool {
	slugs := map[string]string{}
	for _, r := range w.Repositories {
		slugs[r.Slug] = r.UUID
	}
	all := map[string]bool{}
	for _, line := range inModel(w) {
		parts := strings.Split(line, "|")[:4] // without the permission
		if parts[2] == "repository" {
			parts[3] = slugs[parts[3]]
		}
		all[strings.Join(parts, "|")] = true
	}
	return all
}

// TestGoneIsTrue holds two laws over many workspaces, of which a part of the access went away. By a
// report that read everything, what is gone is what is there no more. By a report that read less,
// nothing is gone that the whole one does not call gone, and nothing is there that it does not.
func TestGoneIsTrue(t *testing.T) {
	counts := map[string]int{}
	models(t, 80, func(t *testing.T, w access.Workspace) {
		rng := rand.New(rand.NewPCG(uint64(len(w.Repositories)), uint64(len(w.People))))
		scope := access.Scope{Workspaces: []string{"acme"}, Explicit: true}
		tr := export(t, snapshot(t, apiOf(&w), scope), review.ByProject)
		tr.decide(all("revoke"))
		lessen(rng, &w)
		whole, err := tr.close(t, apiOf(&w), scope, later)
		if err != nil {
			t.Fatal(err)
		}
		s := snapshot(t, apiOf(&w), scope)
		there := byPlace(&s.Workspaces[0])
		before := &tr.manifest.Workspaces[0]
		verdict := map[string]review.Outcome{}
		for _, a := range whole.Actions {
			verdict[a.Row] = a.Outcome
			counts["whole "+string(a.Outcome)]++
			n := slices.IndexFunc(before.Rows, func(r review.Row) bool { return r.ID == a.Row })
			left := remains(before, &before.Rows[n], there)
			if left && a.Outcome == review.Gone || !left && a.Outcome == review.Still &&
				!strings.HasPrefix(a.ID, "unidentified") {
				t.Errorf("%s of %s on %s: %s %q, and it remains: %v", a.Access, a.ID, a.Scope, a.Outcome, a.Why, left)
			}
		}
		for range 6 {
			api := apiOf(&w)
			partly := hide(rng, api, &w)
			part, err := tr.close(t, api, partly, later)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range part.Actions {
				counts["part "+string(a.Outcome)]++
				if a.Outcome != review.NotRead && a.Outcome != verdict[a.Row] && verdict[a.Row] != review.NotRead ||
					a.Outcome == review.Gone && verdict[a.Row] != review.Gone {
					t.Errorf("%s of %s on %s: %s %q by what was read of %+v without %v, and %s by all",
						a.Access, a.ID, a.Scope, a.Outcome, a.Why, partly, api.Fail, verdict[a.Row])
				}
			}
		}
	})
	for _, outcome := range []review.Outcome{review.Gone, review.Still, review.NotRead} {
		for _, report := range []string{"whole ", "part "} {
			if n := counts[report+string(outcome)]; n < 10 {
				t.Errorf("only %d are %s%s", n, report, outcome)
			}
		}
	}
}

// remains reports whether any of what a row stands for is there.
func remains(w *review.Workspace, r *review.Row, there map[string]bool) bool {
	uuids := map[string]string{}
	for _, p := range w.Repositories {
		uuids[p.Name] = p.UUID
	}
	for one := range w.Unfold(r) {
		place := one.Place
		if one.On == review.OnRepository {
			place = uuids[place]
		}
		if there[fmt.Sprintf("%s|%s|%s|%s", one.Kind, one.Subject.ID, one.On, place)] {
			return true
		}
	}
	return false
}
