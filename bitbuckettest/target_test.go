package bitbuckettest_test

import (
	"io"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

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
			"size": 1, "pagelen": 1, "values.0.user.nickname": "ada",
		})
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
