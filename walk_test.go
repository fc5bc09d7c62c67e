package bitbucket_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
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

// withoutParams takes parameters out of the next link of a page.
func withoutParams(names ...string) bitbuckettest.Fault {
	return editNext(func(u *url.URL) {
		query := u.Query()
		for _, name := range names {
			query.Del(name)
		}
		u.RawQuery = query.Encode()
	})
}

// editNext changes the next link of a page.
func editNext(change func(*url.URL)) bitbuckettest.Fault {
	return bitbuckettest.Edit(func(doc map[string]any) {
		if next, is := doc["next"].(string); is {
			u, _ := url.Parse(next)
			change(u)
			doc["next"] = u.String()
		}
	})
}

// A link to the next page that has lost what chooses the items would lead to the pages of another list,
// which holds more: it is given back.
func TestNextThatLostItsFilter(t *testing.T) {
	owners := bitbucket.Query(`permission="owner" AND user.display_name != "a;b"`)
	one := bitbucket.PageLen(1)
	const cursor = "/2.0/workspaces/acme/permissions?pagelen=1&page=1"
	for name, tc := range map[string]struct {
		opts  []bitbucket.CallOption
		fault bitbuckettest.Fault
		want  string
	}{
		"q":                      {[]bitbucket.CallOption{owners, one}, withoutParams("q"), "ada cyn"},
		"q, fetched ahead":       {[]bitbucket.CallOption{owners, one, bitbucket.Prefetch()}, withoutParams("q"), "ada cyn"},
		"q, in parallel":         {[]bitbucket.CallOption{owners, one, bitbucket.Parallel(3)}, withoutParams("q"), "ada cyn"},
		"q, empty":               {[]bitbucket.CallOption{owners, one}, editNext(emptied("q")), "ada cyn"},
		"q and sort":             {[]bitbucket.CallOption{owners, one, bitbucket.Sort("-user.nickname")}, withoutParams("q", "sort"), "ada cyn"},
		"q of a cursor":          {[]bitbucket.CallOption{bitbucket.From(cursor + "&q=permission%3D%22owner%22")}, withoutParams("q"), "ada cyn"},
		"a cursor without q":     {[]bitbucket.CallOption{owners, bitbucket.From(cursor)}, withoutParams("q"), "ada bob cyn"},
		"no q, or an empty one":  {[]bitbucket.CallOption{bitbucket.Param("q", ""), one}, withoutParams("q"), "ada bob cyn"},
		"fields":                 {[]bitbucket.CallOption{owners, one, bitbucket.Fields("-links")}, withoutParams("fields"), "ada cyn"},
		"nothing, only reworded": {[]bitbucket.CallOption{owners, one}, editNext(semicolons), "ada cyn"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := acme()
			srv.AddMember("acme", bitbuckettest.Member{User: "cyn", Role: "owner"})
			srv.Fail(bitbuckettest.On("GET", "/2.0/workspaces/acme/permissions"), tc.fault, -1)
			client := srv.Client("ada")
			var got, resumed []string
			for page, err := range client.Permissions.ListWorkspaceMembers(t.Context(), "acme", tc.opts...).Pages() {
				must(t, err)
				for _, m := range page.Values {
					got = append(got, m.User.Nickname)
				}
				if page.Next != "" && resumed == nil {
					resumed = slices.Clone(got)
					rest, err := client.Permissions.ListWorkspaceMembers(t.Context(), "acme", bitbucket.From(page.Next)).Collect()
					must(t, err)
					for _, m := range rest {
						resumed = append(resumed, m.User.Nickname)
					}
				}
			}
			if names := strings.Join(got, " "); names != tc.want {
				t.Errorf("%s, want %s", names, tc.want)
			}
			if names := strings.Join(resumed, " "); names != tc.want {
				t.Errorf("continued elsewhere: %s, want %s", names, tc.want)
			}
		})
	}
}

// A parameter that nobody here knows may choose as well.
func TestNextThatLostAnotherParameter(t *testing.T) {
	var second string
	c := newClient(t, &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") == "" {
			answer(w, 200, `{"values":[{"email":"a@x.com"}],"next":"https://api.bitbucket.org/2.0/user/emails?page=2"}`)
			return
		}
		second = r.URL.RequestURI()
		answer(w, 200, `{"values":[{"email":"b@x.com"}]}`)
	}})
	emails, err := c.Users.ListEmails(t.Context(), bitbucket.Param("role", "a b")).Collect()
	if must(t, err); len(emails) != 2 || second != "/2.0/user/emails?page=2&role=a%20b" {
		t.Errorf("%d addresses, the second page was asked for by %s", len(emails), second)
	}
}

// emptied takes the value of a parameter away.
func emptied(name string) func(*url.URL) {
	return func(u *url.URL) {
		query := u.Query()
		query.Set(name, "")
		u.RawQuery = query.Encode()
	}
}

// semicolons writes them plainly, as queries may have them.
func semicolons(u *url.URL) { u.RawQuery = strings.ReplaceAll(u.RawQuery, "%3B", ";") }
