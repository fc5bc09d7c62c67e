package bitbuckettest_test

import (
	"fmt"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestDeployKeys(t *testing.T) {
	for name, keys := range map[string]string{
		"repository": "/2.0/repositories/acme/widgets/deploy-keys",
		"project":    "/2.0/workspaces/acme/projects/WID/deploy-keys",
	} {
		t.Run(name, func(t *testing.T) {
			bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
				srv.GrantRepository("acme", "widgets", "bob", "write")
				ada, bob := c.as(srv.IssueAPIToken("ada")), c.as(srv.IssueAPIToken("bob"))
				by := map[string]string{"repository": "added_by", "project": "created_by"}[name]
				a := ada.do("POST", keys, `{"key":"`+sshKey+` robot@host","label":"robot"}`).want(200).
					check(map[string]any{
						"key": sshKey, "comment": "robot@host", "label": "robot", "last_used": nil, by +
							".nickname": "ada",
					})
				one := fmt.Sprintf("%s/%.0f", keys, a.at("id"))
				if a.at("links.self.href") != c.base+one || a.at(name+".type") != name {
					t.Errorf("got %s", a.body)
				}
				ada.get(one).want(200).check(map[string]any{"label": "robot"})
				wantList(t, ada.all(keys, "label"), "robot")
				ada.do("POST", keys, `{"key":"`+sshKey+`"}`).want(400)
				ada.do("POST", keys, `{"key":"none"}`).want(400)
				ada.do("POST", keys, `{}`).want(400)
				bob.get(keys).want(403)
				bob.do("DELETE", one, "").want(403)
				ada.get(keys + "/x").want(404)
				ada.do("DELETE", one, "").want(204)
				ada.do("DELETE", one, "").want(404)
			})
		})
	}
}
