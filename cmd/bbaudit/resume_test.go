package main

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// A deadly server answers like another one, and kills the program at a call of its choice before it
// answers that.
type deadly struct {
	handler http.Handler

	mu    sync.Mutex
	asked []string
	at    int // the call, from 1 in each run; 0 for none
	n     int
	kill  func()
}

func (d *deadly) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	d.asked = append(d.asked, r.URL.RequestURI())
	d.n++
	dies, kill := d.n == d.at, d.kill
	d.mu.Unlock()
	if dies {
		kill()
		<-r.Context().Done() // the process is gone, and with it the connection
		return
	}
	d.handler.ServeHTTP(w, r)
}

// aim sets at which call of the next run it kills.
func (d *deadly) aim(at int, kill func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at, d.n, d.kill = at, 0, kill
}

// process prepares the program as a process of its own.
func process(t *testing.T, base string, token bitbuckettest.APIToken, args ...string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = []string{
		"TEST_RUN_AS_PROGRAM=1", "BITBUCKET_BASE_URL=" + base, "BITBUCKET_EMAIL=" + token.Email,
		"BITBUCKET_API_TOKEN=" + token.Token, "XDG_CACHE_HOME=" + t.TempDir(),
		"SYSTEMROOT=" + os.Getenv("SYSTEMROOT"),
	}
	return cmd
}

// TestKilledAndResumed kills the process at 20 random calls and goes on each time.
func TestKilledAndResumed(t *testing.T) {
	demo := bitbuckettest.Demo(bitbuckettest.Throttle(0, 0))
	token := demo.IssueAPIToken("amber-fox")
	server := &deadly{handler: demo}
	web := httptest.NewServer(server)
	defer web.Close()

	flags := args(
		[]string{"-workspace", "acme", "-explicit", "-format", "json", "-fail-on", "none"},
		quiet,
	)
	server.aim(0, nil)
	want, code := finish(t, process(t, web.URL, token, flags...))
	calls := len(server.asked)
	server.asked = nil

	const kills = 20
	random := rand.New(rand.NewPCG(13, 16))
	saved := filepath.Join(t.TempDir(), "checkpoint")
	flags = append(flags, "-resume", saved)
	for range kills {
		cmd := process(t, web.URL, token, flags...)
		started := make(chan struct{})
		server.aim(1+random.IntN(calls/kills), func() {
			<-started
			_ = cmd.Process.Kill()
		})
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		close(started)
		if err := cmd.Wait(); err == nil || cmd.ProcessState.Success() {
			t.Fatalf("it was not killed: %v", err)
		}
		tear(t, saved)
	}
	server.aim(0, nil)
	got, resumedCode := finish(t, process(t, web.URL, token, flags...))
	if withoutRun(t, got) != withoutRun(t, want) || code != resumedCode {
		t.Errorf("the resumed report is another one; exit codes %d and %d", code, resumedCode)
	}
	if len(server.asked) > calls+kills {
		t.Errorf(
			"%d calls in all; without kills there are %d, and each of %d kills may cost one",
			len(server.asked),
			calls,
			kills,
		)
	}
	if n := len(decode(t, got).Run.Resumed); n != kills {
		t.Errorf("the report names %d resumes, want %d", n, kills)
	}
	if _, err := os.Stat(saved); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the checkpoint of a finished run is still there: %v", err)
	}
}

// finish runs a process to its end.
func finish(t *testing.T, cmd *exec.Cmd) (stdout string, code int) {
	t.Helper()
	out, err := cmd.Output()
	if failure, ok := errors.AsType[*exec.ExitError](err); ok && failure.ExitCode() < 0 {
		t.Fatalf("%v: %s", err, failure.Stderr)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// tear adds the beginning of a line, as a write that did not come to its end would leave it.
func tear(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"entry":{"ask":{"sou`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestCheckpointOfAnotherRun holds that nothing is taken up that is of another audit.
func TestCheckpointOfAnotherRun(t *testing.T) {
	b, server := asDemoAdmin(t)
	begin := func(t *testing.T) string { // a checkpoint of five calls
		path := filepath.Join(t.TempDir(), "checkpoint")
		got := b.call(
			t.Context(),
			args([]string{"-workspace", "acme", "-max-calls", "5", "-resume", path}, quiet)...)
		if got.code != exitIncomplete {
			t.Fatalf("exit code %d: %s", got.code, got.stderr)
		}
		return path
	}
	other := asAdmin(t, server, "birch-fox")
	for _, test := range []struct {
		name   string
		with   bench
		args   []string
		change func(text string) string
		want   string
	}{
		{"workspace", b, []string{"-workspace", "AmberFox"}, nil, "of another audit"},
		{"flags", b, []string{"-workspace", "acme", "-explicit"}, nil, "of another audit"},
		{"credential", other, []string{"-workspace", "acme"}, nil, "another credential"},
		{"version", b, []string{"-workspace", "acme"}, func(s string) string {
			return strings.Replace(s, `"version":1`, `"version":2`, 1)
		}, "another version"},
		{"age", b, []string{"-workspace", "acme"}, func(s string) string {
			var head checkpointHead
			line, rest, _ := strings.Cut(s, "\n")
			if err := json.Unmarshal([]byte(line), &head); err != nil {
				t.Fatal(err)
			}
			head.Started = head.Started.Add(-checkpointLife - time.Minute)
			data, _ := json.Marshal(head)
			return string(data) + "\n" + rest
		}, "24h1m old"},
		{"another file", b, []string{"-workspace", "acme"}, func(string) string { return "shopping list\n" }, "is no checkpoint"},
		{"damage", b, []string{"-workspace", "acme"}, func(s string) string { return strings.Replace(s, `{"entry"`, `{"enrty"`, 1) }, "line 2 of the checkpoint is damaged"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := begin(t)
			if test.change != nil {
				text, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(test.change(string(text))), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			before := server.Calls()
			got := test.with.call(t.Context(), args(test.args, []string{"-resume", path}, quiet)...)
			if got.code != exitUsage || !strings.Contains(got.stderr, test.want) ||
				server.Calls() != before {
				t.Errorf(
					"exit code %d after %d calls, want %q: %s",
					got.code,
					server.Calls()-before,
					test.want,
					got.stderr,
				)
			}
		})
	}
	if got := b.call(t.Context(), args([]string{"-workspace", "acme", "-resume", begin(t), "-fail-on", "none"}, quiet)...); !strings.Contains(
		got.stderr,
		"resumed: 5 calls",
	) {
		t.Errorf("the same run is not taken up: %s", got.stderr)
	}
}
