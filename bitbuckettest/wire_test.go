package bitbuckettest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestHeaders(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		a := c.as(srv.IssueAPIToken("ada")).get("/2.0/user").want(200)
		for name, want := range map[string]string{
			"Content-Type":            "application/json; charset=utf-8",
			"Vary":                    "Authorization, Origin, cookie, user-context, Accept-Encoding",
			"Cache-Control":           "private",
			"Etag":                    fmt.Sprintf(`"%x"`, md5.Sum([]byte(a.body))),
			"X-Credential-Type":       "apitoken",
			"X-Accepted-Oauth-Scopes": "account", // the classic name, which no API token can have (§16.C)
			"Server":                  "envoy",
			"X-Ratelimit-Limit":       "",
		} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if got := c.as(srv.IssueAPIToken("ada", "read:user:bitbucket", "account")).get("/2.0/user").
			header.Get("X-OAuth-Scopes"); got != "read:user:bitbucket, account" {
			t.Errorf("X-OAuth-Scopes: %q", got)
		}
	})
}

func TestNoContent(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		key := srv.AddSSHKey("ada", bitbuckettest.SSHKey{})
		c = c.as(srv.IssueAPIToken("ada"))
		me, _ := c.get("/2.0/user").at("uuid").(string)
		a := c.do("DELETE", "/2.0/users/"+me+"/ssh-keys/"+key.UUID, "").want(204)
		if a.body != "" || a.header.Get("Content-Length") != "0" ||
			a.header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("body %q, headers %v", a.body, a.header)
		}
		c.do("DELETE", "/2.0/users/"+me+"/ssh-keys/"+key.UUID, "").want(404)
	})
}

func TestHrefsUseTheHostOfTheRequest(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		uuid := srv.AddUser(bitbuckettest.User{Nickname: "eve"}).UUID
		want := c.base + "/2.0/users/%7B" + strings.Trim(uuid, "{}") + "%7D"
		c.get("/2.0/users/" + uuid).want(200).check(map[string]any{"links.self.href": want})
	})
	rec := httptest.NewRecorder()
	srv := small()
	uuid := srv.AddUser(bitbuckettest.User{Nickname: "eve"}).UUID
	srv.ServeHTTP(rec, httptest.NewRequest("GET", "https://mirror.example/2.0/users/"+uuid, nil))
	if !strings.Contains(rec.Body.String(), `"href":"https://mirror.example/2.0/users/`) {
		t.Errorf("as a handler: %s", rec.Body)
	}
}

func TestForeignHost(t *testing.T) {
	srv := small(bitbuckettest.Hosts("mirror.example"))
	c := inProcess(t, srv).as(srv.IssueAPIToken("ada"))
	for _, host := range []string{"https://bitbucket.org", "http://localhost:8080",
		"http://127.0.0.1:1", "http://[::1]:1", "https://mirror.example:444"} {
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

func TestPathsOutsideTheAPI(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		c = c.as(srv.IssueAPIToken("ada"))
		if a := c.get("/").want(302); !strings.HasPrefix(a.header.Get("Location"),
			"https://developer.atlassian.com/") {
			t.Errorf("redirects to %q", a.header.Get("Location"))
		}
		if a := c.get("/user").want(403); a.body != `{"error":{"message":"Forbidden"},"type":"error"}` {
			t.Errorf("without /2.0: %s", a.body)
		}
		c.get("/2.0/nothing").want(404).check(map[string]any{
			"type": "error", "error.message": "Resource not found",
			"error.detail": "There is no API hosted at this URL"})
		a := c.do("PATCH", "/2.0/users/x/ssh-keys", "").want(405)
		if a.header.Get("Allow") != "GET, POST" {
			t.Errorf("Allow: %q", a.header.Get("Allow"))
		}
		c.get("/1.0/users/ada").want(410).check(map[string]any{"error.message": "Resource removed"})
		c.get("/2.0/user/").want(200)
	})
}

func TestRawCharactersInQuery(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		me := c.as(srv.IssueAPIToken("ada")).get("/2.0/user").at("uuid").(string)
		c = c.as(srv.IssueAPIToken("ada"))
		req := c.request("GET", "/2.0/workspaces/acme/permissions", "")
		req.URL.RawQuery = `q=user.uuid="` + me + `"&x=a;b&pagelen=1`
		resp, err := c.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		raw, _ := io.ReadAll(resp.Body)
		answer{t: t, status: resp.StatusCode, body: string(raw)}.want(200).check(map[string]any{
			"size": 1, "pagelen": 1, "values.0.user.nickname": "ada"})
	})
}

func TestRawSpaceInQuery(t *testing.T) {
	srv := small()
	c := inProcess(t, srv).as(srv.IssueAPIToken("ada"))
	req := c.request("GET", "/2.0/workspaces/acme/permissions", "")
	req.URL.RawQuery = `q=permission = "owner"`
	resp, err := srv.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	answer{t: t, status: resp.StatusCode, body: string(raw)}.want(200).check(map[string]any{"size": 1})
}

