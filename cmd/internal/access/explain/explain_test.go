package explain_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/accesstest"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/explain"
)

func sample(t *testing.T) *access.Snapshot {
	t.Helper()
	s, err := accesstest.Read(t.Context(), accesstest.Sample(), accesstest.Scope())
	if err != nil {
		t.Fatal(err)
	}
	return &s
}

// answer explains somebody at a place, each by a name.
func answer(t *testing.T, s *access.Snapshot, user, place string) explain.Answer {
	t.Helper()
	found, err := explain.FindUser(s, user)
	if err != nil {
		t.Fatal(err)
	}
	var at access.Place
	if place != "" {
		if _, at, err = explain.FindPlace(s, place); err != nil {
			t.Fatal(err)
		}
	}
	return explain.Explain(found[0].Workspace, found[0].Person, at)
}

// TestWays of somebody who has a permission in person and another by a group on the project.
func TestWays(t *testing.T) {
	a := answer(t, sample(t), "Cid", "api")
	if len(a.Entries) != 1 {
		t.Fatalf("%d entries, want 1", len(a.Entries))
	}
	e := a.Entries[0]
	group := access.Way{Permission: "write", By: access.ByProjectGroup, Group: "devs", Project: "ONE"}
	person := access.Way{Permission: "admin", By: access.ByRepository}
	if e.Permission != "admin" || !slices.Equal(e.Ways, []access.Way{group, person}) || len(e.Unread) > 0 {
		t.Errorf("%+v", e)
	}
	want := []explain.Step{
		{Goes: "admin", Ways: []access.Way{person}, Left: "write"},
		{Goes: "write", Ways: []access.Way{group}},
	}
	if len(e.Steps) != 2 || !slices.Equal(e.Steps[0].Ways, want[0].Ways) || !slices.Equal(e.Steps[1].Ways, want[1].Ways) ||
		e.Steps[0].Goes != "admin" || e.Steps[0].Left != "write" ||
		e.Steps[1].Goes != "write" ||
		e.Steps[1].Left != "" {
		t.Errorf("steps %+v, want %+v", e.Steps, want)
	}
}

// TestMoreThanIsEffective is said, and so is what nothing explains.
func TestMoreThanIsEffective(t *testing.T) {
	s := sample(t)
	if e := answer(t, s, "Fay <script>", "api").Entries[0]; len(e.Excess()) != 2 || e.Permission != "read" {
		t.Errorf("%+v", e)
	}
	if e := answer(t, s, "Ida", "site").Entries[0]; e.Explained() || e.Permission != "super-admin" {
		t.Errorf("%+v", e)
	}
	if e := answer(t, s, accesstest.UUID(10), "tool").Entries[0]; e.Permission != "" || e.NotKnown != "" ||
		len(e.Excess()) != 1 {
		t.Errorf("%+v", e)
	}
	if e := answer(t, s, "Jo", "acme").Entries[0]; e.Permission != "admin" || e.Ways[0].By != access.ByRole {
		t.Errorf("%+v", e)
	}
}

// TestNothingIsKnownElsewhere: of who has nothing in a report it says that nothing was read where they
// may have something.
func TestNothingIsKnownElsewhere(t *testing.T) {
	for name, test := range map[string]struct {
		do           func(*access.Scope, *accesstest.API)
		place, lacks string
	}{
		"everything read":      {func(*access.Scope, *accesstest.API) {}, "", ""},
		"a repository":         {func(s *access.Scope, _ *accesstest.API) { s.Repositories = []string{"site"} }, "", "project-groups project-users repositories repository-permissions"},
		"its project":          {func(s *access.Scope, _ *accesstest.API) { s.Repositories = []string{"site"} }, "TWO", "repositories"},
		"a project":            {func(s *access.Scope, _ *accesstest.API) { s.Projects = []string{"TWO"} }, "TWO", ""},
		"another project":      {func(s *access.Scope, _ *accesstest.API) { s.Projects = []string{"TWO"} }, "ONE", "repositories repository-permissions"},
		"no permissions":       {func(_ *access.Scope, a *accesstest.API) { refuse(a, access.Permissions) }, "", "permissions"},
		"nor repositories":     {func(_ *access.Scope, a *accesstest.API) { refuse(a, access.Permissions, access.Repositories) }, "", "project-groups project-users repositories"},
		"no projects":          {func(_ *access.Scope, a *accesstest.API) { refuse(a, access.Projects) }, "", "project-groups project-users projects"},
		"no grants":            {func(s *access.Scope, _ *accesstest.API) { s.Explicit = false }, "", "project-groups project-users"},
		"no grants on a place": {func(s *access.Scope, _ *accesstest.API) { s.Explicit = false }, "api", ""},
	} {
		api, scope := accesstest.Sample(), accesstest.Scope()
		api.Lists[access.Members] = append(api.Lists[access.Members], accesstest.Member(accesstest.Person(77, "Newcomer"), "member", 1))
		test.do(&scope, api)
		s, err := accesstest.Read(t.Context(), api, scope)
		if err != nil {
			t.Fatal(err)
		}
		a := answer(t, &s, "Newcomer", test.place)
		lacks := slices.Clone(a.Lacking)
		slices.Sort(lacks)
		lacks = slices.Compact(lacks)
		if got := strings.Join(lacks, " "); got != test.lacks {
			t.Errorf("%s: it lacks %q, want %q", name, got, test.lacks)
		}
		if test.lacks != "" && (!a.Incomplete() || len(a.Unread()) < len(lacks)) {
			t.Errorf("%s: incomplete %v, unread %q", name, a.Incomplete(), a.Unread())
		}
	}
}

