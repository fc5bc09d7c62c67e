package wire

import (
	"context"
	"net/http"
	"time"
)

// Hooks are told how calls go on, in the goroutine of the caller. Those that are nil are told
// nothing. What they are told has neither a credential nor a query string in it.
type Hooks struct {
	WaitStart func(context.Context, WaitStart)
	WaitDone  func(context.Context, WaitDone)
	Attempt   func(context.Context, Attempt)
	Retry     func(context.Context, Retry)

	// LongWait is told of waits of over [LongWait] of which WaitStart could not be told how long
	// they will be; also in another goroutine.
	LongWait func(context.Context, WaitStart)
}

// LongWait is how long a wait may be without looking like a hang.
const LongWait = 30 * time.Second

// WaitStart says what an attempt is going to wait for.
type WaitStart struct {
	Operation string
	Pattern   string
	Method    string
	URL       string
	Until     time.Time // zero when the throttle cannot tell
}

// WaitDone says how a wait ended.
type WaitDone struct {
	Operation string
	Pattern   string
	Method    string
	URL       string
	Waited    time.Duration
	Err       error
}

// Attempt says how one attempt went.
type Attempt struct {
	Operation  string
	Pattern    string
	Method     string
	URL        string
	Number     int
	StatusCode int
	Err        error
	Duration   time.Duration
}

// Retry says why and when another attempt will be made.
type Retry struct {
	Operation  string
	Pattern    string
	Method     string
	URL        string
	Number     int
	StatusCode int
	Err        error
	Delay      time.Duration
}

// A reporter tells the hooks how one call goes on.
type reporter struct {
	hooks   *Hooks
	request *Request
	ledger  *ledger
}

// shownURL is the URL as it may be shown.
func (t *reporter) shownURL() string {
	return t.ledger.redactor(t.request.Secrets).Text(PlainURL(t.request.URL))
}

func (t *reporter) waitStart(until time.Time) WaitStart {
	r := t.request
	return WaitStart{
		Operation: r.Operation, Pattern: r.Pattern, Method: r.Method, URL: t.shownURL(), Until: until,
	}
}

// waited tells how a wait ended.
func (t *reporter) waited(ctx context.Context, took time.Duration, err error) {
	if hook := t.hooks.WaitDone; hook != nil {
		r := t.request
		hook(ctx, WaitDone{
			Operation: r.Operation, Pattern: r.Pattern, Method: r.Method, URL: t.shownURL(),
			Waited: took, Err: err,
		})
	}
}

// attempted tells how an attempt went.
func (t *reporter) attempted(ctx context.Context, resp *http.Response, err error) {
	hook := t.hooks.Attempt
	if hook == nil {
		return
	}
	r := t.request
	info := Attempt{
		Operation: r.Operation, Pattern: r.Pattern, Method: r.Method, URL: t.shownURL(),
		Number: t.ledger.attempts, Duration: time.Since(t.ledger.sentAt),
	}
	if err != nil {
		info.Err = t.ledger.redactor(r.Secrets).Error(withoutURL(err))
	}
	if resp != nil {
		info.StatusCode = resp.StatusCode
	}
	hook(ctx, info)
}

// retrying tells that another attempt follows.
func (t *reporter) retrying(ctx context.Context, resp *http.Response, err error, delay time.Duration) {
	hook := t.hooks.Retry
	if hook == nil {
		return
	}
	r := t.request
	info := Retry{
		Operation: r.Operation, Pattern: r.Pattern, Method: r.Method, URL: t.shownURL(),
		Number: t.ledger.attempts, Delay: delay,
	}
	if err != nil {
		info.Err = t.ledger.redactor(r.Secrets).Error(err)
	} else {
		info.StatusCode = resp.StatusCode
	}
	hook(ctx, info)
}
