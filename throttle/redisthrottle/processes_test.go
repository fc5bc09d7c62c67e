package redisthrottle_test

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seed-9213fc64/bitbucket/throttle"
	"github.com/seed-9213fc64/bitbucket/throttle/redisthrottle"
	"github.com/seed-9213fc64/bitbucket/throttle/throttletest"
)

func TestMain(m *testing.M) { throttletest.Main(m, open) }

// open opens a budget named "host:port key".
func open(budget string, calls int, per time.Duration) (throttle.Throttle, error) {
	addr, key, _ := strings.Cut(budget, " ")
	return redisthrottle.New(redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1, DialerRetries: 1}), key, calls, per)
}

func TestProcesses(t *testing.T) {
	server := startRedis(t)
	throttletest.RunProcesses(t, func(*testing.T, int, time.Duration) string { return server.addr + " " + rand.Text() }, open)
}

// A server that forgets everything in the middle.
func TestProcessesAndRestart(t *testing.T) {
	disturb(t, 3*time.Second, func(s *redisServer) { // clients find their way back within a second
		s.kill()
		<-time.After(100 * time.Millisecond)
		s.start()
	}, true)
}

// A server that does not answer for two seconds in the middle.
func TestProcessesAndFreeze(t *testing.T) {
	disturb(t, time.Second, func(s *redisServer) { s.freeze(2 * time.Second) }, false)
}

// disturb runs eight processes on one server, does something to it, and checks that the budget holds and calls go on.
func disturb(t *testing.T, per time.Duration, what func(*redisServer), fails bool) {
	const processes, calls = 8, 20
	server := startRedis(t)
	fleet := throttletest.NewFleet(t, server.addr+" team", calls, per)
	for range processes {
		fleet.Start(0)
	}
	fleet.Ready(processes)
	until := func(jobs int) {
		limit := time.After(30 * time.Second)
		for fleet.Total() < jobs {
			select {
			case <-time.After(time.Millisecond):
			case <-limit:
				t.Fatalf("%d calls were counted, want %d; %v", fleet.Total(), jobs, fleet.Errors())
			}
		}
	}
	until(calls + calls/2)
	what(server)
	until(fleet.Total() + calls)
	fleet.Stop()
	fleet.Wait()
	if n := fleet.Most(per); n > calls {
		t.Errorf("up to %d calls in %v, want at most %d", n, per, calls)
	}
	errs := fleet.Errors()
	t.Logf("%d calls, %d errors", fleet.Total(), len(errs))
	if fails && len(errs) == 0 {
		t.Error("no process noticed that the server was away")
	}
	for _, err := range errs {
		if want := fmt.Sprintf("redisthrottle: key %q: %v: ", "team", redisthrottle.ErrUnavailable); !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %q, want %q and more", err, want)
		}
	}
}
