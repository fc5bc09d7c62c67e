package bitbucket_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// asAlone fails unless a list read in parallel gives what it gives one by one.
func asAlone(t *testing.T, s shelf, calls int, opts ...bitbucket.CallOption) {
	t.Helper()
	alone, aloneErr := newClient(t, s.wire()).Users.ListEmails(t.Context(), opts...).Collect()
	rt := s.wire()
	got, err := newClient(t, rt).Users.ListEmails(t.Context(), append(opts, bitbucket.Parallel(4))...).Collect()
	if !slices.EqualFunc(got, alone, sameEmail) || fmt.Sprint(err) != fmt.Sprint(aloneErr) {
		t.Errorf("%d items, %v; one by one %d, %v", len(got), err, len(alone), aloneErr)
	}
	if n := len(rt.requests()); n != calls {
		t.Errorf("%d calls, want %d", n, calls)
	}
}

func sameEmail(a, b bitbucket.Email) bool { return a.Email == b.Email }

// Twenty pages, four at a time, take six round trips: the first, and nineteen in five rounds.
func TestParallelTakesFewerRoundTrips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := shelf{n: 2000}.wire()
		rt.latency = time.Second
		start := time.Now()
		got, err := newClient(t, rt).Users.ListEmails(t.Context(), bitbucket.Parallel(4)).Collect()
		if err != nil || !slices.EqualFunc(got, addresses(2000), sameEmail) {
			t.Errorf("%d items, %v", len(got), err)
		}
		if took := time.Since(start); took != 6*time.Second || len(rt.requests()) != 20 {
			t.Errorf("%v, %d calls", took, len(rt.requests()))
		}
	})
}

func TestParallelGivesWhatOneByOneGives(t *testing.T) {
	for name, tc := range map[string]struct {
		shelf shelf
		calls int
		opts  []bitbucket.CallOption
	}{
		"no page beyond the size":    {shelf: shelf{n: 250}, calls: 3},
		"a single page":              {shelf: shelf{n: 100}, calls: 1},
		"nothing":                    {shelf: shelf{}, calls: 1},
		"short pages":                {shelf: shelf{n: 1000, short: map[int]int{2: 1, 5: 99}}, calls: 10},
		"hashes for cursors":         {shelf: shelf{n: 500, hash: true}, calls: 5},
		"no size":                    {shelf: shelf{n: 500, omit: []string{"size"}}, calls: 5},
		"no numbers":                 {shelf: shelf{n: 500, omit: []string{"page"}}, calls: 5},
		"no links, as pipelines has": {shelf: shelf{n: 500, omit: []string{"next"}}, calls: 5},
		"complete":                   {shelf: shelf{n: 500}, calls: 5, opts: []bitbucket.CallOption{bitbucket.Complete()}},
		"small pages":                {shelf: shelf{n: 37}, calls: 8, opts: []bitbucket.CallOption{bitbucket.PageLen(5)}},
	} {
		t.Run(name, func(t *testing.T) { asAlone(t, tc.shelf, tc.calls, tc.opts...) })
	}
}

// What is off from the plan ends it: the pages under way are given up, and the list goes on by the
// links that the server sends.
func TestParallelGoesOnByTheLinks(t *testing.T) {
	elsewhere := "https://api.bitbucket.org/2.0/user/emails?page=9&pagelen=100"
	rt := shelf{n: 1000, next: map[int]string{3: elsewhere}}.wire()
	got, err := newClient(t, rt).Users.ListEmails(t.Context(), bitbucket.Parallel(4)).Collect()
	want := slices.Concat(addresses(1000)[:300], addresses(1000)[800:])
	if err != nil || !slices.EqualFunc(got, want, sameEmail) {
		t.Errorf("%d items, %v", len(got), err)
	}
	for _, beyond := range []string{"7", "8"} { // 4 to 6 may have been on their way when the third came
		if slices.ContainsFunc(rt.requests(), func(sent string) bool {
			return strings.Contains(sent, "page="+beyond+"&")
		}) {
			t.Errorf("asked for page %s after the plan had failed", beyond)
		}
	}
	if calls := len(rt.requests()); calls < 5 || calls > 8 {
		t.Errorf("%d calls", calls)
	}
}

// The pages come in order whatever order the answers come in, and a page that fails is the end after
// the items before it.
func TestParallelKeepsTheOrder(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			latencies := make(map[string]time.Duration)
			for page := range 31 {
				latencies[fmt.Sprint(page)] = time.Duration(random.Int64N(int64(time.Second)))
			}
			failOn := 0
			if seed%2 == 1 {
				failOn = 2 + int(random.Int64N(28))
			}
			s := shelf{n: 600, failOn: failOn}
			rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
				time.Sleep(latencies[r.URL.Query().Get("page")]) // of the bubble
				s.ServeHTTP(w, r)
			}}
			window := throttle.Window(1000, time.Hour)
			c := newClient(t, rt, bitbucket.WithThrottle(window))
			got, err := c.Users.ListEmails(t.Context(), bitbucket.PageLen(20), bitbucket.Parallel(5)).Collect()
			want := addresses(600)
			if failOn > 0 {
				want = want[:(failOn-1)*20]
			}
			if !slices.EqualFunc(got, want, sameEmail) || errors.Is(err, bitbucket.ErrBadRequest) != (failOn > 0) {
				t.Errorf("seed %d: %d items, want %d, %v", seed, len(got), len(want), err)
			}
			if used := 1000 - window.Status().Free; used != len(rt.requests()) {
				t.Errorf("seed %d: %d calls, %d slots", seed, len(rt.requests()), used)
			}
		})
	}
}

