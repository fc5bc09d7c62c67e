package docs_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Every block of shell ends as the document says. All of them run in one copy of the checkout, one
// after the other, as somebody would who follows the text.
func TestShellBlocks(t *testing.T) {
	for _, tool := range []string{"bash", "git", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skipf("the blocks of shell need it: %v", err)
		}
	}
	root := checkout(t)
	bin := t.TempDir()
	env := []string{
		"GOFLAGS=-trimpath", // what was built in one copy of the checkout need not be built in the next
		"GOBIN=" + bin, "PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"),
	}
	for _, b := range blocks(t, "sh") {
		t.Run(b.name(), func(t *testing.T) {
			if why := b.skipped(); why != "" {
				t.Logf("not run: %s", why)
				return
			}
			folder := root
			switch b.comment {
			case "in an empty module":
				folder = emptyModule(t, root)
			case "in a copy of its own":
				folder = checkout(t)
				shell(t, folder, nil, "git init -q && git add -A")
			}
			cmd := command(t, folder, env, "bash", "-euo", "pipefail", "-c", leaveNobody+b.text)
			cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
			cmd.WaitDelay = 10 * time.Second // for the trap
			var stderr strings.Builder
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if got, want := exitCode(err), b.exit(); got != want {
				t.Errorf("%s: exit code %d, want %d (%v)\n%s%s", b.place, got, want, err, out, stderr.String())
			}
			b.compare(t, out)
			if code := throughGoRun.FindStringSubmatch(b.comment); code != nil &&
				!strings.HasSuffix(stderr.String(), "\nexit status "+code[1]+"\n") {
				t.Errorf("%s: the program does not end with %s, as the document says\n%s", b.place, code[1], stderr.String())
			}
			if b.comment == "in a copy of its own" {
				shell(t, folder, nil, "grep -q example.com go.mod && go build . ./bbql")
			}
		})
	}
}

// throughGoRun is how a document says with what a program ends that go run runs.
var throughGoRun = regexp.MustCompile(`go run turns the ([0-9]+) `)

// leaveNobody ends what a block has started and not ended, also when it fails halfway.
const leaveNobody = "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"

// emptyModule is a module beside the checkout, with the first program of the README in it.
func emptyModule(t *testing.T, root string) string {
	t.Helper()
	folder, err := os.MkdirTemp(filepath.Dir(root), "program")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks(t, "go") {
		if strings.HasPrefix(b.text, "package main\n") {
			if err := os.WriteFile(filepath.Join(folder, "main.go"), []byte(b.text), 0o600); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	shell(t, folder, nil, "go mod init example.com/program")
	return folder
}

// shell runs what a block needs, or what it should have done.
func shell(t *testing.T, folder string, env []string, script string) {
	t.Helper()
	cmd := command(t, folder, env, "bash", "-euo", "pipefail", "-c", script)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", script, err, out)
	}
}

// exit is the code that the block ends with.
func (b block) exit() int {
	code := regexp.MustCompile(`^exit ([0-9]+): `).FindStringSubmatch(b.comment)
	if code == nil {
		return 0
	}
	n, _ := strconv.Atoi(code[1])
	return n
}

// exitCode is that of a command, or -1 when it did not end by itself.
func exitCode(err error) int {
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return e.ExitCode()
	}
	if err != nil {
		return -1
	}
	return 0
}
