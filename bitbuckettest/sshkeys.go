package bitbuckettest

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

func sshKeyRoutes() []*route {
	return []*route{
		serve("SSHKeys.List", listSSHKeys),
		serve("SSHKeys.Add", addSSHKey),
		serve("SSHKeys.Get", getSSHKey),
		serve("SSHKeys.Update", updateSSHKey),
		serve("SSHKeys.Delete", deleteSSHKey),
	}
}

func listSSHKeys(c *call) (answer, error) {
	u, err := c.ownAccount()
	if err != nil {
		return answer{}, err
	}
	docs := c.docs()
	return paged(c, listing[*store.SSHKey]{
		items: u.SSHKeys,
		show:  func(k *store.SSHKey) object { return docs.SSHKey(u, k) },
	})
}

func addSSHKey(c *call) (answer, error) {
	u, err := c.ownAccount()
	if err != nil {
		return answer{}, err
	}
	var wanted struct{ Key, Label string }
	if err := c.decodeKey(&wanted, &wanted.Key); err != nil {
		return answer{}, err
	}
	k := store.SSHKey{Key: wanted.Key, Label: wanted.Label, CreatedOn: time.Now()}
	if raw := c.query.get("expires_on"); raw != "" {
		if k.ExpiresOn, err = parseDate(raw); err != nil || !k.ExpiresOn.After(time.Now()) {
			return answer{},
				failFields("expires_on", "It must be an ISO 8601 date or date-time in the future.")
		}
	}
	added, err := u.AddSSHKey(k)
	if err != nil {
		return answer{}, failFields("key", sentence(err))
	}
	return created(c.docs().SSHKeyURL(u, added), c.docs().SSHKey(u, added))
}

func parseDate(text string) (time.Time, error) {
	for _, layout := range []string{
		time.RFC3339Nano, "2006-01-02T15:04:05.999999999",
		"2006-01-02T15:04", time.DateOnly,
	} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("not a date: " + text)
}

func getSSHKey(c *call) (answer, error) {
	u, k, err := c.sshKey()
	if err != nil {
		return answer{}, err
	}
	return ok(c.docs().SSHKey(u, k))
}

func updateSSHKey(c *call) (answer, error) {
	u, k, err := c.sshKey()
	if err != nil {
		return answer{}, err
	}
	var wanted struct{ Key, Label, Comment *string }
	if err := c.decode(&wanted); err != nil {
		return answer{}, err
	}
	if wanted.Key != nil && *wanted.Key != k.Key {
		return answer{}, failFields("key", "A key cannot be changed. Delete it and add another one.")
	}
	u.ChangeSSHKey(k, wanted.Label, wanted.Comment)
	return ok(c.docs().SSHKey(u, k))
}

func deleteSSHKey(c *call) (answer, error) {
	if id := strings.Trim(c.vars["key_id"], "{}"); len(id) != 36 || strings.Count(id, "-") != 4 {
		return answer{}, failFields("key_id", "It must be a UUID.")
	}
	u, k, err := c.sshKey()
	if err != nil {
		return answer{}, err
	}
	u.RemoveSSHKey(k)
	return noContent()
}

// sshKey finds the key of the path.
func (c *call) sshKey() (*store.User, *store.SSHKey, error) {
	u, err := c.ownAccount()
	if err != nil {
		return nil, nil, err
	}
	if k := u.SSHKey(c.vars["key_id"]); k != nil {
		return u, k, nil
	}
	return nil, nil, fail(http.StatusNotFound, c.vars["key_id"])
}
