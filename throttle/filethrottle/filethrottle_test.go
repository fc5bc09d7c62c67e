package filethrottle_test

import (
	"context"
	"errors"
	"math"
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

// memory returns a folder in memory, where there is one: the tests measure time, and a disk that
// other programs are busy with can hold up a write for seconds. What is written after the end of
// the test, since a call was never done, does no harm.
func memory(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "filethrottle")
	if err != nil {
		dir, err = os.MkdirTemp("", "filethrottle")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// newBudget names a budget that nobody has used, for other processes.
func newBudget(t *testing.T, _ int, _ time.Duration) string {
	return filepath.Join(memory(t), "budget")
}

func TestProcesses(t *testing.T) {
	t.Parallel()
	throttletest.RunProcesses(t, newBudget, open)
}

func TestConformance(t *testing.T) {
	throttletest.RunShared(t, func(t *testing.T, calls int, per time.Duration) func() throttle.Throttle {
		path := filepath.Join(memory(t), "budget")
		return func() throttle.Throttle { return mustOpen(t, path, calls, per) }
	})
}

func TestOpenRefuses(t *testing.T) {
	dir := memory(t)
	budget := func(name string) string {
		path := filepath.Join(dir, name)
		mustOpen(t, path, 100, 30*time.Minute)
		return path
	}
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		write(t, path, content)
		return path
	}
	whole := read(t, budget("whole"))
	edit := func(old, new string) string { return strings.Replace(whole, old, new, 1) }
	for _, test := range []struct {
		path  string
		calls int
		per   time.Duration
		want  string
	}{
		{file("empty", ""), 100, 30 * time.Minute, "it is not a budget of calls; choose another path"},
		{file("foreign", `{"name":"config"}`), 100, 30 * time.Minute, "it is not a budget of calls"},
		{file("zeros", strings.Repeat("\x00", 300)), 100, 30 * time.Minute, "it is not a budget of calls"},
		{file("edited", edit("limit 100", "limit 200")), 200, 30 * time.Minute, "it is damaged; remove it"},
		{
			file("newer", edit("version 1", "version 2")), 100, 30 * time.Minute,
			"it is of version 2 and this program knows version 1; update the program",
		},
		{file("heads", whole[:4096]+strings.Repeat("x", 8192)+whole[3*4096:]), 100, 30 * time.Minute, "it is damaged"},
		{dir, 100, 30 * time.Minute, "it is not a file; choose another path"},
		{
			budget("other calls"), 50, 30 * time.Minute,
			"it keeps 100 calls in 30m0s, not 50 in 30m0s; use the same limits",
		},
		{
			budget("other window"), 100, time.Hour,
			"it keeps 100 calls in 30m0s, not 100 in 1h0m0s; use the same limits",
		},
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
	}{
		{0, time.Minute},
		{math.MinInt, time.Minute},
		{math.MaxInt, time.Minute},
		{1_000_001, time.Minute},
		{1, 0},
		{1, -1},
		{1, time.Microsecond},
		{1, math.MaxInt64},
		{1, math.MinInt64},
	} {
		_, err := filethrottle.Open(filepath.Join(dir, "new"), test.calls, test.per)
		if err == nil || !strings.HasSuffix(err.Error(), ": give 1 to 1000000 calls and 1ms to 87600h0m0s") {
			t.Errorf("%d calls in %v: %v", test.calls, test.per, err)
		}
	}
}

// Whatever is asked, an estimate is a time that can be.
func TestEstimateSaturates(t *testing.T) {
	th := mustOpen(t, filepath.Join(memory(t), "budget"), 3, 10*365*24*time.Hour)
	for _, calls := range []int{math.MinInt, -1, 0, 3, 4, 1000, math.MaxInt - 1, math.MaxInt} {
		got := th.Estimate(calls)
		if got < 0 || calls > 3 && got < 10*365*24*time.Hour || calls <= 3 && got != 0 {
			t.Errorf("Estimate(%d) = %v", calls, got)
		}
	}
	if got := th.Estimate(math.MaxInt); got != math.MaxInt64 {
		t.Errorf("Estimate(MaxInt) = %v, want the longest", got)
	}
}

// A pause is a year at most, and one that no time can tell of leaves the file readable.
func TestPauseIsBounded(t *testing.T) {
	for _, until := range []time.Time{time.Unix(1<<62, 0), time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		path := filepath.Join(memory(t), "budget")
		th := mustOpen(t, path, 1, time.Hour)
		th.Pause(until)
		th.Pause(time.Time{})
		th.Pause(time.Unix(-1<<62, 0))
		if wait := th.Estimate(1); wait < 365*24*time.Hour || wait > 367*24*time.Hour {
			t.Errorf("a pause until %v lasts %v, want a year", until, wait)
		}
		if wait := mustOpen(t, path, 1, time.Hour).Estimate(1); wait < 365*24*time.Hour {
			t.Errorf("for another process it lasts %v", wait)
		}
	}
}

// A file with something else in it stops all calls, and is not touched; once it is back, nothing is
// forgotten.
func TestDamagedInUse(t *testing.T) {
	path := filepath.Join(memory(t), "budget")
	th := mustOpen(t, path, 1, time.Hour)
	done, err := th.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	whole := read(t, path)
	for _, content := range []string{
		"damaged", whole[:4096] + strings.Repeat("\xff", len(whole)-4096),
		strings.Repeat("garbage", len(whole)/7+1),
	} {
		write(t, path, content)
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
		if read(t, path) != content {
			t.Error("the damaged file was changed")
		}
	}
	done(true) // cannot be written now
	answered := time.Now()
	write(t, path, whole)
	s, err := th.Inspect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if rest := s.NextFree.Sub(answered); rest > time.Hour || rest < time.Hour-time.Minute {
		t.Errorf("the slot is free %v after done, want 1h0m0s", rest)
	}
}

// Processes that know the file by several names share it, and folders are made.
func TestNamesOfOneFile(t *testing.T) {
	dir := memory(t)
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
	path := filepath.Join(memory(t), "budget")
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
	other := mustOpen(t, path, 1, time.Second)
	other.Pause(until)
	wait, ok := errors.AsType[*throttle.WaitError](<-failed)
	if !ok || wait.Until.Sub(until).Abs() > time.Second {
		t.Errorf("the waiter got %v, want a WaitError until %v", wait, until)
	}
	for began := time.Now(); other.Estimate(1) > time.Hour; {
		if time.Since(began) > 10*time.Second {
			t.Fatal("the waiter is still in the queue")
		}
		<-time.After(time.Millisecond)
	}
}

// A process that is frozen while it holds the file holds up the others, but no caller beyond its
// context, and no done.
func TestFileHeldByAnother(t *testing.T) {
	path := filepath.Join(memory(t), "budget")
	th := mustOpen(t, path, 2, time.Hour)
	done, err := th.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	frozen := flock.New(path + ".lock")
	if err := frozen.Lock(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	done(true)
	th.Pause(began)
	if took := time.Since(began); took > 50*time.Millisecond {
		t.Errorf("done and Pause took %v", took)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := th.Acquire(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Acquire: %v, want context.DeadlineExceeded", err)
	}
	if _, err := th.Inspect(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), path+".lock") {
		t.Errorf("Inspect: %v, want context.DeadlineExceeded and the name of the lock", err)
	}
	late, lateCancel := context.WithCancel(t.Context())
	cancelled := make(chan time.Time, 1)
	time.AfterFunc(20*time.Millisecond, func() { cancelled <- time.Now(); lateCancel() })
	if _, err := th.Acquire(late); !errors.Is(err, context.Canceled) {
		t.Errorf("Acquire: %v, want context.Canceled", err)
	}
	if took := time.Since(<-cancelled); took > 100*time.Millisecond {
		t.Errorf("Acquire returned %v after its context ended", took)
	}
	time.AfterFunc(100*time.Millisecond, func() { frozen.Unlock() })
	if _, err := th.Acquire(t.Context()); err != nil {
		t.Errorf("Acquire as the file is let go: %v", err)
	}
}

func mustOpen(t testing.TB, path string, calls int, per time.Duration) *filethrottle.Throttle {
	t.Helper()
	th, err := filethrottle.Open(path, calls, per)
	if err != nil {
		t.Fatal(err)
	}
	return th
}

func read(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
