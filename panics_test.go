package bitbucket_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// recovered runs f and returns what it panicked with.
func recovered(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

// A charge panics once, when it is armed.
type charge struct{ armed bool }

func (b *charge) tick() {
	if b.armed {
		b.armed = false
		panic("on purpose")
	}
}

func (b *charge) RoundTrip(r *http.Request) (*http.Response, error) {
	b.tick()
	return (&script{steps: []step{{status: 200}}}).RoundTrip(r)
}

// A sourceBomb is a token source whose tokens are soon of no use.
type sourceBomb struct {
	*charge
	life time.Duration
	exit bool
}

func (b sourceBomb) Token() (*oauth2.Token, error) {
	if b.exit && b.armed {
		b.armed = false
		runtime.Goexit()
	}
	b.tick()
	return &oauth2.Token{AccessToken: "token-of-a-source", Expiry: time.Now().Add(b.life)}, nil
}

// A panic of the caller's code reaches the caller with its value, and with the stack of where it
// happened when that was in another goroutine. The slot is given back, unless the attempt may have
// gone out, and the client works on. That no goroutine is left synctest sees to.
func TestPanicsReachTheCaller(t *testing.T) {
	hook := func(trace func(*charge) *bitbucket.Trace) func(*charge) []bitbucket.Option {
		return func(b *charge) []bitbucket.Option {
			return []bitbucket.Option{bitbucket.WithAccessToken("t"), bitbucket.WithTrace(trace(b)), bitbucket.WithTransport(
				&script{steps: []step{{status: 200}, {status: 503}}})}
		}
	}
	source := func(life time.Duration, exit bool) func(*charge) []bitbucket.Option {
		return func(b *charge) []bitbucket.Option {
			return []bitbucket.Option{bitbucket.WithTokenSource(sourceBomb{b, life, exit}), bitbucket.WithTransport(&script{})}
		}
	}
	for name, tc := range map[string]struct {
		options   func(*charge) []bitbucket.Option
		waits     bool   // the call waits for its slot
		spent     int    // slots of the call that panics
		elsewhere string // what the stack of another goroutine holds
		goexit    bool
	}{
		"transport": {spent: 1, options: func(b *charge) []bitbucket.Option {
			return []bitbucket.Option{bitbucket.WithAccessToken("t"), bitbucket.WithTransport(b)}
		}},
		"token source":               {options: source(time.Hour, false), elsewhere: "sourceBomb.Token"},
		"token source with the slot": {options: source(20*time.Minute, false), waits: true, elsewhere: "sourceBomb.Token"},
		"token source that exits":    {options: source(time.Hour, true), goexit: true},
		"CallStart": {options: hook(func(b *charge) *bitbucket.Trace {
			return &bitbucket.Trace{CallStart: func(context.Context, bitbucket.CallStartInfo) context.Context { b.tick(); return nil }}
		})},
		"CallDone": {spent: 2, options: hook(func(b *charge) *bitbucket.Trace {
			return &bitbucket.Trace{CallDone: func(context.Context, bitbucket.CallDoneInfo) { b.tick() }}
		})},
		"WaitStart": {waits: true, options: hook(func(b *charge) *bitbucket.Trace {
			return &bitbucket.Trace{WaitStart: func(context.Context, bitbucket.WaitStartInfo) { b.tick() }}
		})},
		"WaitDone": {waits: true, options: hook(func(b *charge) *bitbucket.Trace {
			return &bitbucket.Trace{WaitDone: func(context.Context, bitbucket.WaitDoneInfo) { b.tick() }}
		})},
		"Attempt": {spent: 1, options: hook(func(b *charge) *bitbucket.Trace {
			return &bitbucket.Trace{Attempt: func(context.Context, bitbucket.AttemptInfo) { b.tick() }}
		})},
		"Retry": {spent: 1, options: hook(func(b *charge) *bitbucket.Trace {
			return &bitbucket.Trace{Retry: func(context.Context, bitbucket.RetryInfo) { b.tick() }}
		})},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := new(charge)
				slots := 4
				if tc.waits {
					slots = 1
				}
				window := throttle.Window(slots, 30*time.Minute)
				c, err := bitbucket.NewClient(append(tc.options(b), bitbucket.WithThrottle(window))...)
				if err != nil {
					t.Fatal(err)
				}
				first := name != "token source" && name != "token source that exits" // which are asked once
				if first {
					if _, err := c.Users.Current(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				b.armed = true
				value := recovered(func() { c.Users.Current(t.Context()) })
				wantPanic(t, value, tc.elsewhere, tc.goexit)
				synctest.Wait()
				spent := tc.spent
				if first && !tc.waits { // the wait was for the first one's slot to be free again
					spent++
				}
				if free := window.Status().Free; free != slots-spent && name != "WaitStart" {
					t.Errorf("%d of %d slots are free after %d attempts", free, slots, spent)
				}
				if _, err := c.Users.Current(t.Context()); err != nil {
					t.Errorf("the call after the panic: %v", err)
				}
			})
		})
	}
}

