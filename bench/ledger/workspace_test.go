package ledger

import (
	"fmt"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

const (
	budget  = 100 // calls that Bitbucket allows
	window  = 30 * time.Minute
	latency = 200 * time.Millisecond // of every answer

	slug    = "acme"
	owner   = "user-0"
	holders = 40 // people who may touch a repository: its owner by the role, the others by a grant
)

// A workspace is what is audited: so many members, projects, groups and repositories.
type workspace struct {
	members, projects, groups, repositories int
}

// workspaces are those of the ledger.
var workspaces = []workspace{
	{members: 100, projects: 2, groups: 5, repositories: 25},
	{members: 400, projects: 10, groups: 20, repositories: 250},
	{members: 2000, projects: 20, groups: 50, repositories: 5000},
}

// permissions is how many effective permissions on repositories a workspace has.
func (w workspace) permissions() int { return holders * w.repositories }

// explicit is how many of them somebody granted.
func (w workspace) explicit() int { return (holders - 1) * w.repositories }

// least is the fewest calls that an audit can take: the greatest pages there are, of the four long
// lists, and a call for each thing that is read by itself.
func (w workspace) least() int {
	calls := 6 // the account, its role, the workspace, its groups, its variables, its invitations
	for _, n := range []int{w.members, w.projects, w.repositories, w.permissions()} {
		calls += pages(n, 100)
	}
	return calls
}

func pages(n, length int) int { return max(1, (n+length-1)/length) }

// open makes the workspace on a server that counts calls as Bitbucket does.
func (w workspace) open() *bitbuckettest.Server {
	s := bitbuckettest.New(
		bitbuckettest.Throttle(budget, window),
		bitbuckettest.Latency(func() time.Duration { return latency }),
	)
	s.AddWorkspace(bitbuckettest.Workspace{Slug: slug})
	user := func(i int) string { return fmt.Sprintf("user-%d", i) }
	for i := range w.members {
		s.AddUser(bitbuckettest.User{Nickname: user(i)})
		m := bitbuckettest.Member{User: user(i)}
		if user(i) == owner {
			m.Role = "owner"
		}
		s.AddMember(slug, m)
	}
	for i := range w.projects {
		s.AddProject(slug, bitbuckettest.Project{Key: fmt.Sprintf("P%d", i)})
	}
	for i := range w.groups {
		s.AddGroup(slug, bitbuckettest.Group{Slug: fmt.Sprintf("group-%d", i)})
	}
	for i := range w.repositories {
		repository := fmt.Sprintf("repository-%d", i)
		s.AddRepository(slug, bitbuckettest.Repository{
			Slug: repository, Project: fmt.Sprintf("P%d", i%w.projects),
		})
		for j := range holders - 1 {
			s.GrantRepository(slug, repository, user(1+(i*37+j)%(w.members-1)), "write")
		}
	}
	return s
}

// A cost is what a way of reading takes.
type cost struct {
	calls int
	took  time.Duration
}

// costOf runs an audit of a workspace, and fails when any of its calls was refused.
func costOf(t *testing.T, w workspace, audit func(*testing.T, *bitbuckettest.Server, workspace)) cost {
	t.Helper()
	server := w.open()
	began := time.Now()
	audit(t, server, w)
	took := time.Since(began)
	for _, r := range server.Requests() {
		if r.Status != 200 {
			t.Fatalf("%s %s was answered with %d", r.Method, r.Path, r.Status)
		}
	}
	return cost{server.Calls(), took}
}
