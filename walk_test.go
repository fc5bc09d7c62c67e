package bitbucket_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// Parameters by name do what the options of that name do.
func TestParamsOfListsAreRespected(t *testing.T) {
	rt := shelf{n: 25}.wire()
	got, err := newClient(t, rt).Users.ListEmails(t.Context(), bitbucket.Param("pagelen", "10"), bitbucket.Param("fields", "values.email"), bitbucket.Fields("")).Collect()
	if err != nil || len(got) != 25 || len(rt.requests()) != 3 || !strings.Contains(rt.requests()[0], "fields=values.email%2Cnext%2Cpage") {
		t.Errorf("%d items, %v, %v", len(got), rt.requests(), err)
	}
}

// size may promise a page that is not there: what came is not all there is.
func TestPromisedPageThatIsNotThere(t *testing.T) {
	rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") == "2" {
			answer(w, 404, `{"error":{"message":"Invalid page"}}`)
			return
		}
		answer(w, 200, `{"size":3,"page":1,"pagelen":2,"values":[{"email":"a"},{"email":"b"}]}`)
	}}
	got, err := newClient(t, rt).Users.ListEmails(t.Context()).Collect()
	if !errors.Is(err, bitbucket.ErrNotFound) || len(got) != 2 {
		t.Errorf("%v, %v", got, err)
	}
}

// Numbers of a page may be hashes or fractions, and next a path.
func TestOddEnvelopes(t *testing.T) {
	rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("page") {
			answer(w, 200, `{"page":"8xhd","size":1.0,"pagelen":null,"values":[{"email":"b"}]}`)
			return
		}
		answer(w, 200, `{"page":"first","size":99999999999999999999,"values":[{"email":"a"}],"next":"/2.0/user/emails?page=8xhd"}`)
	}}
	got, err := newClient(t, rt).Users.ListEmails(t.Context()).Collect()
	if err != nil || len(got) != 2 || got[1].Email != "b" {
		t.Errorf("%v, %v", got, err)
	}
}

// A question mark in a value of next is the value's.
func TestSearchKeepsQuestionMarks(t *testing.T) {
	rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		next := ""
		if !strings.Contains(r.URL.RawQuery, "page=2") {
			next = `"next":"https://api.bitbucket.org/2.0/users/u/search/code?search_query=foo?bar?fields=%2Bvalues.file&page=2",`
		}
		answer(w, 200, `{`+next+`"values":[{"type":"code_search_result"}]}`)
	}}
	if _, err := newClient(t, rt).Search.Code(t.Context(), "u", "foo?bar").Collect(); err != nil {
		t.Fatal(err)
	}
	if got, want := rt.requests()[1], "GET https://api.bitbucket.org/2.0/users/u/search/code?search_query=foo?bar&fields=%2Bvalues.file&page=2"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// One list may be ranged over again, and by many goroutines at once.
func TestListMineEverywhereIsRangedOverAgain(t *testing.T) {
	srv := bitbuckettest.New(bitbuckettest.Throttle(0, 0))
	srv.AddUser(bitbuckettest.User{Nickname: "ada"})
	for _, slug := range []string{"a", "b", "c"} {
		srv.AddWorkspace(bitbuckettest.Workspace{Slug: slug})
		srv.AddProject(slug, bitbuckettest.Project{Key: "P"})
		srv.AddMember(slug, bitbuckettest.Member{User: "ada"})
		srv.AddRepository(slug, bitbuckettest.Repository{Slug: "r", Project: "P"})
		srv.GrantRepository(slug, "r", "ada", "read")
	}
	c := signIn(t, srv, "ada", bitbucket.WithThrottle(throttle.Unlimited))
	list := c.Permissions.ListMineEverywhere(t.Context(), bitbucket.From("/2.0/user/workspaces/b/permissions/repositories?pagelen=100"))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			got, err := list.Collect()
			if err != nil || len(got) != 2 || got[0].Repository.FullName != "b/r" || got[1].Repository.FullName != "c/r" {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
	wg.Wait()
}
