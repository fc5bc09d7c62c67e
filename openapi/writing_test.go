package openapi

import (
	"net/http"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket"
)

func TestVariablesComeAndGo(t *testing.T) {
	onBothStages(t, func(t *testing.T, s *stage) {
		b := s.open(t)
		for name, variables := range map[string]*bitbucket.Variables{
			"own":       b.app(t).Pipelines.UserVariables(b.self),
			"workspace": b.person(t).Pipelines.WorkspaceVariables("acme"),
		} {
			t.Run(name, func(t *testing.T) {
				made, err := variables.Create(t.Context(), bitbucket.NewVariable{Key: "EMPTY"})
				if err != nil || made.Key != "EMPTY" || made.Value != "" || made.Secured {
					t.Fatalf("created %+v, error %v", made, err)
				}
				changed, err := variables.Update(t.Context(), made.UUID.Bare(),
					bitbucket.VariableUpdate{Key: bitbucket.Set("FULL"), Value: bitbucket.Set("x")})
				if err != nil || changed.Key != "FULL" || changed.Value != "x" || changed.UUID != made.UUID {
					t.Errorf("changed to %+v, error %v", changed, err)
				}
				hidden, err := variables.Update(t.Context(), string(made.UUID),
					bitbucket.VariableUpdate{Value: bitbucket.Set("y"), Secured: bitbucket.Set(true)})
				if err != nil || hidden.Value != "" || !hidden.Secured {
					t.Errorf("secured %v, error %v", hidden, err)
				}
				if listed, err := variables.List(t.Context(), bitbucket.PageLen(1)).Collect(); err != nil ||
					len(listed) != 3 || listed[2].UUID != made.UUID {
					t.Errorf("listed %v, error %v", listed, err)
				}
				if err := variables.Delete(t.Context(), string(made.UUID)); err != nil {
					t.Errorf("deleting: %v", err)
				}
				_, err = variables.Get(t.Context(), string(made.UUID))
				wantStatus(t, err, bitbucket.ErrNotFound, http.StatusNotFound)
			})
		}
	})
}

func TestGrantsComeAndGo(t *testing.T) {
	onBothStages(t, func(t *testing.T, s *stage) {
		b := s.open(t)
		permissions := b.person(t).Permissions
		for name, at := range map[string]struct {
			on   *bitbucket.PermissionConfig
			give bitbucket.Permission
		}{
			"repository": {permissions.OnRepository("acme", "site-05"), bitbucket.PermissionAdmin},
			"project":    {permissions.OnProject("acme", "WEB"), bitbucket.PermissionCreateRepo},
		} {
			t.Run(name, func(t *testing.T) {
				if given, err := at.on.SetUser(t.Context(), b.other, at.give); err != nil ||
					given.Permission != at.give || given.User.UUID != bitbucket.UUID(b.other) {
					t.Errorf("gave %+v, error %v", given, err)
				}
				if given, err := at.on.SetGroup(t.Context(), "testers", bitbucket.PermissionRead); err != nil ||
					given.Permission != bitbucket.PermissionRead || given.Group.FullSlug != "acme:testers" {
					t.Errorf("gave %+v, error %v", given, err)
				}
				if got, err := at.on.GetUser(t.Context(), b.other); err != nil || got.Permission != at.give {
					t.Errorf("got %+v, error %v", got, err)
				}
				if err := at.on.RemoveUser(t.Context(), b.other); err != nil {
					t.Errorf("removing a user: %v", err)
				}
				if err := at.on.RemoveGroup(t.Context(), "testers"); err != nil {
					t.Errorf("removing a group: %v", err)
				}
				if got, err := at.on.GetUser(t.Context(), b.other); err != nil ||
					got.Permission != bitbucket.PermissionNone {
					t.Errorf("got %+v, error %v, want none", got, err)
				}
				if got, err := at.on.GetGroup(t.Context(), "testers"); err != nil ||
					got.Permission != bitbucket.PermissionNone {
					t.Errorf("got %+v, error %v, want none", got, err)
				}
				if left, err := at.on.ListUsers(t.Context(),
					bitbucket.Fields("values.user.uuid", "values.permission")).Collect(); err != nil ||
					len(left) > 1 || len(left) == 1 && left[0].User.UUID == bitbucket.UUID(b.other) {
					t.Errorf("left are %+v, error %v", left, err)
				}
			})
		}
		_, err := b.app(t).Permissions.OnRepository("acme", "site-05").
			SetUser(t.Context(), b.other, bitbucket.PermissionRead)
		wantStatus(t, err, bitbucket.ErrForbidden, http.StatusForbidden)
	})
}

