package docs_test

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// checkout copies the checkout to a folder named bitbucket, and returns its path.
func checkout(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "bitbucket")
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		switch {
		case err != nil:
			return err
		case d.Name() == ".git" || d.Name() == "node_modules":
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil // a worktree's
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		case !d.Type().IsRegular():
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), data, info.Mode().Perm())
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// patience is how long one command may take.
const patience = 5 * time.Minute

// command prepares a command in a folder. It sees neither a credential nor what changes how Go
// builds, and the modules come from where those of this test came from.
func command(t *testing.T, folder string, env []string, name string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = folder
	cmd.WaitDelay = time.Second
	for _, variable := range os.Environ() {
		if key, _, _ := strings.Cut(variable, "="); !strings.HasPrefix(key, "BITBUCKET_") &&
			key != "GOFLAGS" && key != "GOWORK" && key != "PWD" {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.Env = append(cmd.Env, "GOSUMDB=off", "GOPROXY="+proxies(t))
	cmd.Env = append(cmd.Env, env...)
	return cmd
}

// proxies are the module cache, and then whatever is configured.
func proxies(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOMODCACHE", "GOPROXY").Output()
	if err != nil {
		t.Fatal(err)
	}
	cache, configured, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return "file://" + filepath.ToSlash(cache) + "/cache/download," + configured
}

// demo serves a demo without a throttle, and returns the environment of its clients.
func demo(t *testing.T) (env []string) {
	t.Helper()
	srv := bitbuckettest.Demo(bitbuckettest.Throttle(0, 0))
	admin := srv.Admin()
	return []string{
		"BITBUCKET_BASE_URL=" + srv.Start(t),
		"BITBUCKET_EMAIL=" + admin.Email,
		"BITBUCKET_API_TOKEN=" + admin.APIToken,
	}
}
