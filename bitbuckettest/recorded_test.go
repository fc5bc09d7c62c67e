package bitbuckettest_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/internal/exchanges"
)

// refusals provoke the answers that have been recorded, by their names.
func refusals() map[string]func(srv *bitbuckettest.Server, c, ada *client) answer {
	type server = *bitbuckettest.Server
	const filter = "/2.0/user/workspaces?q=x%3D1"
	return map[string]func(srv server, c, ada *client) answer{
		"field that cannot be filtered by": func(_ server, _,
			ada *client,
		) answer {
			return ada.get(filter)
		},
		"page that is none": func(_ server, _,
			ada *client,
		) answer {
			return ada.get("/2.0/user/emails?page=2/")
		},
		"page length that is none": func(_ server, _,
			ada *client,
		) answer {
			return ada.get("/2.0/user/emails?pagelen=500")
		},
		"API token as Bearer": func(_ server, c,
			ada *client,
		) answer {
			return c.bearer(ada.token).get("/2.0/user")
		},
		"OAuth token expired": func(srv server, c, _ *client) answer {
			token := srv.IssueOAuthToken("ada")
			srv.Expire(token)
			return c.bearer(token).get("/2.0/user")
		},
		"wrong Basic credentials, several lines of text": func(_ server, c, ada *client) answer {
			return c.as(bitbuckettest.APIToken{Email: ada.email, Token: "x"}).get("/2.0/user")
		},
		"missing scope": func(srv server, c, _ *client) answer {
			return c.bearer(srv.IssueOAuthToken("ada", "repository")).get("/2.0/user")
		},
		"missing scope of an API token, which the headers name otherwise": func(srv server, c,
			_ *client,
		) answer {
			return c.as(srv.IssueAPIToken("ada", "read:repository:bitbucket")).get("/2.0/user")
		},
		"kind of credential that is not taken": func(srv server, c, _ *client) answer {
			return c.bearer(srv.IssueWorkspaceToken("acme")).get("/2.0/user")
		},
		"API token where only OAuth goes": func(_ server, _, ada *client) answer {
			return ada.get("/2.0/users/nobody/pipelines_config/variables")
		},
		"path without its version": func(_ server, _, ada *client) answer { return ada.get("/user") },
		"route that is none": func(_ server, _,
			ada *client,
		) answer {
			return ada.get("/2.0/nothing")
		},
		"missing, or not to be seen": func(_ server, _, ada *client) answer {
			return ada.get("/2.0/repositories/acme/none/permissions-config/users")
		},
		"message that is the identifier": func(_ server, _,
			ada *client,
		) answer {
			return ada.get("/2.0/users/113977999")
		},
		"workspace that is none": func(_ server, _,
			ada *client,
		) answer {
			return ada.get("/2.0/workspaces/x")
		},
		"variable that is there already": func(_ server, _, ada *client) answer {
			ada.do("POST", variables, `{"key":"A"}`).want(201)
			return ada.do("POST", variables, `{"key":"A"}`)
		},
		"removed endpoint": func(_ server, _,
			ada *client,
		) answer {
			return ada.get("/2.0/user/permissions/repositories")
		},
		"removed endpoint of 1.0": func(_ server, _,
			ada *client,
		) answer {
			return ada.get("/1.0/users/ada")
		},
		"limit of the application": func(srv server, c, _ *client) answer {
			bob := c.as(srv.IssueAPIToken("bob"))
			for range 100 {
				bob.get("/2.0/user").want(200)
			}
			return bob.get("/2.0/user")
		},
		"error with an ID": func(srv server, _, ada *client) answer {
			srv.Fail(bitbuckettest.Any, bitbuckettest.ServerError(), 1)
			return ada.get("/2.0/user")
		},
	}
}

// Refusals have the status, the type, the members and the message of those that have been recorded.
func TestRefusalsAreLikeTheRecordedOnes(t *testing.T) {
	provoke := refusals()
	for _, r := range exchanges.Of("error") {
		call := provoke[r.Name]
		if call == nil {
			continue
		}
		delete(provoke, r.Name)
		t.Run(r.Name, func(t *testing.T) {
			srv := small()
			c := inProcess(t, srv)
			a := call(srv, c, c.as(srv.IssueAPIToken("ada"))).want(r.Status)
			mime, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
			if !strings.HasPrefix(r.Header.Get("Content-Type"), mime) {
				t.Errorf("it is %s, recorded as %s", mime, r.Header.Get("Content-Type"))
			}
			if got, want := outline(t, a.body), outline(t, r.Body); !slices.Equal(got, want) {
				t.Errorf("it has %q, recorded with %q", got, want)
			}
			if got, want := message(t, a.body), message(t, r.Body); got != want {
				t.Errorf("it says %q, recorded %q", got, want)
			}
		})
	}
	if left := slices.Sorted(maps.Keys(provoke)); len(left) > 0 {
		t.Errorf("not recorded: %q", left)
	}
}

// message is what an error says.
func message(t *testing.T, body string) any {
	t.Helper()
	if !strings.HasPrefix(body, "{") {
		return strings.SplitN(body, "\n", 2)[0]
	}
	return answer{t: t, body: body}.at("error.message")
}

// outline lists the paths of the members of an object. Text has none.
func outline(t *testing.T, body string) []string {
	t.Helper()
	var doc map[string]any
	if !strings.HasPrefix(body, "{") {
		return nil
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	var paths []string
	var walk func(at string, value any)
	walk = func(at string, value any) {
		object, is := value.(map[string]any)
		if !is || at == ".error.data.arguments" {
			paths = append(paths, at)
			return
		}
		for name, member := range object {
			walk(at+"."+name, member)
		}
	}
	walk("", doc)
	slices.Sort(paths)
	return paths
}

// The edge and the throttle refuse with the headers that have been recorded.
func TestThrottlesAreLikeTheRecordedOnes(t *testing.T) {
	srv := small(bitbuckettest.Burst(1, time.Hour))
	ada := inProcess(t, srv).as(srv.IssueAPIToken("ada"))
	ada.get("/2.0/user").want(200)
	a := ada.get("/2.0/user").want(http.StatusTooManyRequests)
	for _, r := range exchanges.Of("error") {
		if r.Name != "burst that the edge refuses" {
			continue
		}
		for name := range r.Header {
			if name != "Date" && a.header.Get(name) != r.Header.Get(name) {
				t.Errorf("%s: %q, recorded %q", name, a.header.Get(name), r.Header.Get(name))
			}
		}
		if a.body != r.Body {
			t.Errorf("body %q, recorded %q", a.body, r.Body)
		}
		return
	}
	t.Error("no burst is recorded")
}
