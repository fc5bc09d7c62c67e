package bitbuckettest

import (
	"net/http"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

func gpgKeyRoutes() []*route {
	return []*route{
		serve("GPGKeys.List", listGPGKeys),
		serve("GPGKeys.Add", addGPGKey),
		serve("GPGKeys.Get", getGPGKey),
		serve("GPGKeys.Delete", deleteGPGKey),
	}
}

func listGPGKeys(c *call) (answer, error) {
	u, err := c.ownAccount()
	if err != nil {
		return answer{}, err
	}
	docs := c.docs()
	return paged(c, listing[*store.GPGKey]{
		items: u.GPGKeys,
		show:  func(k *store.GPGKey) object { return docs.GPGKey(u, k, nil) },
	})
}

func addGPGKey(c *call) (answer, error) {
	u, err := c.ownAccount()
	if err != nil {
		return answer{}, err
	}
	var wanted struct{ Key, Name string }
	if err := c.decodeKey(&wanted, &wanted.Key); err != nil {
		return answer{}, err
	}
	k, err := u.AddGPGKey(store.GPGKey{
		Key: wanted.Key, Name: wanted.Name,
		AddedOn: time.Now(), CreatedOn: time.Now(),
	})
	if err != nil {
		return answer{}, failFields("key", sentence(err))
	}
	return created(c.docs().GPGKeyURL(u, k), c.docs().GPGKey(u, k, nil))
}

func getGPGKey(c *call) (answer, error) {
	u, k, parent, err := c.gpgKey()
	if err != nil {
		return answer{}, err
	}
	return ok(c.docs().GPGKey(u, k, parent))
}

func deleteGPGKey(c *call) (answer, error) {
	if strings.Trim(c.vars["fingerprint"], "0123456789abcdefABCDEF") != "" {
		return answer{}, failFields("fingerprint", "It must be hexadecimal.")
	}
	u, k, parent, err := c.gpgKey()
	if err != nil {
		return answer{}, err
	}
	if parent != nil {
		return answer{}, forbidden("A subkey cannot be deleted. Delete its parent.")
	}
	u.RemoveGPGKey(k)
	return noContent()
}

// gpgKey finds the key or subkey of the path.
func (c *call) gpgKey() (u *store.User, k, parent *store.GPGKey, err error) {
	if u, err = c.ownAccount(); err != nil {
		return nil, nil, nil, err
	}
	if k, parent = u.GPGKey(c.vars["fingerprint"]); k == nil {
		return nil, nil, nil, fail(http.StatusNotFound, c.vars["fingerprint"])
	}
	return u, k, parent, nil
}
