package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/render"
)

// planCommand plans an audit.
type planCommand struct {
	auditFlags
}

func (c *planCommand) run(ctx context.Context, p *program) int {
	scope, err := c.scope(p)
	if err == nil {
		err = c.check()
	}
	if err != nil {
		return p.fail(err)
	}
	roster, _, err := p.roster(c.Roster)
	if err != nil {
		return p.fail(err)
	}
	scope.Addresses = roster.Addresses()
	ctx, conn, err := p.connect(ctx, c.connectFlags)
	if err != nil {
		return p.fail(err)
	}
	defer conn.close()
	defer conn.stop(nil)
	collector := access.NewCollector(
		access.Bitbucket(conn.client, 1), // it wants no page but the first
		scope,
		access.Hooks{Before: conn.before},
	)
	p.progress.say(
		"planning spends at most %s of its own: %s",
		plural(collector.SizingCalls(), "call", "calls"),
		timing(conn.limit, collector.SizingCalls(), time.Now()),
	)
	plan, err := collector.Size(ctx)
	p.progress.finish()
	if ctx.Err() != nil {
		return exitInterrupted
	}
	if err != nil {
		return p.fail(err)
	}
	return c.show(p, plan, conn)
}

// show writes the plan, and fails when a size could not be read.
func (c *planCommand) show(p *program, plan access.Plan, conn *connection) int {
	var b strings.Builder
	code := exitOK
	if c.Demo {
		b.WriteString("DEMO: ")
	}
	fmt.Fprintf(
		&b,
		"%s: %s\n",
		plural(plan.Calls, "call", "calls"),
		timing(conn.limit, plan.Calls, time.Now()),
	)
	for _, row := range plan.Rows {
		fmt.Fprintf(&b, "%6d  %s %s", row.Calls, row.Workspace, row.Source)
		switch {
		case row.Items != nil:
			fmt.Fprintf(&b, " (%d items)", *row.Items)
		case row.Places != 1:
			fmt.Fprintf(&b, " (%d places)", row.Places)
		}
		if row.Why != "" {
			code = exitIncomplete
			fmt.Fprintf(&b, ": its size could not be read: %s", row.Why)
		}
		b.WriteString("\n")
	}
	b.WriteString(
		"A list of more than 100 takes a call for each further hundred; where that cannot be known yet, one is planned.\n",
	)
	for line := range strings.Lines(b.String()) {
		fmt.Fprintln(p.stdout, render.Clean(strings.TrimSuffix(line, "\n")))
	}
	return code
}
