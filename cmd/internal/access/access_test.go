package access_test

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/accesstest"
)

// small is an API with these members and effective permissions.
func small(members []access.Item, permissions ...access.Item) *accesstest.API {
	return &accesstest.API{Lists: map[string][]access.Item{
		access.TheWorkspace: {
			{Workspace: &access.WorkspaceFacts{Slug: "acme", UUID: accesstest.UUID(100)}},
		},
		access.Members: members, access.Permissions: permissions,
	}}
}

func read(t *testing.T, api access.API, scope access.Scope) *access.Workspace {
	t.Helper()
	s, err := accesstest.Read(t.Context(), api, scope)
	if err != nil {
		t.Fatal(err)
	}
	return &s.Workspaces[0]
}

var acme = access.Scope{Workspaces: []string{"acme"}}

// shrinking is an API whose first member goes when the first page of them has been read.
type shrinking struct{ *accesstest.API }

func (s shrinking) Pages(ctx context.Context, ask access.Ask, cursor string) iter.Seq2[access.Page, error] {
	return func(yield func(access.Page, error) bool) {
		for page, err := range s.API.Pages(ctx, ask, cursor) {
			if ask.Source == access.Members && page.Next != "" {
				s.Lists[access.Members] = s.Lists[access.Members][1:]
			}
			if !yield(page, err) {
				return
			}
		}
	}
}

// TestShrinkingListIsShort since nobody knows whom the pages passed over, though as many came as the
// last page promised.
func TestShrinkingListIsShort(t *testing.T) {
	var members []access.Item
	for i := range byte(4) {
		members = append(members, accesstest.Member(accesstest.Person(i, "Ada"), "owner", 1))
	}
	api := small(members)
	api.Size = 2
	w := read(t, shrinking{api}, acme)
	if len(w.People) != 3 || w.Read(access.Members) || w.Complete {
		t.Errorf("%d of 4 members came, and the list is whole: %v", len(w.People), w.Read(access.Members))
	}
}

// TestHighestPermissionWins whichever comes first.
func TestHighestPermissionWins(t *testing.T) {
	ada := accesstest.Person(1, "Ada")
	for _, order := range [][]bitbucket.Permission{{"read", "admin"}, {"admin", "read"}, {"write", "admin", "read"}} {
		var items, members []access.Item
		for _, p := range order {
			items = append(items, accesstest.Holds(ada, p, "api"))
		}
		for _, role := range []bitbucket.Permission{"member", "owner", "create-project"} {
			members = append(members, accesstest.Member(ada, role, 1))
		}
		w := read(t, small(members, items...), acme)
		if len(w.People) != 1 || len(w.People[0].Permissions) != 1 ||
			w.People[0].Permissions[0].Permission != "admin" ||
			w.People[0].Role != "owner" {
			t.Errorf("%v: %+v", order, w.People)
		}
		if w.Read(access.Permissions) {
			t.Error("a list with the same thing twice may lack another, and is not whole")
		}
	}
}

// TestUnknownPermissionsAreAboveAll so that nobody takes them for harmless.
func TestUnknownPermissionsAreAboveAll(t *testing.T) {
	ada := accesstest.Person(1, "Ada")
	w := read(
		t,
		small(nil, accesstest.Holds(ada, "admin", "api"), accesstest.Holds(ada, "super", "api")),
		acme,
	)
	if p := &w.People[0]; p.Permissions[0].Permission != "super" || !p.Has("api", "admin") ||
		len(p.Administers()) != 1 {
		t.Errorf("%+v", p)
	}
}

