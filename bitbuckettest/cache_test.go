package bitbuckettest_test

import (
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

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
		{
			func() { srv.AddGroup("acme", bitbuckettest.Group{Slug: "g", Members: []string{"dan"}}) },
			[]string{"bob", "cyn", "cyn"},
		},
		{
			func() { srv.GrantRepositoryGroup("acme", "gadgets", "g", "write") },
			[]string{"bob", "cyn", "cyn", "dan"},
		},
		{
			func() { srv.AddMember("acme", bitbuckettest.Member{User: "dan", Role: "owner"}) },
			[]string{"bob", "cyn", "cyn"},
		},
		{func() { srv.RemoveMember("acme", "dan") }, []string{"bob", "cyn", "cyn", "dan"}},
		{func() {
			ada.do("DELETE", "/2.0/repositories/acme/widgets/permissions-config/users/bob", "").want(204)
		}, []string{"cyn", "cyn", "dan"}},
		{
			func() { srv.AddRepository("acme", bitbuckettest.Repository{Slug: "new"}) },
			[]string{"cyn", "cyn", "dan", "cyn"},
		},
	} {
		row.change()
		wantList(t, names(), row.want...)
	}
}

// A page costs what the page holds, whatever the workspace holds and the filter leaves out: counted in
// allocations, which do not depend on the machine.
func TestPagesCostWhatTheyHold(t *testing.T) {
	cost := func(grants int) float64 {
		srv := large(100, 100, grants)
		token := srv.IssueAPIToken("boss")
		const list = "/2.0/workspaces/big/permissions/repositories?pagelen=10&page=3&q="
		return testing.AllocsPerRun(10, func() {
			read(t, srv, token, list+"permission%3D%22write%22")
		})
	}
	if few, many := cost(1_000), cost(10_000); many > few*1.1 {
		t.Errorf("%v allocations of 1,000 grants, and %v of 10,000", few, many)
	}
}
