package bitbucket_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// searched is acme with a file in each of its repositories.
func searched() *bitbuckettest.Server {
	srv := acme()
	srv.AddFile("acme", "widgets", bitbuckettest.File{
		Path:    "src/foo.go",
		Content: "package foo\n\nfunc Foo() {}\n", Commit: "0a1b2c3d",
	})
	srv.AddFile("acme", "site", bitbuckettest.File{Path: "notes.md", Content: "all about foo"})
	return srv
}

func TestSearchFinds(t *testing.T) {
	srv := searched()
	ada := uuidOfUser(t, srv, "ada")
	path := func(r bitbucket.CodeSearchResult) string { return r.File.Path }
	code := func(nickname, query string) *bitbucket.List[bitbucket.CodeSearchResult] {
		return srv.Client(nickname).Search.Code(t.Context(), ada, query)
	}
	wantListed(t, code("ada", "foo"), path, "src/foo.go", "notes.md")
	wantListed(t, code("ada", "foo ext:go"), path, "src/foo.go")
	wantListed(t, code("ada", "foo repo:site"), path, "notes.md")
	wantListed(t, code("ada", "bar"), path)
	wantListed(t, code("bob", "foo"), path, "notes.md") // he cannot read widgets
}

func TestSearchShowsWhere(t *testing.T) {
	srv := searched()
	found, err := srv.Client("ada").Search.Code(t.Context(), uuidOfUser(t, srv, "ada"), "foo ext:go",
		bitbucket.Fields("+values.file.commit.repository")).First()
	must(t, err)
	if found.ContentMatchCount != 2 || found.File.Commit.Hash != "0a1b2c3d" ||
		found.File.Commit.Repository.Slug != "widgets" {
		t.Errorf("got %+v, want two matches in widgets at 0a1b2c3d", found)
	}
	matches := 0
	for _, content := range found.ContentMatches {
		for _, line := range content.Lines {
			for _, segment := range line.Segments {
				if segment.Match && strings.EqualFold(segment.Text, "foo") {
					matches++
				}
			}
		}
	}
	if matches != 2 {
		t.Errorf("%d segments match in %+v, want 2", matches, found.ContentMatches)
	}
}

func TestSearchRefusals(t *testing.T) {
	srv := searched()
	off := srv.AddUser(bitbuckettest.User{Nickname: "off", SearchDisabled: true})
	search := srv.Client("ada").Search
	_, err := search.Code(t.Context(), off.UUID, "foo").Collect()
	wantRefusal(t, err, bitbucket.ErrNotFound, hintUserNotThere)
	_, err = search.Code(t.Context(), uuidOfUser(t, srv, "ada"), "ext:go").Collect() // of no term
	wantRefusal(t, err, bitbucket.ErrBadRequest, "")
	_, err = search.Code(t.Context(), uuidOfUser(t, srv, "ada"), "foo").Collect()
	must(t, err)
}

// A page that reaches beyond the 1,000 results that can be read is refused whole. The list ends before
// it, whether the server leads there or not, and says how many results there are.
func TestSearchEndsBeforeItsCap(t *testing.T) {
	for _, tc := range []struct{ results, pageLen, want, calls int }{
		{results: 1200, pageLen: 200, want: 1000, calls: 5},
		{results: 1200, pageLen: 250, want: 1000, calls: 4},
		{results: 1200, pageLen: 100, want: 1000, calls: 10},
		{results: 1200, pageLen: 30, want: 990, calls: 33},
		{results: 1200, pageLen: 300, want: 900, calls: 3},
		{results: 1200, pageLen: 333, want: 999, calls: 3},
		{results: 1001, pageLen: 30, want: 990, calls: 33},
		{results: 1000, pageLen: 30, want: 1000, calls: 34}, // no page reaches beyond
		{results: 995, pageLen: 30, want: 995, calls: 34},
	} {
		srv := bitbuckettest.New(bitbuckettest.Throttle(0, 0))
		ada := srv.AddUser(bitbuckettest.User{Nickname: "ada"})
		srv.AddWorkspace(bitbuckettest.Workspace{Slug: "acme"})
		srv.AddProject("acme", bitbuckettest.Project{Key: "WID"})
		srv.AddMember("acme", bitbuckettest.Member{User: "ada"})
		srv.AddRepository("acme", bitbuckettest.Repository{Slug: "widgets", Project: "WID", Public: true})
		for i := range tc.results {
			srv.AddFile("acme", "widgets", bitbuckettest.File{Path: fmt.Sprintf("f%04d.go", i), Content: "foo"})
		}
		search := func(opts ...bitbucket.CallOption) {
			t.Helper()
			srv.ResetLog()
			opts = append(opts, bitbucket.PageLen(tc.pageLen))
			got, err := srv.Client("ada").Search.Code(t.Context(), ada.UUID, "foo", opts...).Collect()
			if err != nil || len(got) != tc.want || srv.Calls() != tc.calls {
				t.Errorf("%+v: %d results, %d calls, %v", tc, len(got), srv.Calls(), err)
			}
		}
		search()
		search(bitbucket.Parallel(5))
		_, err := srv.Client("ada").Search.Code(t.Context(), ada.UUID, "foo", bitbucket.Complete(), bitbucket.PageLen(tc.pageLen)).Collect()
		if complete := tc.want == tc.results; errors.Is(err, bitbucket.ErrIncomplete) == complete {
			t.Errorf("%+v: is it complete: %v", tc, err)
		}
		onward := bitbuckettest.Edit(func(doc map[string]any) { // as Bitbucket does not before its last page
			if page := doc["page"].(int); page*tc.pageLen < tc.results {
				doc["next"] = fmt.Sprintf("/2.0/users/%s/search/code?pagelen=%d&search_query=foo&page=%d",
					ada.UUID, tc.pageLen, page+1)
			}
		})
		srv.Fail(bitbuckettest.On("GET", "/2.0/users/"+ada.UUID+"/search/code"), onward, -1)
		search()
		search(bitbucket.Parallel(5))
	}
}
