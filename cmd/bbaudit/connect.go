package main

import (
	"context"
	"os"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

const (
	budgetCalls  = 100 // that Bitbucket allows in any budgetWindow
	budgetWindow = 30 * time.Minute

	demoWindow  = 5 * time.Second // stands for budgetWindow in the demo
	demoLatency = 20 * time.Millisecond
)

// A connection is a client and the workspace that it audits.
type connection struct {
	client    *bitbucket.Client
	workspace string
	source    string // where the answers come from
	close     func() // ends what the throttle needs
}

// connect makes the client: for Bitbucket with credentials, for the demo without.
func (p *program) connect(ctx context.Context, o options, progress *progress) (*connection, error) {
	if !hasCredential() {
		if os.Getenv("BITBUCKET_BASE_URL") != "" {
			return nil, usagef("BITBUCKET_BASE_URL is set but no credential is: set BITBUCKET_EMAIL and BITBUCKET_API_TOKEN, or unset it for the demo")
		}
		return p.connectDemo(ctx, o, progress)
	}
	if o.workspace == "" {
		return nil, usagef("-workspace is missing: credentials are set, so say which workspace to audit")
	}
	trial, err := bitbucket.NewClient(bitbucket.WithEnv()) // the credential has to be whole before calls are counted for it
	if err != nil {
		return nil, usageError{err.Error()}
	}
	budget, err := o.throttle.orCached(trial.BaseURL())
	if err != nil {
		return nil, err
	}
	limit, end, err := budget.open(ctx, budgetCalls, budgetWindow)
	if err != nil {
		return nil, err
	}
	opts := []bitbucket.Option{bitbucket.WithEnv(), bitbucket.WithThrottle(limit), bitbucket.WithTrace(progress.trace())}
	if p.transport != nil {
		opts = append(opts, bitbucket.WithTransport(p.transport))
	}
	client, err := bitbucket.NewClient(opts...)
	if err != nil {
		end()
		return nil, err
	}
	return &connection{client: client, workspace: o.workspace, source: client.BaseURL(), close: end}, nil
}

// hasCredential reports whether any part of a credential for [bitbucket.WithEnv] is in the
// environment. WithEnv then says what is missing of it.
func hasCredential() bool {
	for _, name := range []string{
		"BITBUCKET_EMAIL", "BITBUCKET_API_TOKEN", "BITBUCKET_ACCESS_TOKEN",
		"BITBUCKET_CLIENT_ID", "BITBUCKET_CLIENT_SECRET",
	} {
		if os.Getenv(name) != "" {
			return true
		}
	}
	return false
}

// connectDemo makes a client of an in-memory Bitbucket with a shorter window for both sides.
func (p *program) connectDemo(ctx context.Context, o options, progress *progress) (*connection, error) {
	limit, end, err := demoThrottle(ctx, o.throttle)
	if err != nil {
		return nil, err
	}
	allowed := budgetCalls
	if o.throttle.none {
		allowed = 0 // no limit on either side
	}
	server := p.demo(
		bitbuckettest.Throttle(allowed, demoWindow),
		bitbuckettest.Latency(func() time.Duration { return demoLatency }),
	)
	admin := server.Admin()
	workspace := o.workspace
	if workspace == "" {
		workspace = admin.Workspace
	}
	client, err := bitbucket.NewClient(
		bitbucket.WithAPIToken(admin.Email, admin.APIToken),
		bitbucket.WithTransport(server),
		bitbucket.WithThrottle(limit),
		bitbucket.WithTrace(progress.trace()),
	)
	if err != nil {
		end()
		return nil, err
	}
	progress.say("no credentials in the environment: this is the demo, an in-memory Bitbucket")
	if !o.throttle.none {
		progress.say("in the demo the half hour of the throttle is shortened to %s", short(demoWindow))
	}
	return &connection{client: client, workspace: workspace, source: "demo", close: end}, nil
}

// demoThrottle forgets what was spent when the program ends, unless a flag says otherwise.
func demoThrottle(ctx context.Context, b budget) (throttle.Throttle, func(), error) {
	if b.isDefault() {
		return throttle.Window(budgetCalls, demoWindow), func() {}, nil
	}
	return b.open(ctx, budgetCalls, demoWindow)
}
