package bitbuckettest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// large makes a workspace of users and repositories with n explicit permissions, evenly spread.
// Its owner is user-0.
func large(users, repositories, n int) *bitbuckettest.Server {
	srv := bitbuckettest.New(bitbuckettest.Throttle(0, 0))
	srv.AddWorkspace(bitbuckettest.Workspace{Slug: "big"})
	for i := range users {
		name := fmt.Sprintf("user-%d", i)
		srv.AddUser(bitbuckettest.User{Nickname: name})
		srv.AddMember("big", bitbuckettest.Member{User: name})
	}
	srv.AddUser(bitbuckettest.User{Nickname: "boss"})
	srv.AddMember("big", bitbuckettest.Member{User: "boss", Role: "owner"})
	for i := range repositories {
		srv.AddRepository("big", bitbuckettest.Repository{Slug: fmt.Sprintf("repo-%d", i)})
	}
	each := n / repositories
	for i := range n {
		repo, user := i/each, (i/each*7+i%each)%users
		srv.GrantRepository("big", fmt.Sprintf("repo-%d", repo), fmt.Sprintf("user-%d", user), "write")
	}
	return srv
}

// BenchmarkBuild sets up 2,000 users, 5,000 repositories and 200,000 permissions.
func BenchmarkBuild(b *testing.B) {
	for b.Loop() {
		large(2000, 5000, 200_000)
	}
}

// BenchmarkWholeList reads every permission of the workspace through the client, in pages of 100:
// 2,050 calls, since the owner may do everything.
func BenchmarkWholeList(b *testing.B) {
	client := large(2000, 5000, 200_000).Client("boss", bitbucket.WithThrottle(throttle.Unlimited))
	for b.Loop() {
		n := 0
		for _, err := range client.Permissions.ListWorkspaceRepositories(b.Context(), "big").All() {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != 205_000 {
			b.Fatalf("%d permissions", n)
		}
	}
}

// BenchmarkPage reads pages out of the middle of lists of three lengths: what a page costs does
// not depend on the length, nor on a filter that was asked for before.
func BenchmarkPage(b *testing.B) {
	for _, n := range []int{25_000, 100_000, 400_000} {
		srv := large(2000, 5000, n)
		token := srv.IssueAPIToken("boss")
		for name, q := range map[string]string{
			"all": "", "filtered": "&q=" + url.QueryEscape(`permission="write"`),
		} {
			const list = "/2.0/workspaces/big/permissions/repositories?pagelen=100&page="
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				page := 0
				for b.Loop() {
					page = page%(n/100) + 1
					read(b, srv, token, list+fmt.Sprint(page)+q)
				}
			})
		}
	}
}

// read gets a page and throws it away.
func read(b testing.TB, srv *bitbuckettest.Server, token bitbuckettest.APIToken, path string) {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), "GET", "https://api.bitbucket.org"+path, nil)
	if err != nil {
		b.Fatal(err)
	}
	req.SetBasicAuth(token.Email, token.Token)
	resp, err := srv.RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		b.Fatalf("%v, %v", resp, err)
	}
	resp.Body.Close()
}
