package store

import "testing"

// Who may do what: users by their roles and grants, tokens by what they reach, and nobody nothing.
func TestActors(t *testing.T) {
	w, users := setUp(t)
	other, err := users[0].store.AddWorkspace(WorkspaceData{Slug: "other"})
	if err != nil {
		t.Fatal(err)
	}
	w.SetMember(users[0], MemberData{Role: "owner"})
	w.SetMember(users[1], MemberData{Role: "member"})
	r0, r1 := w.Repository("r0"), w.Repository("r1")
	r0.ToUsers.Set(users[1], "write")
	app := &User{UserData: UserData{UUID: "{app}"}}
	w.AddApp(app)
	pseudo := &User{UserData: UserData{UUID: "{token}"}}
	for name, row := range map[string]struct {
		actor             *Actor
		belongs, owns     bool
		onR0, onR1        string
		variables, emails bool
	}{
		"nobody":   {nil, false, false, "", "", false, false},
		"owner":    {&Actor{User: users[0]}, true, true, "admin", "admin", true, true},
		"member":   {&Actor{User: users[1]}, true, false, "write", "", false, false},
		"stranger": {&Actor{User: users[2]}, false, false, "", "", false, false},
		"app":      {&Actor{User: app}, true, true, "admin", "admin", true, true},
		"workspace token": {
			&Actor{User: pseudo, Workspace: w}, true, false, "admin", "admin", true,
			true,
		},
		"project token": {
			&Actor{User: pseudo, Workspace: w, Project: r0.In}, true, false, "admin", "",
			false, false,
		},
		"repository token": {
			&Actor{User: pseudo, Workspace: w, Repository: r1}, true, false, "", "admin",
			false, false,
		},
		"token elsewhere": {&Actor{User: pseudo, Workspace: other}, false, false, "", "", false, false},
	} {
		a := row.actor
		if a.BelongsTo(w) != row.belongs || a.Owns(w) != row.owns ||
			a.WritesVariables(w) != row.variables || a.SeesEmails(w) != row.emails {
			t.Errorf("%s: belongs %t, owns %t, writes variables %t, sees addresses %t", name,
				a.BelongsTo(w), a.Owns(w), a.WritesVariables(w), a.SeesEmails(w))
		}
		if on0, on1 := a.Permission(r0), a.Permission(r1); on0 != row.onR0 || on1 != row.onR1 {
			t.Errorf("%s may %q and %q, want %q and %q", name, on0, on1, row.onR0, row.onR1)
		}
	}
}
