package bitbucket_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
)

// A path that would arrive as another one is refused before anything is sent.
func TestPathsThatWouldArriveOtherwise(t *testing.T) {
	rt := answering(200, asJSON, `{}`)
	c := newClient(t, rt)
	for _, path := range []string{
		"/2.0/repositories/acme/c#-tools", "/2.0/repositories/acme/c sharp", "/2.0/repositories/acme/a\tb",
		"/2.0/x\r\nHost: evil.example", "/2.0/x\x00", "/2.0/x\x7f", "/2.0/x?a=#b", "/2.0/x%zz", "", "2.0/user",
	} {
		for _, method := range []string{"GET", "DELETE", "POST"} {
			if err := c.Do(t.Context(), method, path, nil, nil); err == nil {
				t.Errorf("%s %q was taken", method, path)
			}
		}
		if _, err := bitbucket.ListAt[map[string]any](t.Context(), c, path).Collect(); err == nil {
			t.Errorf("a list at %q was taken", path)
		}
	}
	if n := len(rt.requests()); n != 0 {
		t.Errorf("%d calls", n)
	}
	if err := c.Do(t.Context(), "DELETE", "/2.0/repositories/acme/c%23-tools", nil, nil); err != nil ||
		rt.requests()[0] != "DELETE https://api.bitbucket.org/2.0/repositories/acme/c%23-tools" {
		t.Errorf("sent %v, %v", rt.requests(), err)
	}
}

// What nothing can be decoded into is noticed before a write is sent.
func TestBadOutIsNoticedFirst(t *testing.T) {
	rt := answering(200, asJSON, `{"a":1}`)
	c := newClient(t, rt)
	var text string
	for name, out := range map[string]any{
		"a map":           map[string]any{},
		"a struct":        struct{}{},
		"a text":          "",
		"a nil of a type": (*bitbucket.User)(nil),
		"a nil message":   (*json.RawMessage)(nil),
		"a function":      func() {},
	} {
		if err := c.Do(t.Context(), "POST", "/2.0/x", nil, out); err == nil {
			t.Errorf("%s was taken", name)
		}
		if err := c.Properties.Get(t.Context(), "{u}", "app", "name", out); err == nil {
			t.Errorf("%s was taken for a property", name)
		}
	}
	if n := len(rt.requests()); n != 0 {
		t.Errorf("%d calls", n)
	}
	if err := c.Do(t.Context(), "POST", "/2.0/x", nil, &text); !errors.Is(err, bitbucket.ErrMalformedResponse) {
		t.Errorf("an object in a text: %v", err)
	}
}

// A property may be any JSON, also one that looks like an error; a nil one is none.
func TestPropertiesAreAnyJSON(t *testing.T) {
	for _, body := range []string{`{"type":"error","error":{"message":"mine"}}`, `null`, `17`, `"text"`, `[1,{}]`, `{}`, ` {"a":1} `} {
		c := newClient(t, answering(200, asJSON, body))
		var raw json.RawMessage
		if err := c.Properties.Get(t.Context(), "{u}", "app", "name", &raw); err != nil || string(raw) != strings.TrimSpace(body) {
			t.Errorf("%s: %s, %v", body, raw, err)
		}
		if err := c.Do(t.Context(), "GET", "/2.0/x", nil, &raw); err != nil || string(raw) != body {
			t.Errorf("%s through Do: %s, %v", body, raw, err)
		}
	}
	rt := answering(204, "", "")
	c := newClient(t, rt)
	if err := c.Properties.Put(t.Context(), "{u}", "app", "name", nil); err == nil || len(rt.requests()) != 0 {
		t.Errorf("a property of nil: %v, %v", err, rt.requests())
	}
}

// What is unknown opens no gate.
func TestUnknownPermissionsOpenNoGate(t *testing.T) {
	for _, pair := range [][2]bitbucket.Permission{
		{"none", "Admin"},
		{"none", ""},
		{"none", "superuser"},
		{"", "none"},
		{"superuser", "none"},
		{"", ""},
		{"admin", "member"},
		{"owner", "read"},
		{"Admin", "Admin"},
	} {
		if pair[0].AtLeast(pair[1]) {
			t.Errorf("%q is at least %q", pair[0], pair[1])
		}
	}
	if !bitbucket.PermissionNone.AtLeast("none") || !bitbucket.PermissionAdmin.AtLeast("none") {
		t.Error("what is known is not compared")
	}
}

