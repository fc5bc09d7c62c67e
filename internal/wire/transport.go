package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"time"
)

// attempts is the transport of all calls: what net/http asks to send is an attempt of the call that
// its context belongs to. It has no CloseIdleConnections on purpose: the retry library calls that on
// every failure, and the connections belong to all callers.
type attempts struct{}

// RoundTrip sends one attempt. Redirects pass through it too: each hop is an attempt of its own.
func (attempts) RoundTrip(hop *http.Request) (*http.Response, error) {
	return callOf(hop.Context()).attempt(hop)
}

// attempt waits for a slot and sends one attempt.
func (c *call) attempt(hop *http.Request) (*http.Response, error) {
	c.ledger.begun, c.ledger.unsent, c.ledger.replayed = false, true, false
	// A credential that cannot be had must not cost a slot, so it is asked for first; and again
	// below, since it may expire during the wait.
	if _, err := c.authorize(); err != nil {
		return nil, err
	}
	done, err := c.acquire(hop)
	if err != nil {
		return nil, err
	}
	left := false // it goes out; before, a token source may fail and even panic
	defer func() {
		if !left {
			done(false)
		}
	}()
	authorization, err := c.authorize()
	if err != nil {
		return nil, err
	}
	left = true
	resp, err := c.send(hop, authorization, done)
	c.attempted(resp, err)
	return resp, err
}

// anonymous is what an attempt without a credential carries.
var anonymous = &authorization{}

func (c *call) authorize() (*authorization, error) {
	if c.wire.Credential == nil {
		return anonymous, nil
	}
	return c.wire.Credential.authorize(c)
}

// acquire waits for a slot. Only the caller's context cuts the wait.
func (c *call) acquire(hop *http.Request) (done func(bool), err error) {
	route := c.wire.throttle.For(hop.Method, c.wire.Origin.Route(hop.URL))
	c.ledger.route = route
	start := time.Now()
	told := c.foretell(start)
	stop := func() {}
	if !told && c.wire.Hooks.LongWait != nil && !route.InProcess() {
		stop = c.watchWait()
	}
	done, err = route.Acquire(c)
	held := err == nil // by nobody else, should a hook panic
	defer func() {
		if held {
			done(false)
		}
	}()
	stop()
	took := time.Since(start)
	c.ledger.waited += took
	if told {
		c.waited(took, err)
	}
	held = false
	return done, err
}

// watchWait tells the hook of a wait that turns out to be long. When the hook panics, the function
// that ends the watch does.
func (c *call) watchWait() (stop func()) {
	told := make(chan *Panic, 1)
	watch := time.AfterFunc(LongWait, func() {
		told <- Catch(func() { c.wire.Hooks.LongWait(c, c.waitStart(time.Time{})) })
	})
	return func() {
		if watch.Stop() {
			return
		}
		if p := <-told; p != nil {
			panic(p)
		}
	}
}

// foretell tells the hooks that the attempt is going to wait, and reports whether it did. A slot that
// comes after the caller's deadline is not waited for: the throttle refuses it at once. Asking a
// throttle that lies outside of this process may cost a round trip, so it is asked for a hook only.
func (c *call) foretell(now time.Time) bool {
	hooks, route := &c.wire.Hooks, c.ledger.route
	if hooks.WaitStart == nil && !route.InProcess() {
		return false
	}
	wait, known := route.Forecast(1)
	if wait == 0 && known {
		return false
	}
	var until time.Time
	if wait > 0 {
		until = now.Add(wait)
	}
	if deadline, ok := c.Deadline(); ok && until.After(deadline) {
		return false
	}
	switch {
	case hooks.WaitStart != nil:
		hooks.WaitStart(c, c.waitStart(until))
		return true
	case wait > LongWait && hooks.LongWait != nil:
		hooks.LongWait(c, c.waitStart(until))
	}
	return false
}

