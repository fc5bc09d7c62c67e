package bitbuckettest_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

const (
	sshKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
	gpgKey = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nbm90IHJlYWxseSBhIGtleQ==\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n"
)

func TestSSHKeys(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		ada, bob := c.as(srv.IssueAPIToken("ada")), c.as(srv.IssueAPIToken("bob"))
		me := ada.get("/2.0/user").at("uuid").(string)
		keys := "/2.0/users/" + me + "/ssh-keys"
		ada.get(keys).want(200).check(map[string]any{"size": 0})
		a := ada.do("POST", keys+"?expires_on=2099-01-02",
			`{"key":"`+sshKey+` me@host","label":"Laptop"}`).want(201).check(map[string]any{
			"type": "ssh_key", "key": sshKey, "comment": "me@host", "label": "Laptop",
			"expires_on": "2099-01-02T00:00:00+00:00",
			"last_used":  nil, "owner.uuid": me,
			"fingerprint": "ZkAslGjFiUHdGf/WUL8rQvkib4PTvQatUV0OUQSncCA",
		})
		uuid := a.at("uuid").(string)
		self := c.base + strings.ReplaceAll(strings.ReplaceAll(keys, "{", "%7B"), "}", "%7D") + "/" +
			strings.Trim(uuid, "{}")
		if a.at("links.self.href") != self || a.header.Get("Location") != self {
			t.Errorf("self %v, Location %q, want %q", a.at("links.self.href"), a.header.Get("Location"),
				self)
		}
		ada.get(self).want(200).check(map[string]any{"uuid": uuid})
		ada.get(keys + "/" + uuid).want(200).check(map[string]any{"uuid": uuid})
		wantList(t, ada.all(keys, "label"), "Laptop")

		for _, bad := range []string{sshKey, "nonsense", "ssh-ed25519 %%%", "ssh-rsa " +
			strings.Fields(sshKey)[1]} {
			a := ada.do("POST", keys, `{"key":"`+bad+`"}`).want(400)
			if _, ok := a.at("error.fields.key.0").(string); !ok {
				t.Errorf("got %s", a.body)
			}
		}
		other := "/2.0/users/" + bob.get("/2.0/user").at("uuid").(string) + "/ssh-keys"
		bob.do("POST", other, `{"key":"`+sshKey+`"}`).want(400) // registered by somebody else
		ada.do("POST", keys+"?expires_on=tomorrow", `{"key":"x"}`).want(400)

		ada.do("PUT", self, `{"label":"","comment":"new"}`).want(200).
			check(map[string]any{"label": "", "comment": "new", "key": sshKey})
		ada.do("PUT", self, `{"key":"another"}`).want(400)
		bob.get(keys).want(403)
		bob.do("DELETE", self, "").want(403)
		ada.get("/2.0/users/nobody/ssh-keys").want(404)
		ada.do("DELETE", keys+"/7", "").want(400)
		ada.do("DELETE", self, "").want(204)
		ada.do("DELETE", self, "").want(404)
		ada.get(self).want(404)
		ada.get(keys).want(200).check(map[string]any{"size": 0})
	})
}

func TestTimeOfCreation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := small()
		c := inProcess(t, srv).as(srv.IssueAPIToken("ada"))
		keys := "/2.0/users/" + c.get("/2.0/user").at("uuid").(string) + "/ssh-keys"
		<-time.After(1500 * time.Millisecond)
		c.do("POST", keys, `{"key":"`+sshKey+`"}`).want(201).
			check(map[string]any{"created_on": "2000-01-01T00:00:01.500000+00:00", "expires_on": nil})
	})
}
