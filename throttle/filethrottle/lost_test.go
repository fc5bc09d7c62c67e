package filethrottle_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle"
	"github.com/seed-9213fc64/bitbucket/throttle/filethrottle"
)

// losses are what can be done to a file. Early is what was in it before the first call.
var losses = map[string]func(t *testing.T, path, early string){
	"removed":          func(t *testing.T, path, _ string) { remove(t, path) },
	"emptied":          func(t *testing.T, path, _ string) { write(t, path, "") },
	"cut in a page":    func(t *testing.T, path, _ string) { cut(t, path, 5000) },
	"cut in its title": func(t *testing.T, path, _ string) { cut(t, path, 10) },
	"cut in its slots": func(t *testing.T, path, _ string) { cut(t, path, 3*4096+40) },
	"older copy, written": func(t *testing.T, path, early string) {
		write(t, path, early)
	},
	"older copy, renamed": func(t *testing.T, path, early string) {
		write(t, path+".copy", early)
		if err := os.Rename(path+".copy", path); err != nil {
			t.Fatal(err)
		}
	},
	"replaced by another budget": func(t *testing.T, path, _ string) {
		other := filepath.Join(memory(t), "other")
		mustOpen(t, other, lostCalls, lostPer)
		write(t, path, read(t, other))
	},
	"removed twice": func(t *testing.T, path, _ string) {
		remove(t, path)
		mustOpen(t, path, lostCalls, lostPer)
		remove(t, path)
	},
	"lock file removed, then older copy": func(t *testing.T, path, early string) {
		remove(t, path+".lock")
		mustOpen(t, path, lostCalls, lostPer)
		write(t, path, early)
	},
}

const (
	lostCalls = 3
	lostPer   = time.Second
)

// What is done to the file costs a window of rest, whoever comes next: a process that had used it,
// or a fresh one. Afterwards the whole budget is there again, for both.
func TestLostFileRests(t *testing.T) {
	for name, lose := range losses {
		for _, next := range []string{"fresh", "old"} {
			t.Run(name+", next comes a "+next+" process", func(t *testing.T) {
				t.Parallel()
				lostFileRests(t, lose, next == "fresh")
			})
		}
	}
}

func lostFileRests(t *testing.T, lose func(t *testing.T, path, early string), fresh bool) {
	path := filepath.Join(memory(t), "budget")
	old := mustOpen(t, path, lostCalls, lostPer)
	early := read(t, path)
	for range lostCalls {
		mustAcquire(t, old)(true)
	}
	lose(t, path, early)
	lost := time.Now()
	th := old
	if fresh {
		th = mustOpen(t, path, lostCalls, lostPer)
	}
	ctx, cancel := context.WithDeadline(t.Context(), lost.Add(lostPer-20*time.Millisecond))
	defer cancel()
	if _, err := th.Acquire(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Acquire within a window: %v, want context.DeadlineExceeded", err)
	}
	for range lostCalls {
		mustAcquire(t, th)(true)
	}
	if rest := time.Since(lost); rest < lostPer || rest > 10*lostPer {
		t.Errorf("the budget was there again after %v, want a little more than %v", rest, lostPer)
	}
	for _, th := range []*filethrottle.Throttle{old, mustOpen(t, path, lostCalls, lostPer)} {
		if s := th.Status(); s.Free != 0 && time.Since(lost) < 2*lostPer {
			t.Errorf("Status after it was spent: %+v", s)
		}
	}
}

// Without its lock file a budget goes on as it was.
func TestLockFileRemoved(t *testing.T) {
	path := filepath.Join(memory(t), "budget")
	th := mustOpen(t, path, 3, time.Hour)
	mustAcquire(t, th)(true)
	remove(t, path+".lock")
	mustAcquire(t, mustOpen(t, path, 3, time.Hour))(true)
	remove(t, path+".lock")
	if s := th.Status(); s.Free != 1 {
		t.Errorf("Status: %+v, want 1 free", s)
	}
}

// When both files are removed, a process that had used them makes it known to all.
func TestBothRemoved(t *testing.T) {
	path := filepath.Join(memory(t), "budget")
	old := mustOpen(t, path, 2, time.Hour)
	mustAcquire(t, old)(true)
	remove(t, path)
	remove(t, path+".lock")
	fresh := mustOpen(t, path, 2, time.Hour)
	if s := fresh.Status(); s.Free != 2 {
		t.Errorf("Status of a fresh process: %+v, want all free: it cannot know", s)
	}
	if s := old.Status(); s.Free != 0 {
		t.Errorf("Status of a process that had used the file: %+v, want none free", s)
	}
	if s := fresh.Status(); s.Free != 0 {
		t.Errorf("Status of the fresh process then: %+v, want none free", s)
	}
}

// A call under way while the file is lost counts when it is over, however long that takes.
func TestCallUnderWayWhileLost(t *testing.T) {
	const per = 500 * time.Millisecond
	path := filepath.Join(memory(t), "budget")
	th := mustOpen(t, path, 1, per)
	done := mustAcquire(t, th)
	remove(t, path)
	fresh := mustOpen(t, path, 1, per)
	over := make(chan time.Time, 1)
	time.AfterFunc(4*per, func() {
		over <- time.Now()
		done(true)
	})
	mustAcquire(t, fresh)
	started := time.Now()
	if rest := started.Sub(<-over); rest < per {
		t.Errorf("the next call started %v after the answer, want %v", rest, per)
	}
}

// A file that cannot be made leaves nothing behind, and one that is there needs no more space.
func TestWriteFails(t *testing.T) {
	path := filepath.Join(memory(t), "budget")
	if err := os.MkdirAll(path+".tmp/in the way", 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := filethrottle.Open(path, 1, time.Hour); err == nil {
		t.Error("Open without a place to write succeeded")
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file: %v, want none", err)
	}
	if err := os.RemoveAll(path + ".tmp"); err != nil {
		t.Fatal(err)
	}
	th := mustOpen(t, path, 100, time.Hour)
	size := len(read(t, path))
	for range 90 {
		mustAcquire(t, th)(true)
	}
	if now := len(read(t, path)); now != size {
		t.Errorf("after 90 calls the file has %d bytes, and had %d", now, size)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func mustAcquire(t testing.TB, th throttle.Throttle) (done func(bool)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	done, err := th.Acquire(ctx)
	if err != nil {
		t.Fatalf("Acquire: %v", err)
	}
	return done
}

// cut cuts a file short.
func cut(t *testing.T, path string, size int64) {
	t.Helper()
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
}
