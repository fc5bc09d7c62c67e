package bitbucket_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

func TestOptionsThatCannotWork(t *testing.T) {
	for _, tc := range []struct {
		opts []bitbucket.Option
		want string
	}{
		{[]bitbucket.Option{bitbucket.WithAPIToken("a@example.com", "t"), bitbucket.WithAccessToken("t")}, "both WithAPIToken and WithAccessToken are given: choose one"},
		{[]bitbucket.Option{bitbucket.WithAccessToken("t"), bitbucket.WithAccessToken("u")}, "both WithAccessToken and WithAccessToken"},
		{[]bitbucket.Option{bitbucket.WithAPIToken("", "t")}, "e-mail address is empty"},
		{[]bitbucket.Option{bitbucket.WithAPIToken("a@example.com", "")}, "WithAPIToken: the token is empty"},
		{[]bitbucket.Option{bitbucket.WithAccessToken("")}, "WithAccessToken: the token is empty"},
		{[]bitbucket.Option{bitbucket.WithAccessToken("token\n")}, "line break in it; trim it"},
		{[]bitbucket.Option{bitbucket.WithClientCredentials("", "s")}, "client ID is empty"},
		{[]bitbucket.Option{bitbucket.WithClientCredentials("i", "")}, "secret is empty"},
		{[]bitbucket.Option{bitbucket.WithTokenSource(nil)}, "token source is nil"},
		{[]bitbucket.Option{bitbucket.WithBaseURL("http://api.bitbucket.org")}, "use https"},
		{[]bitbucket.Option{bitbucket.WithBaseURL("http://localhost.evil.example")}, "use https"},
		{[]bitbucket.Option{bitbucket.WithBaseURL("api.bitbucket.org")}, "has no host; it looks like https://host"},
		{[]bitbucket.Option{bitbucket.WithBaseURL("ftp://api.bitbucket.org")}, `scheme "ftp" is not https`},
		{[]bitbucket.Option{bitbucket.WithBaseURL("https://ada:t0ps3cret@api.bitbucket.org")}, "use a credential option"},
		{[]bitbucket.Option{bitbucket.WithBaseURL("https://api.bitbucket.org/?a=b")}, "query or a fragment"},
		{[]bitbucket.Option{bitbucket.WithBaseURL("https://t0ps3cret@%zz")}, "cannot be read"},
		{[]bitbucket.Option{bitbucket.WithClientCredentials("i", "s"), bitbucket.WithTokenURL("http://bitbucket.org/site/oauth2/access_token")}, "WithTokenURL"},
		{[]bitbucket.Option{bitbucket.WithTransport(nil)}, "transport is nil"},
		{[]bitbucket.Option{bitbucket.WithThrottle(nil)}, "throttle.Unlimited"},
		{[]bitbucket.Option{nil}, "an option is nil"},
		{[]bitbucket.Option{bitbucket.WithRetries(-1)}, "0 turns retries off"},
		{[]bitbucket.Option{bitbucket.WithAttemptTimeout(0)}, "not positive"},
		{[]bitbucket.Option{bitbucket.WithMaxResponseBytes(0)}, "not positive"},
	} {
		c, err := bitbucket.NewClient(tc.opts...)
		if err == nil {
			t.Errorf("%q: got a client %v", tc.want, c)
			continue
		}
		wantText(t, err.Error(), "bitbucket: ", tc.want)
		if strings.Contains(err.Error(), "t0ps3cret") {
			t.Errorf("the secret shows: %v", err)
		}
	}
}

