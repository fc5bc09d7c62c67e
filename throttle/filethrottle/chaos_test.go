//go:build unix

package filethrottle_test

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"strings"
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
	throttletest.RunUndisturbed(t, newBudget)
}

// Whatever happens to the processes and to the file, the server never counts more than the budget.
func TestChaos(t *testing.T) {
	t.Parallel()
	var older string // a copy of the file
	always := func(t *testing.T, err error) {
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
	}
	after := func(do func(c *throttletest.Chaos)) func(c *throttletest.Chaos) {
		return func(c *throttletest.Chaos) {
			c.Sleep(time.Second)
			do(c)
			c.Calls(6) // the rest is over
		}
	}
	lose := func(name string, times, some int, do func(c *throttletest.Chaos)) throttletest.Disturbance {
		return throttletest.Disturbance{Name: name, Times: times, Some: some, Do: after(do)}
	}
	rows := []throttletest.Disturbance{
		throttletest.Kills(),
		throttletest.Stops(),
		lose("file removed", 15, 1, func(c *throttletest.Chaos) { always(c.T, os.Remove(c.Budget)) }),
		lose("file removed, fresh processes come next", 15, 1, func(c *throttletest.Chaos) {
			c.KillAll(func() { always(c.T, os.Remove(c.Budget)) })
		}),
		lose("file truncated", 10, 1, func(c *throttletest.Chaos) {
			always(c.T, os.Truncate(c.Budget, c.Random.Int64N(12_000)))
		}),
		lose("file truncated, fresh processes come next", 5, 1, func(c *throttletest.Chaos) {
			c.KillAll(func() { always(c.T, os.Truncate(c.Budget, c.Random.Int64N(12_000))) })
		}),
		{
			Name: "garbage in the file, which is removed then", Times: 5, Some: 1, Errors: true,
			Do: after(func(c *throttletest.Chaos) {
				always(c.T, os.WriteFile(c.Budget, []byte(strings.Repeat("garbage", 3000)), 0o600))
				c.Sleep(time.Second)
				always(c.T, os.Remove(c.Budget))
			}),
		},
		{Name: "older copy restored", Times: 10, Some: 1, Do: after(func(c *throttletest.Chaos) {
			if older == "" || c.Random.IntN(3) == 0 {
				older = read(c.T, c.Budget)
				c.Calls(3)
			}
			write(c.T, c.Budget+".copy", older)
			always(c.T, os.Rename(c.Budget+".copy", c.Budget))
		}), Start: func(*throttletest.Chaos) { older = "" }},
		lose("lock file removed", 15, 2, func(c *throttletest.Chaos) {
			always(c.T, os.Remove(c.Budget+".lock"))
		}),
	}
	throttletest.RunChaos(t, *chaos == "full", newBudget, rows...)
}
