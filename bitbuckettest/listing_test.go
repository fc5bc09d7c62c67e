package bitbuckettest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// listed makes a server whose workspace has n variables, and a client of its owner.
func listed(t *testing.T, n int, opts ...bitbuckettest.Option) (*bitbuckettest.Server, *client,

	[]string,
) {
	srv := small(append(opts, bitbuckettest.Throttle(0, 0))...)
	var keys []string
	for i := range n {
		keys = append(keys, fmt.Sprintf("KEY_%04d", i))
		srv.AddWorkspaceVariable("acme", bitbuckettest.Variable{Key: keys[i]})
	}
	return srv, inProcess(t, srv).as(srv.IssueAPIToken("ada")), keys
}

const variables = "/2.0/workspaces/acme/pipelines-config/variables"

func TestPages(t *testing.T) {
	for _, n := range []int{0, 1, 10, 11, 100, 101, 250} {
		for _, length := range []int{1, 7, 100} {
			srv, c, keys := listed(t, n)
			wantList(t, c.all(fmt.Sprintf("%s?pagelen=%d", variables, length), "key"), keys...)
			if want := max(1, (n+length-1)/length); srv.Calls() != want {
				t.Errorf("%d items, pagelen %d: %d calls, want %d", n, length, srv.Calls(), want)
			}
		}
	}
}

func TestEnvelope(t *testing.T) {
	_, c, _ := listed(t, 25)
	url := "https://api.bitbucket.org" + variables + "?"
	c.get(variables).want(200).check(map[string]any{"size": 25, "page": 1, "pagelen": 10, "next": url +
		"page=2", "previous": nil})
	c.get(variables + "?page=2&x=%7By+z").want(200).check(map[string]any{
		"page": 2, "next": url + "x=%7By+z&page=3", "previous": url + "x=%7By+z&page=1",
		"values.0.key": "KEY_0010",
	})
	last := c.get(variables + "?page=3").want(200).
		check(map[string]any{"page": 3, "previous": url + "page=2"})
	if last.has("", "next") {
		t.Error("the last page has a next link")
	}
	// The recorded answers (§16.I): to a bad page 55 bytes, to a bad pagelen nothing but a
	// message.
	for _, bad := range []string{"pagelen=-1", "pagelen=101", "pagelen=x"} {
		a := c.get(variables + "?" + bad).want(400)
		if a.body != `{"error":{"message":"Invalid pagelen"},"type":"error"}` {
			t.Errorf("%s: %s", bad, a.body)
		}
	}
	c.get(variables + "?pagelen=0").want(200).check(map[string]any{"pagelen": 10})
	for _, bad := range []string{"page=0", "page=4", "page=x", "page=2/", "page=9999999999999999999"} {
		a := c.get(variables + "?" + bad).want(400)
		if a.body != `{"type": "error", "error": {"message": "Invalid page"}}` || len(a.body) != 55 {
			t.Errorf("%s: %s", bad, a.body)
		}
	}
}

func TestOpaqueCursors(t *testing.T) {
	_, c, keys := listed(t, 25, bitbuckettest.OpaqueCursors())
	first := c.get(variables).want(200).check(map[string]any{"size": 25, "page": nil, "previous": nil})
	if next := first.at("next").(string); strings.HasSuffix(next, "page=2") {
		t.Errorf("next %s", next)
	}
	wantList(t, c.all(variables, "key"), keys...)
	c.get(variables + "?page=2").want(400)
}

func TestOmit(t *testing.T) {
	_, c, keys := listed(t, 25, bitbuckettest.Omit("size", "page", "previous"))
	a := c.get(variables + "?page=2").want(200)
	for _, member := range []string{"size", "page", "previous"} {
		if a.has("", member) {
			t.Errorf("%s is there: %s", member, a.body)
		}
	}
	wantList(t, c.all(variables, "key"), keys...)
}

func TestShortPages(t *testing.T) {
	_, c, keys := listed(t, 29, bitbuckettest.ShortPages())
	second := c.get(variables + "?page=2").want(200).
		check(map[string]any{"pagelen": 10, "values.8.key": "KEY_0018", "values.9": nil})
	if !second.has("", "next") {
		t.Error("the short page has no next link")
	}
	wantList(t, c.all(variables, "key"), keys...)
	wantList(t, c.all(variables+"?pagelen=1", "key"), keys...)
}

func TestVariablesWithoutNext(t *testing.T) {
	_, c, _ := listed(t, 25, bitbuckettest.VariablesWithoutNext())
	a := c.get(variables).want(200).check(map[string]any{"size": 25, "page": 1})
	if a.has("", "next") {
		t.Error("there is a next link")
	}
	c.get(variables + "?page=3").want(200).check(map[string]any{"values.4.key": "KEY_0024"})
	if !c.get("/2.0/workspaces/acme/members?pagelen=1").want(200).has("", "next") {
		t.Error("other lists lack the next link too")
	}
}

func TestQuerySortFields(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		c = c.as(srv.IssueAPIToken("ada"))
		srv.GrantRepository("acme", "widgets", "bob", "write")
		srv.GrantRepository("acme", "gadgets", "cyn", "read")
		list := "/2.0/workspaces/acme/permissions/repositories"
		wantList(t, c.all(list+"?q=permission%3E%22read%22", "user.nickname"), "ada", "bob", "ada")
		wantList(t, c.all(list+"?q=repository.name=%22gadgets%22", "user.nickname"), "ada", "cyn")
		wantList(t, c.all(list+"?sort=-user.display_name&pagelen=2", "user.nickname"), "cyn", "bob",
			"ada", "ada")
		c.get(list + "?q=nothing=1").want(400).check(
			map[string]any{"error.message": `Field ".values.nothing" does not support filtering`})
		c.get(list + "?sort=nothing").want(400).check(
			map[string]any{"error.message": `Field ".values.nothing" does not support sorting`})
		c.get(list + "?q=permission").want(400)

		a := c.get(list + "?fields=values.permission,next").want(200)
		if a.body != `{"values":[{"permission":"admin"},{"permission":"write"},{"permission":"admin"},{"permission":"read"}]}` {
			t.Errorf("got %s", a.body)
		}
		if a := c.get("/2.0/user?fields=uuid,links.self.href").want(200); a.at("display_name") != nil ||
			a.at("links.self.href") == nil {
			t.Errorf("got %s", a.body)
		}
		if a := c.get("/2.0/user?fields=-links").want(200); a.has("", "links") ||
			a.at("nickname") != "ada" {
			t.Errorf("got %s", a.body)
		}
		c.get("/2.0/user?fields=+links").want(400)
		// Errors are not trimmed, and lists of explicit permissions take no q and no sort.
		c.get("/2.0/users/x?fields=uuid").want(404).check(map[string]any{"type": "error"})
		c.get("/2.0/repositories/acme/widgets/permissions-config/users?q=nothing=1&sort=nothing").
			want(200).check(map[string]any{"size": 1})
	})
}
