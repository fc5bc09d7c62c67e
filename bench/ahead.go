package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// A pace is how long a list of 20 pages takes when they are fetched one by one, and when they are
// fetched ahead.
type pace struct{ OneByOne, Ahead time.Duration }

func (p pace) ratio() float64 { return float64(p.Ahead) / float64(p.OneByOne) }

// paces are what fetching ahead is for. A page takes 50 ms in all of them.
type paces struct {
	Prefetch  pace // with 50 ms of work that begins at a page's first item; virtual time
	Parallel  pace // Parallel(4) without work; virtual time
	OnTheWire pace // the same against a server
}

// The goals of the paces. The virtual ones are exact: 21 halves of 20 pages, and 6 round trips for 20.
const (
	prefetchGoal  = 0.55
	parallelGoal  = 0.30
	onTheWireGoal = 0.36
)

// walk reads the list, and works at the first item of each page.
func walk(ctx context.Context, c *bitbucket.Client, work time.Duration, opts ...bitbucket.CallOption) (time.Duration, error) {
	began, n := time.Now(), 0
	for _, err := range c.Permissions.ListWorkspaceRepositories(ctx, "wide", opts...).All() {
		if err != nil {
			return 0, err
		}
		if n%perPage == 0 {
			time.Sleep(work)
		}
		n++
	}
	if n != longList {
		return 0, fmt.Errorf("%d items, want %d", n, longList)
	}
	return time.Since(began), nil
}

// walkBoth reads the list in both ways.
func walkBoth(ctx context.Context, c *bitbucket.Client, work time.Duration, ahead bitbucket.CallOption) (p pace, err error) {
	if p.OneByOne, err = walk(ctx, c, work); err != nil {
		return p, err
	}
	p.Ahead, err = walk(ctx, c, work, ahead)
	return p, err
}

// virtualPaces measures in the virtual time of a bubble of synctest, where nothing takes any time but
// the latency and the work.
func virtualPaces(ctx context.Context) (p paces, err error) {
	c, err := bitbucket.NewClient(bitbucket.WithTransport(newService(bitbucket.DefaultBaseURL)),
		bitbucket.WithAccessToken("token"), bitbucket.WithThrottle(throttle.Unlimited))
	if err != nil {
		return p, err
	}
	if p.Prefetch, err = walkBoth(ctx, c, latency, bitbucket.Prefetch()); err != nil {
		return p, err
	}
	p.Parallel, err = walkBoth(ctx, c, 0, bitbucket.Parallel(4))
	return p, err
}

// printVirtualPaces is the process that measures them: a bubble wants a test around it. It does not
// return.
func printVirtualPaces() {
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{
		Name: "paces", F: func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, err := virtualPaces(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if err := json.NewEncoder(os.Stdout).Encode(p); err != nil {
					t.Fatal(err)
				}
			})
		},
	}}, nil, nil)
}

// measurePaces measures all paces: the virtual ones in a process of its own, and the other with the
// slow server, as the median of rounds.
func measurePaces(ctx context.Context, base string, rounds int) (p paces, err error) {
	self, err := os.Executable()
	if err != nil {
		return p, err
	}
	said, err := exec.CommandContext(ctx, self, roleVirtual).Output()
	if err != nil {
		return p, fmt.Errorf("virtual time: %w: %s", err, said)
	}
	first, _, _ := strings.Cut(string(said), "\n") // what follows is the word of a test that passed
	if err := json.Unmarshal([]byte(first), &p); err != nil {
		return p, fmt.Errorf("virtual time: %w: %s", err, said)
	}
	c, err := newClient(base, throttle.Unlimited)
	if err != nil {
		return p, err
	}
	all := make([]pace, rounds)
	for i := range all {
		if all[i], err = walkBoth(ctx, c, 0, bitbucket.Parallel(4)); err != nil {
			return p, err
		}
	}
	p.OnTheWire.OneByOne = time.Duration(median(all, func(p pace) float64 { return float64(p.OneByOne) }))
	p.OnTheWire.Ahead = time.Duration(median(all, func(p pace) float64 { return float64(p.Ahead) }))
	return p, nil
}
