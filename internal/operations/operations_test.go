package operations_test

import (
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/internal/operations"
)

func TestEveryRowIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, op := range operations.All() {
		name := op.Method + " " + op.Pattern
		if seen[name] || op.Call != "" && seen[op.Call] {
			t.Errorf("%s (%s) is there twice", name, op.Call)
		}
		seen[name], seen[op.Call] = true, true
		if op.State == "" || op.Credentials == 0 {
			t.Errorf("%s: state %q, credentials %b", name, op.State, op.Credentials)
		}
		if (op.State == operations.Removed) != (op.Replacement != "") {
			t.Errorf("%s is %s and replaced by %q", name, op.State, op.Replacement)
		}
		for _, scope := range op.Granular {
			if !strings.HasSuffix(scope, ":bitbucket") || !op.Credentials.Has(operations.APIToken) {
				t.Errorf("%s: scope %s, credentials %v", name, scope, op.Credentials)
			}
		}
	}
}

func TestMatch(t *testing.T) {
	for _, tc := range []struct{ method, path, want string }{
		{"GET", "/2.0/user", "Users.Current"},
		{"HEAD", "/2.0/user", "Users.Current"},
		{"GET", "/2.0/user/?fields=uuid", "Users.Current"},
		{"GET", "/2.0/users/%7Bu%7D", "Users.Get"},
		{"GET", "/2.0/users/", ""},
		{"GET", "/2.0/users//ssh-keys", ""},
		{"DELETE", "/2.0/users/u/ssh-keys/k", "SSHKeys.Delete"},
		{"DELETE", "/2.0/users/u/ssh-keys/k/more", ""},
		{"PATCH", "/2.0/user", ""},
		{"GET", "2.0/user", ""},
		{"GET", "", ""},
	} {
		op, ok := operations.Match(tc.method, tc.path)
		if op.Call != tc.want || ok != (tc.want != "") {
			t.Errorf("%s %s: %q, want %q", tc.method, tc.path, op.Call, tc.want)
		}
		if found, ok := operations.Find(op.Method, op.Pattern); ok != (tc.want != "") || found.Call != op.Call {
			t.Errorf("%s %s: Find says %q", op.Method, op.Pattern, found.Call)
		}
	}
}

func TestCredentialsReadLikeASentence(t *testing.T) {
	for set, want := range map[operations.Credentials]string{
		0:                   "",
		operations.APIToken: "an API token",
		operations.People:   "an API token or an OAuth token",
		operations.People | operations.WorkspaceToken: "an API token, an OAuth token or a workspace access token",
	} {
		if got := set.String(); got != want {
			t.Errorf("%b: %q, want %q", set, got, want)
		}
	}
}
