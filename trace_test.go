package bitbucket_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

type spanKey struct{}

// What CallStart puts into the context goes on to the attempts and to all other hooks, and what a
// transport may ask of a context is there too.
func TestCallStartsContextGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		note := func(name string) func(ctx context.Context) {
			return func(ctx context.Context) { seen = append(seen, fmt.Sprint(name, " ", ctx.Value(spanKey{}))) }
		}
		rt := spying{&script{steps: []step{{status: 503}}}, func(r *http.Request) {
			note("transport")(r.Context())
			operation, pattern := bitbucket.OperationFrom(r.Context())
			seen = append(seen, operation+" "+pattern)
		}}
		c := newClient(t, rt, bitbucket.WithThrottle(throttle.Window(1, 30*time.Minute)),
			bitbucket.WithTrace(&bitbucket.Trace{
				CallStart: func(ctx context.Context, i bitbucket.CallStartInfo) context.Context {
					return context.WithValue(ctx, spanKey{}, "span of "+i.Operation)
				},
				CallDone:  func(ctx context.Context, _ bitbucket.CallDoneInfo) { note("done")(ctx) },
				Attempt:   func(ctx context.Context, _ bitbucket.AttemptInfo) { note("attempt")(ctx) },
				Retry:     func(ctx context.Context, _ bitbucket.RetryInfo) { note("retry")(ctx) },
				WaitStart: func(ctx context.Context, _ bitbucket.WaitStartInfo) { note("wait")(ctx) },
				WaitDone:  func(ctx context.Context, _ bitbucket.WaitDoneInfo) { note("waited")(ctx) },
			}),
			bitbucket.WithTrace(&bitbucket.Trace{ // one that has nothing to add
				CallStart: func(ctx context.Context, _ bitbucket.CallStartInfo) context.Context {
					note("second trace")(ctx)
					return nil
				},
			}))
		if _, err := c.Users.Get(t.Context(), "{u}"); err != nil {
			t.Fatal(err)
		}
		const span = " span of Users.Get"
		want := []string{
			"second trace" + span, "transport" + span, "Users.Get /2.0/users/{selected_user}", "attempt" + span,
			"retry" + span, "wait" + span, "waited" + span,
			"transport" + span, "Users.Get /2.0/users/{selected_user}", "attempt" + span, "done" + span,
		}
		if !slices.Equal(seen, want) {
			t.Errorf("seen\n%s\nwant\n%s", strings.Join(seen, "\n"), strings.Join(want, "\n"))
		}
	})
	if operation, pattern := bitbucket.OperationFrom(t.Context()); operation+pattern != "" {
		t.Errorf("a foreign context is for %q %q", operation, pattern)
	}
}

// What ends a call is its own context, whatever context CallStart returns.
func TestCallStartDoesNotEndTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stall := &wire{latency: time.Hour, handler: func(http.ResponseWriter, *http.Request) {}}
		for name, replace := range map[string]func() context.Context{
			"one that never ends": func() context.Context { return context.WithValue(context.Background(), spanKey{}, 1) },
			"one that has ended": func() context.Context {
				ctx, cancel := context.WithCancel(context.Background())
				cancel()
				return ctx
			},
			"none": func() context.Context { return nil },
		} {
			c := newClient(t, stall, bitbucket.WithAttemptTimeout(2*time.Hour), bitbucket.WithTrace(&bitbucket.Trace{
				CallStart: func(context.Context, bitbucket.CallStartInfo) context.Context { return replace() },
			}))
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			start := time.Now()
			_, err := c.Users.Current(ctx)
			cancel()
			if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took != time.Minute {
				t.Errorf("%s: after %v, %v", name, took, err)
			}
			ctx, cancel = context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			start = time.Now()
			if _, err := c.Users.Current(ctx); !errors.Is(err, context.Canceled) || time.Since(start) != time.Second {
				t.Errorf("%s: after %v, %v", name, time.Since(start), err)
			}
		}
	})
}

