package v1_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/throttle"
	"github.com/seed-9213fc64/bitbucket/v1"
)

// A mirror is a server of the 1.0 API: an http.RoundTripper that answers from a
// handler, and remembers what was asked.
type mirror struct {
	answer func(w http.ResponseWriter, r *http.Request)
	asked  []string
}

func (m *mirror) RoundTrip(r *http.Request) (*http.Response, error) {
	m.asked = append(m.asked, r.Method+" "+r.URL.RequestURI())
	w := httptest.NewRecorder()
	m.answer(w, r)
	return w.Result(), nil
}

// sends answers every call with a stored body.
func sends(body []byte) *mirror {
	return &mirror{answer: func(w http.ResponseWriter, _ *http.Request) { w.Write(body) }}
}

func newClient(t *testing.T, server http.RoundTripper, opts ...bitbucket.Option) *v1.Client {
	t.Helper()
	opts = append([]bitbucket.Option{bitbucket.WithTransport(server), bitbucket.WithThrottle(throttle.Unlimited)}, opts...)
	client, err := bitbucket.NewClient(opts...)
	if err != nil {
		t.Fatal(err)
	}
	return v1.NewClient(client)
}

// calls are all methods, and what each asks for.
func calls(c *v1.Client) []struct {
	asks string
	body string
	call func(ctx context.Context) (any, error)
} {
	return []struct {
		asks string
		body string
		call func(ctx context.Context) (any, error)
	}{
		{"GET /1.0/users/auser", "account-2018.json", func(ctx context.Context) (any, error) { return c.Users.Get(ctx, "auser") }},
		{"GET /1.0/users/a%2Buser@example.com", "account-2011.json", func(ctx context.Context) (any, error) { return c.Users.Get(ctx, "a+user@example.com") }},
		{"GET /1.0/users/..%2Fplan%3Fx", "account-2011.json", func(ctx context.Context) (any, error) { return c.Users.Get(ctx, "../plan?x") }},
		{"GET /1.0/user", "account-2018-authenticated.json", func(ctx context.Context) (any, error) { return c.Users.Current(ctx) }},
		{"GET /1.0/users/auser/plan", "plan.json", func(ctx context.Context) (any, error) { return c.Users.Plan(ctx, "auser") }},
		{"GET /1.0/users/auser/followers", "followers.json", func(ctx context.Context) (any, error) { return c.Users.Followers(ctx, "auser") }},
		{"GET /1.0/users/auser/emails", "emails.json", func(ctx context.Context) (any, error) { return c.Users.Emails(ctx, "auser") }},
		{"GET /1.0/user/privileges", "privileges.json", func(ctx context.Context) (any, error) { return c.Users.Privileges(ctx) }},
		{"GET /1.0/users/auser/events?limit=50&start=0", "events.json", func(ctx context.Context) (any, error) {
			events, err := c.Users.Events(ctx, "auser", v1.EventsQuery{}).Collect()
			if err != nil {
				return nil, err
			}
			return v1.Events{Count: 4, Events: events}, nil
		}},
	}
}

