package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/policy"
)

// initCommand writes a policy to begin with.
type initCommand struct {
	connectFlags
	Workspace string `help:"Slug or UUID of the workspace; BITBUCKET_WORKSPACE by default."`
	Report    string `help:"Begin with a saved report in the form json instead of calls." placeholder:"FILE"`
	Out       string `help:"Write the policy to a file that is not there yet, instead of the standard output." placeholder:"FILE"`
}

func (c *initCommand) run(ctx context.Context, p *program) int {
	to := output{path: c.Out, stdout: p.stdout}
	if err := errors.Join(c.check(), to.absent()); err != nil {
		return p.fail(err)
	}
	now, err := clock(c.Now)
	if err != nil {
		return p.fail(err)
	}
	w, err := c.look(ctx, p)
	if ctx.Err() != nil {
		return exitInterrupted
	}
	if err != nil {
		return p.fail(err)
	}
	text, err := policy.Recommend(w, now)
	if err != nil {
		return p.fail(fmt.Errorf("there is too little to recommend by: %w", err))
	}
	if err := to.write(text); err != nil {
		return p.fail(err)
	}
	p.progress.say(
		"a gate reads the policy when every reason that begins with %s is rewritten",
		policy.Placeholder,
	)
	return exitOK
}

// look reads who may do what.
func (c *initCommand) look(ctx context.Context, p *program) (*access.Workspace, error) {
	g := gateCommand{
		connectFlags: c.connectFlags,
		Workspace:    c.chosen(p, c.Workspace),
		Report:       c.Report,
		MaxAge:       checkpointLife,
	}
	if g.Workspace == "" && c.Report == "" {
		return nil, usagef("-workspace is missing: say which one, here or in BITBUCKET_WORKSPACE")
	}
	now, _ := clock(c.Now)
	wanted := &policy.Policy{Defaults: policy.Checks{Outsiders: &policy.Word{Text: "none"}}}
	snapshot, err := g.look(ctx, p, wanted, now)
	if err != nil {
		return nil, err
	}
	return g.workspace(snapshot)
}
