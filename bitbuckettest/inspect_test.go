package bitbuckettest_test

import (
	"fmt"
	"net/http"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// State is read without a call, and changed from outside.
func TestStateIsOpen(t *testing.T) {
	srv := small()
	srv.AddGroup("acme", bitbuckettest.Group{Slug: "devs", Members: []string{"cyn"}})
	srv.GrantProjectGroup("acme", "WID", "devs", "create-repo")
	srv.GrantRepository("acme", "widgets", "bob", "write")
	srv.AddSSHKey("ada", bitbuckettest.SSHKey{Label: "laptop"})
	srv.AddGPGKey("ada", bitbuckettest.GPGKey{Name: "signing",
		Subkeys: []bitbuckettest.GPGKey{{Name: "sub"}}})
	srv.AddUserVariable("ada", bitbuckettest.Variable{Key: "A", Value: "1", Secured: true})
	srv.SetProperty("ada", "app", "p", map[string]any{"n": 1})

	want := []bitbuckettest.Grant{
		{Project: "WID", Group: "devs", Permission: "create-repo"},
		{Repository: "widgets", User: "bob", Permission: "write"},
	}
	if got := srv.Grants("acme"); !slices.Equal(got, want) {
		t.Errorf("grants %+v, want %+v", got, want)
	}
	for user, want := range map[string]string{"ada": "admin", "bob": "write", "cyn": "write",
		"dan": ""} {
		if got := srv.Permission("acme", "widgets", user); got != want {
			t.Errorf("%s may %q, want %q", user, got, want)
		}
	}
	var members []string
	for _, m := range srv.Members("acme") {
		members = append(members, m.User+" "+m.Role)
	}
	wantList(t, members, "ada owner", "bob member", "cyn member")
	if groups := srv.Groups("acme"); len(groups) != 1 ||
		!slices.Equal(groups[0].Members, []string{"cyn"}) {
		t.Errorf("groups %+v", groups)
	}
	if got := srv.UserVariables("ada"); len(got) != 1 || got[0].Value != "1" {
		t.Errorf("variables %+v", got)
	}
	if got := srv.GPGKeys("ada"); len(got) != 1 || len(got[0].Subkeys) != 1 ||
		srv.SSHKeys("ada")[0].Label != "laptop" {
		t.Errorf("keys %+v, %+v", got, srv.SSHKeys("ada"))
	}
	if got := string(srv.Property("ada", "app", "p")); got != `{"n":1}` ||
		srv.Property("ada", "app", "q") != nil {
		t.Errorf("property %s", got)
	}
	if len(srv.Users()) != 4 || len(srv.Workspaces()) != 1 || len(srv.Repositories("acme")) != 2 ||
		len(srv.Projects("acme")) != 1 {
		t.Error("not all is listed")
	}

	srv.RevokeGrant("acme", bitbuckettest.Grant{Repository: "widgets", User: "bob"})
	srv.RemoveFromGroup("acme", "devs", "cyn")
	srv.RemoveMember("acme", "bob")
	if bob, cyn := srv.Permission("acme", "widgets", "bob"),
		srv.Permission("acme", "widgets", "cyn"); bob+cyn != "" {
		t.Errorf("bob may %q and cyn %q", bob, cyn)
	}
	ada := inProcess(t, srv).as(srv.IssueAPIToken("ada"))
	wantList(t, ada.all("/2.0/workspaces/acme/permissions", "user.nickname"), "ada", "cyn")
	wantList(t, ada.all("/2.0/workspaces/acme/permissions/repositories/widgets", "user.nickname"),
		"ada")
	if srv.Calls() != 2 {
		t.Errorf("%d calls", srv.Calls())
	}
}

// A list that was read before shows what has changed since.
func TestListsFollowWrites(t *testing.T) {
	srv := small(bitbuckettest.Throttle(0, 0))
	ada := inProcess(t, srv).as(srv.IssueAPIToken("ada"))
	list := "/2.0/workspaces/acme/permissions/repositories?q=permission%3D%22write%22"
	names := func() []string { return ada.all(list, "user.nickname") }
	wantList(t, names())
	for _, row := range []struct {
		change func()
		want   []string
	}{
		{func() { srv.GrantRepository("acme", "widgets", "bob", "write") }, []string{"bob"}},
		{func() { srv.GrantProject("acme", "WID", "cyn", "write") }, []string{"bob", "cyn", "cyn"}},
		{func() { srv.AddGroup("acme", bitbuckettest.Group{Slug: "g", Members: []string{"dan"}}) },
			[]string{"bob", "cyn", "cyn"}},
		{func() { srv.GrantRepositoryGroup("acme", "gadgets", "g", "write") },
			[]string{"bob", "cyn", "cyn", "dan"}},
		{func() { srv.AddMember("acme", bitbuckettest.Member{User: "dan", Role: "owner"}) },
			[]string{"bob", "cyn", "cyn"}},
		{func() { srv.RemoveMember("acme", "dan") }, []string{"bob", "cyn", "cyn", "dan"}},
		{func() {
			ada.do("DELETE", "/2.0/repositories/acme/widgets/permissions-config/users/bob", "").want(204)
		}, []string{"cyn", "cyn", "dan"}},
		{func() { srv.AddRepository("acme", bitbuckettest.Repository{Slug: "new"}) },
			[]string{"cyn", "cyn", "dan", "cyn"}},
	} {
		row.change()
		wantList(t, names(), row.want...)
	}
}

func TestClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := small()
		srv.AddUser(bitbuckettest.User{Nickname: "bot", Type: "app_user"})
		for nickname, want := range map[string]string{"cyn": "cyn", "bot": ""} {
			me, err := srv.Client(nickname).Users.Current(t.Context())
			if err != nil || me.Nickname != want {
				t.Errorf("%s: %+v, %v", nickname, me, err)
			}
		}
		// It keeps to the throttle of the server: 250 calls take an hour, and none is refused.
		client, start := srv.Client("ada"), time.Now()
		for range 250 {
			if _, err := client.Users.Current(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took < time.Hour || took > time.Hour+time.Minute {
			t.Errorf("250 calls took %v", took)
		}
		if refused := srv.Requests(func(*http.Request) bool { return true }); slices.ContainsFunc(refused,
			func(r bitbuckettest.Request) bool { return r.Status == http.StatusTooManyRequests }) {
			t.Error("a call was refused")
		}
		_, err := srv.Client("bob", bitbucket.WithRetries(0)).Workspaces.Get(t.Context(), "none")
		if err == nil {
			t.Error("no error")
		}
	})
}