// The headers of a call go out, each as it was asked for and once.
func TestHeadersAreSent(t *testing.T) {
	var got http.Header
	rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		answer(w, 200, `{"uuid":"{u}","key":"K"}`)
	}}
	c := newClient(t, rt, bitbucket.WithUserAgent("mine/1"))
	want := func(name, value string) {
		t.Helper()
		if v := got.Values(name); !slices.Equal(v, []string{value}) {
			t.Errorf("%s: %q, want %q", name, v, value)
		}
	}
	if _, err := c.Users.Current(t.Context(), bitbucket.Header("X-Mine", "a"), bitbucket.Header("x-mine", "b")); err != nil {
		t.Fatal(err)
	}
	want("Accept", "application/json")
	want("User-Agent", "mine/1")
	want("X-Mine", "b")
	want("Authorization", "Bearer test-token")
	if got.Values("Content-Type") != nil {
		t.Errorf("a read with a Content-Type: %v", got)
	}
	if _, err := c.Pipelines.WorkspaceVariables("acme").Create(t.Context(), bitbucket.NewVariable{Key: "K"},
		bitbucket.Header("Accept", "application/hal+json"), bitbucket.Header("User-Agent", "other")); err != nil {
		t.Fatal(err)
	}
	want("Accept", "application/hal+json")
	want("User-Agent", "other")
	want("Content-Type", "application/json")
	if _, err := c.Users.Current(t.Context()); err != nil {
		t.Fatal(err)
	}
	want("Accept", "application/json") // options of one call are not those of the next
	want("User-Agent", "mine/1")
	if got.Get("X-Mine") != "" {
		t.Error("a header of an earlier call was sent again")
	}
	plain, err := bitbucket.NewClient(bitbucket.WithTransport(rt))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plain.Users.Current(t.Context()); err != nil || !strings.HasPrefix(got.Get("User-Agent"), "bitbucket-go/") {
		t.Errorf("User-Agent %q, %v", got.Get("User-Agent"), err)
	}
}

// Only a redirect is followed: what another answer has for a Location costs nothing.
func TestLocationOfWhatWasMadeIsNotRead(t *testing.T) {
	c := newClient(t, &wire{handler: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://[")
		answer(w, 201, `{"made":true}`)
	}})
	var out map[string]bool
	if err := c.Do(t.Context(), http.MethodPost, "/2.0/x", nil, &out); err != nil || !out["made"] {
		t.Errorf("%v, %v", out, err)
	}
}

// An answer of another host is nobody's: a redirect there is not followed, whatever the method.
func TestRedirectsAbroadAreNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, method := range []string{"GET", "PUT", "POST", "DELETE"} {
			asked := 0
			rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
				asked++
				_, _ = io.Copy(io.Discard, orEmpty(r.Body))
				if r.URL.Host != "api.bitbucket.org" {
					answer(w, 200, `{"values":[]}`)
					return
				}
				w.Header().Set("Location", "https://files.example/2.0/x")
				w.WriteHeader(status)
			}}
			var got map[string]any
			err := newClient(t, rt).Do(t.Context(), method, "/2.0/x", map[string]int{"a": 1}, &got)
			if !errors.Is(err, bitbucket.ErrForeignOrigin) || asked != 1 || got != nil {
				t.Errorf("%s %d: %v after %d requests, %v", method, status, got, asked, err)
			}
		}
	}
}

// Each hop of a redirect at home is the whole call again, headers and body; a write never becomes a read.
func TestHopsAreTheWholeCall(t *testing.T) {
	type sent struct{ path, body, kind, mine, accept, auth string }
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE"} {
			var got []sent
			rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(orEmpty(r.Body))
				h := r.Header
				got = append(got, sent{r.URL.Path, string(body), h.Get("Content-Type"), h.Get("X-Mine"), h.Get("Accept"), h.Get("Authorization")})
				if r.Method != method || r.ContentLength != int64(len(body)) {
					t.Errorf("%d: the %s became a %s of %d bytes", status, method, r.Method, r.ContentLength)
				}
				if r.URL.Path != "/2.0/c" {
					http.Redirect(w, r, map[string]string{"/2.0/a": "/2.0/b", "/2.0/b": "https://API.bitbucket.org:443/2.0/c"}[r.URL.Path], status)
				}
			}}
			var in any
			want := sent{path: "/2.0/a", mine: "m", accept: "application/json", auth: "Bearer test-token"}
			if method == "POST" || method == "PUT" {
				in, want.body, want.kind = map[string]string{"a": "b"}, `{"a":"b"}`, "application/json"
			}
			slots := new(counter)
			err := newClient(t, rt, bitbucket.WithThrottle(slots)).Do(t.Context(), method, "/2.0/a", in, new(json.RawMessage), bitbucket.Header("X-Mine", "m"))
			all := []sent{want}
			if followed := method == "GET" || method == "HEAD" || status >= 307; followed {
				want.path = "/2.0/b"
				all = append(all, want)
				want.path = "/2.0/c"
				all = append(all, want)
			} else if e, ok := errors.AsType[*bitbucket.Error](err); !ok || e.StatusCode != status {
				t.Errorf("%d: %s: %v", status, method, err)
			}
			if !slices.Equal(got, all) || slots.sent.Load() != int64(len(all)) || slots.given.Load() != int64(len(all)) {
				t.Errorf("%d: %s: %d slots spent, sent %q, want %q", status, method, slots.sent.Load(), got, all)
			}
		}
	}
}
