package doctor

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	table "github.com/seed-9213fc64/bitbucket/internal/operations"
	"github.com/seed-9213fc64/bitbucket/v1"
)

// furnished is a server on which there is one thing of every kind, and its administrator.
func furnished(t *testing.T) *bitbuckettest.Server {
	t.Helper()
	s := bitbuckettest.New(bitbuckettest.Throttle(0, 0))
	s.AddUser(bitbuckettest.User{Nickname: "ada"})
	s.AddWorkspace(bitbuckettest.Workspace{Slug: "acme", Personal: "ada"})
	s.AddProject("acme", bitbuckettest.Project{Key: "PLAT"})
	s.AddRepository("acme", bitbuckettest.Repository{Slug: "widgets", Project: "PLAT"})
	s.AddGroup("acme", bitbuckettest.Group{Slug: "crew", Members: []string{"ada"}})
	s.GrantRepository("acme", "widgets", "ada", "admin")
	s.GrantRepositoryGroup("acme", "widgets", "crew", "read")
	s.GrantProject("acme", "PLAT", "ada", "admin")
	s.GrantProjectGroup("acme", "PLAT", "crew", "read")
	variable := bitbuckettest.Variable{Key: "REGION", Value: "eu"}
	s.AddUserVariable("ada", variable)
	s.AddWorkspaceVariable("acme", variable)
	s.AddVariable(variable, "acme", "widgets")
	s.AddEnvironment("acme", "widgets", bitbuckettest.Environment{Name: "Live"})
	s.AddVariable(variable, "acme", "widgets", "Live")
	s.AddSSHKey("ada", bitbuckettest.SSHKey{Key: "ssh-ed25519 " +
		"AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ada@desk"})
	s.AddGPGKey("ada", bitbuckettest.GPGKey{Name: "mail"})
	s.AddDeployKey("acme", "widgets", bitbuckettest.DeployKey{AddedOn: time.Unix(1.5e9, 0)})
	s.AddProjectDeployKey("acme", "PLAT", bitbuckettest.DeployKey{AddedOn: time.Unix(1.5e9, 0)})
	return s
}

// Of a whole credential every operation of the table that reads is allowed, as far as there is
// something to read: an API token may do all but what is only for OAuth, and OAuth the rest.
func TestWholeCredential(t *testing.T) {
	server := furnished(t)
	person := examine(t, patient(clientOf(t, server, byToken(server, "ada"))))
	oauth := patient(clientOf(t, server, bitbucket.WithAccessToken(server.IssueOAuthToken("ada"))))
	oauth.Sent = SentAsAccessToken
	app := examine(t, oauth)
	for i, row := range operations() {
		got := person.Operations[i]
		if !row.Credentials.Has(table.APIToken) {
			if got.State != Refused && !strings.HasSuffix(got.Name, ".Get") {
				t.Errorf("%s: an API token is not refused: %+v", row.name, got)
			}
			got = app.Operations[i]
		}
		want := Allowed
		switch {
		case row.State == table.Removed:
			want = Gone
		case row.name == "Properties.Get": // nothing lists them
			want = NotTried
		}
		if got.State != want || got.Name != row.name {
			t.Errorf("%s is %s, want %s: %s", row.name, got.State, want, got.Why)
		}
		if d := got.Drift; len(d.Unknown)+len(d.Missing)+len(d.Changed) > 0 {
			t.Errorf("%s: drift %+v", row.name, d)
		}
	}
	if n := person.Count(Allowed) + person.Count(Refused); server.Calls() < n {
		t.Errorf("%d calls for %d operations", server.Calls(), n)
	}
	if person.Workspace != "acme" || person.Credential.Account != "ada" {
		t.Errorf("workspace %q, credential %+v", person.Workspace, person.Credential)
	}
}

// Every operation is refused to a token that lacks its scopes, and the scopes are those that the
// table names: those of API tokens for an API token, and the classic ones for OAuth.
func TestRefusalsNameTheScopesOfTheTable(t *testing.T) {
	server := furnished(t)
	whole := newExamination(patient(clientOf(t, server, byToken(server, "ada"))))
	all(t, whole)
	oauth := newExamination(patient(clientOf(t, server,
		bitbucket.WithAccessToken(server.IssueOAuthToken("ada")))))
	all(t, oauth)
	for id, value := range oauth.ids { // of what only OAuth may list
		if whole.ids[id] == "" {
			whole.ids[id] = value
		}
	}
	whole.ids["/2.0/users/{selected_user}/properties/{app_key}"] = "app"
	whole.ids["/2.0/users/{selected_user}/properties/{app_key}/{property_name}"] = "name"
	tried := 0
	for _, row := range table.All() {
		if row.Method != http.MethodGet || row.State == table.Removed {
			continue
		}
		for credential, want := range map[*bitbucket.Client][]string{
			clientOf(t, server, byToken(server, "ada", "write:user:bitbucket")): row.Granular,
			clientOf(t, server, bitbucket.WithAccessToken(
				server.IssueOAuthToken("ada", "runner"))): row.Scopes,
		} {
			if len(want) == 0 || len(row.Granular) == 0 && credential.String() != oauth.Client.String() {
				continue // there is nothing to lack
			}
			x := newExamination(patient(credential))
			x.ids = whole.ids
			op := x.operations[slices.IndexFunc(x.operations, func(op operation) bool {
				return op.Pattern == row.Pattern
			})]
			if op.shape.ask == nil { // it cannot be tried otherwise
				op.shape = object[map[string]any]()
			}
			got := x.examine(t.Context(), op)
			if tried++; got.State != Refused || got.Status != 403 || !slices.Equal(got.Scopes, want) {
				t.Errorf("%s: %+v, want scopes %v", row.Pattern, got, want)
			}
		}
	}
	if tried < 90 {
		t.Errorf("%d refusals were tried", tried)
	}
}

