package main

import (
	"encoding/csv"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// update is set by go test -update: the golden files are written anew.
func update() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}

func TestMain(m *testing.M) {
	flag.Bool("update", false, "write the golden files")
	os.Exit(m.Run())
}

// small is a workspace in which everything is there once, with names that mean harm.
func small(t *testing.T) *bitbuckettest.Server {
	t.Helper()
	s := bitbuckettest.New()
	const ws = "acme"
	for _, u := range []bitbuckettest.User{
		{Nickname: "ada", DisplayName: "Ada", Has2FAEnabled: new(true)},
		{Nickname: "bob", DisplayName: `=HYPERLINK("http://evil.example","Bob")`, Has2FAEnabled: new(false)},
		{Nickname: "eve", DisplayName: "\x1b[31mEve\x07 \u202eeve\u009b2J", Has2FAEnabled: new(false), Status: "inactive"},
		{Nickname: "sam1", DisplayName: "Sam", Has2FAEnabled: new(true)},
		{Nickname: "sam2", DisplayName: "Sam"},
		{Nickname: "robot", DisplayName: "Robot", Type: "app_user"},
		{Nickname: "gone", DisplayName: "Gone"},
	} {
		s.AddUser(u)
	}
	s.AddWorkspace(bitbuckettest.Workspace{Slug: ws})
	s.AddMember(ws, bitbuckettest.Member{User: "ada", Role: "owner"})
	for _, nickname := range []string{"bob", "eve", "sam1", "sam2", "robot"} {
		s.AddMember(ws, bitbuckettest.Member{User: nickname})
	}
	s.AddProject(ws, bitbuckettest.Project{Key: "ONE"})
	s.AddProject(ws, bitbuckettest.Project{Key: "TWO"})
	s.AddRepository(ws, bitbuckettest.Repository{Slug: "site", Project: "ONE", Public: true})
	s.AddRepository(ws, bitbuckettest.Repository{Slug: "api", Project: "TWO"})
	s.AddGroup(ws, bitbuckettest.Group{Name: "@Developers", Members: []string{"sam1"}})
	s.GrantProjectGroup(ws, "TWO", "@developers", "write")
	s.GrantProject(ws, "ONE", "bob", "create-repo")
	s.GrantRepository(ws, "site", "bob", "read")
	s.GrantRepository(ws, "api", "bob", "admin")
	s.GrantRepository(ws, "api", "eve", "write")
	s.GrantRepository(ws, "api", "robot", "read")
	s.GrantRepository(ws, "site", "gone", "admin")
	return s
}

func TestFormats(t *testing.T) {
	for _, format := range []string{"table", "csv", "json"} {
		t.Run(format, func(t *testing.T) {
			server := small(t)
			p := asAdmin(t, server, "ada")
			synctest.Test(t, func(t *testing.T) {
				got := p.call(t.Context(), "-workspace", "acme", "-explicit", "-format", format, "-max-admins", "1", "-max-admin-of", "0")
				if got.code != exitOK {
					t.Fatalf("exit code %d: %s", got.code, got.stderr)
				}
				golden(t, "small."+format, got.stdout)
				if i := strings.IndexFunc(got.stdout, func(r rune) bool { return r != '\n' && unprintable(r) }); i >= 0 {
					t.Errorf("the report has a character that a terminal may obey: %q", got.stdout[i:i+10])
				}
			})
			query := server.Requests()[0].RawQuery
			if !strings.Contains(query, "%2Bvalues.user.has_2fa_enabled") || !strings.Contains(query, "pagelen=100") {
				t.Errorf("the list of members was asked for with %s", query)
			}
		})
	}
}

// golden compares a text with a file, or writes the file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if update() {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the report differs from %s (go test -update writes it anew):\n%s", path, got)
	}
}

func TestCSVGuard(t *testing.T) {
	for cell, want := range map[string]string{
		"":           "",
		"plat-api":   "plat-api",
		"=1+1":       "'=1+1",
		"+1":         "'+1",
		"-1":         "'-1",
		"@SUM(A1)":   "'@SUM(A1)",
		"\t=1":       `\t=1`, // an escape by then
		"＝1":         "'＝1",
		"a=1":        "a=1",
		"{uuid}":     "{uuid}",
		"a,\"b\"; c": "a,\"b\"; c",
	} {
		if got := guard(clean(cell)); got != want {
			t.Errorf("%q is written as %q, want %q", cell, got, want)
		}
	}
	if got := guard("\t=1"); got != "'\t=1" {
		t.Errorf("a cell that begins with a tab is written as %q", got)
	}
}

func TestCSVIsOneTable(t *testing.T) {
	p, _ := demo(t)
	synctest.Test(t, func(t *testing.T) {
		got := p.call(t.Context(), "-explicit", "-format", "csv")
		rows, err := csv.NewReader(strings.NewReader(got.stdout)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		kinds := map[string]int{}
		for _, row := range rows[1:] {
			kinds[row[1]]++
			if row[0] != "false" {
				t.Errorf("row %q of a whole report is marked as partial", row)
			}
		}
		want := expect(t)
		if kinds["audit"] != 1 || kinds["role"] != want.members || kinds["permission"] != want.permissions || kinds["grant"] == 0 {
			t.Errorf("rows by kind: %v, want %d roles and %d permissions", kinds, want.members, want.permissions)
		}
	})
}

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"Ada Löwe 愛":              "Ada Löwe 愛",
		"a\x1b]0;title\x07b":      `a\x1b]0;title\ab`,
		"a\nb":                    `a\nb`,
		"user\u202egnp.exe":       `user\u202egnp.exe`,
		"no\u00a0break\u2003wide": "no break wide",
		"\u009b2J":                `\u009b2J`,
		"broken \xff":             "broken \ufffd",
	} {
		if got := clean(text); got != want {
			t.Errorf("%q is written as %q, want %q", text, got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	words := strings.Fields("alpha beta gamma delta epsilon")
	if got, want := wrap(words, 12), []string{"alpha, beta,", "gamma,", "delta,", "epsilon"}; !slices.Equal(got, want) {
		t.Errorf("wrapped as %q, want %q", got, want)
	}
	if got := wrap(nil, 12); got != nil {
		t.Errorf("nothing is wrapped as %q", got)
	}
}
