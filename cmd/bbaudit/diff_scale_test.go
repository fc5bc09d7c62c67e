package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

// largeReport writes a report of largePermissions permissions, each granted in person, and returns
// its file. No two people may do the same.
func largeReport(t *testing.T, name string, permission bitbucket.Permission, verdict access.Verdict) string {
	t.Helper()
	r := report.New(false)
	r.Run.Started = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	r.Settings.Workspaces = []string{"big"}
	w := access.Workspace{
		Asked:        "big",
		Slug:         "big",
		UUID:         "{b}",
		Coverage:     []access.Coverage{},
		People:       []access.Person{},
		Groups:       []access.Group{},
		Projects:     []access.Project{{Key: "P", UUID: "{p}"}},
		Repositories: []access.Repository{},
		Variables:    []access.Variable{},
		Invitations:  []access.Invitation{},
	}
	for _, source := range access.Sources() {
		c := access.Coverage{List: source.Name, Places: 1, Verdict: access.Whole}
		if source.Name == access.Permissions {
			c.Verdict = verdict
		}
		if source.Name != access.RepoPermissions && source.On != access.KindAccount {
			w.Coverage = append(w.Coverage, c)
		}
	}
	for i := range largeRepos {
		slug := fmt.Sprintf("repository-%06d", i)
		w.Repositories = append(
			w.Repositories,
			access.Repository{Slug: slug, UUID: "{" + slug + "}", Project: "P"},
		)
	}
	each := largePermissions / largeUsers
	for i := range largeUsers {
		id := fmt.Sprintf("{%08d-0000-4000-8000-000000000000}", i)
		p := access.Person{
			ID: id, UUID: id, Name: fmt.Sprintf("User %d", i), Type: "user", Role: "member", Identified: true,
			TwoStep: new(true), Permissions: []access.Holding{},
		}
		h := access.Holding{Permission: permission}
		for j := range each {
			at := &w.Repositories[(i+j*(largeRepos/each))%largeRepos]
			h.Repositories = append(h.Repositories, at.Slug)
			at.Grants = append(at.Grants, access.Grant{User: id, Permission: permission})
		}
		slices.Sort(h.Repositories)
		if verdict == access.Whole {
			p.Permissions = append(p.Permissions, h)
		}
		w.People = append(w.People, p)
	}
	w.Complete = verdict == access.Whole
	r.Access.Workspaces = []access.Workspace{w}
	r.Settle()
	text, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return write(t, name, string(text))
}

// TestMemoryOfDiff compares reports of 200,000 permissions each, in a process of its own: where
// nothing changed, where every permission did, and where one report has none of them.
func TestMemoryOfDiff(t *testing.T) {
	read := largeReport(t, "read.json", bitbucket.PermissionRead, access.Whole)
	admin := largeReport(t, "admin.json", bitbucket.PermissionAdmin, access.Whole)
	refused := largeReport(t, "refused.json", bitbucket.PermissionRead, access.Refused)
	for _, test := range []struct {
		old, new, format string
		code             int
		want             string
	}{
		{read, read, "table", exitOK, "Nothing changed."},
		{read, admin, "json", exitOK, `"kind": "bbaudit diff"`},
		{read, admin, "html", exitOK, fmt.Sprintf("Access gained (%d)", largePermissions)},
		{read, refused, "json", exitIncomplete, fmt.Sprintf("%d not known: the new report has permissions: refused", largePermissions)},
	} {
		out := filepath.Join(t.TempDir(), "diff")
		cmd := exec.Command(os.Args[0], "diff", test.old, test.new, "-format", test.format, "-out", out)
		cmd.Env = append(os.Environ(), "TEST_RUN_AS_PROGRAM=1")
		var said strings.Builder
		cmd.Stderr = &said
		began := time.Now()
		_ = cmd.Run()
		took := time.Since(began)
		text := string(must(os.ReadFile(out)))
		if code := cmd.ProcessState.ExitCode(); code != test.code || !strings.Contains(text, test.want) {
			t.Errorf("%s: exit code %d, want %d, %d bytes without %q: %.300s",
				test.format, code, test.code, len(text), test.want, said.String())
		}
		var peak int
		if _, rest, ok := strings.Cut(said.String(), "peak memory:"); ok {
			_, _ = fmt.Sscan(rest, &peak)
		}
		t.Logf("%s to %s as %s: %d bytes, %v, %d kB", filepath.Base(test.old), filepath.Base(test.new),
			test.format, len(text), took.Round(10*time.Millisecond), peak)
		if peak == 0 && runtime.GOOS == "linux" {
			t.Error("nobody said how much memory it took")
		}
		if peak > largeDiffMemory {
			t.Errorf("%s took %d kB, and %d are allowed", test.format, peak, largeDiffMemory)
		}
	}
}
