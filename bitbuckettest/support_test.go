package bitbuckettest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// client calls a server the way a program would, with one credential.
type client struct {
	t     *testing.T
	http  *http.Client
	base  string
	email string // with it token is an API token, without a bearer token
	token string
}

// answer is a response, read to its end.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

func inProcess(t *testing.T, srv *bitbuckettest.Server) *client {
	return &client{t: t, http: direct(srv), base: "https://api.bitbucket.org"}
}

func overLoopback(t *testing.T, srv *bitbuckettest.Server) *client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &client{t: t, http: direct(transport), base: srv.Start(t)}
}

// direct is a client that does not follow redirects.
func direct(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// bothWays runs a test in process and over loopback, with a new server each.
func bothWays(t *testing.T, build func() *bitbuckettest.Server,
	test func(t *testing.T, srv *bitbuckettest.Server, c *client),
) {
	for name, connect := range map[string]func(*testing.T, *bitbuckettest.Server) *client{
		"in process": inProcess, "over loopback": overLoopback,
	} {
		t.Run(name, func(t *testing.T) {
			srv := build()
			test(t, srv, connect(t, srv))
		})
	}
}

func (c *client) as(token bitbuckettest.APIToken) *client {
	other := *c
	other.email, other.token = token.Email, token.Token
	return &other
}

func (c *client) bearer(token string) *client {
	other := *c
	other.email, other.token = "", token
	return &other
}

func (c *client) request(method, target, body string) *http.Request {
	c.t.Helper()
	if strings.HasPrefix(target, "/") {
		target = c.base + target
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	switch {
	case c.email != "":
		req.SetBasicAuth(c.email, c.token)
	case c.token != "":
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	return req
}

func (c *client) do(method, target, body string) answer {
	c.t.Helper()
	resp, err := c.http.Do(c.request(method, target, body))
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer{c.t, resp.StatusCode, resp.Header, string(raw)}
}

func (c *client) get(target string) answer {
	c.t.Helper()
	return c.do("GET", target, "")
}

// want checks the status.
func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d; body %s", a.status, status, a.body)
	}
	return a
}

// at finds a value in the JSON body by a path such as "values.0.user.uuid"; nil when there is
// none.
func (a answer) at(path string) any {
	a.t.Helper()
	var value any
	if err := json.Unmarshal([]byte(a.body), &value); err != nil {
		a.t.Fatalf("body %q: %v", a.body, err)
	}
	for name := range strings.SplitSeq(path, ".") {
		switch here := value.(type) {
		case map[string]any:
			value = here[name]
		case []any:
			i := 0
			for _, digit := range name {
				i = 10*i + int(digit-'0')
			}
			if i >= len(here) {
				return nil
			}
			value = here[i]
		default:
			return nil
		}
	}
	return value
}

// has reports whether an object in the body has a member, null or not.
func (a answer) has(object, member string) bool {
	a.t.Helper()
	whole := a.at(object)
	if object == "" {
		if err := json.Unmarshal([]byte(a.body), &whole); err != nil {
			a.t.Fatal(err)
		}
	}
	members, ok := whole.(map[string]any)
	_, there := members[member]
	return ok && there
}

// check compares values in the body.
func (a answer) check(want map[string]any) answer {
	a.t.Helper()
	for path, value := range want {
		if n, ok := value.(int); ok {
			value = float64(n)
		}
		if got := a.at(path); got != value {
			a.t.Errorf("%s is %#v, want %#v; body %s", path, got, value, a.body)
		}
	}
	return a
}

// all collects one value of every item of a list, page after page.
func (c *client) all(target, path string) []string {
	c.t.Helper()
	found := []string{}
	for target != "" {
		a := c.get(target).want(200)
		values, _ := a.at("values").([]any)
		for i := range values {
			raw, _ := json.Marshal(values[i])
			text, _ := answer{t: c.t, body: string(raw)}.at(path).(string)
			found = append(found, text)
		}
		target, _ = a.at("next").(string)
	}
	return found
}

func wantList(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// small is a workspace with an owner, two members and somebody else.
func small(opts ...bitbuckettest.Option) *bitbuckettest.Server {
	srv := bitbuckettest.New(opts...)
	for _, nickname := range []string{"ada", "bob", "cyn", "dan"} {
		srv.AddUser(bitbuckettest.User{Nickname: nickname})
	}
	srv.AddWorkspace(bitbuckettest.Workspace{Slug: "acme", Name: "Acme"})
	srv.AddMember("acme", bitbuckettest.Member{User: "ada", Role: "owner"})
	srv.AddMember("acme", bitbuckettest.Member{User: "bob"})
	srv.AddMember("acme", bitbuckettest.Member{User: "cyn"})
	srv.AddProject("acme", bitbuckettest.Project{Key: "WID"})
	srv.AddRepository("acme", bitbuckettest.Repository{Slug: "widgets"})
	srv.AddRepository("acme", bitbuckettest.Repository{Slug: "gadgets"})
	return srv
}

func newSmall() *bitbuckettest.Server { return small() }

const (
	badToken  = "Token is invalid, expired, or not supported for this endpoint."
	mechanism = "This API is not accessible by this authentication mechanism"
	provided  = "This resource does not support authentication using the provided token"
)

// tokenFor sends a token request with the consumer's ID and secret as Basic credentials.
func (c *client) tokenFor(consumer bitbuckettest.Consumer, form string) answer {
	c.t.Helper()
	other := *c
	other.email, other.token = consumer.ID, consumer.Secret
	return other.do("POST", "/site/oauth2/access_token", form)
}
