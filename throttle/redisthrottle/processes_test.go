package redisthrottle_test

import (
	"crypto/rand"
	"os/exec"
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
	client := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1, DialerRetries: 1})
	return redisthrottle.New(client, key, calls, per)
}

func TestProcesses(t *testing.T) {
	t.Parallel()
	for _, program := range programs(t) {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			server := startServer(t, program)
			throttletest.RunProcesses(t, func(*testing.T, int, time.Duration) string {
				return server.addr + " " + rand.Text()
			}, open)
		})
	}
}

// programs are the servers that are there: Redis, Valkey, or both.
func programs(t *testing.T) (there []string) {
	for _, program := range serverNames() {
		if _, err := exec.LookPath(program); err == nil {
			there = append(there, program)
		} else {
			t.Logf("NOT TESTED with %s: it is not installed", program)
		}
	}
	if len(there) == 0 {
		serverProgram(t) // says what is missing
	}
	return there
}
