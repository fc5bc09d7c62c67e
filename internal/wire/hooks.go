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

// shownURL is the URL as it may be shown.
func (c *call) shownURL() string { return c.redactor().Text(PlainURL(c.request.URL)) }

func (c *call) waitStart(until time.Time) WaitStart {
	r := c.request
	return WaitStart{
		Operation: r.Operation, Pattern: r.Pattern, Method: r.Method, URL: c.shownURL(), Until: until,
	}
}

// waited tells the hook how a wait ended.
func (c *call) waited(took time.Duration, err error) {
	if hook := c.wire.Hooks.WaitDone; hook != nil {
		r := c.request
		hook(c, WaitDone{
			Operation: r.Operation, Pattern: r.Pattern, Method: r.Method, URL: c.shownURL(),
			Waited: took, Err: err,
		})
	}
}

// attempted tells the hook how an attempt went.
func (c *call) attempted(resp *http.Response, err error) {
	hook := c.wire.Hooks.Attempt
	if hook == nil {
		return
	}
	r := c.request
	info := Attempt{
		Operation: r.Operation, Pattern: r.Pattern, Method: r.Method, URL: c.shownURL(),
		Number: c.ledger.attempts, Duration: time.Since(c.ledger.sentAt),
	}
	if err != nil {
		info.Err = c.redactor().Error(withoutURL(err))
	}
	if resp != nil {
		info.StatusCode = resp.StatusCode
	}
	hook(c, info)
}

// retrying tells the hook that another attempt follows.
func (c *call) retrying(resp *http.Response, err error, delay time.Duration) {
	hook := c.wire.Hooks.Retry
	if hook == nil {
		return
	}
	r := c.request
	info := Retry{
		Operation: r.Operation, Pattern: r.Pattern, Method: r.Method, URL: c.shownURL(),
		Number: c.ledger.attempts, Delay: delay,
	}
	if err != nil {
		info.Err = c.redactor().Error(err)
	} else {
		info.StatusCode = resp.StatusCode
	}
	hook(c, info)
}
