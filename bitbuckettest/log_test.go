package bitbuckettest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

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

func TestAnswersAreKeptOnDemand(t *testing.T) {
	for keep, opts := range map[bool][]bitbuckettest.Option{false: nil, true: {bitbuckettest.KeepAnswers()}} {
		srv := small(opts...)
		consumer := srv.AddConsumer(bitbuckettest.Consumer{Workspace: "acme"})
		c := inProcess(t, srv)
		a := c.as(srv.IssueAPIToken("ada")).get("/2.0/workspaces/acme/members").want(200)
		c.tokenFor(consumer, "grant_type=client_credentials").want(200)
		log := srv.Requests()
		if kept := string(log[0].Answer) == a.body; kept != keep || log[1].Answer != nil {
			t.Errorf("kept %q and %q, want any: %t", log[0].Answer, log[1].Answer, keep)
		}
	}
}

func TestRequestsAreKeptAndPicked(t *testing.T) {
	srv := small(bitbuckettest.Throttle(0, 0))
	ada := inProcess(t, srv).as(srv.IssueAPIToken("ada"))
	for i := range 10_003 {
		ada.get(fmt.Sprintf("/2.0/user?n=%d", i)).want(200)
	}
	log := srv.Requests()
	if len(log) != 10_000 || log[0].RawQuery != "n=3" || log[9_999].RawQuery != "n=10002" {
		t.Errorf("%d requests from %q to %q", len(log), log[0].RawQuery, log[len(log)-1].RawQuery)
	}
	if srv.Calls() != 10_003 {
		t.Errorf("%d calls", srv.Calls())
	}
	srv.ResetLog()
	ada.do("POST", variables, `{"key":"A"}`).want(201)
	ada.get(variables + "?page=1").want(200)
	ada.get("/2.0/user").want(200)
	posts := srv.Requests(bitbuckettest.On("POST", "/2.0/workspaces/*"))
	if len(posts) != 1 || string(posts[0].Body) != `{"key":"A"}` || posts[0].Status != 201 {
		t.Errorf("%+v", posts)
	}
	pages := srv.Requests(bitbuckettest.On("GET", "*"), bitbuckettest.OnPage(bitbuckettest.Any, "1"))
	if len(pages) != 1 || pages[0].Path != variables {
		t.Errorf("%+v", pages)
	}
}
