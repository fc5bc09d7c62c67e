package bitbucket

import (
	"context"
	"log/slog"
	"time"

	"github.com/seed-9213fc64/bitbucket/internal/wire"
)

// A Trace is a set of hooks that are called as calls go on, like net/http/httptrace. Any of them
// may be nil, which is the default and no hook. They are called in the goroutine of the call, so they should return
// soon, and from several goroutines at once when the client is used so; those of a page that
// [Prefetch] fetches, in the goroutine that fetches it. They see neither a credential nor a query
// string.
type Trace struct {
	// CallStart is called before a call; of a list, each page is a call. The values of the context
	// that it returns go on to the attempts and to the other hooks of the call; nil is the call's own
	// context.
	CallStart func(ctx context.Context, info CallStartInfo) context.Context
	// CallDone is called when a call is over.
	CallDone func(ctx context.Context, info CallDoneInfo)
	// WaitStart is called before an attempt asks the throttle for a slot and the slot is not free, or
	// the throttle cannot tell. It is not called for a slot that is expected after the deadline of the
	// call, which fails without waiting.
	WaitStart func(ctx context.Context, info WaitStartInfo)
	// WaitDone is called when the slot is there, or the wait was given up. It follows each WaitStart.
	WaitDone func(ctx context.Context, info WaitDoneInfo)
	// Attempt is called when an attempt has ended, with an answer or without.
	Attempt func(ctx context.Context, info AttemptInfo)
	// Retry is called when another attempt is going to be made.
	Retry func(ctx context.Context, info RetryInfo)
}

// CallStartInfo says what is going to be called.
type CallStartInfo struct {
	Operation string // the method that calls it: Users.Get; empty for an endpoint without one
	Pattern   string // the documented path: /2.0/users/{selected_user}; empty when nobody knows it
	Method    string // of HTTP
	URL       string // without its query
}

// CallDoneInfo says how a call went.
type CallDoneInfo struct {
	Operation  string        // as in [CallStartInfo]
	Pattern    string        // as in [CallStartInfo]
	Method     string        // of HTTP
	URL        string        // without its query
	StatusCode int           // of the last answer; 0 when there was none
	Attempts   int           // how many were sent
	Duration   time.Duration // of the whole call, waiting included
	Err        error         // what the call returned
	Unread     []Unread      // members of the answer that could not be read
}

// WaitStartInfo says what an attempt is going to wait for.
type WaitStartInfo struct {
	Operation string    // as in [CallStartInfo]
	Pattern   string    // as in [CallStartInfo]
	Method    string    // of HTTP
	URL       string    // without its query
	Until     time.Time // when the slot is expected; zero when the throttle cannot tell
}

// WaitDoneInfo says how a wait ended.
type WaitDoneInfo struct {
	Operation string        // as in [CallStartInfo]
	Pattern   string        // as in [CallStartInfo]
	Method    string        // of HTTP
	URL       string        // without its query
	Waited    time.Duration // how long
	Err       error         // why the wait was given up; nil when the slot is there
}

// AttemptInfo says how one attempt went.
type AttemptInfo struct {
	Operation  string        // as in [CallStartInfo]
	Pattern    string        // as in [CallStartInfo]
	Method     string        // of HTTP
	URL        string        // without its query
	Number     int           // within the call, from 1
	StatusCode int           // 0 without an answer
	Err        error         // nil with an answer
	Duration   time.Duration // from sending to the last byte of the answer
}

// RetryInfo says why and when another attempt will be made.
type RetryInfo struct {
	Operation  string        // as in [CallStartInfo]
	Pattern    string        // as in [CallStartInfo]
	Method     string        // of HTTP
	URL        string        // without its query
	Number     int           // of the attempt that failed, from 1
	StatusCode int           // 0 without an answer
	Err        error         // nil with an answer
	Delay      time.Duration // until that attempt asks the throttle for its slot
}

// observers are all who want to know: the traces and the logger.
type observers struct {
	traces []*Trace
	logger *slog.Logger // nil: only long waits are logged, to slog's default logger
}

