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
	throttle *throttle.Pausable
	policy   policy
	timeout  error // of an attempt
	retries  retryablehttp.Client
}

// New returns a Wire. Nothing is sent.
func New(cfg Config) *Wire {
	return &Wire{
		Config:   cfg,
		throttle: throttle.Pausing(cfg.Throttle),
		policy:   newPolicy(cfg.Retries, cfg.Credential),
		timeout:  &attemptTimeoutError{cfg.AttemptTimeout},
		retries: retryablehttp.Client{
			HTTPClient:   &http.Client{Transport: attempts{}, CheckRedirect: cfg.Origin.checkRedirect},
			Logger:       nil, // the hooks tell
			RetryMax:     math.MaxInt,
			CheckRetry:   checkRetry,
			Backoff:      noBackoff,
			PrepareRetry: prepareRetry,
			ErrorHandler: retryablehttp.PassthroughErrorHandler,
		},
	}
}

// Estimate returns how long it takes until that many more calls could have started, as far as the
// throttle can tell.
func (w *Wire) Estimate(calls int) time.Duration { return w.throttle.Estimate(calls) }

// Redactor returns a Redactor of some secrets and of those of the credential, as far as they are
// known now.
func (w *Wire) Redactor(secrets ...string) Redactor {
	return NewRedactor(append(w.Credential.secrets(), secrets...)...)
}

// Shown is the URL of a request as it may be shown. A server may have given the link.
func (w *Wire) Shown(r *Request) string { return w.Redactor(r.Secrets...).Text(PlainURL(r.URL)) }

// Do sends a call, again where that is right. Its error is a [*Failure].
func (w *Wire) Do(ctx context.Context, req *Request) (*Answer, error) {
	c := &call{Context: ctx, wire: w, request: req}
	c.retrier = retrier{policy: &w.policy, call: c}
	c.sent.Request = (&http.Request{
		Method: req.Method, URL: req.URL, Host: req.URL.Host, Header: noHeader,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(c)
	resp, err := w.retries.Do(&c.sent) //nolint:bodyclose // it is read, and http.NoBody by now
	if err != nil {
		release(c.ledger.body)
		return nil, c.failure(err)
	}
	return c.answerWith(resp), nil
}

// noHeader is what net/http and the retry library see of the headers of a call: they would copy
// them, and each attempt has its own anyway. Nobody changes it.
var noHeader = http.Header{}

// A call is one request on its way: what its attempts leave behind, and who decides about the next.
// It is the context of what is sent, by which its attempts find it.
type call struct {
	context.Context
	wire        *Wire
	request     *Request
	ledger      ledger       // written by the transport
	connections *connections // of the attempt under way
	first       connections  // of the first attempt, which is the only one as a rule
	retrier     retrier
	sent        retryablehttp.Request
	answer      Answer
}

// callKey finds the call in the context of what is sent.
type callKey struct{}

// Value implements context.Context.
func (c *call) Value(key any) any {
	if _, ok := key.(callKey); ok {
		return c
	}
	return c.Context.Value(key)
}

// callOf returns the call that something is sent for.
func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

// answerWith makes an Answer of a response, whose body is in the ledger.
func (c *call) answerWith(resp *http.Response) *Answer {
	c.answer = Answer{StatusCode: resp.StatusCode, Header: resp.Header, call: c}
	return &c.answer
}

// redactor knows what must not be shown of the call.
func (c *call) redactor() Redactor {
	return c.wire.Redactor(append(c.ledger.secrets(), c.request.Secrets...)...)
}

// failure makes the error of a call without a usable answer.
func (c *call) failure(err error) *Failure {
	err = withoutURL(err)
	if ended := c.Err(); ended != nil && !errors.Is(err, ended) {
		err = contextError{ended, err} // a context's cause says why, not that
	}
	return &Failure{
		Attempts: c.ledger.attempts, Waited: c.ledger.waited, Left: c.ledger.left,
		Answered: c.retrier.last, Err: c.redactor().Error(err),
	}
}
