package main

import (
	"context"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestInterruptedBetweenPages(t *testing.T) {
	for _, format := range []string{"table", "csv", "json"} {
		t.Run(format, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				answered := 0
				p, server := demo(t, bitbuckettest.Log(func(bitbuckettest.Request) {
					if answered++; answered == 5 {
						cancel()
					}
				}))
				got := p.call(ctx, "-format", format)
				if got.code != exitInterrupted {
					t.Fatalf("exit code %d, want %d: %s", got.code, exitInterrupted, got.stderr)
				}
				if calls := server().Calls(); calls != 5 {
					t.Errorf("%d calls, want 5", calls)
				}
				if !strings.HasSuffix(got.stderr, "bbaudit: interrupted after 5 calls: the report is partial\n") {
					t.Errorf("stderr ends otherwise:\n%s", got.stderr)
				}
				checkPartial(t, format, got.stdout)
			})
		})
	}
}

// checkPartial wants a report of four whole pages that says everywhere that it is partial.
func checkPartial(t *testing.T, format, text string) {
	t.Helper()
	switch format {
	case "table":
		lines := strings.Split(strings.TrimSpace(text), "\n")
		if lines[1] != "PARTIAL: interrupted" || !strings.HasPrefix(lines[len(lines)-1], "PARTIAL") ||
			!strings.Contains(text, "not read in whole: permissions\n") {
			t.Errorf("the table is not marked:\n%s", text)
		}
	case "csv":
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		permissions := 0
		for _, row := range rows[1:] {
			if row[0] != "true" {
				t.Errorf("row %q is not marked", row)
			}
			if row[1] == "permission" {
				permissions++
			}
		}
		if permissions < 300 || permissions >= 400 {
			t.Errorf("%d permissions, want those of 3 or 4 pages", permissions)
		}
	case "json":
		r := decode(t, text)
		if !r.Partial || r.Reason != "interrupted" || len(r.Unread) != 1 || r.Unread[0] != "permissions" {
			t.Errorf("partial %v, reason %q, unread %q", r.Partial, r.Reason, r.Unread)
		}
		// Nobody may be called idle when only some of the permissions are known.
		if f := r.find("no-access"); len(f.Items) > 0 {
			t.Errorf("a partial report says who has no access: %v", f)
		}
	}
}

func TestInterruptedWhileWaitingForTheThrottle(t *testing.T) {
	p, server := demo(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		began := time.Now()
		time.AfterFunc(4*time.Second, cancel)
		got := p.call(ctx, "-explicit", "-format", "json")
		if got.code != exitInterrupted || time.Since(began) != 4*time.Second {
			t.Errorf("exit code %d after %v: %s", got.code, time.Since(began), got.stderr)
		}
		if spent := server().Calls(); spent != budgetCalls {
			t.Errorf("%d calls, want the %d of the first window", spent, budgetCalls)
		}
		r := decode(t, got.stdout)
		if !r.Partial || len(r.Grants) == 0 || len(r.find("no-member").Items) != 1 || len(r.find("only-source").Items) != 0 {
			t.Errorf("partial %v, %d grants, findings %v", r.Partial, len(r.Grants), r.Findings)
		}
	})
}

func TestInterruptedBeforeTheFirstAnswer(t *testing.T) {
	p, server := demo(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		got := p.call(ctx)
		if got.code != exitInterrupted || server().Calls() != 0 || !strings.Contains(got.stdout, "PARTIAL: interrupted") {
			t.Errorf("exit code %d, %d calls, %q", got.code, server().Calls(), got.stdout)
		}
	})
}

func TestFailureInTheMiddle(t *testing.T) {
	p, _ := demo(t)
	whole := p.demo
	p.demo = func(opts ...bitbuckettest.Option) *bitbuckettest.Server {
		server := whole(opts...)
		server.Fail(bitbuckettest.OnPage(bitbuckettest.On("GET", "/2.0/workspaces/acme/permissions/repositories"), "7"),
			bitbuckettest.Status(403, `{"type":"error","error":{"message":"Forbidden"}}`))
		return server
	}
	path := filepath.Join(t.TempDir(), "report.json")
	synctest.Test(t, func(t *testing.T) {
		got := p.call(t.Context(), "-format", "json", "-out", path)
		lines := strings.Split(strings.TrimSpace(got.stderr), "\n")
		if got.code != exitFailed || got.stdout != "" || !strings.Contains(lines[len(lines)-1], "403 Forbidden") {
			t.Errorf("exit code %d, stdout %q, stderr %q", got.code, got.stdout, got.stderr)
		}
	})
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := decode(t, string(text))
	permissions := 0
	for _, who := range r.People {
		for _, h := range who.Permissions {
			permissions += len(h.Repositories)
		}
	}
	if !r.Partial || !strings.Contains(r.Reason, "403 Forbidden") || permissions != 600 {
		t.Errorf("partial %v, reason %q, %d permissions, want 600", r.Partial, r.Reason, permissions)
	}
}

func TestRepositoryThatGoesAway(t *testing.T) {
	server := small(t)
	p := asAdmin(t, server, "ada")
	server.Fail(bitbuckettest.On("GET", "/2.0/repositories/acme/site/*"),
		bitbuckettest.Status(404, `{"type":"error","error":{"message":"You may not have access to this repository"}}`))
	synctest.Test(t, func(t *testing.T) {
		got := p.call(t.Context(), "-workspace", "acme", "-explicit", "-format", "json")
		r := decode(t, got.stdout)
		if got.code != exitOK || r.Partial || len(r.Unread) != 1 || !strings.Contains(r.Unread[0], "site") {
			t.Errorf("exit code %d, partial %v, unread %q", got.code, r.Partial, r.Unread)
		}
		if _, ok := r.grantTo("Robot", "api"); !ok {
			t.Error("the grants on the other repository are not there")
		}
	})
}

func TestListThatLoops(t *testing.T) {
	server := small(t)
	p := asAdmin(t, server, "ada")
	server.Fail(bitbuckettest.On("GET", "/2.0/repositories/acme"), bitbuckettest.Loop())
	synctest.Test(t, func(t *testing.T) {
		got := p.call(t.Context(), "-workspace", "acme", "-explicit")
		if got.code != exitFailed || !strings.Contains(got.stderr, "page loop") || server.Calls() > 4 {
			t.Errorf("exit code %d, %d calls, stderr %q", got.code, server.Calls(), got.stderr)
		}
	})
}

func TestBrokenStandardOutput(t *testing.T) {
	p, _ := demo(t)
	synctest.Test(t, func(t *testing.T) {
		var stderr strings.Builder
		p.stdout, p.stderr = brokenWriter{}, &stderr
		if code := p.run(t.Context(), nil); code != exitFailed || !strings.Contains(stderr.String(), "no more paper") {
			t.Errorf("exit code %d, stderr %q", code, stderr.String())
		}
	})
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("no more paper") }
