package bitbucket_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// A counter is a throttle of somebody else's that counts what it gave and what came back.
type counter struct {
	given, sent, unsent atomic.Int64
	slow                time.Duration // what done takes
}

func (c *counter) Acquire(ctx context.Context) (func(bool), error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c.given.Add(1)
	var once sync.Once
	return func(sent bool) {
		once.Do(func() {
			time.Sleep(c.slow)
			if sent {
				c.sent.Add(1)
			} else {
				c.unsent.Add(1)
			}
		})
	}, nil
}

// overTransport makes a client with a transport of net/http that is closed in the end.
func overTransport(t *testing.T, base string, tr *http.Transport, opts ...bitbucket.Option) *bitbucket.Client {
	t.Helper()
	t.Cleanup(tr.CloseIdleConnections)
	return newClient(t, tr, append([]bitbucket.Option{bitbucket.WithBaseURL(base), bitbucket.WithRetries(0)}, opts...)...)
}

// An attempt that certainly never left costs no slot, wherever it stopped.
func TestUnsentAttemptsCostNoSlot(t *testing.T) {
	closed := listen(t)
	closed.Close()
	dead := "http://" + closed.Addr().String()
	plain := listen(t) // speaks no TLS
	go serveConns(plain, func(c net.Conn) { io.WriteString(c, "what?\r\n"); io.Copy(io.Discard, c) })
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(407) // a proxy that wants a password
	}))
	defer refusing.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	secure.Config.ErrorLog = quiet
	defer secure.Close()
	through := func(proxy string) func(*http.Request) (*url.URL, error) {
		u, err := url.Parse(proxy)
		if err != nil {
			t.Fatal(err)
		}
		return http.ProxyURL(u)
	}
	noDNS := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no network")
	}}
	for name, tc := range map[string]struct {
		base string
		tr   *http.Transport
	}{
		"connection refused":           {dead, &http.Transport{}},
		"no such host":                 {"https://nowhere.invalid", &http.Transport{DialContext: (&net.Dialer{Resolver: noDNS}).DialContext}},
		"a dial of one's own":          {dead, &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, io.ErrUnexpectedEOF }}},
		"a proxy that is not there":    {"https://api.bitbucket.org", &http.Transport{Proxy: through(dead)}},
		"a proxy that refuses CONNECT": {"https://api.bitbucket.org", &http.Transport{Proxy: through(refusing.URL)}},
		"a certificate of nobody":      {secure.URL, &http.Transport{}},
		"no TLS":                       {"https://" + plain.Addr().String(), &http.Transport{}},
		"another host's certificate":   {secure.URL, &http.Transport{TLSClientConfig: &tls.Config{RootCAs: secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, ServerName: "other.example"}}},
		"a TLS handshake that stalls":  {"https://" + silent(t), &http.Transport{TLSHandshakeTimeout: 20 * time.Millisecond}},
	} {
		for _, method := range []string{"GET", "POST"} {
			window, count := throttle.Window(5, time.Hour), new(counter)
			for _, th := range []throttle.Throttle{window, count} {
				c := overTransport(t, tc.base, tc.tr, bitbucket.WithThrottle(th))
				for range 7 {
					if err := c.Do(t.Context(), method, "/2.0/user", nil, nil); err == nil {
						t.Errorf("%s: no error", name)
					}
				}
			}
			if free := window.Status().Free; free != 5 || count.given.Load() != 7 || count.unsent.Load() != 7 {
				t.Errorf("%s %s: %d slots free, %d of %d unsent", name, method, free, count.unsent.Load(), count.given.Load())
			}
		}
	}
}

// A call that is cancelled before its request is written costs no slot.
func TestCancelledBeforeItWasWritten(t *testing.T) {
	for name, tr := range map[string]*http.Transport{
		"dial": {DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}},
		"TLS": {},
	} {
		count := new(counter)
		c := overTransport(t, "https://"+silent(t), tr, bitbucket.WithThrottle(count))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		_, err := c.Users.Current(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || count.unsent.Load() != 1 || count.sent.Load() != 0 {
			t.Errorf("%s: %d unsent, %d sent, %v", name, count.unsent.Load(), count.sent.Load(), err)
		}
	}
}

// An attempt for which no token can be had costs no slot, also when it was valid before the wait.
func TestNoTokenCostsNoSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		window := throttle.Window(1, 30*time.Minute)
		shop := &tokenShop{life: 10 * time.Minute}
		c := newConsumer(t, shop, bitbucket.WithThrottle(window), bitbucket.WithRetries(0))
		if _, err := c.Users.Current(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		shop.refuse, shop.status = `{"error":"invalid_client"}`, 401
		if _, err := c.Users.Current(t.Context()); !errors.Is(err, bitbucket.ErrUnauthorized) {
			t.Errorf("a token that expired in the wait: %v", err)
		}
		if free := window.Status().Free; free != 1 || shop.calls.Load() != 1 {
			t.Errorf("%d slots free after %d calls", free, shop.calls.Load())
		}
	})
}

// FromLimiter spends a token for an attempt that never left, since a rate.Limiter takes none back.
func TestLimiterIgnoresWhatWasNotSent(t *testing.T) {
	limiter := rate.NewLimiter(rate.Every(time.Hour), 5)
	c := newClient(t, failing{refused}, bitbucket.WithThrottle(throttle.FromLimiter(limiter)), bitbucket.WithRetries(0))
	for range 3 {
		_, _ = c.Users.Current(t.Context())
	}
	if n := limiter.Tokens(); n < 2 || n >= 3 {
		t.Errorf("%v tokens are left of 5", n)
	}
}