// CallStart and CallDone come once a call: a retry is no call, a page of a list is one.
func TestCallsAreToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		trace := bitbucket.WithTrace(&bitbucket.Trace{
			CallStart: func(_ context.Context, i bitbucket.CallStartInfo) context.Context {
				seen = append(seen, fmt.Sprintf("start %s %s %s %s", i.Operation, i.Pattern, i.Method, i.URL))
				return nil
			},
			CallDone: func(_ context.Context, i bitbucket.CallDoneInfo) {
				seen = append(seen, fmt.Sprintf("done %s %s %s %s: %d after %d, %v, %d unread, %v",
					i.Operation, i.Pattern, i.Method, i.URL, i.StatusCode, i.Attempts, i.Duration, len(i.Unread), i.Err))
			},
		})
		const user = "Users.Current /2.0/user GET https://api.bitbucket.org/2.0/user"
		const emails = "Users.ListEmails /2.0/user/emails GET https://api.bitbucket.org/2.0/user/emails"
		for _, tc := range []struct {
			name string
			rt   http.RoundTripper
			call func(c *bitbucket.Client) error
			want []string
		}{{
			"a retry", &script{steps: []step{{status: 503, retryAfter: "5"}}},
			func(c *bitbucket.Client) error { _, err := c.Users.Current(t.Context()); return err },
			[]string{"start " + user, "done " + user + ": 200 after 2, 5s, 0 unread, <nil>"},
		}, {
			"pages", &wire{handler: pages, latency: time.Second},
			func(c *bitbucket.Client) error { _, err := c.Users.ListEmails(t.Context()).Collect(); return err },
			slices.Repeat([]string{"start " + emails, "done " + emails + ": 200 after 1, 1s, 0 unread, <nil>"}, 3),
		}, {
			"something unread", answering(200, asJSON, `{"type":"user","uuid":"{u}","created_on":"long ago"}`),
			func(c *bitbucket.Client) error { _, err := c.Users.Current(t.Context()); return err },
			[]string{"start " + user, "done " + user + ": 200 after 1, 0s, 1 unread, <nil>"},
		}, {
			"nothing sent", answering(200, asJSON, `{}`),
			func(c *bitbucket.Client) error { _, err := c.Users.Get(t.Context(), ""); return ignore(err) },
			nil,
		}} {
			seen = nil
			if err := tc.call(newClient(t, tc.rt, trace)); err != nil {
				t.Errorf("%s: %v", tc.name, err)
			}
			if !slices.Equal(seen, tc.want) {
				t.Errorf("%s: seen\n%s\nwant\n%s", tc.name, strings.Join(seen, "\n"), strings.Join(tc.want, "\n"))
			}
		}
	})
}

func ignore(error) error { return nil }

// Every info and every line of the log says what the call is for, that of Do too where the path is
// known.
func TestEveryLineNamesTheOperation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tc := range []struct{ path, operation, pattern string }{
			{"", "Users.Current", "/2.0/user"},
			{"/2.0/users/%7Bu%7D?fields=uuid", "Users.Get", "/2.0/users/{selected_user}"},
			{
				"https://api.bitbucket.org/2.0/workspaces/acme/members/x", "Workspaces.GetMember",
				"/2.0/workspaces/{workspace}/members/{member}",
			},
			{"/2.0/workspaces", "", "/2.0/workspaces"}, // removed, and without a method
			{"/2.0/snippets/acme", "", ""},
		} {
			var log bytes.Buffer
			infos := 0
			check := func(operation, pattern string) {
				if infos++; operation != tc.operation || pattern != tc.pattern {
					t.Errorf("%s: told of %q %q, want %q %q", tc.path, operation, pattern, tc.operation, tc.pattern)
				}
			}
			c := newClient(t, &script{steps: []step{{status: 503}}}, bitbucket.WithThrottle(throttle.Window(1, time.Hour)),
				bitbucket.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))),
				bitbucket.WithTrace(&bitbucket.Trace{
					CallStart: func(_ context.Context, i bitbucket.CallStartInfo) context.Context {
						check(i.Operation, i.Pattern)
						return nil
					},
					CallDone:  func(_ context.Context, i bitbucket.CallDoneInfo) { check(i.Operation, i.Pattern) },
					WaitStart: func(_ context.Context, i bitbucket.WaitStartInfo) { check(i.Operation, i.Pattern) },
					WaitDone:  func(_ context.Context, i bitbucket.WaitDoneInfo) { check(i.Operation, i.Pattern) },
					Attempt:   func(_ context.Context, i bitbucket.AttemptInfo) { check(i.Operation, i.Pattern) },
					Retry:     func(_ context.Context, i bitbucket.RetryInfo) { check(i.Operation, i.Pattern) },
				}))
			var err error
			if tc.path == "" {
				_, err = c.Users.Current(t.Context())
			} else {
				err = c.Do(t.Context(), "GET", tc.path, nil, nil)
			}
			if err != nil || infos != 7 {
				t.Errorf("%s: %d infos, %v", tc.path, infos, err)
			}
			lines := strings.Split(strings.TrimSpace(log.String()), "\n")
			if len(lines) != 4 { // two attempts, a retry, a wait
				t.Errorf("%s: logged\n%s", tc.path, log.String())
			}
			quoted := func(s string) string {
				if s == "" || strings.ContainsAny(s, " =\"") {
					return fmt.Sprintf("%q", s)
				}
				return s
			}
			for _, line := range lines {
				wantText(t, line, "operation="+quoted(tc.operation)+" ", "pattern="+quoted(tc.pattern)+" ", "method=GET", "url=https://")
			}
		}
	})
}