// all makes an examination of everything.
func all(t *testing.T, x *examination) {
	t.Helper()
	for _, op := range x.operations {
		x.examine(t.Context(), op)
	}
}

// What kind a credential is, the answers tell.
func TestKinds(t *testing.T) {
	server := furnished(t)
	consumer := server.AddConsumer(bitbuckettest.Consumer{Workspace: "acme"})
	for _, test := range []struct {
		option     bitbucket.Option
		sent, want string
	}{
		{byToken(server, "ada"), SentAsAPIToken, "API token"},
		{bitbucket.WithClientCredentials(consumer.ID, consumer.Secret), SentAsConsumer, "OAuth consumer"},
		{
			bitbucket.WithAccessToken(server.IssueOAuthToken("ada")), SentAsAccessToken,
			"OAuth token of a person",
		},
		{
			bitbucket.WithAccessToken(server.IssueOAuthToken("ada", "repository")), SentAsAccessToken,
			"OAuth token",
		},
		{
			bitbucket.WithAccessToken(server.IssueOAuthToken("app " + consumer.ID)), SentAsAccessToken,
			"OAuth token of a consumer",
		},
		{
			bitbucket.WithAccessToken(server.IssueWorkspaceToken("acme")), SentAsAccessToken,
			"access token of a workspace",
		},
		{
			bitbucket.WithAccessToken(server.IssueProjectToken("acme", "PLAT")), SentAsAccessToken,
			"access token of a project or a workspace",
		},
		{
			bitbucket.WithAccessToken(server.IssueRepositoryToken("acme", "widgets")), SentAsAccessToken,
			"access token of a repository, a project or a workspace",
		},
		{bitbucket.WithAccessToken("nobody's"), SentAsAccessToken, "unknown"},
	} {
		p := patient(clientOf(t, server, test.option))
		p.Sent, p.Workspace = test.sent, "acme"
		if got := examine(t, p).Credential; got.Kind != test.want || got.Why == "" {
			t.Errorf("%s, want %s: %s", got.Kind, test.want, got.Why)
		}
	}
}

// An access token is told which kinds of credential would do, and what Bitbucket says of its limits.
func TestRefusedKind(t *testing.T) {
	server := furnished(t)
	p := patient(clientOf(t, server, bitbucket.WithAccessToken(server.IssueWorkspaceToken("acme"))))
	p.Sent = SentAsAccessToken
	r := examine(t, p)
	for name, want := range map[string]string{
		"Permissions.OnRepository.ListUsers": "an API token or an OAuth token",
		"Pipelines.UserVariables.List":       "", // it is not known whose
		"v1.Groups.List":                     "an API token or an OAuth token",
	} {
		got := r.find(name)
		if want == "" && got.State == NotTried {
			continue
		}
		if got.State != Refused || len(got.Scopes) > 0 ||
			!strings.Contains(got.Why, want) {
			t.Errorf("%s: %+v, want %q", name, got, want)
		}
	}
	if want := []Limit{{Resource: "api", Limit: 1000}}; !slices.Equal(r.Limits, want) {
		t.Errorf("limits %+v, want %+v", r.Limits, want)
	}
}

// What ends an examination is said of each operation that it keeps from being tried.
func TestStops(t *testing.T) {
	anything := bitbuckettest.Any
	for name, test := range map[string]struct {
		fault bitbuckettest.Fault
		calls int
		want  string
	}{
		"no more calls": {bitbuckettest.Status(429, "slow down", "Retry-After", "90"), 1, "429"},
		"no credential": {bitbuckettest.Status(401, "who?"), 2, "does not take the credential"},
	} {
		t.Run(name, func(t *testing.T) {
			server := furnished(t)
			server.Fail(anything, test.fault)
			p := patient(clientOf(t, server, byToken(server, "ada")))
			p.Workspace = "acme"
			r := examine(t, p)
			last := r.find("Search.Code")
			if server.Calls() != test.calls || !strings.Contains(r.Stopped, test.want) ||
				last.State != NotTried || last.Why != r.Stopped {
				t.Errorf("%d calls, stopped %q, %+v", server.Calls(), r.Stopped, last)
			}
			if test.want == "429" && (len(r.Limits) != 1 || r.Limits[0].RetryAfter != 90) {
				t.Errorf("limits %+v", r.Limits)
			}
		})
	}
}

