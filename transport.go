package bitbucket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

// attemptTransport sends one attempt: it waits for a slot of the throttle, starts
// the attempt's deadline, attaches the credential, and reads the whole answer.
// Redirects pass through it too: each hop to the API is an attempt of its own, and
// a hop elsewhere goes out bare.
type attemptTransport struct {
	base       origin
	throttle   throttle.Throttle
	pause      *pause // for throttles that have none of their own
	credential *credential
	timeout    time.Duration
	maxBytes   int64
	next       http.RoundTripper
}

// RoundTrip implements http.RoundTripper. It has no CloseIdleConnections on
// purpose: the retry library calls that on every failure, and the connections
// belong to all callers.
func (t *attemptTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	k := req.Context().Value(callKey{}).(*call)
	if k.abroad = !t.base.holds(req.URL); k.abroad {
		return t.send(k, req, bare(req.Header), func(bool) {})
	}
	// A credential that cannot be had must not cost a slot, so it is asked for
	// first; and again below, since it may expire during the wait.
	if _, err := t.authorization(req.Context()); err != nil {
		k.unsent = true
		return nil, closing(req, err)
	}
	done, err := t.acquire(k, req)
	if err != nil {
		k.unsent = true
		return nil, closing(req, err)
	}
	header, err := t.authorization(req.Context())
	if err != nil {
		done(false)
		k.unsent = true
		return nil, closing(req, err)
	}
	k.header = header
	if header != "" {
		headers := req.Header.Clone() // the request is the caller's
		headers.Set("Authorization", header)
		return t.send(k, req, headers, done)
	}
	return t.send(k, req, req.Header, done)
}

func (t *attemptTransport) authorization(ctx context.Context) (string, error) {
	if t.credential == nil {
		return "", nil
	}
	return t.credential.header(ctx)
}

// acquire waits for a slot. Only the caller's context cuts the wait.
func (t *attemptTransport) acquire(k *call, req *http.Request) (func(sent bool), error) {
	ctx := req.Context()
	chosen := t.throttle
	if r, ok := chosen.(throttle.Router); ok {
		chosen = r.Route(req.Method, strings.TrimPrefix(req.URL.EscapedPath(), t.base.url.EscapedPath()))
	}
	k.throttle = withPause(chosen, t.pause)
	start := time.Now()
	observers := k.client.observers
	var until time.Time
	var waits bool
	if !observers.none() { // asking may cost a throttle a round trip
		until, waits = expect(k.throttle, start)
	}
	if waits {
		observers.waitStart(ctx, WaitStartInfo{Method: req.Method, URL: plainURL(req.URL), Until: until})
	}
	done, err := k.throttle.Acquire(ctx)
	waited := time.Since(start)
	k.waited += waited
	if waits {
		observers.waitDone(ctx, WaitDoneInfo{Method: req.Method, URL: plainURL(req.URL), Waited: waited, Err: err})
	}
	return done, err
}

// expect tells when a throttle will hand out the next slot, and whether there is
// anything to wait for.
func expect(t throttle.Throttle, now time.Time) (until time.Time, waits bool) {
	if p, ok := t.(*pausable); ok {
		if until = p.pausedUntil(); until.After(now) {
			return until, true
		}
		t = p.Throttle
	}
	e, ok := t.(throttle.Estimator)
	if !ok {
		return time.Time{}, true
	}
	wait := e.Estimate(1)
	return now.Add(wait), wait > 0
}

// lateCount is how long after an attempt was given up the server may still count
// it: the request is under way, and nobody waits for its answer any more.
const lateCount = 5 * time.Second

// send puts an attempt on the wire and reads the answer. done is called when the
// server has answered, since that is the latest moment at which it counts; a little
// later when the attempt was given up without an answer; and also when the transport
// panics.
func (t *attemptTransport) send(k *call, req *http.Request, headers http.Header, done func(sent bool)) (*http.Response, error) {
	ctx, cancel := context.WithTimeoutCause(req.Context(), t.timeout, attemptTimeoutError{t.timeout})
	defer cancel()
	k.attempts++
	k.unsent = false
	k.sent = time.Now()
	attempt := once(req.WithContext(ctx))
	attempt.Header = headers
	returned := false
	defer func() {
		if !returned {
			done(true)
		}
	}()
	resp, err := t.next.RoundTrip(attempt)
	returned = true
	if err != nil && !neverLeft(err) {
		time.AfterFunc(lateCount, func() { done(true) })
	} else {
		done(err == nil)
	}
	if err == nil {
		err = t.receive(attempt, resp)
	}
	if err != nil {
		if cause := context.Cause(ctx); cause != nil && req.Context().Err() == nil {
			err = cause // the attempt's own deadline, not the caller's
		}
		resp = nil
	}
	k.observed(req, resp, err)
	return resp, err
}

// observed tells the observers how an attempt went.
func (k *call) observed(req *http.Request, resp *http.Response, err error) {
	if k.client.observers.none() {
		return
	}
	info := AttemptInfo{
		Method: req.Method, URL: plainURL(req.URL), Pattern: k.pattern,
		Number: k.attempts, Err: withoutURL(err), Duration: time.Since(k.sent),
	}
	if resp != nil {
		info.StatusCode = resp.StatusCode
	}
	k.client.observers.attempt(req.Context(), info)
}