func TestCalls(t *testing.T) {
	for _, tc := range calls(nil) {
		t.Run(tc.asks, func(t *testing.T) {
			body := stored(t, tc.body)
			server := sends(body)
			for _, bound := range calls(newClient(t, server)) {
				if bound.asks != tc.asks {
					continue
				}
				got, err := bound.call(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				wantSameJSON(t, body, encode(t, got))
			}
			if !reflect.DeepEqual(server.asked, []string{tc.asks}) {
				t.Errorf("asked for %v, want %s", server.asked, tc.asks)
			}
		})
	}
}

// Bitbucket today has none of it, and each error says what to do.
func TestBitbucketTodaySaysWhatToUse(t *testing.T) {
	hints := map[string]string{
		"GET /1.0/users/auser":                         "the 1.0 API ended in 2019: use Users.Get of package bitbucket with the UUID or the account ID, and Repositories.List for the repositories",
		"GET /1.0/user":                                "the 1.0 API ended in 2019: use Users.Current of package bitbucket",
		"GET /1.0/users/auser/plan":                    "the 1.0 API ended in 2019: nothing replaces the plan of an account",
		"GET /1.0/users/auser/followers":               "the 1.0 API ended in 2019: nothing replaces the followers of an account",
		"GET /1.0/users/auser/emails":                  "the 1.0 API ended in 2019: use Users.ListEmails of package bitbucket",
		"GET /1.0/user/privileges":                     "the 1.0 API ended in 2019: use Workspaces.List of package bitbucket, and Workspaces.Membership for the role in one of them",
		"GET /1.0/users/auser/events?limit=50&start=0": "the 1.0 API ended in 2019: nothing replaces the events of an account",
	}
	today := newClient(t, bitbuckettest.New())
	for _, tc := range calls(today) {
		_, err := tc.call(t.Context())
		e, ok := errors.AsType[*bitbucket.Error](err)
		if !ok || !errors.Is(err, bitbucket.ErrGone) {
			t.Fatalf("%s: %v", tc.asks, err)
		}
		if want, known := hints[tc.asks]; known && e.Hint != want {
			t.Errorf("%s: hint %q, want %q", tc.asks, e.Hint, want)
		}
		if !strings.HasSuffix(err.Error(), e.Hint) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: text %q", tc.asks, err)
		}
	}
	_, err := today.NewUser.Create(t.Context(), v1.NewUser{Username: "auser", Email: "auser@example.com", Password: "allyourbase"})
	if !errors.Is(err, bitbucket.ErrGone) || !strings.HasSuffix(err.Error(), "accounts are made at id.atlassian.com, and join a workspace by invitation") {
		t.Errorf("NewUser.Create: %v", err)
	}
}

func TestErrorsOfTheMirror(t *testing.T) {
	for _, tc := range []struct {
		status int
		body   string
		is     error
		text   string
	}{
		{400, "Someone has already registered that SSH key.\n", bitbucket.ErrBadRequest, "400 Bad Request: Someone has already registered that SSH key."},
		{403, "Forbidden", bitbucket.ErrForbidden, "403 Forbidden"},
		{404, `{"error": {"message": "There is no such account"}}`, bitbucket.ErrNotFound, "404 Not Found: There is no such account"},
		{404, "", bitbucket.ErrNotFound, "404 Not Found"},
		{200, "{}", bitbucket.ErrMalformedResponse, "an account without user"},
		{200, "<html></html>", bitbucket.ErrMalformedResponse, "it is no JSON"},
	} {
		client := newClient(t, &mirror{answer: func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tc.status)
			io.WriteString(w, tc.body)
		}})
		_, err := client.Users.Get(t.Context(), "auser")
		if !errors.Is(err, tc.is) || !strings.Contains(err.Error(), tc.text) || !strings.Contains(err.Error(), "/1.0/users/auser") {
			t.Errorf("%d %q: %v", tc.status, tc.body, err)
		}
	}
}

func TestNamesAreCheckedBeforeAnyCall(t *testing.T) {
	server := sends(nil)
	client := newClient(t, server)
	for _, name := range []string{"", ".", "..", "a\nb", "\x00", "a\x7f"} {
		_, getErr := client.Users.Get(t.Context(), name)
		_, planErr := client.Users.Plan(t.Context(), name)
		_, followersErr := client.Users.Followers(t.Context(), name)
		_, emailsErr := client.Users.Emails(t.Context(), name)
		_, eventsErr := client.Users.Events(t.Context(), name, v1.EventsQuery{}).Collect()
		for i, err := range []error{getErr, planErr, followersErr, emailsErr, eventsErr} {
			if err == nil || !strings.HasPrefix(err.Error(), "bitbucket: accountname ") {
				t.Errorf("%q, call %d: %v", name, i, err)
			}
		}
	}
	if server.asked != nil {
		t.Errorf("asked for %v", server.asked)
	}
}

// stream serves n events by start and limit, and counts them unless it is told not to.
func stream(n int, counted bool) *mirror {
	return &mirror{answer: func(w http.ResponseWriter, r *http.Request) {
		start, _ := strconv.Atoi(r.URL.Query().Get("start"))
		limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		var events []string
		for i := start; i < min(start+limit, n); i++ {
			events = append(events, fmt.Sprintf(`{"node":"%d","event":"commit"}`, i))
		}
		if counted {
			fmt.Fprintf(w, `{"count":%d,"events":[%s]}`, n, strings.Join(events, ","))
		} else {
			fmt.Fprintf(w, `{"events":[%s]}`, strings.Join(events, ","))
		}
	}}
}

