package wire

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

// A ledger is what the attempts of one call leave behind. The transport writes it, between the
// attempts the retrier reads it.
type ledger struct {
	attempts int                // sent so far
	waited   time.Duration      // for the throttle so far
	route    *throttle.Pausable // that the last attempt went through
	sentAt   time.Time          // when the last attempt went out
	first    *authorization     // that was sent
	further  []*authorization   // the others, the last one last
	body     *body              // of the last answer
	begun    bool               // the last attempt had its slot and went out
	unsent   bool               // the last attempt certainly never reached the server
	left     bool               // an attempt may have reached the server
	replayed bool               // net/http was about to send the last attempt again by itself
	brought  bool               // the transport has put a credential of its own into the last attempt
}

// authorized notes what an attempt is sent with.
func (l *ledger) authorized(a *authorization) {
	switch last := l.last(); {
	case last == nil:
		l.first = a
	case last != a:
		l.further = append(l.further, a)
	}
}

// last is what the last attempt was sent with, or nil.
func (l *ledger) last() *authorization {
	if n := len(l.further); n > 0 {
		return l.further[n-1]
	}
	return l.first
}

// secrets are what the attempts were authorized with. Those that the credential has by now may be
// others.
func (l *ledger) secrets() []string {
	var hidden []string
	if l.first != nil {
		hidden = append(hidden, l.first.hidden...)
	}
	for _, a := range l.further {
		hidden = append(hidden, a.hidden...)
	}
	return hidden
}

// connections watches which connections net/http gives to one attempt. It would send an attempt
// again by itself when a kept connection turns out to be dead, which the server may have counted
// and the throttle has not. The second connection of an attempt is the sign of it: the attempt is
// ended then, before anything is written. Connections before an answer do not count: nothing is sent
// again that was answered, and a transport may ask for something else on the way. Each attempt is
// watched by itself, since a transport may go on with one that is over, and since httptrace writes
// the hooks of the caller's context into a trace.
type connections struct {
	trace httptrace.ClientTrace // tells of them

	mu       sync.Mutex
	cancel   context.CancelFunc // of the attempt
	asked    bool               // net/http has begun to look for a connection
	got      int                // connections since the last answer
	http2    bool               // the first one
	answered bool               // what was sent with the attempt's context, maybe not the attempt
	replayed bool
}

// watch begins the attempt: net/http tells c of its connections.
func (c *connections) watch(ctx context.Context, cancel context.CancelFunc) context.Context {
	c.cancel = cancel
	c.trace = httptrace.ClientTrace{
		GetConn: c.askedFor, GotConn: c.gotOne, GotFirstResponseByte: c.gotAnswer,
	}
	return httptrace.WithClientTrace(ctx, &c.trace)
}

func (c *connections) askedFor(string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = true
}

func (c *connections) gotOne(info httptrace.GotConnInfo) {
	conn, secure := info.Conn.(*tls.Conn)
	http2 := secure && conn.ConnectionState().NegotiatedProtocol == "h2"
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.got++; c.got == 1 {
		c.http2 = http2
		return
	}
	c.replayed = true
	c.cancel()
	// Cancelling alone loses a race against the write on HTTP/1. On HTTP/2 it does not, and the
	// connection belongs to others too.
	switch {
	case http2:
	case secure:
		conn.NetConn().Close() // without the farewell of TLS, which may block
	default:
		info.Conn.Close()
	}
}

func (c *connections) gotAnswer() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answered, c.got = true, 0
}

// settle tells whether an attempt that ended with err may have reached the server, and whether it
// was ended because net/http was about to send it again.
func (c *connections) settle(method string, err error) (unsent, replayed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err == nil:
		return false, false
	case c.replayed:
		// HTTP/2 sends again what the server has said it did not process, HTTP/1 what was not
		// written, and what may be sent twice though it was written.
		return c.http2 || !replayable(method), true
	case c.answered:
		return false, false // who knows what of
	case c.asked:
		return c.got == 0, false
	}
	return neverLeft(err), false // a transport that does not tell, such as one in process
}

// replayable reports whether net/http sends a request again that it has written on HTTP/1.
func replayable(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}
