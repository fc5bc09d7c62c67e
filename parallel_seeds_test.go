package bitbucket_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// A livingList is a list of e-mail addresses on a server whose answers come in any order. It is an
// http.RoundTripper, since some of its pages never arrive.
type livingList struct {
	mishap mishap
	on     string // the page that the mishap is for
	times  int    // that it happens; -1 for ever
	change func(random *rand.Rand, items []string) []string

	mu      sync.Mutex
	random  *rand.Rand
	items   []string
	arrived []time.Time
}

// A mishap is what happens to a page: a status other than 200, a connection that breaks before the
// answer, or one that breaks in it.
type mishap struct {
	status     int
	retryAfter string
	reset, cut bool
}

// mishaps are all of them.
func mishaps() []mishap {
	all := []mishap{{}, {reset: true}, {cut: true}, {status: 429, retryAfter: "7"}}
	for _, status := range []int{400, 401, 402, 403, 404, 409, 410, 418, 429, 500, 502, 503, 504} {
		all = append(all, mishap{status: status})
	}
	return all
}

func newLivingList(random *rand.Rand, n int) *livingList {
	l := &livingList{random: random}
	for i := range n {
		l.items = append(l.items, address(i).Email)
	}
	return l
}

func (l *livingList) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := l.travel(r); err != nil {
		return nil, err
	}
	resp, err := l.answer(r)
	if err := l.travel(r); err != nil {
		return nil, err
	}
	return resp, err
}

// travel takes up to a second.
func (l *livingList) travel(r *http.Request) error {
	l.mu.Lock()
	takes := time.Duration(l.random.Int64N(int64(time.Second)))
	l.mu.Unlock()
	select {
	case <-time.After(takes):
		return nil
	case <-r.Context().Done():
		return r.Context().Err()
	}
}

// answer is what the server says at the moment at which a request arrives.
func (l *livingList) answer(r *http.Request) (*http.Response, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.arrived = append(l.arrived, time.Now())
	if l.change != nil {
		l.items = l.change(l.random, l.items)
	}
	resp := &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {asJSON}}, Request: r}
	body := l.page(r)
	var bad mishap
	if r.URL.Query().Get("page") == l.on && l.times != 0 {
		bad, l.times = l.mishap, l.times-1
	}
	switch {
	case bad.reset:
		return nil, syscall.ECONNRESET
	case bad.cut:
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(body[:len(body)/2]), broken{}))
		return resp, nil
	case bad.status > 0:
		resp.StatusCode, body = bad.status, `{"type":"error","error":{"message":"on purpose"}}`
		if bad.retryAfter != "" {
			resp.Header.Set("Retry-After", bad.retryAfter)
		}
	}
	resp.Body = io.NopCloser(strings.NewReader(body))
	return resp, nil
}

// broken is the rest of a body on a connection that broke.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// page is the one that is asked for, of the list as it is now.
func (l *livingList) page(r *http.Request) string {
	query := r.URL.Query()
	number, _ := strconv.Atoi(query.Get("page"))
	length, _ := strconv.Atoi(query.Get("pagelen"))
	number = max(1, number)
	from := min((number-1)*length, len(l.items))
	to := min(from+length, len(l.items))
	values := []bitbucket.Email{}
	for _, a := range l.items[from:to] {
		values = append(values, bitbucket.Email{Email: a})
	}
	envelope := map[string]any{"size": len(l.items), "page": number, "pagelen": length, "values": values}
	if to < len(l.items) {
		query.Set("page", strconv.Itoa(number+1))
		envelope["next"] = r.URL.Path + "?" + query.Encode()
	}
	body, _ := json.Marshal(envelope)
	return string(body)
}

// read reads the list, through a window that it must not exceed.
func (l *livingList) read(t *testing.T, retries int, opts ...bitbucket.CallOption) ([]string, error) {
	t.Helper()
	window := throttle.Window(20, 10*time.Minute)
	c := newClient(t, l, bitbucket.WithThrottle(window), bitbucket.WithRetries(retries),
		bitbucket.WithLogger(slog.New(slog.DiscardHandler)))
	items, err := c.Users.ListEmails(t.Context(), opts...).Collect()
	var got []string
	for _, item := range items {
		got = append(got, item.Email)
	}
	for i := range l.arrived[min(20, len(l.arrived)):] {
		if took := l.arrived[i+20].Sub(l.arrived[i]); took < 10*time.Minute {
			t.Errorf("21 calls arrived in %v", took)
		}
	}
	return got, err
}

