package bitbucket_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket"
)

// shelf serves n e-mail addresses in pages, the way that its fields choose.
type shelf struct {
	n      int
	omit   []string       // members of the envelope to leave out
	hash   bool           // cursors are hashes, not page numbers
	short  map[int]int    // how many values a page holds less than it might
	empty  map[int]bool   // pages without values in the middle
	next   map[int]string // what next is on a page instead of the truth
	off    map[int]member // what else is not true on a page
	failOn int            // the page that answers 400
}

// A member is one of a page's envelope.
type member struct {
	name  string
	value any
}

func address(i int) bitbucket.Email {
	return bitbucket.Email{Type: "email", Email: fmt.Sprintf("user%d@example.com", i)}
}

func addresses(n int) []bitbucket.Email {
	var all []bitbucket.Email
	for i := range n {
		all = append(all, address(i))
	}
	return all
}

func (s shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	pagelen, _ := strconv.Atoi(query.Get("pagelen"))
	number, from := 1, 0
	if cursor := query.Get("page"); cursor != "" && !s.hash {
		number, _ = strconv.Atoi(cursor)
		from = (number - 1) * pagelen
	} else if cursor != "" {
		fmt.Sscanf(cursor, "8xh%dx%d", &number, &from)
	}
	if number == s.failOn {
		answer(w, 400, `{"error":{"message":"page is broken"}}`)
		return
	}
	to := min(from+pagelen-s.short[number], s.n)
	if s.empty[number] {
		to = from
	}
	envelope := map[string]any{"size": s.n, "page": number, "pagelen": pagelen, "values": append([]bitbucket.Email{}, addresses(s.n)[from:to]...)}
	if number > 1 {
		envelope["previous"] = "https://api.bitbucket.org" + r.URL.Path + "?page=before"
	}
	if to < s.n {
		query.Set("page", strconv.Itoa(number+1))
		if s.hash {
			query.Set("page", fmt.Sprintf("8xh%dx%d", number+1, to))
		}
		envelope["next"] = "https://api.bitbucket.org" + r.URL.Path + "?" + query.Encode()
	}
	if next, ok := s.next[number]; ok {
		envelope["next"] = next
	}
	if off, ok := s.off[number]; ok {
		envelope[off.name] = off.value
	}
	for _, member := range s.omit {
		delete(envelope, member)
	}
	body, _ := json.Marshal(envelope)
	answer(w, 200, string(body))
}

func (s shelf) wire() *wire { return &wire{handler: s.ServeHTTP} }

func TestListReadsAllPages(t *testing.T) {
	for _, tc := range []struct {
		name  string
		shelf shelf
		calls int
	}{
		{"none", shelf{n: 0}, 1},
		{"one", shelf{n: 1}, 1},
		{"a full page", shelf{n: 100}, 1},
		{"one more", shelf{n: 101}, 2},
		{"many", shelf{n: 1000}, 10},
		{"without size, page and previous", shelf{n: 250, omit: []string{"size", "page", "previous"}}, 3},
		{"only values and next", shelf{n: 250, omit: []string{"size", "page", "pagelen", "previous"}}, 3},
		{"hash cursors", shelf{n: 250, hash: true, omit: []string{"page"}}, 3},
		{"a short page in the middle", shelf{n: 250, hash: true, short: map[int]int{2: 30}}, 3},
		{"an empty page in the middle", shelf{n: 250, hash: true, empty: map[int]bool{2: true}}, 4},
		{"size but no next", shelf{n: 250, omit: []string{"next"}}, 3},
		{"size but no next and no page", shelf{n: 250, omit: []string{"next", "page"}}, 3},
	} {
		for _, opts := range [][]bitbucket.CallOption{nil, {bitbucket.Prefetch()}} {
			t.Run(fmt.Sprintf("%s, %d options", tc.name, len(opts)), func(t *testing.T) {
				rt := tc.shelf.wire()
				got, err := newClient(t, rt).Users.ListEmails(t.Context(), opts...).Collect()
				if err != nil || !reflect.DeepEqual(got, addresses(tc.shelf.n)) {
					t.Fatalf("%d items, %v", len(got), err)
				}
				if n := len(rt.requests()); n != tc.calls {
					t.Errorf("%d calls, want %d", n, tc.calls)
				}
			})
		}
	}
}

