package wire

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

const (
	// firstBackoff and maxBackoff bound the wait before a retry, before jitter.
	firstBackoff = 500 * time.Millisecond
	maxBackoff   = 30 * time.Second

	// maxRefusals is how often one call may be refused with 429, and maxPauses in how many windows.
	maxRefusals = 30
	maxPauses   = 2

	// maxResends is how often a call is sent again for nothing after dead connections.
	maxResends = 5
)

// A policy is what the calls of a client share to decide about retries.
type policy struct {
	retries    int
	credential *Credential
	budget     *retryBudget
	storms     *storms
}

func newPolicy(retries int, credential *Credential) policy {
	return policy{retries, credential, newRetryBudget(retries), new(storms)}
}

// A retrier decides whether another attempt of its call follows, and remembers what it needs for
// that.
type retrier struct {
	*policy
	call         *call
	retried      int           // so far
	serverErrors int           // answers of 500 so far
	renewed      bool          // the credential, after a refusal
	resends      int           // of what a dead connection did not take
	refusals     int           // answers of 429 so far
	paused       time.Duration // since the first of them
	delay        time.Duration // before the next attempt
	last         *Said         // what the last attempt was answered with, when another follows
}

// A verdict is what the end of an attempt means for the next one.
type verdict struct {
	again bool
	free  bool // does not count as a retry
	delay time.Duration
	pause time.Duration // that everybody makes, this call included
}

// check decides whether another attempt follows.
func (r *retrier) check(resp *http.Response, err error) (bool, error) {
	l := &r.call.ledger
	err = withoutURL(err)
	v := r.judge(resp, err)
	if err == nil && resp.StatusCode < 500 && resp.StatusCode != http.StatusTooManyRequests {
		r.budget.give()
		r.storms.calm(l.route, l.sentAt)
	}
	if !v.again || r.call.Err() != nil {
		return false, nil //nolint:nilerr // the call ends with the last answer or error
	}
	if deadline, ok := r.call.Deadline(); ok && time.Until(deadline) < max(v.delay, v.pause) {
		return false, nil
	}
	if !v.free {
		if r.retried >= r.retries || !r.budget.take() {
			return false, nil
		}
		r.retried++
	}
	r.last = nil
	if err == nil && resp.StatusCode != http.StatusUnauthorized {
		said := r.call.answerWith(resp).Said()
		r.last = &said
	}
	r.delay = v.delay
	r.call.retrying(resp, err, max(v.delay, v.pause))
	return true, nil
}

// judge says what the end of an attempt means for the next one.
func (r *retrier) judge(resp *http.Response, err error) verdict {
	if err != nil {
		return r.unanswered(err)
	}
	idempotent := isIdempotent(r.call.request.Method)
	switch resp.StatusCode {
	case http.StatusUnauthorized:
		return verdict{again: r.renew(), free: true}
	case http.StatusTooManyRequests:
		return r.refused(resp.Header)
	case http.StatusInternalServerError:
		r.serverErrors++
		return verdict{again: idempotent && r.serverErrors == 1, delay: r.jitter()}
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		if after, ok := RetryAfter(resp.Header); ok {
			return verdict{again: idempotent && after <= maxRetryAfter, delay: after}
		}
		return verdict{again: idempotent, delay: r.jitter()}
	}
	return verdict{}
}

// unanswered says whether a request that got no answer may be sent again: always when it certainly
// never left, and when doing it twice is the same as once.
func (r *retrier) unanswered(err error) verdict {
	l := &r.call.ledger
	if e, ok := errors.AsType[*TokenError](err); ok {
		v := verdict{again: e.retriable(), delay: r.jitter()}
		if wait := e.wait(); wait > 0 {
			v.delay, v.pause = 0, wait // the next attempt waits for the token endpoint
		}
		return v
	}
	switch {
	case l.replayed && l.unsent:
		r.resends++
		return verdict{again: true, free: r.resends <= maxResends} // at once: a kept connection was dead
	case isPermanent(err), !l.begun:
		return verdict{} // trying again changes nothing, or the throttle refused
	}
	return verdict{again: l.unsent || isIdempotent(r.call.request.Method), delay: r.jitter()}
}

// renew replaces the token that the server has refused, once in a call. A call that was refused so
// has done nothing, so any method may be sent again.
func (r *retrier) renew() bool {
	c := r.credential
	if c == nil || c.renew == nil || !c.renew(r.call.ledger.last()) || r.renewed {
		return false
	}
	r.renewed = true
	return true
}

// refused pauses all callers after a 429. A call goes on until it was refused again after pauses
// that any window would have cleared in.
func (r *retrier) refused(h http.Header) verdict {
	l := &r.call.ledger
	now, window := time.Now(), windowOf(l.route)
	after, told := RetryAfter(h)
	until := now.Add(min(after, maxRetryAfter))
	if !told {
		until = r.storms.hit(l.route, isEdge(h), l.sentAt, now, window)
	}
	l.route.Pause(until)
	r.refusals++
	v := verdict{pause: until.Sub(now), free: r.retries > 0}
	v.again = after <= maxRetryAfter && r.refusals <= maxRefusals && r.paused < maxPauses*window
	r.paused += v.pause
	return v
}

func isIdempotent(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodOptions:
		return true
	}
	return false
}

// jitter is the wait before a retry: it doubles, and is drawn from its upper half so that callers
// that failed together do not come back together.
func (r *retrier) jitter() time.Duration {
	return jittered(firstBackoff<<min(r.retried, 10), maxBackoff)
}

// wait waits until the next attempt may be made.
func (r *retrier) wait() error {
	timer := time.NewTimer(r.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-r.call.Done():
		return r.call.Err()
	}
}

// checkRetry, noBackoff and prepareRetry are what the retry library asks on behalf of all calls. Its
// Backoff is not told of which call, so it is the hook before the next attempt that waits.
func checkRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	return callOf(ctx).retrier.check(resp, err)
}

func noBackoff(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return 0 }

func prepareRetry(req *http.Request) error { return callOf(req.Context()).retrier.wait() }

// A retryBudget keeps an outage from multiplying the traffic: retries draw on it, answered calls
// refill it slowly.
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
