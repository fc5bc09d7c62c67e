package bitbucket_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// The plain structs are what a program would decode into without this library.
type (
	plainLink  struct{ Href string }
	plainLinks struct{ Self, HTML, Avatar, Repositories, Hooks plainLink }
	plainUser  struct {
		Type, UUID, Nickname, Username, Location string
		AccountID                                string    `json:"account_id"`
		DisplayName                              string    `json:"display_name"`
		AccountStatus                            string    `json:"account_status"`
		Has2FAEnabled                            *bool     `json:"has_2fa_enabled"`
		CreatedOn                                time.Time `json:"created_on"`
		Links                                    plainLinks
	}
	plainThing struct { // a workspace or a repository
		Type, UUID, Name, Slug string
		FullName               string `json:"full_name"`
		Links                  plainLinks
	}
	plainPermission struct {
		Type, Permission      string
		User                  plainUser
		Repository, Workspace plainThing
		AddedOn               string `json:"added_on"`
		Links                 plainLinks
	}
)

// canned is an http.RoundTripper that has its answers ready, by path and query.
type canned map[string][]byte

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	body, ok := c[r.URL.RequestURI()]
	if !ok {
		return nil, fmt.Errorf("nothing is ready for %s", r.URL)
	}
	return &http.Response{
		StatusCode: 200, Header: cannedHeader, Request: r,
		ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body)),
	}, nil
}

var cannedHeader = http.Header{"Content-Type": {asJSON}}

const (
	cannedBase    = "https://api.bitbucket.org"
	permissionsAt = "/2.0/workspaces/acme/permissions/repositories?pagelen=100"
	membersAt     = "/2.0/workspaces/acme/members?pagelen=100"
	grantAt       = "/2.0/repositories/acme/tools/permissions-config/users/1:a"
)

func cannedAnswers() canned {
	id := func(n int) string { return fmt.Sprintf("{11111111-2222-4333-8444-%012d}", n) }
	links := func(path string) string {
		return fmt.Sprintf(`{"self":{"href":"https://api.bitbucket.org/2.0/%[1]s"},"html":{"href":"https://bitbucket.org/%[1]s"},`+
			`"avatar":{"href":"https://avatar.example/%[1]s/128?ts=1543612345"}}`, path)
	}
	user := func(n int) string {
		return fmt.Sprintf(`{"display_name":"Contributor %[1]d","links":%[2]s,"type":"user","uuid":%[3]q,"account_id":"557058:%[3]s","nickname":"contributor-%[1]d"}`,
			n, links("users/"+id(n)), id(n))
	}
	answers := canned{"/2.0/user": []byte(strings.TrimSuffix(user(1), "}") + `,"username":"ada","created_on":"2018-03-14T13:17:05.196003+00:00",` +
		`"has_2fa_enabled":null,"location":null,"account_status":"active","is_staff":false}`)}
	answers[grantAt] = []byte(`{"type":"repository_user_permission","permission":"write","user":` + user(1) + `,"links":{"self":{"href":"https://api.bitbucket.org/2.0/x"}}}`)
	answers.list(permissionsAt, func(n int) string {
		return fmt.Sprintf(`{"type":"repository_permission","permission":"write","user":%s,"repository":{"type":"repository",`+
			`"full_name":"acme/service-%[2]d","links":%[3]s,"name":"service-%[2]d","uuid":%[4]q}}`, user(n), n, links("acme/service"), id(n))
	})
	answers.list(membersAt, func(n int) string {
		return fmt.Sprintf(`{"type":"workspace_membership","user":%s,"workspace":{"type":"workspace","uuid":%q,"name":"Acme","slug":"acme",`+
			`"links":%s},"links":{"self":{"href":"https://api.bitbucket.org/2.0/m"}},"added_on":"2021-04-02T14:20:48.179"}`, user(n), id(0), links("acme"))
	})
	return answers
}

// list adds ten pages of a hundred.
func (c canned) list(at string, item func(n int) string) {
	for page := 1; page <= 10; page++ {
		items := make([]string, 100)
		for i := range items {
			items[i] = item(100*page + i)
		}
		where, next := at, fmt.Sprintf(`,"next":"%s%s&page=%d"`, cannedBase, at, page+1)
		if page > 1 {
			where += fmt.Sprint("&page=", page)
		}
		if page == 10 {
			next = ""
		}
		c[where] = fmt.Appendf(nil, `{"values":[%s],"pagelen":100,"size":1000,"page":%d%s}`, strings.Join(items, ","), page, next)
	}
}

