package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

// TestMain is the program itself when a test runs it as a process.
func TestMain(m *testing.M) {
	if os.Getenv("TEST_RUN_AS_PROGRAM") != "" {
		frugal()
		code := Run(context.Background(), os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr)
		sayPeakMemory(os.Stderr)
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// A result is what a run of the program leaves behind.
type result struct {
	code           int
	stdout, stderr string
}

// A bench runs the program in process.
type bench struct {
	env       environment
	transport http.RoundTripper
	demo      func(...bitbuckettest.Option) *bitbuckettest.Server
	stdin     string
}

func (b bench) call(ctx context.Context, args ...string) result {
	var stdout, stderr bytes.Buffer
	p := &program{
		env: b.env, stdin: strings.NewReader(b.stdin), stdout: &stdout, stderr: &stderr, demo: b.demo,
		transport: b.transport,
	}
	if p.demo == nil {
		p.demo = bitbuckettest.Demo
	}
	code := p.run(ctx, args)
	return result{code, stdout.String(), stderr.String()}
}

// asAdmin talks to a server with an API token of one of its users.
func asAdmin(t *testing.T, server *bitbuckettest.Server, user string) bench {
	t.Helper()
	token := server.IssueAPIToken(user)
	return bench{
		transport: server,
		env: environment{
			"BITBUCKET_EMAIL=" + token.Email, "BITBUCKET_API_TOKEN=" + token.Token,
			"XDG_CACHE_HOME=" + t.TempDir(),
		},
	}
}

// asDemoAdmin talks to the demo as to a Bitbucket that has no throttle.
func asDemoAdmin(t *testing.T, opts ...bitbuckettest.Option) (bench, *bitbuckettest.Server) {
	t.Helper()
	server := bitbuckettest.Demo(
		append([]bitbuckettest.Option{bitbuckettest.Throttle(0, 0)}, opts...)...)
	return asAdmin(t, server, "amber-fox"), server
}

// decode reads a report in its JSON form, with its checksum.
func decode(t *testing.T, text string) *report.Report {
	t.Helper()
	r, err := report.Decode([]byte(text))
	if err != nil {
		t.Fatalf("%v\n%.300s", err, text)
	}
	return r
}

// items lists whom or what a rule found.
func items(r *report.Report, rule string) []string {
	var names []string
	for _, f := range r.Findings {
		if f.Rule == rule {
			for _, it := range f.Items {
				names = append(names, it.Subject.Name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// write makes a file of the test's own.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// withoutRun is a report without what differs between two runs that read the same.
func withoutRun(t *testing.T, text string) string {
	t.Helper()
	r := decode(t, text)
	r.Run, r.SHA256 = report.Run{}, ""
	out, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// quiet are the sources that a server without them refuses.
var quiet = []string{"-throttle", "none", "-now", "2026-11-25"}

// args puts arguments together.
func args(groups ...[]string) []string { return slices.Concat(groups...) }

// today lets the clock of a bubble, which begins in 2000, come to a day that programs believe.
func today() { time.Sleep(time.Until(time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC))) }
