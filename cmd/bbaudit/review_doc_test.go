package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// needs leaves a test out where a tool is missing, but not in CI.
func needs(t *testing.T, tool string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

// TestReviewDocument runs the commands of docs/review.md, one block after the other, and does the
// reviewers' part in between. What signs comes with OpenSSH.
func TestReviewDocument(t *testing.T) {
	needs(t, "ssh-keygen")
	text := string(must(bench{}.read(filepath.Join("..", "..", "docs", "review.md"))))
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(text, -1)
	if len(blocks) != 4 {
		t.Fatalf("%d blocks of commands, want 4", len(blocks))
	}
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := "#!/bin/sh\nTEST_RUN_AS_PROGRAM=1 exec '" + self + "' \"$@\"\n"
	if err := os.WriteFile(filepath.Join(dir, "bbaudit"), []byte(program), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	run := func(commands string, code int, said string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "sh", "-c", commands)
		cmd.Dir = dir
		cmd.Env = []string{"PATH=" + dir + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + dir}
		out, _ := cmd.CombinedOutput() // the exit code says it
		if cmd.ProcessState.ExitCode() != code || !strings.Contains(string(out), said) {
			t.Fatalf("exit code %d, want %d with %q:\n%s\n%s", cmd.ProcessState.ExitCode(), code, said, commands, out)
		}
	}
	run(blocks[0][1], exitOK, "the SHA-256 of manifest.json is ")
	run(blocks[1][1], exitFindings, " rows open")
	names, err := filepath.Glob(filepath.Join(dir, "q4", "*.csv"))
	if err != nil || len(names) < 2 {
		t.Fatalf("%q, %v", names, err)
	}
	decision := ",keep,Ada," + time.Now().UTC().Format(time.DateOnly) + ",known\r\n"
	for _, name := range names {
		rows := strings.ReplaceAll(string(must(bench{}.read(name))), ",,,,\r\n", decision)
		if err := os.WriteFile(name, []byte(rows), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(blocks[1][1], exitOK, "every row is decided on")
	run(blocks[2][1], exitOK, "closed: 0 gone, 0 still there, 0 not read")
	run(blocks[3][1], 0, `Good "bbaudit-review" signature for ada@example.com`)
	verify := blocks[3][1][strings.LastIndex(blocks[3][1], "ssh-keygen"):]
	run("echo >> q4/signoff.json; "+verify, 255, "incorrect signature")
}
