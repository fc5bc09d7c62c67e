package bitbucket_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// documents are what people read, by file name.
func documents(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", ".github/*.md", ".github/*/*", "bench/*.md", "bench/*/*.md"} {
		names, err := filepath.Glob(pattern)
		must(t, err)
		for _, name := range names {
			text, err := os.ReadFile(name)
			must(t, err)
			texts[filepath.ToSlash(name)] = string(text)
		}
	}
	return texts
}

// A promise is worth the test that holds it: every test that a document names exists.
func TestNamedTestsExist(t *testing.T) {
	tests, named := allTests(t), 0
	test := regexp.MustCompile(`(?:func )?\b(?:Test|Benchmark|Fuzz)[A-Z]\w+`)
	for document, text := range documents(t) {
		for _, name := range test.FindAllString(text, -1) {
			if strings.HasPrefix(name, "func ") {
				continue // a block of code
			}
			if named++; !tests[name] {
				t.Errorf("%s names %s, which there is not", document, name)
			}
		}
	}
	if named < 20 {
		t.Errorf("only %d tests are named", named)
	}
}

// allTests are the names of the tests, benchmarks and fuzz tests of the whole repository.
func allTests(t *testing.T) map[string]bool {
	t.Helper()
	tests := map[string]bool{"TestX": true} // a name for any
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
				tests[f.Name.Name] = true
			}
		}
		return nil
	})
	must(t, err)
	return tests
}

// Every link to a file of the repository leads to one, and to a heading of it where it names one.
func TestLinksOfDocumentsLeadSomewhere(t *testing.T) {
	texts := documents(t)
	link := regexp.MustCompile(`\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"`)
	for document, text := range texts {
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			to := found[1] + found[2]
			if strings.Contains(to, "://") {
				continue
			}
			path, heading, _ := strings.Cut(to, "#")
			file := document
			if path != "" {
				file = filepath.ToSlash(filepath.Join(filepath.Dir(document), path))
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s leads to %s: %v", document, to, err)
			} else if heading != "" && !headings(texts[file])[heading] {
				t.Errorf("%s leads to %s, a heading that there is not", document, to)
			}
		}
	}
}

// headings are those of a text, as links name them.
func headings(text string) map[string]bool {
	all := map[string]bool{}
	dropped := regexp.MustCompile(`[^a-z0-9 _-]`)
	for line := range strings.SplitSeq(text, "\n") {
		if title, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && line[0] == '#' {
			name := dropped.ReplaceAllString(strings.ToLower(title), "")
			all[strings.ReplaceAll(name, " ", "-")] = true
		}
	}
	return all
}

// What CONTRIBUTING.md says an operation takes compiles where it belongs.
func TestContributingAddsAnOperation(t *testing.T) {
	text := documents(t)["CONTRIBUTING.md"]
	const marker = "<!-- compiled by TestContributingAddsAnOperation -->"
	blocks := regexp.MustCompile("(?s)"+marker+"\n *```go\n(.*?)```").FindAllStringSubmatch(text, -1)
	if len(blocks) != 2 {
		t.Fatalf("%d blocks, not the row and the method", len(blocks))
	}
	folder, overlay := t.TempDir(), map[string]string{}
	add := func(file, before, block string) {
		source, err := os.ReadFile(file)
		must(t, err)
		head, tail, ok := strings.Cut(string(source), before)
		if !ok {
			t.Fatalf("%s has no %q", file, before)
		}
		here, err := filepath.Abs(file)
		must(t, err)
		overlay[here] = filepath.Join(folder, filepath.Base(file))
		must(t, os.WriteFile(overlay[here], []byte(head+block+before+tail), 0o600))
	}
	const row = "{\n\t\t\tMethod: get, Pattern: \"/2.0/user\","
	add("internal/operations/table.go", row, blocks[0][1])
	add("workspaces.go", "\n// List returns", "\n"+blocks[1][1])
	list, err := json.Marshal(map[string]any{"Replace": overlay})
	must(t, err)
	file := filepath.Join(folder, "overlay.json")
	must(t, os.WriteFile(file, list, 0o600))
	build := exec.CommandContext(t.Context(), "go", "build", "-overlay", file, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
