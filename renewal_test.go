package bitbucket_test

import (
	"errors"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/internal/exchanges"
)

// A token that is revoked before its time is replaced once, for any method.
func TestRevokedTokenIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := bitbuckettest.Demo()
		admin := srv.Admin()
		var sent string
		spy := spying{srv, func(r *http.Request) {
			if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
				sent = token
			}
		}}
		c, err := bitbucket.NewClient(bitbucket.WithTransport(spy), bitbucket.WithClientCredentials(admin.ClientID, admin.ClientSecret))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Workspaces.Get(t.Context(), admin.Workspace); err != nil {
			t.Fatal(err)
		}
		srv.Expire(sent)
		var r bitbucket.Response
		if _, err := c.Workspaces.Get(t.Context(), admin.Workspace, bitbucket.ResponseInto(&r)); err != nil || r.Attempts != 2 {
			t.Errorf("%d attempts, %v", r.Attempts, err)
		}
	})
	always := &tokenShop{life: time.Hour}
	refuse := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Host == "bitbucket.org" {
			always.serve(w, r)
			return
		}
		answer(w, 401, `{"error":{"message":"Access token expired. Use your refresh token to obtain a new access token."}}`)
	}}
	if _, err := newConsumer(t, refuse).Users.Current(t.Context()); !errors.Is(err, bitbucket.ErrUnauthorized) || always.issued.Load() != 2 {
		t.Errorf("%d tokens, %v", always.issued.Load(), err)
	}
}

// spying shows each request before it goes on.
type spying struct {
	http.RoundTripper
	see func(*http.Request)
}

func (s spying) RoundTrip(r *http.Request) (*http.Response, error) {
	s.see(r)
	return s.RoundTripper.RoundTrip(r)
}

// A token source that cannot ever give a token is not asked again and again.
type exhausted struct{ asked int }

func (e *exhausted) Token() (*oauth2.Token, error) {
	e.asked++
	return nil, errors.New("oauth2: token expired and refresh token is not set")
}

func TestPermanentFailureOfATokenSource(t *testing.T) {
	source := &exhausted{}
	c, err := bitbucket.NewClient(bitbucket.WithTransport(answering(200, asJSON, exchanges.UserBody)), bitbucket.WithTokenSource(source))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Users.Current(t.Context())
	wantText(t, err.Error(), "refresh token is not set")
	if source.asked != 1 {
		t.Errorf("asked %d times", source.asked)
	}
	if _, err := bitbucket.SavingTokenSource(nothing{}, func(*oauth2.Token) error { return nil }).Token(); err == nil {
		t.Error("a source that gives nothing is no error")
	}
}

// nothing is a token source that gives neither a token nor an error.
type nothing struct{}

func (nothing) Token() (*oauth2.Token, error) { return nil, nil }

// A token endpoint that cannot be reached is asked again like any other, and the error says that it
// was this one.
func TestUnreachableTokenEndpoint(t *testing.T) {
	for failures, want := range map[int]string{2: "", 100: "POST https://bitbucket.org/site/oauth2/access_token: "} {
		synctest.Test(t, func(t *testing.T) {
			shop := &unreachableShop{tokenShop: tokenShop{life: time.Hour}, failures: failures}
			_, err := newConsumer(t, shop, bitbucket.WithRetries(2)).Users.Current(t.Context())
			if want == "" && err != nil || want != "" && (!errors.Is(err, syscall.ECONNRESET) || !strings.Contains(err.Error(), want)) {
				t.Errorf("after %d failures: %v", failures, err)
			}
			if shop.asked != 3 {
				t.Errorf("asked %d times, want 3", shop.asked)
			}
		})
	}
}

// An unreachableShop cannot be reached at first.
type unreachableShop struct {
	tokenShop
	failures, asked int
}

func (s *unreachableShop) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == "bitbucket.org" {
		if s.asked++; s.asked <= s.failures {
			return nil, reset
		}
	}
	return s.tokenShop.RoundTrip(r)
}
