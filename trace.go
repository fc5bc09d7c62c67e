package bitbucket

import (
	"context"
	"log/slog"
	"time"
)

// A Trace is a set of hooks that are called as calls go on, like
// net/http/httptrace. Any of them may be nil. They are called from the goroutine
// of the call, so they should return soon, and from several goroutines at once
// when the client is used so. They never see a credential or a query string.
type Trace struct {
	// WaitStart is called before an attempt asks the throttle for a slot and the
	// slot is not free, or the throttle cannot tell.
	WaitStart func(ctx context.Context, info WaitStartInfo)
	// WaitDone is called when the slot is there, or the wait was given up. It
	// follows each WaitStart.
	WaitDone func(ctx context.Context, info WaitDoneInfo)
	// Attempt is called when an attempt has ended, with an answer or without.
	Attempt func(ctx context.Context, info AttemptInfo)
	// Retry is called when another attempt is going to be made.
	Retry func(ctx context.Context, info RetryInfo)
}

// WaitStartInfo says what an attempt is going to wait for.
type WaitStartInfo struct {
	Method string
	URL    string    // without its query
	Until  time.Time // when the slot is expected; zero when the throttle cannot tell
}

// WaitDoneInfo says how a wait ended.
type WaitDoneInfo struct {
	Method string
	URL    string // without its query
	Waited time.Duration
	Err    error // why the wait was given up; nil when the slot is there
}

// AttemptInfo says how one attempt went.
type AttemptInfo struct {
	Method     string
	URL        string // without its query
	Pattern    string // the documented path, such as /2.0/users/{selected_user}; empty for Do
	Number     int    // within the call, from 1
	StatusCode int    // 0 without an answer
	Err        error  // nil with an answer
	Duration   time.Duration
}

// RetryInfo says why and when another attempt will be made.
type RetryInfo struct {
	Method     string
	URL        string // without its query
	Number     int    // of the attempt that failed, from 1
	StatusCode int    // 0 without an answer
	Err        error  // nil with an answer
	Delay      time.Duration
}

// observers are all who want to know: the traces and the logger.
type observers struct {
	traces []*Trace
	logger *slog.Logger
}

// none reports whether nobody wants to know.
func (o observers) none() bool { return len(o.traces) == 0 && o.logger == nil }

func (o observers) waitStart(ctx context.Context, info WaitStartInfo) {
	for _, t := range o.traces {
		if t.WaitStart != nil {
			t.WaitStart(ctx, info)
		}
	}
	if o.logger != nil && !info.Until.IsZero() {
		o.logger.LogAttrs(ctx, slog.LevelInfo, "bitbucket: waiting for the throttle",
			slog.String("method", info.Method), slog.String("url", info.URL), slog.Time("until", info.Until))
	}
}

func (o observers) waitDone(ctx context.Context, info WaitDoneInfo) {
	for _, t := range o.traces {
		if t.WaitDone != nil {
			t.WaitDone(ctx, info)
		}
	}
}

func (o observers) attempt(ctx context.Context, info AttemptInfo) {
	for _, t := range o.traces {
		if t.Attempt != nil {
			t.Attempt(ctx, info)
		}
	}
	if o.logger != nil && o.logger.Enabled(ctx, slog.LevelDebug) {
		o.logger.LogAttrs(ctx, slog.LevelDebug, "bitbucket: attempt",
			slog.String("method", info.Method), slog.String("url", info.URL), slog.Int("number", info.Number),
			slog.Int("status", info.StatusCode), slog.Duration("duration", info.Duration), errAttr(info.Err))
	}
}

func (o observers) retry(ctx context.Context, info RetryInfo) {
	for _, t := range o.traces {
		if t.Retry != nil {
			t.Retry(ctx, info)
		}
	}
	if o.logger != nil {
		o.logger.LogAttrs(ctx, slog.LevelWarn, "bitbucket: retrying",
			slog.String("method", info.Method), slog.String("url", info.URL), slog.Int("number", info.Number),
			slog.Int("status", info.StatusCode), slog.Duration("delay", info.Delay), errAttr(info.Err))
	}
}

func errAttr(err error) slog.Attr {
	if err == nil {
		return slog.Attr{}
	}
	return slog.String("error", err.Error())
}
