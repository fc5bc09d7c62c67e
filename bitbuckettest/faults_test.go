package bitbuckettest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestPageFaults(t *testing.T) {
	srv, c, _ := listed(t, 25)
	pages := bitbuckettest.On("GET", "/2.0/workspaces/acme/pipelines-config/*")
	srv.Fail(bitbuckettest.OnPage(pages, "2"), bitbuckettest.Loop(), 1)
	c.get(variables + "?page=2").want(200).check(
		map[string]any{"next": "https://api.bitbucket.org" + variables + "?page=2"})
	srv.Fail(bitbuckettest.OnPage(pages, "3"), bitbuckettest.NextPage("1"), 1)
	c.get(variables + "?page=3").want(200).check(
		map[string]any{"next": "https://api.bitbucket.org" + variables + "?page=1"})
	srv.Fail(pages, bitbuckettest.Next("https://api.bitbucket.org/x"), 1)
	c.get(variables).want(200).check(map[string]any{"next": "https://api.bitbucket.org/x"})
	srv.Fail(pages, bitbuckettest.ForeignNext("https://other.example"), 1)
	c.get(variables).want(200).check(map[string]any{"next": "https://other.example" + variables +
		"?page=2"})
	srv.Fail(pages, bitbuckettest.NoNext(), 1)
	if c.get(variables).want(200).has("", "next") {
		t.Error("there is a next link")
	}
	srv.Fail(pages, bitbuckettest.Edit(func(doc map[string]any) { doc["values"] = nil }), 1)
	c.get(variables).want(200).check(map[string]any{"values": nil, "size": 25})
	c.get(variables).want(200).check(map[string]any{"next": "https://api.bitbucket.org" + variables +
		"?page=2"})
}

func TestFaultStatuses(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		c = c.as(srv.IssueAPIToken("ada"))
		user := bitbuckettest.On("GET", "/2.0/user")
		srv.Fail(user, bitbuckettest.Status(503, "busy", "Retry-After", "7"), 2)
		srv.Fail(user, bitbuckettest.BadGateway(), 1)
		srv.Fail(user, bitbuckettest.ServerError(), 1)
		srv.Fail(user, bitbuckettest.Redirect(307, "https://other.example/"), 1)
		c.get("/2.0/user/emails").want(200)
		for range 2 {
			if a := c.get("/2.0/user").want(503); a.body != "busy" || a.header.Get("Retry-After") != "7" ||
				a.header.Get("Content-Type") != "text/plain; charset=utf-8" {
				t.Errorf("%q, %v", a.body, a.header)
			}
		}
		if a := c.get("/2.0/user").want(502); !strings.HasPrefix(a.body, "<html>") ||
			a.header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%q, %v", a.body, a.header)
		}
		a := c.get("/2.0/user").want(500).check(map[string]any{"error.message": "Something went wrong"})
		if id, _ := a.at("error.id").(string); len(id) != 32 {
			t.Errorf("id %q", id)
		}
		if a := c.get("/2.0/user").want(307); a.header.Get("Location") != "https://other.example/" {
			t.Errorf("%v", a.header)
		}
		c.get("/2.0/user").want(200)
	})
}

func TestFaultOfTheConnection(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		c = c.as(srv.IssueAPIToken("ada"))
		srv.Fail(bitbuckettest.Any, bitbuckettest.Reset(), 1)
		// A POST is not sent again by net/http.
		_, err := c.http.Do(c.request("POST", "/2.0/user", "{}"))
		if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
			t.Errorf("reset: %v", err)
		}
		srv.Fail(bitbuckettest.Any, bitbuckettest.CutBody(), 1)
		resp, err := c.http.Do(c.request("GET", "/2.0/user", ""))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if got, err := io.ReadAll(resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) ||
			int64(len(got)) != resp.ContentLength/2 {
			t.Errorf("cut: %d of %d bytes, %v", len(got), resp.ContentLength, err)
		}
		c.get("/2.0/user").want(200)
	})
	srv := small()
	srv.Fail(bitbuckettest.Any, bitbuckettest.Refuse())
	if _, err := inProcess(t, srv).http.Get("https://api.bitbucket.org/2.0/user"); !errors.Is(err,
		syscall.ECONNREFUSED) {
		t.Errorf("refused: %v", err)
	}
	srv.Heal()
	srv.Fail(bitbuckettest.On("POST", variables), bitbuckettest.LoseAnswer(), 1)
	ada := inProcess(t, srv).as(srv.IssueAPIToken("ada"))
	if _, err := ada.http.Do(ada.request("POST", variables, `{"key":"A"}`)); !errors.Is(err,
		syscall.ECONNRESET) {
		t.Errorf("answer lost: %v", err)
	}
	wantList(t, ada.all(variables, "key"), "A")
	inProcess(t, srv).get("/2.0/user").want(401)
}

func TestStall(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		c = c.as(srv.IssueAPIToken("ada"))
		arrived := make(chan struct{})
		srv.Fail(func(*http.Request) bool { close(arrived); return true }, bitbuckettest.Stall(), 1)
		ctx, cancel := context.WithCancel(t.Context())
		var waiting sync.WaitGroup
		waiting.Go(func() { <-arrived; cancel() })
		if _, err := c.http.Do(c.request("GET", "/2.0/user", "").WithContext(ctx)); !errors.Is(err,
			context.Canceled) {
			t.Errorf("got %v", err)
		}
		waiting.Wait()
		srv.Fail(bitbuckettest.Any, bitbuckettest.StallBody(), 1)
		ctx, cancel = context.WithCancel(t.Context())
		resp, err := c.http.Do(c.request("GET", "/2.0/user", "").WithContext(ctx))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if _, err := io.ReadFull(resp.Body, make([]byte, resp.ContentLength/2)); err != nil {
			t.Fatal(err)
		}
		cancel()
		if _, err := resp.Body.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestStallInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := small()
		srv.Fail(bitbuckettest.Any, bitbuckettest.Stall())
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		req, _ := http.NewRequestWithContext(ctx, "GET", "https://api.bitbucket.org/2.0/user", nil)
		start := time.Now()
		if _, err := srv.RoundTrip(req); !errors.Is(err, context.DeadlineExceeded) ||
			time.Since(start) != time.Hour {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}
