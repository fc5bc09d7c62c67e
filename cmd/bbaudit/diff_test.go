package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/cmd/schema"
)

// saved audits a workspace of a server into a file.
func saved(t *testing.T, b bench, workspace string, more ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.json")
	run := args(
		[]string{"-workspace", workspace, "-format", "json", "-fail-on", "none", "-out", path},
		quiet,
		more,
	)
	if got := b.call(t.Context(), run...); got.code != exitOK && got.code != exitIncomplete {
		t.Fatalf("exit code %d: %s", got.code, got.stderr)
	}
	return path
}

// twoReports are one of the demo workspace and one after Holly Fox became an admin, Ivy came and
// Willow Wren went.
func twoReports(t *testing.T) (before, after string) {
	t.Helper()
	b, server := asDemoAdmin(t)
	before = saved(t, b, "acme")
	server.RemoveMember("acme", "willow-wren")
	server.GrantRepository("acme", "plat-docs", "holly-fox", "admin")
	server.AddUser(bitbuckettest.User{Nickname: "ivy", Has2FAEnabled: new(false)})
	server.AddMember("acme", bitbuckettest.Member{User: "ivy"})
	return before, saved(t, b, "acme")
}

func TestDiff(t *testing.T) {
	before, after := twoReports(t)
	diff := func(more ...string) result {
		return bench{}.call(t.Context(), args([]string{"diff", before, after}, more)...)
	}
	got := diff()
	text := strings.Join(strings.Fields(got.stdout), " ")
	for _, want := range []string{
		"ACCESS GAINED (1) + Holly Fox {", ": gained admin on plat-docs: by what is not known, project-users, project-groups, ",
		"PEOPLE (2) + ivy {", ": came, member", "- Willow Wren {", ": went, member",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, got.stdout)
		}
	}
	if got.code != exitOK || got.stderr != "" {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
	for level, want := range map[string]int{"none": exitOK, "new:high": exitOK, "new:medium": exitFindings, "new:info": exitFindings} {
		if got := diff("-fail-on", level); got.code != want {
			t.Errorf("-fail-on %s: exit code %d, want %d", level, got.code, want)
		}
	}
	if got := diff(
		"-format",
		"markdown",
	); !strings.Contains(
		got.stdout,
		"<details><summary>Access gained: 1</summary>",
	) {
		t.Errorf("nothing is folded:\n%s", got.stdout)
	}
	if got := diff(
		"-format",
		"markdown",
		"-no-fold",
	); strings.Contains(got.stdout, "<") ||
		!strings.Contains(got.stdout, "**Access gained: 1**") {
		t.Errorf("there are tags:\n%s", got.stdout)
	}
	page := filepath.Join(t.TempDir(), "diff.html")
	if got := diff("-format", "html", "-out", page); got.code != exitOK || got.stdout != "" {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
	if data := must(os.ReadFile(page)); !bytes.Contains(data, []byte("gained admin</td><td>plat-docs</td>")) {
		t.Error("the page does not say who gained what")
	}
}

func TestDiffMatchesItsSchema(t *testing.T) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(must(schema.Files.ReadFile("diff.v1.json"))))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("diff.v1.json", document); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("diff.v1.json")
	if err != nil {
		t.Fatal(err)
	}
	before, after := twoReports(t)
	b, _ := asDemoAdmin(t)
	for _, pair := range [][2]string{{before, after}, {before, before}, {after, saved(t, b, "acme", "-explicit", "-without", "groups")}} {
		got := bench{}.call(t.Context(), "diff", pair[0], pair[1], "-format", "json")
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(got.stdout))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); err != nil {
			t.Error(err)
		}
	}
}

// TestDiffOfWhatWasNotRead is not known, and ends with the code for that.
func TestDiffOfWhatWasNotRead(t *testing.T) {
	b, server := asDemoAdmin(t)
	before := saved(t, b, "acme")
	server.Fail(
		bitbuckettest.On("GET", "/2.0/workspaces/acme/permissions/repositories"),
		bitbuckettest.Status(403, "no"),
		100,
	)
	got := bench{}.call(t.Context(), "diff", before, saved(t, b, "acme"), "-fail-on", "new:info")
	if got.code != exitIncomplete ||
		strings.Contains(got.stdout, "lost") && !strings.Contains(got.stdout, "neither lost nor") ||
		strings.Contains(got.stdout, "ACCESS LOST") ||
		strings.Contains(got.stdout, "FINDINGS THAT ARE GONE") {
		t.Errorf("exit code %d:\n%s", got.code, got.stdout)
	}
	if !strings.Contains(got.stderr, "not known: the new report has permissions: refused") {
		t.Errorf("it does not say what is not known: %s", got.stderr)
	}
}

// TestDiffOfANarrowReport says nothing of what it was not asked about, whichever of the two it is.
func TestDiffOfANarrowReport(t *testing.T) {
	b, _ := asDemoAdmin(t)
	for _, flags := range [][2][]string{{nil, {"-project", "WEB"}}, {{"-repo", "web-api"}, nil}} {
		before, after := saved(t, b, "acme", flags[0]...), saved(t, b, "acme", flags[1]...)
		got := bench{}.call(t.Context(), "diff", before, after, "-format", "json")
		if got.code != exitIncomplete {
			t.Errorf("exit code %d: %s", got.code, got.stderr)
		}
		for _, word := range []string{"added", "removed", "changed", "new", "gone", "worse", "counts again"} {
			if strings.Contains(got.stdout, `"change": "`+word+`"`) {
				t.Errorf("%v: something is said to be %s, and nothing happened", flags, word)
			}
		}
	}
}

