package openapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func (s *stage) testWrongValues(t *testing.T) {
	b := s.open(t)
	person, app := b.person(t), b.app(t)
	mine, acme := app.Pipelines.UserVariables(b.self), person.Pipelines.WorkspaceVariables("acme")
	tests := map[string]func(ctx context.Context) error{
		"SSH key that is none": func(ctx context.Context) error {
			_, err := person.SSHKeys.Add(ctx, b.self, bitbucket.NewSSHKey{Key: "no key"})
			return err
		},
		"SSH key that has expired": func(ctx context.Context) error {
			_, err := person.SSHKeys.Add(ctx, b.self, bitbucket.NewSSHKey{
				Key:       newSSHKey,
				ExpiresOn: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
			})
			return err
		},
		"GPG key that is none": func(ctx context.Context) error {
			_, err := person.GPGKeys.Add(ctx, b.self, bitbucket.NewGPGKey{
				Key:  "no key",
				Name: bitbucket.Set("x"),
			})
			return err
		},
		"own variable with a wrong key": func(ctx context.Context) error {
			_, err := mine.Create(ctx, bitbucket.NewVariable{Key: "1 key"})
			return err
		},
		"variable with a wrong key": func(ctx context.Context) error {
			_, err := acme.Create(ctx, bitbucket.NewVariable{Key: "1 key"})
			return err
		},
		"own variable with a new wrong key": func(ctx context.Context) error {
			_, err := mine.Update(ctx, b.ownVariable, bitbucket.VariableUpdate{Key: bitbucket.Set("1 key")})
			return err
		},
		"variable with a new wrong key": func(ctx context.Context) error {
			_, err := acme.Update(ctx, b.variable, bitbucket.VariableUpdate{Key: bitbucket.Set("1 key")})
			return err
		},
		"variables of a repository": func(ctx context.Context) error {
			return plainly(ctx, person, "POST", "/2.0/repositories/acme/site-01/pipelines_config/variables",
				"key", "1 key")
		},
		"variable of a repository": func(ctx context.Context) error {
			return plainly(ctx, person, "PUT",
				"/2.0/repositories/acme/site-01/pipelines_config/variables/"+b.repoVariable, "key", "1 key")
		},
		"variables of an environment": func(ctx context.Context) error {
			return plainly(ctx, person, "POST", b.deployments(), "key", "1 key")
		},
		"variable of an environment": func(ctx context.Context) error {
			return plainly(ctx, person, "PUT", b.deployments()+"/"+b.deployVariable, "key", "1 key")
		},
		"deploy key of a repository": func(ctx context.Context) error {
			return plainly(ctx, person, "POST", "/2.0/repositories/acme/site-01/deploy-keys", "key", "none")
		},
		"deploy key of a project": func(ctx context.Context) error {
			return plainly(ctx, person, "POST", "/2.0/workspaces/acme/projects/WEB/deploy-keys", "key",
				"none")
		},
		"owner on a repository": func(ctx context.Context) error {
			_, err := person.Permissions.OnRepository("acme", b.repo).
				SetUser(ctx, b.self, bitbucket.PermissionRead)
			return err
		},
		"owner on a project": func(ctx context.Context) error {
			_, err := person.Permissions.OnProject("acme", b.project).
				SetUser(ctx, b.self, bitbucket.PermissionCreateRepo)
			return err
		},
	}
	for name, call := range tests {
		t.Run(name, func(t *testing.T) {
			wantStatus(t, call(t.Context()), bitbucket.ErrBadRequest, http.StatusBadRequest)
		})
	}
}

// plainly sends an object with one member to a path whose braces are not escaped yet.
func plainly(ctx context.Context, c *bitbucket.Client, method, path, name string, value any) error {
	path = strings.NewReplacer("{", "%7B", "}", "%7D").Replace(path)
	return c.Do(ctx, method, path, map[string]any{name: value}, &json.RawMessage{})
}

// deployments is where the variables of site-01's environment are.
func (b *bench) deployments() string {
	return "/2.0/repositories/acme/site-01/deployments_config/environments/" + b.environment +
		"/variables"
}

func (s *stage) testConflicts(t *testing.T) {
	b := s.open(t)
	const variables = "/2.0/repositories/acme/site-01/pipelines_config/variables"
	for name, call := range map[string]struct{ method, path string }{
		"repository": {"POST", variables}, "change in a repository": {"PUT", variables + "/" +
			b.repoVariable},
		"environment": {"POST", b.deployments()}, "change in an environment": {"PUT", b.deployments() +
			"/" + b.deployVariable},
	} {
		t.Run(name, func(t *testing.T) {
			err := plainly(t.Context(), b.person(t), call.method, call.path, "key", "Region")
			wantStatus(t, err, bitbucket.ErrConflict, http.StatusConflict)
		})
	}
	for name, at := range map[string]struct {
		variables *bitbucket.Variables
		taken     string
		uuid      string
	}{
		"own":       {b.app(t).Pipelines.UserVariables(b.self), "PAGER", b.ownVariable},
		"workspace": {b.person(t).Pipelines.WorkspaceVariables("acme"), "REGION", b.variable},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := at.variables.Create(t.Context(), bitbucket.NewVariable{Key: at.taken, Value: "x"})
			wantStatus(t, err, bitbucket.ErrConflict, http.StatusConflict)
			_, err = at.variables.Update(t.Context(), at.uuid,
				bitbucket.VariableUpdate{Key: bitbucket.Set(at.taken)})
			wantStatus(t, err, bitbucket.ErrConflict, http.StatusConflict)
		})
	}
}

func (s *stage) testPlanLimit(t *testing.T) {
	b := s.open(t)
	b.AddWorkspace(bitbuckettest.Workspace{Slug: "small", UserLimit: 1})
	b.AddMember("small", bitbuckettest.Member{User: "ann", Role: "owner"})
	b.AddMember("small", bitbuckettest.Member{User: "ben"})
	b.AddProject("small", bitbuckettest.Project{Key: "ONE"})
	b.AddRepository("small", bitbuckettest.Repository{Slug: "one"})
	b.AddGroup("small", bitbuckettest.Group{Slug: "developers", Members: []string{"ben"}})
	permissions := b.person(t).Permissions
	for name, on := range map[string]*bitbucket.PermissionConfig{
		"repository": permissions.OnRepository("small", "one"),
		"project":    permissions.OnProject("small", "ONE"),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := on.SetUser(t.Context(), b.other, bitbucket.PermissionRead)
			wantStatus(t, err, bitbucket.ErrPlanLimit, http.StatusPaymentRequired)
			_, err = on.SetGroup(t.Context(), "developers", bitbucket.PermissionRead)
			wantStatus(t, err, bitbucket.ErrPlanLimit, http.StatusPaymentRequired)
		})
	}
}