// plainCall is a call with net/http and encoding/json, and plainList a list with them.
func plainCall(ctx context.Context, hc *http.Client, method, url string, in io.Reader, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, url, in)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer token")
	req.Header.Set("Accept", "application/json")
	resp, err := hc.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(out)
}

func plainList(ctx context.Context, hc *http.Client, at string) (all []plainPermission, err error) {
	for next := cannedBase + at; next != ""; {
		var page struct {
			Values []plainPermission
			Next   string
		}
		if err := plainCall(ctx, hc, http.MethodGet, next, nil, &page); err != nil {
			return nil, err
		}
		all, next = append(all, page.Values...), page.Next
	}
	return all, nil
}

// What calls allocate, beside what net/http and encoding/json do for the same answers. The budgets
// have a little air; they are no multiples, since each version of Go has another encoding/json.
func TestAllocations(t *testing.T) {
	ctx, answers := context.Background(), cannedAnswers()
	hc := &http.Client{Transport: answers}
	unlimited := newClient(t, answers)
	window := newClient(t, answers, bitbucket.WithThrottle(throttle.Window(1000, time.Nanosecond)))
	plainUserCall := func() error {
		return plainCall(ctx, hc, http.MethodGet, cannedBase+"/2.0/user", nil, new(plainUser))
	}
	oneUser := func(c *bitbucket.Client) func() error {
		return func() error { _, err := c.Users.Current(ctx); return err }
	}
	thousand := func(n int, err error) error {
		if err == nil && n != 1000 {
			err = fmt.Errorf("%d items", n)
		}
		return err
	}
	for name, tc := range map[string]struct {
		floor, ours   func() error
		allocs, bytes float64
	}{
		"one user":           {plainUserCall, oneUser(unlimited), 28, 4000},
		"one user, a window": {plainUserCall, oneUser(window), 30, 4000},
		"a grant": {func() error {
			return plainCall(ctx, hc, http.MethodPut, cannedBase+grantAt, strings.NewReader(`{"permission":"write"}`), new(plainPermission))
		}, func() error {
			_, err := window.Permissions.OnRepository("acme", "tools").SetUser(ctx, "1:a", bitbucket.PermissionWrite)
			return err
		}, 36, 6400},
		"1,000 permissions": {func() error {
			all, err := plainList(ctx, hc, permissionsAt)
			return thousand(len(all), err)
		}, func() error {
			all, err := window.Permissions.ListWorkspaceRepositories(ctx, "acme").Collect()
			return thousand(len(all), err)
		}, 1500, 2_000_000},
		"1,000 members": {func() error {
			all, err := plainList(ctx, hc, membersAt)
			return thousand(len(all), err)
		}, func() error {
			all, err := window.Workspaces.ListMembers(ctx, "acme").Collect()
			return thousand(len(all), err)
		}, 1500, 2_000_000},
	} {
		t.Run(name, func(t *testing.T) {
			floor, ours := allocated(t, tc.floor), allocated(t, tc.ours)
			t.Logf("%.1f allocations and %.0f bytes, where net/http and encoding/json make %.1f and %.0f: %.2f and %.2f",
				ours.allocs, ours.bytes, floor.allocs, floor.bytes, ours.allocs/floor.allocs, ours.bytes/floor.bytes)
			switch {
			case underRace:
				t.Log("not judged, since the race detector allocates too")
			case ours.allocs > tc.allocs || ours.bytes > tc.bytes:
				t.Errorf("more than %.0f and %.0f", tc.allocs, tc.bytes)
			}
		})
	}
}

type allocation struct{ allocs, bytes float64 }

