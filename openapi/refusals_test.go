package openapi

import (
	"context"
	"net/http"
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
			_, err := person.SSHKeys.Add(ctx, b.self, bitbucket.NewSSHKey{Key: newSSHKey, ExpiresOn: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)})
			return err
		},
		"GPG key that is none": func(ctx context.Context) error {
			_, err := person.GPGKeys.Add(ctx, b.self, bitbucket.NewGPGKey{Key: "no key", Name: bitbucket.Set("x")})
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
		"owner on a repository": func(ctx context.Context) error {
			_, err := person.Permissions.OnRepository("acme", b.repo).SetUser(ctx, b.self, bitbucket.PermissionRead)
			return err
		},
		"owner on a project": func(ctx context.Context) error {
			_, err := person.Permissions.OnProject("acme", b.project).SetUser(ctx, b.self, bitbucket.PermissionCreateRepo)
			return err
		},
	}
	for name, call := range tests {
		t.Run(name, func(t *testing.T) {
			wantStatus(t, call(t.Context()), bitbucket.ErrBadRequest, http.StatusBadRequest)
		})
	}
}

func (s *stage) testConflicts(t *testing.T) {
	b := s.open(t)
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
			_, err = at.variables.Update(t.Context(), at.uuid, bitbucket.VariableUpdate{Key: bitbucket.Set(at.taken)})
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
		"repository": permissions.OnRepository("small", "one"), "project": permissions.OnProject("small", "ONE"),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := on.SetUser(t.Context(), b.other, bitbucket.PermissionRead)
			wantStatus(t, err, bitbucket.ErrPlanLimit, http.StatusPaymentRequired)
			_, err = on.SetGroup(t.Context(), "developers", bitbucket.PermissionRead)
			wantStatus(t, err, bitbucket.ErrPlanLimit, http.StatusPaymentRequired)
		})
	}
}
