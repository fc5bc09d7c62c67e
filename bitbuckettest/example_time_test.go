package bitbuckettest_test

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// A job of 1,000 calls takes four and a half hours on a budget of 100 in 30 minutes. In a bubble of
// testing/synctest it is a test of milliseconds: the server needs no socket, so that all goroutines
// can be known to wait, and time jumps to when the next one goes on.
func TestExampleOfVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := bitbuckettest.Demo() // which refuses call 101, as Bitbucket does
		client := srv.Client("amber-fox",
			bitbucket.WithLogger(slog.New(slog.DiscardHandler))) // which long waits are told otherwise
		began := time.Now()
		for range 1000 {
			if _, err := client.Users.Current(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took != 4*time.Hour+30*time.Minute {
			t.Errorf("it took %v", took)
		}
		for _, r := range srv.Requests() {
			if r.Status == 429 {
				t.Error("the budget was overdrawn")
			}
		}
	})
}
