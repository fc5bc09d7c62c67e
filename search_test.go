package bitbucket_test

import (
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
