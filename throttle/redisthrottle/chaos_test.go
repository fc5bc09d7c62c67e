//go:build unix

package redisthrottle_test

import (
	"flag"
	"sync"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle/throttletest"
)

// chaos is set for the full table, which takes some minutes, by ./do chaos.
var chaos = flag.String("chaos", "some", "how much TestChaos does: some or full")

// The job of three windows takes hardly longer than it must. It is for the full run.
func TestUndisturbed(t *testing.T) {
	if *chaos != "full" {
		t.Skip("it takes a minute: -chaos full runs it")
	}
	t.Parallel()
	for _, program := range programs(t) {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			throttletest.RunUndisturbed(t, func(t *testing.T, _ int, _ time.Duration) string {
				return startServer(t, program).addr + " team"
			})
		})
	}
}

// Whatever happens to the processes and to the server, the budget is kept.
func TestChaos(t *testing.T) {
	t.Parallel()
	for _, program := range programs(t) {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			servers := map[string]*redisServer{} // by the budget that is kept there
			server := func(c *throttletest.Chaos) *redisServer {
				mu.Lock()
				defer mu.Unlock()
				return servers[c.Budget]
			}
			stops := throttletest.Stops()
			stops.Errors = true // the time-outs of the client go on while its process is stopped
			throttletest.RunChaos(t, *chaos == "full", func(t *testing.T, _ int, _ time.Duration) string {
				s := startServer(t, program)
				mu.Lock()
				defer mu.Unlock()
				servers[s.addr+" team"] = s
				return s.addr + " team"
			},
				throttletest.Kills(),
				stops,
				throttletest.Disturbance{Name: "FLUSHALL", Times: 10, Some: 1, Do: func(c *throttletest.Chaos) {
					c.Sleep(time.Second)
					if err := server(c).client().FlushAll(c.T.Context()).Err(); err != nil {
						c.T.Error(err)
					}
					c.Calls(6)
				}},
				throttletest.Disturbance{
					Name: "restart without a state", Times: 10, Some: 1, Errors: true,
					Do: func(c *throttletest.Chaos) {
						c.Sleep(time.Second)
						server(c).kill()
						c.Sleep(200 * time.Millisecond)
						server(c).start()
						c.Calls(6)
					},
				},
				throttletest.Disturbance{
					Name: "restart with an older state", Times: 10, Some: 1, Errors: true,
					Do: func(c *throttletest.Chaos) {
						if err := server(c).client().Save(c.T.Context()).Err(); err != nil {
							c.T.Error(err)
						}
						c.Calls(3)
						server(c).kill()
						c.Sleep(200 * time.Millisecond)
						server(c).start()
						c.Calls(6)
					},
				},
				throttletest.Disturbance{
					Name: "SIGSTOP of the server", Times: 10, Some: 1, Errors: true,
					Do: func(c *throttletest.Chaos) {
						c.Sleep(time.Second)
						server(c).freeze(2 * time.Second)
						c.Calls(6)
					},
				},
			)
		})
	}
}
