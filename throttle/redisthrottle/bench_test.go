package redisthrottle_test

import (
	"crypto/rand"
	"testing"
	"time"
)

func BenchmarkRedis(b *testing.B) {
	server := startRedis(b)
	for name, calls := range map[string]int{"free, 1000 slots": 1000, "free, 10000 slots": 10000} {
		b.Run(name, func(b *testing.B) {
			th := mustNew(b, server.client(), rand.Text(), calls, 20*time.Millisecond)
			b.ReportAllocs()
			for b.Loop() {
				mustAcquire(b, th)(true)
			}
		})
	}
	b.Run("acquire only, 10000 slots under way", func(b *testing.B) {
		th := mustNew(b, server.client(), rand.Text(), 100_000_000, time.Hour)
		for range 10_000 {
			mustAcquire(b, th)
		}
		for b.Loop() {
			mustAcquire(b, th)
		}
	})
}
