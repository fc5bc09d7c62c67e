package bitbucket_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// How long a job will take is known before it begins.
func ExampleClient_Estimate() {
	client := exampleClient(bitbucket.WithThrottle(throttle.Window(100, 30*time.Minute)))
	for _, calls := range []int{100, 101, 1000} {
		fmt.Println(calls, "calls:", client.Estimate(calls))
	}
	// Output:
	// 100 calls: 0s
	// 101 calls: 30m0s
	// 1000 calls: 4h30m0s
}

// Call 101 waits for half an hour, unless its context ends before: then it fails at once, nothing
// is sent, and the error says when there would be a slot.
func ExampleWithThrottle() {
	client := exampleClient(
		bitbucket.WithThrottle(throttle.Window(2, 30*time.Minute)),
		bitbucket.WithLogger(slog.New(slog.DiscardHandler))) // which long waits are told otherwise
	for range 2 {
		if _, err := client.Users.Current(context.Background()); err != nil {
			log.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	began := time.Now()
	_, err := client.Users.Current(ctx)
	if wait, ok := errors.AsType[*throttle.WaitError](err); ok {
		fmt.Println("at once:", time.Since(began) < time.Minute)
		fmt.Println("a slot in", wait.Until.Sub(began).Round(time.Minute))
	}
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	// Output:
	// at once: true
	// a slot in 30m0s
	// true
}
