package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestOutReplacesAFileAsAWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "report.csv")
	if err := os.WriteFile(path, []byte("the old one"), 0o640); err != nil {
		t.Fatal(err)
	}
	held, err := os.Open(path) // a reader that has begun keeps what it has
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	b, _ := asDemoAdmin(t)
	got := b.call(
		t.Context(),
		args([]string{"-workspace", "acme", "-format", "csv", "-out", path}, quiet)...)
	if got.code != exitFindings || got.stdout != "" ||
		!strings.Contains(got.stderr, "bbaudit: wrote "+path+"\n") {
		t.Errorf("exit code %d, stdout %q, stderr %q", got.code, got.stdout, got.stderr)
	}
	text, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(text), "complete,kind,") {
		t.Errorf("the file holds %.40q, %v", text, err)
	}
	old := make([]byte, 20)
	if n, _ := held.Read(old); string(old[:n]) != "the old one" {
		t.Errorf("the old file was written to: %q", old[:n])
	}
	checkFolder(t, dir, "report.csv")
	if info, err := os.Stat(path); err != nil ||
		runtime.GOOS != "windows" && info.Mode().Perm() != 0o640 {
		t.Errorf("the file has mode %v, %v; want that of the old one", info.Mode(), err)
	}
}

func TestOutFollowsALink(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	if err := (output{path: link}).write([]byte("text")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is no link any more: %v, %v", info.Mode(), err)
	}
	if text, err := os.ReadFile(file); err != nil || len(text) == 0 {
		t.Errorf("the file behind the link holds %q, %v", text, err)
	}
}

func TestOutThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(dir, "no", "report.csv"): "no such file or directory",
		dir:                                    "it is a folder",
	} {
		b, server := asDemoAdmin(t)
		got := b.call(t.Context(), args([]string{"-workspace", "acme", "-out", path}, quiet)...)
		if got.code != exitFailed || !strings.Contains(got.stderr, want) ||
			strings.Count(got.stderr, "\n") != 1 {
			t.Errorf("exit code %d, stderr %q, want one line with %q", got.code, got.stderr, want)
		}
		if server.Calls() > 0 {
			t.Error("the audit began although its report cannot be written")
		}
	}
	checkFolder(t, dir)
}

// TestOutToALinkWithoutAFile leaves the link as it is.
func TestOutToALinkWithoutAFile(t *testing.T) {
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink("nowhere", link); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{(output{path: link}).check(), (output{path: link}).write([]byte("text"))} {
		if err == nil || err.Error() != "-out "+link+": it is a link to nowhere, which is not there" {
			t.Errorf("%v", err)
		}
	}
	if to, err := os.Readlink(link); err != nil || to != "nowhere" {
		t.Errorf("the link leads to %q, %v", to, err)
	}
}

func TestOutToADash(t *testing.T) {
	t.Chdir(t.TempDir())
	var b strings.Builder
	to := output{path: "-", stdout: &b}
	if err := errors.Join(to.check(), to.absent(), to.write([]byte("text"))); err != nil || b.String() != "text" {
		t.Errorf("%q, %v", b.String(), err)
	}
	checkFolder(t, ".")
}

// TestOutOverWhatIsRead is refused, under whichever name.
func TestOutOverWhatIsRead(t *testing.T) {
	before, after := twoReports(t)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(after, link); err != nil {
		t.Fatal(err)
	}
	refused := func(out string, args ...string) {
		t.Helper()
		got := bench{}.call(t.Context(), append(args, "-out", out)...)
		if got.code != exitUsage || !strings.Contains(got.stderr, "-out "+out+": it is the same file as ") {
			t.Errorf("%q over %s: exit code %d: %s", args, out, got.code, got.stderr)
		}
	}
	for _, out := range []string{before, after, link} {
		refused(out, "diff", before, after)
	}
	for flag, text := range map[string]string{
		"-workspaces": "acme\n", "-roster": "email\nada@example.com\n", "-accept": "version: 1\naccept: []\n", "-resume": "",
	} {
		file := write(t, "read", text)
		refused(file, "run", "-demo", flag, file)
		if kept := string(must(os.ReadFile(file))); kept != text {
			t.Errorf("%s: the file has %q now", flag, kept)
		}
	}
	rules := write(t, "access.yaml", "version: 1\n")
	refused(rules, "gate", "-demo", "-policy", rules)
	refused(after, "gate", "-demo", "-policy", rules, "-report", after)
}

func TestOutToADevice(t *testing.T) {
	if err := (output{path: os.DevNull}).write([]byte("text")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("%s was replaced: %v, %v", os.DevNull, info.Mode(), err)
	}
}

// checkFolder wants nothing but these files in a folder.
func checkFolder(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, e := range entries {
		found = append(found, e.Name())
	}
	if strings.Join(found, " ") != strings.Join(names, " ") {
		t.Errorf("the folder holds %q, want %q", found, names)
	}
}
