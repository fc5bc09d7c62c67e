package throttle_test

import (
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

func BenchmarkWindow(b *testing.B) {
	b.Run("free", func(b *testing.B) {
		w := throttle.Window(100, 1)
		b.ReportAllocs()
		for b.Loop() {
			done, err := w.Acquire(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			done(true)
		}
	})
	b.Run("free in parallel", func(b *testing.B) {
		w := throttle.Window(100, 1)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				done, err := w.Acquire(b.Context())
				if err != nil {
					b.Error(err)
					return
				}
				done(true)
			}
		})
	})
	b.Run("waiting", func(b *testing.B) { // each call waits 10 µs for its slot
		w := throttle.Window(1, 10*time.Microsecond)
		b.ReportAllocs()
		for b.Loop() {
			done, err := w.Acquire(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			done(true)
		}
	})
	b.Run("estimate", func(b *testing.B) {
		w := throttle.Window(100, 30*time.Minute)
		for b.Loop() {
			w.Estimate(1000)
		}
	})
}