// TestIdentity holds who is one person and who is not.
func TestIdentity(t *testing.T) {
	whole := accesstest.Person(1, "Ada")
	byUUID := &access.Account{UUID: whole.UUID, Name: "Ada of old"}
	byAccount := &access.Account{AccountID: whole.AccountID}
	former := &access.Account{Name: "Former user"}
	namesake := accesstest.Person(2, "Ada")
	for _, test := range []struct {
		name  string
		items []access.Item
		want  []string // IDs with the repositories of each
	}{
		{
			"by UUID and account ID",
			[]access.Item{accesstest.Holds(whole, "read", "a"), accesstest.Holds(byUUID, "read", "b"), accesstest.Holds(byAccount, "read", "c")},
			[]string{whole.UUID + " a,b,c"},
		},
		{
			"joined later",
			[]access.Item{accesstest.Holds(byUUID, "read", "a"), accesstest.Holds(byAccount, "read", "b"), accesstest.Holds(whole, "read", "c")},
			[]string{whole.UUID + " a,b,c"},
		},
		{
			"joined on the same repository",
			[]access.Item{accesstest.Holds(byUUID, "read", "a"), accesstest.Holds(byAccount, "admin", "a"), accesstest.Holds(whole, "write", "a")},
			[]string{whole.UUID + " a"},
		},
		{
			"nobody twice",
			[]access.Item{accesstest.Holds(former, "read", "a"), accesstest.Holds(former, "read", "b")},
			[]string{"unidentified 1 a", "unidentified 2 b"},
		},
		{
			"the same name",
			[]access.Item{accesstest.Holds(whole, "read", "a"), accesstest.Holds(namesake, "read", "b")},
			[]string{whole.UUID + " a", namesake.UUID + " b"},
		},
	} {
		var got []string
		for _, p := range read(t, small(nil, test.items...), acme).People {
			for _, h := range p.Permissions {
				got = append(got, p.ID+" "+strings.Join(h.Repositories, ","))
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func status(code int) error {
	return &bitbucket.Error{StatusCode: code, Method: "GET", URL: "https://x"}
}

// TestVerdicts says how well each list was read.
func TestVerdicts(t *testing.T) {
	members := []access.Item{accesstest.Member(accesstest.Person(1, "Ada"), "owner", 1)}
	for _, test := range []struct {
		name   string
		change func(*accesstest.API)
		want   access.Verdict
	}{
		{"whole", func(*accesstest.API) {}, access.Whole},
		{"short", func(a *accesstest.API) { a.Told = map[string]int{access.Members: 2} }, access.Short},
		{"empty", func(a *accesstest.API) { a.Lists[access.Members] = nil }, access.Short},
		{"twice", func(a *accesstest.API) {
			a.Lists[access.Members] = append(a.Lists[access.Members], a.Lists[access.Members]...)
			a.Told = map[string]int{access.Members: -1}
		}, access.Short},
		{"no role", func(a *accesstest.API) { a.Lists[access.Members] = []access.Item{{User: accesstest.Person(1, "Ada")}} }, access.Failed},
		{"no user", func(a *accesstest.API) { a.Lists[access.Members] = []access.Item{{Permission: "owner"}} }, access.Failed},
		{"nobody", func(a *accesstest.API) {
			a.Lists[access.Members] = []access.Item{{User: &access.Account{}, Permission: "owner"}}
		}, access.Failed},
		{"400", fail(status(http.StatusBadRequest)), access.Refused},
		{"403", fail(status(http.StatusForbidden)), access.Refused},
		{"404", fail(status(http.StatusNotFound)), access.Refused},
		{"405", fail(status(http.StatusMethodNotAllowed)), access.Refused},
		{"410", fail(status(http.StatusGone)), access.Refused},
		{"500", fail(status(http.StatusInternalServerError)), access.Failed},
		{"malformed", fail(bitbucket.ErrMalformedResponse), access.Failed},
		{"network", fail(errors.New("connection reset")), access.Failed},
	} {
		t.Run(test.name, func(t *testing.T) {
			api := small(slices.Clone(members))
			test.change(api)
			w := read(t, api, acme)
			if c := w.CoverageOf(access.Members); c.Verdict != test.want ||
				w.Complete != (test.want == access.Whole) {
				t.Errorf("%+v, complete %v, want %s", c, w.Complete, test.want)
			}
			if c := w.CoverageOf(access.Projects); c.Verdict != access.Whole {
				t.Errorf("one list keeps others from being read: %+v", c)
			}
		})
	}
	api := small(members)
	api.Fail = map[string]error{access.Members: status(http.StatusUnauthorized)}
	if _, err := accesstest.Read(t.Context(), api, acme); !errors.Is(err, bitbucket.ErrUnauthorized) {
		t.Errorf("a credential that is none does not end the run: %v", err)
	}
}

// TestOneEndpointTakesNoToken is a refusal of that list: Bitbucket says 401 for a missing scope, too. A
// token that is none ends the run.
func TestOneEndpointTakesNoToken(t *testing.T) {
	refusal := &bitbucket.Error{
		StatusCode: http.StatusUnauthorized, Method: "GET", URL: "https://x",
		Message: "Token is invalid, expired, or not supported for this endpoint.",
	}
	for _, source := range []string{access.Viewer, access.Role, access.Members, access.Invitations} {
		api := small([]access.Item{accesstest.Member(accesstest.Person(1, "Ada"), "owner", 1)})
		api.Fail = map[string]error{source: refusal}
		w := read(t, api, acme)
		if source != access.Viewer {
			if c := w.CoverageOf(source); c.Verdict != access.Refused {
				t.Errorf("%s: %+v", source, c)
			}
		}
		if want := source == access.Viewer || source == access.Role; w.Complete != want {
			t.Errorf("%s: complete %v, want %v", source, w.Complete, want)
		}
	}
	for _, dead := range [][]string{{access.Viewer, access.TheWorkspace}, {access.TheWorkspace}} {
		api := small(nil)
		api.Fail = map[string]error{}
		for _, source := range dead {
			api.Fail[source] = refusal
		}
		if _, err := accesstest.Read(t.Context(), api, acme); !errors.Is(err, refusal) {
			t.Errorf("%q: a token that is none does not end the run: %v", dead, err)
		}
	}
}

func fail(err error) func(*accesstest.API) {
	return func(a *accesstest.API) { a.Fail = map[string]error{access.Members: err} }
}

// TestGivingUp ends the reading of a workspace after three failures in a row, and not that of
// others.
func TestGivingUp(t *testing.T) {
	api := accesstest.Sample()
	api.Fail = map[string]error{}
	for _, source := range []string{access.Members, access.Repositories, access.Permissions, access.Projects, access.Groups} {
		api.Fail[source] = status(503)
	}
	w := read(t, api, acme)
	if c := w.CoverageOf(access.Permissions); c.Verdict != access.NotRead ||
		!strings.HasPrefix(c.Why, "given up after 3 failures in a row") {
		t.Errorf("%+v", c)
	}
	if slices.Contains(api.Asked, access.Permissions) || slices.Contains(api.Asked, access.Groups) {
		t.Error("it went on asking")
	}
}

// TestOrder reads what is paid for first, over all workspaces, and what costs calls for each place
// last.
func TestOrder(t *testing.T) {
	api := accesstest.Sample()
	scope := accesstest.Scope()
	read(t, api, scope)
	last := -1
	for _, name := range []string{access.Viewer, access.Members, access.Permissions, access.Groups, access.ProjectUsers + " EMPTY", access.RepositoryUsers + " api"} {
		i := slices.Index(api.Asked, name)
		if i <= last {
			t.Errorf("%s is asked for at %d, before what should come first:\n%q", name, i, api.Asked)
		}
		last = i
	}
}

// TestExplicitReadsEmptyProjects whose keys no repository names.
func TestExplicitReadsEmptyProjects(t *testing.T) {
	w := read(t, accesstest.Sample(), accesstest.Scope())
	if p := w.Project("EMPTY"); p == nil || len(p.Grants) != 1 {
		t.Errorf("%+v", p)
	}
}

// TestProgressIsKnownBeforeTheCostlyPart and equals what was asked in the end.
func TestProgressIsKnownBeforeTheCostlyPart(t *testing.T) {
	api := accesstest.Sample()
	known := -1
	c := access.NewCollector(api, accesstest.Scope(), access.Hooks{Advanced: func(p access.Progress) {
		if p.Known && known < 0 {
			known = p.Total
		}
	}})
	if err := c.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p := c.Progress(); known != len(api.Asked) || p.Done != known || p.Total != known {
		t.Errorf("known as %d, ended as %+v, asked %d times", known, p, len(api.Asked))
	}
	api.Asked = nil
	plan, err := access.NewCollector(api, accesstest.Scope(), access.Hooks{}).Size(t.Context())
	if err != nil || plan.Calls != known || len(api.Asked) != 4 {
		t.Errorf("planned %d with %d calls, %v; want %d", plan.Calls, len(api.Asked), err, known)
	}
}

// TestReplay gives the same snapshot as reading, from any point on.
func TestReplay(t *testing.T) {
	var log []access.Entry
	hooks := access.Hooks{Keep: func(e access.Entry) error { log = append(log, e); return nil }}
	api := accesstest.Sample()
	api.Size = 3
	whole := access.NewCollector(api, accesstest.Scope(), hooks)
	if err := whole.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := whole.Snapshot()
	for n := range len(log) {
		again := access.NewCollector(api, accesstest.Scope(), access.Hooks{})
		for _, e := range log[:n] {
			if err := again.Replay(e); err != nil {
				t.Fatal(err)
			}
		}
		api.Asked = nil
		if err := again.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := again.Snapshot(); asJSON(t, got) != asJSON(t, want) {
			t.Fatalf("resumed after %d of %d entries, the snapshot is another one", n, len(log))
		}
		if len(api.Asked) != len(log)-n {
			t.Fatalf("resumed after %d of %d entries, %d were asked for", n, len(log), len(api.Asked))
		}
	}
}

// TestGone takes a place for gone when a list came whole and without it, and for refused otherwise.
func TestGone(t *testing.T) {
	repository := func(slug string) access.Item {
		return access.Item{Repository: &access.RepositoryFacts{Slug: slug, Project: "WEB", UUID: "{" + slug + "}"}}
	}
	project := func(key string) access.Item {
		return access.Item{Project: &access.ProjectFacts{Key: key, UUID: "{" + key + "}"}}
	}
	renamed := func(it access.Item) access.Item {
		if it.Repository != nil {
			it.Repository.Slug = "another"
		} else {
			it.Project.Key = "ANOTHER"
		}
		return it
	}
	missing, down := status(http.StatusNotFound), status(http.StatusBadGateway)
	for _, on := range []struct {
		list, grants, place string
		item                func(name string) access.Item
	}{
		{access.Repositories, access.RepositoryUsers, "site", repository},
		{access.Projects, access.ProjectUsers, "WEB", project},
	} {
		for name, test := range map[string]struct {
			items []access.Item
			fail  error
			told  int
			want  access.Verdict
		}{
			"it is in no list":         {nil, nil, 0, access.Gone},
			"others are in the list":   {[]access.Item{on.item("a"), on.item("b"), on.item("c")}, nil, 3, access.Gone},
			"nobody said how many":     {[]access.Item{on.item("a")}, nil, -1, access.Gone},
			"it is in the list":        {[]access.Item{on.item(on.place)}, nil, 1, access.Refused},
			"it is in another case":    {[]access.Item{on.item(strings.ToUpper(on.place))}, nil, 1, access.Refused},
			"it is on the second page": {[]access.Item{on.item("a"), on.item("b"), on.item(on.place)}, nil, 3, access.Refused},
			"more was told of":         {[]access.Item{on.item("a")}, nil, 2, access.Refused},
			"it has another name now":  {[]access.Item{renamed(on.item(on.place))}, nil, 1, access.Refused},
			"others came twice":        {[]access.Item{on.item("a"), on.item("a")}, nil, 2, access.Refused},
			"something has no name":    {[]access.Item{on.item("")}, nil, 1, access.Refused},
			"the list is not found":    {nil, missing, 0, access.Refused},
			"the list is down":         {nil, down, 0, access.Refused},
		} {
			t.Run(on.list+", "+name, func(t *testing.T) {
				api := small([]access.Item{accesstest.Member(accesstest.Person(1, "Ada"), "owner", 1)})
				api.Lists[access.Repositories] = []access.Item{repository("site")}
				api.Lists[access.Projects] = []access.Item{project("WEB")}
				api.Size = 2
				again := on.list + " " + on.place
				api.Lists[again], api.Told = test.items, map[string]int{again: test.told}
				api.Fail = map[string]error{on.grants + " " + on.place: missing, again: test.fail}
				scope := acme
				scope.Explicit = true
				w := read(t, api, scope)
				c := w.CoverageOf(on.grants)
				if len(c.Exceptions) != 1 || c.Exceptions[0].Verdict != test.want || w.Complete != (test.want == access.Gone) {
					t.Errorf("%+v, complete %v, want %s", c, w.Complete, test.want)
				}
				others := slices.DeleteFunc(slices.Clone(api.Asked), func(name string) bool {
					return !strings.HasSuffix(name, " "+on.place) || name == again || name == on.grants+" "+on.place
				})
				if gone := test.want == access.Gone; gone != (len(others) == 0) {
					t.Errorf("asked of it besides: %q", others)
				}
			})
		}
		// A credential that is none ends the run here, too.
		api := small([]access.Item{accesstest.Member(accesstest.Person(1, "Ada"), "owner", 1)})
		api.Lists[access.Repositories] = []access.Item{repository("site")}
		api.Lists[access.Projects] = []access.Item{project("WEB")}
		api.Fail = map[string]error{on.grants + " " + on.place: missing, on.list + " " + on.place: status(401)}
		scope := acme
		scope.Explicit = true
		if _, err := accesstest.Read(t.Context(), api, scope); !errors.Is(err, bitbucket.ErrUnauthorized) {
			t.Errorf("%s: %v", on.list, err)
		}
	}
}

// TestDeniedAtOnePlace is not asked for at another, when the refusal is of the credential.
func TestDeniedAtOnePlace(t *testing.T) {
	scopeIsMissing := &bitbucket.Error{
		StatusCode: 403, Method: "GET", URL: "https://x", Message: "a scope", Hint: "create a credential that has the scope",
	}
	for _, test := range []struct {
		refusal error
		asked   int
	}{{scopeIsMissing, 1}, {status(403), 3}, {status(404), 3}} {
		api := small([]access.Item{accesstest.Member(accesstest.Person(1, "Ada"), "owner", 1)})
		api.Fail = map[string]error{}
		for _, slug := range []string{"a", "b", "c"} {
			api.Lists[access.Repositories] = append(api.Lists[access.Repositories],
				access.Item{Repository: &access.RepositoryFacts{Slug: slug}})
			api.Fail[access.RepositoryKeys+" "+slug] = test.refusal
		}
		scope := acme
		scope.Explicit = true
		w, asked := read(t, api, scope), 0
		for _, name := range api.Asked {
			if strings.HasPrefix(name, access.RepositoryKeys) {
				asked++
			}
		}
		if c := w.CoverageOf(access.RepositoryKeys); asked != test.asked || c.Verdict != access.Refused || len(c.Exceptions) != 3 {
			t.Errorf("%v: asked %d times, want %d; %+v", test.refusal, asked, test.asked, c)
		}
		if c := w.CoverageOf(access.RepositoryUsers); c.Verdict != access.Whole {
			t.Errorf("another list is not read: %+v", c)
		}
	}
}

// TestWhatNoListNamed is not gone because a list does not name it: it never did.
func TestWhatNoListNamed(t *testing.T) {
	ada := accesstest.Person(1, "Ada")
	for name, uuid := range map[string]string{"a stale list": "{shop}", "nobody said its UUID": ""} {
		api := small([]access.Item{accesstest.Member(ada, "owner", 1)}, accesstest.Holds(ada, "admin", "shop"))
		if uuid == "" {
			api.Lists[access.Repositories] = []access.Item{{Repository: &access.RepositoryFacts{Slug: "shop"}}}
		} else {
			api.Lists[access.Permissions][0].Repository.UUID = uuid
		}
		api.Lists[access.Repositories+" shop"] = nil
		api.Fail = map[string]error{access.RepositoryUsers + " shop": status(http.StatusNotFound)}
		scope := acme
		scope.Explicit = true
		if w := read(t, api, scope); w.Complete || w.Repository("shop").Gone {
			t.Errorf("%s: complete %v, gone %v", name, w.Complete, w.Repository("shop").Gone)
		}
	}
}

// TestContradictions are short lists: an empty one that is none looks like any other.
func TestContradictions(t *testing.T) {
	ada := accesstest.Person(1, "Ada")
	for _, source := range []string{access.Groups, access.Projects, access.Repositories} {
		api := small([]access.Item{accesstest.Member(ada, "owner", 1)}, accesstest.Holds(ada, "admin", "shop"))
		api.Lists[access.Repositories] = []access.Item{{Repository: &access.RepositoryFacts{Slug: "shop", Project: "WEB"}}}
		api.Lists[access.Projects] = []access.Item{{Project: &access.ProjectFacts{Key: "WEB"}}}
		api.Lists[access.Groups] = []access.Item{{Group: &access.GroupFacts{Slug: "staff", Listed: true}}}
		api.Lists[access.RepositoryGroups+" shop"] = []access.Item{{Group: &access.GroupFacts{Slug: "staff"}, Permission: "read"}}
		scope := acme
		scope.Explicit = true
		if w := read(t, api, scope); !w.Complete {
			t.Fatalf("%+v", w.Coverage)
		}
		api.Lists[source] = nil
		w := read(t, api, scope)
		if c := w.CoverageOf(source); w.Complete || c.Verdict != access.Short || !strings.Contains(c.Why, "which another list names") {
			t.Errorf("%s: complete %v, %+v", source, w.Complete, c)
		}
	}
}

// TestPlacesThatAreNotThere are said, of projects as of repositories.
func TestPlacesThatAreNotThere(t *testing.T) {
	for _, scope := range []access.Scope{
		{Workspaces: []string{"acme"}, Projects: []string{"NOPE"}}, {Workspaces: []string{"acme"}, Repositories: []string{"nope"}},
	} {
		w := read(t, small([]access.Item{accesstest.Member(accesstest.Person(1, "Ada"), "owner", 1)}), scope)
		if w.Complete {
			t.Errorf("%+v: %+v", scope, w.Coverage)
		}
	}
}

// TestBelongingsWithoutANameFailTheirList since a policy cannot judge what nobody can name.
func TestBelongingsWithoutANameFailTheirList(t *testing.T) {
	for source, item := range map[string]access.Item{
		access.WorkspaceVariables: {Variable: &access.Variable{UUID: "{v}"}},
		access.Invitations:        {Invitation: &access.Invitation{Permission: "read"}},
	} {
		api := small([]access.Item{accesstest.Member(accesstest.Person(1, "Ada"), "owner", 1)})
		api.Lists[source] = []access.Item{item}
		if c := read(t, api, acme).CoverageOf(source); c.Verdict != access.Failed {
			t.Errorf("%s: %+v", source, c)
		}
	}
}

// TestCheckpointCutBeforeTheVerdict has a run that stopped between a list and what is missing in it.
func TestCheckpointCutBeforeTheVerdict(t *testing.T) {
	scope := acme
	scope.Repositories = []string{"site", "nope"}
	api := small([]access.Item{accesstest.Member(accesstest.Person(1, "Ada"), "owner", 1)})
	api.Lists[access.Repositories] = []access.Item{{Repository: &access.RepositoryFacts{Slug: "site"}}}
	var kept []access.Entry
	c := access.NewCollector(api, scope, access.Hooks{Keep: func(e access.Entry) error {
		kept = append(kept, e)
		return nil
	}})
	if err := c.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	cut := slices.IndexFunc(kept, func(e access.Entry) bool { return strings.Contains(e.Why, "there is no repository nope") })
	if cut < 0 {
		t.Fatalf("nothing is missing in %+v", kept)
	}
	again := access.NewCollector(api, scope, access.Hooks{})
	for _, e := range kept[:cut] {
		if err := again.Replay(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := again.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w := again.Snapshot().Workspaces[0]; w.Complete {
		t.Errorf("the resumed run is complete: %+v", w.CoverageOf(access.Repositories))
	}
}
