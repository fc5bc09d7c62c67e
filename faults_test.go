package bitbucket_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/internal/exchanges"
)

// faults are those of HTTP/1.1; those of HTTP/2 stand with the deaths of connections.
func faults() []fault {
	right := func(part func(head, body string) string) func(string) string {
		return func(r string) string { return part(headOf(r)) }
	}
	to := func(location string) string { return "Location: " + location }
	all := []fault{
		{name: "connection refused", dial: refused, passing: true},
		{name: "no such host", dial: noHost, passing: true},
		{name: "no route", dial: &net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded}, passing: true},
		{name: "a dialler that fails", dial: errFault, passing: true},
		{name: "a dialler that hangs", hang: true, passing: true},
		{name: "closed before the request", accept: func(net.Conn) bool { return false }, passing: true, only: true},
		{name: "reset before the request", accept: resets, passing: true, only: true},

		{name: "closed after the headers of the request", unread: true, untaken: true, respond: sends(""), passing: true, only: true},
		{
			name: "reset after the headers of the request", unread: true, untaken: true,
			respond: func(w net.Conn, _ *http.Request, _ string) bool { return resets(w) }, passing: true, only: true,
		},
		{name: "closed after the request", respond: sends(""), passing: true, only: true},
		{name: "reset after the request", respond: func(w net.Conn, _ *http.Request, _ string) bool { return resets(w) }, passing: true, only: true},
		{name: "cut in the status line", respond: sends("HTTP/1.1 2"), passing: true, only: true},
		{name: "cut in the headers", respond: sends("HTTP/1.1 200 OK\r\nContent-Ty"), passing: true, only: true},
		{name: "cut after the headers", respond: edited(right(func(head, body string) string { return cutIf(body, head, 0) })), passing: true, only: true},
		{name: "cut in a body of known length", respond: edited(right(func(head, body string) string { return cutIf(body, head, len(body)/2) })), passing: true, only: true},
		{name: "cut before the last byte", respond: edited(right(func(head, body string) string { return cutIf(body, head, len(body)-1) })), passing: true, only: true},
		{name: "cut in a chunked body", respond: edited(func(r string) string { c := chunked(r); return c[:len(c)*3/4] }), passing: true, only: true},
		{name: "cut before the last chunk", respond: edited(func(r string) string { return strings.TrimSuffix(chunked(r), "0\r\n\r\n") }), passing: true, only: true},
		{name: "a chunk of no length", respond: edited(func(r string) string { return strings.Replace(chunked(r), "\r\n0\r\n", "\r\nzz\r\n", 1) }), passing: true, only: true},
		{name: "stalled before the answer", respond: stalls(func(string) string { return "" }), passing: true, only: true},
		{name: "stalled in the headers", respond: stalls(func(r string) string { return r[:20] }), passing: true, only: true},
		{name: "stalled in the body", respond: stalls(func(r string) string { return r[:len(r)-1] }), passing: true, only: true},
		{name: "a slow drip", respond: drips(time.Second), passing: true, only: true},
		{name: "a quick drip", respond: drips(0), harmless: true},
		{name: "not HTTP", respond: sends("SSH-2.0-OpenSSH_9.6\r\n\r\n"), passing: true, only: true},
		{name: "a status that is none", respond: sends("HTTP/1.1 abc OK\r\n\r\n"), passing: true, only: true},
		{name: "no headers, but a body", respond: sends(`{"values":[]}`), passing: true, only: true},
		{name: "a length that is none", respond: sends("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}"), passing: true, only: true},
		{name: "two lengths", respond: sends("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}}"), passing: true, only: true},
		{name: "headers without end", respond: func(w net.Conn, _ *http.Request, _ string) bool {
			line := "X-Filler: " + strings.Repeat("x", 1000) + "\r\n"
			for send(w, line) {
			}
			return false
		}, passing: true, only: true},
		{name: "a flood of 100", respond: func(w net.Conn, _ *http.Request, _ string) bool {
			for send(w, "HTTP/1.1 100 Continue\r\nX-Filler: "+strings.Repeat("x", 1000)+"\r\n\r\n") {
			}
			return false
		}, passing: true, only: true},
		{name: "a flood of 103", respond: func(w net.Conn, _ *http.Request, _ string) bool {
			for send(w, "HTTP/1.1 103 Early Hints\r\nLink: "+strings.Repeat("x", 1000)+"\r\n\r\n") {
			}
			return false
		}, passing: true, only: true},
		{name: "five of 103", respond: edited(func(r string) string { return strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", 5) + r }), harmless: true},
		{name: "five of 102", respond: edited(func(r string) string { return strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 5) + r }), harmless: true},
		{name: "another protocol", respond: sends("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")},
		{name: "chunked and right", respond: edited(chunked), harmless: true},
		{name: "right, then closed", respond: edited(func(r string) string { return r }), harmless: true},
		{name: "right, by HTTP/1.0", respond: edited(func(r string) string { return strings.Replace(r, "HTTP/1.1", "HTTP/1.0", 1) }), harmless: true},
		// What is more may be taken for the answer to the next request, which then is an error.
		{name: "right, and more behind it", respond: edited(func(r string) string { return r + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" })},
		{name: "right, in gzip", respond: edited(func(r string) string { return zipped(r, 1) }), harmless: true},
		{name: "gzip that is cut", respond: edited(func(r string) string { return zipped(r, 0.5) }), passing: true, only: true},
		{name: "gzip that is none", respond: edited(right(func(head, body string) string {
			return strings.Replace(head, "\r\n", "\r\nContent-Encoding: gzip\r\n", 1) + body
		})), passing: true, only: true},
		{name: "a bomb of gzip", respond: sends(bomb())},
		{name: "redirected to itself", respond: func(w net.Conn, r *http.Request, _ string) bool {
			return status(302, to(r.URL.RequestURI()))(w, r, "")
		}, untaken: true},
		{name: "redirected at home, by 307", respond: redirected(307), untaken: true},
		{name: "redirected at home, by 308", respond: redirected(308), untaken: true},
		{name: "redirected at home, by 301", respond: redirected(301), untaken: true},
		{name: "redirected at home, by 303", respond: redirected(303), untaken: true},
		{name: "redirected abroad", respond: status(302, to("https://evil.example/2.0/user")), untaken: true},
		{name: "redirected abroad, keeping the method", respond: status(307, to("https://evil.example/2.0/user")), untaken: true},
		{name: "redirected to another scheme", respond: status(302, to("gopher://api.bitbucket.org/")), untaken: true},
		{name: "redirected nowhere", respond: status(302), untaken: true},
		{name: "redirected to what is no URL", respond: status(307, to("https://[bad/%zz")), untaken: true},
		{name: "unauthorized", respond: status(401), untaken: true},
		{name: "a proxy's refusal", respond: status(407), untaken: true},
		{name: "an internal error", respond: status(500), passing: true, only: true},
		{name: "a bad gateway", respond: status(502), passing: true, only: true},
		{name: "unavailable", respond: status(503), passing: true, only: true},
		{name: "unavailable for a second", respond: status(503, "Retry-After: 1"), passing: true, only: true},
		{name: "a gateway's time-out", respond: status(504), passing: true, only: true},
	}
	for name, headers := range map[string][]string{
		"bare": nil, "with seconds": {"Retry-After: 7"}, "with a date": {"Retry-After: Sat, 01 Jan 2000 00:00:30 GMT"},
		"with inf": {"Retry-After: inf"}, "with 1e999": {"Retry-After: 1e999"}, "in the past": {"Retry-After: -5"},
		"twice": {"Retry-After: 3", "Retry-After: 9"}, "with nonsense": {"Retry-After: soon"},
		"of the edge": {"X-Envoy-Ratelimited: true"}, "of the edge, with seconds": {"X-Envoy-Ratelimited: true", "Retry-After: 2"},
	} {
		all = append(all, fault{name: "rate limited, " + name, respond: status(429, headers...), untaken: true, passing: true})
	}
	return all
}

// cutIf is the beginning of an answer; one without a body is cut in its headers.
func cutIf(body, head string, n int) string {
	if body == "" {
		return head[:len(head)-2]
	}
	return head + body[:n]
}

// redirected leads to where the right answer is.
func redirected(code int) func(net.Conn, *http.Request, string) bool {
	return func(w net.Conn, r *http.Request, right string) bool {
		u := *r.URL
		u.RawQuery = strings.TrimPrefix(u.RawQuery+"&"+redirectedMark, "&")
		return status(code, "Location: "+u.RequestURI())(w, r, "")
	}
}

// zipped packs the body of an answer, and leaves a part of it.
func zipped(right string, part float64) string {
	head, body := headOf(right)
	if body == "" {
		if part < 1 {
			return head[:len(head)-2]
		}
		return right
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, body)
	_ = z.Close()
	return "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: application/json\r\n\r\n" +
		b.String()[:int(float64(b.Len())*part)]
}

// bomb is a small answer that becomes 64 MiB.
func bomb() string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	piece := bytes.Repeat([]byte(" "), 1<<20)
	for range 64 {
		_, _ = z.Write(piece)
	}
	_ = z.Close()
	return "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: application/json\r\n\r\n" + b.String()
}

// A faultCase is an operation, a fault, and when it strikes.
type faultCase struct {
	x      exchanges.Exchange
	fault  fault
	when   string // once, at the second request, or always
	server faultyServer
	slots  counter
}

func (c *faultCase) name() string { return c.x.Operation + ": " + c.fault.name + ", " + c.when }

// prepare makes the server. Lists have two pages.
func (c *faultCase) prepare() {
	c.server.fault = c.fault
	c.server.strike = map[string]func(int) bool{
		"once": func(n int) bool { return n == 1 }, "second": func(n int) bool { return n == 2 },
		"always": func(int) bool { return true },
	}[c.when]
	c.server.answer = func(r *http.Request) (int, string) {
		if kindOf(c.x) != kindList {
			return c.x.StatusCode(), c.x.Answer
		}
		item := itemOf(c.x)
		if r.URL.Query().Get("page") == "2" {
			return 200, `{"pagelen":2,"page":2,"size":3,"values":[` + item + `]}`
		}
		return 200, `{"pagelen":2,"page":1,"size":3,"next":"` + r.URL.Path + `?page=2","values":[` + item + `,` + item + `]}`
	}
}

// check makes the call and holds it against what must never happen.
func (c *faultCase) check(t *testing.T, tr *http.Transport, opts ...bitbucket.Option) {
	t.Helper()
	client := newClient(t, tr, append([]bitbucket.Option{
		silently, bitbucket.WithThrottle(&c.slots),
		bitbucket.WithMaxResponseBytes(1 << 20),
	}, opts...)...)
	got, err := c.x.Call(context.Background(), client, exchanges.Acme(), c.x.Options...)
	tr.CloseIdleConnections()
	c.server.stop()
	method, _, _ := strings.Cut(c.x.Request, " ")
	post := method == "POST"
	if c.mustSucceed(post) && err != nil {
		t.Errorf("%s: %v", c.name(), err)
	}
	if c.server.effects > 1 && post {
		t.Errorf("%s: the write was done %d times", c.name(), c.server.effects)
	}
	if err == nil && c.server.effects < 1 {
		t.Errorf("%s: a success of which the server knows nothing", c.name())
	}
	if sent := int(c.slots.given.Load() - c.slots.unsent.Load()); c.server.seen > sent && c.fault.accept == nil {
		t.Errorf("%s: the server saw %d requests, %d slots were used", c.name(), c.server.seen, sent)
	}
	if c.server.seen > 45 {
		t.Errorf("%s: %d requests", c.name(), c.server.seen)
	}
	c.checkValue(t, got, err)
}

// mustSucceed reports whether the fault has to be overcome.
func (c *faultCase) mustSucceed(post bool) bool {
	if c.fault.harmless {
		return true
	}
	return c.fault.passing && c.when != "always" && !(post && c.fault.only)
}

// checkValue wants the right value, or an error of ours with the items that came before it.
func (c *faultCase) checkValue(t *testing.T, got any, err error) {
	t.Helper()
	want := c.x.Want
	isList := kindOf(c.x) == kindList
	if isList {
		items := reflect.ValueOf(want)
		all := reflect.MakeSlice(items.Type(), 0, 3)
		for range 3 {
			all = reflect.Append(all, items.Index(0))
		}
		if err != nil { // a page of two, or nothing
			n := 0
			if v := reflect.ValueOf(got); v.IsValid() {
				n = v.Len()
			}
			if n != 0 && n != 2 {
				t.Errorf("%s: %d items and %v", c.name(), n, err)
			}
			all = all.Slice(0, n)
		}
		want = all.Interface()
	}
	if err == nil || isList && reflect.ValueOf(want).Len() > 0 {
		if !reflect.DeepEqual(inUTC(got), inUTC(want)) {
			t.Errorf("%s: %.200v", c.name(), got)
		}
	}
	if err == nil {
		return
	}
	if e, ok := errors.AsType[*bitbucket.Error](err); !ok || e.Method == "" || e.Attempts < 1 && e.StatusCode != 0 {
		t.Errorf("%s: not an error of ours: %T %v", c.name(), err, err)
	}
	if text := err.Error(); len(text) > 1<<10 || strings.ContainsAny(text, "\r\n") || strings.Contains(text, "test-token") {
		t.Errorf("%s: %q", c.name(), text)
	}
}

// Every operation, with every fault of the transport, once, at the second request and always: in
// memory, where time is what the test says, and over sockets when the whole is asked for.
func TestMatrixOfFaults(t *testing.T) {
	before, files := runtime.NumGoroutine(), openFiles(t)
	cases, seen := 0, map[kind]bool{}
	all := faults()
	for _, x := range exchanges.All() {
		method, _, _ := strings.Cut(x.Request, " ")
		if key := kindOf(x) + kind(method); seen[key] && !wholeMatrix() {
			continue
		} else {
			seen[key] = true
		}
		for _, f := range all {
			for _, when := range []string{"once", "second", "always"} {
				c := &faultCase{x: x, fault: f, when: when}
				t.Run(c.name(), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						c.prepare()
						tr := &http.Transport{DialContext: c.server.dial, MaxResponseHeaderBytes: 1 << 16}
						c.check(t, tr, bitbucket.WithBaseURL("http://localhost"))
					})
				})
				cases++
			}
		}
	}
	cases += testFaultsOverTCP(t, all)
	settle(t, before, files)
	t.Logf("%d faults, %d cases", len(all), cases)
}

