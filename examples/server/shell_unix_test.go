//go:build unix

package main

import (
	"os/exec"
	"strings"
	"testing"
)

// TestShell lets a shell read the lines.
func TestShell(t *testing.T) {
	r := start(t)
	defer r.stop()
	script := strings.Join(r.lines, "\n") +
		"\nprintf '%s\\n' \"$USER_UUID\" \"$BASE_URL\" \"$CLIENT_SECRET\"\n"
	out, err := exec.CommandContext(t.Context(), "sh", "-eu", "-c", script).CombinedOutput()
	want := r.env["USER_UUID"] + "\n" + r.env["BASE_URL"] + "\n" + r.env["CLIENT_SECRET"] + "\n"
	if err != nil || string(out) != want {
		t.Errorf("the shell prints %q, %v, want %q", out, err, want)
	}
}
