package bench

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	gobitbucket "github.com/ktrysmt/go-bitbucket"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// canned serves answers of the in-memory Bitbucket from a cache, so that what is
// measured is the client. The whole list is 1,000 members in 10 pages of 100.
func canned(b *testing.B) (base string) {
	srv := bitbuckettest.New(bitbuckettest.Throttle(0, 0))
	srv.AddWorkspace(bitbuckettest.Workspace{Slug: "acme"})
	for i := range 1000 {
		name := "user" + string(rune('a'+i/100)) + string(rune('a'+i/10%10)) + string(rune('a'+i%10))
		srv.AddUser(bitbuckettest.User{Nickname: name, DisplayName: "User " + name})
		srv.AddMember("acme", bitbuckettest.Member{User: name, Role: "owner"})
	}
	token := srv.IssueAPIToken("useraaa")
	cache := map[string]*httptest.ResponseRecorder{}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := r.URL.Path + "?" + r.URL.Query().Get("page")
		rec, ok := cache[key] // one client at a time
		if !ok {
			rec = httptest.NewRecorder()
			again := r.Clone(r.Context())
			again.Header = http.Header{}
			again.SetBasicAuth(token.Email, token.Token)
			query := again.URL.Query()
			if query.Has("pagelen") {
				query.Set("pagelen", "100")
			}
			again.URL.RawQuery = query.Encode()
			srv.ServeHTTP(rec, again)
			cache[key] = rec
		}
		for name, values := range rec.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	}))
	b.Cleanup(front.Close)
	return front.URL
}

func newClient(b *testing.B, base string) *bitbucket.Client {
	c, err := bitbucket.NewClient(bitbucket.WithBaseURL(base), bitbucket.WithAccessToken("token"), bitbucket.WithThrottle(throttle.Unlimited))
	if err != nil {
		b.Fatal(err)
	}
	return c
}

// plain is the floor: net/http and encoding/json, into the same types.
type plain struct {
	http *http.Client
}

func (p plain) get(b *testing.B, url string, out any) {
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, url, nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer token")
	resp, err := p.http.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkUser(b *testing.B) {
	base := canned(b)
	b.Run("floor", func(b *testing.B) {
		b.ReportAllocs()
		p := plain{&http.Client{Transport: &http.Transport{}}}
		for b.Loop() {
			var u bitbucket.User
			p.get(b, base+"/2.0/user", &u)
		}
	})
	b.Run("bitbucket", func(b *testing.B) {
		b.ReportAllocs()
		c := newClient(b, base)
		for b.Loop() {
			if _, err := c.Users.Current(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("go-bitbucket", func(b *testing.B) {
		b.ReportAllocs()
		c, err := gobitbucket.NewOAuthbearerTokenWithBaseUrlStr("token", base+"/2.0")
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := c.User.Profile(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkListOfThousand(b *testing.B) {
	base := canned(b)
	check := func(b *testing.B, n int) {
		if n != 1000 {
			b.Fatalf("%d members", n)
		}
	}
	b.Run("floor", func(b *testing.B) {
		b.ReportAllocs()
		p := plain{&http.Client{Transport: &http.Transport{}}}
		for b.Loop() {
			var all []bitbucket.WorkspaceMembership
			for next := base + "/2.0/workspaces/acme/members?pagelen=100"; next != ""; {
				var page struct {
					Values []bitbucket.WorkspaceMembership `json:"values"`
					Next   string                          `json:"next"`
				}
				p.get(b, next, &page)
				all, next = append(all, page.Values...), page.Next
			}
			check(b, len(all))
		}
	})
	b.Run("bitbucket", func(b *testing.B) {
		b.ReportAllocs()
		c := newClient(b, base)
		for b.Loop() {
			all, err := c.Workspaces.ListMembers(b.Context(), "acme").Collect()
			if err != nil {
				b.Fatal(err)
			}
			check(b, len(all))
		}
	})
	b.Run("go-bitbucket", func(b *testing.B) {
		b.ReportAllocs()
		c, err := gobitbucket.NewOAuthbearerTokenWithBaseUrlStr("token", base+"/2.0")
		if err != nil {
			b.Fatal(err)
		}
		c.Pagelen = 100
		for b.Loop() {
			all, err := c.Workspaces.Members("acme")
			if err != nil {
				b.Fatal(err)
			}
			check(b, len(all.Members))
		}
	})
}

func mustURL(t testing.TB, raw string) *url.URL {
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
