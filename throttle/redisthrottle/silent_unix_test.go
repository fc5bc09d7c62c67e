//go:build unix

package redisthrottle_test

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"
)

// While Redis is silent a caller that gives up returns at once, and so does done.
func TestSilentServer(t *testing.T) {
	server := startRedis(t)
	th := mustNew(t, server.client(), "team", 2, time.Hour)
	done := mustAcquire(t, th)
	if err := server.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer server.cmd.Process.Signal(syscall.SIGCONT)
	began := time.Now()
	done(true)
	th.Pause(began)
	if took := time.Since(began); took > 50*time.Millisecond {
		t.Errorf("done and Pause took %v", took)
	}
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		cancelled := make(chan time.Time, 1)
		time.AfterFunc(50*time.Millisecond, func() { cancelled <- time.Now(); cancel() })
		if _, err := th.Acquire(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Acquire: %v, want context.Canceled", err)
		}
		if took := time.Since(<-cancelled); took > 100*time.Millisecond {
			t.Errorf("Acquire returned %v after its context ended", took)
		}
	}
}
