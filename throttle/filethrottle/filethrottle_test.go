package filethrottle_test

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/seed-9213fc64/bitbucket/throttle"
	"github.com/seed-9213fc64/bitbucket/throttle/filethrottle"
	"github.com/seed-9213fc64/bitbucket/throttle/throttletest"
)

var (
	_ throttle.Throttle  = (*filethrottle.Throttle)(nil)
	_ throttle.Pauser    = (*filethrottle.Throttle)(nil)
	_ throttle.Estimator = (*filethrottle.Throttle)(nil)
	_ throttle.Reporter  = (*filethrottle.Throttle)(nil)
)

func TestMain(m *testing.M) { throttletest.Main(m, open) }

func open(path string, calls int, per time.Duration) (throttle.Throttle, error) {
	return filethrottle.Open(path, calls, per)
}

func TestProcesses(t *testing.T) {
	throttletest.RunProcesses(t, func(t *testing.T, _ int, _ time.Duration) string {
		return filepath.Join(memory(t), "budget")
	}, open)
}

// memory returns a folder in memory, where there is one: the tests with processes measure time, and a disk that other
// programs are busy with can hold up a write for seconds.
func memory(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "filethrottle")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func TestConformance(t *testing.T) {
	throttletest.RunShared(t, func(t *testing.T, calls int, per time.Duration) func() throttle.Throttle {
		path := filepath.Join(t.TempDir(), "budget")
		return func() throttle.Throttle {
			return mustOpen(t, path, calls, per)
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	budget := func(name string) string {
		path := filepath.Join(dir, name)
		if _, err := filethrottle.Open(path, 100, 30*time.Minute); err != nil {
			t.Fatal(err)
		}
		return path
	}
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole, err := os.ReadFile(budget("whole"))
	if err != nil {
		t.Fatal(err)
	}
	large := file("large", string(whole))
	if err := os.Truncate(large, 17<<20); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path  string
		calls int
		per   time.Duration
		want  string
	}{
		{file("empty", ""), 100, 30 * time.Minute, "it is not a budget of calls; choose another path"},
		{file("foreign", `{"name":"config"}`), 100, 30 * time.Minute, "it is not a budget of calls; choose another path"},
		{file("zeros", strings.Repeat("\x00", 300)), 100, 30 * time.Minute, "it is not a budget of calls; choose another path"},
		{large, 100, 30 * time.Minute, "it is not a budget of calls: it has 17825792 bytes; choose another path"},
		{file("cut", string(whole[:len(whole)-4])), 100, 30 * time.Minute, "it is damaged; remove it when no process uses it, and wait for one window"},
		{file("edited", strings.Replace(string(whole), "limit 100", "limit 200", 1)), 200, 30 * time.Minute, "it is damaged"},
		{file("newer", strings.Replace(string(whole), "version 1", "version 2", 1)), 100, 30 * time.Minute, "it is of version 2 and this program knows version 1; update the program"},
		{dir, 100, 30 * time.Minute, "it is not a file; choose another path"},
		{budget("other calls"), 50, 30 * time.Minute, "it keeps 100 calls in 30m0s, not 50 in 30m0s; use the same limits"},
		{budget("other window"), 100, time.Hour, "it keeps 100 calls in 30m0s, not 100 in 1h0m0s; use the same limits"},
	} {
		before, _ := os.ReadFile(test.path)
		_, err := filethrottle.Open(test.path, test.calls, test.per)
		if err == nil || !strings.HasPrefix(err.Error(), "filethrottle: "+test.path+": "+test.want) {
			t.Errorf("got  %v\nwant filethrottle: %s: %s", err, test.path, test.want)
		}
		if after, _ := os.ReadFile(test.path); string(after) != string(before) {
			t.Errorf("%s was changed", test.path)
		}
	}
	for _, test := range []struct {
		calls int
		per   time.Duration
		want  string
	}{
		{0, time.Minute, "filethrottle: 0 calls in 1m0s: give at least 1 call and a duration above 0"},
		{1, 0, "filethrottle: 1 calls in 0s: give at least 1 call and a duration above 0"},
	} {
		if _, err := filethrottle.Open(filepath.Join(dir, "new"), test.calls, test.per); err == nil || err.Error() != test.want {
			t.Errorf("got  %v\nwant %s", err, test.want)
		}
	}
}

// A file that is damaged while it is used stops all calls, and is not touched; once it is back, nothing is forgotten.
func TestDamagedInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "budget")
	th := mustOpen(t, path, 1, time.Hour)
	done, err := th.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"", "damaged", string(whole[:len(whole)/2])} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := th.Acquire(t.Context()); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("Acquire on a damaged file: %v, want an error that names it", err)
		}
		if _, err := th.Inspect(t.Context()); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("Inspect of a damaged file: %v, want an error that names it", err)
		}
		if s := th.Status(); s.Free != 0 {
			t.Errorf("Status on a damaged file: %+v, want none free", s)
		}
		if wait := th.Estimate(2); wait != 2*time.Hour {
			t.Errorf("Estimate(2) on a damaged file: %v, want 2h0m0s", wait)
		}
		if after, _ := os.ReadFile(path); string(after) != content {
			t.Errorf("the damaged file was changed to %q", after)
		}
	}
	done(true) // cannot be written now
	answered := time.Now()
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := th.Inspect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if rest := s.NextFree.Sub(answered); rest > time.Hour || rest < time.Hour-time.Minute {
		t.Errorf("the slot is free %v after done, want 1h0m0s", rest)
	}
	th.Pause(time.Now()) // writes
	if s := mustOpen(t, path, 1, time.Hour).Status(); s.Free != 0 || s.NextFree.After(answered.Add(time.Hour)) {
		t.Errorf("another process sees %+v, want the rest that began at done", s)
	}
}

func TestWriteFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "budget")
	th := mustOpen(t, path, 1, time.Hour)
	if err := os.MkdirAll(path+".tmp/in the way", 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := th.Acquire(t.Context()); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("Acquire without a place to write: %v, want an error that names the file", err)
	}
	if err := os.RemoveAll(path + ".tmp"); err != nil {
		t.Fatal(err)
	}
	if s := th.Status(); s.Free != 1 {
		t.Errorf("Status after it: %+v, want the slot free", s)
	}
}

// What a later version adds is kept, and so are the permissions of the file.
func TestUnknownLinesAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "budget")
	mustOpen(t, path, 5, time.Hour)
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	body, _, _ := strings.Cut(string(old), "end ")
	body += "colour blue green\nshape round\n"
	if err := os.WriteFile(path, fmt.Appendf(nil, "%send %08x\n", body, crc32.ChecksumIEEE([]byte(body))), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	done, err := mustOpen(t, path, 5, time.Hour).Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	done(true)
	now, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(now), "\nslot ") || !strings.Contains(string(now), "\ncolour blue green\nshape round\nend ") {
		t.Errorf("after a call the file is\n%s\nwant a slot, and the lines of the later version", now)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o666 {
		t.Errorf("permissions are %v, want -rw-rw-rw-", info.Mode().Perm())
	}
}

func TestDeadWritersLeftovers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "budget")
	if err := os.WriteFile(path+".tmp", []byte("half a fi"), 0o400); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".lock", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	done, err := mustOpen(t, path, 1, time.Hour).Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	done(true)
}

// Processes that know the file by several names share it, and folders are made.
func TestNamesOfOneFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "new", "folder", "budget")
	mustOpen(t, path, 2, time.Hour)
	link, linkedDir := filepath.Join(dir, "link"), filepath.Join(dir, "linked")
	if err := errors.Join(os.Symlink(path, link), os.Symlink(filepath.Dir(path), linkedDir)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{link, filepath.Join(linkedDir, "budget")} {
		done, err := mustOpen(t, name, 2, time.Hour).Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		done(true)
	}
	if s := mustOpen(t, path, 2, time.Hour).Status(); s.Free != 0 {
		t.Errorf("Status: %+v, want both slots spent", s)
	}
}

// A waiter whose slot another process pauses away notices at its next look, and leaves the queue.
func TestPausedByAnotherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "budget")
	th := mustOpen(t, path, 1, time.Second)
	done, err := th.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	done(true)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	failed := make(chan error, 1)
	go func() {
		_, err := th.Acquire(ctx)
		failed <- err
	}()
	for th.Estimate(1) <= time.Second { // until it is in the queue
		<-time.After(time.Millisecond)
	}
	until := time.Now().Add(time.Hour)
	mustOpen(t, path, 1, time.Second).Pause(until)
	wait, ok := errors.AsType[*throttle.WaitError](<-failed)
	if !ok || !wait.Until.Equal(until) {
		t.Errorf("the waiter got %v, want a WaitError until %v", wait, until)
	}
	books, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(books), "\nwait ") {
		t.Errorf("the waiter is still in the queue:\n%s", books)
	}
}

// A process that is frozen while it holds the file holds up the others, but not beyond their contexts.
func TestFileHeldByAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), "budget")
	th := mustOpen(t, path, 1, time.Hour)
	frozen := flock.New(path + ".lock")
	if err := frozen.Lock(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := th.Acquire(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Acquire: %v, want context.DeadlineExceeded", err)
	}
	if _, err := th.Inspect(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), path+".lock") {
		t.Errorf("Inspect: %v, want context.DeadlineExceeded and the name of the lock", err)
	}
	time.AfterFunc(100*time.Millisecond, func() { frozen.Unlock() })
	if _, err := th.Acquire(t.Context()); err != nil {
		t.Errorf("Acquire as the file is let go: %v", err)
	}
}

func mustOpen(t *testing.T, path string, calls int, per time.Duration) *filethrottle.Throttle {
	t.Helper()
	th, err := filethrottle.Open(path, calls, per)
	if err != nil {
		t.Fatal(err)
	}
	return th
}
