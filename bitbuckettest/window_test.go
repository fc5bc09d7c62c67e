package bitbuckettest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := small()
		ada, bob := inProcess(t, srv).as(srv.IssueAPIToken("ada")),
			inProcess(t, srv).as(srv.IssueAPIToken("bob"))
		other := inProcess(t, srv).bearer(srv.IssueOAuthToken("ada")) // the same owner
		for i := range 100 {
			if i == 50 {
				<-time.After(10 * time.Minute)
			}
			ada.get("/2.0/user").want(200)
		}
		a := ada.get("/2.0/user").want(429)
		if a.body != "Rate limit for this resource has been exceeded" || len(a.body) != 46 ||
			a.header.Get("Content-Type") != "text/plain; charset=utf-8" ||
			a.header.Get("Retry-After") != "" {
			t.Errorf("%q, %v", a.body, a.header)
		}
		other.get("/2.0/user").want(429)
		bob.get("/2.0/user").want(200)
		<-time.After(20*time.Minute - 1)
		ada.get("/2.0/user").want(429)
		<-time.After(1)
		for range 50 { // those refused did not count
			ada.get("/2.0/user").want(200)
		}
		ada.get("/2.0/user").want(429)
		<-time.After(10 * time.Minute)
		ada.get("/2.0/user").want(200)
	})
}

func TestThrottleOff(t *testing.T) {
	srv := small(bitbuckettest.Throttle(0, 0))
	c := inProcess(t, srv).as(srv.IssueAPIToken("ada"))
	for range 150 {
		c.get("/2.0/user").want(200)
	}
}

func TestThrottleOfAnonymousCalls(t *testing.T) {
	srv := small(bitbuckettest.Throttle(2, time.Hour))
	uuid := srv.AddUser(bitbuckettest.User{Nickname: "eve"}).UUID
	c := inProcess(t, srv)
	c.get("/2.0/users/" + uuid).want(200)
	c.get("/2.0/users/" + uuid).want(200)
	c.get("/2.0/users/" + uuid).want(429)
}

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
