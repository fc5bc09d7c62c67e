package bitbucket_test

import (
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestUserCurrent(t *testing.T) {
	srv := bitbuckettest.New()
	added := srv.AddUser(bitbuckettest.User{Nickname: "Ada", DisplayName: "Ada A", Location: "Graz"})
	me, err := srv.Client("Ada").Users.Current(t.Context())
	must(t, err)
	if string(me.UUID) != added.UUID || me.AccountID != added.AccountID || me.Type != "user" ||
		me.DisplayName != "Ada A" || me.Username != "ada" || me.Location != "Graz" {
		t.Errorf("got %+v, want %+v", me, added)
	}
}

func TestUserGet(t *testing.T) {
	srv := acme()
	users := srv.Client("bob").Users
	ada := srv.Users()[0]
	for _, id := range []string{ada.UUID, bitbucket.UUID(ada.UUID).Bare(), ada.AccountID} {
		u, err := users.Get(t.Context(), id)
		must(t, err)
		if string(u.UUID) != ada.UUID || u.Nickname != "ada" || u.Username != "" {
			t.Errorf("by %s: got %+v, want the public profile of ada", id, u)
		}
	}
	_, err := users.Get(t.Context(), "ada") // a nickname is no identifier
	wantRefusal(t, err, bitbucket.ErrNotFound, hintUserNotThere)
}

func TestUserOfARepositoryToken(t *testing.T) {
	srv := acme()
	token := srv.IssueRepositoryToken("acme", "widgets", "repository")
	c := demoClient(t, srv, bitbucket.WithAccessToken(token))
	_, err := c.Users.Current(t.Context())
	wantRefusal(t, err, bitbucket.ErrForbidden, "Bitbucket takes an API token or an OAuth token here: use WithAPIToken, as a rule")
}

func TestUserEmails(t *testing.T) {
	srv := bitbuckettest.New()
	srv.AddUser(bitbuckettest.User{Nickname: "ada"})
	srv.AddEmail("ada", bitbuckettest.Email{Address: "a+b@example.com", Unconfirmed: true})
	users := srv.Client("ada").Users
	wantListed(t, users.ListEmails(t.Context()), func(e bitbucket.Email) string { return e.Email },
		"ada@example.com", "a+b@example.com")

	primary, err := users.GetEmail(t.Context(), "ada@example.com")
	must(t, err)
	if !primary.IsPrimary || !primary.IsConfirmed {
		t.Errorf("got %+v, want the primary address, confirmed", primary)
	}
	second, err := users.GetEmail(t.Context(), "a+b@example.com")
	must(t, err)
	if second.Email != "a+b@example.com" || second.IsPrimary || second.IsConfirmed {
		t.Errorf("got %+v, want a second address, not confirmed", second)
	}
	_, err = users.GetEmail(t.Context(), "bob@example.com")
	wantRefusal(t, err, bitbucket.ErrNotFound, hintNotThere)
}
