package bitbuckettest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := small(bitbuckettest.Latency(func() time.Duration { return 3 * time.Second }))
		start := time.Now()
		inProcess(t, srv).get("/2.0/user").want(401)
		if time.Since(start) != 3*time.Second {
			t.Errorf("took %v", time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		req, _ := http.NewRequestWithContext(ctx, "GET", "https://api.bitbucket.org/2.0/user", nil)
		if _, err := srv.RoundTrip(req); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

// What would take long is refused as a server would (§10.2): the store is not looked at.
func TestLimitsOfParameters(t *testing.T) {
	srv := small()
	ada := inProcess(t, srv).as(srv.IssueAPIToken("ada"))
	terms := func(n int, term string) string { return strings.Repeat(term+"%20OR%20", n-1) + term }
	list := "/2.0/workspaces/acme/permissions/repositories?q="
	for name, path := range map[string]string{
		"10,000 terms":   list + terms(10_000, "permission=%22read%22"),
		"30,000 fields":  list + fields(30_000),
		"300,000 digits": list + "permission=" + strings.Repeat("9", 300_000),
		"20,000 strings listed": list + "permission%20IN%20(" + strings.Repeat("%22a%22,", 19_999) +
			"%22a%22)",
		"10,000 fields to trim": "/2.0/user?fields=" + strings.Repeat("a,", 10_000) + "a",
		"a long sort key":       "/2.0/repositories/acme?sort=" + strings.Repeat("a.", 50_000) + "a",
		"100 words": "/2.0/workspaces/acme/search/code?search_query=" +
			strings.Repeat("a+", 99) + "a",
	} {
		if a := ada.get(path); a.status != 400 {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	ada.get(list + terms(100, "permission=%22admin%22")).want(200).check(map[string]any{"size": 2})
}

// fields is a filter by n different fields.
func fields(n int) string {
	var q strings.Builder
	for i := range n {
		fmt.Fprintf(&q, "f%d=1%%20AND%%20", i)
	}
	return q.String() + "f=1"
}

func TestLongBody(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		c = c.as(srv.IssueAPIToken("ada"))
		body := `{"key":"A","value":"` + strings.Repeat("x", 11<<20) + `"}`
		resp, err := c.http.Do(c.request("POST", variables, body))
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("status %d", resp.StatusCode)
			}
		}
		if left := srv.Variables("acme"); len(left) != 0 {
			t.Errorf("%d variables", len(left))
		}
	})
}