// lateCount is how long after an attempt was given up the server may still count it: the request is
// under way, and nobody waits for its answer any more.
const lateCount = 5 * time.Second

// send puts an attempt on the wire and reads the answer. done is called when the server has
// answered, since that is the latest moment at which it counts; a little later when the attempt was
// given up without an answer; and also when the transport panics.
func (c *call) send(hop *http.Request, a *authorization, done func(bool)) (*http.Response, error) {
	l := &c.ledger
	timed, cancel := context.WithTimeoutCause(c, c.wire.AttemptTimeout, c.wire.timeout)
	defer cancel()
	if c.connections = &c.first; l.attempts > 0 {
		c.connections = new(connections)
	}
	attempt := hop.WithContext(c.connections.watch(timed, cancel))
	attempt.Header = c.header(hop, a)
	c.giveBody(attempt)
	l.authorized(a)
	l.attempts++
	l.begun, l.unsent = true, false
	l.sentAt = time.Now()

	returned := false
	defer func() {
		if !returned {
			done(true)
		}
	}()
	resp, err := c.wire.Transport.RoundTrip(attempt)
	returned = true
	if err == nil && resp == nil {
		err = errNoAnswer
	}
	l.unsent, l.replayed = c.connections.settle(hop.Method, err)
	l.left = l.left || !l.unsent
	switch {
	case l.unsent:
		done(false)
	case err != nil:
		time.AfterFunc(lateCount, func() { done(true) })
	default:
		done(true)
		err = c.receive(attempt, resp)
	}
	switch {
	case err == nil:
		return resp, nil
	case c.Err() != nil:
		return nil, err
	case l.replayed:
		return nil, errReplayed
	case context.Cause(timed) != nil:
		return nil, context.Cause(timed) // the attempt's own deadline, not the caller's
	}
	return nil, err
}

// header is that of an attempt: its call's, what net/http says besides of a redirect, and the
// credential.
func (c *call) header(hop *http.Request, a *authorization) http.Header {
	h := make(http.Header, len(c.request.Header)+len(hop.Header)+1)
	maps.Copy(h, hop.Header)
	maps.Copy(h, c.request.Header)
	if a.header != nil {
		h["Authorization"] = a.header
	}
	return h
}

// giveBody gives an attempt the body of its call.
func (c *call) giveBody(attempt *http.Request) {
	if data := c.request.Body; len(data) > 0 {
		attempt.ContentLength = int64(len(data))
		attempt.Body = bodyOf(data)
		attempt.GetBody = func() (io.ReadCloser, error) { return bodyOf(data), nil }
	}
}

// bodyOf is of a type that net/http knows to be in memory, and sends together with the headers.
func bodyOf(data []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(data)) }

// errReplayed is what net/http was about to hide by sending the attempt again.
var errReplayed = errors.New("the server had closed the connection that was kept for this call")

var errNoAnswer = errors.New("the transport gave neither an answer nor an error")

// receive reads an answer into the ledger, and makes sure that net/http can do something with it.
// An answer is read to its end, so that the connection can be used again and a body that is cut
// short fails the attempt, which may then be made again.
func (c *call) receive(req *http.Request, resp *http.Response) error {
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	sent := resp.Request
	c.ledger.brought = sent != nil && sent != req && sent.Header.Get("Authorization") != ""
	defer resp.Body.Close()
	location := resp.Header.Get("Location")
	if 300 <= resp.StatusCode && resp.StatusCode < 400 && location != "" {
		if _, err := req.URL.Parse(location); err != nil {
			return fmt.Errorf("%w: its Location cannot be read", errRedirect)
		}
	}
	if c.ledger.body == nil {
		c.ledger.body = bodies.Get().(*body)
	}
	room := resp.ContentLength
	if req.Method == http.MethodHead {
		room = 0
	}
	err := c.ledger.body.read(resp.Body, room, c.wire.MaxBytes)
	resp.Body = http.NoBody
	return err
}
