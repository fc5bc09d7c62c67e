package bitbuckettest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestGPGKeys(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		stored := srv.AddGPGKey("ada", bitbuckettest.GPGKey{
			Name:    "old",
			Subkeys: []bitbuckettest.GPGKey{{Name: "sub"}},
		})
		ada := c.as(srv.IssueAPIToken("ada"))
		keys := "/2.0/users/" + ada.get("/2.0/user").at("uuid").(string) + "/gpg-keys"
		a := ada.do("POST", keys, fmt.Sprintf(`{"key":%q,"name":"new"}`, gpgKey)).want(201).
			check(map[string]any{
				"type": "gpg_key", "name": "new", "parent_fingerprint": nil, "expires_on": nil, "key": nil,
			})
		fingerprint := a.at("fingerprint").(string)
		self := a.at("links.self.href").(string)
		if !strings.HasSuffix(self, "/"+strings.ToUpper(fingerprint)) ||
			fingerprint == strings.ToUpper(fingerprint) || a.has("", "key") || a.has("", "subkeys") {
			t.Errorf("got %s", a.body)
		}
		if a.header.Get("Location") != self {
			t.Errorf("Location %q", a.header.Get("Location"))
		}
		wantList(t, ada.all(keys, "name"), "old", "new")
		ada.get(self + "?fields=%2Bkey").want(200).check(map[string]any{"key": gpgKey, "name": "new"})
		ada.get(keys + "?fields=%2Bvalues.subkeys").want(200).check(map[string]any{
			"values.0.subkeys.0.parent_fingerprint": stored.Fingerprint, "values.0.key": nil,
			"values.0.name": "old",
		})
		sub := keys + "/" + stored.Subkeys[0].Fingerprint
		ada.get(sub).want(200).check(map[string]any{
			"name":               "sub",
			"parent_fingerprint": stored.Fingerprint,
		})
		ada.do("DELETE", sub, "").want(403)
		ada.do("DELETE", keys+"/xyz", "").want(400)
		ada.do("POST", keys, fmt.Sprintf(`{"key":%q}`, gpgKey)).want(400)
		ada.do("POST", keys, `{"key":"nonsense"}`).want(400)
		ada.do("PUT", self, `{}`).want(405)
		c.as(srv.IssueAPIToken("bob")).get(keys).want(403)
		ada.do("DELETE", self, "").want(204)
		ada.get(self).want(404)
		wantList(t, ada.all(keys, "name"), "old")
	})
}
