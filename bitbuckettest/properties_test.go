package bitbuckettest_test

import (
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestProperties(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		one, two := srv.AddConsumer(bitbuckettest.Consumer{Workspace: "acme"}),
			srv.AddConsumer(bitbuckettest.Consumer{Workspace: "acme"})
		app := c.bearer(c.tokenFor(one, "grant_type=client_credentials").at("access_token").(string))
		other := c.bearer(c.tokenFor(two, "grant_type=client_credentials").at("access_token").(string))
		ada := c.as(srv.IssueAPIToken("ada"))
		path := "/2.0/users/" + ada.get("/2.0/user").at("uuid").(string) + "/properties/my-app/notes"

		ada.get(path).want(404)
		app.do("DELETE", path, "").want(404)
		if a := app.do("PUT", path, `{"_attributes":["public","read_only"],"n":{"deep":[1,2]}}`).
			want(204); a.body != "" {
			t.Errorf("body %q", a.body)
		}
		ada.get(path).want(200).check(map[string]any{
			"n.deep.1": 2, "_attributes.0": "public",
			"type": nil,
		})
		other.do("PUT", path, `{}`).want(403)
		other.do("DELETE", path, "").want(403)
		app.do("PUT", path, `{"_attributes":["public"]}`).want(204)
		other.do("PUT", path, `{"secret":true}`).want(204)
		ada.get(path).want(404) // no longer public
		other.get(path).want(200).check(map[string]any{"secret": true})
		app.do("DELETE", path, "").want(403)
		other.do("PUT", path, `[1,2]`).want(204)
		if a := other.get(path).want(200); a.body != "[1,2]" {
			t.Errorf("got %s", a.body)
		}
		other.do("DELETE", path, "").want(204)
		other.get(path).want(404)

		ada.do("PUT", path, `{}`).want(403).check(map[string]any{"error.message": provided})
		app.do("PUT", path, `{`).want(400)
		app.do("PUT", strings.Replace(path, "notes", "a%20b", 1), `{}`).want(400)
		srv.SetProperty("ada", "my-app", "notes", map[string]any{"n": 1})
		ada.get(path).want(200).check(map[string]any{"n": 1})
	})
}
