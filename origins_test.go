package bitbucket_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"golang.org/x/oauth2"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// A stranger is a server on another port. It remembers what it was sent.
type stranger struct {
	*httptest.Server
	mu   sync.Mutex
	seen []*http.Request
	body []string
}

func newStranger(t *testing.T) *stranger {
	s := &stranger{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.seen = append(s.seen, r)
		s.body = append(s.body, string(body))
		answer(w, 200, `{"type":"user","display_name":"Stranger","values":[]}`)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *stranger) requests() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// credentials are all kinds, each with the header it sends.
func credentials(tokenURL string) map[string][]bitbucket.Option {
	return map[string][]bitbucket.Option{
		"API token":          {bitbucket.WithAPIToken("ada@example.com", "t0ps3cret")},
		"access token":       {bitbucket.WithAccessToken("t0ps3cret")},
		"client credentials": {bitbucket.WithClientCredentials("id", "t0ps3cret"), bitbucket.WithTokenURL(tokenURL)},
		"token source":       {bitbucket.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "t0ps3cret"}))},
	}
}

// home starts an API that answers with handler, and with tokens.
func home(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /site/oauth2/access_token", func(w http.ResponseWriter, r *http.Request) {
		answer(w, 200, `{"access_token":"t0ps3cret","token_type":"bearer","expires_in":7200,"scopes":"account"}`)
	})
	mux.HandleFunc("/", handler)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv
}

func TestCredentialsNeverLeaveTheOrigin(t *testing.T) {
	abroad := newStranger(t)
	var homeSaw []string
	var mu sync.Mutex
	srv := home(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		homeSaw = append(homeSaw, r.Header.Get("Authorization"))
		mu.Unlock()
		if code := r.URL.Query().Get("redirect"); code != "" {
			status := map[string]int{"301": 301, "302": 302, "307": 307, "308": 308}[code]
			http.Redirect(w, r, abroad.URL+"/2.0/user?leak=1", status)
			return
		}
		answer(w, 200, fmt.Sprintf(`{"values":[{"email":"a@example.com"}],"next":"%s/2.0/user/emails?page=2"}`, abroad.URL))
	})
	for kind, opts := range credentials(srv.URL + "/site/oauth2/access_token") {
		t.Run(kind, func(t *testing.T) {
			c, err := bitbucket.NewClient(append(opts, bitbucket.WithBaseURL(srv.URL))...)
			if err != nil {
				t.Fatal(err)
			}
			before := len(abroad.requests())
			if _, err := c.Users.ListEmails(t.Context()).Collect(); !errors.Is(err, bitbucket.ErrForeignOrigin) {
				t.Errorf("next: %v", err)
			}
			if n := len(abroad.requests()) - before; n != 0 {
				t.Errorf("next: the other host saw %d requests", n)
			}

			for _, code := range []string{"301", "302", "307", "308"} {
				// Neither a read nor a write is carried abroad.
				before := len(abroad.requests())
				_, err := c.Users.Current(t.Context(), bitbucket.Param("redirect", code), bitbucket.Header("X-Mine", "t0ps3cret"))
				if !errors.Is(err, bitbucket.ErrForeignOrigin) || len(abroad.requests()) != before {
					t.Errorf("%s: a read went abroad: %v", code, err)
				}
				err = c.Properties.Put(t.Context(), "{u}", "app", "name", map[string]string{"value": "t0ps3cret"}, bitbucket.Param("redirect", code))
				if err == nil || len(abroad.requests()) != before {
					t.Errorf("%s: a write went abroad: %v", code, err)
				}
			}
		})
	}
	mu.Lock()
	defer mu.Unlock()
	for _, header := range homeSaw {
		if header != "Bearer t0ps3cret" && header != "Basic YWRhQGV4YW1wbGUuY29tOnQwcHMzY3JldA==" {
			t.Errorf("at home the credential was %q", header)
		}
	}
}

// The other scheme and another port of the same host are other origins too, for
// every kind of credential. This needs no sockets: the wire sees what would have
// gone out.
func TestOtherSchemesAndPortsAreForeign(t *testing.T) {
	const tokens = "https://bitbucket.org/site/oauth2/access_token"
	for kind, opts := range credentials(tokens) {
		for _, to := range []string{"http://api.bitbucket.org/2.0/user", "https://api.bitbucket.org:8443/2.0/user", "https://api.bitbucket.org.evil.example/2.0/user"} {
			for _, status := range []int{301, 302, 307, 308} {
				rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
					switch r.URL.String() {
					case tokens:
						answer(w, 200, `{"access_token":"t0ps3cret","token_type":"bearer","expires_in":7200}`)
					case to:
						t.Errorf("%s: %s was called", kind, to)
						answer(w, 200, `{"type":"user","uuid":"{u}"}`)
					default:
						if !strings.HasSuffix(r.Header.Get("Authorization"), "t0ps3cret") && kind != "API token" {
							t.Errorf("%s: %s came without the credential", kind, r.URL)
						}
						http.Redirect(w, r, to, status)
					}
				}}
				c, err := bitbucket.NewClient(append(opts, bitbucket.WithTransport(rt))...)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := c.Users.Current(t.Context()); !errors.Is(err, bitbucket.ErrForeignOrigin) {
					t.Errorf("%s: %s: %v", kind, to, err)
				}
			}
		}
	}
}

