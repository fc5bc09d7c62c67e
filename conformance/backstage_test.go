package conformance

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"testing"
)

// The client of Backstage, which finds catalogue files by code search in a workspace. It is a
// package for node: without node the test is skipped, but not in CI.
func TestBackstage(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	if _, err := os.Stat("node_modules"); err != nil {
		if out, err := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit",
			"--no-fund").
			CombinedOutput(); err != nil {
			t.Fatalf("npm ci: %v\n%s", err, out)
		}
	}
	srv, base, admin := serve(t)
	cmd := exec.CommandContext(t.Context(), "node", "backstage.mjs")
	cmd.Env = append(os.Environ(), "BASE_URL="+base+"/2.0", "EMAIL="+admin.Email,
		"API_TOKEN="+admin.APIToken)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var read struct{ Found, Paged, Repositories, Projects []string }
	if err := json.Unmarshal(out, &read); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if len(read.Found) != 6 || read.Found[0] != "acme/plat-api cmd/plat/main.go" {
		t.Errorf("found %q", read.Found)
	}
	if len(read.Paged) != 6 {
		t.Errorf("found in pages of two %q", read.Paged)
	}
	if len(read.Repositories) != 21 || read.Repositories[0] != "web-worker" {
		t.Errorf("repositories %q", read.Repositories)
	}
	if !slices.Equal(read.Projects, []string{"PLAT", "PAY", "WEB", "MOB", "DATA", "OPS"}) {
		t.Errorf("projects %q", read.Projects)
	}
	wantNoFailures(t, srv)
}
