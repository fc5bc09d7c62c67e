package bitbuckettest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// The edge refuses bursts with an empty body, and what it refuses does not count for the throttle
// (§16.I).
func TestBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := small(bitbuckettest.Burst(2, time.Second), bitbuckettest.Throttle(3, time.Hour))
		ada := inProcess(t, srv).as(srv.IssueAPIToken("ada"))
		bob := inProcess(t, srv).as(srv.IssueAPIToken("bob"))
		ada.get("/2.0/user").want(200)
		ada.get("/2.0/user").want(200)
		for range 5 {
			a := ada.get("/2.0/user").want(429)
			if a.body != "" || a.header.Get("x-envoy-ratelimited") != "true" ||
				a.header.Get("Content-Type") != "" {
				t.Errorf("body %q, headers %v", a.body, a.header)
			}
		}
		bob.get("/2.0/user").want(200)
		<-time.After(time.Second)
		ada.get("/2.0/user").want(200)
		if a := ada.get("/2.0/user").want(429); a.header.Get("x-envoy-ratelimited") != "" ||
			len(a.body) != 46 {
			t.Errorf("the throttle's own: %q, %v", a.body, a.header)
		}
	})
}

func TestBurstOverLoopback(t *testing.T) {
	srv := small(bitbuckettest.Burst(1, time.Hour))
	c := overLoopback(t, srv).as(srv.IssueAPIToken("ada"))
	c.get("/2.0/user").want(200)
	a := c.get("/2.0/user").want(429)
	if a.body != "" || a.header.Get("x-envoy-ratelimited") != "true" ||
		a.header.Get("Content-Length") != "0" {
		t.Errorf("body %q, headers %v", a.body, a.header)
	}
}

// Programs of browsers may read what they get, and are told what they may send (§2, CORS). Asking
// costs no call.
func TestBrowsers(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		ask := func(method, path string, headers ...string) answer {
			req := c.as(srv.IssueAPIToken("ada")).request(method, path, "")
			for i := 0; i < len(headers); i += 2 {
				req.Header.Set(headers[i], headers[i+1])
			}
			resp, err := c.http.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			return answer{t: t, status: resp.StatusCode, header: resp.Header}
		}
		a := ask("OPTIONS", "/2.0/user", "Origin", "https://app.example", "Access-Control-Request-Method",
			"PUT").want(200)
		if a.header.Get("Access-Control-Allow-Origin") != "*" ||
			!strings.Contains(a.header.Get("Access-Control-Allow-Methods"), "PUT") ||
			!strings.Contains(a.header.Get("Access-Control-Allow-Headers"), "Authorization") {
			t.Errorf("headers %v", a.header)
		}
		if srv.Calls() != 0 {
			t.Errorf("%d calls", srv.Calls())
		}
		for _, path := range []string{"/2.0/user", "/2.0/nothing", "/site/oauth2/authorize"} {
			if a := ask("GET", path, "Origin", "https://app.example"); a.header.Get(
				"Access-Control-Allow-Origin") != "*" {
				t.Errorf("%s: headers %v", path, a.header)
			}
		}
		if a := ask("GET", "/2.0/user").want(200); a.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("headers %v", a.header)
		}
		ask("OPTIONS", "/2.0/user").want(405)
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
