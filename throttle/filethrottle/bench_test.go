package filethrottle_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle/filethrottle"
)

func BenchmarkFile(b *testing.B) {
	for _, busy := range []struct {
		name  string
		calls int
	}{{"free, 100 slots", 100}, {"free, 1000 slots", 1000}} {
		b.Run(busy.name, func(b *testing.B) {
			th, err := filethrottle.Open(filepath.Join(b.TempDir(), "budget"), busy.calls, 20*time.Millisecond)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				done, err := th.Acquire(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				done(true)
			}
		})
	}
	b.Run("status", func(b *testing.B) {
		th, err := filethrottle.Open(filepath.Join(b.TempDir(), "budget"), 100, time.Hour)
		if err != nil {
			b.Fatal(err)
		}
		for range 50 {
			done, err := th.Acquire(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			done(true)
		}
		for b.Loop() {
			if _, err := th.Inspect(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
