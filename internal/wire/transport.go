package wire

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"
)

// RoundTrip sends one attempt. Redirects pass through it too: each hop is an attempt of its own. It
// has no CloseIdleConnections on purpose: the retry library calls that on every failure, and the
// connections belong to all callers.
func (c *call) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	c.ledger.begun, c.ledger.unsent, c.ledger.replayed = false, true, false
	// A credential that cannot be had must not cost a slot, so it is asked for first; and again
	// below, since it may expire during the wait.
	if _, err := c.authorize(ctx); err != nil {
		return nil, closing(req, err)
	}
	done, err := c.acquire(req)
	if err != nil {
		return nil, closing(req, err)
	}
	authorization, err := c.authorize(ctx)
	if err != nil {
		done(false)
		return nil, closing(req, err)
	}
	resp, err := c.send(req, authorization, done)
	c.reporter.attempted(ctx, resp, err)
	return resp, err
}

// anonymous is what an attempt without a credential carries.
var anonymous = &authorization{}

func (c *call) authorize(ctx context.Context) (*authorization, error) {
	if c.Credential == nil {
		return anonymous, nil
	}
	return c.Credential.authorize(ctx)
}

// acquire waits for a slot. Only the caller's context cuts the wait.
func (c *call) acquire(req *http.Request) (done func(bool), err error) {
	ctx, hooks := req.Context(), &c.Hooks
	route := c.throttle.For(req.Method, c.Origin.Route(req.URL))
	c.ledger.route = route
	start := time.Now()
	told := c.foretell(ctx, start)
	if !told && hooks.LongWait != nil && !route.InProcess() {
		watch := time.AfterFunc(LongWait, func() { hooks.LongWait(ctx, c.reporter.waitStart(time.Time{})) })
		defer watch.Stop()
	}
	done, err = route.Acquire(ctx)
	took := time.Since(start)
	c.ledger.waited += took
	if told {
		c.reporter.waited(ctx, took, err)
	}
	return done, err
}

// foretell tells the hooks that the attempt is going to wait, and reports whether it did. Asking a
// throttle that lies outside of this process may cost a round trip, so it is asked for a hook only.
func (c *call) foretell(ctx context.Context, now time.Time) bool {
	hooks, route := &c.Hooks, c.ledger.route
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
	switch {
	case hooks.WaitStart != nil:
		hooks.WaitStart(ctx, c.reporter.waitStart(until))
		return true
	case wait > LongWait && hooks.LongWait != nil:
		hooks.LongWait(ctx, c.reporter.waitStart(until))
	}
	return false
}

// lateCount is how long after an attempt was given up the server may still count it: the request is
// under way, and nobody waits for its answer any more.
const lateCount = 5 * time.Second

// send puts an attempt on the wire and reads the answer. done is called when the server has
// answered, since that is the latest moment at which it counts; a little later when the attempt was
// given up without an answer; and also when the transport panics.
func (c *call) send(req *http.Request, a *authorization, done func(bool)) (*http.Response, error) {
	l := &c.ledger
	timed, cancel := context.WithTimeoutCause(req.Context(), c.AttemptTimeout, c.timeout)
	defer cancel()
	attempt := req.WithContext(c.connections.watch(timed, cancel))
	attempt.Header = maps.Clone(req.Header) // the request is the caller's
	if a.header != nil {
		attempt.Header["Authorization"] = a.header
	}
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
	resp, err := c.Transport.RoundTrip(attempt)
	returned = true
	if err == nil && resp == nil {
		err = errNoAnswer
	}
	l.unsent, l.replayed = c.connections.settle(req.Method, err)
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
	case req.Context().Err() != nil:
		return nil, err
	case l.replayed:
		return nil, errReplayed
	case context.Cause(timed) != nil:
		return nil, context.Cause(timed) // the attempt's own deadline, not the caller's
	}
	return nil, err
}

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
	err := c.ledger.body.read(resp.Body, room, c.MaxBytes)
	resp.Body = http.NoBody
	return err
}

// closing closes the body of a request that is not sent, as a RoundTripper must.
func closing(req *http.Request, err error) error {
	if req.Body != nil {
		req.Body.Close()
	}
	return err
}