func TestListMayBeRangedAgain(t *testing.T) {
	list := newClient(t, shelf{n: 150}.wire()).Users.ListEmails(t.Context())
	for range 2 {
		if got, err := list.Collect(); err != nil || len(got) != 150 {
			t.Fatalf("%d items, %v", len(got), err)
		}
	}
}

func TestPageTellsAboutItself(t *testing.T) {
	var response bitbucket.Response
	list := newClient(t, shelf{n: 3}.wire()).Users.ListEmails(t.Context(), bitbucket.PageLen(2), bitbucket.ResponseInto(&response))
	var pages []bitbucket.Page[bitbucket.Email]
	for page, err := range list.Pages() {
		if err != nil {
			t.Fatal(err)
		}
		total, known := page.Total()
		if total != 3 || !known {
			t.Errorf("total %d, %v", total, known)
		}
		if response.StatusCode != 200 || !strings.Contains(string(response.Body), page.Values[0].Email) {
			t.Errorf("the response is not that of this page: %s", response.Body)
		}
		pages = append(pages, bitbucket.Page[bitbucket.Email]{Values: page.Values, Next: page.Next, Previous: page.Previous, Number: page.Number, PageLen: page.PageLen})
	}
	want := []bitbucket.Page[bitbucket.Email]{
		{Values: addresses(2), Next: "https://api.bitbucket.org/2.0/user/emails?page=2&pagelen=2", Number: 1, PageLen: 2},
		{Values: []bitbucket.Email{address(2)}, Previous: "https://api.bitbucket.org/2.0/user/emails?page=before", Number: 2, PageLen: 2},
	}
	if !reflect.DeepEqual(pages, want) {
		t.Errorf("got  %+v\nwant %+v", pages, want)
	}
}

func TestNothingIsSentBeforeTheLoop(t *testing.T) {
	rt := shelf{n: 5}.wire()
	newClient(t, rt).Users.ListEmails(t.Context())
	if got := rt.requests(); len(got) != 0 {
		t.Errorf("sent %v", got)
	}
}

// Ending the loop ends the calls: whatever was asked for by then is all that the
// server ever sees.
func TestBreakStopsTheCalls(t *testing.T) {
	for _, tc := range []struct {
		name  string
		after int // items
		opts  []bitbucket.CallOption
		calls int
	}{
		{"at the first item", 1, nil, 1},
		{"in the first page", 50, nil, 1},
		{"at the end of the first page", 100, nil, 1},
		{"in the second page", 101, nil, 2},
		{"at the first item, prefetching", 1, []bitbucket.CallOption{bitbucket.Prefetch()}, 2},
		{"in the first page, prefetching", 50, []bitbucket.CallOption{bitbucket.Prefetch()}, 2},
		{"in the second page, prefetching", 150, []bitbucket.CallOption{bitbucket.Prefetch()}, 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rt := shelf{n: 1000}.wire()
				rt.latency = 200 * time.Millisecond
				n := 0
				for _, err := range newClient(t, rt).Users.ListEmails(t.Context(), tc.opts...).All() {
					if err != nil {
						t.Fatal(err)
					}
					if n++; n == tc.after {
						synctest.Wait() // a prefetch that has begun is on the wire
						break
					}
				}
				atBreak := len(rt.requests())
				if n := rt.underWay(); n != 0 {
					t.Errorf("%d requests go on after the loop", n)
				}
				time.Sleep(time.Hour) // of the bubble
				if got := len(rt.requests()); got != atBreak || got != tc.calls {
					t.Errorf("%d calls, %d at the break, want %d", got, atBreak, tc.calls)
				}
			})
		})
	}
}

func TestPrefetchOverlapsTheWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := shelf{n: 1000}.wire()
		rt.latency = time.Second
		start := time.Now()
		for page, err := range newClient(t, rt).Users.ListEmails(t.Context(), bitbucket.Prefetch()).Pages() {
			if err != nil {
				t.Fatal(err)
			}
			if ahead := len(rt.requests()) - page.Number; ahead > 1 {
				t.Errorf("%d pages ahead", ahead)
			}
			time.Sleep(time.Second) // of the bubble: work on the page
		}
		// One page, then each fetch beside the work, and the work on the last page.
		if took := time.Since(start); took != 11*time.Second {
			t.Errorf("took %v, want 11s", took)
		}
	})
}

// A loop that works from the first item of a page on, as long as a page takes to come, is done in
// little over half the time.
func TestPrefetchStartsWithTheFirstItem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const pages = 20
		read := func(opts ...bitbucket.CallOption) time.Duration {
			rt := shelf{n: 100 * pages}.wire()
			rt.latency = 50 * time.Millisecond
			start, n := time.Now(), 0
			for _, err := range newClient(t, rt).Users.ListEmails(t.Context(), opts...).All() {
				if err != nil {
					t.Fatal(err)
				}
				if n++; n%100 == 1 {
					time.Sleep(50 * time.Millisecond) // of the bubble
				}
			}
			if n != 100*pages || len(rt.requests()) != pages {
				t.Errorf("%d items in %d calls", n, len(rt.requests()))
			}
			return time.Since(start)
		}
		alone, ahead := read(), read(bitbucket.Prefetch())
		if alone != 2*time.Second || ahead != 1050*time.Millisecond { // 0.525 of it
			t.Errorf("%v, one by one %v", ahead, alone)
		}
	})
}

func TestErrorComesAfterThePagesBeforeIt(t *testing.T) {
	for _, opts := range [][]bitbucket.CallOption{nil, {bitbucket.Prefetch()}} {
		got, err := newClient(t, shelf{n: 1000, failOn: 7}.wire()).Users.ListEmails(t.Context(), opts...).Collect()
		if !errors.Is(err, bitbucket.ErrBadRequest) || !reflect.DeepEqual(got, addresses(600)) {
			t.Errorf("%d items, %v", len(got), err)
		}
	}
}

func TestForeignNextIsRefused(t *testing.T) {
	for _, next := range []string{
		"https://api.evil.example/2.0/user/emails?page=2",
		"http://api.bitbucket.org/2.0/user/emails?page=2",
		"https://api.bitbucket.org:8443/2.0/user/emails?page=2",
		"https://api.bitbucket.org@evil.example/2.0/user/emails?page=2",
		"https://user:pass@api.bitbucket.org/2.0/user/emails?page=2",
		"https://bitbucket.org/!api/2.0/user/emails?page=2",
	} {
		for _, opts := range [][]bitbucket.CallOption{nil, {bitbucket.Prefetch()}} {
			rt := shelf{n: 200, next: map[int]string{1: next}}.wire()
			got, err := newClient(t, rt).Users.ListEmails(t.Context(), opts...).Collect()
			if !errors.Is(err, bitbucket.ErrForeignOrigin) || len(got) != 100 {
				t.Errorf("%s: %d items, %v", next, len(got), err)
			}
			if n := len(rt.requests()); n != 1 {
				t.Errorf("%s: %d calls, want 1", next, n)
			}
		}
	}
	// The port of the scheme is the same origin.
	rt := shelf{n: 200, next: map[int]string{1: "https://API.bitbucket.org:443/2.0/user/emails?page=2&pagelen=100"}}.wire()
	if got, err := newClient(t, rt).Users.ListEmails(t.Context()).Collect(); err != nil || len(got) != 200 {
		t.Errorf("%d items, %v", len(got), err)
	}
}