// hooks are what the wire tells the observers.
func (o observers) hooks() wire.Hooks {
	hooks := wire.Hooks{LongWait: o.longWait}
	if len(o.traces) > 0 || o.logger != nil {
		hooks.WaitStart, hooks.WaitDone, hooks.Attempt, hooks.Retry = o.waitStart, o.waitDone, o.attempt, o.retry
	}
	return hooks
}

// start begins a call, and returns the context whose values its attempts have; nil without any.
func (o observers) start(
	ctx context.Context, req *wire.Request, w *wire.Wire,
) (values context.Context) {
	for _, t := range o.traces {
		if t.CallStart == nil {
			continue
		}
		info := CallStartInfo{req.Operation, req.Pattern, req.Method, w.Shown(req)}
		if next := t.CallStart(ctx, info); next != nil {
			ctx, values = next, next
		}
	}
	return values
}

// done ends a call.
func (o observers) done(ctx context.Context, info CallDoneInfo) {
	for _, t := range o.traces {
		if t.CallDone != nil {
			t.CallDone(ctx, info)
		}
	}
}

func (o observers) waitStart(ctx context.Context, info wire.WaitStart) {
	for _, t := range o.traces {
		if t.WaitStart != nil {
			t.WaitStart(ctx, WaitStartInfo(info))
		}
	}
	if !info.Until.IsZero() {
		o.logWait(ctx, info, time.Until(info.Until) > wire.LongWait)
	}
}

func (o observers) longWait(ctx context.Context, info wire.WaitStart) { o.logWait(ctx, info, true) }

// logWait logs a wait. A long one looks like a hang, so it is logged also when nobody asked.
func (o observers) logWait(ctx context.Context, info wire.WaitStart, long bool) {
	logger, level := o.logger, slog.LevelInfo
	if long {
		level = slog.LevelWarn
		if logger == nil {
			logger = slog.Default()
		}
	}
	if logger == nil {
		return
	}
	attrs := call(info.Operation, info.Pattern, info.Method, info.URL)
	if !info.Until.IsZero() {
		attrs = append(attrs, slog.Time("until", info.Until))
	}
	logger.LogAttrs(ctx, level, "bitbucket: waiting for the throttle", attrs...)
}

func (o observers) waitDone(ctx context.Context, info wire.WaitDone) {
	for _, t := range o.traces {
		if t.WaitDone != nil {
			t.WaitDone(ctx, WaitDoneInfo(info))
		}
	}
}

func (o observers) attempt(ctx context.Context, info wire.Attempt) {
	for _, t := range o.traces {
		if t.Attempt != nil {
			t.Attempt(ctx, AttemptInfo(info))
		}
	}
	if o.logger != nil && o.logger.Enabled(ctx, slog.LevelDebug) {
		o.logger.LogAttrs(ctx, slog.LevelDebug, "bitbucket: attempt",
			append(call(info.Operation, info.Pattern, info.Method, info.URL),
				slog.Int("number", info.Number), slog.Int("status", info.StatusCode),
				slog.Duration("duration", info.Duration), errAttr(info.Err))...)
	}
}

func (o observers) retry(ctx context.Context, info wire.Retry) {
	for _, t := range o.traces {
		if t.Retry != nil {
			t.Retry(ctx, RetryInfo(info))
		}
	}
	if o.logger != nil {
		o.logger.LogAttrs(ctx, slog.LevelWarn, "bitbucket: retrying",
			append(call(info.Operation, info.Pattern, info.Method, info.URL),
				slog.Int("number", info.Number), slog.Int("status", info.StatusCode),
				slog.Duration("delay", info.Delay), errAttr(info.Err))...)
	}
}

// call is what every line of the log says of its call.
func call(operation, pattern, method, url string) []slog.Attr {
	return []slog.Attr{
		slog.String("operation", operation), slog.String("pattern", pattern),
		slog.String("method", method), slog.String("url", url),
	}
}

func errAttr(err error) slog.Attr {
	if err == nil {
		return slog.Attr{}
	}
	return slog.String("error", err.Error())
}