// testFaultsOverTCP plays the faults over sockets, many at a time, since there the waits are real.
func testFaultsOverTCP(t *testing.T, all []fault) (cases int) {
	t.Helper()
	if !wholeMatrix() {
		return 0
	}
	var wg sync.WaitGroup
	var n atomic.Int64
	turn := make(chan bool, 200)
	for _, x := range exchanges.All() {
		for _, f := range all {
			if f.dial != nil || f.hang || f.name == "a slow drip" || strings.HasPrefix(f.name, "rate limited") {
				continue // of the dialler's, or of waits that take minutes
			}
			for _, when := range []string{"once", "second"} {
				turn <- true
				wg.Go(func() {
					defer func() { <-turn }()
					c := &faultCase{x: x, fault: f, when: when}
					c.prepare()
					address := c.server.listen(t)
					c.check(t, &http.Transport{}, bitbucket.WithBaseURL("http://"+address), bitbucket.WithAttemptTimeout(10*time.Second))
					n.Add(1)
				})
			}
		}
	}
	wg.Wait()
	return int(n.Load())
}

// openFiles counts the descriptors of this process, where that can be told.
func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	return len(entries)
}

// settle waits until as many goroutines and descriptors are there as before.
func settle(t *testing.T, goroutines, files int) {
	t.Helper()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	var now string
	for range 500 {
		if runtime.NumGoroutine() <= goroutines && openFiles(t) <= files {
			return
		}
		now = fmt.Sprintf("%d goroutines and %d files, before it %d and %d", runtime.NumGoroutine(), openFiles(t), goroutines, files)
		runtime.Gosched()
		time.Sleep(10 * time.Millisecond) // of the machine: others have to end
	}
	stacks := make([]byte, 1<<16)
	t.Errorf("%s\n%s", now, stacks[:runtime.Stack(stacks, true)])
}
