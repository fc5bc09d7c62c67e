//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A report that cannot be written to its end, here since files may not grow any more, leaves the old
// one as it was, and nothing beside it.
func TestOutThatIsCutShort(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "report.json")
	if err := os.WriteFile(path, []byte("the old one"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `ulimit -f 8; exec "$0" "$@"`, must2(os.Executable()),
		"run", "-demo", "-throttle", "none", "-format", "json", "-fail-on", "none", "-out", path)
	cmd.Env = []string{"TEST_RUN_AS_PROGRAM=1", "XDG_CACHE_HOME=" + t.TempDir()}
	said, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != exitFailed {
		t.Errorf("exit code %d: %s", code, said)
	}
	if kept := string(must(os.ReadFile(path))); kept != "the old one" {
		t.Errorf("the file holds %.60q", kept)
	}
	checkFolder(t, dir, "report.json")
}