func TestPageLoop(t *testing.T) {
	const first = "https://api.bitbucket.org/2.0/user/emails?pagelen=100"
	for name, next := range map[string]map[int]string{
		"next is the page itself":  {1: first},
		"next is an earlier page":  {3: "https://api.bitbucket.org/2.0/user/emails?page=2&pagelen=100"},
		"next is the first page":   {2: first},
		"next is the second again": {2: "https://api.bitbucket.org/2.0/user/emails?page=2&pagelen=100"},
	} {
		for _, opts := range [][]bitbucket.CallOption{nil, {bitbucket.Prefetch()}} {
			rt := shelf{n: 1000, next: next}.wire()
			got, err := newClient(t, rt).Users.ListEmails(t.Context(), opts...).Collect()
			want := 0
			for page := range next {
				want = page
			}
			if !errors.Is(err, bitbucket.ErrPageLoop) || len(got) != 100*want || len(rt.requests()) != want {
				t.Errorf("%s: %d items, %d calls, %v", name, len(got), len(rt.requests()), err)
			}
		}
	}
}

func TestCursorContinuesElsewhere(t *testing.T) {
	for _, hash := range []bool{false, true} {
		rt := shelf{n: 250, hash: hash}.wire()
		var cursor string
		for page, err := range newClient(t, rt).Users.ListEmails(t.Context(), bitbucket.Query(`is_primary=true`)).Pages() {
			if err != nil {
				t.Fatal(err)
			}
			cursor = page.Next
			break
		}
		got, err := newClient(t, rt).Users.ListEmails(t.Context(), bitbucket.From(cursor)).Collect()
		if err != nil || !reflect.DeepEqual(got, addresses(250)[100:]) {
			t.Errorf("%d items, %v", len(got), err)
		}
		if second := rt.requests()[1]; second != "GET "+cursor || !strings.Contains(second, "is_primary%3Dtrue") {
			t.Errorf("asked for %s, the cursor is %s", second, cursor)
		}
	}
	_, err := newClient(t, shelf{}.wire()).Users.ListEmails(t.Context(), bitbucket.From("https://evil.example/2.0/user/emails?page=2")).Collect()
	if !errors.Is(err, bitbucket.ErrForeignOrigin) {
		t.Errorf("a cursor of another origin: %v", err)
	}
}

func TestFirst(t *testing.T) {
	rt := shelf{n: 1000}.wire()
	got, err := newClient(t, rt).Users.ListEmails(t.Context(), bitbucket.Prefetch()).First()
	if err != nil || !reflect.DeepEqual(got, address(0)) || len(rt.requests()) != 1 {
		t.Errorf("%v, %v, %d calls", got, err, len(rt.requests()))
	}
	rt = shelf{}.wire()
	if _, err := newClient(t, rt).Users.ListEmails(t.Context()).First(); !errors.Is(err, bitbucket.ErrNoItems) || errors.Is(err, bitbucket.ErrNotFound) || len(rt.requests()) != 1 {
		t.Errorf("an empty list: %v, %d calls", err, len(rt.requests()))
	}
}