func TestRedirectAtHomeKeepsTheCredentialAndSpendsASlot(t *testing.T) {
	rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer test-token" {
			t.Errorf("%s came without the credential", r.URL)
		}
		if r.URL.Path == "/2.0/user" {
			http.Redirect(w, r, "/2.0/users/me", http.StatusTemporaryRedirect)
			return
		}
		answer(w, 200, `{"type":"user","uuid":"{u}"}`)
	}}
	window := throttle.Window(100, 1000000000)
	c := newClient(t, rt, bitbucket.WithThrottle(window))
	var response bitbucket.Response
	if _, err := c.Users.Current(t.Context(), bitbucket.ResponseInto(&response)); err != nil {
		t.Fatal(err)
	}
	if free := window.Status().Free; free != 98 || response.Attempts != 2 {
		t.Errorf("%d slots are free, want 98; %d attempts, want 2", free, response.Attempts)
	}
}

func TestRedirectsThatAreNotFollowed(t *testing.T) {
	loop := &wire{handler: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/2.0/user", 302) }}
	_, err := newClient(t, loop).Users.Current(t.Context())
	wantText(t, err.Error(), "redirect not followed: more than 3, the last one to https://api.bitbucket.org/2.0/user")
	if n := len(loop.requests()); n != 4 {
		t.Errorf("a loop took %d requests, want 4", n)
	}

	// A write must not silently become a read.
	turned := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		if r.Method != "PUT" {
			t.Errorf("the write became a %s", r.Method)
		}
		http.Redirect(w, r, "/2.0/elsewhere", http.StatusFound)
	}}
	err = newClient(t, turned).Properties.Put(t.Context(), "{u}", "app", "name", json.RawMessage(`{}`))
	if e, ok := errors.AsType[*bitbucket.Error](err); !ok || e.StatusCode != 302 || len(turned.requests()) != 1 {
		t.Errorf("a redirected write: %v", err)
	}
}

// A redirect cannot make a credential of its own for a call.
func TestRedirectsBringNoCredential(t *testing.T) {
	rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Errorf("%s was sent with %q", r.URL.Redacted(), r.Header.Get("Authorization"))
		}
		http.Redirect(w, r, "https://eve:p4ssw0rd@api.bitbucket.org/2.0/users/eve", http.StatusTemporaryRedirect)
	}}
	c, err := bitbucket.NewClient(bitbucket.WithTransport(rt))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Users.Current(t.Context())
	if !errors.Is(err, bitbucket.ErrForeignOrigin) || strings.Contains(err.Error(), "p4ssw0rd") || len(rt.requests()) != 1 {
		t.Errorf("%d requests, %v", len(rt.requests()), err)
	}
}

func TestDoFollowsLinksOfTheOriginOnly(t *testing.T) {
	rt := answering(200, asJSON, `{"a":1}`)
	c := newClient(t, rt)
	var out json.RawMessage
	for path, want := range map[string]string{
		"/2.0/repositories/acme?role=admin":         "GET https://api.bitbucket.org/2.0/repositories/acme?role=admin",
		"https://api.bitbucket.org/2.0/x%2Fy?b=c#d": "GET https://api.bitbucket.org/2.0/x%2Fy?b=c",
		"/1.0/users/ada/":                           "GET https://api.bitbucket.org/1.0/users/ada/",
	} {
		if err := c.Do(t.Context(), "GET", path, nil, &out); err != nil || string(out) != `{"a":1}` {
			t.Errorf("%s: %s, %v", path, out, err)
		}
		if got := rt.requests()[len(rt.requests())-1]; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	sent := len(rt.requests())
	for _, path := range []string{"https://evil.example/2.0/user", "//evil.example/2.0/user", "@evil.example/", "2.0/user", ""} {
		if err := c.Do(t.Context(), "GET", path, nil, nil); err == nil {
			t.Errorf("%q was taken", path)
		}
	}
	if len(rt.requests()) != sent {
		t.Errorf("sent %v", rt.requests()[sent:])
	}
}
