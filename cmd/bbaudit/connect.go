package main

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/throttle"
	"golang.org/x/time/rate"
)

const (
	budgetCalls  = 100 // that Bitbucket allows in any budgetWindow
	budgetWindow = 30 * time.Minute

	demoWorkspace = "acme"
	demoWindow    = 5 * time.Second // stands for budgetWindow in the demo
	demoLatency   = 20 * time.Millisecond
)

// A connection is a client, and the count of what it sends.
type connection struct {
	client  *bitbucket.Client
	limit   throttle.Throttle
	kind    string // of the credential
	account string // whose calls are counted
	close   func() // ends what the throttle needs

	made, retried, refused atomic.Int64
	most                   int64 // calls; 0 for any number
	stop                   context.CancelCauseFunc
}

// errMaxCalls says that -max-calls was reached.
var errMaxCalls = errors.New("the calls that -max-calls allows are spent")

// errTimeout says that -timeout was reached.
var errTimeout = errors.New("the time that -timeout allows is over")

// connect makes the client, and the context of its calls.
func (p *program) connect(
	ctx context.Context,
	f connectFlags,
	extra ...bitbucket.Option,
) (context.Context, *connection, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	c := &connection{most: int64(f.MaxCalls), stop: cancel, close: func() {}}
	if f.Timeout > 0 {
		var end context.CancelFunc
		ctx, end = context.WithTimeoutCause(ctx, f.Timeout, errTimeout)
		c.stop = func(cause error) { cancel(cause); end() }
	}
	budget, err := parseBudget(f.Throttle)
	if err != nil {
		return ctx, nil, err
	}
	var opts []bitbucket.Option
	if f.Demo {
		opts, err = p.toDemo(ctx, c, budget)
	} else {
		opts, err = p.toBitbucket(ctx, c, budget)
	}
	if err == nil {
		opts = append(
			opts,
			bitbucket.WithThrottle(c.throttle()),
			bitbucket.WithTrace(p.progress.trace()),
			bitbucket.WithTrace(c.trace()),
			bitbucket.WithLogger(slog.New(slog.DiscardHandler)),
		) // progress says it
		opts = append(opts, extra...)
		c.client, err = bitbucket.NewClient(opts...)
	}
	if err != nil {
		c.close()
		c.stop(nil)
		return ctx, nil, err
	}
	return ctx, c, nil
}

// toBitbucket connects with the credential in the environment.
func (p *program) toBitbucket(
	ctx context.Context,
	c *connection,
	b budget,
) ([]bitbucket.Option, error) {
	cred, err := p.env.credential()
	if err != nil {
		return nil, err
	}
	c.kind, c.account = cred.kind, cred.account
	if _, err := bitbucket.NewClient(cred.options...); err != nil { // before calls are counted for it
		return nil, usageError{err.Error()}
	}
	if b, err = b.orCached(cred.account, p.env); err != nil {
		return nil, err
	}
	if c.limit, c.close, err = b.open(ctx, budgetCalls, budgetWindow); err != nil {
		c.close = func() {}
		return nil, err
	}
	if p.transport != nil {
		cred.options = append(cred.options, bitbucket.WithTransport(p.transport))
	}
	return cred.options, nil
}

// toDemo connects to an in-memory Bitbucket with a shorter window for both sides.
func (p *program) toDemo(ctx context.Context, c *connection, b budget) ([]bitbucket.Option, error) {
	allowed := budgetCalls
	switch {
	case b.isDefault():
		c.limit = throttle.Window(
			budgetCalls,
			demoWindow,
		) // what was spent is forgotten when the program ends
	default:
		limit, end, err := b.open(ctx, budgetCalls, demoWindow)
		if err != nil {
			return nil, err
		}
		c.limit, c.close = limit, end
	}
	if b.none {
		allowed = 0 // no limit on either side
	}
	server := p.demo(
		bitbuckettest.Throttle(allowed, demoWindow),
		bitbuckettest.Latency(func() time.Duration { return demoLatency }),
	)
	admin := server.Admin()
	c.kind, c.account = "API token", "demo"
	said := "the half hour of the throttle is shortened to " + short(demoWindow)
	if b.none {
		said = "it has no throttle, as -throttle says"
	}
	p.progress.say("this is the demo, an in-memory Bitbucket; %s", said)
	return []bitbucket.Option{
		bitbucket.WithAPIToken(admin.Email, admin.APIToken),
		bitbucket.WithTransport(server),
	}, nil
}

// throttle is what calls go through: never more of them than the allowed ones.
func (c *connection) throttle() throttle.Throttle {
	if c.most == 0 {
		return c.limit
	}
	return capAt(c.limit, c.most, func() { c.stop(errMaxCalls) })
}

// smooth spaces the starts of calls, since Bitbucket's edge refuses short bursts besides.
func smooth(t throttle.Throttle) throttle.Throttle {
	return throttle.Smooth(t, rate.NewLimiter(10, 10))
}

// trace counts what is sent, and keeps a retry from going over -max-calls.
func (c *connection) trace() *bitbucket.Trace {
	return &bitbucket.Trace{
		Attempt: func(context.Context, bitbucket.AttemptInfo) { c.made.Add(1) },
		Retry: func(context.Context, bitbucket.RetryInfo) {
			c.retried.Add(1)
			if c.before() != nil {
				c.stop(errMaxCalls)
			}
		},
		CallDone: func(_ context.Context, info bitbucket.CallDoneInfo) {
			if info.Err != nil {
				c.refused.Add(1)
			}
		},
	}
}

// before refuses a call when the allowed ones are spent.
func (c *connection) before() error {
	if c.most > 0 && c.made.Load() >= c.most {
		return errMaxCalls
	}
	return nil
}
