package bitbucket_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// acme is a workspace of two people, of whom ada owns it, with a private project and its one
// repository, and a public project with another. cyn has an account and belongs to nothing.
func acme() *bitbuckettest.Server {
	srv := bitbuckettest.New()
	for _, nickname := range []string{"ada", "bob", "cyn"} {
		srv.AddUser(bitbuckettest.User{Nickname: nickname})
	}
	srv.AddWorkspace(bitbuckettest.Workspace{Slug: "acme", Name: "Acme", Private: true})
	srv.AddMember("acme", bitbuckettest.Member{User: "ada", Role: "owner"})
	srv.AddMember("acme", bitbuckettest.Member{User: "bob"})
	srv.AddProject("acme", bitbuckettest.Project{Key: "WID", Name: "Widgets", Private: true})
	srv.AddProject("acme", bitbuckettest.Project{Key: "WEB"})
	srv.AddRepository("acme", bitbuckettest.Repository{Slug: "widgets", Project: "WID"})
	srv.AddRepository("acme", bitbuckettest.Repository{Slug: "site", Project: "WEB", Public: true})
	return srv
}

// uuidOfUser is the UUID of a user of the server, for calls that take one.
func uuidOfUser(t *testing.T, srv *bitbuckettest.Server, nickname string) string {
	t.Helper()
	for _, u := range srv.Users() {
		if u.Nickname == nickname {
			return u.UUID
		}
	}
	t.Fatalf("no user %s", nickname)
	return ""
}

// wantListed fails unless a list is read to its end and has these items, in this order, as text.
func wantListed[T any](t *testing.T, list *bitbucket.List[T], text func(T) string, want ...string) {
	t.Helper()
	items, err := list.Collect()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, item := range items {
		got = append(got, text(item))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the list has %q, want %q", got, want)
	}
}

// wantRefusal fails unless a call was refused with the status of the sentinel, and the hint says
// what to do about it.
func wantRefusal(t *testing.T, err, sentinel error, hint string) {
	t.Helper()
	if !errors.Is(err, sentinel) {
		t.Errorf("got %v, want %v", err, sentinel)
		return
	}
	if e, ok := errors.AsType[*bitbucket.Error](err); !ok || e.Hint != hint {
		t.Errorf("the error is %v, want the hint %q", err, hint)
	}
}

// The hints of refusals for what is not there.
const (
	hintNotThere     = "it does not exist, or the credential may not see it"
	hintUserNotThere = "users are found by UUID or Atlassian account ID, not by name; " +
		"or the credential may not see it"
)
