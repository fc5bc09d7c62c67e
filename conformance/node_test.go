package conformance

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// run runs a script with the address of a server and the credentials of its administrator, and reads
// what it prints. The scripts need packages for node: without node the test is skipped, but not in CI.
func run(t *testing.T, script, base string, admin bitbuckettest.Credentials, into any) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	if _, err := os.Stat("node_modules"); err != nil {
		install := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit",
			"--no-fund")
		if out, err := install.CombinedOutput(); err != nil {
			t.Fatalf("npm ci: %v\n%s", err, out)
		}
	}
	cmd := exec.CommandContext(t.Context(), "node", script)
	cmd.Env = append(os.Environ(), "BASE_URL="+base+"/2.0", "EMAIL="+admin.Email,
		"API_TOKEN="+admin.APIToken)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, into); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// The client of Backstage, which finds catalogue files by code search in a workspace.
func TestBackstage(t *testing.T) {
	srv, base, admin := serve(t)
	var read struct{ Found, Paged, Repositories, Projects []string }
	run(t, "backstage.mjs", base, admin, &read)
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

// The client "bitbucket" for node, which is made from Bitbucket's own document.
func TestNodeBitbucket(t *testing.T) {
	srv, base, admin := serve(t)
	var read struct {
		Me, Label                                                 string
		Members, Projects, Rights, Keys, Grants, Variables, Found int
		Emails, Deploy, Environments                              []string
		Secured                                                   bool
	}
	run(t, "nodebitbucket.mjs", base, admin, &read)
	if read.Me != "amber-fox" || read.Label != "newer" || !read.Secured ||
		!slices.Equal(read.Emails, []string{admin.Email}) {
		t.Errorf("%+v", read)
	}
	rights := 0
	for _, u := range srv.Users() {
		if srv.Permission("acme", "plat-api", u.UUID) != "" {
			rights++
		}
	}
	if read.Members != len(srv.Members("acme")) || read.Projects != 6 || read.Rights != rights ||
		read.Keys != len(srv.SSHKeys("amber-fox")) || read.Grants != 1 || read.Variables != 2 ||
		read.Found != 6 {
		t.Errorf("%+v", read)
	}
	if !slices.Equal(read.Deploy, []string{"build agent"}) ||
		!slices.Equal(read.Environments, []string{"Test", "Production"}) {
		t.Errorf("%+v", read)
	}
	wantNoFailures(t, srv)
}