func TestKeysComeAndGo(t *testing.T) {
	onBothStages(t, func(t *testing.T, s *stage) {
		b := s.open(t)
		c := b.person(t)
		ssh, err := c.SSHKeys.Add(t.Context(), b.self,
			bitbucket.NewSSHKey{Key: newSSHKey, Label: bitbucket.Set("desk"), ExpiresOn: farOff()})
		if err != nil || ssh.Comment != "new@desk" || ssh.Label != "desk" ||
			!ssh.ExpiresOn.Equal(farOff()) || time.Since(ssh.CreatedOn.Time) > time.Minute {
			t.Fatalf("added %+v, error %v", ssh, err)
		}
		_, err = c.SSHKeys.Add(t.Context(), b.self, bitbucket.NewSSHKey{Key: newSSHKey})
		wantStatus(t, err, bitbucket.ErrBadRequest, http.StatusBadRequest)
		if changed, err := c.SSHKeys.Update(t.Context(), b.self, ssh.UUID.Bare(),
			bitbucket.SSHKeyUpdate{Label: bitbucket.Set(""), Comment: bitbucket.Set("new")}); err != nil ||
			changed.Label != "" || changed.Comment != "new" || changed.Key != ssh.Key {
			t.Errorf("changed to %+v, error %v", changed, err)
		}
		if err := c.SSHKeys.Delete(t.Context(), b.self, string(ssh.UUID)); err != nil {
			t.Errorf("deleting an SSH key: %v", err)
		}
		_, err = c.SSHKeys.Get(t.Context(), b.self, string(ssh.UUID))
		wantStatus(t, err, bitbucket.ErrNotFound, http.StatusNotFound)

		gpg, err := c.GPGKeys.Add(t.Context(), b.self,
			bitbucket.NewGPGKey{Key: newGPGKey, Name: bitbucket.Set("new")})
		if err != nil || gpg.Name != "new" || gpg.Key != "" || gpg.Fingerprint == "" {
			t.Fatalf("added %+v, error %v", gpg, err)
		}
		parent, err := c.GPGKeys.Get(t.Context(), b.self, b.gpgKey, bitbucket.Fields("subkeys"))
		if err != nil || len(parent.Subkeys) != 1 {
			t.Fatalf("got %+v, error %v", parent, err)
		}
		wantStatus(t, c.GPGKeys.Delete(t.Context(), b.self, parent.Subkeys[0].Fingerprint),
			bitbucket.ErrForbidden, http.StatusForbidden)
		if err := c.GPGKeys.Delete(t.Context(), b.self, gpg.Fingerprint); err != nil {
			t.Errorf("deleting a GPG key: %v", err)
		}
		if left, err := c.GPGKeys.List(t.Context(), b.self).Collect(); err != nil || len(left) != 2 {
			t.Errorf("left are %+v, error %v", left, err)
		}
	})
}

func TestPropertiesComeAndGo(t *testing.T) {
	type theme struct {
		Colour string `json:"colour"`
		Sizes  []int  `json:"sizes"`
	}
	onBothStages(t, func(t *testing.T, s *stage) {
		b := s.open(t)
		c := b.app(t).Properties
		put := bitbucket.Property[theme]{
			Attributes: []bitbucket.PropertyAttribute{bitbucket.PropertyPublic, bitbucket.PropertyReadOnly},
			Value:      theme{Colour: "blue", Sizes: []int{}},
		}
		if err := c.Put(t.Context(), b.self, "my-app", "look-1", put); err != nil {
			t.Fatal(err)
		}
		var got bitbucket.Property[theme]
		if err := c.Get(t.Context(), b.self, "my-app", "look-1", &got); err != nil ||
			got.Value.Colour != "blue" || got.Value.Sizes == nil || len(got.Attributes) != 2 {
			t.Errorf("got %+v, error %v", got, err)
		}
		if err := c.Delete(t.Context(), b.self, "my-app", "look-1"); err != nil {
			t.Errorf("deleting: %v", err)
		}
		wantStatus(t, c.Get(t.Context(), b.self, "my-app", "look-1", &got), bitbucket.ErrNotFound,
			http.StatusNotFound)
	})
}
