package bitbucket

import (
	"context"
	"crypto/tls"
	"errors"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

const (
	// firstBackoff and maxBackoff bound the wait before a retry, before jitter.
	firstBackoff = 500 * time.Millisecond
	maxBackoff   = 30 * time.Second

	// maxRetryAfter is the longest wait that a server may ask for. A call that is
	// told to wait longer fails at once and says for how long.
	maxRetryAfter = 24 * time.Hour

	// firstPause is how long all callers pause after a 429 that does not say.
	firstPause = time.Minute
	// defaultWindow bounds that pause when the throttle has no window of its own.
	defaultWindow = 30 * time.Minute
)

// retrier runs the attempts of a call. It is made for each call, so that its
// hooks are methods of the call.
func (k *call) retrier() *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient:   k.client.http,
		Logger:       nil, // the observers log
		RetryMax:     k.client.retries,
		CheckRetry:   k.checkRetry,
		Backoff:      k.backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
}

// checkRetry decides whether another attempt follows.
func (k *call) checkRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	k.tries++
	err = withoutURL(err)
	if k.abroad {
		return false, nil // what another host says is not about this API
	}
	delay, again := k.judge(resp, err)
	if err == nil && resp.StatusCode < 500 && resp.StatusCode != http.StatusTooManyRequests {
		k.client.budget.give()
		k.client.storm.calm(k.sent)
	}
	if !again || ctx.Err() != nil || k.tries > k.client.retries {
		return false, nil
	}
	if deadline, ok := ctx.Deadline(); ok && time.Now().Add(delay).After(deadline) {
		return false, nil
	}
	limited := err == nil && resp.StatusCode == http.StatusTooManyRequests
	if !limited && !k.client.budget.take() {
		return false, nil
	}
	if err == nil {
		k.last = k.newError(resp, bodyOf(resp))
	}
	k.delay = delay
	if limited {
		k.delay = 0 // the throttle makes this caller wait, like all others
	}
	info := RetryInfo{Method: k.method, URL: plainURL(k.url), Number: k.attempts, Err: err, Delay: delay}
	if err == nil {
		info.StatusCode = resp.StatusCode
	}
	k.client.observers.retry(ctx, info)
	return true, nil
}

// judge says whether an attempt's end allows another one, and how long to wait.
func (k *call) judge(resp *http.Response, err error) (time.Duration, bool) {
	if err != nil {
		return k.jitter(), k.mayResend(err)
	}
	switch resp.StatusCode {
	case http.StatusUnauthorized:
		return 0, k.renewed()
	case http.StatusTooManyRequests:
		return k.rateLimited(resp.Header)
	case http.StatusInternalServerError:
		k.serverErrors++
		return k.jitter(), isIdempotent(k.method) && k.serverErrors == 1
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		if after, ok := retryAfter(resp.Header); ok {
			return after, isIdempotent(k.method) && after <= maxRetryAfter
		}
		return k.jitter(), isIdempotent(k.method)
	}
	return 0, false
}

// renewed replaces the token that the server has refused, once in a call. A call that
// was refused so has done nothing, so any method may be sent again.
func (k *call) renewed() bool {
	c := k.client.credential
	if c == nil || c.renew == nil || !c.renew(k.header) || k.renewals > 0 {
		return false
	}
	k.renewals++
	return true
}

// rateLimited pauses all callers and says how long.
func (k *call) rateLimited(h http.Header) (time.Duration, bool) {
	now := time.Now()
	after, ok := retryAfter(h)
	until := now.Add(min(after, maxRetryAfter))
	if !ok {
		until = k.client.storm.hit(k.sent, now, windowOf(k.throttle))
	}
	k.throttle.Pause(until)
	if after > maxRetryAfter {
		return after, false
	}
	return until.Sub(now), true
}

// windowOf is the length of a throttle's window.
func windowOf(t throttle.Throttle) time.Duration {
	if p, ok := t.(*pausable); ok {
		t = p.Throttle
	}
	if r, ok := t.(throttle.Reporter); ok {
		if w := r.Status().Window; w > 0 {
			return w
		}
	}
	return defaultWindow
}

// mayResend says whether a request that got no answer may be sent again: always
// when it certainly never left, and when doing it twice is the same as once.
func (k *call) mayResend(err error) bool {
	if e, ok := errors.AsType[*Error](err); ok && e.tokenRequest {
		_, network := errors.AsType[net.Error](err)
		return e.StatusCode == 0 && network && !isPermanent(err) || e.StatusCode >= 500
	}
	if k.unsent || isPermanent(err) {
		return false // the throttle refused, or trying again changes nothing
	}
	return isIdempotent(k.method) || neverLeft(err)
}

