package bitbuckettest_test

import (
	"errors"
	"net"
	"sync"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestForeignHost(t *testing.T) {
	srv := small(bitbuckettest.Hosts("mirror.example"))
	c := inProcess(t, srv).as(srv.IssueAPIToken("ada"))
	for _, host := range []string{
		"https://bitbucket.org", "http://localhost:8080",
		"http://127.0.0.1:1", "http://[::1]:1", "https://mirror.example:444",
	} {
		c.get(host + "/2.0/user").want(200)
	}
	_, err := c.http.Do(c.request("GET", "https://other.example/2.0/user", ""))
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Op != "dial" {
		t.Errorf("got %v, want a dial error", err)
	}
	foreign := srv.Foreign()
	if len(foreign) != 1 || foreign[0].Host != "other.example" || !foreign[0].Authorized ||
		srv.Calls() != 5 {
		t.Errorf("foreign %+v, %d calls", foreign, srv.Calls())
	}
}

func TestManyAtOnce(t *testing.T) {
	srv := bitbuckettest.Demo(bitbuckettest.Throttle(0, 0))
	c := inProcess(t, srv).bearer(srv.Admin().AccessToken)
	var running sync.WaitGroup
	for range 200 {
		running.Go(func() {
			resp, err := c.http.Do(c.request("GET", "/2.0/user/workspaces", ""))
			if err != nil || resp.StatusCode != 200 {
				t.Errorf("%v, %v", resp, err)
			}
		})
	}
	running.Wait()
	if srv.Calls() != 200 {
		t.Errorf("%d calls", srv.Calls())
	}
}