func wantPanic(t *testing.T, value any, elsewhere string, goexit bool) {
	t.Helper()
	err, _ := value.(error)
	switch {
	case goexit:
		if err == nil || !strings.Contains(err.Error(), "runtime.Goexit") {
			t.Errorf("recovered %v", value)
		}
	case elsewhere == "":
		if value != "on purpose" {
			t.Errorf("recovered %v", value)
		}
	case err == nil || !strings.Contains(err.Error(), "on purpose") || !strings.Contains(err.Error(), elsewhere):
		t.Errorf("recovered %v, want the stack of %s", value, elsewhere)
	}
}

// pages are three of a list.
func pages(w http.ResponseWriter, r *http.Request) {
	next := map[string]string{"": "2", "2": "3"}[r.URL.Query().Get("page")]
	if next != "" {
		next = `,"next":"https://api.bitbucket.org/2.0/user/emails?page=` + next + `"`
	}
	answer(w, 200, `{"values":[{"email":"a@example.com"},{"email":"b@example.com"}]`+next+`}`)
}

// A page that is fetched ahead panics at the next step of the loop, not before, and not at all in a
// loop that ends before it.
func TestPanicsOfPrefetchReachTheLoop(t *testing.T) {
	for _, exit := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			rt := &wire{}
			rt.handler = func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.URL.Query().Get("page") != "2":
				case exit:
					runtime.Goexit()
				default:
					panic("on purpose")
				}
				pages(w, r)
			}
			window := throttle.Window(10, 30*time.Minute)
			c := newClient(t, rt, bitbucket.WithThrottle(window))
			seen := 0
			value := recovered(func() {
				for _, err := range c.Users.ListEmails(t.Context(), bitbucket.Prefetch()).All() {
					if err != nil {
						t.Error(err)
					}
					seen++
					synctest.Wait() // the page after this one is there, or has panicked
				}
			})
			if seen != 2 {
				t.Errorf("%d items before the panic, want 2", seen)
			}
			wantPanic(t, value, "RoundTrip", exit)
			if value := recovered(func() {
				for range c.Users.ListEmails(t.Context(), bitbucket.Prefetch()).All() {
					synctest.Wait() // the page after this one has panicked
					if seen++; seen == 4 {
						break
					}
				}
			}); value != nil {
				t.Errorf("a loop that ended before: %v", value)
			}
			synctest.Wait()
			if free := window.Status().Free; free != 10-4 {
				t.Errorf("%d slots are free after four attempts", free)
			}
			rt.handler = pages
			if all, err := c.Users.ListEmails(t.Context(), bitbucket.Prefetch()).Collect(); err != nil || len(all) != 6 {
				t.Errorf("%d items, %v", len(all), err)
			}
		})
	}
}

// slow is a throttle of another kind, of which nobody can tell how long it takes.
type slow struct{ given, back *int }

func (s slow) Acquire(ctx context.Context) (func(bool), error) {
	select {
	case <-time.After(time.Minute):
		*s.given++
		return func(sent bool) { *s.back++ }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A logger that panics over a long wait does so in the caller's goroutine too.
func TestPanicOfALoggerReachesTheCaller(t *testing.T) {
	before := slog.Default()
	defer slog.SetDefault(before)
	synctest.Test(t, func(t *testing.T) {
		b := &charge{armed: true}
		slog.SetDefault(slog.New(panickingHandler{slog.DiscardHandler, b}))
		var s slow
		s.given, s.back = new(int), new(int)
		c := newClient(t, &script{}, bitbucket.WithThrottle(s))
		value := recovered(func() { c.Users.Current(t.Context()) })
		wantPanic(t, value, "panickingHandler", false)
		if _, err := c.Users.Current(t.Context()); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if *s.given != 2 || *s.back != 2 {
			t.Errorf("%d slots were given, %d came back", *s.given, *s.back)
		}
	})
}

type panickingHandler struct {
	slog.Handler
	*charge
}

func (h panickingHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h panickingHandler) Handle(context.Context, slog.Record) error {
	h.tick()
	return nil
}

// An error that was raised can be found in what is recovered.
func TestPanicKeepsAnError(t *testing.T) {
	cause := errors.New("on purpose")
	c := newClient(t, &script{}, bitbucket.WithTrace(&bitbucket.Trace{
		Attempt: func(context.Context, bitbucket.AttemptInfo) { panic(fmt.Errorf("hook: %w", cause)) },
	}))
	rt := &wire{handler: pages}
	value := recovered(func() { c.Users.Current(t.Context()) })
	if err, _ := value.(error); !errors.Is(err, cause) {
		t.Errorf("recovered %v", value)
	}
	second := false
	list := newClient(t, rt, bitbucket.WithTrace(&bitbucket.Trace{
		CallStart: func(ctx context.Context, _ bitbucket.CallStartInfo) context.Context {
			if second {
				panic(cause)
			}
			second = true
			return nil
		},
	})).Users.ListEmails(t.Context(), bitbucket.Prefetch())
	value = recovered(func() { list.Collect() })
	if err, _ := value.(error); !errors.Is(err, cause) {
		t.Errorf("recovered %v", value)
	}
}
