package bitbucket_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// documented are the folders of the packages that programs import.
var documented = []string{
	".", "bbql", "bitbuckettest", "otelbitbucket", "throttle", "throttle/filethrottle",
	"throttle/redisthrottle", "throttle/throttletest", "v1",
}

// Every exported name has a doc comment: constants, variables, functions, types, their methods,
// fields and, of interfaces, methods. A field that is a member of an answer or of a fixture file
// has the name that Bitbucket or the file gives it, and may go without.
func TestEveryExportedNameIsDocumented(t *testing.T) {
	for _, folder := range documented {
		pkg := packageDoc(t, folder)
		values := append(pkg.Consts, pkg.Vars...)
		missing := func(what, name string) { t.Errorf("%s: %s %s has no comment", folder, what, name) }
		for _, f := range pkg.Funcs {
			if f.Doc == "" {
				missing("func", f.Name)
			}
		}
		for _, typ := range pkg.Types {
			if typ.Doc == "" {
				missing("type", typ.Name)
			}
			for _, f := range slices.Concat(typ.Funcs, typ.Methods) {
				if f.Doc == "" {
					missing("func", typ.Name+"."+f.Name)
				}
			}
			for _, field := range bareFields(typ) {
				missing("field", typ.Name+"."+field)
			}
			values = slices.Concat(values, typ.Consts, typ.Vars)
		}
		for _, v := range values {
			if v.Doc == "" {
				missing("value", strings.Join(v.Names, ", "))
			}
		}
	}
}

// bareFields are the fields of a struct or the methods of an interface that nothing is said of. A
// comment stands for what follows it without an empty line between.
func bareFields(typ *doc.Type) []string {
	var bare []string
	for _, spec := range typ.Decl.Specs {
		var fields []*ast.Field
		switch t := spec.(*ast.TypeSpec).Type.(type) {
		case *ast.StructType:
			fields = t.Fields.List
		case *ast.InterfaceType:
			fields = t.Methods.List
		}
		if slices.ContainsFunc(fields, isExtra) {
			continue // the type mirrors an answer of the 1.0 API
		}
		grouped, end := false, token.NoPos
		for _, f := range fields {
			const nextLine = 3 // a line break, a tab and what follows
			grouped = f.Doc != nil || grouped && f.Pos()-end < nextLine
			end = f.End()
			if f.Comment != nil {
				end = f.Comment.End()
			}
			if grouped || f.Comment != nil || f.Tag != nil {
				continue
			}
			for _, name := range f.Names {
				if name.IsExported() {
					bare = append(bare, name.Name)
				}
			}
		}
	}
	return bare
}

// isExtra says whether a field holds the members of an answer that have no field.
func isExtra(f *ast.Field) bool { return len(f.Names) == 1 && f.Names[0].Name == "Extra" }

// The comment of every package can be read from the top: what it is, how to begin with it, and what
// can go wrong.
func TestEveryPackageSaysHowToBegin(t *testing.T) {
	for _, folder := range documented {
		text := packageDoc(t, folder).Doc
		first, _, _ := strings.Cut(text, "\n\n")
		if !strings.HasPrefix(first, "Package ") || !strings.Contains(text, "\n\t") {
			t.Errorf("%s: the comment of the package shows no code", folder)
		}
		for _, heading := range []string{"# Getting started", "# What can go wrong"} {
			if !strings.Contains(text, "\n"+heading+"\n") {
				t.Errorf("%s: the comment of the package has no part %q", folder, heading)
			}
		}
	}
}

// A function that returns an option says what holds without it.
func TestEveryOptionSaysItsDefault(t *testing.T) {
	for _, folder := range documented {
		for _, typ := range packageDoc(t, folder).Types {
			if !strings.HasSuffix(typ.Name, "Option") {
				continue
			}
			for _, f := range typ.Funcs {
				if !strings.Contains(f.Doc, "default") && !strings.Contains(f.Doc, "Without it") {
					t.Errorf("%s: %s does not say what holds by default", folder, f.Name)
				}
			}
		}
	}
}

// Every service of both clients has an example, and so has every package.
func TestEveryServiceHasAnExample(t *testing.T) {
	for _, folder := range documented {
		pkg := packageDoc(t, folder)
		if len(pkg.Examples) == 0 && !hasExample(pkg) {
			t.Errorf("%s has no example", folder)
		}
		for _, typ := range pkg.Types {
			if strings.HasSuffix(typ.Name, "Service") && !shown(typ) {
				t.Errorf("%s: %s has no example", folder, typ.Name)
			}
		}
	}
}

func hasExample(pkg *doc.Package) bool {
	ofFunc := func(f *doc.Func) bool { return len(f.Examples) > 0 }
	return slices.ContainsFunc(pkg.Types, shown) || slices.ContainsFunc(pkg.Funcs, ofFunc)
}

// shown says whether a type, one of its methods or a function that returns it has an example.
func shown(typ *doc.Type) bool {
	return len(typ.Examples) > 0 || slices.ContainsFunc(slices.Concat(typ.Funcs, typ.Methods),
		func(f *doc.Func) bool { return len(f.Examples) > 0 })
}

// packageDoc is the documentation of the package in a folder, with its examples.
func packageDoc(t *testing.T, folder string) *doc.Package {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %v, %v", folder, names, err)
	}
	files := map[string]*ast.File{}
	set := token.NewFileSet()
	for _, name := range names {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if files[name], err = parser.ParseFile(set, name, source, parser.ParseComments); err != nil {
			t.Fatal(err)
		}
	}
	pkg, err := doc.NewFromFiles(set, slices.Collect(maps.Values(files)), folder)
	if err != nil {
		t.Fatal(err)
	}
	return pkg
}
