// Package examples_test checks that the programs in the README compile.
package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestReadmePrograms(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	if len(blocks) < 3 {
		t.Fatalf("only %d Go blocks in the README", len(blocks))
	}
	for i, block := range blocks {
		source := block[1]
		if !strings.HasPrefix(source, "package ") {
			source = inMain(source)
		}
		file := filepath.Join(t.TempDir(), "main.go")
		if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("go", "vet", file).CombinedOutput(); err != nil {
			t.Errorf("block %d does not compile: %s\n%s", i+1, out, source)
		}
	}
}

// inMain makes a program of a snippet: an ellipsis stands for the handling of err.
func inMain(snippet string) string {
	body := strings.ReplaceAll(snippet, "…", "_, _ = client, err")
	imports := ""
	for name, path := range map[string]string{
		"fmt.": "fmt", "time.": "time",
		"bitbucket.":     "github.com/seed-9213fc64/bitbucket",
		"bitbuckettest.": "github.com/seed-9213fc64/bitbucket/bitbuckettest",
		"throttle.":      "github.com/seed-9213fc64/bitbucket/throttle",
	} {
		if regexp.MustCompile(`\b` + regexp.QuoteMeta(name)).MatchString(body) {
			imports += "import \"" + path + "\"\n"
		}
	}
	return "package main\n\n" + imports + "\nfunc main() {\n" + body + "}\n"
}