func TestListOptionsReachTheServer(t *testing.T) {
	for _, tc := range []struct {
		opts []bitbucket.CallOption
		want string
	}{
		{nil, "pagelen=100"},
		{[]bitbucket.CallOption{bitbucket.PageLen(1)}, "pagelen=1"},
		{[]bitbucket.CallOption{bitbucket.Query(`name="a b+c" AND x>1`), bitbucket.Sort("-name")}, "pagelen=100&q=name%3D%22a%20b%2Bc%22%20AND%20x%3E1&sort=-name"},
		{[]bitbucket.CallOption{bitbucket.Fields("values.email")}, "fields=values.email%2Cnext%2Cpage%2Cpagelen%2Csize&pagelen=100"},
		{[]bitbucket.CallOption{bitbucket.Fields("values.email", "values.type")}, "fields=values.email%2Cvalues.type%2Cnext%2Cpage%2Cpagelen%2Csize&pagelen=100"},
		{[]bitbucket.CallOption{bitbucket.Fields("+values.user.email")}, "fields=%2Bvalues.user.email&pagelen=100"},
		{[]bitbucket.CallOption{bitbucket.Fields("-values.links")}, "fields=-values.links&pagelen=100"},
		{[]bitbucket.CallOption{bitbucket.Fields("-*", "+values.email")}, "fields=-%2A%2C%2Bvalues.email%2C%2Bnext%2C%2Bpage%2C%2Bpagelen%2C%2Bsize&pagelen=100"},
		{[]bitbucket.CallOption{bitbucket.Param("administrator", "true")}, "administrator=true&pagelen=100"},
	} {
		rt := shelf{}.wire()
		if _, err := newClient(t, rt).Users.ListEmails(t.Context(), tc.opts...).Collect(); err != nil {
			t.Fatal(err)
		}
		if want := []string{"GET https://api.bitbucket.org/2.0/user/emails?" + tc.want}; !slices.Equal(rt.requests(), want) {
			t.Errorf("got  %v\nwant %v", rt.requests(), want)
		}
	}
	rt := shelf{}.wire()
	if _, err := newClient(t, rt).Users.ListEmails(t.Context(), bitbucket.PageLen(0)).Collect(); err == nil || len(rt.requests()) != 0 {
		t.Errorf("PageLen(0): %v, %d calls", err, len(rt.requests()))
	}
}

func TestNextIsFollowedAsGiven(t *testing.T) {
	const odd = `https://api.bitbucket.org/2.0/user/emails?q=name="{a}"&page=%7B8xhd%7D&ctx=a b`
	rt := shelf{n: 200, next: map[int]string{1: odd}}.wire()
	_, err := newClient(t, rt).Users.ListEmails(t.Context()).Collect()
	_ = err // the shelf knows no such cursor; what counts is what it was asked for
	if want := `GET https://api.bitbucket.org/2.0/user/emails?q=name="{a}"&page=%7B8xhd%7D&ctx=a%20b`; rt.requests()[1] != want {
		t.Errorf("asked for %s, want %s", rt.requests()[1], want)
	}
}

func TestNewListServesOtherPagings(t *testing.T) {
	list := bitbucket.NewList(func(yield func(*bitbucket.Page[int], error) bool) {
		for i := range 3 {
			page := &bitbucket.Page[int]{Values: []int{2 * i, 2*i + 1}}
			page.SetTotal(6)
			if !yield(page, nil) {
				return
			}
		}
		yield(nil, bitbucket.ErrServer)
	})
	got, err := list.Collect()
	if !slices.Equal(got, []int{0, 1, 2, 3, 4, 5}) || !errors.Is(err, bitbucket.ErrServer) {
		t.Errorf("%v, %v", got, err)
	}
}

// A list without a method follows all the rules, and its path may have a query.
func TestListAt(t *testing.T) {
	rt := shelf{n: 250}.wire()
	c := newClient(t, rt)
	got, err := bitbucket.ListAt[bitbucket.Email](t.Context(), c, "/2.0/anything?role=admin", bitbucket.Fields("values.email")).Collect()
	if err != nil || len(got) != 250 {
		t.Errorf("%d items, %v", len(got), err)
	}
	if want := "GET https://api.bitbucket.org/2.0/anything?role=admin&fields=values.email%2Cnext%2Cpage%2Cpagelen%2Csize&pagelen=100"; len(rt.requests()) != 3 || rt.requests()[0] != want {
		t.Errorf("sent %v", rt.requests())
	}
	if _, err := bitbucket.ListAt[int](t.Context(), c, "https://evil.example/2.0/x").Collect(); !errors.Is(err, bitbucket.ErrForeignOrigin) {
		t.Errorf("elsewhere: %v", err)
	}
}
