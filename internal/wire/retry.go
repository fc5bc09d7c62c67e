package wire

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// firstBackoff and maxBackoff bound the wait before a retry, before jitter.
	firstBackoff = 500 * time.Millisecond
	maxBackoff   = 30 * time.Second

	// maxRetryAfter is the longest wait that a server may ask for. A call that is told to wait
	// longer fails at once and says for how long.
	maxRetryAfter = 24 * time.Hour

	// maxRefusals is how often one call may be refused with 429, and maxPauses in how many windows.
	maxRefusals = 30
	maxPauses   = 2

	// maxResends is how often a call is sent again for nothing after dead connections.
	maxResends = 5
)

// A retrier decides whether another attempt of its call follows, and remembers what it needs for
// that.
type retrier struct {
	call         *call
	retries      int           // so far
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
func (r *retrier) check(ctx context.Context, resp *http.Response, err error) (bool, error) {
	w, l := r.call.wire, &r.call.ledger
	err = withoutURL(err)
	v := r.judge(resp, err)
	if err == nil && resp.StatusCode < 500 && resp.StatusCode != http.StatusTooManyRequests {
		w.budget.give()
		w.storms.calm(l.route, l.sentAt)
	}
	if !v.again || ctx.Err() != nil {
		return false, nil
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < max(v.delay, v.pause) {
		return false, nil
	}
	if !v.free {
		if r.retries == w.Retries || !w.budget.take() {
			return false, nil
		}
		r.retries++
	}
	r.last = nil
	if err == nil && resp.StatusCode != http.StatusUnauthorized {
		said := r.call.answer(resp).Said()
		r.last = &said
	}
	r.delay = v.delay
	r.call.retrying(ctx, resp, err, max(v.delay, v.pause))
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
	c := r.call.wire.Credential
	if c == nil || c.renew == nil || !c.renew(r.call.ledger.last()) || r.renewed {
		return false
	}
	r.renewed = true
	return true
}

// refused pauses all callers after a 429. A call goes on until it was refused again after pauses
// that any window would have cleared in.
func (r *retrier) refused(h http.Header) verdict {
	w, l := r.call.wire, &r.call.ledger
	now, window := time.Now(), windowOf(l.route)
	after, told := RetryAfter(h)
	until := now.Add(min(after, maxRetryAfter))
	if !told {
		until = w.storms.hit(l.route, isEdge(h), l.sentAt, now, window)
	}
	l.route.Pause(until)
	r.refusals++
	v := verdict{pause: until.Sub(now), free: w.Retries > 0}
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
	return jittered(firstBackoff<<min(r.retries, 10), maxBackoff)
}

func jittered(d, most time.Duration) time.Duration {
	d = min(d, most)
	return d/2 + rand.N(d/2+1)
}

// backoff is what the retry library asks; the answer is known by then.
func (r *retrier) backoff(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return r.delay }

// RetryAfter reads a Retry-After header: seconds, a date, or seconds since 1970, which some servers
// send. Of several the longest one counts. What is none of them counts as absent, and so do zero,
// the negative and the past.
func RetryAfter(h http.Header) (after time.Duration, ok bool) {
	for _, value := range h.Values("Retry-After") {
		d := parseRetryAfter(value)
		if d == 0 { // proxies join several with commas, which a date has too
			for part := range strings.SplitSeq(value, ",") {
				d = max(d, parseRetryAfter(part))
			}
		}
		after = max(after, d)
	}
	return after, after > 0
}

// epochYears is how far from now a number of seconds may lie that is taken for a point in time.
const epochYears = 10 * 365 * 24 * time.Hour

func parseRetryAfter(value string) time.Duration {
	value = strings.TrimSpace(value)
	if at, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(at))
	}
	notInNumber := func(r rune) bool { return (r < '0' || r > '9') && !strings.ContainsRune(".eE+", r) }
	seconds, err := strconv.ParseFloat(value, 64)
	if err != nil || strings.ContainsFunc(value, notInNumber) {
		return 0
	}
	if seconds > 1e9 && seconds < 1e10 { // nobody is told to wait for thirty years
		if until := time.Until(time.Unix(int64(seconds), 0)); until.Abs() < epochYears {
			return max(0, until)
		}
	}
	if seconds > math.MaxInt64/float64(2*time.Second) {
		return math.MaxInt64 / 2
	}
	return time.Duration(math.Ceil(seconds)) * time.Second
}
