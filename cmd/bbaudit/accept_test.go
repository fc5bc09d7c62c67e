package main

import (
	"path/filepath"
	"testing"
)

func TestAcceptRoundTrip(t *testing.T) {
	b, _ := asDemoAdmin(t)
	dir := t.TempDir()
	saved, accepted := filepath.Join(dir, "report.json"), filepath.Join(dir, "accepted.yaml")
	run := args([]string{"-workspace", "acme", "-format", "json"}, []string{"-throttle", "none"})
	b.call(t.Context(), args(run, []string{"-now", "2026-11-25", "-out", saved})...)
	for _, rule := range []string{"outsider", "admin-without-two-step"} {
		got := bench{}.call(
			t.Context(),
			"accept",
			saved,
			"-rule",
			rule,
			"-until",
			"2026-12-31",
			"-reason",
			`the "books"`,
			"-by",
			"Ada",
			"-append",
			accepted,
			"-now",
			"2026-11-25",
		)
		if got.code != exitOK {
			t.Fatalf("exit code %d: %s", got.code, got.stderr)
		}
	}
	got := b.call(
		t.Context(),
		args(run, []string{"-accept", accepted, "-now", "2026-12-31T23:59:59Z"})...)
	if got.code != exitOK {
		t.Errorf("on the last day exit code %d, want no high finding: %s", got.code, got.stderr)
	}
	if n := len(items(decode(t, got.stdout), "outsider")); n != 1 {
		t.Errorf("what was accepted is not shown any more")
	}
	got = b.call(t.Context(), args(run, []string{"-accept", accepted, "-now", "2027-01-01"})...)
	if got.code != exitFindings {
		t.Errorf("on the day after exit code %d, want %d", got.code, exitFindings)
	}
	for name, wrong := range map[string][]string{
		"too long":     {"-rule", "outsider", "-until", "2027-11-27"},
		"over already": {"-rule", "outsider", "-until", "2026-11-24"},
		"no day":       {"-rule", "outsider", "-until", "soon"},
		"no rule":      {"-rule", "nonsense", "-until", "2026-12-31"},
		"no case":      {"-rule", "deploy-key-writes", "-until", "2026-12-31"},
	} {
		call := args([]string{"accept", saved, "-reason", "r", "-by", "b", "-now", "2026-11-25"}, wrong)
		if got := (bench{}).call(t.Context(), call...); got.code != exitUsage || got.stdout != "" {
			t.Errorf("%s: exit code %d: %s", name, got.code, got.stdout)
		}
	}
}
