package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// largeWorkspace makes a server with the workspace big, whose owner is user-0.
func largeWorkspace(opts ...bitbuckettest.Option) *bitbuckettest.Server {
	s := bitbuckettest.New(opts...)
	s.AddWorkspace(bitbuckettest.Workspace{Slug: "big"})
	user := func(i int) string { return fmt.Sprintf("user-%d", i) }
	for i := range largeUsers {
		s.AddUser(bitbuckettest.User{Nickname: user(i), Has2FAEnabled: new(true)})
		m := bitbuckettest.Member{
			User:         user(i),
			LastAccessed: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
		}
		if i == 0 {
			m.Role = "owner"
		}
		s.AddMember("big", m)
	}
	for i := range 20 {
		s.AddProject("big", bitbuckettest.Project{Key: fmt.Sprintf("P%d", i)})
	}
	for i := range largeRepos {
		slug := fmt.Sprintf("repository-%d", i)
		s.AddRepository("big", bitbuckettest.Repository{Slug: slug, Project: fmt.Sprintf("P%d", i%20)})
		for j := range largePermissions/largeRepos - 1 {
			s.GrantRepository("big", slug, user(1+(i*37+j*51)%(largeUsers-1)), "write")
		}
	}
	return s
}

// TestMemory audits 200,000 permissions in a process of its own, from the beginning and from a
// checkpoint shortly before the end, and asks the system how much memory that took.
func TestMemory(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // of the server, whose memory nobody measures
	big := largeWorkspace(bitbuckettest.Throttle(0, 0))
	web := httptest.NewServer(big)
	defer web.Close()
	token := big.IssueAPIToken("user-0")
	saved := filepath.Join(t.TempDir(), "checkpoint")
	part := fmt.Sprint(largePermissions / 100) // of the calls that it takes
	first := process(t, web.URL, token, "-workspace", "big", "-throttle", "none",
		"-max-calls", part, "-resume", saved)
	if _, code := finish(t, first); code != exitIncomplete {
		t.Fatalf("exit code %d", code)
	}
	checkpoint := must(os.ReadFile(saved))
	for _, format := range []string{"csv", "json", "html"} {
		resume := format != "csv"
		out := filepath.Join(t.TempDir(), "report")
		cmd := process(t, web.URL, token, "-workspace", "big", "-throttle", "none",
			"-format", format, "-out", out, "-fail-on", "none")
		if resume {
			cmd.Args = append(cmd.Args, "-resume", write(t, "copy", string(checkpoint)))
		}
		var said strings.Builder
		cmd.Stderr = &said
		err := cmd.Run()
		if err != nil {
			t.Fatalf("%v: %s", err, said.String())
		}
		if resumed := strings.Contains(said.String(), "resumed: "+part+" calls"); resumed != resume {
			t.Errorf("%s resumed: %v, want %v", format, resumed, resume)
		}
		var peak int
		if _, text, ok := strings.Cut(said.String(), "peak memory:"); ok {
			_, _ = fmt.Sscan(text, &peak)
			t.Logf("%s: %d kB", format, peak)
		}
		if peak == 0 && runtime.GOOS == "linux" {
			t.Error("nobody said how much memory it took")
		}
		if peak > largeMemory {
			t.Errorf("%s took %d kB, and %d are allowed", format, peak, largeMemory)
		}
		if format != "json" {
			continue
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, p := range decode(t, string(data)).Access.Workspaces[0].People {
			for _, h := range p.Permissions {
				n += len(h.Repositories)
			}
		}
		if n != largePermissions {
			t.Errorf("%d permissions in the report, want %d", n, largePermissions)
		}
	}
}

// TestLargeWorkspaceInVirtualTime makes exactly the planned calls, is never refused by the
// throttle, and takes no longer than it has to.
func TestLargeWorkspaceInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		today()
		server := largeWorkspace(
			bitbuckettest.Latency(func() time.Duration { return 200 * time.Millisecond }),
		)
		b := asAdmin(t, server, "user-0")
		plan := b.call(t.Context(), "plan", "-workspace", "big")
		spent := server.Calls()
		began := time.Now()
		got := b.call(t.Context(), "run", "-workspace", "big", "-format", "json", "-now", "2026-11-25")
		made := server.Calls() - spent
		if want := fmt.Sprintf("%d calls: about ", made); !strings.HasPrefix(plan.stdout, want) ||
			decode(t, got.stdout).Run.Calls.Planned != made {
			t.Errorf("%d calls made, planned:\n%s", made, plan.stdout)
		}
		least := 6 // single calls, and a call for each hundred items of the long lists
		for _, n := range []int{largeUsers, largeRepos, 20, largePermissions} {
			least += (n + 99) / 100
		}
		if made != least {
			t.Errorf("%d calls made, and %d are enough", made, least)
		}
		for _, request := range server.Requests() {
			if request.Status != 200 {
				t.Fatalf("%s was answered with %d", request.Path, request.Status)
			}
		}
		if took, least := time.Since(began), time.Duration((made+spent-1)/100)*30*time.Minute; took > least+10*time.Minute {
			t.Errorf("it took %v, and %v are enough", took, least)
		}
		if !strings.Contains(got.stderr, " more calls to come: about ") {
			t.Errorf("how long it takes was not said:\n%.500s", got.stderr)
		}
	})
}
