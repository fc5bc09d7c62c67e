package bitbucket_test

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/internal/exchanges"
	"github.com/seed-9213fc64/bitbucket/internal/operations"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// demoAnswer is what the demo answered one call with, and what the call returned.
type demoAnswer struct {
	bodies [][]byte
	got    any
}

// demoAnswers makes every call that reads, on the demo.
func demoAnswers(t *testing.T) map[string]demoAnswer {
	t.Helper()
	srv := bitbuckettest.Demo(bitbuckettest.Legacy(), bitbuckettest.Throttle(0, 0))
	tape := &tape{next: srv}
	admin := srv.Admin()
	person := demoClient(t, tape, bitbucket.WithAPIToken(admin.Email, admin.APIToken))
	app := demoClient(t, tape, bitbucket.WithAccessToken(admin.AccessToken))
	id := demoIDs(t, srv, person, app)
	answers := map[string]demoAnswer{}
	for _, x := range exchanges.All() {
		op, _ := x.Row()
		if op.Method != http.MethodGet || op.Call == "" {
			continue
		}
		c, opts := person, x.Options
		if !op.Credentials.Has(operations.APIToken) {
			c = app
		}
		if op.Call == "Workspaces.ListMembers" { // by addresses that nobody has
			opts = nil
		}
		tape.bodies = nil
		got, err := x.Call(t.Context(), c, id, opts...)
		if err != nil {
			t.Fatalf("%s: %v", op.Call, err)
		}
		answers[op.Call] = demoAnswer{slices.Clone(tape.bodies), got}
	}
	robot, err := person.Permissions.OnRepository(admin.Workspace, "plat-client").
		ListUsers(t.Context()).First()
	must(t, err)
	tape.bodies = nil
	got, err := person.Users.Get(t.Context(), string(robot.User.UUID))
	must(t, err)
	answers["Users.Get of an app"] = demoAnswer{slices.Clone(tape.bodies), *got}
	return answers
}

func demoClient(t *testing.T, rt http.RoundTripper, credential bitbucket.Option) *bitbucket.Client {
	t.Helper()
	c, err := bitbucket.NewClient(credential, bitbucket.WithTransport(rt),
		bitbucket.WithThrottle(throttle.Unlimited), bitbucket.WithRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// demoIDs are things of the demo.
func demoIDs(t *testing.T, srv *bitbuckettest.Server, person, app *bitbucket.Client) exchanges.IDs {
	t.Helper()
	admin := srv.Admin()
	me, err := person.Users.ListEmails(t.Context()).First()
	must(t, err)
	variable, err := person.Pipelines.WorkspaceVariables(admin.Workspace).List(t.Context()).First()
	must(t, err)
	own, err := app.Pipelines.UserVariables(admin.UserUUID).List(t.Context()).First()
	must(t, err)
	ssh, err := person.SSHKeys.List(t.Context(), admin.UserUUID).First()
	must(t, err)
	gpg, err := person.GPGKeys.List(t.Context(), admin.UserUUID).First()
	must(t, err)
	granted, err := person.Permissions.OnRepository(admin.Workspace, admin.Repository).
		ListUsers(t.Context()).First()
	must(t, err)
	ofRepository, err := person.Pipelines.RepositoryVariables(admin.Workspace, admin.Repository).
		List(t.Context()).First()
	must(t, err)
	environments, err := person.Pipelines.ListEnvironments(t.Context(), admin.Workspace, admin.Repository).Collect()
	must(t, err)
	environment := environments[1] // of which only the second has variables
	ofEnvironment, err := person.Pipelines.DeploymentVariables(admin.Workspace, admin.Repository,
		string(environment.UUID)).List(t.Context()).First()
	must(t, err)
	key, err := person.DeployKeys.OnRepository(admin.Workspace, admin.Repository).List(t.Context()).First()
	must(t, err)
	ofProject, err := person.DeployKeys.OnProject(admin.Workspace, "OPS").List(t.Context()).First()
	must(t, err)
	return exchanges.IDs{
		Workspace: admin.Workspace, Repository: admin.Repository,
		Project: "OPS", Group: "release-managers",
		Self: admin.UserUUID, Other: string(granted.User.UUID), Email: me.Email,
		Variable: string(variable.UUID), UserVariable: string(own.UUID), SSHKey: string(ssh.UUID),
		RepositoryVariable: string(ofRepository.UUID), Environment: string(environment.UUID),
		DeploymentVariable: string(ofEnvironment.UUID), DeployKey: key.ID, ProjectDeployKey: ofProject.ID,
		GPGKey: gpg.Fingerprint, AppKey: "demo-app", Property: "settings", Search: "main",
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A tape keeps the bodies of answers.
type tape struct {
	next   http.RoundTripper
	bodies [][]byte
}

func (t *tape) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	t.bodies = append(t.bodies, body)
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, err
}
