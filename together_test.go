package bitbucket_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bbql"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// signIn makes a client that calls srv in process as a user.
func signIn(t *testing.T, srv *bitbuckettest.Server, user string, opts ...bitbucket.Option) *bitbucket.Client {
	t.Helper()
	token := srv.IssueAPIToken(user)
	c, err := bitbucket.NewClient(append([]bitbucket.Option{
		bitbucket.WithTransport(srv), bitbucket.WithAPIToken(token.Email, token.Token),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A thousand calls take four and a half hours at the shortest, and the server, which
// counts any 30 minutes, never refuses one: whatever the latency, and however many
// goroutines call.
func TestAThousandCallsWithoutA429(t *testing.T) {
	const window = 30 * time.Minute
	for _, workers := range []int{1, 8, 64} {
		t.Run(fmt.Sprintf("%d workers", workers), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(1, uint64(workers)))
				var mu sync.Mutex
				latency := func() time.Duration {
					mu.Lock()
					defer mu.Unlock()
					return time.Millisecond + time.Duration(random.Int64N(int64(5*time.Second-time.Millisecond)))
				}
				srv := bitbuckettest.New(bitbuckettest.Throttle(100, window), bitbuckettest.Latency(latency))
				ada := srv.AddUser(bitbuckettest.User{Nickname: "ada"})
				c := signIn(t, srv, "ada")

				start := time.Now()
				var hundredth time.Duration // when the 100th call was there
				calls := make(chan int)
				var wg sync.WaitGroup
				for range workers {
					wg.Go(func() {
						for n := range calls {
							if _, err := c.Users.Get(t.Context(), ada.UUID); err != nil {
								t.Error(err)
							}
							if n == 100 {
								mu.Lock()
								hundredth = time.Since(start)
								mu.Unlock()
							}
						}
					})
				}
				for n := range 1000 {
					calls <- n + 1
				}
				close(calls)
				wg.Wait()

				took := time.Since(start)
				refused := slices.ContainsFunc(srv.Requests(), func(r bitbuckettest.Request) bool { return r.Status == 429 })
				if srv.Calls() != 1000 || refused {
					t.Errorf("%d calls, some refused: %v", srv.Calls(), refused)
				}
				ideal := 9 * window
				limit := ideal + ideal/100
				if workers == 1 {
					limit = ideal + 109*5*time.Second // a hundred calls in a row, and nine of the longest
				}
				if took < ideal || took > limit {
					t.Errorf("took %v, want %v to %v", took, ideal, limit)
				}
				if most := time.Duration(100/workers+2) * 5 * time.Second; hundredth > most {
					t.Errorf("the first hundred calls took %v, more than %v: they waited", hundredth, most)
				}
				t.Logf("took %v, %.4f of the shortest possible", took, took.Seconds()/ideal.Seconds())
			})
		})
	}
}

// Somebody else spends the same budget: the refusals pause this client, and nothing
// is lost.
func TestSharedBudgetSpentByOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := bitbuckettest.New()
		ada := srv.AddUser(bitbuckettest.User{Nickname: "ada"})
		other := signIn(t, srv, "ada")
		for range 100 {
			if _, err := other.Users.Get(t.Context(), ada.UUID); err != nil {
				t.Fatal(err)
			}
		}
		start := time.Now()
		c := signIn(t, srv, "ada", bitbucket.WithRetries(10))
		if _, err := c.Users.Get(t.Context(), ada.UUID); err != nil {
			t.Fatal(err)
		}
		// Refused at 0, 1, 3, 7 and 15 minutes, answered at 31.
		if took := time.Since(start); took != 31*time.Minute {
			t.Errorf("took %v, want 31m", took)
		}
	})
}

