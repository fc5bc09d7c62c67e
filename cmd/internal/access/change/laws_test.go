package change_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/accesstest"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/change"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

// worlds is how many random pairs of reports each law is tried on.
const worlds = 250

// read makes a report of what an API answers.
func read(t *testing.T, api *accesstest.API, scope access.Scope) *report.Report {
	t.Helper()
	api.Narrow(scope)
	snapshot, err := accesstest.Read(t.Context(), api, scope)
	if err != nil {
		t.Fatal(err)
	}
	r := report.New(false)
	r.AsOf, r.Access = accesstest.Now, snapshot
	r.Run.Started = accesstest.Now
	r.Settings = report.Settings{
		Workspaces: scope.Workspaces, Projects: scope.Projects, Repositories: scope.Repositories,
		Explicit: scope.Explicit, Without: scope.Without, Thresholds: findings.DefaultThresholds(),
	}
	r.Judge(nil)
	r.Settle()
	return r
}

func between(t *testing.T, before, after *report.Report) *change.Difference {
	t.Helper()
	d, err := change.Between(before, after)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestNothingDiffersFromItself whatever was read of it.
func TestNothingDiffersFromItself(t *testing.T) {
	for seed := range uint64(worlds) {
		w := accesstest.NewWorld(seed)
		api := w.API()
		if seed%2 == 0 {
			w.Refuse(api)
		}
		r := read(t, api, w.Scope())
		d := between(t, r, r)
		if !d.Empty() || len(d.Workspaces[0].NotKnown)+len(d.Settings) > 0 {
			t.Fatalf("seed %d: a report differs from itself:\n%s", seed, text(t, d))
		}
		if d.Complete != r.Complete {
			t.Errorf("seed %d: complete %v, the report %v", seed, d.Complete, r.Complete)
		}
	}
}

// TestChangesLeadFromTheOldModelToTheNew in full, also where what changed is not known.
func TestChangesLeadFromTheOldModelToTheNew(t *testing.T) {
	for seed := range uint64(worlds) {
		w := accesstest.NewWorld(seed)
		apis := [2]*accesstest.API{w.API()}
		w.Change(int(seed % 30))
		apis[1] = w.API()
		scope := w.Scope()
		other := scope
		if seed%2 == 0 {
			w.Refuse(apis[0])
			w.Refuse(apis[1])
			other = w.Scope()
		}
		before, after := read(t, apis[0], other), read(t, apis[1], scope)
		d := between(t, before, after)
		got := applied(t, &before.Access.Workspaces[0], &d.Workspaces[0])
		want := factsOf(t, &after.Access.Workspaces[0])
		for _, key := range slices.Sorted(maps.Keys(want)) {
			if got[key] != want[key] {
				t.Errorf("seed %d: %s is %q, want %q", seed, key, got[key], want[key])
			}
			delete(got, key)
		}
		for _, key := range slices.Sorted(maps.Keys(got)) {
			t.Errorf("seed %d: %s %q is left", seed, key, got[key])
		}
		if t.Failed() {
			t.Fatal(text(t, d))
		}
	}
}

// TestNothingIsMadeUp: what two reports say that were refused something, two that read everything
// say, too.
func TestNothingIsMadeUp(t *testing.T) {
	said := 0
	for seed := range uint64(worlds) {
		w := accesstest.NewWorld(seed)
		truth, refused := [2]*accesstest.API{w.API()}, [2]*accesstest.API{w.API()}
		w.Change(int(seed % 30))
		truth[1], refused[1] = w.API(), w.API()
		w.Refuse(refused[0])
		w.Refuse(refused[1])
		models := [2]*report.Report{read(t, truth[0], everything), read(t, truth[1], everything)}
		of := lastingNames(models[0], models[1])
		all := claims(between(t, models[0], models[1]), of)
		scopes := [2]access.Scope{w.Scope(), w.Scope()}
		d := between(t, read(t, refused[0], scopes[0]), read(t, refused[1], scopes[1]))
		for _, claim := range slices.Sorted(maps.Keys(claims(d, of))) {
			said++
			if strings.HasPrefix(claim, "removed [people") && !whole(scopes[1]) ||
				strings.HasPrefix(claim, "added [people") && !whole(scopes[0]) {
				continue // they may have something where neither report looked
			}
			if strings.Contains(claim, "[finding") && !(whole(scopes[0]) && whole(scopes[1])) {
				continue // those of a report of less are judged by less
			}
			if !all[claim] {
				t.Errorf("seed %d: it says %s", seed, claim)
			}
		}
		if t.Failed() {
			t.Fatal(text(t, d))
		}
	}
	if said < 6*worlds {
		t.Errorf("only %d statements were looked at", said)
	}
}

// everything is the scope of a report that reads all there is.
var everything = access.Scope{Workspaces: []string{"acme"}, Explicit: true}

func whole(s access.Scope) bool { return s.Explicit && len(s.Repositories)+len(s.Without) == 0 }

// lastingNames tells what places are by their UUIDs: who has read less may call them by other names.
func lastingNames(before, after *report.Report) func(string) string {
	uuids := [2]map[string]string{{}, {}}
	for i, r := range []*report.Report{before, after} {
		for _, p := range r.Access.Workspaces[0].Projects {
			uuids[i][p.Key] = p.UUID
		}
		for _, r := range r.Access.Workspaces[0].Repositories {
			uuids[i][r.Slug] = r.UUID
		}
	}
	return func(name string) string {
		was, before := strings.CutSuffix(name, " (before)")
		if uuid := uuids[1][name]; uuid != "" && !before {
			return uuid
		}
		return cmp.Or(uuids[0][was], name)
	}
}

// claims are what a difference says as something known.
func claims(d *change.Difference, of func(string) string) map[string]bool {
	all := map[string]bool{}
	say := func(v change.Verdict, parts ...any) {
		if v != change.NotKnown {
			all[fmt.Sprint(v, " ", parts)] = true
		}
	}
	w := &d.Workspaces[0]
	for _, a := range w.Permissions {
		for _, slug := range a.Repositories {
			if !strings.HasPrefix(a.Person.ID, "unidentified ") { // numbers say nothing
				say(a.Change, "permission", a.Person.ID, of(slug), a.Old, a.New)
			}
		}
	}
	for _, g := range w.Grants {
		say(g.Change, "grant", of(g.Place.Name), fmt.Sprint(g.Person != nil), g.Group, g.Old, g.New)
	}
	for _, m := range w.Members {
		say(m.Change, "member", m.Group, m.Person.ID)
	}
	for _, f := range d.Findings {
		if f.Change == change.NewFinding || f.Change == change.GoneFinding {
			say(change.Verdict(f.Change), "finding", f.Rule, f.Item.ID)
		}
	}
	for kind, list := range lists(w) {
		for _, e := range list {
			if (e.Change == change.Added || e.Change == change.Removed) &&
				!strings.HasPrefix(e.ID, "unidentified ") {
				say(e.Change, kind, of(e.ID))
			}
			for _, f := range e.Fields {
				if e.Change == change.Changed && !f.NotKnown && f.Name == "role" {
					say(e.Change, kind, e.ID, f.Old, f.New)
				}
			}
		}
	}
	return all
}

func lists(w *change.Workspace) map[string][]change.Entity {
	return map[string][]change.Entity{
		"people": w.People, "groups": w.Groups, "projects": w.Projects, "repositories": w.Repositories,
		"keys": w.Keys, "variables": w.Variables, "invitations": w.Invitations,
	}
}

func text(t *testing.T, d *change.Difference) string {
	t.Helper()
	data, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// facts are all that a model says, each as one value.
type facts map[string]string

// factsOf flattens a model by its JSON form, so that no member of it is forgotten.
func factsOf(t *testing.T, w *access.Workspace) facts {
	t.Helper()
	f := facts{}
	for _, p := range w.People {
		for _, h := range p.Permissions {
			for _, slug := range h.Repositories {
				f["permission "+p.ID+" "+slug] = string(h.Permission)
			}
		}
		p.Permissions = nil
		f.thing(t, "people", "", p.ID, p)
	}
	grants := func(place string, all []access.Grant) {
		for _, g := range all {
			f["grant "+place+" "+g.User+" "+g.Group] = string(g.Permission)
		}
	}
	keys := func(place string, all []access.DeployKey) {
		for _, k := range all {
			f.thing(t, "keys", place, k.ID, k)
		}
	}
	variables := func(place string, all []access.Variable) {
		for _, v := range all {
			f.thing(t, "variables", place, v.UUID, v)
		}
	}
	for _, g := range w.Groups {
		for _, id := range g.Members {
			f["member "+g.Slug+" "+id] = "true"
		}
		g.Members = nil
		f.thing(t, "groups", "", g.Slug, g)
	}
	for _, p := range w.Projects {
		grants("project "+p.Key, p.Grants)
		keys("project "+p.Key, p.Keys)
		p.Grants, p.Keys = nil, nil
		f.thing(t, "projects", "", p.Key, p)
	}
	for _, r := range w.Repositories {
		grants("repository "+r.Slug, r.Grants)
		keys("repository "+r.Slug, r.Keys)
		variables("repository "+r.Slug, r.Variables)
		r.Grants, r.Keys, r.Variables = nil, nil, nil
		f.thing(t, "repositories", "", r.Slug, r)
	}
	variables("the workspace", w.Variables)
	met := map[string]int{}
	for _, i := range w.Invitations {
		id := i.Email + " " + i.Repository
		if met[id]++; met[id] > 1 {
			id = fmt.Sprintf("%s (%d)", id, met[id])
		}
		f.thing(t, "invitations", "the workspace", id, i)
	}
	return f
}

// thing adds a value of each member of a thing.
func (f facts) thing(t *testing.T, kind, place, id string, v any) {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(data, &members); err != nil {
		t.Fatal(err)
	}
	for name, value := range members {
		switch value := value.(type) {
		case nil:
		case string:
			if name == "privilege" && value == "" {
				value = "none"
			}
			f[strings.Join([]string{kind, place, id, name}, " ")] = value
		case bool:
			if name != "identified" &&
				(value || name == "private" || name == "two_step" || name == "writes") {
				f[strings.Join([]string{kind, place, id, name}, " ")] = fmt.Sprint(value)
			}
		default:
			t.Fatalf("%s has %s of type %T, which the test does not know", kind, name, value)
		}
	}
}

// applied is the older model with the changes made.
func applied(t *testing.T, w *access.Workspace, d *change.Workspace) facts {
	t.Helper()
	f := factsOf(t, renamed(w, d))
	set := func(key, value string) {
		if value == "" || value == "false" && !strings.HasSuffix(key, "private") &&
			!strings.HasSuffix(key, "two_step") && !strings.HasSuffix(key, "writes") {
			delete(f, key)
		} else {
			f[key] = value
		}
	}
	for _, a := range d.Permissions {
		for _, slug := range a.Repositories {
			set("permission "+a.Person.ID+" "+slug, string(a.New))
		}
	}
	for _, g := range d.Grants {
		id := ""
		if g.Person != nil {
			id = g.Person.ID
		}
		set("grant "+g.Place.String()+" "+id+" "+g.Group, string(g.New))
	}
	for _, m := range d.Members {
		set("member "+m.Group+" "+m.Person.ID, fmt.Sprint(m.New))
	}
	for kind, list := range lists(d) {
		for _, e := range list {
			place := ""
			if e.Place != nil {
				place = e.Place.String()
			}
			for _, field := range e.Fields {
				set(strings.Join([]string{kind, place, e.ID, field.Name}, " "), field.New)
			}
		}
	}
	return f
}

// renamed is the older model with what its things go by in the difference.
func renamed(w *access.Workspace, d *change.Workspace) *access.Workspace {
	names := func(list []change.Entity, field string) func(string) string {
		other := map[string]string{}
		for _, e := range list {
			for _, f := range e.Fields {
				if f.Name == field && f.Old != "" {
					other[f.Old] = e.ID
				}
			}
		}
		return func(name string) string {
			if to, ok := other[name]; ok {
				return to
			}
			return name
		}
	}
	person, slug, key := names(d.People, "id"), names(d.Repositories, "slug"), names(d.Projects, "key")
	all := func(list []string, name func(string) string) []string {
		var out []string
		for _, one := range list {
			out = append(out, name(one))
		}
		return out
	}
	grants := func(list []access.Grant) []access.Grant {
		list = slices.Clone(list)
		for i := range list {
			list[i].User = person(list[i].User)
		}
		return list
	}
	r := *w
	r.People, r.Groups, r.Projects = slices.Clone(w.People), slices.Clone(w.Groups), slices.Clone(w.Projects)
	r.Repositories, r.Invitations = slices.Clone(w.Repositories), slices.Clone(w.Invitations)
	for i := range r.People {
		p := &r.People[i]
		p.ID, p.Permissions = person(p.ID), slices.Clone(p.Permissions)
		for j := range p.Permissions {
			p.Permissions[j].Repositories = all(p.Permissions[j].Repositories, slug)
		}
	}
	for i := range r.Groups {
		r.Groups[i].Members = all(r.Groups[i].Members, person)
	}
	for i := range r.Projects {
		r.Projects[i].Key, r.Projects[i].Grants = key(r.Projects[i].Key), grants(r.Projects[i].Grants)
	}
	for i := range r.Repositories {
		x := &r.Repositories[i]
		x.Slug, x.Project, x.Grants = slug(x.Slug), key(x.Project), grants(x.Grants)
	}
	for i := range r.Invitations {
		r.Invitations[i].Repository = slug(r.Invitations[i].Repository)
	}
	return &r
}
