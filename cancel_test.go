package bitbucket_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/time/rate"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// mute is a connection of which the other end says nothing and takes everything.
func mute(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, server) }()
	return client, nil
}

// halfway answers with a part and falls silent.
func halfway(part string) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			buffer := make([]byte, 1<<16)
			_, _ = server.Read(buffer)
			_, _ = io.WriteString(server, part)
			_, _ = io.Copy(io.Discard, server)
		}()
		return client, nil
	}
}

// A cancelled context ends a call at once, wherever it is. Time is that of the bubble, in which what
// computes takes none: a wait of any length would show.
func TestCancelledWhereverItIs(t *testing.T) {
	user := answering(200, asJSON, `{"uuid":"{u}"}`)
	slow := sourceOf(func() (*oauth2.Token, error) { time.Sleep(time.Hour); return nil, errors.New("late") })
	places := map[string]func(*testing.T) []bitbucket.Option{
		"the slot of a window": func(*testing.T) []bitbucket.Option {
			w := throttle.Window(1, time.Hour)
			_, _ = w.Acquire(context.Background())
			return options(user, bitbucket.WithThrottle(w))
		},
		"the slot of a limiter": func(*testing.T) []bitbucket.Option {
			l := rate.NewLimiter(rate.Every(time.Hour), 1)
			l.Allow()
			return options(user, bitbucket.WithThrottle(throttle.FromLimiter(l)))
		},
		"the turn in Smooth": func(*testing.T) []bitbucket.Option {
			l := rate.NewLimiter(rate.Every(time.Hour), 1)
			l.Allow()
			return options(user, bitbucket.WithThrottle(throttle.Smooth(throttle.Window(5, time.Hour), l)))
		},
		"the pause of a window": func(*testing.T) []bitbucket.Option {
			return options(answering(429, "", ""), bitbucket.WithThrottle(throttle.Window(5, time.Hour)))
		},
		"the pause of a limiter": func(*testing.T) []bitbucket.Option {
			return options(answering(429, "", ""), bitbucket.WithThrottle(throttle.FromLimiter(rate.NewLimiter(rate.Inf, 1))))
		},
		"the pause of an unlimited client": func(*testing.T) []bitbucket.Option { return options(answering(429, "", "")) },
		"the sleep before a retry": func(*testing.T) []bitbucket.Option {
			return options(&script{steps: []step{{status: 503, retryAfter: "3600"}}})
		},
		"the dial": func(*testing.T) []bitbucket.Option {
			return over(&http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				select {
				case <-ctx.Done():
				case <-time.After(time.Hour): // net/http may keep a dial for others
				}
				return nil, io.ErrUnexpectedEOF
			}})
		},
		"a dial that is deaf": func(*testing.T) []bitbucket.Option {
			return over(&http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
				time.Sleep(time.Hour)
				return nil, errors.New("late")
			}})
		},
		"the handshake of TLS": func(*testing.T) []bitbucket.Option {
			return append(over(&http.Transport{DialContext: mute, TLSHandshakeTimeout: time.Hour}), bitbucket.WithBaseURL("https://api.bitbucket.org"))
		},
		"the headers": func(*testing.T) []bitbucket.Option { return over(&http.Transport{DialContext: mute}) },
		"the middle of the headers": func(*testing.T) []bitbucket.Option {
			return over(&http.Transport{DialContext: halfway("HTTP/1.1 200 OK\r\nContent-")})
		},
		"the body": func(*testing.T) []bitbucket.Option {
			return over(&http.Transport{DialContext: halfway("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"uuid\":")})
		},
		"a chunked body": func(*testing.T) []bitbucket.Option {
			return over(&http.Transport{DialContext: halfway("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"uui\r\n")})
		},
		"the body of a refusal": func(*testing.T) []bitbucket.Option {
			return over(&http.Transport{DialContext: halfway("HTTP/1.1 404 Not Found\r\nContent-Length: 100\r\n\r\nno")})
		},
		"a token source that is deaf": func(*testing.T) []bitbucket.Option {
			return []bitbucket.Option{bitbucket.WithTransport(user), bitbucket.WithTokenSource(slow)}
		},
		"the token request": func(*testing.T) []bitbucket.Option {
			return []bitbucket.Option{
				bitbucket.WithTransport(&tokenShop{life: time.Hour, latency: time.Hour}),
				bitbucket.WithClientCredentials("key", "hush"),
			}
		},
		"the rest that a token endpoint asked for": func(*testing.T) []bitbucket.Option {
			return []bitbucket.Option{bitbucket.WithTransport(answering(429, "", "")), bitbucket.WithClientCredentials("key", "hush")}
		},
	}
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, err := bitbucket.NewClient(append([]bitbucket.Option{silently, bitbucket.WithAttemptTimeout(24 * time.Hour)}, place(t)...)...)
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(10*time.Second, cancel)
				start := time.Now()
				_, err = c.Users.Current(ctx)
				if took := time.Since(start); took != 10*time.Second || !errors.Is(err, context.Canceled) {
					t.Errorf("after %v: %v", took, err)
				}
				if errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("it looks like a deadline: %v", err)
				}
				time.Sleep(48 * time.Hour) // of the bubble: what is left behind has to end
			})
		})
	}
}