func TestDiffThatCannotBe(t *testing.T) {
	before, after := twoReports(t)
	other := bitbuckettest.New(bitbuckettest.Throttle(0, 0))
	other.AddUser(bitbuckettest.User{Nickname: "ada"})
	other.AddWorkspace(bitbuckettest.Workspace{Slug: "umbrella"})
	other.AddMember("umbrella", bitbuckettest.Member{User: "ada", Role: "owner"})
	another := saved(t, asAdmin(t, other, "ada"), "umbrella")
	demo := filepath.Join(t.TempDir(), "demo.json")
	var data []byte // of a report of the year in which bubbles begin
	synctest.Test(t, func(t *testing.T) {
		bench{}.call(t.Context(), "run", "-demo", "-throttle", "none", "-format", "json", "-out", demo)
		b, _ := asDemoAdmin(t)
		data = must(b.read(saved(t, b, "acme")))
	})
	old := write(t, "old.json", string(data))
	text := string(must(bench{}.read(before)))
	for name, test := range map[string]struct {
		args []string
		code int
		want string
	}{
		"another workspace":  {[]string{before, another}, exitUsage, "of different workspaces, acme {"},
		"the newer first":    {[]string{after, old}, exitUsage, "give the older one first"},
		"one of the demo":    {[]string{demo, after}, exitUsage, "one report is of the demo"},
		"a cut one":          {[]string{before, write(t, "cut.json", text[:len(text)/2])}, exitFailed, "give a report that bbaudit run -format json wrote"},
		"a changed one":      {[]string{before, write(t, "changed.json", strings.Replace(text, `"two_step": false`, `"two_step": true`, 1))}, exitFailed, "changed after it was written"},
		"none":               {[]string{before, before + ".none"}, exitFailed, "no such file"},
		"one":                {[]string{before}, exitUsage, "<new>"},
		"the input twice":    {[]string{"-", "-"}, exitUsage, "only one report"},
		"an unknown form":    {[]string{before, after, "-format", "csv"}, exitUsage, "it is table, json, html, markdown"},
		"an unknown level":   {[]string{before, after, "-fail-on", "high"}, exitUsage, "it is none, new:info"},
		"nowhere to put it":  {[]string{before, after, "-out", filepath.Join(before, "x")}, exitFailed, "-out"},
		"an empty argument":  {[]string{before, ""}, exitUsage, "an argument is empty"},
		"a folder as report": {[]string{before, filepath.Dir(before)}, exitFailed, "is a directory"},
	} {
		got := bench{}.call(t.Context(), args([]string{"diff"}, test.args)...)
		if got.code != test.code || got.stdout != "" || !strings.Contains(got.stderr, test.want) {
			t.Errorf("%s: exit code %d, want %d: %s%s", name, got.code, test.code, got.stdout, got.stderr)
		}
	}
	got := bench{}.call(t.Context(), "diff", demo, demo)
	if got.code != exitOK || !strings.HasPrefix(got.stdout, "DEMO: ") ||
		!strings.Contains(got.stderr, "people are invented") {
		t.Errorf("the demo is not said: exit code %d: %s%s", got.code, got.stdout, got.stderr)
	}
	got = bench{stdin: text}.call(t.Context(), "diff", "-", after)
	if got.code != exitOK || !strings.Contains(got.stdout, "ACCESS GAINED") {
		t.Errorf("a report from the standard input: exit code %d: %s", got.code, got.stderr)
	}
}

func TestExplain(t *testing.T) {
	b, server := asDemoAdmin(t)
	server.GrantRepository("acme", "plat-docs", "holly-fox", "admin")
	path := saved(t, b, "acme", "-explicit", "-project", "PLAT")
	explain := func(more ...string) result {
		return bench{}.call(t.Context(), args([]string{"explain", path}, more)...)
	}
	got := explain("holly-fox", "plat-docs")
	for _, want := range []string{
		"admin on 1 repository: plat-docs", "\n  by admin in person\n", "admin vanishes when this is done:",
		"- remove the grant in person on the repository",
	} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("it does not say %q:\n%s", want, got.stdout)
		}
	}
	if got.code != exitOK {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
	for name, test := range map[string]struct {
		args []string
		code int
		want string
	}{
		"nobody":       {[]string{"nobody"}, exitUsage, "the report knows nobody by"},
		"nowhere":      {[]string{"holly-fox", "missing"}, exitUsage, "no workspace, project or repository"},
		"a shown name": {[]string{"Holly Fox"}, exitUsage, "say whom by UUID"},
		"no user":      {nil, exitUsage, "<user>"},
	} {
		if got := explain(
			test.args...); got.code != test.code || !strings.Contains(got.stderr, test.want) ||
			got.stdout != "" {
			t.Errorf("%s: exit code %d, want %d: %s%s", name, got.code, test.code, got.stdout, got.stderr)
		}
	}
	for place, code := range map[string]int{"PLAT": exitOK, "WEB": exitIncomplete} {
		got := explain("holly-fox", place)
		said := strings.Contains(got.stdout, "- project-users: the run was asked about some repositories only")
		if got.code != code || said != (code == exitIncomplete) {
			t.Errorf("%s: exit code %d, want %d:\n%s", place, got.code, code, got.stdout)
		}
	}
	path = saved(t, b, "acme")
	if got := explain("holly-fox", "plat-docs"); got.code != exitIncomplete ||
		!strings.Contains(got.stdout, "- repository-users: not asked for") {
		t.Errorf("it does not say what was not read: exit code %d:\n%s", got.code, got.stdout)
	}
}
