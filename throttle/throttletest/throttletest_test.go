package throttletest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle"
	"github.com/seed-9213fc64/bitbucket/throttle/throttletest"
)

func TestWindow(t *testing.T) {
	t.Parallel()
	throttletest.Run(t, func(t *testing.T, calls int, per time.Duration) throttle.Throttle {
		return throttle.Window(calls, per)
	})
}

func TestSharedWindow(t *testing.T) {
	t.Parallel()
	throttletest.RunShared(t, func(t *testing.T, calls int, per time.Duration) func() throttle.Throttle {
		w := throttle.Window(calls, per)
		return func() throttle.Throttle { return w }
	})
}

func TestCounter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c throttletest.Counter
		for range 3 {
			c.Count()
			<-time.After(10 * time.Second)
		}
		c.Count() // at 0 s, 10 s, 20 s and 30 s
		if n := c.Total(); n != 4 {
			t.Errorf("Total is %d, want 4", n)
		}
		for per, want := range map[time.Duration]int{
			time.Second: 1, 10 * time.Second: 1, 11 * time.Second: 2, 30 * time.Second: 3, 31 * time.Second: 4,
		} {
			if got := c.Most(per); got != want {
				t.Errorf("Most(%v) = %d, want %d", per, got, want)
			}
		}
	})
}

// Without a TestMain each process would run all tests, and start processes of its own without end.
func TestFleetWithoutMain(t *testing.T) {
	const inside = "FLEET_WITHOUT_MAIN"
	if os.Getenv(inside) != "" {
		throttletest.NewFleet(t, "budget", 1, time.Second).Start(1)
		return
	}
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFleetWithoutMain$")
	again.Env = append(os.Environ(), inside+"=yes")
	out, err := again.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "TestMain that calls throttletest.Main") {
		t.Errorf("%v\n%s", err, out)
	}
}