// Where a page is off, the one after it is taken if it is under way, and the rest comes one by one.
func TestParallelGoesOnOneByOne(t *testing.T) {
	for name, off := range map[string]member{
		"another number": {"page", 7},
		"another length": {"pagelen", 50},
		"another size":   {"size", 1001},
		"no number":      {"page", "8xh4"},
		"no size":        {"size", nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rt := shelf{n: 1000, off: map[int]member{3: off}}.wire()
				rt.latency = time.Second
				start := time.Now()
				got, err := newClient(t, rt).Users.ListEmails(t.Context(), bitbucket.Parallel(4)).Collect()
				if err != nil || !slices.EqualFunc(got, addresses(1000), sameEmail) {
					t.Errorf("%d items, %v", len(got), err)
				}
				// The first; 2 to 5; 5 to 10 by themselves. 5 was fetched in vain, and 6 if it was sent by then.
				if took := time.Since(start); took != 8*time.Second {
					t.Errorf("%v", took)
				}
				if calls := len(rt.requests()); calls != 10+1 && calls != 10+2 {
					t.Errorf("%d calls", calls)
				}
			})
		})
	}
}

// A loop that ends early wastes at most n-1 calls, and nothing goes on after it.
func TestParallelWastesLittle(t *testing.T) {
	for _, n := range []int{2, 4, 50, math.MaxInt} {
		for _, item := range []int{1, 2, 100, 101, 250, 1899, 1901, 2000} {
			synctest.Test(t, func(t *testing.T) {
				rt := shelf{n: 2000}.wire()
				rt.latency = time.Second
				came := 0
				for _, err := range newClient(t, rt).Users.ListEmails(t.Context(), bitbucket.Parallel(n)).All() {
					if came++; err != nil || came == item {
						synctest.Wait() // what has begun is on the wire
						break
					}
				}
				page := (item + 99) / 100
				if calls := len(rt.requests()); calls != min(page-1+min(n, 20), 20) || rt.underWay() != 0 {
					t.Errorf("Parallel(%d), item %d: %d calls, %d under way", n, item, calls, rt.underWay())
				}
			})
		}
	}
}

// What asks for one item takes one call, and begins no other.
func TestFirstTakesOneCall(t *testing.T) {
	for _, ahead := range []bitbucket.CallOption{bitbucket.Parallel(4), bitbucket.Prefetch()} {
		begun := &beginnings{}
		got, err := newClient(t, shelf{n: 1000}.wire(), begun.option()).Users.ListEmails(t.Context(), ahead).First()
		if err != nil || !sameEmail(got, address(0)) || begun.n.Load() != 1 {
			t.Errorf("%v, %v, %d calls", got, err, begun.n.Load())
		}
	}
}

// beginnings counts the calls that begin, also those that are given up before they are sent.
type beginnings struct{ n atomic.Int64 }

func (b *beginnings) option() bitbucket.Option {
	return bitbucket.WithTrace(&bitbucket.Trace{
		CallStart: func(ctx context.Context, _ bitbucket.CallStartInfo) context.Context {
			b.n.Add(1)
			return ctx
		},
	})
}

// The cursor of each page is good for another walk.
func TestParallelCursors(t *testing.T) {
	c := newClient(t, shelf{n: 950}.wire())
	seen := 0
	for page, err := range c.Users.ListEmails(t.Context(), bitbucket.Parallel(3)).Pages() {
		if err != nil {
			t.Fatal(err)
		}
		if seen += len(page.Values); page.Next == "" {
			break
		}
		rest, err := c.Users.ListEmails(t.Context(), bitbucket.From(page.Next), bitbucket.Parallel(3)).Collect()
		if err != nil || !slices.EqualFunc(rest, addresses(950)[seen:], sameEmail) {
			t.Errorf("from page %d: %d items, %v", page.Number+1, len(rest), err)
		}
	}
	if seen != 950 {
		t.Errorf("%d items", seen)
	}
}

func TestParallelRefusals(t *testing.T) {
	rt := shelf{n: 500}.wire()
	c := newClient(t, rt)
	for name, opts := range map[string][]bitbucket.CallOption{
		"none at a time": {bitbucket.Parallel(0)},
		"with Prefetch":  {bitbucket.Parallel(2), bitbucket.Prefetch()},
	} {
		if _, err := c.Users.ListEmails(t.Context(), opts...).Collect(); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if n := len(rt.requests()); n != 0 {
		t.Errorf("%d calls", n)
	}
}
