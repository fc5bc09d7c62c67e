package bitbuckettest_test

import (
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// operations are those of Bitbucket's own document of the user surface.
const operations = `
GET /repositories/{workspace}/{repo_slug}/permissions-config/users
DELETE /repositories/{workspace}/{repo_slug}/permissions-config/users/{selected_user_id}
GET /repositories/{workspace}/{repo_slug}/permissions-config/users/{selected_user_id}
PUT /repositories/{workspace}/{repo_slug}/permissions-config/users/{selected_user_id}
GET /user
GET /user/emails
GET /user/emails/{email}
GET /user/permissions/repositories
GET /user/permissions/workspaces
GET /users/{selected_user}
GET /users/{selected_user}/pipelines_config/variables
POST /users/{selected_user}/pipelines_config/variables
GET /users/{selected_user}/pipelines_config/variables/{variable_uuid}
PUT /users/{selected_user}/pipelines_config/variables/{variable_uuid}
DELETE /users/{selected_user}/pipelines_config/variables/{variable_uuid}
PUT /users/{selected_user}/properties/{app_key}/{property_name}
DELETE /users/{selected_user}/properties/{app_key}/{property_name}
GET /users/{selected_user}/properties/{app_key}/{property_name}
GET /users/{selected_user}/search/code
GET /users/{selected_user}/ssh-keys
POST /users/{selected_user}/ssh-keys
DELETE /users/{selected_user}/ssh-keys/{key_id}
GET /users/{selected_user}/ssh-keys/{key_id}
PUT /users/{selected_user}/ssh-keys/{key_id}
GET /workspaces/{workspace}/projects/{project_key}/permissions-config/users
DELETE /workspaces/{workspace}/projects/{project_key}/permissions-config/users/{selected_user_id}
GET /workspaces/{workspace}/projects/{project_key}/permissions-config/users/{selected_user_id}
PUT /workspaces/{workspace}/projects/{project_key}/permissions-config/users/{selected_user_id}`

func TestRoutes(t *testing.T) {
	states := map[string]bitbuckettest.State{}
	for _, r := range bitbuckettest.New().Routes() {
		name := r.Method + " " + r.Pattern
		if _, twice := states[name]; twice {
			t.Errorf("%s is there twice", name)
		}
		states[name] = r.State
	}
	for line := range strings.SplitSeq(strings.TrimSpace(operations), "\n") {
		method, path, _ := strings.Cut(line, " ")
		if states[method+" /2.0"+path] == "" {
			t.Errorf("no route for %s", line)
		}
	}
	for name, want := range map[string]bitbuckettest.State{
		"GET /2.0/user": bitbuckettest.Current,
		"GET /2.0/users/{selected_user}/search/code":               bitbuckettest.Deprecated,
		"GET /2.0/user/permissions/workspaces":                     bitbuckettest.Removed,
		"GET /2.0/workspaces":                                      bitbuckettest.Removed,
		"DELETE /2.0/users/{selected_user}/gpg-keys/{fingerprint}": bitbuckettest.Current,
		"PUT /2.0/workspaces/{workspace}/projects/{project_key}/permissions-config/groups/{group_slug}": bitbuckettest.Current,
	} {
		if states[name] != want {
			t.Errorf("%s is %q, want %q", name, states[name], want)
		}
	}
}

// Every route that is there refuses a call without credentials, but for GET
// /2.0/users/{selected_user}.
func TestRoutesWantCredentials(t *testing.T) {
	srv := small()
	c := inProcess(t, srv)
	for _, r := range srv.Routes() {
		want := 401
		switch {
		case r.Pattern == "/2.0/users/{selected_user}":
			want = 404
		case r.State == bitbuckettest.Removed:
			want = 410
		}
		path := strings.NewReplacer("{", "", "}", "").Replace(r.Pattern)
		if a := c.do(r.Method, path, ""); a.status != want {
			t.Errorf("%s %s: %d, want %d: %s", r.Method, r.Pattern, a.status, want, a.body)
		}
	}
}