func isIdempotent(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodOptions:
		return true
	}
	return false
}

// isPermanent says whether an error comes back however often one tries.
func isPermanent(err error) bool {
	for _, permanent := range [...]error{context.Canceled, ErrForeignOrigin, ErrResponseTooLarge, errRedirect} {
		if errors.Is(err, permanent) {
			return true
		}
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	return false
}

// neverLeft says whether the connection was never made.
func neverLeft(err error) bool {
	for {
		op, ok := errors.AsType[*net.OpError](err)
		if !ok {
			break
		}
		if op.Op == "dial" {
			return true
		}
		err = op.Err // that of a proxy holds the dial's
	}
	_, ok := errors.AsType[*net.DNSError](err)
	return ok
}

// jitter is the wait before a retry: it doubles, and is drawn from its upper half
// so that callers that failed together do not come back together.
func (k *call) jitter() time.Duration {
	d := min(firstBackoff<<min(k.tries-1, 10), maxBackoff)
	return d/2 + rand.N(d/2+1)
}

// backoff is what the retry library asks; the answer is known by then.
func (k *call) backoff(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return k.delay }

// retryAfter reads a Retry-After header in either form: seconds or a date. What
// is neither counts as absent, and so do zero, the negative and the past.
func retryAfter(h http.Header) (time.Duration, bool) {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		if !(seconds > 0) {
			return 0, false
		}
		if seconds > math.MaxInt64/float64(2*time.Second) {
			return math.MaxInt64 / 2, true
		}
		return time.Duration(math.Ceil(seconds)) * time.Second, true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	after := time.Until(at)
	return after, after > 0
}

// A storm remembers the pauses after 429s that did not say how long to wait.
type storm struct {
	mu    sync.Mutex
	pause time.Duration // the last one; 0 in calm weather
	until time.Time     // its end
}

// hit is told of a 429 to an attempt, and returns until when to pause. Pauses
// double as long as the first attempt after one is refused again; refusals of
// attempts that were under way already say nothing new.
func (s *storm) hit(sent, now time.Time, most time.Duration) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pause > 0 && sent.Before(s.until) {
		return s.until
	}
	if now.Sub(s.until) > most {
		s.pause = 0 // that was another storm
	}
	s.pause = min(max(2*s.pause, firstPause), most)
	s.until = now.Add(s.pause)
	return s.until
}

// calm is told of an answer that was no refusal.
func (s *storm) calm(sent time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !sent.Before(s.until) {
		s.pause = 0
	}
}

// A retryBudget keeps an outage from multiplying the traffic: retries draw on it,
// answered calls refill it slowly.
type retryBudget struct {
	mu     sync.Mutex
	tokens float64
	most   float64
}

func newRetryBudget(retries int) *retryBudget {
	most := float64(max(20, 5*retries))
	return &retryBudget{tokens: most, most: most}
}

func (b *retryBudget) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

func (b *retryBudget) give() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tokens = min(b.tokens+0.2, b.most)
}

// A pausing throttle can make everybody wait.
type pausing interface {
	throttle.Throttle
	throttle.Pauser
}

// withPause is t when it can pause, and t with the client's pause before it when it
// cannot.
func withPause(t throttle.Throttle, p *pause) pausing {
	if able, ok := t.(pausing); ok {
		return able
	}
	return &pausable{t, p}
}

// A pausable throttle is one that could not pause, with the client's pause before
// it, so that a 429 makes all callers of a client wait whatever throttle it has.
type pausable struct {
	throttle.Throttle
	*pause
}

// A pause is until when nobody passes.
type pause struct {
	mu    sync.Mutex
	until time.Time
}

// Pause lets nobody pass before until.
func (p *pause) Pause(until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until.After(p.until) {
		p.until = until
	}
}

func (p *pause) pausedUntil() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.until
}

// Acquire waits for the end of the pause, which may be put off meanwhile, and then
// for the throttle's slot.
func (p *pausable) Acquire(ctx context.Context) (func(sent bool), error) {
	for {
		until := p.pausedUntil()
		wait := time.Until(until)
		if wait <= 0 {
			return p.Throttle.Acquire(ctx)
		}
		if deadline, ok := ctx.Deadline(); ok && until.After(deadline) {
			return nil, &throttle.WaitError{Until: until, Deadline: deadline}
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
	}
}
