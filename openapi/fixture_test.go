package openapi

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// stage is where the suite plays: in process or over loopback, with one validator for all
// servers.
type stage struct {
	v         *validator
	inProcess inProcess // nil over loopback
}

// inProcess hands requests to servers by host.
type inProcess map[string]*bitbuckettest.Server

func (p inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	srv, ok := p[req.URL.Host]
	if !ok {
		return nil, fmt.Errorf("nobody listens at %s", req.URL.Host)
	}
	return srv.RoundTrip(req)
}

// onBothStages runs a test twice. The validator reports at the end of each run.
func onBothStages(t *testing.T, run func(t *testing.T, s *stage)) {
	document := loadSpec(t)
	t.Run("in process", func(t *testing.T) {
		servers := make(inProcess)
		run(t, &stage{v: newValidatorOf(t, document, servers), inProcess: servers})
	})
	t.Run("over loopback", func(t *testing.T) {
		wire := &http.Transport{}
		t.Cleanup(wire.CloseIdleConnections)
		run(t, &stage{v: newValidatorOf(t, document, wire)})
	})
}

// bench is a server with something of everything, and what is needed to find it.
type bench struct {
	*bitbuckettest.Server
	ids
	stage *stage
	base  string
	api   bitbuckettest.APIToken // ann's
	oauth string                 // ann's
}

// ids name one of every kind of thing.
type ids struct {
	workspace, repo, project, group  string
	self, other, email               string // ann, who is asking, and ben, who administers nothing
	variable, ownVariable            string
	sshKey, gpgKey, appKey, property string
	repoVariable, deployVariable     string
	environment                      string
	deployKey, projectKey            string // numbers
}

// nowhere are IDs of nothing.
func nowhere() ids {
	const nobody = "{00000000-0000-0000-0000-00000000dead}"
	return ids{
		workspace: "nowhere", repo: "nothing", project: "NONE", group: "nobodies", self: nobody,
		other: nobody,
		email: "nobody@example.com", variable: nobody, ownVariable: nobody, sshKey: nobody,
		gpgKey: "dead", appKey: "no-app", property: "none",
		repoVariable: nobody, deployVariable: nobody, environment: nobody, deployKey: "404",
		projectKey: "404",
	}
}

// open sets a server up: workspace acme with its owner ann and the members ben, cleo (whose
// account ID is an old one) and bot, twelve repositories in the project WEB, two groups, grants,
// variables, keys, files and a property.
func (s *stage) open(t *testing.T, opts ...bitbuckettest.Option) *bench {
	t.Helper()
	host := fmt.Sprintf("api%d.example", len(s.inProcess))
	srv := bitbuckettest.New(append([]bitbuckettest.Option{
		bitbuckettest.Throttle(0, time.Minute),
		bitbuckettest.Hosts(host),
	}, opts...)...)
	b := &bench{Server: srv, stage: s, base: "https://" + host}
	if s.inProcess == nil {
		b.base = srv.Start(t)
	} else {
		s.inProcess[host] = srv
	}
	ann := srv.AddUser(bitbuckettest.User{
		Nickname: "ann", Has2FAEnabled: new(true),
		Location: "Utrecht",
		Emails: []bitbuckettest.Email{
			{Address: "ann@example.com"},
			{Address: "ann+new@example.com", Unconfirmed: true},
		},
	})
	ben := srv.AddUser(bitbuckettest.User{
		Nickname: "ben", Private: true,
		DisplayName: `Ben "the \ man"`,
	})
	srv.AddUser(bitbuckettest.User{Nickname: "cleo", AccountID: "5bce04000000000000000000"})
	srv.AddUser(bitbuckettest.User{Nickname: "bot", Type: "app_user", Kind: "robot"})
	srv.AddWorkspace(bitbuckettest.Workspace{Slug: "acme", Name: "Acme"})
	srv.AddWorkspace(bitbuckettest.Workspace{Slug: "Hub", AdminHub: true, Private: true})
	srv.AddWorkspace(bitbuckettest.Workspace{Slug: "ann", Personal: "ann"})
	joined := time.Date(2021, 4, 2, 14, 20, 48, 179e6, time.UTC)
	srv.AddMember("acme", bitbuckettest.Member{
		User: "ann", Role: "owner", AddedOn: joined,
		LastAccessed: joined,
	})
	for i, name := range []string{"ben", "cleo", "bot"} {
		srv.AddMember("acme", bitbuckettest.Member{
			User: name,
			Role: []string{"member", "create-project", "collaborator"}[i],
		})
	}
	srv.AddMember("Hub", bitbuckettest.Member{User: "ann", AddedOn: joined})
	srv.AddProject("acme", bitbuckettest.Project{Key: "WEB", Name: "Web"})
	srv.AddProject("acme", bitbuckettest.Project{Key: "OPS", Name: "Operations"})
	for i := range 12 {
		srv.AddRepository("acme", bitbuckettest.Repository{
			Slug:    fmt.Sprintf("site-%02d", i),
			Project: "WEB", Public: i == 0,
		})
	}
	for _, slug := range []string{"developers", "testers"} {
		srv.AddGroup("acme", bitbuckettest.Group{
			Slug: slug, Name: strings.ToUpper(slug),
			Members: []string{"ben", "cleo"},
		})
		srv.GrantRepositoryGroup("acme", "site-01", slug, "read")
		srv.GrantProjectGroup("acme", "WEB", slug, "create-repo")
	}
	for _, user := range []string{"ben", "cleo"} {
		srv.GrantRepository("acme", "site-01", user, "write")
		srv.GrantProject("acme", "WEB", user, "read")
	}
	b.ids = s.belongings(srv)
	b.self, b.other = ann.UUID, ben.UUID
	b.api, b.oauth = srv.IssueAPIToken("ann"), srv.IssueOAuthToken("ann")
	return b
}

