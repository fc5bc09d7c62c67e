package filethrottle_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle/filethrottle"
)

// A second run of a program goes on with what the first has left.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	for run := range 2 {
		th, err := filethrottle.Open(filepath.Join(dir, "acme"), 100, 30*time.Minute)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("run", run+1, "may make", th.Status().Free, "calls now")
		for range 40 {
			done, err := th.Acquire(context.Background())
			if err != nil {
				fmt.Println(err)
				return
			}
			// send one request, read its answer
			done(true)
		}
	}
	// Output:
	// run 1 may make 100 calls now
	// run 2 may make 60 calls now
}
