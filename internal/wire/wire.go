// Package wire is the way of an attempt, between the client's methods and net/http. A call comes in
// as a [Request] and leaves as an [Answer] or a [Failure]; in between each attempt
//
//   - waits for a slot of the throttle, which only the caller's context cuts short,
//   - starts its own deadline and attaches the credential, last, and only at the configured origin,
//   - goes through the caller's transport, and is read whole,
//   - gives its slot back, or lets it rest.
//
// The retrier decides whether another attempt follows, and what everybody has to wait for. What
// servers say leaves this package without secrets; see [Redactor].
package wire

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/http/httptrace"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

// A Config is what a Wire is made of.
type Config struct {
	Origin         Origin
	Credential     *Credential // nil for anonymous calls
	Throttle       throttle.Throttle
	Transport      http.RoundTripper
	Retries        int
	AttemptTimeout time.Duration
	MaxBytes       int64
	Hooks          Hooks
}

// A Wire sends calls. It is safe for concurrent use.
type Wire struct {
	Config
	throttle  *throttle.Pausable
	policy    policy
	redirects func(req *http.Request, via []*http.Request) error
	timeout   error // of an attempt
}

// New returns a Wire. Nothing is sent.
func New(cfg Config) *Wire {
	return &Wire{
		Config:    cfg,
		throttle:  throttle.Pausing(cfg.Throttle),
		policy:    newPolicy(cfg.Retries, cfg.Credential),
		redirects: cfg.Origin.checkRedirect,
		timeout:   &attemptTimeoutError{cfg.AttemptTimeout},
	}
}

// Estimate returns how long it takes until that many more calls could have started, as far as the
// throttle can tell.
func (w *Wire) Estimate(calls int) time.Duration { return w.throttle.Estimate(calls) }

// Do sends a call, again where that is right. Its error is a [*Failure].
func (w *Wire) Do(ctx context.Context, req *Request) (*Answer, error) {
	c := &call{Wire: w, request: req}
	c.reporter = reporter{&w.Hooks, req, &c.ledger}
	c.retrier = retrier{policy: &w.policy, reporter: &c.reporter}
	c.connections.trace = httptrace.ClientTrace{
		GetConn: c.connections.askedFor, GotConn: c.connections.gotOne,
	}
	c.client = http.Client{Transport: c, CheckRedirect: w.redirects}
	c.retries.HTTPClient = &c.client
	c.retries.Logger = nil // the hooks tell
	c.retries.RetryMax = math.MaxInt
	c.retries.CheckRetry = c.retrier.check
	c.retries.Backoff = c.retrier.backoff
	c.retries.ErrorHandler = retryablehttp.PassthroughErrorHandler
	c.sent.Request = (&http.Request{
		Method: req.Method, URL: req.URL, Host: req.URL.Host, Header: req.Header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	if len(req.Body) > 0 {
		if err := c.sent.SetBody(req.Body); err != nil {
			return nil, &Failure{Err: err}
		}
	}
	resp, err := c.retries.Do(&c.sent)
	if err != nil {
		release(c.ledger.body)
		return nil, c.failure(ctx, err)
	}
	c.answer = answerOf(resp, &c.ledger, req.Secrets)
	return &c.answer, nil
}

// A call is one request on its way: what its attempts leave behind, who decides about the next, and
// who tells about them. It is the http.RoundTripper of its attempts.
type call struct {
	*Wire
	request     *Request
	ledger      ledger      // written by the transport
	connections connections // of the attempt under way
	retrier     retrier
	reporter    reporter
	answer      Answer

	// What sends the attempts stands here, since one piece of memory is cheaper than many.
	client  http.Client
	retries retryablehttp.Client
	sent    retryablehttp.Request
}

// failure makes the error of a call without a usable answer.
func (c *call) failure(ctx context.Context, err error) *Failure {
	err = withoutURL(err)
	if ended := ctx.Err(); ended != nil && !errors.Is(err, ended) {
		err = contextError{ended, err} // a context's cause says why, not that
	}
	return &Failure{
		Attempts: c.ledger.attempts, Waited: c.ledger.waited, Left: c.ledger.left,
		Answered: c.retrier.last, Err: c.ledger.redactor(c.request.Secrets).Error(err),
	}
}