// allocated is what something allocates, on the average of many times.
func allocated(t *testing.T, do func() error) allocation {
	t.Helper()
	const times = 50
	for range 3 {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range times {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	return allocation{float64(after.Mallocs-before.Mallocs) / times, float64(after.TotalAlloc-before.TotalAlloc) / times}
}

// endless sends page after page of addresses, which nobody stores.
type endless struct{ pages, items int }

func (e endless) RoundTrip(r *http.Request) (*http.Response, error) {
	number := 1
	fmt.Sscan(r.URL.Query().Get("page"), &number)
	var body bytes.Buffer
	body.WriteString(`{"values":[`)
	for i := range e.items {
		fmt.Fprintf(&body, `{"email":"a%d@example.com"},`, number*e.items+i)
	}
	body.Truncate(body.Len() - 1)
	fmt.Fprintf(&body, `],"size":%d,"page":%d,"pagelen":%d`, e.pages*e.items, number, e.items)
	if number < e.pages {
		fmt.Fprintf(&body, `,"next":"%s/2.0/user/emails?pagelen=%d&page=%d"`, cannedBase, e.items, number+1)
	}
	body.WriteByte('}')
	return &http.Response{StatusCode: 200, Header: cannedHeader, Request: r, ContentLength: int64(body.Len()), Body: io.NopCloser(&body)}, nil
}

// A list of 400,000 items takes no more memory than one of 1,000.
func TestLongListsTakeNoMemory(t *testing.T) {
	const most = 2 << 20
	list := endless{pages: 4000, items: 100}
	heap := func() uint64 {
		runtime.GC()
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		return now.HeapAlloc
	}
	var early, peak uint64
	n := 0
	for email, err := range newClient(t, list).Users.ListEmails(t.Context()).All() {
		if err != nil {
			t.Fatal(err)
		}
		if n++; email.Email != fmt.Sprintf("a%d@example.com", 99+n) {
			t.Fatalf("item %d is %s", n, email.Email)
		}
		switch {
		case n == 10*list.items:
			early = heap()
		case n%(400*list.items) == 0:
			peak = max(peak, heap())
		}
	}
	if n != list.pages*list.items || peak > early+most {
		t.Errorf("%d items, the heap went from %d KiB to %d KiB", n, early>>10, peak>>10)
	}
}

// countingServer counts the connections that are opened to it.
func countingServer(t *testing.T, h http.HandlerFunc) (base string, opened *atomic.Int64) {
	opened = new(atomic.Int64)
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	srv.Start()
	t.Cleanup(srv.Close)
	return srv.URL, opened
}

// All pages of a list come over one connection.
func TestListsTakeOneConnection(t *testing.T) {
	for _, chunked := range []bool{false, true} {
		var base string
		base, opened := countingServer(t, func(w http.ResponseWriter, r *http.Request) {
			number := max(len(r.URL.Query().Get("page")), 1) // in ones
			if chunked {
				w.(http.Flusher).Flush()
			}
			fmt.Fprint(w, `{"values":[{"email":"a@example.com"}]`)
			if number < 10 {
				fmt.Fprintf(w, `,"next":"%s/2.0/user/emails?page=%s"`, base, strings.Repeat("1", number+1))
			}
			if chunked {
				w.(http.Flusher).Flush()
			}
			fmt.Fprint(w, `}`, strings.Repeat(" ", 5000))
		})
		c, err := bitbucket.NewClient(bitbucket.WithBaseURL(base), bitbucket.WithThrottle(throttle.Unlimited))
		if err != nil {
			t.Fatal(err)
		}
		all, err := c.Users.ListEmails(t.Context()).Collect()
		if err != nil || len(all) != 10 || opened.Load() != 1 {
			t.Errorf("chunked %v: %d items over %d connections, %v", chunked, len(all), opened.Load(), err)
		}
	}
}

// 64 goroutines need 64 connections, however long they go on.
func TestGoroutinesTakeAConnectionEach(t *testing.T) {
	const goroutines, rounds = 64, 5
	var together sync.WaitGroup // all calls of a round are under way at once
	base, opened := countingServer(t, func(w http.ResponseWriter, r *http.Request) {
		together.Done()
		together.Wait()
		answer(w, 200, `{"type":"user","uuid":"{u}"}`)
	})
	c, err := bitbucket.NewClient(bitbucket.WithBaseURL(base), bitbucket.WithThrottle(throttle.Window(1000, time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	for range rounds {
		together.Add(goroutines)
		var wg sync.WaitGroup
		for range goroutines {
			wg.Go(func() {
				if _, err := c.Users.Current(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	if opened.Load() > goroutines {
		t.Errorf("%d connections", opened.Load())
	}
}
