package bitbuckettest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestSearch(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		srv.AddFile("acme", "widgets", bitbuckettest.File{
			Path:    "src/Foo.go",
			Content: "package x\n\nfunc Foo() {\n\tfoo()\n}\n\n\nend",
		})
		srv.AddFile("acme", "gadgets", bitbuckettest.File{Path: "notes.md", Content: "foo"})
		srv.GrantRepository("acme", "widgets", "bob", "read")
		c = c.as(srv.IssueAPIToken("ada"))
		code := "/2.0/users/" + c.get("/2.0/user").at("uuid").(string) + "/search/code?search_query="
		a := c.get(code + "foo+repo:widgets").want(200).check(map[string]any{
			"size": 1, "page": 1, "pagelen": 10, "query_substituted": false,
			"values.0.type": "code_search_result", "values.0.content_match_count": 2,
			"values.0.content_matches.0.lines.0.line":             2,
			"values.0.content_matches.0.lines.0.segments.0":       nil,
			"values.0.content_matches.0.lines.1.segments.0.text":  "func ",
			"values.0.content_matches.0.lines.1.segments.1.text":  "Foo",
			"values.0.content_matches.0.lines.1.segments.1.match": true,
			"values.0.content_matches.0.lines.1.segments.2.text":  "() {",
			"values.0.content_matches.0.lines.3.line":             5,
			"values.0.content_matches.0.lines.4":                  nil,
			"values.0.path_matches.0.text":                        "src/",
			"values.0.path_matches.1.match":                       true,
			"values.0.path_matches.2.text":                        ".go",
			"values.0.file.type":                                  "commit_file",
			"values.0.file.path":                                  "src/Foo.go",
		})
		if a.has("values.0.content_matches.0.lines.1.segments.0", "match") ||
			a.has("values.0.file", "commit") {
			t.Errorf("got %s", a.body)
		}
		c.get(code + "foo+repo:widgets&fields=%2Bvalues.file.commit.repository").want(200).
			check(map[string]any{
				"values.0.file.commit.repository.full_name": "acme/widgets",
				"values.0.file.path":                        "src/Foo.go",
			})
		c.get(code + "foo").want(200).check(map[string]any{"size": 2})
		c.get(code + "foo+ext:md").want(200).check(map[string]any{"size": 1})
		c.get(code + "nothing").want(200).check(map[string]any{"size": 0})
		c.get(code + "foo+lang:go").want(200).check(map[string]any{"query_substituted": true})
		c.as(srv.IssueAPIToken("bob")).get(code + "foo").want(200).check(map[string]any{"size": 1})

		c.get(code).want(400).check(map[string]any{"error.data.key": "search.query.missing"})
		c.get("/2.0/users/nobody/search/code?search_query=x").want(404)
		off := srv.AddUser(bitbuckettest.User{Nickname: "off", SearchDisabled: true})
		c.get("/2.0/users/" + off.UUID + "/search/code?search_query=x").want(404).
			check(map[string]any{"error.data.key": "search.account.not-enabled"})
	})
}

func TestSearchLimits(t *testing.T) {
	srv := small()
	for i := range 1200 {
		srv.AddFile("acme", "widgets", bitbuckettest.File{
			Path:    fmt.Sprintf("f%04d.txt", i),
			Content: "needle",
		})
	}
	c := inProcess(t, srv).as(srv.IssueAPIToken("ada"))
	code := "/2.0/users/" + c.get("/2.0/user").at("uuid").(string) + "/search/code?search_query=needle"
	if got := c.all(code+"&pagelen=100", "file.path"); len(got) != 900 { // next ends one page early
		t.Errorf("%d results", len(got))
	}
	c.get(code + "&pagelen=100&page=10").want(200).
		check(map[string]any{"size": 1200, "values.99.file.path": "f0999.txt", "next": nil})
	a := c.get(code + "&pagelen=100&page=11").want(400)
	if text := a.at("error.message").(string); !strings.Contains(text, "1000") {
		t.Errorf("message %q", text)
	}
	c.get(code + "&pagelen=373").want(200).check(map[string]any{"pagelen": 373})
	c.get(code + "&pagelen=374").want(400)

	broken := c.get(code + "&fields=%2Bvalues.file.commit").want(200).at("next").(string)
	if strings.Count(broken, "?") != 2 {
		t.Errorf("next %q", broken)
	}
	c.get(broken).want(400)
	i := strings.LastIndex(broken, "?")
	c.get(broken[:i] + "&" + broken[i+1:]).want(200).
		check(map[string]any{"page": 2, "values.0.file.commit.type": "commit"})
}