// Where the server refuses bursts, the client spaces its calls.
func TestClientSpacesItsCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := small(bitbuckettest.Burst(2, time.Second), bitbuckettest.Throttle(0, 0))
		client := srv.Client("ada", bitbucket.WithRetries(0))
		for range 20 {
			if _, err := client.Users.Current(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestRequestsAreKeptAndPicked(t *testing.T) {
	srv := small(bitbuckettest.Throttle(0, 0))
	ada := inProcess(t, srv).as(srv.IssueAPIToken("ada"))
	for i := range 10_003 {
		ada.get(fmt.Sprintf("/2.0/user?n=%d", i)).want(200)
	}
	log := srv.Requests()
	if len(log) != 10_000 || log[0].RawQuery != "n=3" || log[9_999].RawQuery != "n=10002" {
		t.Errorf("%d requests from %q to %q", len(log), log[0].RawQuery, log[len(log)-1].RawQuery)
	}
	if srv.Calls() != 10_003 {
		t.Errorf("%d calls", srv.Calls())
	}
	srv.ResetLog()
	ada.do("POST", variables, `{"key":"A"}`).want(201)
	ada.get(variables + "?page=1").want(200)
	ada.get("/2.0/user").want(200)
	posts := srv.Requests(bitbuckettest.On("POST", "/2.0/workspaces/*"))
	if len(posts) != 1 || string(posts[0].Body) != `{"key":"A"}` || posts[0].Status != 201 {
		t.Errorf("%+v", posts)
	}
	pages := srv.Requests(bitbuckettest.On("GET", "*"), bitbuckettest.OnPage(bitbuckettest.Any, "1"))
	if len(pages) != 1 || pages[0].Path != variables {
		t.Errorf("%+v", pages)
	}
}

func TestListenAndClose(t *testing.T) {
	srv := small()
	base, err := srv.Listen()
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	c := &client{t: t, http: direct(transport), base: base}
	c.get("/2.0/user").want(401)
	srv.Close()
	if _, err := c.http.Get(base + "/2.0/user"); err == nil {
		t.Error("it still answers")
	}
	inProcess(t, srv).get("/2.0/user").want(401)
	srv.Close()
}

// Programs that show a demo do not link the package testing.
func TestProgramsDoNotLinkTesting(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dep := range strings.FieldsSeq(string(out)) {
		if dep == "testing" || dep == "net/http/httptest" || strings.HasPrefix(dep, "testing/") {
			t.Errorf("it imports %s", dep)
		}
	}
}

// Records keep their form: each is a struct that JSON reads, by the names that the file has.
func TestRecordsHaveNamesInFiles(t *testing.T) {
	for _, record := range []any{bitbuckettest.User{}, bitbuckettest.Workspace{},
		bitbuckettest.Member{},
		bitbuckettest.Project{}, bitbuckettest.Repository{}, bitbuckettest.Group{}, bitbuckettest.Grant{},
		bitbuckettest.Variable{}, bitbuckettest.Environment{}, bitbuckettest.SSHKey{},
		bitbuckettest.GPGKey{},
		bitbuckettest.DeployKey{}, bitbuckettest.BranchRestriction{}, bitbuckettest.Invitation{},
		bitbuckettest.File{}, bitbuckettest.Consumer{}} {
		for field := range reflect.TypeOf(record).Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name == "" || name != strings.ToLower(name) {
				t.Errorf("%T.%s is %q in files", record, field.Name, name)
			}
		}
	}
}