func TestBaseURLs(t *testing.T) {
	for raw, want := range map[string]string{
		"https://api.bitbucket.org":       "https://api.bitbucket.org/2.0/user",
		"https://api.bitbucket.org/2.0":   "https://api.bitbucket.org/2.0/user",
		"https://api.bitbucket.org/2.0/":  "https://api.bitbucket.org/2.0/user",
		"https://bitbucket.example.com":   "https://bitbucket.example.com/2.0/user",
		"https://example.com/bitbucket/":  "https://example.com/bitbucket/2.0/user",
		"http://127.0.0.1:8080/2.0":       "http://127.0.0.1:8080/2.0/user",
		"http://[::1]:8080":               "http://[::1]:8080/2.0/user",
		"http://localhost:8080":           "http://localhost:8080/2.0/user",
		"HTTPS://API.bitbucket.org":       "https://API.bitbucket.org/2.0/user",
		"https://bitbucket.org/!api/2.0/": "https://bitbucket.org/%21api/2.0/user",
	} {
		rt := answering(200, asJSON, `{"type":"user","uuid":"{u}"}`)
		c, err := bitbucket.NewClient(bitbucket.WithTransport(rt), bitbucket.WithBaseURL(raw), bitbucket.WithAccessToken("t"))
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		_, err = c.Users.Current(t.Context())
		if got := rt.requests(); err != nil || len(got) != 1 || strings.ReplaceAll(got[0], "!", "%21") != "GET "+want {
			t.Errorf("%s: sent %v, %v", raw, got, err)
		}
	}
}

func TestEnvironment(t *testing.T) {
	names := []string{"EMAIL", "API_TOKEN", "ACCESS_TOKEN", "CLIENT_ID", "CLIENT_SECRET", "BASE_URL", "TOKEN_URL"}
	for _, tc := range []struct {
		env  map[string]string
		want string // the client's description, or its error's text when it starts with "!"
	}{
		{nil, "bitbucket.Client(https://api.bitbucket.org, anonymous)"},
		{map[string]string{"EMAIL": "a@example.com", "API_TOKEN": "t"}, "bitbucket.Client(https://api.bitbucket.org, API token)"},
		{map[string]string{"ACCESS_TOKEN": "t", "BASE_URL": "http://127.0.0.1:1/2.0"}, "bitbucket.Client(http://127.0.0.1:1, access token)"},
		{map[string]string{"CLIENT_ID": "i", "CLIENT_SECRET": "s", "TOKEN_URL": "http://127.0.0.1:1/t"}, "bitbucket.Client(https://api.bitbucket.org, OAuth consumer)"},
		{map[string]string{"API_TOKEN": "t"}, "!BITBUCKET_API_TOKEN is set but BITBUCKET_EMAIL is not"},
		{map[string]string{"EMAIL": "a@example.com"}, "!BITBUCKET_EMAIL is set but BITBUCKET_API_TOKEN is not"},
		{map[string]string{"CLIENT_SECRET": "s"}, "!BITBUCKET_CLIENT_SECRET is set but BITBUCKET_CLIENT_ID is not"},
		{map[string]string{"EMAIL": "a@example.com", "API_TOKEN": "t", "ACCESS_TOKEN": "t"}, "!both BITBUCKET_API_TOKEN and BITBUCKET_ACCESS_TOKEN are given"},
		{map[string]string{"ACCESS_TOKEN": "t\n"}, "!BITBUCKET_ACCESS_TOKEN: the token has white space"},
	} {
		for _, name := range names {
			t.Setenv("BITBUCKET_"+name, tc.env[name])
		}
		c, err := bitbucket.NewClient(bitbucket.WithEnv())
		if want, bad := strings.CutPrefix(tc.want, "!"); bad {
			if err == nil {
				t.Errorf("%v: got %v", tc.env, c)
			} else {
				wantText(t, err.Error(), want)
			}
		} else if err != nil || c.String() != want {
			t.Errorf("%v: got %v, %v", tc.env, c, err)
		}
	}
}

