package conformance

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	atlassian "github.com/ctreminiom/go-atlassian/v2/bitbucket"
	gobitbucket "github.com/ktrysmt/go-bitbucket"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

var update = flag.Bool("update", false, "write the comparison anew")

// A contestant is a client as its README says to make one, reading the members of a workspace.
type contestant struct {
	name    string
	members func(ctx context.Context, base string, admin bitbuckettest.Credentials) (int, error)
	one     func(base string, admin bitbuckettest.Credentials, id string) error // somebody by an ID
}

func contestants() []contestant {
	here := func(base string, admin bitbuckettest.Credentials) (*bitbucket.Client, error) {
		return bitbucket.NewClient(bitbucket.WithBaseURL(base),
			bitbucket.WithAPIToken(admin.Email, admin.APIToken), bitbucket.WithThrottle(throttle.Unlimited))
	}
	theirs := func(base string, admin bitbuckettest.Credentials) (*gobitbucket.Client, error) {
		return gobitbucket.NewAPITokenAuthWithBaseUrlStr(admin.Email, admin.APIToken, base+"/2.0")
	}
	jira := func(base string, admin bitbuckettest.Credentials) (*atlassian.Client, error) {
		client, err := atlassian.New(&http.Client{}, base)
		if err == nil {
			client.Auth.SetBasicAuth(admin.Email, admin.APIToken)
		}
		return client, err
	}
	return []contestant{
		{
			name: "this client",
			members: func(ctx context.Context, base string, admin bitbuckettest.Credentials) (int, error) {
				client, err := here(base, admin)
				if err != nil {
					return 0, err
				}
				members, err := client.Workspaces.ListMembers(ctx, "acme").Collect()
				return len(members), err
			},
			one: func(base string, admin bitbuckettest.Credentials, id string) error {
				client, err := here(base, admin)
				if err == nil {
					_, err = client.Users.Get(context.Background(), id)
				}
				return err
			},
		},
		{
			name: "ktrysmt/go-bitbucket v0.10.0",
			members: func(_ context.Context, base string, admin bitbuckettest.Credentials) (int, error) {
				client, err := theirs(base, admin)
				if err != nil {
					return 0, err
				}
				members, err := client.Workspaces.Members("acme")
				if err != nil {
					return 0, err
				}
				return len(members.Members), nil
			},
			one: func(base string, admin bitbuckettest.Credentials, id string) error {
				client, err := theirs(base, admin)
				if err == nil {
					_, err = client.Users.Get(id)
				}
				return err
			},
		},
		{
			name: "ctreminiom/go-atlassian/v2 v2.12.0",
			members: func(ctx context.Context, base string, admin bitbuckettest.Credentials) (int, error) {
				client, err := jira(base, admin)
				if err != nil {
					return 0, err
				}
				members, _, err := client.Workspace.Members(ctx, "acme")
				if err != nil {
					return 0, err
				}
				return len(members.Values), nil
			},
			one: func(base string, admin bitbuckettest.Credentials, id string) error {
				client, err := jira(base, admin)
				if err == nil {
					_, _, err = client.Workspace.Membership(context.Background(), "acme", id)
				}
				return err
			},
		},
	}
}

// An experiment does something to a client, and says what came of it.
type experiment struct {
	name string
	try  func(t *testing.T, c contestant) string
}

