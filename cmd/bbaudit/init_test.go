package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestInitWritesWhatAGateReads(t *testing.T) {
	b, _ := asDemoAdmin(t)
	path := filepath.Join(t.TempDir(), "policy.yaml")
	got := b.call(t.Context(), args([]string{"init", "-workspace", "acme", "-out", path}, quiet)...)
	if got.code != exitOK {
		t.Fatalf("exit code %d: %s", got.code, got.stderr)
	}
	judge := args([]string{"gate", "-workspace", "acme", "-policy", path}, quiet)
	if got := b.call(t.Context(), judge...); got.code != exitUsage ||
		!strings.Contains(got.stderr, "REWRITE:") {
		t.Errorf("reasons that nobody has written are read: exit code %d: %.500s", got.code, got.stderr)
	}
	text := strings.ReplaceAll(string(must(bench{}.read(path))), "REWRITE:", "on purpose:")
	judge[4] = write(t, "policy.yaml", text)
	if got := b.call(t.Context(), judge...); got.code != exitOK {
		t.Errorf(
			"it does not open with its exceptions: exit code %d: %s%.1000s",
			got.code,
			got.stdout,
			got.stderr,
		)
	}
	judge[len(judge)-1] = "2027-02-24" // the ninety-first day
	if got := b.call(t.Context(), judge...); got.code != exitUsage ||
		!strings.Contains(got.stderr, "ended on 2027-02-23") {
		t.Errorf("exit code %d after the exceptions have ended: %.300s", got.code, got.stderr)
	}
	if got := b.call(t.Context(), args([]string{"init", "-workspace", "acme", "-out", path}, quiet)...); got.code != exitUsage {
		t.Errorf("it writes over a policy: exit code %d", got.code)
	}
}