// Whatever is printed or logged, no credential, no query and no secured value
// shows.
func TestNothingSecretIsPrinted(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var traced bytes.Buffer
	note := func(info any) { fmt.Fprintf(&traced, "%+v\n", info) }
	synctest.Test(t, func(t *testing.T) {
		rt := &script{steps: []step{{status: 503}, {status: 429}, {err: reset}}}
		for kind, opts := range credentials("https://bitbucket.org/site/oauth2/access_token") {
			c, err := bitbucket.NewClient(append(opts, bitbucket.WithTransport(rt), bitbucket.WithLogger(logger), bitbucket.WithTrace(&bitbucket.Trace{
				WaitStart: func(_ context.Context, i bitbucket.WaitStartInfo) { note(i) },
				WaitDone:  func(_ context.Context, i bitbucket.WaitDoneInfo) { note(i) },
				Attempt:   func(_ context.Context, i bitbucket.AttemptInfo) { note(i) },
				Retry:     func(_ context.Context, i bitbucket.RetryInfo) { note(i) },
			}))...)
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Users.Current(t.Context(), bitbucket.Query(`email="t0ps3cret"`))
			holder := struct {
				Client *bitbucket.Client
				inner  *bitbucket.Client
				Users  *bitbucket.UsersService
			}{c, c, c.Users}
			logger.Info(kind, "client", c, "holder", holder)
			fmt.Fprintf(&traced, "%v %+v %#v %v %+v %#v %v\n", c, c, c, holder, holder, c.Users, err)
		}
	})
	for _, v := range []any{
		bitbucket.NewVariable{Key: "K", Value: "t0ps3cret", Secured: true},
		&bitbucket.NewVariable{Key: "K", Value: "t0ps3cret", Secured: true},
		bitbucket.VariableUpdate{Value: bitbucket.Set("t0ps3cret")},
		bitbucket.Variable{Key: "K", Value: "t0ps3cret", Secured: true},
		[]bitbucket.Variable{{Key: "K", Value: "t0ps3cret", Secured: true}},
		[]bitbucket.NewVariable{{Key: "K", Value: "t0ps3cret", Secured: true}},
		[]bitbucket.VariableUpdate{{Value: bitbucket.Set("t0ps3cret")}},
		map[string]any{"v": &bitbucket.Variable{Key: "K", Value: "t0ps3cret", Secured: true}},
	} {
		shown := fmt.Sprintf("%v %+v %#v %s", v, v, v, v)
		logger.Info("variable", "v", v)
		if _, isMap := v.(map[string]any); !isMap && !strings.Contains(shown, "[redacted]") {
			t.Errorf("%T is not marked as redacted: %s", v, shown)
		}
		traced.WriteString(shown)
	}
	shown := log.String() + traced.String()
	if !strings.Contains(shown, "bitbucket: retrying") || !strings.Contains(shown, "/2.0/user") {
		t.Errorf("nothing was logged: %s", shown)
	}
	for _, secret := range []string{"t0ps3cret", "dDBwczNjcmV0", "email=", "OnQwcHMzY3JldA"} {
		if i := strings.Index(shown, secret); i >= 0 {
			t.Errorf("%q shows: …%s…", secret, shown[max(0, i-100):min(len(shown), i+50)])
		}
	}
}

func TestUnsecuredVariablesArePrinted(t *testing.T) {
	v := bitbucket.Variable{UUID: "{u}", Key: "REGION", Value: "eu"}
	if got := fmt.Sprint(v); got != "Variable({u}, REGION=eu)" {
		t.Error(got)
	}
}

func TestTraceTellsWhatHappened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var events []string
		note := func(format string, args ...any) { events = append(events, fmt.Sprintf(format, args...)) }
		start := time.Now()
		rt := &script{steps: []step{{status: 200}, {status: 503, retryAfter: "5"}}}
		c := newClient(t, rt, bitbucket.WithThrottle(throttle.Window(2, 30*time.Minute)), bitbucket.WithTrace(&bitbucket.Trace{
			WaitStart: func(_ context.Context, i bitbucket.WaitStartInfo) { note("wait until %v", i.Until.Sub(start)) },
			WaitDone:  func(_ context.Context, i bitbucket.WaitDoneInfo) { note("waited %v %v", i.Waited, i.Err) },
			Attempt: func(_ context.Context, i bitbucket.AttemptInfo) {
				note("%s %s #%d: %d", i.Method, i.Pattern, i.Number, i.StatusCode)
			},
			Retry: func(_ context.Context, i bitbucket.RetryInfo) {
				note("retry after #%d: %d in %v", i.Number, i.StatusCode, i.Delay)
			},
		}))
		var response bitbucket.Response
		for range 2 {
			if _, err := c.Users.Get(t.Context(), "{u}", bitbucket.ResponseInto(&response)); err != nil {
				t.Fatal(err)
			}
		}
		want := []string{
			"GET /2.0/users/{selected_user} #1: 200",
			"GET /2.0/users/{selected_user} #1: 503",
			"retry after #1: 503 in 5s",
			"wait until 30m0s",
			"waited 29m55s <nil>",
			"GET /2.0/users/{selected_user} #2: 200",
		}
		if got := strings.Join(events, "\n"); got != strings.Join(want, "\n") {
			t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
		}
		if response.Attempts != 2 || response.Waited != 29*time.Minute+55*time.Second || response.StatusCode != 200 {
			t.Errorf("response %+v", response)
		}
	})
}