func TestEventsGoThroughAllPages(t *testing.T) {
	for _, tc := range []struct {
		name    string
		server  *mirror
		query   v1.EventsQuery
		first   string
		events  int
		queries []string
	}{
		{"largest pages", stream(120, true), v1.EventsQuery{}, "0", 120, []string{"limit=50&start=0", "limit=50&start=50", "limit=50&start=100"}},
		{"full last page", stream(100, true), v1.EventsQuery{}, "0", 100, []string{"limit=50&start=0", "limit=50&start=50"}},
		{"of a type, from a place on", stream(60, true), v1.EventsQuery{Type: v1.EventCommit, Start: 30, Limit: 25}, "30", 30, []string{"limit=25&start=30&type=commit", "limit=25&start=55&type=commit"}},
		{"not counted", stream(60, false), v1.EventsQuery{}, "0", 60, []string{"limit=50&start=0", "limit=50&start=50", "limit=50&start=60"}},
		{"none", stream(0, true), v1.EventsQuery{}, "", 0, []string{"limit=50&start=0"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			list := newClient(t, tc.server).Users.Events(t.Context(), "auser", tc.query)
			if tc.server.asked != nil {
				t.Errorf("asked for %v before anybody wanted events", tc.server.asked)
			}
			events, err := list.Collect()
			if err != nil {
				t.Fatal(err)
			}
			if len(events) != tc.events || len(events) > 0 && events[0].Node != tc.first {
				t.Errorf("%d events, want %d from %q", len(events), tc.events, tc.first)
			}
			var want []string
			for _, query := range tc.queries {
				want = append(want, "GET /1.0/users/auser/events?"+query)
			}
			if !reflect.DeepEqual(tc.server.asked, want) {
				t.Errorf("asked for %v, want %v", tc.server.asked, want)
			}
		})
	}
}