// belongings gives ann keys, variables, a property and some code.
func (s *stage) belongings(srv *bitbuckettest.Server) ids {
	on := time.Date(2024, 9, 24, 12, 9, 33, 154081e3, time.UTC)
	secret := srv.AddWorkspaceVariable("acme", bitbuckettest.Variable{
		Key: "TOKEN", Value: "hush",
		Secured: true,
	})
	srv.AddWorkspaceVariable("acme", bitbuckettest.Variable{Key: "REGION", Value: "eu"})
	own := srv.AddUserVariable("ann", bitbuckettest.Variable{Key: "EDITOR", Value: "ed"})
	srv.AddUserVariable("ann", bitbuckettest.Variable{Key: "PAGER", Value: "", Secured: true})
	ssh := srv.AddSSHKey("ann", bitbuckettest.SSHKey{
		Label: "laptop", Comment: "ann@laptop",
		CreatedOn: on, ExpiresOn: on.AddDate(9, 0, 0), LastUsed: on,
	})
	srv.AddSSHKey("ann", bitbuckettest.SSHKey{CreatedOn: on})
	gpg := srv.AddGPGKey("ann", bitbuckettest.GPGKey{
		Name: "mail", AddedOn: on, CreatedOn: on,
		Subkeys: []bitbuckettest.GPGKey{{AddedOn: on, CreatedOn: on}},
	})
	srv.AddGPGKey("ann", bitbuckettest.GPGKey{AddedOn: on, CreatedOn: on})
	of := s.deployment(srv)
	srv.SetProperty("ann", "an-app", "theme", map[string]any{
		"_attributes": []string{"public"},
		"colour":      "green",
	})
	for i := range 3 {
		srv.AddFile("acme", "site-01", bitbuckettest.File{
			Path:    fmt.Sprintf("src/a b/needle%d.go", i),
			Content: "package a\n\nvar needle = 1\n",
		})
	}
	return ids{
		workspace: "acme", repo: "site-01", project: "WEB", group: "developers",
		email:        "ann+new@example.com",
		repoVariable: of.repoVariable, deployVariable: of.deployVariable, environment: of.environment,
		deployKey: of.deployKey, projectKey: of.projectKey,
		variable: secret.UUID, ownVariable: own.UUID, sshKey: ssh.UUID, gpgKey: gpg.Fingerprint,
		appKey: "an-app", property: "theme",
	}
}

// deployment gives site-01 and WEB what deployments need.
func (s *stage) deployment(srv *bitbuckettest.Server) ids {
	const repo = "site-01"
	var of ids
	srv.AddVariable(bitbuckettest.Variable{Key: "REGION", Value: "eu"}, "acme", repo)
	of.repoVariable = srv.AddVariable(bitbuckettest.Variable{
		Key: "TOKEN", Value: "hush",
		Secured: true,
	}, "acme", repo).UUID
	srv.AddEnvironment("acme", repo, bitbuckettest.Environment{Name: "Test"})
	of.environment = srv.AddEnvironment("acme", repo,
		bitbuckettest.Environment{Name: "Live", Kind: "Production"}).UUID
	srv.AddVariable(bitbuckettest.Variable{Key: "REGION", Value: "eu"}, "acme", repo, "Live")
	of.deployVariable = srv.AddVariable(bitbuckettest.Variable{
		Key: "TOKEN", Value: "hush",
		Secured: true,
	}, "acme", repo, "Live").UUID
	srv.AddDeployKey("acme", repo, bitbuckettest.DeployKey{Label: "old"})
	of.deployKey = fmt.Sprint(srv.AddDeployKey("acme", repo,
		bitbuckettest.DeployKey{Label: "robot", AddedBy: "ben"}).ID)
	srv.AddProjectDeployKey("acme", "WEB", bitbuckettest.DeployKey{Label: "old", AddedBy: "ann"})
	of.projectKey = fmt.Sprint(srv.AddProjectDeployKey("acme", "WEB",
		bitbuckettest.DeployKey{Label: "robot"}).ID)
	srv.AddBranchRestriction("acme", repo, bitbuckettest.BranchRestriction{
		Kind:  "push",
		Users: []string{"ben"}, Groups: []string{"developers"},
	})
	srv.AddBranchRestriction("acme", repo, bitbuckettest.BranchRestriction{
		Kind:      "require_approvals_to_merge",
		MatchKind: "branching_model", BranchType: "development", Value: new(2),
	})
	srv.Invite("acme", bitbuckettest.Invitation{
		Email: "dan@example.com", Groups: []string{"testers"},
		InvitedBy: "ann",
	})
	srv.Invite("acme", bitbuckettest.Invitation{
		Email: "eve@example.com", Repository: repo,
		Permission: "write",
	})
	return of
}

// client makes a client of the server whose every attempt goes through the validator.
func (b *bench) client(t *testing.T, opts ...bitbucket.Option) *bitbucket.Client {
	t.Helper()
	c, err := bitbucket.NewClient(append([]bitbucket.Option{
		bitbucket.WithBaseURL(b.base),
		bitbucket.WithTokenURL(b.base + "/site/oauth2/access_token"),
		bitbucket.WithTransport(b.stage.v),
		bitbucket.WithThrottle(throttle.Unlimited),
		bitbucket.WithRetries(0),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// person is a client for ann, with her API token.
func (b *bench) person(t *testing.T) *bitbucket.Client {
	t.Helper()
	return b.client(t, bitbucket.WithAPIToken(b.api.Email, b.api.Token))
}

// app is a client that works for ann over OAuth.
func (b *bench) app(t *testing.T) *bitbucket.Client {
	t.Helper()
	return b.client(t, bitbucket.WithAccessToken(b.oauth))
}
