package store

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// Whatever is changed in whatever order, the lists that are kept say what a look at every grant says.
func TestAccessesFollowEveryChange(t *testing.T) {
	for seed := range uint64(20) {
		w, users := setUp(t)
		r := rand.New(rand.NewPCG(seed, 0))
		for step := range 200 {
			what := change(r, w, users)
			if got, want := w.Accesses(), naive(w, users); !slices.Equal(got, want) {
				t.Fatalf("seed %d, step %d, %s:\ngot  %v\nwant %v", seed, step, what, show(got), show(want))
			}
			repo, u := w.Repositories()[r.IntN(4)], users[r.IntN(len(users))]
			if got, want := repo.Effective(u), slow(repo, u); got != want {
				t.Fatalf("seed %d, step %d, %s: %s on %s may %q, want %q", seed, step, what,
					u.Nickname, repo.Slug, got, want)
			}
		}
	}
}

// setUp makes a workspace with two projects, four repositories, two groups and ten users.
func setUp(t *testing.T) (*Workspace, []*User) {
	t.Helper()
	s := New()
	w, err := s.AddWorkspace(WorkspaceData{Slug: "acme"})
	if err != nil {
		t.Fatal(err)
	}
	var users []*User
	for i := range 10 {
		u, err := s.AddUser(UserData{Nickname: fmt.Sprint("user", i)})
		if err != nil {
			t.Fatal(err)
		}
		users = append(users, u)
	}
	for i := range 4 {
		key := fmt.Sprint("P", i%2)
		if i < 2 {
			if _, err := w.AddProject(ProjectData{Key: key}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.AddGroup(GroupData{Slug: fmt.Sprint("g", i)}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.AddRepository(RepositoryData{Slug: fmt.Sprint("r", i), Project: key}); err != nil {
			t.Fatal(err)
		}
	}
	return w, users
}

// change changes one right, and says which.
func change(r *rand.Rand, w *Workspace, users []*User) string {
	u, g := users[r.IntN(len(users))], w.Groups()[r.IntN(2)]
	on := &w.Repositories()[r.IntN(4)].Grants
	if r.IntN(2) == 0 {
		on = &w.Projects()[r.IntN(2)].Grants
	}
	permission := append(Grantable(on.OnProject()), "")[r.IntN(4)]
	switch r.IntN(6) {
	case 0:
		w.SetMember(u, MemberData{Role: Roles()[r.IntN(4)]})
		return "set member " + u.Nickname
	case 1:
		w.RemoveMember(u)
		return "remove member " + u.Nickname
	case 2:
		if _, err := w.AddGroup(GroupData{Slug: g.Slug, Members: []string{u.Nickname}}); err != nil {
			panic(err)
		}
		return "add to group " + u.Nickname
	case 3:
		w.RemoveFromGroup(g, u)
		return "remove from group " + u.Nickname
	case 4:
		on.ToGroups.Set(g, permission)
		return "grant to group " + g.Slug + " " + permission
	}
	on.ToUsers.Set(u, permission)
	return "grant to " + u.Nickname + " " + permission
}

// naive lists what everybody may do by looking at everything.
func naive(w *Workspace, users []*User) []Access {
	var all []Access
	for _, r := range w.Repositories() {
		for _, u := range users {
			if permission := slow(r, u); permission != "" {
				all = append(all, Access{u, r, permission})
			}
		}
	}
	return all
}

// slow is the highest of all that a user has on a repository.
func slow(r *Repository, u *User) string {
	if m := r.Workspace.Member(u); m != nil && m.Role == "owner" {
		return "admin"
	}
	best := ""
	for _, g := range []*Grants{&r.Grants, &r.In.Grants} {
		had := []string{g.ToUsers.Of(u)}
		for _, x := range g.ToGroups.All() {
			if slices.Contains(x.To.Users(), u) {
				had = append(had, x.Permission)
			}
		}
		for _, permission := range had {
			if permission == "create-repo" {
				permission = "write"
			}
			if Rank(permission) > Rank(best) {
				best = permission
			}
		}
	}
	return best
}

func show(all []Access) []string {
	var lines []string
	for _, a := range all {
		lines = append(lines, a.Repository.Slug+" "+a.User.Nickname+" "+a.Permission)
	}
	return lines
}

// A write makes nothing anew that it does not reach.
func TestWritesReachOnlyWhatTheyChange(t *testing.T) {
	w, users := setUp(t)
	for _, r := range w.Repositories() {
		r.ToUsers.Set(users[0], "read")
	}
	made := func() (kept []bool) {
		for _, r := range w.Repositories() {
			before := &r.accesses[0]
			kept = append(kept, &r.Accesses()[0] == before)
		}
		return kept
	}
	w.Accesses()
	w.Repositories()[0].ToUsers.Set(users[1], "write")
	if got := made(); !slices.Equal(got, []bool{false, true, true, true}) {
		t.Errorf("after a grant on r0 the lists kept are %v", got)
	}
	w.Projects()[1].ToUsers.Set(users[1], "write")
	if got := made(); !slices.Equal(got, []bool{true, false, true, false}) {
		t.Errorf("after a grant on P1 the lists kept are %v", got)
	}
	w.SetMember(users[2], MemberData{Role: "member"})
	if got := made(); !slices.Equal(got, []bool{true, true, true, true}) {
		t.Errorf("after a new member the lists kept are %v", got)
	}
}
