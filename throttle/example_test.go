package throttle_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/time/rate"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

func ExampleWindow() {
	w := throttle.Window(100, 30*time.Minute)
	fmt.Println("80 calls:", w.Estimate(80))
	fmt.Println("1,000 calls:", w.Estimate(1000))

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for range 100 {
		done, err := w.Acquire(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		// send one request, read its answer
		done(true)
	}
	_, err := w.Acquire(ctx) // the next slot comes in 30 minutes
	if wait, ok := errors.AsType[*throttle.WaitError](err); ok {
		fmt.Println("call 101 has to wait until after the deadline:", wait.Until.After(wait.Deadline))
	}
	// Output:
	// 80 calls: 0s
	// 1,000 calls: 4h30m0s
	// call 101 has to wait until after the deadline: true
}

// At most ten calls start at once, and ten in each second after them.
func ExampleSmooth() {
	th := throttle.Smooth(throttle.Window(100, 30*time.Minute), rate.NewLimiter(10, 10))
	estimate := th.(throttle.Estimator).Estimate
	fmt.Println("10 calls:", estimate(10))
	fmt.Println("100 calls:", estimate(100))
	fmt.Println("200 calls:", estimate(200))
	// Output:
	// 10 calls: 0s
	// 100 calls: 9s
	// 200 calls: 30m0s
}

// A client asks one Pausable about each attempt, and tells it when a server refuses.
func ExamplePausing() {
	attempts := throttle.Pausing(throttle.PublishedLimits())
	repositories := attempts.For("GET", "/2.0/repositories/acme/site")
	repositories.Pause(time.Now().Add(time.Minute))
	wait, known := attempts.For("GET", "/2.0/repositories/acme/docs").Forecast(1)
	fmt.Println(wait.Round(time.Second), known)
	wait, known = attempts.For("GET", "/2.0/user").Forecast(1)
	fmt.Println(wait, known)
	// Output:
	// 1m0s true
	// 0s true
}

func ExampleNewRoutes() {
	routes := throttle.NewRoutes(throttle.Window(100, 30*time.Minute),
		throttle.Route{
			Method: "GET", Path: "/2.0/repositories/", Throttle: throttle.Window(1000, time.Hour),
		},
	)
	for _, path := range []string{"/2.0/repositories/acme/site", "/2.0/user"} {
		status := routes.Route("GET", path).(throttle.Reporter).Status()
		fmt.Println(path, status.Limit, status.Window)
	}
	// Output:
	// /2.0/repositories/acme/site 1000 1h0m0s
	// /2.0/user 100 30m0s
}