func TestEventsPages(t *testing.T) {
	var got []bitbucket.Page[v1.Event]
	for page, err := range newClient(t, stream(60, true)).Users.Events(t.Context(), "auser", v1.EventsQuery{Limit: 25}).Pages() {
		if err != nil {
			t.Fatal(err)
		}
		if total, known := page.Total(); total != 60 || !known {
			t.Errorf("total %d, %v", total, known)
		}
		got = append(got, bitbucket.Page[v1.Event]{Next: page.Next, Previous: page.Previous, PageLen: page.PageLen})
	}
	want := []bitbucket.Page[v1.Event]{
		{Next: "25", PageLen: 25},
		{Next: "50", Previous: "0", PageLen: 25},
		{Previous: "25", PageLen: 25},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestEventsQueryIsChecked(t *testing.T) {
	server := stream(1, true)
	for _, query := range []v1.EventsQuery{{Limit: 51}, {Limit: -1}, {Start: -1}} {
		if _, err := newClient(t, server).Users.Events(t.Context(), "auser", query).First(); err == nil || !strings.HasPrefix(err.Error(), "bitbucket: EventsQuery.") {
			t.Errorf("%+v: %v", query, err)
		}
	}
	if server.asked != nil {
		t.Errorf("asked for %v", server.asked)
	}
}

// A mirror that ignores start sends the same page for ever.
func TestEventsEndOnAMirrorThatIgnoresStart(t *testing.T) {
	page := func(n, count int) string {
		var events []string
		for i := range n {
			events = append(events, fmt.Sprintf(`{"node":"%d","event":"commit"}`, i))
		}
		counted := ""
		if count > 0 {
			counted = fmt.Sprintf(`"count":%d,`, count)
		}
		return `{` + counted + `"events":[` + strings.Join(events, ",") + `]}`
	}
	for _, tc := range []struct {
		name   string
		body   string
		events int // that came before it was seen
		calls  int
	}{
		{"counted", page(50, 120), 50, 2},
		{"not counted", page(50, 0), 50, 2},
		{"a short page, not counted", page(3, 0), 3, 2},
		{"one event, which may move down once", page(1, 0), 2, 3},
	} {
		server := sends([]byte(tc.body))
		events, err := newClient(t, server).Users.Events(t.Context(), "auser", v1.EventsQuery{}).Collect()
		if !errors.Is(err, bitbucket.ErrPageLoop) || len(events) != tc.events || len(server.asked) != tc.calls {
			t.Errorf("%s: %d events in %d calls, %v", tc.name, len(events), len(server.asked), err)
		}
	}
	moving := 0 // a server on which something happens during the walk, with one event on a page
	server := &mirror{answer: func(w http.ResponseWriter, r *http.Request) {
		start, _ := strconv.Atoi(r.URL.Query().Get("start"))
		if start == 1 {
			moving = 1
		}
		fmt.Fprintf(w, `{"count":%d,"events":[{"node":"%d"}]}`, 3+moving, start-moving)
	}}
	events, err := newClient(t, server).Users.Events(t.Context(), "auser", v1.EventsQuery{Limit: 1}).Collect()
	if err != nil || len(events) != 4 {
		t.Errorf("of a list that grows: %d events, %v", len(events), err)
	}
}

// newUsers makes accounts as the server did.
func newUsers(t *testing.T) *mirror {
	return &mirror{answer: func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		if r.PostForm.Get("password") != "allyourbase" || len(r.PostForm) != 3 {
			t.Errorf("sent %v", r.PostForm)
		}
		fmt.Fprintf(w, `{"username": %q, "email": %q}`, r.PostForm.Get("username"), r.PostForm.Get("email"))
	}}
}

func TestNewUserCreate(t *testing.T) {
	server := newUsers(t)
	client := newClient(t, server)
	got, err := client.NewUser.Create(t.Context(), v1.NewUser{Username: "auser", Email: "auser+1@example.com", Password: "allyourbase"})
	if err != nil {
		t.Fatal(err)
	}
	if want := (&v1.CreatedUser{Username: "auser", Email: "auser+1@example.com"}); !reflect.DeepEqual(v1.Bare(got), want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if want := []string{"POST /1.0/newuser/"}; !reflect.DeepEqual(server.asked, want) {
		t.Errorf("asked for %v, want %v", server.asked, want)
	}
	for _, half := range []v1.NewUser{{Email: "a@example.com", Password: "p"}, {Username: "a", Password: "p"}, {Username: "a", Email: "a@example.com"}} {
		if _, err := client.NewUser.Create(t.Context(), half); err == nil || !strings.HasSuffix(err.Error(), " is empty") {
			t.Errorf("%v: %v", half, err)
		}
	}
	if len(server.asked) != 1 {
		t.Errorf("asked for %v", server.asked)
	}
}

func TestNewUserHidesItsPassword(t *testing.T) {
	user := v1.NewUser{Username: "auser", Email: "auser@example.com", Password: "allyourbase"}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("created", "user", user)
	for _, text := range []string{fmt.Sprint(user), fmt.Sprintf("%+v", &user), fmt.Sprintf("%#v", user), fmt.Sprintf("%v", []v1.NewUser{user}), log.String()} {
		if strings.Contains(text, "allyourbase") || !strings.Contains(text, "[redacted]") {
			t.Errorf("printed as %s", text)
		}
	}
	client := newClient(t, &mirror{answer: func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, `{"error": {"message": "allyourbase is too simple", "detail": "not allyourbase", "fields": {"password": ["allyourbase?"]}, "data": {"sent": "allyourbase"}}}`)
	}})
	_, err := client.NewUser.Create(t.Context(), user)
	if text := fmt.Sprintf("%+v %s", err, encode(t, err)); strings.Contains(text, "allyourbase") || !strings.Contains(text, "[redacted] is too simple: not [redacted]; password: [redacted]?") {
		t.Errorf("the error is %s", text)
	}
	e, ok := errors.AsType[*bitbucket.Error](err)
	if !ok || bytes.Contains(e.Body, []byte("allyourbase")) || !errors.Is(err, bitbucket.ErrBadRequest) {
		t.Errorf("the error is %v, its body %s", err, e.Body)
	}
}