// A failure that may be over in a moment is tried once more, and what fails twice has failed.
func TestRepetition(t *testing.T) {
	for name, test := range map[string]struct {
		fault bitbuckettest.Fault
		times int
		calls int
		want  State
	}{
		"a hiccup":         {bitbuckettest.ServerError(), 1, 2, Allowed},
		"a cut connection": {bitbuckettest.Reset(), 1, 2, Allowed},
		"an outage":        {bitbuckettest.BadGateway(), 9, 2, Failed},
		"a long one":       {bitbuckettest.Status(503, "", "Retry-After", "3600"), 1, 1, Failed},
		"a maintenance":    {bitbuckettest.Status(200, "<html>back soon</html>"), 1, 1, Failed},
		"an empty object":  {bitbuckettest.Status(200, "{}"), 1, 1, Failed},
		"an error in 200":  {bitbuckettest.Status(200, `{"type":"error","error":{}}`), 1, 1, Failed},
		"a new removal":    {bitbuckettest.Status(410, "gone"), 1, 1, Gone},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := furnished(t)
				on := bitbuckettest.On("GET", "/2.0/workspaces/acme")
				server.Fail(on, test.fault, test.times)
				r := examine(t, patient(clientOf(t, server, byToken(server, "ada"))))
				got := r.find("Workspaces.Get")
				if calls := len(server.Requests(on)); got.State != test.want || calls != test.calls {
					t.Errorf("%d calls, %+v", calls, got)
				}
				if got.State == Gone && !r.Unwell() {
					t.Error("nobody notices")
				}
			})
		})
	}
}

// When nothing answers there is nothing to report, and no use in going on.
func TestSilence(t *testing.T) {
	server := furnished(t)
	server.Fail(bitbuckettest.Any, bitbuckettest.Refuse())
	calls := 0
	p := patient(clientOf(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		calls++
		return server.RoundTrip(r)
	}), byToken(server, "ada")))
	p.Workspace = "acme"
	r, err := Examine(t.Context(), p)
	if err == nil || calls != 4 { // two operations, each of them twice
		t.Errorf("%v after %d calls: %+v", err, calls, r)
	}
}

// What several answers tell of a limit is told once, and the worst of it.
func TestLimits(t *testing.T) {
	x := newExamination(patient(clientOf(t, furnished(t), bitbucket.WithAccessToken("any"))))
	for _, told := range []bitbucket.RateLimit{
		{},
		{Limit: 1000, Resource: "api"},
		{Limit: 5000, Resource: "raw"},
		{Limit: 1200, Resource: "api", NearLimit: true},
		{Limit: 1100, Resource: "api"},
	} {
		x.limit(bitbucket.Response{RateLimit: told}, nil)
	}
	x.limit(bitbucket.Response{}, &bitbucket.Error{StatusCode: 429, RetryAfter: time.Minute})
	x.limit(bitbucket.Response{}, &bitbucket.Error{StatusCode: 503, RetryAfter: time.Second})
	want := []Limit{
		{Resource: "api", Limit: 1200, NearLimit: true}, {Resource: "raw", Limit: 5000}, {RetryAfter: 60},
	}
	if !slices.Equal(x.report.Limits, want) {
		t.Errorf("%+v, want %+v", x.report.Limits, want)
	}
	var shown strings.Builder
	if err := x.report.Show(&shown); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"limits: api: 1200 calls an hour, little is left\n", "limits: raw: 5000 calls an hour\n",
		"limits: all: to be left alone for 60s\n",
	} {
		if !strings.Contains(shown.String(), line) {
			t.Errorf("there is no %q:\n%s", line, &shown)
		}
	}
}

// A workspace that is given by its UUID is looked up for what takes slugs only.
func TestWorkspaceByUUID(t *testing.T) {
	server := furnished(t)
	p := patient(clientOf(t, server, byToken(server, "ada")))
	p.Workspace = server.Workspaces()[0].UUID
	r := examine(t, p)
	if got := r.find("v1.Groups.List"); got.State != Allowed || r.Workspace != p.Workspace {
		t.Errorf("%s, %+v", r.Workspace, got)
	}
}

// An identifier is that of the first item that has one, be it a text or a number.
func TestIdentifierOfAnAnswer(t *testing.T) {
	list, one := listOf[bitbucket.DeployKey](), object[bitbucket.User]()
	for _, test := range []struct {
		shape            shape
		body, path, want string
	}{
		{list, `{"values":[{},{"id":null},{"id":""},{"id":42},{"id":43}]}`, "id", "42"},
		{list, `{"values":[{"user":7},{"user":{"uuid":"{1}"}}]}`, "user.uuid", "{1}"},
		{list, `{"values":[{"slug":"0012"}]}`, "slug", "0012"},
		{list, `{"values":7}`, "id", ""},
		{one, `{"uuid":"{1}"}`, "uuid", "{1}"},
		{one, `{"uuid":{}}`, "uuid", ""},
		{array[v1.Group](), `[{"slug":"crew"}]`, "slug", "crew"},
	} {
		if got := test.shape.identifier([]byte(test.body), test.path); got != test.want {
			t.Errorf("%s: %q, want %q", test.body, got, test.want)
		}
	}
}