// A throttle that takes long to take a slot back holds up no answer.
func TestSlowDoneHoldsUpNoAnswer(t *testing.T) {
	for name, rt := range map[string]http.RoundTripper{
		"an answer": answering(200, asJSON, `{"uuid":"{u}"}`),
		"a refusal": answering(404, asJSON, `{}`),
		"no answer": failing{refused},
		"a reset":   failing{reset},
	} {
		synctest.Test(t, func(t *testing.T) {
			count := &counter{slow: 10 * time.Second}
			c := newClient(t, rt, bitbucket.WithThrottle(count), bitbucket.WithRetries(0), bitbucket.WithAttemptTimeout(5*time.Second))
			start := time.Now()
			_, err := c.Users.Current(t.Context())
			if took := time.Since(start); took > 10*time.Millisecond || (err == nil) != (name == "an answer") {
				t.Errorf("%s took %v, %v", name, took, err)
			}
			time.Sleep(time.Minute) // of the bubble
			if count.sent.Load()+count.unsent.Load() != 1 {
				t.Errorf("%s: done was called %d times", name, count.sent.Load()+count.unsent.Load())
			}
		})
	}
}

// deaf is a throttle that cannot pause.
type deaf struct{ throttle.Throttle }

func (d deaf) Acquire(ctx context.Context) (func(bool), error) { return d.Throttle.Acquire(ctx) }

// Whoever waits in a throttle that cannot pause is held back by a pause all the same, on its route
// and on no other.
func TestPausesHoldThoseWhoWait(t *testing.T) {
	for name, make := range map[string]func() throttle.Throttle{
		"a limiter": func() throttle.Throttle { return throttle.FromLimiter(rate.NewLimiter(rate.Every(time.Minute), 1)) },
		"another's": func() throttle.Throttle {
			return deaf{throttle.FromLimiter(rate.NewLimiter(rate.Every(time.Minute), 1))}
		},
		"a window": func() throttle.Throttle { return throttle.Window(1, time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var mu sync.Mutex
				var emails, users []time.Duration
				rt := &wire{latency: time.Second, handler: func(w http.ResponseWriter, r *http.Request) {
					mu.Lock()
					defer mu.Unlock()
					if r.URL.Path == "/2.0/user/emails/a" {
						emails = append(emails, time.Since(start))
						answer(w, 200, `{"email":"a"}`)
						return
					}
					if users = append(users, time.Since(start)); len(users) == 1 {
						w.Header().Set("Retry-After", "3600")
						w.WriteHeader(429)
						return
					}
					answer(w, 200, `{"uuid":"{u}"}`)
				}}
				routes := throttle.NewRoutes(make(), throttle.Route{Path: "/2.0/user/emails/", Throttle: make()})
				c := newClient(t, rt, bitbucket.WithThrottle(routes))
				var wg sync.WaitGroup
				for range 4 {
					wg.Go(func() {
						if _, err := c.Users.Current(t.Context()); err != nil {
							t.Error(err)
						}
					})
				}
				time.Sleep(2 * time.Second)
				wg.Go(func() {
					if _, err := c.Users.GetEmail(t.Context(), "a"); err != nil {
						t.Error(err)
					}
				})
				wg.Wait()
				early := slices.DeleteFunc(slices.Clone(users), func(d time.Duration) bool {
					return d <= 2*time.Second || d >= time.Hour
				})
				if len(early) > 0 || len(users) != 5 {
					t.Errorf("in a pause of an hour the server was asked at %v", users)
				}
				if len(emails) != 1 || emails[0] > 4*time.Second {
					t.Errorf("another route was held back until %v", emails)
				}
			})
		})
	}
}

// Without an option it is 100 calls in any 30 minutes.
func TestDefaultBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := &script{}
		c, err := bitbucket.NewClient(bitbucket.WithTransport(rt), bitbucket.WithLogger(slog.New(slog.DiscardHandler)))
		if err != nil {
			t.Fatal(err)
		}
		for i := range 101 {
			if i == 100 {
				rested := rt.times[0] + 30*time.Minute
				if got := c.Estimate(1); got != rested-rt.times[99] {
					t.Errorf("the estimate of call 101 is %v, want %v", got, rested-rt.times[99])
				}
			}
			if _, err := c.Users.Current(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if last := rt.times[100] - rt.times[0]; rt.times[99]-rt.times[0] > 10*time.Second || last != 30*time.Minute {
			t.Errorf("call 100 starts %v after the first, and call 101 %v", rt.times[99]-rt.times[0], last)
		}
	})
}

// By default ten calls start at once, and then ten a second: the server's edge would refuse more.
func TestDefaultThrottleMakesNoBursts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var mu sync.Mutex
		var at []time.Duration
		rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			at = append(at, time.Since(start))
			answer(w, 200, `{"uuid":"{u}"}`)
		}}
		c, err := bitbucket.NewClient(bitbucket.WithTransport(rt))
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				if _, err := c.Users.Current(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		slices.Sort(at)
		for i := range at {
			if want := time.Duration(max(0, i-9)) * time.Second / 10; (at[i] - want).Abs() > time.Millisecond {
				t.Errorf("call %d started after %v, want %v", i+1, at[i], want)
			}
		}
	})
}

// silent is the address of a server that takes connections and says nothing.
func silent(t *testing.T) string {
	l := listen(t)
	go serveConns(l, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	return l.Addr().String()
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// serveConns gives each connection to a function and closes it after that.
func serveConns(l net.Listener, serve func(net.Conn)) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			serve(conn)
		}()
	}
}

// quiet keeps the complaints of servers out of the output.
var quiet = log.New(io.Discard, "", 0)
