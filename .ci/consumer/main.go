// Consumer is a program of somebody else: ./do ci builds and runs it against the modules as they
// are going to be tagged, outside of any workspace.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/throttle/filethrottle"
	"github.com/seed-9213fc64/bitbucket/throttle/redisthrottle"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

// run asks the demo who it is, under a budget in a file.
func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "consumer")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	budget, err := filethrottle.Open(filepath.Join(dir, "budget"), 100, time.Hour)
	if err != nil {
		return err
	}
	fleet := redis.NewClient(&redis.Options{})
	defer fleet.Close()
	if _, err := redisthrottle.New(fleet, "budget", 100, time.Hour); err != nil { // asks nothing yet
		return err
	}
	demo := bitbuckettest.Demo()
	admin := demo.Admin()
	client, err := bitbucket.NewClient(
		bitbucket.WithAPIToken(admin.Email, admin.APIToken),
		bitbucket.WithTransport(demo), bitbucket.WithThrottle(budget))
	if err != nil {
		return err
	}
	user, err := client.Users.Current(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Println("the consumer runs as", user.Nickname)
	return err
}
