package ledger

import (
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"testing"

	gobitbucket "github.com/ktrysmt/go-bitbucket"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/throttle"
	"github.com/seed-9213fc64/bitbucket/v1"
)

// A way is one of reading who may touch what in a workspace.
type way struct {
	name  string
	audit func(t *testing.T, server *bitbuckettest.Server, w workspace)
}

// ways are those of the ledger. All but the first are given the same exact window, since they have
// none of their own.
var ways = []way{
	{"this library", byLibrary},
	{"the same lists, with Bitbucket's default page lengths", byShortPages},
	{"a list for each repository, pages of 100", byRepository},
	{"go-bitbucket v0.10.0: grants of each repository, pages of 1", byGoBitbucket},
}

// byLibrary reads what bbaudit reads, with the client as it is by default.
func byLibrary(t *testing.T, server *bitbuckettest.Server, w workspace) {
	ctx, c := t.Context(), server.Client(owner, bitbucket.WithLogger(slog.New(slog.DiscardHandler)))
	old := v1.NewClient(c)
	_, err := c.Users.Current(ctx)
	must(t, err)
	_, err = c.Workspaces.Get(ctx, slug)
	must(t, err)
	_, err = c.Workspaces.Membership(ctx, slug)
	must(t, err)
	counts(t, "members", c.Permissions.ListWorkspaceMembers(ctx, slug).All(), w.members)
	counts(t, "repositories", c.Repositories.List(ctx, slug).All(), w.repositories)
	counts(t, "projects", c.Workspaces.ListProjects(ctx, slug).All(), w.projects)
	counts(t, "permissions", c.Permissions.ListWorkspaceRepositories(ctx, slug).All(), w.permissions())
	groups, err := old.Groups.List(ctx, slug)
	must(t, err)
	if len(groups) != w.groups {
		t.Errorf("%d groups of %d", len(groups), w.groups)
	}
	counts(t, "variables", c.Pipelines.WorkspaceVariables(slug).List(ctx).All(), 0)
	_, err = old.Invitations.List(ctx, slug)
	must(t, err)
}

// byShortPages reads the same, and names no page length.
func byShortPages(t *testing.T, server *bitbuckettest.Server, w workspace) {
	p := newPlain(t, server)
	p.singles()
	p.counts("/2.0/workspaces/acme/permissions", w.members)
	p.counts("/2.0/repositories/acme", w.repositories)
	p.counts("/2.0/workspaces/acme/projects", w.projects)
	p.counts("/2.0/workspaces/acme/permissions/repositories", w.permissions())
}

// byRepository asks each repository who may touch it.
func byRepository(t *testing.T, server *bitbuckettest.Server, w workspace) {
	p := newPlain(t, server)
	p.singles()
	p.counts("/2.0/workspaces/acme/permissions?pagelen=100", w.members)
	p.counts("/2.0/repositories/acme?pagelen=100", w.repositories)
	p.counts("/2.0/workspaces/acme/projects?pagelen=100", w.projects)
	for i := range w.repositories {
		p.counts(fmt.Sprintf("/2.0/workspaces/acme/permissions/repositories/repository-%d?pagelen=100", i), holders)
	}
}

// byGoBitbucket reads what the client has methods for: no effective permissions, no variables of the
// workspace, and nothing of the 1.0 API.
func byGoBitbucket(t *testing.T, server *bitbuckettest.Server, w workspace) {
	token := server.IssueAPIToken(owner)
	c, err := gobitbucket.NewAPITokenAuth(token.Email, token.Token)
	must(t, err)
	c.HttpClient.Transport = newPaced(server)
	_, err = c.User.Profile()
	must(t, err)
	_, err = c.Workspaces.Get(slug)
	must(t, err)
	members, err := c.Workspaces.Members(slug)
	must(t, err)
	repositories, err := c.Repositories.ListForAccount(&gobitbucket.RepositoriesOptions{Owner: slug})
	must(t, err)
	projects, err := c.Workspaces.Projects(slug)
	must(t, err)
	if len(members.Members) != w.members || len(repositories.Items) != w.repositories || len(projects.Items) != w.projects {
		t.Errorf("%d members, %d repositories, %d projects", len(members.Members), len(repositories.Items), len(projects.Items))
	}
	granted := 0
	for _, r := range repositories.Items {
		of := &gobitbucket.RepositoryOptions{Owner: slug, RepoSlug: r.Slug}
		users, err := c.Repositories.Repository.ListUserPermissions(of)
		must(t, err)
		granted += len(users.UserPermissions)
		_, err = c.Repositories.Repository.ListGroupPermissions(of)
		must(t, err)
	}
	if granted != w.explicit() {
		t.Errorf("%d grants of %d", granted, w.explicit())
	}
}

// A plain reads lists with net/http, as they come.
type plain struct {
	t     *testing.T
	http  *http.Client
	token bitbuckettest.APIToken
}

func newPlain(t *testing.T, server *bitbuckettest.Server) *plain {
	return &plain{t, &http.Client{Transport: newPaced(server)}, server.IssueAPIToken(owner)}
}

// singles reads what is no long list.
func (p *plain) singles() {
	p.t.Helper()
	for _, path := range []string{
		"/2.0/user", "/2.0/workspaces/acme", "/2.0/user/workspaces/acme/permission", "/1.0/groups/acme",
		"/2.0/workspaces/acme/pipelines-config/variables", "/1.0/invitations/acme",
	} {
		p.get("https://api.bitbucket.org"+path, new(json.RawMessage))
	}
}

// counts reads a list to its end.
func (p *plain) counts(path string, want int) {
	p.t.Helper()
	n := 0
	for next := "https://api.bitbucket.org" + path; next != ""; {
		var page struct {
			Values []json.RawMessage `json:"values"`
			Next   string            `json:"next"`
		}
		p.get(next, &page)
		n, next = n+len(page.Values), page.Next
	}
	if n != want {
		p.t.Errorf("%s: %d items of %d", path, n, want)
	}
}

func (p *plain) get(url string, out any) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, url, nil)
	must(p.t, err)
	r.SetBasicAuth(p.token.Email, p.token.Token)
	resp, err := p.http.Do(r)
	must(p.t, err)
	defer resp.Body.Close()
	must(p.t, json.NewDecoder(resp.Body).Decode(out))
}

// A paced is a transport with an exact window before it.
type paced struct {
	throttle  throttle.Throttle
	transport http.RoundTripper
}

func newPaced(server *bitbuckettest.Server) *paced {
	return &paced{throttle.Window(budget, window), server}
}

func (p *paced) RoundTrip(r *http.Request) (*http.Response, error) {
	done, err := p.throttle.Acquire(r.Context())
	if err != nil {
		return nil, err
	}
	defer done(true)
	return p.transport.RoundTrip(r)
}

// counts reads a list of this library to its end.
func counts[T any](t *testing.T, name string, list iter.Seq2[T, error], want int) {
	t.Helper()
	n := 0
	for _, err := range list {
		must(t, err)
		n++
	}
	if n != want {
		t.Errorf("%d %s of %d", n, name, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