func options(rt http.RoundTripper, opts ...bitbucket.Option) []bitbucket.Option {
	return append([]bitbucket.Option{bitbucket.WithTransport(rt), bitbucket.WithAccessToken("t"), bitbucket.WithThrottle(throttle.Unlimited)}, opts...)
}

func over(tr *http.Transport) []bitbucket.Option {
	return options(tr, bitbucket.WithBaseURL("http://localhost"))
}

// Whoever has a deadline in place of a cancel is told so, and as soon.
func TestDeadlineWhereverItIs(t *testing.T) {
	for name, tr := range map[string]*http.Transport{
		"the headers": {DialContext: mute},
		"the body":    {DialContext: halfway("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")},
	} {
		synctest.Test(t, func(t *testing.T) {
			c, err := bitbucket.NewClient(over(tr)...)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
			defer cancel()
			start := time.Now()
			_, err = c.Users.Current(ctx)
			if took := time.Since(start); took != 7*time.Second || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: after %v: %v", name, took, err)
			}
			time.Sleep(time.Hour)
		})
	}
}

// slowItem takes an hour to decode.
type slowItem struct{ n int }

func (s *slowItem) UnmarshalJSON([]byte) error {
	time.Sleep(time.Hour)
	s.n++
	return nil
}

// A page of 30 MiB is decoded while the caller's context ends, and nobody waits for that.
func TestCancelledInDecoding(t *testing.T) {
	page := `{"values":[{"text":"` + strings.Repeat("x", 30<<20) + `"}]}`
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, answering(200, asJSON, page))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		start := time.Now()
		got, err := bitbucket.ListAt[slowItem](ctx, c, "/2.0/x").Collect()
		got = append(got, make([]slowItem, 3)...)[:len(got)] // what was returned is the caller's
		if took := time.Since(start); took != time.Minute || !errors.Is(err, context.Canceled) || len(got) != 0 {
			t.Errorf("after %v: %d items, %v", took, len(got), err)
		}
		time.Sleep(2 * time.Hour) // of the bubble: the decoding has to end
	})
}

// What is decoded into the caller's value is waited for: it must not be written to after Do.
func TestDecodedIntoTheCallersValue(t *testing.T) {
	body := `{"text":"` + strings.Repeat("x", 30<<20) + `"}`
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, answering(200, asJSON, body))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		start := time.Now()
		var out slowItem
		err := c.Do(ctx, http.MethodGet, "/2.0/x", nil, &out)
		if took := time.Since(start); took != time.Hour || err != nil || out.n != 1 {
			t.Errorf("after %v: decoded %d times, %v", took, out.n, err)
		}
	})
}

// A loop that ends while a page is fetched ahead ends at once, as does one whose context ends.
func TestCancelledPrefetch(t *testing.T) {
	for _, byBreak := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Has("page") {
					<-r.Context().Done()
					return
				}
				answer(w, 200, `{"values":[{"email":"a"},{"email":"b"},{"email":"c"}],"next":"/2.0/user/emails?page=2"}`)
			}}
			c := newClient(t, stallable{rt}, bitbucket.WithAttemptTimeout(time.Hour))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			start, n := time.Now(), 0
			var last error
			for _, err := range c.Users.ListEmails(ctx, bitbucket.Prefetch()).All() {
				if n++; n == 2 {
					synctest.Wait() // the next page is under way
					if rt.underWay() != 1 {
						t.Fatal("nothing is fetched ahead")
					}
					if byBreak {
						break
					}
					time.AfterFunc(time.Second, cancel)
				}
				last = err
			}
			took := time.Since(start)
			if byBreak && (took != 0 || last != nil) || !byBreak && (took != time.Second || !errors.Is(last, context.Canceled)) {
				t.Errorf("break %t: after %v, %v", byBreak, took, last)
			}
			if rt.underWay() != 0 {
				t.Error("a request is under way after the end")
			}
		})
	}
}
