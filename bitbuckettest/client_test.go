package bitbuckettest_test

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := small()
		srv.AddUser(bitbuckettest.User{Nickname: "bot", Type: "app_user"})
		for nickname, want := range map[string]string{"cyn": "cyn", "bot": ""} {
			me, err := srv.Client(nickname).Users.Current(t.Context())
			if err != nil || me.Nickname != want {
				t.Errorf("%s: %+v, %v", nickname, me, err)
			}
		}
		// It keeps to the throttle of the server: 250 calls take an hour, and none is refused.
		client, start := srv.Client("ada"), time.Now()
		for range 250 {
			if _, err := client.Users.Current(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took < time.Hour || took > time.Hour+time.Minute {
			t.Errorf("250 calls took %v", took)
		}
		if refused := srv.Requests(func(*http.Request) bool { return true }); slices.ContainsFunc(refused,
			func(r bitbuckettest.Request) bool { return r.Status == http.StatusTooManyRequests }) {
			t.Error("a call was refused")
		}
		_, err := srv.Client("bob", bitbucket.WithRetries(0)).Workspaces.Get(t.Context(), "none")
		if err == nil {
			t.Error("no error")
		}
	})
}

// Where the server refuses bursts, the client spaces its calls.
func TestClientSpacesItsCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := small(bitbuckettest.Burst(2, time.Second), bitbuckettest.Throttle(0, 0))
		client := srv.Client("ada", bitbucket.WithRetries(0))
		for range 20 {
			if _, err := client.Users.Current(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	})
}
