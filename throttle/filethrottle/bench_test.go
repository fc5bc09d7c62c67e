//go:build unix

package filethrottle_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// BenchmarkFile shows that a call costs the same CPU (cpu-µs/call) whatever the budget.
func BenchmarkFile(b *testing.B) {
	for _, calls := range []int{100, 1000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("free/%d slots", calls), func(b *testing.B) {
			th := mustOpen(b, filepath.Join(memory(b), "budget"), calls, 5*time.Millisecond)
			measured(b, func() { mustAcquire(b, th)(true) })
		})
		b.Run(fmt.Sprintf("free, on disk/%d slots", calls), func(b *testing.B) {
			th := mustOpen(b, filepath.Join(b.TempDir(), "budget"), calls, 5*time.Millisecond)
			measured(b, func() { mustAcquire(b, th)(true) })
		})
	}
	b.Run("30 callers wait", func(b *testing.B) {
		th := mustOpen(b, filepath.Join(memory(b), "budget"), 10, 10*time.Millisecond)
		measured(b, func() {
			var callers sync.WaitGroup
			for range 30 {
				callers.Go(func() { mustAcquire(b, th)(true) })
			}
			callers.Wait()
		})
	})
	b.Run("status", func(b *testing.B) {
		th := mustOpen(b, filepath.Join(memory(b), "budget"), 100, time.Hour)
		measured(b, func() {
			if _, err := th.Inspect(b.Context()); err != nil {
				b.Fatal(err)
			}
		})
	})
}

// measured runs what is measured, and reports the CPU of this process besides.
func measured(b *testing.B, call func()) {
	b.ReportAllocs()
	before := cpu(b)
	for b.Loop() {
		call()
	}
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/call")
}

func cpu(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
