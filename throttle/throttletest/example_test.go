package throttletest_test

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/seed-9213fc64/bitbucket/throttle"
	"github.com/seed-9213fc64/bitbucket/throttle/throttletest"
)

// The test of an implementation is one call. It stands in a test of yours:
//
//	func TestMyThrottle(t *testing.T) { testMyThrottle(t) }
func ExampleRun() {
	testMyThrottle := func(t *testing.T) {
		throttletest.Run(t, func(t *testing.T, calls int, per time.Duration) throttle.Throttle {
			return throttle.Smooth(throttle.Window(calls, per), rate.NewLimiter(rate.Inf, 1))
		})
	}
	_ = testMyThrottle // go test calls it
}

// A counter knows the most calls in any stretch of time, as a server would count them.
func ExampleCounter() {
	var counter throttletest.Counter
	for range 3 {
		counter.Count()
	}
	fmt.Println(counter.Most(time.Minute), "of", counter.Total())
	// Output: 3 of 3
}
