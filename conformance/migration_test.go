package conformance

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/internal/operations"
)

// TestMigration holds docs/migration.md to both clients: each exported function and method of
// go-bitbucket is in its tables, by itself or with its area, and what stands beside it exists.
func TestMigration(t *testing.T) {
	text := migration(t)
	theirs := exported(t, folderOf(t, "github.com/ktrysmt/go-bitbucket"))
	ours := exported(t, "..")
	for name := range exported(t, "../v1") {
		ours["v1."+name] = true
	}
	for _, op := range operations.All() {
		ours[op.Call] = true // Permissions.OnRepository.ListUsers
	}
	listed := map[string]bool{}
	for _, cells := range rows(text) {
		for _, name := range names(cells[0]) {
			if listed[name] {
				t.Errorf("%s is listed twice", name)
			}
			listed[name] = true
		}
		if len(cells) < 3 || strings.HasPrefix(cells[1], " none") {
			continue // an area without methods, or what has no counterpart
		}
		here := names(cells[1])
		if len(here) == 0 {
			t.Errorf("nothing stands beside %s", cells[0])
		}
		for _, name := range here {
			service, method, _ := strings.Cut(name, ".")
			if !ours[name] && !ours[service+"Service."+method] {
				t.Errorf("%s has %s beside it, which there is not", cells[0], name)
			}
		}
	}
	used := map[string]bool{}
	for name := range theirs {
		typ, method, _ := strings.Cut(name, ".")
		by := name
		switch {
		case listed[name]:
		case method == "WithContext":
			by = "*Options.WithContext"
		default:
			by = typ
		}
		if used[by] = true; !listed[by] {
			t.Errorf("%s is not in the tables", name)
		}
	}
	for name := range listed {
		if !used[name] {
			t.Errorf("%s is in the tables, and there is no such thing", name)
		}
	}
}

// The programs of the old client in the document compile.
func TestMigrationPrograms(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(migration(t), -1)
	folder, found := t.TempDir(), 0
	for _, block := range blocks {
		if !strings.Contains(block[1], "ktrysmt/go-bitbucket") {
			continue // docs/ compiles it
		}
		found++
		file := filepath.Join(folder, "main.go")
		if err := os.WriteFile(file, []byte(block[1]), 0o600); err != nil {
			t.Fatal(err)
		}
		program := filepath.Join(folder, "program")
		build := exec.CommandContext(t.Context(), "go", "build", "-o", program, file)
		if out, err := build.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
	if found == 0 {
		t.Error("there is no program of the old client")
	}
}

// migration is the part of the document that is about go-bitbucket.
func migration(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/migration.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, ok := strings.Cut(string(text), "\n## From ktrysmt/go-bitbucket\n")
	part, _, ended := strings.Cut(part, "\n## ")
	if !ok || !ended {
		t.Fatal("the document has no part about go-bitbucket, or nothing after it")
	}
	return part
}

// rows are the cells of the tables behind the heading of the first.
func rows(text string) (all [][]string) {
	_, text, _ = strings.Cut(text, "\n### Clients\n")
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, "| `") {
			all = append(all, strings.Split(strings.Trim(line, "|"), "|"))
		}
	}
	return all
}

// names are those in a cell.
func names(cell string) (all []string) {
	for _, found := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
		all = append(all, found[1])
	}
	return all
}

// exported are the functions and methods of a package that others may call: Func, Type.Method.
func exported(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v, %v", folder, files, err)
	}
	all := map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Name.IsExported() {
				if receiver := receiverOf(f); ast.IsExported(receiver) || f.Recv == nil {
					all[strings.TrimPrefix(receiver+"."+f.Name.Name, ".")] = true
				}
			}
		}
	}
	return all
}

// receiverOf names the type that a function is a method of.
func receiverOf(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	typ := f.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if generic, ok := typ.(*ast.IndexExpr); ok {
		typ = generic.X
	}
	if name, ok := typ.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

// folderOf is where a module's source is.
func folderOf(t *testing.T, module string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	folder := strings.TrimSpace(string(out))
	if err != nil || folder == "" {
		t.Fatalf("%s: %v", module, err)
	}
	return folder
}