// The server takes 100 new users in 30 minutes. The 101st waits for its turn, though
// the client itself has no limit.
func TestNewUserCreateWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, newUsers(t))
		create := func(ctx context.Context, i int) error {
			_, err := client.NewUser.Create(ctx, v1.NewUser{Username: fmt.Sprint("user", i), Email: "a@example.com", Password: "allyourbase"})
			return err
		}
		start := time.Now()
		for i := range 100 {
			if err := create(t.Context(), i); err != nil {
				t.Fatal(err)
			}
		}
		if waited := time.Since(start); waited != 0 {
			t.Errorf("the first 100 waited %v", waited)
		}
		soon, cancel := context.WithTimeout(t.Context(), 29*time.Minute)
		defer cancel()
		err := create(soon, 100)
		if _, ok := errors.AsType[*throttle.WaitError](err); !ok || time.Since(start) != 0 {
			t.Errorf("with a deadline that comes first: %v after %v", err, time.Since(start))
		}
		if err := create(t.Context(), 101); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited != 30*time.Minute {
			t.Errorf("the 101st waited %v, want 30m", waited)
		}
	})
}

// A call that never left has used nothing of the window.
func TestNewUserCreateGivesItsPlaceBack(t *testing.T) {
	user := v1.NewUser{Username: "auser", Email: "a@example.com", Password: "allyourbase"}
	unreachable := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("no route to host")}
	cut := &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset by peer")}
	for _, tc := range []struct {
		name    string
		fail    error
		opts    []bitbucket.Option
		left    bool
		callOpt []bitbucket.CallOption
	}{
		{name: "no connection", fail: unreachable},
		{name: "no credential", opts: []bitbucket.Option{bitbucket.WithTokenSource(noToken{})}},
		{name: "no slot of the client", opts: []bitbucket.Option{bitbucket.WithThrottle(full{})}},
		{name: "an option of lists", callOpt: []bitbucket.CallOption{bitbucket.From("x")}},
		{name: "cut off", fail: cut, left: true},
	} {
		synctest.Test(t, func(t *testing.T) {
			working := newUsers(t)
			failing := true
			server := &mirror{answer: func(w http.ResponseWriter, r *http.Request) { working.answer(w, r) }}
			transport := roundTripper(func(r *http.Request) (*http.Response, error) {
				if failing && tc.fail != nil {
					return nil, tc.fail
				}
				return server.RoundTrip(r)
			})
			client := newClient(t, transport, append(tc.opts, bitbucket.WithRetries(0))...)
			start := time.Now()
			for range 100 {
				_, err := client.NewUser.Create(t.Context(), user, tc.callOpt...)
				e, ok := errors.AsType[*bitbucket.Error](err)
				if err == nil || ok && e.NeverSent() == tc.left {
					t.Fatalf("%s: %v", tc.name, err)
				}
			}
			failing = false
			soon, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			_, err := client.NewUser.Create(soon, user, tc.callOpt...)
			_, waits := errors.AsType[*throttle.WaitError](err)
			ofWindow := waits && strings.Contains(err.Error(), "bitbucket: POST /1.0/newuser/: ")
			if ofWindow != tc.left || time.Since(start) != 0 {
				t.Errorf("%s: after 100 of them: %v", tc.name, err)
			}
		})
	}
}

// What is no account that was made is no success.
func TestNewUserCreateWantsAnAccount(t *testing.T) {
	user := v1.NewUser{Username: "auser", Email: "a@example.com", Password: "allyourbase"}
	for _, body := range []string{`{}`, `{"email":"a@example.com"}`, `{"username":5}`} {
		_, err := newClient(t, sends([]byte(body))).NewUser.Create(t.Context(), user)
		if !errors.Is(err, bitbucket.ErrMalformedResponse) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// noToken is a token source that has none.
type noToken struct{}

func (noToken) Token() (*oauth2.Token, error) { return nil, errors.New("nobody is signed in") }

// full is a throttle that has no slot.
type full struct{}

func (full) Acquire(context.Context) (func(bool), error) {
	return nil, &throttle.WaitError{}
}