func TestGzip(t *testing.T) {
	srv := bitbuckettest.Demo()
	admin := srv.Admin()
	c := inProcess(t, srv).as(bitbuckettest.APIToken{Email: admin.Email, Token: admin.APIToken})
	plain := c.get("/2.0/workspaces/acme/members").want(200)
	if plain.header.Get("Content-Encoding") != "" {
		t.Error("compressed without being asked")
	}
	req := c.request("GET", "/2.0/workspaces/acme/members", "")
	req.Header.Set("Accept-Encoding", "gzip")
	resp, err := c.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.Header.Get("Content-Encoding") != "gzip" ||
		!strings.HasPrefix(resp.Header.Get("ETag"), `"gz[`) {
		t.Fatalf("headers %v", resp.Header)
	}
	packed, _ := io.ReadAll(resp.Body)
	unzip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := io.ReadAll(unzip); string(got) != plain.body {
		t.Errorf("got %d bytes, want %d", len(got), len(plain.body))
	}
	req = c.request("GET", "/2.0/workspaces/acme", "")
	req.Header.Set("Accept-Encoding", "gzip")
	req.URL.RawQuery = "fields=slug"
	if resp, err = c.http.Do(req); err != nil || resp.Header.Get("Content-Encoding") != "" {
		t.Errorf("a short body: %v, %v", resp.Header, err)
	}
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

func TestLog(t *testing.T) {
	var told []string
	srv := small(bitbuckettest.Log(func(r bitbuckettest.Request) { told = append(told, r.Path) }))
	ada := srv.IssueAPIToken("ada")
	c := inProcess(t, srv).as(ada)
	c.get("/2.0/users/%7Bx%7D?fields=uuid").want(404)
	c.do("POST", "/2.0/users/x/ssh-keys", `{"a":1}`).want(404)
	c.do("POST", "/site/oauth2/access_token", "grant_type=refresh_token&refresh_token=secret").
		want(401)
	log := srv.Requests()
	if len(log) != 3 || srv.Calls() != 2 || len(told) != 3 {
		t.Fatalf("%d requests, %d calls, told %q", len(log), srv.Calls(), told)
	}
	first := log[0]
	if first.Method != "GET" || first.Path != "/2.0/users/%7Bx%7D" ||
		first.RawQuery != "fields=uuid" || first.Status != 404 || !first.Authorized {
		t.Errorf("%+v", first)
	}
	if string(log[1].Body) != `{"a":1}` || string(log[2].Body) != "grant_type=refresh_token" {
		t.Errorf("bodies %q and %q", log[1].Body, log[2].Body)
	}
	if text := fmt.Sprintf("%+v", log); strings.Contains(text, ada.Token) ||
		strings.Contains(text, "Basic ") {
		t.Errorf("a credential in the log: %s", text)
	}
	srv.ResetLog()
	if len(srv.Requests()) != 0 || srv.Calls() != 0 {
		t.Error("the log is not empty")
	}
}

func TestStartEndsWithTheTest(t *testing.T) {
	srv := small()
	var base string
	t.Run("serving", func(t *testing.T) {
		c := overLoopback(t, srv)
		base = c.base
		if !strings.HasPrefix(base, "http://127.0.0.1:") {
			t.Errorf("base URL %q", base)
		}
		c.get("/2.0/user").want(401)
	})
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err == nil {
		conn.Close()
		t.Error("the server still listens")
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

// HEAD is GET without the body, and gzip with a quality of 0 is none.
func TestHeadAndEncodings(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		c = c.as(srv.IssueAPIToken("ada"))
		whole := c.get("/2.0/workspaces/acme").want(200)
		head := c.do("HEAD", "/2.0/workspaces/acme", "").want(200)
		if head.body != "" || head.header.Get("ETag") != whole.header.Get("ETag") {
			t.Errorf("HEAD: %q, %v", head.body, head.header)
		}
		c.do("HEAD", "/2.0/workspaces/none", "").want(404)
	})
}

// Links of the objects lead somewhere.
func TestLinksLeadSomewhere(t *testing.T) {
	srv := bitbuckettest.Demo()
	admin := srv.Admin()
	c := inProcess(t, srv).as(bitbuckettest.APIToken{Email: admin.Email, Token: admin.APIToken})
	projects := c.get("/2.0/workspaces/acme/projects").want(200)
	self, _ := projects.at("values.0.links.self.href").(string)
	c.get(strings.TrimPrefix(self, c.base)).want(200).
		check(map[string]any{"type": "project", "key": projects.at("values.0.key")})
	c.get("/2.0/workspaces/acme/projects/NONE").want(404)
	owners, _ := c.get("/2.0/workspaces/acme").want(200).at("links.owners.href").(string)
	wantList(t, c.all(strings.TrimPrefix(owners, c.base), "user.nickname"), "amber-fox", "birch-fox")
	c.get("/api/2.0/user").want(200).check(map[string]any{"uuid": admin.UserUUID})
}