func demoAdmin(t *testing.T, srv *bitbuckettest.Server, opts ...bitbucket.Option) *bitbucket.Client {
	t.Helper()
	admin := srv.Admin()
	c, err := bitbucket.NewClient(append([]bitbucket.Option{
		bitbucket.WithTransport(srv), bitbucket.WithAPIToken(admin.Email, admin.APIToken), bitbucket.WithThrottle(throttle.Unlimited),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestListMineEverywhere(t *testing.T) {
	srv := bitbuckettest.New(bitbuckettest.Throttle(0, 0), bitbuckettest.Legacy())
	srv.AddUser(bitbuckettest.User{Nickname: "ada"})
	for w, repositories := range []int{130, 0, 1, 101} {
		slug := fmt.Sprintf("w%d", w)
		srv.AddWorkspace(bitbuckettest.Workspace{Slug: slug})
		srv.AddProject(slug, bitbuckettest.Project{Key: "P"})
		srv.AddMember(slug, bitbuckettest.Member{User: "ada"})
		for r := range repositories {
			name := fmt.Sprintf("r%d", r)
			srv.AddRepository(slug, bitbuckettest.Repository{Slug: name, Project: "P"})
			srv.GrantRepository(slug, name, "ada", "read")
		}
	}
	c := signIn(t, srv, "ada", bitbucket.WithThrottle(throttle.Unlimited))
	names := func(list *bitbucket.List[bitbucket.RepositoryPermission]) (all []string) {
		t.Helper()
		for p, err := range list.All() {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, p.Repository.FullName)
		}
		return all
	}
	want := names(c.Permissions.ListRepositories(t.Context())) // what the removed endpoint says
	srv.ResetLog()
	got := names(c.Permissions.ListMineEverywhere(t.Context()))
	slices.Sort(want)
	if sorted := slices.Sorted(slices.Values(got)); !slices.Equal(sorted, want) || len(got) != 232 {
		t.Errorf("%d repositories, want %d", len(got), len(want))
	}
	if n := srv.Calls(); n != 1+2+1+1+2 {
		t.Errorf("%d calls, want 7", n)
	}

	// Each page's cursor continues where the page ends, also between workspaces.
	seen := 0
	for page, err := range c.Permissions.ListMineEverywhere(t.Context()).Pages() {
		if err != nil {
			t.Fatal(err)
		}
		seen += len(page.Values)
		if page.Next == "" {
			if seen != len(got) {
				t.Errorf("no cursor after %d of %d", seen, len(got))
			}
			continue
		}
		if rest := names(c.Permissions.ListMineEverywhere(t.Context(), bitbucket.From(page.Next))); !slices.Equal(rest, got[seen:]) {
			t.Errorf("after %d, the cursor %s continues with %d repositories", seen, page.Next, len(rest))
		}
	}
	// What is asked for goes along with the cursor.
	filter := bitbucket.Query(bbql.Eq("repository.name", "r0").String())
	if got := names(c.Permissions.ListMineEverywhere(t.Context(), filter)); !slices.Equal(got, []string{"w0/r0", "w2/r0", "w3/r0"}) {
		t.Errorf("filtered: %v", got)
	}
	for page := range c.Permissions.ListMineEverywhere(t.Context(), filter).Pages() {
		if rest := names(c.Permissions.ListMineEverywhere(t.Context(), bitbucket.From(page.Next))); !slices.Equal(rest, []string{"w2/r0", "w3/r0"}) {
			t.Errorf("filtered, from a cursor: %v", rest)
		}
		break
	}
	_, err := c.Permissions.ListMineEverywhere(t.Context(), bitbucket.From("https://api.bitbucket.org/2.0/user/workspaces/gone/permissions/repositories?page=2")).Collect()
	if !errors.Is(err, bitbucket.ErrBadRequest) {
		t.Errorf("a cursor in no workspace: %v", err)
	}
}

// Today the removed endpoints answer 410, and the error says what to call.
func TestRemovedEndpoints(t *testing.T) {
	c := demoAdmin(t, bitbuckettest.Demo())
	_, err := c.Permissions.ListRepositories(t.Context()).Collect()
	if !errors.Is(err, bitbucket.ErrGone) {
		t.Errorf("error %v", err)
	}
	wantText(t, err.Error(), "CHANGE-2770", "use Permissions.ListMine")
	_, err = c.Permissions.ListWorkspaces(t.Context()).Collect()
	wantText(t, err.Error(), "use Workspaces.List, and Workspaces.Membership")

	old := demoAdmin(t, bitbuckettest.Demo(bitbuckettest.Legacy()))
	all, err := old.Permissions.ListWorkspaces(t.Context()).Collect()
	if err != nil || len(all) == 0 || all[0].Permission != bitbucket.PermissionOwner {
		t.Errorf("with the old endpoints: %v, %v", all, err)
	}
}

// Code search ends at result 1,000, its last page comes without the next that
// would lead to it, and with fields every next has two question marks.
func TestCodeSearchToItsCap(t *testing.T) {
	srv := bitbuckettest.New(bitbuckettest.Throttle(0, 0))
	ada := srv.AddUser(bitbuckettest.User{Nickname: "ada"})
	srv.AddWorkspace(bitbuckettest.Workspace{Slug: "acme"})
	srv.AddProject("acme", bitbuckettest.Project{Key: "P"})
	srv.AddMember("acme", bitbuckettest.Member{User: "ada", Role: "owner"})
	srv.AddRepository("acme", bitbuckettest.Repository{Slug: "widgets", Project: "P"})
	for i := range 1200 {
		srv.AddFile("acme", "widgets", bitbuckettest.File{Path: fmt.Sprintf("f%04d.go", i), Content: "package main\n\nfunc Foo() {}\n"})
	}
	c := signIn(t, srv, "ada", bitbucket.WithThrottle(throttle.Unlimited))
	for name, opts := range map[string][]bitbucket.CallOption{
		"plain":  nil,
		"fields": {bitbucket.Fields("+values.file.commit.repository")},
	} {
		srv.ResetLog()
		got, err := c.Search.Code(t.Context(), ada.UUID, "Foo", opts...).Collect()
		if err != nil || len(got) != 1000 || srv.Calls() != 5 {
			t.Errorf("%s: %d results, %d calls, %v", name, len(got), srv.Calls(), err)
			continue
		}
		paths := map[string]bool{}
		for _, r := range got {
			paths[r.File.Path] = true
		}
		if len(paths) != 1000 {
			t.Errorf("%s: %d different files", name, len(paths))
		}
		if hasCommit := got[0].File.Commit.Repository.FullName == "acme/widgets"; hasCommit != (name == "fields") {
			t.Errorf("%s: the commit is %+v", name, got[0].File.Commit)
		}
		var matched []string
		for _, line := range got[0].ContentMatches[0].Lines {
			for _, segment := range line.Segments {
				if segment.Match {
					matched = append(matched, segment.Text)
				}
			}
		}
		if !slices.Equal(matched, []string{"Foo"}) {
			t.Errorf("%s: matched %q", name, matched)
		}
	}
}

// Grants, from nothing to a permission and back.
func TestGrantsChangeWhatIsEffective(t *testing.T) {
	srv := bitbuckettest.Demo(bitbuckettest.Throttle(0, 0))
	admin := srv.Admin()
	c := demoAdmin(t, srv)
	on := c.Permissions.OnRepository(admin.Workspace, admin.Repository)
	members, err := c.Permissions.ListWorkspaceMembers(t.Context(), admin.Workspace).Collect()
	if err != nil {
		t.Fatal(err)
	}
	effective := map[bitbucket.UUID]bitbucket.Permission{}
	for p, err := range c.Permissions.ListRepositoryUsers(t.Context(), admin.Workspace, admin.Repository).All() {
		if err != nil {
			t.Fatal(err)
		}
		effective[p.User.UUID] = p.Permission
	}
	i := slices.IndexFunc(members, func(m bitbucket.WorkspaceMembership) bool { return effective[m.User.UUID] == "" })
	if i < 0 {
		t.Fatal("every member of the demo reaches the repository")
	}
	user := members[i].User.UUID.Bare()

	set, err := on.SetUser(t.Context(), user, bitbucket.PermissionWrite)
	if err != nil || set.Permission != bitbucket.PermissionWrite || set.User.UUID != members[i].User.UUID {
		t.Fatalf("set: %+v, %v", set, err)
	}
	got, err := on.GetUser(t.Context(), user)
	if err != nil || got.Permission != bitbucket.PermissionWrite {
		t.Errorf("get: %+v, %v", got, err)
	}
	listed, err := on.ListUsers(t.Context()).Collect()
	if err != nil || !slices.ContainsFunc(listed, func(p bitbucket.UserPermission) bool { return p.User.UUID == members[i].User.UUID }) {
		t.Errorf("list: %v", err)
	}
	mine, err := c.Permissions.ListRepositoryUsers(t.Context(), admin.Workspace, admin.Repository, bitbucket.Query(bbql.Eq("user.uuid", members[i].User.UUID).String())).Collect()
	if err == nil && (len(mine) != 1 || mine[0].Permission != bitbucket.PermissionWrite) {
		t.Errorf("effective: %+v", mine)
	}
	if err := on.RemoveUser(t.Context(), user); err != nil {
		t.Fatal(err)
	}
	if got, err := on.GetUser(t.Context(), user); err != nil || got.Permission != bitbucket.PermissionNone {
		t.Errorf("after the removal: %+v, %v", got, err)
	}
}

// Variables of the pipelines service: a list that sends size but no next, secured
// values, a key that is taken.
func TestVariablesThroughTheirLife(t *testing.T) {
	srv := bitbuckettest.Demo(bitbuckettest.Throttle(0, 0), bitbuckettest.VariablesWithoutNext())
	c := demoAdmin(t, srv)
	vars := c.Pipelines.WorkspaceVariables(srv.Admin().Workspace)
	before, err := vars.List(t.Context()).Collect()
	if err != nil {
		t.Fatal(err)
	}
	for i := range 25 {
		if _, err := vars.Create(t.Context(), bitbucket.NewVariable{Key: fmt.Sprintf("NEW_%d", i), Value: "v"}); err != nil {
			t.Fatal(err)
		}
	}
	var created bitbucket.Response
	secret, err := vars.Create(t.Context(), bitbucket.NewVariable{Key: "TOKEN", Value: "hush", Secured: true}, bitbucket.ResponseInto(&created))
	if err != nil || secret.Value != "" || !secret.Secured || created.StatusCode != 201 || created.Header.Get("Location") == "" {
		t.Fatalf("%+v, %v, %d", secret, err, created.StatusCode)
	}
	all, err := vars.List(t.Context(), bitbucket.PageLen(10)).Collect()
	if err != nil || len(all) != len(before)+26 {
		t.Errorf("%d variables, want %d, %v", len(all), len(before)+26, err)
	}
	if _, err := vars.Create(t.Context(), bitbucket.NewVariable{Key: "TOKEN", Value: "x"}); !errors.Is(err, bitbucket.ErrConflict) {
		t.Errorf("a second TOKEN: %v", err)
	}
	updated, err := vars.Update(t.Context(), string(secret.UUID), bitbucket.VariableUpdate{Value: bitbucket.Set(""), Secured: bitbucket.Set(false)})
	if err != nil || updated.Key != "TOKEN" || updated.Value != "" || updated.Secured {
		t.Errorf("updated: %#v, %v", updated, err)
	}
	if err := vars.Delete(t.Context(), secret.UUID.Bare()); err != nil {
		t.Fatal(err)
	}
	if _, err := vars.Get(t.Context(), string(secret.UUID)); !errors.Is(err, bitbucket.ErrNotFound) {
		t.Errorf("after the end: %v", err)
	}
}

// What the server sends of a person is what was put in.
func TestUsersAsTheServerSendsThem(t *testing.T) {
	srv := bitbuckettest.New()
	ada := srv.AddUser(bitbuckettest.User{Nickname: "ada", DisplayName: "Ada Lovelace"})
	c := signIn(t, srv, "ada")
	me, err := c.Users.Current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	other, err := c.Users.Get(t.Context(), ada.AccountID)
	if err != nil {
		t.Fatal(err)
	}
	if me.UUID != bitbucket.UUID(ada.UUID) || me.Nickname != "ada" || me.DisplayName != "Ada Lovelace" || other.UUID != me.UUID || me.CreatedOn.IsZero() {
		t.Errorf("me %+v\nother %+v", me, other)
	}
	if _, err := c.Users.Get(t.Context(), "ada"); !errors.Is(err, bitbucket.ErrNotFound) {
		t.Errorf("by nickname: %v", err)
	}
	emails, err := c.Users.ListEmails(t.Context()).Collect()
	if err != nil || len(emails) != 1 || !emails[0].IsPrimary {
		t.Fatalf("%+v, %v", emails, err)
	}
	email, err := c.Users.GetEmail(t.Context(), emails[0].Email)
	if err != nil || !reflect.DeepEqual(*email, emails[0]) {
		t.Errorf("%+v, %v", email, err)
	}
}

// A server's faults, one after the other, and the call succeeds in the end.
func TestFaultsOnTheWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := bitbuckettest.New()
		srv.AddUser(bitbuckettest.User{Nickname: "ada"})
		c := signIn(t, srv, "ada", bitbucket.WithRetries(6))
		me := bitbuckettest.On("GET", "/2.0/user")
		for _, fault := range []bitbuckettest.Fault{
			bitbuckettest.Reset(), bitbuckettest.Stall(), bitbuckettest.CutBody(), bitbuckettest.StallBody(), bitbuckettest.BadGateway(),
		} {
			srv.Fail(me, fault, 1)
		}
		var r bitbucket.Response
		u, err := c.Users.Current(t.Context(), bitbucket.ResponseInto(&r))
		if err != nil || u.Nickname != "ada" || r.Attempts != 6 {
			t.Errorf("%+v after %d attempts, %v", u, r.Attempts, err)
		}
	})
}
