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
	"net/http"
	"net/url"
	"slices"
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
	budget   *retryBudget
	storms   storms
}

// New returns a Wire. Nothing is sent.
func New(cfg Config) *Wire {
	return &Wire{Config: cfg, throttle: throttle.Pausing(cfg.Throttle), budget: newRetryBudget(cfg.Retries)}
}

// Estimate returns how long it takes until that many more calls could have started, as far as the
// throttle can tell.
func (w *Wire) Estimate(calls int) time.Duration { return w.throttle.Estimate(calls) }

// Redactor returns a Redactor of some secrets and of those of the credential, as far as they are
// known now.
func (w *Wire) Redactor(secrets ...string) Redactor {
	if w.Credential == nil {
		return NewRedactor(secrets...)
	}
	return NewRedactor(append(w.Credential.known(), secrets...)...)
}

// Shown is the URL of a request as it may be shown. A server may have given the link.
func (w *Wire) Shown(r *Request) string { return w.Redactor(r.Secrets...).Text(PlainURL(r.URL)) }

// A Request is a call, as all of its attempts send it.
type Request struct {
	Method    string
	Operation string // the method of the library, for hooks
	Pattern   string // the documented path, for hooks
	URL       *url.URL
	Header    http.Header // without the credential
	Body      []byte
	Secrets   []string // what the call holds that must not be shown
}

// An Answer is what came of a call that the server answered, whatever the status. Its owner closes
// it.
type Answer struct {
	StatusCode int
	Header     http.Header
	Attempts   int
	Waited     time.Duration // for the throttle, over all attempts
	Brought    bool          // the transport has put a credential of its own into the request

	body     *body
	redactor func() Redactor
}

// Body returns the body as it came. It is for decoding what succeeded, and good until Close.
func (a *Answer) Body() []byte {
	if a.body == nil {
		return nil
	}
	return a.body.data
}

// Said returns what the server said without secrets. It is for all that is kept, shown or put into
// an error, and good after Close.
func (a *Answer) Said() Said {
	redactor := a.redactor()
	return Said{
		StatusCode: a.StatusCode,
		Header:     redactor.header(a.Header),
		Body:       []byte(redactor.Text(string(a.Body()))),
		Redactor:   redactor,
	}
}

// Redactor returns what takes the secrets of the call out of texts.
func (a *Answer) Redactor() Redactor { return a.redactor() }

// Close gives the memory of the body back.
func (a *Answer) Close() {
	release(a.body)
	a.body = nil
}

// Abandon leaves the body to whoever still reads it.
func (a *Answer) Abandon() { a.body = nil }

// Said is an answer without secrets. What is decoded from its body goes through the Redactor again,
// since a text may stand there written in two ways at once.
type Said struct {
	StatusCode int
	Header     http.Header
	Body       []byte
	Redactor   Redactor
}

// A Failure is a call without a usable answer.
type Failure struct {
	Attempts int
	Waited   time.Duration
	Answered *Said // the answer of an earlier attempt, when the call was going to be sent again
	Err      error // why there is no answer, without secrets
}

// Error returns why there is no answer.
func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap returns why there is no answer.
func (f *Failure) Unwrap() error { return f.Err }

// Do sends a call, again where that is right. Its error is a [*Failure].
func (w *Wire) Do(ctx context.Context, req *Request) (*Answer, error) {
	c := &call{wire: w, request: req}
	c.retrier.call = c
	out := &http.Request{
		Method: req.Method, URL: req.URL, Host: req.URL.Host, Header: req.Header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	retryable := &retryablehttp.Request{Request: out.WithContext(ctx)}
	if len(req.Body) > 0 {
		if err := retryable.SetBody(req.Body); err != nil {
			return nil, &Failure{Err: err}
		}
	}
	client := retryablehttp.Client{
		HTTPClient:   &http.Client{Transport: c, CheckRedirect: w.Origin.checkRedirect},
		Logger:       nil, // the hooks tell
		RetryMax:     int(^uint(0) >> 1),
		CheckRetry:   c.retrier.check,
		Backoff:      c.retrier.backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	resp, err := client.Do(retryable)
	if err != nil {
		release(c.ledger.body)
		return nil, c.failure(ctx, err)
	}
	return c.answer(resp), nil
}

// A call is one request on its way: what its attempts leave behind, and who decides about the next.
// It is the http.RoundTripper of its attempts.
type call struct {
	wire    *Wire
	request *Request
	ledger  ledger  // written by the transport
	retrier retrier // written by itself
}

// answer makes an Answer of the last response, whose body is in the ledger.
func (c *call) answer(resp *http.Response) *Answer {
	return &Answer{
		StatusCode: resp.StatusCode, Header: resp.Header,
		Attempts: c.ledger.attempts, Waited: c.ledger.waited, Brought: c.ledger.brought,
		body: c.ledger.body, redactor: c.redactor,
	}
}

// redactor knows what the attempts were authorized with, and the secrets of the call. Those that the
// credential has by now may be others.
func (c *call) redactor() Redactor {
	hidden := slices.Clone(c.request.Secrets)
	for _, a := range c.ledger.authorizations {
		hidden = append(hidden, a.hidden...)
	}
	return c.wire.Redactor(hidden...)
}

// failure makes the error of a call without a usable answer.
func (c *call) failure(ctx context.Context, err error) *Failure {
	err = withoutURL(err)
	if ended := ctx.Err(); ended != nil && !errors.Is(err, ended) {
		err = contextError{ended, err} // a context's cause says why, not that
	}
	return &Failure{
		Attempts: c.ledger.attempts, Waited: c.ledger.waited,
		Answered: c.retrier.last, Err: c.redactor().Error(err),
	}
}
