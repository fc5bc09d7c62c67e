package bitbucket_test

import (
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// armoured is in the form of a GPG key.
const armoured = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nbm8ga2V5IGF0IGFsbA==\n=abcd\n" +
	"-----END PGP PUBLIC KEY BLOCK-----\n"

func TestGPGKeyThroughItsLife(t *testing.T) {
	srv := acme()
	keys, ada := srv.Client("ada").GPGKeys, uuidOfUser(t, srv, "ada")
	added, err := keys.Add(t.Context(), ada,
		bitbucket.NewGPGKey{Key: armoured, Name: bitbucket.Set("Signing")})
	must(t, err)
	if added.Name != "Signing" || added.Fingerprint == "" || added.KeyID == "" || added.Key != "" ||
		string(added.Owner.UUID) != ada || !added.ExpiresOn.IsZero() {
		t.Errorf("added %+v, want Signing of ada, without the key itself", added)
	}
	wantListed(t, keys.List(t.Context(), ada),
		func(k bitbucket.GPGKey) string { return k.Fingerprint }, added.Fingerprint)
	whole, err := keys.Get(t.Context(), ada, added.Fingerprint, bitbucket.Fields("+key"))
	must(t, err)
	if whole.Key != armoured || whole.Name != "Signing" {
		t.Errorf("got %+v, want the key itself too", whole)
	}
	if stored := srv.GPGKeys("ada"); len(stored) != 1 || stored[0].Fingerprint != added.Fingerprint {
		t.Errorf("the server has %+v, want the key that was added", stored)
	}
	must(t, keys.Delete(t.Context(), ada, added.Fingerprint))
	if stored := srv.GPGKeys("ada"); len(stored) != 0 {
		t.Errorf("the server still has %+v", stored)
	}
	_, err = keys.Get(t.Context(), ada, added.Fingerprint)
	wantRefusal(t, err, bitbucket.ErrNotFound, hintUserNotThere)
}

func TestGPGKeySubkeys(t *testing.T) {
	srv := acme()
	stored := srv.AddGPGKey("ada", bitbuckettest.GPGKey{
		Name:    "Main",
		Subkeys: []bitbuckettest.GPGKey{{Name: "Sub"}},
	})
	sub := stored.Subkeys[0].Fingerprint
	keys, ada := srv.Client("ada").GPGKeys, uuidOfUser(t, srv, "ada")
	all, err := keys.List(t.Context(), ada, bitbucket.Fields("+values.subkeys")).Collect()
	must(t, err)
	if len(all) != 1 || len(all[0].Subkeys) != 1 || all[0].Subkeys[0].Fingerprint != sub ||
		all[0].Subkeys[0].ParentFingerprint != stored.Fingerprint {
		t.Errorf("got %+v, want Main with the subkey %s", all, sub)
	}
	wantRefusal(t, keys.Delete(t.Context(), ada, sub), bitbucket.ErrForbidden, "")
	must(t, keys.Delete(t.Context(), ada, stored.Fingerprint))
	_, err = keys.Get(t.Context(), ada, sub) // gone with its parent
	wantRefusal(t, err, bitbucket.ErrNotFound, hintUserNotThere)
}

func TestGPGKeyRefusals(t *testing.T) {
	srv := acme()
	srv.AddGPGKey("bob", bitbuckettest.GPGKey{Key: armoured})
	keys, ada := srv.Client("ada").GPGKeys, uuidOfUser(t, srv, "ada")
	for _, key := range []string{armoured, "nonsense", ""} { // bob's, and no keys
		_, err := keys.Add(t.Context(), ada, bitbucket.NewGPGKey{Key: key})
		wantRefusal(t, err, bitbucket.ErrBadRequest, "")
	}
	_, err := keys.List(t.Context(), uuidOfUser(t, srv, "bob")).Collect()
	wantRefusal(t, err, bitbucket.ErrForbidden, "")
	if stored := srv.GPGKeys("ada"); len(stored) != 0 {
		t.Errorf("the server has %+v, want nothing of ada", stored)
	}
}
