package bitbucket_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// publicKey is 32 bytes that count from 0, as an Ed25519 key.
const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"

func TestSSHKeyThroughItsLife(t *testing.T) {
	srv := acme()
	keys, ada := srv.Client("ada").SSHKeys, uuidOfUser(t, srv, "ada")
	added, err := keys.Add(t.Context(), ada, bitbucket.NewSSHKey{
		Key:   publicKey + " ada@laptop",
		Label: bitbucket.Set("Laptop"),
	})
	must(t, err)
	if added.Key != publicKey || added.Comment != "ada@laptop" || added.Label != "Laptop" ||
		added.Fingerprint != "ZkAslGjFiUHdGf/WUL8rQvkib4PTvQatUV0OUQSncCA" ||
		string(added.Owner.UUID) != ada || !added.ExpiresOn.IsZero() || !added.LastUsed.IsZero() {
		t.Errorf("added %+v", added)
	}
	id := string(added.UUID)
	wantListed(t, keys.List(t.Context(), ada), func(k bitbucket.SSHKey) string { return k.Label },
		"Laptop")

	// What an update does not set stays.
	updated, err := keys.Update(t.Context(), ada, id,
		bitbucket.SSHKeyUpdate{Label: bitbucket.Set("Desktop")})
	must(t, err)
	if updated.Label != "Desktop" || updated.Comment != "ada@laptop" || updated.Key != publicKey {
		t.Errorf("updated to %+v, want another label and nothing else", updated)
	}
	if stored := srv.SSHKeys("ada"); len(stored) != 1 || stored[0].Label != "Desktop" {
		t.Errorf("the server has %+v, want the label Desktop", stored)
	}
	must(t, keys.Delete(t.Context(), ada, id))
	if stored := srv.SSHKeys("ada"); len(stored) != 0 {
		t.Errorf("the server still has %+v", stored)
	}
	_, err = keys.Get(t.Context(), ada, id)
	wantRefusal(t, err, bitbucket.ErrNotFound, hintUserNotThere)
}

func TestSSHKeyThatExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := acme()
		keys, ada := srv.Client("ada").SSHKeys, uuidOfUser(t, srv, "ada")
		in90Days := time.Now().AddDate(0, 0, 90)
		added, err := keys.Add(t.Context(), ada,
			bitbucket.NewSSHKey{Key: publicKey, ExpiresOn: in90Days})
		must(t, err)
		got, err := keys.Get(t.Context(), ada, string(added.UUID))
		must(t, err)
		if !got.ExpiresOn.Equal(in90Days) || !got.CreatedOn.Equal(time.Now()) {
			t.Errorf("from %v to %v, want to %v", got.CreatedOn, got.ExpiresOn, in90Days)
		}
	})
}

func TestSSHKeyRefusals(t *testing.T) {
	srv := acme()
	bobs := srv.AddSSHKey("bob", bitbuckettest.SSHKey{Key: publicKey})
	keys := srv.Client("ada").SSHKeys
	ada, bob := uuidOfUser(t, srv, "ada"), uuidOfUser(t, srv, "bob")
	for _, key := range []string{publicKey, "ssh-ed25519 %%%", ""} { // bob's, and no keys
		_, err := keys.Add(t.Context(), ada, bitbucket.NewSSHKey{Key: key})
		wantRefusal(t, err, bitbucket.ErrBadRequest, "")
	}
	_, err := keys.List(t.Context(), bob).Collect()
	wantRefusal(t, err, bitbucket.ErrForbidden, "")
	wantRefusal(t, keys.Delete(t.Context(), bob, bobs.UUID), bitbucket.ErrForbidden, "")
	if len(srv.SSHKeys("ada")) != 0 || len(srv.SSHKeys("bob")) != 1 {
		t.Errorf("ada has %+v, bob %+v", srv.SSHKeys("ada"), srv.SSHKeys("bob"))
	}
}