func refuse(api *accesstest.API, sources ...string) {
	api.Fail = map[string]error{}
	for _, source := range sources {
		api.Fail[source] = &bitbucket.Error{StatusCode: 403}
	}
}

func TestFindUser(t *testing.T) {
	s := sample(t)
	robot := s.Workspaces[0].Person(accesstest.UUID(9))
	robot.Nickname = "ADA"
	s.Workspaces[0].Person(accesstest.UUID(6)).Nickname = "mallory@example.com"
	for text, want := range map[string]string{
		accesstest.UUID(1): accesstest.UUID(1), strings.Trim(strings.ToUpper(accesstest.UUID(3)), "{}"): accesstest.UUID(3),
		"557058:" + accesstest.UUID(3)[1:37]: accesstest.UUID(3), "ADA@example.com": accesstest.UUID(1), "cid": accesstest.UUID(3),
		"unidentified 1": "unidentified 1",
	} {
		found, err := explain.FindUser(s, text)
		if err != nil || len(found) != 1 || found[0].Person.ID != want {
			t.Errorf("%s: %v, %v, want %s", text, found, err, want)
		}
	}
	for text, want := range map[string]string{
		"ada":             "Ada " + accesstest.UUID(1) + ", Robot " + accesstest.UUID(9) + "; say whom by UUID",
		"robot":           "only a display name",
		"Former user":     "Former user unidentified 1, Former user unidentified 2",
		"eve@example.com": "no address that the report knows, and it knows 3",
		"nobody":          "the report knows nobody by",
		// Who takes an address for a nickname is not who has it.
		"mallory@example.com": "no address that the report knows",
		"":                    "the report knows nobody by",
	} {
		if _, err := explain.FindUser(s, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// TestMostCandidatesAreCounted, however many have taken a name.
func TestMostCandidatesAreCounted(t *testing.T) {
	w := access.Workspace{Slug: "acme"}
	for i := range byte(30) {
		w.People = append(w.People, access.Person{ID: accesstest.UUID(i), UUID: accesstest.UUID(i), Name: "A", Nickname: "b"})
	}
	for _, text := range []string{"A", "b"} {
		_, err := explain.FindUser(&access.Snapshot{Workspaces: []access.Workspace{w}}, text)
		if err == nil || strings.Count(err.Error(), "-4000-") != 10 || !strings.Contains(err.Error(), " and 20 more; say whom by UUID") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestFindPlace(t *testing.T) {
	s := sample(t)
	w := &s.Workspaces[0]
	w.Repositories = append(
		[]access.Repository{{Slug: "acme", UUID: accesstest.UUID(200)}, {Slug: "ONE"}},
		w.Repositories...)
	w.Repositories[1].Slug = "one"
	for text, want := range map[string]access.Place{
		"api":                {Kind: access.KindRepository, Name: "api"},
		"acme/API":           {Kind: access.KindRepository, Name: "api"},
		"ONE":                {Kind: access.KindProject, Name: "ONE"},
		"one":                {Kind: access.KindRepository, Name: "one"},
		"project:one":        {Kind: access.KindProject, Name: "ONE"},
		"workspace:acme":     {Kind: access.KindWorkspace},
		accesstest.UUID(100): {Kind: access.KindWorkspace},
		accesstest.UUID(102): {Kind: access.KindRepository, Name: "site"},
	} {
		if _, got, err := explain.FindPlace(s, text); err != nil || got != want {
			t.Errorf("%s: %v, %v, want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"acme": "names 2 places: workspace:acme {00000064-0000-4000-8000-000000000000}, repository:acme/acme {000000c8-",
		"oNe":  "names 2 places", "missing": "no workspace, project or repository", "group:devs": "no workspace, project or repository",
	} {
		if _, _, err := explain.FindPlace(s, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// worlds is how many random workspaces each law is tried on.
const worlds = 200

// each explains everybody in random workspaces, of which some were read in part.
func each(t *testing.T, look func(seed uint64, a explain.Answer)) {
	t.Helper()
	for seed := range uint64(worlds) {
		w := accesstest.NewWorld(seed)
		api, scope := w.API(), w.Scope()
		if seed%2 == 0 {
			w.Refuse(api)
		}
		s, err := accesstest.Read(t.Context(), api, scope)
		if err != nil {
			t.Fatal(err)
		}
		space := &s.Workspaces[0]
		for i := range space.People {
			look(seed, explain.Explain(space, &space.People[i], access.Place{}))
		}
	}
}

// TestEveryPermissionIsExplained by at least one way, or says what was not read.
func TestEveryPermissionIsExplained(t *testing.T) {
	explained, lacking := 0, 0
	each(t, func(seed uint64, a explain.Answer) {
		seen := map[string]bitbucket.Permission{}
		for _, e := range a.Entries {
			if e.Kind != access.KindRepository {
				continue
			}
			for _, slug := range e.Places {
				seen[slug] = e.Permission
			}
			switch {
			case e.Permission == "":
			case e.Explained():
				explained++
			case len(e.Unread) > 0:
				lacking++
			case a.Person.Identified && a.Person.Role != "guru":
				t.Errorf(
					"seed %d: nothing explains %s of %s on %v",
					seed,
					e.Permission,
					a.Person.ID,
					e.Places,
				)
			}
		}
		for _, h := range a.Person.Permissions {
			for _, slug := range h.Repositories {
				if seen[slug] != h.Permission {
					t.Errorf(
						"seed %d: %s of %s on %s is not in the answer",
						seed,
						h.Permission,
						a.Person.ID,
						slug,
					)
				}
			}
		}
	})
	if explained < worlds || lacking < worlds {
		t.Errorf("only %d permissions were explained, and %d could not be", explained, lacking)
	}
}

// TestStepsAreWhatHasToGo: without them the permission is not given any more, and without any one of
// them it still is.
func TestStepsAreWhatHasToGo(t *testing.T) {
	steps := 0
	each(t, func(seed uint64, a explain.Answer) {
		for _, e := range a.Entries {
			var cut []access.Way
			for n, step := range e.Steps {
				steps++
				before := slices.Clone(cut)
				cut = append(cut, step.Ways...)
				if left := given(t, &a, &e, cut, seed%2 == 0); access.Rank(left) >= access.Rank(step.Goes) ||
					seed%2 != 0 && left != step.Left {
					t.Errorf("seed %d: %s is still given by %s, step %d of %+v", seed, left, e.Kind, n, e)
				}
				for i := range step.Ways {
					less := slices.Concat(before, step.Ways[:i], step.Ways[i+1:])
					if left := given(t, &a, &e, less, false); access.Rank(left) < access.Rank(step.Goes) {
						t.Errorf("seed %d: only %s is given, step %d of %+v", seed, left, n, e)
					}
				}
			}
			if given(t, &a, &e, cut, false) != "" {
				t.Errorf("seed %d: something is left after all steps of %+v", seed, e)
			}
		}
	})
	if steps < worlds {
		t.Errorf("only %d steps were taken", steps)
	}
}

// given is what a copy of the workspace gives on the first place of an entry when ways are cut.
func given(
	t *testing.T,
	a *explain.Answer,
	e *explain.Entry,
	cut []access.Way,
	leave bool,
) bitbucket.Permission {
	t.Helper()
	data, err := json.Marshal(a.Workspace)
	if err != nil {
		t.Fatal(err)
	}
	var w access.Workspace
	if err := json.Unmarshal(data, &w); err != nil {
		t.Fatal(err)
	}
	p := w.Person(a.Person.ID)
	for _, way := range cut {
		group := slices.IndexFunc(w.Groups, func(g access.Group) bool { return g.Slug == way.Group })
		switch {
		case way.By == access.ByRole:
			p.Role = bitbucket.PermissionMember
		case way.Group != "" && leave:
			w.Groups[group].Members = slices.DeleteFunc(
				w.Groups[group].Members,
				func(id string) bool { return id == p.ID },
			)
		case way.By == access.ByGroupPrivilege:
			w.Groups[group].Privilege = nil
		case way.Project != "":
			drop(&w.Project(way.Project).Grants, p.ID, way)
		default:
			drop(&w.Repository(e.Places[0]).Grants, p.ID, way)
		}
	}
	paths := access.NewPaths(&w)
	var ways []access.Way
	switch e.Kind {
	case access.KindWorkspace:
		ways = paths.ToWorkspace(p)
	case access.KindProject:
		ways = paths.ToProject(p, w.Project(e.Places[0]))
	default:
		ways = paths.To(p, w.Repository(e.Places[0]))
	}
	var most bitbucket.Permission
	for _, way := range ways {
		if access.Rank(way.Permission) > access.Rank(most) {
			most = way.Permission
		}
	}
	return most
}

// drop takes a grant away.
func drop(grants *[]access.Grant, id string, way access.Way) {
	*grants = slices.DeleteFunc(*grants, func(g access.Grant) bool {
		return way.Group != "" && g.Group == way.Group || way.Group == "" && g.User == id
	})
}
