package bitbucket_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// A tokenShop gives out tokens at Bitbucket's own address, in process, and checks
// them.
type tokenShop struct {
	latency time.Duration
	life    time.Duration
	refuse  string // a body to refuse with
	status  int
	outage  int // requests to refuse; 0 means all

	issued  atomic.Int64
	refused atomic.Int64
	calls   atomic.Int64
	auth    sync.Map // Authorization headers that the API saw
}

func (s *tokenShop) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.latency > 0 && r.URL.Host == "bitbucket.org" {
		select {
		case <-time.After(s.latency):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	return (&wire{handler: s.serve}).RoundTrip(r)
}

func (s *tokenShop) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.String() != "https://bitbucket.org/site/oauth2/access_token" {
		s.calls.Add(1)
		s.auth.Store(r.Header.Get("Authorization"), true)
		answer(w, 200, `{"uuid":"{u}"}`)
		return
	}
	id, secret, _ := r.BasicAuth()
	if s.refuse != "" && (s.outage == 0 || s.refused.Add(1) <= int64(s.outage)) {
		answer(w, s.status, s.refuse)
		return
	}
	if r.FormValue("grant_type") != "client_credentials" || id != "key" || secret != "hush" {
		answer(w, 400, `{"error":"invalid_client","error_description":"wrong pair"}`)
		return
	}
	n := s.issued.Add(1)
	answer(w, 200, fmt.Sprintf(`{"access_token":"token-%d","token_type":"bearer","expires_in":%d,"state":"client_credentials","scopes":"account","scope":"account"}`, n, int(s.life.Seconds())))
}

func newConsumer(t *testing.T, rt http.RoundTripper, opts ...bitbucket.Option) *bitbucket.Client {
	t.Helper()
	c, err := bitbucket.NewClient(append([]bitbucket.Option{
		bitbucket.WithTransport(rt), bitbucket.WithClientCredentials("key", "hush"),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestStaticCredentials(t *testing.T) {
	for want, opt := range map[string]bitbucket.Option{
		"Basic YWRhQGV4YW1wbGUuY29tOnQw": bitbucket.WithAPIToken("ada@example.com", "t0"),
		"Bearer t0":                      bitbucket.WithAccessToken("t0"),
		"Bearer t1":                      bitbucket.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "t1"})),
		"":                               bitbucket.WithUserAgent("anonymous"),
	} {
		var got string
		rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
			got = r.Header.Get("Authorization")
			answer(w, 200, `{"uuid":"{u}"}`)
		}}
		c, err := bitbucket.NewClient(bitbucket.WithTransport(rt), opt)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Users.Current(t.Context()); err != nil || got != want {
			t.Errorf("sent %q, want %q (%v)", got, want, err)
		}
	}
}

// One request for a token serves all callers, spends no slot of the throttle, and
// is made again when the token expires.
func TestClientCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop := &tokenShop{latency: time.Second, life: time.Hour}
		window := throttle.Window(100, 30*time.Minute)
		c := newConsumer(t, shop, bitbucket.WithThrottle(window))
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if _, err := c.Users.Current(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if shop.issued.Load() != 1 || shop.calls.Load() != 50 || window.Status().Free != 50 {
			t.Errorf("%d tokens, %d calls, %d slots free", shop.issued.Load(), shop.calls.Load(), window.Status().Free)
		}
		time.Sleep(time.Hour) // of the bubble
		if _, err := c.Users.Current(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, ok := shop.auth.Load("Bearer token-2"); !ok || shop.issued.Load() != 2 {
			t.Errorf("%d tokens after the first expired", shop.issued.Load())
		}
	})
}

// A token that expires while the call waits for its slot is replaced before the
// attempt goes out.
func TestTokenExpiresDuringTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop := &tokenShop{life: 10 * time.Minute}
		c := newConsumer(t, shop, bitbucket.WithThrottle(throttle.Window(1, 30*time.Minute)))
		for range 2 {
			if _, err := c.Users.Current(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if _, ok := shop.auth.Load("Bearer token-2"); !ok {
			t.Errorf("the second call went out with the expired token; %d tokens issued", shop.issued.Load())
		}
	})
}

func TestTokenRequestObeysTheCallersContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop := &tokenShop{latency: 20 * time.Second, life: time.Hour}
		c := newConsumer(t, shop)
		var wg sync.WaitGroup
		wg.Go(func() { // somebody else wants the same token and has time
			if _, err := c.Users.Current(t.Context()); err != nil {
				t.Error(err)
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		_, err := c.Users.Current(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 5*time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		wg.Wait()
		if shop.issued.Load() != 1 {
			t.Errorf("%d tokens, want 1 for both", shop.issued.Load())
		}
	})
}

func TestTokenRequestEndsWithItsLastWaiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop := &tokenShop{latency: 20 * time.Second, life: time.Hour}
		c := newConsumer(t, shop)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, err := c.Users.Current(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		start := time.Now()
		if _, err := c.Users.Current(t.Context()); err != nil || time.Since(start) != 20*time.Second {
			t.Errorf("the next caller: %v after %v", err, time.Since(start))
		}
		if shop.issued.Load() != 1 {
			t.Errorf("%d tokens; the abandoned request went on", shop.issued.Load())
		}
	})
}

func TestRefusedTokenRequest(t *testing.T) {
	shop := &tokenShop{status: 400, refuse: `{"error":"invalid_client","error_description":"Cannot use client_credentials with a consumer marked as public, hush"}`}
	window := throttle.Window(100, time.Hour)
	_, err := newConsumer(t, shop, bitbucket.WithThrottle(window)).Users.Current(t.Context())
	e, ok := errors.AsType[*bitbucket.Error](err)
	if !ok || !errors.Is(err, bitbucket.ErrUnauthorized) || e.Message != "invalid_client" || e.StatusCode != 400 {
		t.Errorf("error %#v", err)
	}
	wantText(t, err.Error(), "POST https://bitbucket.org/site/oauth2/access_token", "must be marked as private")
	if strings.Contains(err.Error(), "hush") || strings.Contains(string(e.Body), "hush") {
		t.Errorf("the secret shows: %v", err)
	}
	if free := window.Status().Free; free != 100 {
		t.Errorf("%d slots free: a credential that cannot be had must cost none", free)
	}
}

// A token endpoint that fails is asked again, also for a POST: nothing was sent.
func TestTokenEndpointOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop := &tokenShop{status: 503, refuse: "<html><title>Down</title>", outage: 2, life: time.Hour}
		c := newConsumer(t, shop)
		if _, err := c.Pipelines.WorkspaceVariables("acme").Create(t.Context(), bitbucket.NewVariable{Key: "K"}); err != nil {
			t.Fatal(err)
		}
		if shop.calls.Load() != 1 {
			t.Errorf("%d calls", shop.calls.Load())
		}
	})
}

// stuck is a token source that never answers and takes no context.
type stuck struct{}

func (stuck) Token() (*oauth2.Token, error) {
	time.Sleep(24 * time.Hour)
	return &oauth2.Token{AccessToken: "late"}, nil
}

func TestStuckTokenSourceDoesNotHoldTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := bitbucket.NewClient(bitbucket.WithTokenSource(stuck{}), bitbucket.WithTransport(&tokenShop{}))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		if _, err := c.Users.Current(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Minute {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		time.Sleep(24 * time.Hour) // of the bubble: the source answers at last
		if _, err := c.Users.Current(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// rotating gives out a new refresh token each time.
type rotating struct{ n int }

func (r *rotating) Token() (*oauth2.Token, error) {
	r.n++
	return &oauth2.Token{AccessToken: fmt.Sprint("access-", r.n), RefreshToken: fmt.Sprint("refresh-", r.n), Expiry: time.Now().Add(time.Hour)}, nil
}

func TestSavingTokenSource(t *testing.T) {
	var saved []string
	fail := false
	ts := bitbucket.SavingTokenSource(&rotating{}, func(tok *oauth2.Token) error {
		if fail {
			return errors.New("disk full")
		}
		saved = append(saved, tok.RefreshToken)
		return nil
	})
	for range 2 {
		if _, err := ts.Token(); err != nil {
			t.Fatal(err)
		}
	}
	fail = true
	if _, err := ts.Token(); err == nil {
		t.Error("a token that could not be saved was given out")
	}
	fail = false
	if _, err := ts.Token(); err != nil || strings.Join(saved, " ") != "refresh-1 refresh-2 refresh-4" {
		t.Errorf("saved %v, %v", saved, err)
	}

	saved = nil
	same := bitbucket.SavingTokenSource(oauth2.StaticTokenSource(&oauth2.Token{RefreshToken: "r", AccessToken: "a"}), func(tok *oauth2.Token) error {
		saved = append(saved, tok.RefreshToken)
		return nil
	})
	for range 3 {
		same.Token()
	}
	if len(saved) != 1 {
		t.Errorf("one token was saved %d times", len(saved))
	}
}