func TestResponseHoldsTheServersLimits(t *testing.T) {
	rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-RateLimit-Limit", "1000")
		w.Header().Set("X-RateLimit-Resource", "api-repositories")
		w.Header().Set("X-RateLimit-NearLimit", "true")
		w.Header().Set("X-OAuth-Scopes", "account, repository")
		w.Header().Set("X-Accepted-OAuth-Scopes", "account")
		answer(w, 404, `{"error":{"message":"no"}}`)
	}}
	var r bitbucket.Response
	_, err := newClient(t, rt).Users.Current(t.Context(), bitbucket.ResponseInto(&r))
	if err == nil || r.StatusCode != 404 || r.RateLimit != (bitbucket.RateLimit{Limit: 1000, Resource: "api-repositories", NearLimit: true}) ||
		strings.Join(r.GrantedScopes, " ") != "account repository" || strings.Join(r.AcceptedScopes, " ") != "account" || string(r.Body) != `{"error":{"message":"no"}}` {
		t.Errorf("response %+v", r)
	}
}

func TestThousandGoroutinesOnOneClient(t *testing.T) {
	var served atomic.Int64
	srv := home(t, func(w http.ResponseWriter, r *http.Request) {
		served.Add(1)
		answer(w, 200, `{"type":"user","uuid":"{u}","display_name":"`+strings.TrimPrefix(r.URL.Path, "/2.0/users/")+`"}`)
	})
	c, err := bitbucket.NewClient(bitbucket.WithBaseURL(srv.URL), bitbucket.WithTokenURL(srv.URL+"/site/oauth2/access_token"),
		bitbucket.WithClientCredentials("key", "hush"), bitbucket.WithThrottle(throttle.Window(1000, time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 1000 {
		wg.Go(func() {
			name := fmt.Sprintf("user-%d", i)
			var response bitbucket.Response
			user, err := c.Users.Get(t.Context(), name, bitbucket.Header("X-N", name), bitbucket.ResponseInto(&response))
			if err != nil || user.DisplayName != name || response.Attempts != 1 {
				t.Errorf("%s: %+v, %v", name, user, err)
			}
		})
	}
	wg.Wait()
	if served.Load() != 1000 {
		t.Errorf("%d calls were served", served.Load())
	}
}

// Whatever an answer's status, and though it comes in chunks, its connection is
// used again, also after retries.
func TestConnectionsAreReused(t *testing.T) {
	var opened, served atomic.Int64
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		statuses := []int{200, 404, 503, 200, 429}
		w.Header().Set("Content-Type", asJSON)
		w.Header().Set("Retry-After", "0.001")
		w.WriteHeader(statuses[served.Add(1)%5])
		fmt.Fprint(w, `{"type":"user",`)
		w.(http.Flusher).Flush()
		fmt.Fprint(w, `"uuid":"{u}"}`+strings.Repeat(" ", 10000))
	}))
	srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	srv.Start()
	defer srv.Close()
	c, err := bitbucket.NewClient(bitbucket.WithBaseURL(srv.URL), bitbucket.WithAccessToken("t"), bitbucket.WithRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		c.Users.Get(t.Context(), "{u}") // of every status one, but for the last
	}
	if served.Load() != 4 || opened.Load() != 1 {
		t.Errorf("%d answers took %d connections", served.Load(), opened.Load())
	}
}