// Whatever order the answers come in, and whatever happens to one of the pages, a list that does not
// change gives the items and the error in parallel that it gives one by one, and takes the same
// calls; when it fails, at most those more that were under way.
func TestParallelIsOneByOneWhateverHappens(t *testing.T) {
	for seed, bad := range mishaps() {
		for _, retries := range []int{0, 4} {
			for round := range 8 {
				synctest.Test(t, func(t *testing.T) {
					random := rand.New(rand.NewPCG(uint64(seed), uint64(round)))
					n, length, parallel := 1+random.IntN(700), 10+random.IntN(40), 2+random.IntN(7)
					page, times := random.IntN((n+length-1)/length)+1, 1-2*random.IntN(2)
					if bad == (mishap{status: 429}) {
						times = 1 // how often it is asked again for ever depends on the other calls
					}
					make := func() *livingList {
						l := newLivingList(random, n)
						l.mishap, l.times = bad, times
						if page > 1 {
							l.on = strconv.Itoa(page)
						}
						return l
					}
					alone, together := make(), make()
					want, wantErr := alone.read(t, retries, bitbucket.PageLen(length))
					got, err := together.read(t, retries, bitbucket.PageLen(length), bitbucket.Parallel(parallel))
					what := fmt.Sprintf("%+v for page %d %d times, %d retries, %d of %d in parallel",
						bad, page, times, retries, parallel, (n+length-1)/length)
					if !slices.Equal(got, want) || fmt.Sprint(err) != fmt.Sprint(wantErr) {
						t.Errorf("%s: %d items, %v\none by one: %d, %v", what, len(got), err, len(want), wantErr)
					}
					more := len(together.arrived) - len(alone.arrived)
					if more < 0 || more > parallel-1 || err == nil && more != 0 {
						t.Errorf("%s: %d calls, %d one by one", what, len(together.arrived), len(alone.arrived))
					}
					if err == nil && len(got) != n {
						t.Errorf("%s: %d items of %d", what, len(got), n)
					}
				})
			}
		}
	}
}

// A list that grows or shrinks while it is read gives each item once that was there all the time, or
// ends with an error; one by one and in parallel.
func TestNothingIsLostOfAChangingList(t *testing.T) {
	shrink := func(random *rand.Rand, items []string) []string {
		if len(items) > 0 && random.IntN(4) == 0 {
			at := random.IntN(len(items))
			items = slices.Delete(slices.Clone(items), at, at+1)
		}
		return items
	}
	grow := func(random *rand.Rand, items []string) []string {
		if random.IntN(4) == 0 {
			at := random.IntN(len(items) + 1)
			items = slices.Insert(slices.Clone(items), at, fmt.Sprintf("new%d@example.com", random.Uint64()))
		}
		return items
	}
	for name, change := range map[string]func(*rand.Rand, []string) []string{"shrinks": shrink, "grows": grow} {
		for _, parallel := range []int{1, 2, 3, 8} {
			whole, told := 0, 0
			for seed := range uint64(60) {
				synctest.Test(t, func(t *testing.T) {
					l := newLivingList(rand.New(rand.NewPCG(seed, 2)), 200)
					l.change = change
					before := slices.Clone(l.items)
					got, err := l.read(t, 4, bitbucket.PageLen(40), bitbucket.Complete(), bitbucket.Parallel(parallel))
					if err != nil {
						told++
						if !errors.Is(err, bitbucket.ErrIncomplete) && !errors.Is(err, bitbucket.ErrNotFound) {
							t.Errorf("%s, %d in parallel, seed %d: %v", name, parallel, seed, err)
						}
						return
					}
					whole++
					times := make(map[string]int)
					for _, item := range got {
						times[item]++
					}
					for _, item := range before {
						if times[item] != 1 && slices.Contains(l.items, item) {
							t.Errorf("%s, %d in parallel, seed %d: %s came %d times", name, parallel, seed, item, times[item])
						}
					}
				})
			}
			if whole == 0 || told == 0 {
				t.Errorf("%s, %d in parallel: %d were whole and %d told", name, parallel, whole, told)
			}
		}
	}
}
