package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/doctor"
)

// doctorCommand says what a credential is and may do.
type doctorCommand struct {
	connectFlags
	Workspace string `help:"Slug or UUID of the workspace to try; BITBUCKET_WORKSPACE by default, and without that the first that is listed."`
	JSON      bool   `name:"json" help:"Write the report as JSON."`
}

func (c *doctorCommand) run(ctx context.Context, p *program) int {
	if !c.Demo {
		c.Workspace = c.chosen(p, c.Workspace)
	}
	scope := access.Scope{Workspaces: []string{c.Workspace}}
	if err := errors.Join(c.check(), checkScope(scope)); err != nil {
		return p.fail(err)
	}
	if c.MaxCalls == 0 {
		c.MaxCalls = doctor.Calls
	}
	ctx, conn, err := p.connect(ctx, c.connectFlags, bitbucket.WithRetries(0))
	if err != nil {
		return p.fail(err)
	}
	defer conn.close()
	defer conn.stop(nil)
	p.progress.say("the examination makes at most %s, repetitions included: %s",
		plural(c.MaxCalls, "call", "calls"), timing(conn.limit, c.MaxCalls, time.Now()))
	r, err := doctor.Examine(ctx, doctor.Patient{
		Client: conn.client, Sent: conn.kind, Workspace: c.Workspace, Most: c.MaxCalls,
		Before:   conn.before,
		Advanced: func(done, all int) { p.progress.count(done, all, true) },
	})
	p.progress.finish()
	if err != nil {
		return p.fail(err)
	}
	r.Demo, r.Calls.Made = c.Demo, int(conn.made.Load())
	if c.Workspace == "" && r.Workspace != "" {
		p.progress.say("-workspace is not given: %s, the first one listed, was tried", r.Workspace)
	}
	if err := c.write(p, r); err != nil {
		return p.fail(err)
	}
	return c.code(ctx, r)
}

// write writes a report. Should a server have put a secret of the environment where it is shown, it
// is taken out.
func (c *doctorCommand) write(p *program, r *doctor.Report) error {
	var b bytes.Buffer
	if c.JSON {
		encoder := json.NewEncoder(&b)
		encoder.SetIndent("", " ")
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(r); err != nil {
			return err
		}
	} else if err := r.Show(&b); err != nil {
		return err
	}
	text := b.String()
	for _, secret := range p.env.secrets() {
		text = strings.ReplaceAll(text, secret, "[redacted]")
	}
	return output{stdout: p.stdout}.write([]byte(text))
}

// code is the exit code of an examination that came to its end.
func (c *doctorCommand) code(ctx context.Context, r *doctor.Report) int {
	switch {
	case ctx.Err() != nil && !errors.Is(context.Cause(ctx), errMaxCalls) &&
		!errors.Is(context.Cause(ctx), errTimeout):
		return exitInterrupted
	case r.Count(doctor.Failed) > 0 || r.Stopped != "":
		return exitIncomplete
	case r.Unwell():
		return exitFindings
	}
	return exitOK
}
