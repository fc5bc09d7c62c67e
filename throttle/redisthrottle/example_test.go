package redisthrottle_test

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seed-9213fc64/bitbucket/throttle"
	"github.com/seed-9213fc64/bitbucket/throttle/redisthrottle"
)

// Ten hosts share a budget, and have a tenth of it each while Redis is away.
func ExampleNew() {
	client := redis.NewClient(&redis.Options{
		Addr: "redis.example.com:6379", MaxRetries: -1, DialerRetries: 1,
	})
	defer client.Close()
	th, err := redisthrottle.New(client, "bitbucket:acme", 100, 30*time.Minute,
		redisthrottle.FailOpen(throttle.Window(10, 30*time.Minute)))
	if err != nil {
		fmt.Println(err)
		return
	}
	done, err := th.Acquire(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	// send one request, read its answer
	done(true)
}
