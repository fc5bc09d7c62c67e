package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestParseBudget(t *testing.T) {
	for text, want := range map[string]struct{ addr, key, user, password, tls string }{
		"redis://cache.example/team/audit":     {addr: "cache.example:6379", key: "team/audit"},
		"redis://[::1]:7000/team":              {addr: "[::1]:7000", key: "team"},
		"rediss://ada:s%40crt@cache.example/k": {"cache.example:6379", "k", "ada", "s@crt", "cache.example"},
	} {
		b, err := parseBudget(text)
		if err != nil || b.at == nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		tls := ""
		if b.at.TLSConfig != nil {
			tls = b.at.TLSConfig.ServerName
		}
		if b.at.Addr != want.addr || b.key != want.key || b.at.Username != want.user ||
			b.at.Password != want.password ||
			tls != want.tls {
			t.Errorf(
				"%s: %s, key %q, user %q, TLS %q; want %+v",
				text,
				b.at.Addr,
				b.key,
				b.at.Username,
				tls,
				want,
			)
		}
	}
	if b, err := parseBudget("file:/a b"); err != nil || b.file != "/a b" {
		t.Errorf("file: %+v, %v", b, err)
	}
	if b, err := parseBudget(""); err != nil || !b.isDefault() {
		t.Errorf("nothing: %+v, %v", b, err)
	}
	for _, text := range []string{"all", "file", "http://host/key", "redis:key", "redis:///key", "redis://host", "redis://host:no/key"} {
		if _, err := parseBudget(text); err == nil {
			t.Errorf("%s is taken for a budget", text)
		}
	}
}

func TestRunsShareTheBudgetOfAFile(t *testing.T) {
	at := "file:" + filepath.Join(t.TempDir(), "budget")
	synctest.Test(t, func(t *testing.T) {
		today()
		b, server := asDemoAdmin(t)
		b.call(t.Context(), "-workspace", "acme", "-throttle", at)
		spent := server.Calls()
		second := b.call(t.Context(), "-workspace", "acme", "-throttle", at)
		if want := fmt.Sprintf("(%d of %d calls in 30m are free)", budgetCalls-spent, budgetCalls); !strings.Contains(
			second.stderr,
			want,
		) {
			t.Errorf("the second run should say %q: %s", want, second.stderr)
		}
	})
}

func TestDefaultBudgetIsAFileForTheAccount(t *testing.T) {
	files := map[string]bool{}
	run := func(user string) {
		cache := t.TempDir()
		var token bitbuckettest.APIToken
		synctest.Test(t, func(t *testing.T) {
			today()
			server := bitbuckettest.Demo()
			server.IssueAPIToken(user) // so that the next one is another one
			token = server.IssueAPIToken(user)
			b := bench{transport: server, env: environment{
				"BITBUCKET_EMAIL=" + token.Email, "BITBUCKET_API_TOKEN=" + token.Token,
				"XDG_CACHE_HOME=" + cache,
			}}
			b.call(t.Context(), "-workspace", "acme", "-max-calls", "2")
		})
		found, err := filepath.Glob(filepath.Join(cache, "bitbucket", "budget-*[0-9a-f]"))
		if err != nil || len(found) != 1 {
			t.Fatalf("the cache folder holds %q, %v", found, err)
		}
		text, err := os.ReadFile(found[0])
		if err != nil {
			t.Fatal(err)
		}
		if name := found[0] + string(text); strings.Contains(name, token.Token) ||
			strings.Contains(name, token.Email) {
			t.Errorf("%s gives the credential away:\n%s", found[0], text)
		}
		files[filepath.Base(found[0])] = true
	}
	run("amber-fox")
	run("amber-fox") // another token of the same user
	if len(files) != 1 {
		t.Errorf("two tokens of a user have budgets of their own: %v", files)
	}
	run("birch-fox")
	if len(files) != 2 {
		t.Errorf("two users share a budget: %v", files)
	}
}

func TestBudgetThatCannotBeUsed(t *testing.T) {
	damaged := filepath.Join(t.TempDir(), "budget")
	if err := os.WriteFile(damaged, []byte("shopping list"), 0o600); err != nil {
		t.Fatal(err)
	}
	for spec, want := range map[string]string{
		"file:" + damaged:                        damaged,
		"redis://user:hidden@127.0.0.1:1/budget": "Redis is not available",
	} {
		b, server := asDemoAdmin(t)
		got := b.call(t.Context(), "-workspace", "acme", "-throttle", spec)
		if got.code != exitFailed || got.stdout != "" || server.Calls() > 0 ||
			strings.Count(got.stderr, "\n") != 1 ||
			!strings.Contains(got.stderr, want) ||
			strings.Contains(got.stderr, "hidden") {
			t.Errorf("exit code %d, stderr %q, want one line with %q", got.code, got.stderr, want)
		}
	}
}

func TestPublishedLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, server := asDemoAdmin(t)
		got := b.call(t.Context(), "-workspace", "acme", "-explicit", "-throttle", "published")
		if server.Calls() != 553 || strings.Contains(got.stderr, "next free slot") {
			t.Errorf("exit code %d, %d calls: %s", got.code, server.Calls(), got.stderr)
		}
	})
}