func experiments() []experiment {
	return []experiment{
		{"all 66 members of a workspace, by default", func(t *testing.T, c contestant) string {
			srv, base, admin := serve(t)
			n, err := c.members(t.Context(), base, admin)
			return fmt.Sprintf("%s; calls: %d", outcome(n, err), srv.Calls())
		}},
		{"the context has ended before", func(t *testing.T, c contestant) string {
			srv, base, admin := serve(t)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := c.members(ctx, base, admin); srv.Calls() > 0 {
				return "takes none: the call is made"
			} else if err == nil {
				return "no error"
			}
			return "nothing is sent"
		}},
		{"a page says `{}` and nothing else", func(t *testing.T, c contestant) string {
			srv, base, admin := serve(t)
			srv.Fail(members(), bitbuckettest.Status(200, "{}"))
			return outcome(c.members(t.Context(), base, admin))
		}},
		{"the second page breaks off", func(t *testing.T, c contestant) string {
			srv, base, admin := servePages(t)
			srv.Fail(bitbuckettest.OnPage(members(), "2"), bitbuckettest.CutBody())
			return outcome(c.members(t.Context(), base, admin))
		}},
		{"`next` leads to another host", func(t *testing.T, c contestant) string {
			var authorized bool
			foreign := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				authorized = authorized || r.Header.Get("Authorization") != ""
				fmt.Fprint(w, `{"values":[]}`)
			}))
			defer foreign.Close()
			srv, base, admin := servePages(t)
			srv.Fail(members(), bitbuckettest.ForeignNext(foreign.URL))
			text := outcome(c.members(t.Context(), base, admin))
			if authorized {
				return "the credential is sent there"
			}
			return text + "; nothing is sent there"
		}},
		{"429 with `Retry-After: 1`, then an answer", func(t *testing.T, c contestant) string {
			srv, base, admin := serve(t)
			srv.Fail(members(), bitbuckettest.Status(429, "slow down", "Retry-After", "1"), 1)
			return outcome(c.members(t.Context(), base, admin))
		}},
		{"somebody whose ID is `../user`", func(t *testing.T, c contestant) string {
			srv, base, admin := serve(t)
			err := c.one(base, admin, "../user")
			for _, r := range srv.Requests() {
				return fmt.Sprintf("asks for `%s`", r.Path)
			}
			if err == nil {
				return "no error"
			}
			return "refused before anything is sent"
		}},
	}
}

// members matches the list of members.
func members() bitbuckettest.Match {
	return bitbuckettest.On("GET", "/2.0/workspaces/acme/members")
}

// servePages serves pages of ten, unless a client asks for more.
func servePages(t *testing.T) (*bitbuckettest.Server, string, bitbuckettest.Credentials) {
	t.Helper()
	srv := bitbuckettest.Demo(bitbuckettest.Throttle(0, 0), bitbuckettest.DefaultPageLen(10))
	// A client that asks for 100 gets the 66 on one page: with as many members again it has two.
	for i := range 66 {
		nickname := fmt.Sprintf("more-%d", i)
		srv.AddUser(bitbuckettest.User{Nickname: nickname})
		srv.AddMember("acme", bitbuckettest.Member{User: nickname})
	}
	return srv, srv.Start(t), srv.Admin()
}

// outcome says what a caller gets.
func outcome(n int, err error) string {
	if err != nil {
		return "an error"
	}
	return fmt.Sprintf("%d members", n)
}

// TestComparison holds the table in docs/comparison.md, which says what becomes of some accidents,
// to the clients themselves. After a change: GOWORK=off go test -run Comparison -update .
func TestComparison(t *testing.T) {
	table := "| what happens |"
	line := "\n|---|"
	for _, c := range contestants() {
		table += " " + c.name + " |"
		line += "---|"
	}
	table += line + "\n"
	for _, e := range experiments() {
		table += "| " + e.name + " |"
		for _, c := range contestants() {
			table += " " + attempt(t, e, c) + " |"
		}
		table += "\n"
	}
	const file = "../docs/comparison.md"
	const marker = "<!-- written by TestComparison in conformance/ -->\n"
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), marker)
	old, after, ended := strings.Cut(rest, "\n\n")
	switch {
	case !ok || !ended:
		t.Fatal("the document has no place for the table")
	case old+"\n" == table:
	case !*update:
		t.Errorf("the document lacks this table: GOWORK=off go test -run Comparison -update .\n%s", table)
	default:
		if err := os.WriteFile(file, []byte(before+marker+table+"\n"+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// The versions that documents name are those that are tested here.
func TestComparedVersions(t *testing.T) {
	requirements, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	client := regexp.MustCompile(`[a-z0-9-]+(/[a-z0-9-]+)+ v[0-9.]+[0-9]`)
	for _, file := range []string{
		"../docs/comparison.md", "../docs/migration.md", "../bench/ledger/README.md",
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range client.FindAllString(string(text), -1) {
			if !strings.Contains(string(requirements), "github.com/"+name+"\n") {
				t.Errorf("%s speaks of %s, which go.mod does not require", file, name)
			}
		}
	}
}

// attempt is the outcome of an experiment, which may be a panic.
func attempt(t *testing.T, e experiment, c contestant) (text string) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			if err, ok := r.(error); !ok || errors.Is(err, http.ErrAbortHandler) {
				panic(r)
			}
			text = "panics"
		}
	}()
	return e.try(t, c)
}
