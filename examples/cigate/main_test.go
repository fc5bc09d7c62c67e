package main

import (
	"context"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/examples/internal/credentials"
)

// try runs the gate against the demo.
func try(t *testing.T, ctx context.Context, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	for _, name := range credentials.Names() {
		t.Setenv(name, "")
	}
	var out, errs strings.Builder
	code = run(ctx, args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestGate(t *testing.T) {
	const eight = "amber-fox,birch-fox,laurel-heron,maple-heron,olive-heron,rowan-fox,sage-fox,willow-fox"
	for _, tc := range []struct {
		name string
		args []string
		code int
		out  string
	}{
		{"too many", nil, 1, "acme/web-shop has 8 admins, 5 are allowed\n"},
		{"enough", []string{"-max", "8"}, 0, "acme/web-shop: 8 admins, all is well\n"},
		{"known people", []string{"-max", "8", "-allow", eight}, 0, "acme/web-shop: 8 admins, all is well\n"},
		{"a stranger", []string{"-max", "8", "-allow", strings.TrimSuffix(eight, ",willow-fox")}, 1, `acme/web-shop: "Willow Fox" (`},
		{"no such repository", []string{"-workspace", "acme", "-repo", "gone"}, 2, ""},
		{"another repository", []string{"-repo", "plat-api", "-max", "6"}, 0, "acme/plat-api: 6 admins, all is well\n"},
		{"no flag", []string{"-x"}, 2, ""},
		{"help", []string{"-h"}, 0, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			code, stdout, stderr := try(t, t.Context(), tc.args...)
			if code != tc.code || !strings.HasPrefix(stdout, tc.out) || tc.out == "" && stdout != "" {
				t.Errorf("code %d, %q, %q", code, stdout, stderr)
			}
			if code == 2 && stderr == "" {
				t.Error("it does not say why")
			}
		})
	}
}

func TestGateThatIsInterruptedCannotTell(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if code, _, stderr := try(t, ctx); code != 2 || !strings.Contains(stderr, "context canceled") {
		t.Errorf("code %d, %q", code, stderr)
	}
}