// A nil hook is no hook, and a nil trace none; a nil call option is a mistake.
func TestNilHooksAndOptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, &script{steps: []step{{status: 503}}}, bitbucket.WithThrottle(throttle.Window(1, time.Second)),
			bitbucket.WithTrace(nil), bitbucket.WithTrace(&bitbucket.Trace{}), bitbucket.WithLogger(nil))
		if _, err := c.Users.Current(t.Context()); err != nil {
			t.Error(err)
		}
		rt := answering(200, asJSON, `{}`)
		c = newClient(t, rt)
		_, err := c.Users.Current(t.Context(), nil)
		_, listErr := c.Users.ListEmails(t.Context(), bitbucket.PageLen(5), nil).Collect()
		doErr := c.Do(t.Context(), "GET", "/2.0/user", nil, nil, nil)
		for _, err := range []error{err, listErr, doErr} {
			if err == nil || !strings.Contains(err.Error(), "a call option is nil") {
				t.Errorf("error %v", err)
			}
		}
		if n := len(rt.requests()); n != 0 {
			t.Errorf("%d calls went out", n)
		}
	})
}

// A wait of more than half a minute looks like a hang, so it is logged though nobody asked, unless
// the program has a logger of its own for this.
func TestLongWaitsAreLogged(t *testing.T) {
	before := slog.Default()
	defer slog.SetDefault(before)
	for name, tc := range map[string]struct {
		wait    func() throttle.Throttle
		inPlace bool // another logger is given
		want    string
	}{
		"31 s":            {func() throttle.Throttle { return throttle.Window(1, 31*time.Second) }, false, "WARN"},
		"30 s":            {func() throttle.Throttle { return throttle.Window(1, 30*time.Second) }, false, ""},
		"31 s, logger":    {func() throttle.Throttle { return throttle.Window(1, 31*time.Second) }, true, "WARN"},
		"30 s, logger":    {func() throttle.Throttle { return throttle.Window(1, 30*time.Second) }, true, "INFO"},
		"a foreign one":   {func() throttle.Throttle { return slow{new(int), new(int)} }, false, "WARN"},
		"a fast throttle": {func() throttle.Throttle { return throttle.Unlimited }, false, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			var standard, own bytes.Buffer
			slog.SetDefault(slog.New(slog.NewTextHandler(&standard, nil)))
			opts := []bitbucket.Option{bitbucket.WithThrottle(tc.wait())}
			log, other := &standard, &own
			if tc.inPlace {
				opts = append(opts, bitbucket.WithLogger(slog.New(slog.NewTextHandler(&own, nil))))
				log, other = other, log
			}
			c := newClient(t, &script{}, opts...)
			for range 2 {
				if _, err := c.Users.Current(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Wait()
			got := log.String()
			if tc.want == "" && got != "" || tc.want != "" && !strings.Contains(got, "level="+tc.want) || other.Len() > 0 {
				t.Errorf("%s: logged %q, and %q to the other", name, got, other)
			}
			if tc.want != "" {
				wantText(t, got, "waiting for the throttle", "operation=Users.Current", "pattern=/2.0/user")
			}
		})
	}
}
