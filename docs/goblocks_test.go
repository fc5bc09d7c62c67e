package docs_test

import (
	"encoding/json"
	"fmt"
	"go/doc/comment"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// All blocks of Go make one program, a function each, so that they are linked once. Its files are
// laid over the checkout, where there are none.
func TestGoBlocks(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	folder, overlay := t.TempDir(), map[string]string{}
	write := func(name, source string) {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		overlay[filepath.Join(root, "docs", "blocks", name)] = file
	}
	var cases strings.Builder
	var programs, tests []block
	for _, b := range slices.Concat(blocks(t, "go"), packageComments(t)) {
		if formatted, err := format.Source([]byte(b.text)); err != nil || string(formatted) != b.text {
			t.Errorf("%s: gofmt would change it (%v):\n%s", b.place, err, formatted)
		}
		switch {
		case strings.Contains(b.text, migrated):
			continue // conformance/ has that client, and compiles them
		case strings.Contains(b.text, "func Test"):
			tests = append(tests, b)
			write(b.name()+"_test.go", inPackage(b.text))
		case strings.HasPrefix(b.text, "package main\n"):
			programs = append(programs, b)
			write(b.name()+".go", strings.Replace(b.text, "func main() {", "func "+b.name()+"() {", 1))
			fmt.Fprintf(&cases, "case %q: %s()\n", b.name(), b.name())
		default:
			programs = append(programs, b)
			write(b.name()+".go", inPackage(function(b)))
			fmt.Fprintf(&cases, "case %q: fragment(%s)\n", b.name(), b.name())
		}
	}
	write("main.go", inPackage(strings.ReplaceAll(mainOfBlocks, "CASES", cases.String())))
	list, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		t.Fatal(err)
	}
	write("overlay.json", string(list))

	env := append(demo(t), "GOFLAGS=-overlay="+filepath.Join(folder, "overlay.json"))
	program := filepath.Join(folder, "blocks")
	build := command(t, root, env, "go", "build", "-o", program, "./docs/blocks")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the blocks do not compile: %v\n%s", err, out)
	}
	for _, b := range programs {
		t.Run(b.name(), func(t *testing.T) {
			if why := b.skipped(); why != "" {
				t.Logf("compiled and not run: %s", why)
				return
			}
			cmd := command(t, t.TempDir(), env, program, b.name())
			var stderr strings.Builder
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil {
				t.Errorf("%s: %v\n%s", b.place, err, stderr.String())
			}
			b.compare(t, out)
		})
	}
	var names []string
	for _, b := range tests {
		if b.skipped() == "" {
			names = append(names, regexp.MustCompile(`func (Test\w+)`).FindStringSubmatch(b.text)[1])
		}
	}
	if len(names) == 0 {
		t.Error("no document shows a test")
	}
	build = command(t, root, env,
		"go", "test", "-c", "-vet=off", "-o", program+".test", "./docs/blocks")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the tests in the documents do not compile: %v\n%s", err, out)
	}
	if out, err := command(t, folder, nil, program+".test",
		"-test.run", "^("+strings.Join(names, "|")+")$").CombinedOutput(); err != nil {
		t.Errorf("the tests in the documents: %v\n%s", err, out)
	}
}

// function makes one of a fragment, which may make a client of its own.
func function(b block) string {
	client, end := "client", "\n"
	if strings.Contains(b.text, "client :=") || strings.Contains(b.text, "client, err :=") {
		client, end = "_", "\n_ = client"
	}
	head := fmt.Sprintf("func %s(ctx context.Context, %s *bitbucket.Client) error {\n", b.name(), client)
	return head + b.text + end + "\nreturn nil\n}\n"
}

// packageComments are the blocks in the comments of packages. They are compiled and not run: not all
// of them can be.
func packageComments(t *testing.T) []block {
	t.Helper()
	var all []block
	for _, folder := range []string{
		".", "bbql", "bitbuckettest", "otelbitbucket", "throttle", "throttle/filethrottle",
		"throttle/redisthrottle", "throttle/throttletest", "v1",
	} {
		files, err := filepath.Glob(filepath.Join("..", folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, name := range files {
			file, err := parser.ParseFile(token.NewFileSet(), name, nil,
				parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range new(comment.Parser).Parse(file.Doc.Text()).Content {
				code, ok := part.(*comment.Code)
				if !ok || strings.HasSuffix(name, "_test.go") || !strings.Contains(code.Text, "(") {
					continue // data, such as the names of metrics
				}
				found++
				all = append(all, block{
					place: fmt.Sprintf("package_%s_%d", file.Name.Name, found), language: "go",
					text: code.Text, comment: "not run: it is part of a comment",
				})
			}
		}
		if found == 0 {
			t.Errorf("the comment of %s has no code", folder)
		}
	}
	return all
}

// migrated is the client that programs come from.
const migrated = "ktrysmt/go-bitbucket"

// mainOfBlocks runs one block.
const mainOfBlocks = `
func main() {
	switch os.Args[1] {
	CASES
	}
}

func fragment(run func(context.Context, *bitbucket.Client) error) {
	client, err := bitbucket.NewClient(bitbucket.WithEnv())
	if err == nil {
		err = run(context.Background(), client)
	}
	if err != nil {
		log.Fatal(err)
	}
}
`

// importable are the packages that fragments use, by name.
var importable = map[string]string{
	"bbql":          "github.com/seed-9213fc64/bitbucket/bbql",
	"bitbucket":     "github.com/seed-9213fc64/bitbucket",
	"bitbuckettest": "github.com/seed-9213fc64/bitbucket/bitbuckettest",
	"context":       "context",
	"errors":        "errors",
	"filethrottle":  "github.com/seed-9213fc64/bitbucket/throttle/filethrottle",
	"fmt":           "fmt",
	"http":          "net/http",
	"json":          "encoding/json",
	"log":           "log",
	"oauth2":        "golang.org/x/oauth2",
	"os":            "os",
	"otelbitbucket": "github.com/seed-9213fc64/bitbucket/otelbitbucket",
	"redis":         "github.com/redis/go-redis/v9",
	"redisthrottle": "github.com/seed-9213fc64/bitbucket/throttle/redisthrottle",
	"slog":          "log/slog",
	"synctest":      "testing/synctest",
	"testing":       "testing",
	"throttletest":  "github.com/seed-9213fc64/bitbucket/throttle/throttletest",
	"throttle":      "github.com/seed-9213fc64/bitbucket/throttle",
	"time":          "time",
	"v1":            "github.com/seed-9213fc64/bitbucket/v1",
}

// inPackage makes a file of what stands without a package and its imports.
func inPackage(source string) string {
	imports := ""
	for name, path := range importable {
		if regexp.MustCompile(`(^|[^.\w])` + name + `\.[A-Z]`).MatchString(source) {
			imports += fmt.Sprintf("import %q\n", path)
		}
	}
	return "package main\n\n" + imports + source
}