// once makes a request that net/http sends once. It would send a GET again by
// itself when a kept connection turns out to be dead, which the server may have
// counted, and the throttle has not: a body that cannot be had again prevents that.
// The body is empty and its encoding is none, so nothing of it is sent.
func once(req *http.Request) *http.Request {
	switch req.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		if req.Body == nil {
			req.Body, req.GetBody = io.NopCloser(strings.NewReader("")), nil
			req.TransferEncoding = []string{"identity"}
		}
	}
	return req
}

// receive reads an answer and makes sure that net/http can do something with it.
func (t *attemptTransport) receive(req *http.Request, resp *http.Response) error {
	if resp == nil {
		return errors.New("the transport gave neither an answer nor an error")
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	if location := resp.Header.Get("Location"); 300 <= resp.StatusCode && resp.StatusCode < 400 && location != "" {
		if _, err := req.URL.Parse(location); err != nil {
			resp.Body.Close()
			return fmt.Errorf("%w: its Location cannot be read", errRedirect)
		}
	}
	return t.buffer(req, resp)
}

// buffers are reused between answers, which are all read whole.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxPooledBuffer keeps one huge answer from holding its memory forever.
const maxPooledBuffer = 1 << 20

// buffer reads the body to its end, so that the connection can be used again and
// a body that is cut short fails the attempt, which may then be retried.
func (t *attemptTransport) buffer(req *http.Request, resp *http.Response) error {
	defer resp.Body.Close()
	buf := buffers.Get().(*bytes.Buffer)
	buf.Reset()
	body := &bufferedBody{buf: buf}
	if n := min(resp.ContentLength, maxPooledBuffer); n > 0 && req.Method != http.MethodHead {
		buf.Grow(int(n) + bytes.MinRead) // a server may promise more than it sends
	}
	n, err := buf.ReadFrom(io.LimitReader(resp.Body, t.maxBytes+1))
	if err == nil && n > t.maxBytes {
		err = fmt.Errorf("%w: more than %d bytes; raise WithMaxResponseBytes or ask for less with Fields or PageLen", ErrResponseTooLarge, t.maxBytes)
	}
	if err != nil {
		body.Close()
		return err
	}
	body.unread = buf.Bytes()
	resp.Body = body
	return nil
}

// A bufferedBody is an answer's body that is in memory already.
type bufferedBody struct {
	buf    *bytes.Buffer
	unread []byte
}

func (b *bufferedBody) Read(p []byte) (int, error) {
	if len(b.unread) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.unread)
	b.unread = b.unread[n:]
	return n, nil
}

// bytes is the whole body, good until Close.
func (b *bufferedBody) bytes() []byte {
	if b.buf == nil {
		return nil
	}
	return b.buf.Bytes()
}

// Close gives the memory back.
func (b *bufferedBody) Close() error {
	if b.buf != nil && b.buf.Cap() <= maxPooledBuffer {
		buffers.Put(b.buf)
	}
	b.buf, b.unread = nil, nil
	return nil
}

// bare are the headers that another origin may see: no credential, nothing that
// the caller or a redirect added.
func bare(headers http.Header) http.Header {
	out := make(http.Header, 2)
	for _, name := range [...]string{"Accept", "User-Agent"} {
		if v := headers.Get(name); v != "" {
			out.Set(name, v)
		}
	}
	return out
}

// closing closes the body of a request that is not sent, as a RoundTripper must.
func closing(req *http.Request, err error) error {
	if req.Body != nil {
		req.Body.Close()
	}
	return err
}

// maxRedirects is small: each hop spends a call.
const maxRedirects = 3

// errRedirect marks redirects that were not followed, which no retry mends.
var errRedirect = errors.New("bitbucket: redirect not followed")

// checkRedirect decides about each hop. A hop that would change the method, or
// carry a body elsewhere, is not made.
func (o origin) checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0]
	if req.Method != first.Method {
		return http.ErrUseLastResponse // a write must not turn into a read
	}
	if len(via) > maxRedirects {
		return fmt.Errorf("%w: more than %d, the last one to %s", errRedirect, maxRedirects, plainURL(req.URL))
	}
	if req.URL.Scheme != "https" && req.URL.Scheme != "http" {
		return fmt.Errorf("%w: its scheme is %q", errRedirect, req.URL.Scheme)
	}
	if !o.holds(req.URL) {
		if req.Method != http.MethodGet && req.Method != http.MethodHead {
			return fmt.Errorf("%w: a redirect would carry a %s to %s", ErrForeignOrigin, req.Method, originOf(req.URL))
		}
		return nil
	}
	for _, hop := range via {
		if !o.holds(hop.URL) {
			return fmt.Errorf("%w: a redirect came back from %s", ErrForeignOrigin, originOf(hop.URL))
		}
	}
	return nil
}

// An attemptTimeoutError is the end of an attempt's deadline. It is no
// context.DeadlineExceeded, since the caller's context goes on.
type attemptTimeoutError struct{ after time.Duration }

func (e attemptTimeoutError) Error() string {
	return fmt.Sprintf("no complete answer within %v (WithAttemptTimeout)", e.after)
}

// Timeout makes it a net.Error like any other time-out.
func (e attemptTimeoutError) Timeout() bool   { return true }
func (e attemptTimeoutError) Temporary() bool { return true }
