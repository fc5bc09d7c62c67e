package bitbucket_test

import (
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestDeployKeyThroughItsLife(t *testing.T) {
	srv := acme()
	service := srv.Client("ada").DeployKeys
	for on, keys := range map[string]*bitbucket.DeployKeys{
		"deploy_key":         service.OnRepository("acme", "widgets"),
		"project_deploy_key": service.OnProject("acme", "WID"),
	} {
		t.Run(on, func(t *testing.T) {
			added, err := keys.Add(t.Context(), bitbucket.NewDeployKey{
				Key:   publicKey + " ci@host",
				Label: bitbucket.Set("CI"),
			})
			must(t, err)
			by := added.By()
			if added.Type != on || added.Key != publicKey || added.Comment != "ci@host" ||
				added.Label != "CI" || by.Nickname != "ada" || added.Since().IsZero() {
				t.Errorf("added %+v by %+v", added, by)
			}
			wantListed(t, keys.List(t.Context()), func(k bitbucket.DeployKey) string { return k.Label },
				"CI")
			read, err := keys.Get(t.Context(), added.ID)
			must(t, err)
			if read.ID != added.ID || read.Key != publicKey || !read.Since().Equal(added.Since().Time) {
				t.Errorf("read %+v, want %+v", read, added)
			}
			must(t, keys.Delete(t.Context(), added.ID))
			wantListed(t, keys.List(t.Context()), func(k bitbucket.DeployKey) string { return k.Label })
			_, err = keys.Get(t.Context(), added.ID)
			wantRefusal(t, err, bitbucket.ErrNotFound, hintNotThere)
		})
	}
}

func TestDeployKeyOutlivesAMembership(t *testing.T) {
	srv := acme()
	added := srv.AddDeployKey("acme", "widgets", bitbuckettest.DeployKey{Label: "old", AddedBy: "bob"})
	srv.RemoveMember("acme", "bob")
	key, err := srv.Client("ada").DeployKeys.OnRepository("acme", "widgets").Get(t.Context(), added.ID)
	must(t, err)
	if by := key.By(); by.Nickname != "bob" || key.Label != "old" || key.Repository.Slug != "widgets" {
		t.Errorf("got %+v, want the key that bob added to widgets", key)
	}
}

func TestDeployKeyRefusals(t *testing.T) {
	srv := acme()
	added := srv.AddDeployKey("acme", "widgets", bitbuckettest.DeployKey{Key: publicKey})
	srv.GrantRepository("acme", "widgets", "bob", "write") // which does not administer it
	ada := srv.Client("ada").DeployKeys.OnRepository("acme", "widgets")
	for _, key := range []string{publicKey, "nonsense", ""} { // had already, and no keys
		_, err := ada.Add(t.Context(), bitbucket.NewDeployKey{Key: key})
		wantRefusal(t, err, bitbucket.ErrBadRequest, "")
	}
	bob := srv.Client("bob").DeployKeys.OnRepository("acme", "widgets")
	_, err := bob.List(t.Context()).Collect()
	wantRefusal(t, err, bitbucket.ErrForbidden, "")
	wantRefusal(t, bob.Delete(t.Context(), added.ID), bitbucket.ErrForbidden, "")
	if stored := srv.DeployKeys("acme", "widgets"); len(stored) != 1 || stored[0].ID != added.ID {
		t.Errorf("the server has %+v, want the one key", stored)
	}
}
