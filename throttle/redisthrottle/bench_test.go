package redisthrottle_test

import (
	"crypto/rand"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle/redisthrottle"
)

// BenchmarkRedis shows what a call costs, round trips above all.
func BenchmarkRedis(b *testing.B) {
	server := startRedis(b)
	client := server.client()
	var trips roundTrips
	client.AddHook(&trips)
	measured := func(b *testing.B, calls int, run func()) {
		b.ReportAllocs()
		trips.Store(0)
		for b.Loop() {
			run()
		}
		b.ReportMetric(float64(trips.Load())/float64(b.N*calls), "trips/call")
	}
	for _, calls := range []int{100, 10_000} {
		b.Run(fmt.Sprintf("free/%d slots", calls), func(b *testing.B) {
			th := mustNew(b, client, rand.Text(), calls, time.Millisecond)
			measured(b, 1, func() { mustAcquire(b, th)(true) })
		})
	}
	b.Run("free/10000 slots under way", func(b *testing.B) {
		th := mustNew(b, client, rand.Text(), 100_000_000, time.Hour)
		for range 10_000 {
			mustAcquire(b, th)
		}
		measured(b, 1, func() { mustAcquire(b, th) })
	})
	for _, processes := range []int{1, 30} {
		b.Run(fmt.Sprintf("30 callers of %d processes wait for a window", processes), func(b *testing.B) {
			key := rand.Text()
			var ths []*redisthrottle.Throttle
			for range processes {
				ths = append(ths, mustNew(b, client, key, 30, 2*time.Second))
			}
			crowd := func() {
				var callers sync.WaitGroup
				for i := range 30 {
					callers.Go(func() { mustAcquire(b, ths[i%processes])(true) })
				}
				callers.Wait()
			}
			crowd()
			measured(b, 30, crowd)
		})
	}
}
