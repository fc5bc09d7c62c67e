package v1_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/throttle"
	"github.com/seed-9213fc64/bitbucket/v1"
)

// both are a client of 2.0 and one of 1.0, with one credential.
func both(t *testing.T, srv *bitbuckettest.Server, opts ...bitbucket.Option) (*bitbucket.Client, *v1.Client) {
	t.Helper()
	client, err := bitbucket.NewClient(append([]bitbucket.Option{bitbucket.WithTransport(srv)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return client, v1.NewClient(client)
}

func asAdmin(srv *bitbuckettest.Server) bitbucket.Option {
	admin := srv.Admin()
	return bitbucket.WithAPIToken(admin.Email, admin.APIToken)
}

// Both APIs tell of the same person.
func TestOnePersonInBothAPIs(t *testing.T) {
	srv := bitbuckettest.Demo(bitbuckettest.Legacy())
	client, old := both(t, srv, asAdmin(srv))
	today, err := client.Users.Current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	account, err := old.Users.Current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	person, err := bitbucket.ParseUser(encode(t, account))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(person, account.User.User()) {
		t.Errorf("ParseUser says %+v, the account %+v", person, account.User.User())
	}
	if person.Type != today.Type || person.Username != today.Username || person.DisplayName != today.DisplayName ||
		person.IsStaff != today.IsStaff || person.Links.Avatar != today.Links.Avatar {
		t.Errorf("1.0 says %+v, 2.0 %+v", person, today)
	}
	named, err := old.Users.Get(t.Context(), today.Username)
	if err != nil {
		t.Fatal(err)
	}
	byEmail, err := old.Users.Get(t.Context(), srv.Admin().Email)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(account, named) || !reflect.DeepEqual(account, byEmail) {
		t.Errorf("by credential %+v\nby name %+v\nby e-mail %+v", account, named, byEmail)
	}
}

func TestAccountsWithAndWithoutCredentials(t *testing.T) {
	srv := bitbuckettest.Demo(bitbuckettest.Legacy())
	_, anybody := both(t, srv)
	_, admin := both(t, srv, asAdmin(srv))
	public, err := anybody.Users.Get(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	whole, err := admin.Users.Get(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	if len(public.Repositories) != 1 || len(whole.Repositories) != 126 {
		t.Fatalf("%d public repositories of %d", len(public.Repositories), len(whole.Repositories))
	}
	docs := public.Repositories[0]
	if docs.Slug != "web-docs" || docs.Owner != "acme" || docs.IsPrivate || docs.FollowersCount == nil || *docs.FollowersCount != 66 {
		t.Errorf("public: %+v", docs)
	}
	for _, repo := range whole.Repositories {
		if repo.FollowersCount != nil || !repo.CreatedOn.Truncate(time.Second).Equal(repo.UTCCreatedOn.Time) || !repo.LastUpdated.Truncate(time.Second).Equal(repo.UTCLastUpdated.Time) {
			t.Errorf("with credentials: %+v", repo)
		}
	}
	if public.User.IsTeam != nil || whole.User.IsTeam == nil || !*whole.User.IsTeam || whole.User.ResourceURI != public.User.ResourceURI+"/" {
		t.Errorf("public %+v, whole %+v", public.User, whole.User)
	}
}

func TestListsOfTheServer(t *testing.T) {
	srv := bitbuckettest.Demo(bitbuckettest.Legacy())
	_, old := both(t, srv, asAdmin(srv))
	followers, err := old.Users.Followers(t.Context(), "acme")
	if err != nil || followers.Count != 65 || len(followers.Followers) != 65 || followers.Followers[0].Username != "amber-fox" {
		t.Errorf("followers %v, %v", followers, err)
	}
	plan, err := old.Users.Plan(t.Context(), "acme")
	if err != nil || plan.Count != 66 {
		t.Errorf("plan %v, %v", plan, err)
	}
	emails, err := old.Users.Emails(t.Context(), "amber-fox")
	if err != nil || len(emails) != 1 || !reflect.DeepEqual(v1.Bare(&emails[0]), &v1.Email{Email: "amber-fox@example.com", Active: true, Primary: true}) {
		t.Errorf("emails %v, %v", emails, err)
	}
	privileges, err := old.Users.Privileges(t.Context())
	if err != nil || !reflect.DeepEqual(privileges.Teams, map[string]v1.Privilege{"acme": v1.PrivilegeAdmin}) {
		t.Errorf("privileges %v, %v", privileges, err)
	}
}

func TestEventsOfTheServer(t *testing.T) {
	srv := bitbuckettest.Demo(bitbuckettest.Legacy())
	_, old := both(t, srv)
	all, err := old.Users.Events(t.Context(), "acme", v1.EventsQuery{}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	names := map[v1.EventName]int{}
	for i, event := range all {
		names[event.Event]++
		if i > 0 && event.UTCCreatedOn.After(all[i-1].UTCCreatedOn.Time) {
			t.Errorf("event %d is newer than the one before", i)
		}
		switch event.Event {
		case v1.EventPushed:
			if len(event.Description.Commits) != 1 || event.Repository.Slug != "web-docs" || event.User != nil {
				t.Errorf("push: %+v", event)
			}
		case v1.EventStartFollowUser:
			if event.Repository != nil || event.User == nil || event.Description.Text != "" {
				t.Errorf("follower: %+v", event)
			}
		}
	}
	if want := map[v1.EventName]int{v1.EventCreate: 1, v1.EventPushed: 1, v1.EventStartFollowUser: 65}; !reflect.DeepEqual(names, want) {
		t.Errorf("events %v, want %v", names, want)
	}
	if calls := srv.Calls(); calls != 2 {
		t.Errorf("%d calls for %d events", calls, len(all))
	}
	pushed, err := old.Users.Events(t.Context(), "acme", v1.EventsQuery{Type: v1.EventPushed}).First()
	if err != nil || pushed.Event != v1.EventPushed {
		t.Errorf("the push: %+v, %v", pushed, err)
	}
}

func TestErrorsOfTheServer(t *testing.T) {
	srv := bitbuckettest.Demo(bitbuckettest.Legacy())
	_, anybody := both(t, srv)
	_, admin := both(t, srv, asAdmin(srv))
	for name, tc := range map[string]struct {
		call func(ctx context.Context) error
		is   error
		text string
	}{
		"nobody":         {func(ctx context.Context) error { _, err := admin.Users.Get(ctx, "nobody"); return err }, bitbucket.ErrNotFound, "GET https://api.bitbucket.org/1.0/users/nobody: 404 Not Found"},
		"no credentials": {func(ctx context.Context) error { _, err := anybody.Users.Current(ctx); return err }, bitbucket.ErrUnauthorized, "Authentication required"},
		"not one's own":  {func(ctx context.Context) error { _, err := admin.Users.Emails(ctx, "cedar-fox"); return err }, bitbucket.ErrForbidden, "403 Forbidden"},
		"taken": {func(ctx context.Context) error {
			_, err := admin.NewUser.Create(ctx, v1.NewUser{Username: "acme", Email: "a@example.com", Password: "allyourbase"})
			return err
		}, bitbucket.ErrBadRequest, "400 Bad Request: A user with that username already exists."},
	} {
		if err := tc.call(t.Context()); !errors.Is(err, tc.is) || !strings.Contains(err.Error(), tc.text) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The window of NewUser.Create is exact: the server, which counts in its own way, refuses none of
// 250 calls.
func TestNewUserIsNeverRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := bitbuckettest.New(bitbuckettest.Legacy(), bitbuckettest.Throttle(0, 0),
			bitbuckettest.Latency(func() time.Duration { return 300 * time.Millisecond }))
		_, old := both(t, srv, bitbucket.WithThrottle(throttle.Unlimited), bitbucket.WithRetries(0))
		start := time.Now()
		for i := range 250 {
			user := v1.NewUser{Username: fmt.Sprint("user", i), Email: fmt.Sprintf("user%d@example.com", i), Password: "allyourbase"}
			if _, err := old.NewUser.Create(t.Context(), user); err != nil {
				t.Fatalf("call %d after %v: %v", i+1, time.Since(start), err)
			}
		}
		if took := time.Since(start); took < time.Hour || took > time.Hour+time.Minute {
			t.Errorf("250 calls took %v, want an hour and the answers", took)
		}
		account, err := old.Users.Get(t.Context(), "user249")
		if err != nil || account.User.Username != "user249" {
			t.Errorf("the last one: %+v, %v", account, err)
		}
	})
}
