package render_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/accesstest"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/change"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/diffpage"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/explain"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/render"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/sealed"
)

// hostile is a name that would do something in each of the forms.
const hostile = "Kim ``` @ada <script>alert(1)</script> [x](http://evil.example) </details>\n# \x1b[31m\u202e"

// difference is what changed from the sample to a later one.
func difference(t *testing.T) *change.Difference {
	t.Helper()
	api := accesstest.Sample()
	kim := accesstest.Person(12, hostile)
	lists := api.Lists
	without := func(name string, id byte) {
		lists[name] = slices.DeleteFunc(lists[name], func(it access.Item) bool {
			return it.User.UUID == accesstest.UUID(id)
		})
	}
	without(access.Members, 7)
	without(access.Permissions, 7)
	without(access.RepositoryUsers+" api", 3)
	lists[access.Members] = append(lists[access.Members], accesstest.Member(kim, "member", 1))
	for i, it := range lists[access.Permissions] {
		if it.User.UUID == accesstest.UUID(3) && it.Repository.Slug == "api" {
			lists[access.Permissions][i].Permission = "write" // by the group; it was admin in person
		}
	}
	lists[access.Permissions] = append(lists[access.Permissions],
		accesstest.Holds(kim, "admin", "site"), accesstest.Holds(kim, "admin", "tool"))
	lists[access.RepositoryUsers+" site"] = []access.Item{accesstest.Granted(kim, "admin")}
	lists[access.RepositoryUsers+" tool"] = append(
		lists[access.RepositoryUsers+" tool"],
		accesstest.Granted(kim, "admin"),
	)
	devs := *lists[access.Groups][1].Group
	devs.Members = append(slices.Clone(devs.Members), *kim)
	lists[access.Groups][1].Group = &devs
	lists[access.Repositories] = append(lists[access.Repositories], access.Item{
		Repository: &access.RepositoryFacts{
			Slug:    "fresh",
			UUID:    accesstest.UUID(104),
			Project: "TWO",
			Private: new(false),
		},
	})
	lists[access.RepositoryKeys+" api"] = lists[access.RepositoryKeys+" api"][:1]
	api.Fail = map[string]error{access.WorkspaceVariables: errors.New("broken " + hostile)}
	d, err := change.Between(
		reportOf(t, accesstest.Sample(), accesstest.Now), reportOf(t, api, accesstest.Now.Add(24*time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDifferenceForms(t *testing.T) {
	d := difference(t)
	text, err := sealed.JSON(d)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "diff.json", text)
	var table, folded, flat, page bytes.Buffer
	for _, err := range []error{
		render.Difference(&table, d, render.Style{Width: 80}), render.Markdown(&folded, d, true),
		render.Markdown(&flat, d, false), diffpage.Write(&page, d),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "diff.txt", table.Bytes())
	golden(t, "diff.md", folded.Bytes())
	golden(t, "diff-flat.md", flat.Bytes())
	golden(t, "diff.html", withoutStyle(page.Bytes()))
}

// withoutStyle is a page without what all pages have, so that its golden file is about this one.
func withoutStyle(page []byte) []byte {
	for _, element := range []string{"style", "script"} {
		begin, end := []byte("<"+element+">"), []byte("</"+element+">")
		i := bytes.Index(page, begin) + len(begin)
		page = slices.Concat(page[:i], page[i+bytes.Index(page[i:], end):])
	}
	var lines []string
	for line := range strings.Lines(string(page)) {
		if !strings.Contains(line, "Content-Security-Policy") {
			lines = append(lines, line)
		}
	}
	return []byte(strings.Join(lines, ""))
}

func TestExplanationForm(t *testing.T) {
	api := accesstest.Sample()
	api.Fail = map[string]error{access.RepositoryGroups + " tool": &bitbucket.Error{StatusCode: 403}}
	r := reportOf(t, api, accesstest.Now)
	w := &r.Access.Workspaces[0]
	var b bytes.Buffer
	for i := range w.People {
		a := explain.Explain(w, &w.People[i], access.Place{})
		if err := render.Explanation(&b, &a, render.Style{Width: 80}); err != nil {
			t.Fatal(err)
		}
		b.WriteString("\n")
	}
	golden(t, "explain.txt", b.Bytes())
}

// TestNoNameHarmsADifference on a terminal, in a comment or in a page.
func TestNoNameHarmsADifference(t *testing.T) {
	for _, name := range []string{"diff.json", "diff.txt", "diff.md", "diff-flat.md", "diff.html", "explain.txt"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		if strings.HasSuffix(name, "t") != strings.HasPrefix(name, "explain") &&
			!strings.Contains(text, "Kim") {
			t.Errorf("%s does not show the name", name)
		}
		for _, c := range text {
			if c != '\n' && c != '\t' && !strconv.IsPrint(c) {
				t.Errorf("%s holds %q", name, c)
			}
		}
		if name == "diff.html" && strings.Contains(text, "<script>alert") {
			t.Errorf("%s holds a script", name)
		}
		if !strings.HasSuffix(name, ".md") {
			continue
		}
		for line := range strings.Lines(text) {
			if before, _, ok := strings.Cut(
				line,
				"Kim",
			); ok &&
				!strings.HasPrefix(line[strings.LastIndex(before, " ````")+1:], "````") {
				t.Errorf("%s shows a name outside of code: %s", name, line)
			}
		}
		if got, want := strings.Count(
			text,
			"\n</details>\n",
		), strings.Count(
			text,
			"\n<details>",
		); got != want {
			t.Errorf("%s begins %d details and ends %d", name, want, got)
		}
	}
}

// TestMarkdownFitsIntoAComment however much changed.
func TestMarkdownFitsIntoAComment(t *testing.T) {
	d := difference(t)
	person := change.Name{ID: accesstest.UUID(1), Name: strings.Repeat("long name ", 100)}
	for i := range 500 {
		w := d.Workspaces[0]
		w.Slug = fmt.Sprintf("workspace-%d", i)
		w.Permissions = slices.Repeat([]change.Access{
			{
				Change:       change.Added,
				Person:       person,
				New:          "admin",
				Repositories: slices.Repeat([]string{"repository"}, 1000),
			},
		}, 20)
		d.Workspaces = append(d.Workspaces, w)
	}
	var b bytes.Buffer
	if err := render.Markdown(&b, d, true); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 32_768 || !strings.Contains(b.String(), "-format json") {
		t.Errorf("the comment has %d bytes", b.Len())
	}
}
