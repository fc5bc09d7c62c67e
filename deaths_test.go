package bitbucket_test

import (
	"errors"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
)

// However connections and streams die, the server sees no request beyond the slots that the throttle
// has counted, no write twice, and every read as a plain one.
func TestDeathsOfConnections(t *testing.T) {
	share, processors := int64(10), []int{runtime.GOMAXPROCS(0)}
	if wholeMatrix() {
		share, processors = 500, []int{2, 8} // 20 shares are 10,000 deaths each
	}
	goroutines, files := runtime.NumGoroutine(), openFiles(t)
	for _, p := range []struct {
		name   string
		start  func(*mortal, *testing.T) (string, *http.Transport)
		shares int64 // TLS costs more
	}{{"HTTP/1.1", (*mortal).start1, 7}, {"HTTP/2", (*mortal).start2, 3}} {
		for _, n := range processors {
			for _, method := range []string{"GET", "POST"} {
				t.Run(p.name+" "+method+" on "+strconv.Itoa(n), func(t *testing.T) {
					defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(n))
					m := new(mortal)
					base, tr := p.start(m, t)
					testDeaths(t, m, base, tr, method, share*p.shares)
				})
			}
		}
	}
	settle(t, goroutines, files)
}

func testDeaths(t *testing.T, m *mortal, base string, tr *http.Transport, method string, deaths int64) {
	slots := new(counter)
	c := newClient(t, tr, silently, bitbucket.WithBaseURL(base), bitbucket.WithThrottle(slots), bitbucket.WithRetries(0))
	var number, right, calls atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for m.deaths.Load() < deaths && calls.Add(1) < 100*deaths {
				mark := bitbucket.Header("X-Number", strconv.FormatInt(number.Add(1), 10))
				var in any
				if method == "POST" {
					in = map[string]int{"a": 1}
				} else {
					mark = bitbucket.Header("X-Number", "")
				}
				if c.Do(t.Context(), method, "/2.0/user", in, nil, mark) == nil {
					right.Add(1)
				}
			}
		})
	}
	wg.Wait()
	tr.CloseIdleConnections()
	m.stop()
	used := slots.given.Load() - slots.unsent.Load()
	if m.processed.Load() > used || m.requests.Load() > slots.given.Load() {
		t.Errorf("the server saw %d requests and processed %d; %d slots were given and %d used",
			m.requests.Load(), m.processed.Load(), slots.given.Load(), used)
	}
	if m.repeated.Load() != 0 {
		t.Errorf("%d writes were processed again", m.repeated.Load())
	}
	if method == "GET" && m.bodies.Load() != 0 {
		t.Errorf("%d reads went out with a body", m.bodies.Load())
	}
	if right.Load() == 0 || m.deaths.Load() < deaths {
		t.Errorf("%d deaths, and %d calls went well", m.deaths.Load(), right.Load())
	}
	t.Logf("%d deaths: %d requests, %d processed, %d slots given, %d given back, %d right answers",
		m.deaths.Load(), m.requests.Load(), m.processed.Load(), slots.given.Load(), slots.unsent.Load(), right.Load())
}

// A server that refuses every stream is asked again at once five times for nothing, and then as often
// as it may be retried; of a write as well, since none was taken.
func TestRefusedStreamsEnd(t *testing.T) {
	for _, method := range []string{"GET", "POST"} {
		for retries, want := range []int64{6, 7} {
			m := &mortal{always: 1}
			base, tr := m.start2(t)
			slots := new(counter)
			c := newClient(t, tr, silently, bitbucket.WithBaseURL(base), bitbucket.WithThrottle(slots), bitbucket.WithRetries(retries))
			err := c.Do(t.Context(), method, "/2.0/x", nil, nil)
			e, ok := errors.AsType[*bitbucket.Error](err)
			if !ok || int64(e.Attempts) != want || m.requests.Load() != want || slots.unsent.Load() != want {
				t.Errorf("%s, %d retries: %d requests, %d slots given back, %v", method, retries, m.requests.Load(), slots.unsent.Load(), err)
			}
			tr.CloseIdleConnections()
			m.stop()
		}
	}
}

// Without faults a call is one attempt, one request and one slot, over either protocol.
func TestOneCallIsOneRequest(t *testing.T) {
	for _, secure := range []bool{false, true} {
		var seen, bodies atomic.Int64
		srv := newProtocolServer(secure, func(w http.ResponseWriter, r *http.Request) {
			seen.Add(1)
			if r.ContentLength != 0 || !secure && r.Body != http.NoBody {
				bodies.Add(1)
			}
			if secure != (r.ProtoMajor == 2) {
				t.Errorf("spoken by %s", r.Proto)
			}
			answer(w, 200, deathBody)
		})
		defer srv.Close()
		slots := new(counter)
		c := newClient(t, srv.Client().Transport, bitbucket.WithBaseURL(srv.URL), bitbucket.WithThrottle(slots))
		const calls = 50
		for range calls {
			var r bitbucket.Response
			if _, err := c.Users.Current(t.Context(), bitbucket.ResponseInto(&r)); err != nil || r.Attempts != 1 {
				t.Errorf("%d attempts, %v", r.Attempts, err)
			}
		}
		if seen.Load() != calls || bodies.Load() != 0 || slots.sent.Load() != calls || slots.given.Load() != calls {
			t.Errorf("secure %t: %d requests, %d with a body, %d slots", secure, seen.Load(), bodies.Load(), slots.given.Load())
		}
	}
}
