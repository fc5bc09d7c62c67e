package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/accept"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/htmlreport"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/render"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

// runCommand audits.
type runCommand struct {
	auditFlags
	thresholdFlags
	Accept   string `help:"A file of findings that somebody has accepted." placeholder:"FILE"`
	FailOn   string `help:"Exit with 3 when there are findings at or above this level: info, low, medium, high, or none." default:"high"`
	Resume   string `help:"Keep what was read in a file, and go on from there when it is there already." placeholder:"FILE"`
	Format   string `help:"Form of the report: table, html, json, csv, junit or sarif." default:"table"`
	Out      string `help:"Write the report to a file instead of the standard output." placeholder:"FILE"`
	SarifURI string `name:"sarif-uri" help:"The file of the repository at which -format sarif puts its results." placeholder:"PATH"`
}

// An order is what a run was asked for, checked.
type order struct {
	scope   access.Scope
	now     time.Time
	roster  findings.Roster
	entries []accept.Entry
	inputs  []report.Input
	to      output
}

func (c *runCommand) run(ctx context.Context, p *program) int {
	o, err := c.order(p)
	if err != nil {
		return p.fail(err)
	}
	ctx, conn, err := p.connect(ctx, c.connectFlags)
	if err != nil {
		return p.fail(err)
	}
	defer conn.close()
	defer conn.stop(nil)
	a, err := p.begin(conn, o.scope, c.Resume)
	if err != nil {
		return p.fail(err)
	}
	return c.conduct(ctx, p, a, o)
}

// order checks everything that can be checked before a call.
func (c *runCommand) order(p *program) (*order, error) {
	o := &order{to: output{path: c.Out, stdout: p.stdout}}
	var err error
	if o.scope, err = c.scope(p); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if o.now, err = clock(c.Now); err != nil {
		return nil, err
	}
	roster, in, err := p.roster(c.Roster)
	if err != nil {
		return nil, err
	}
	if in != nil {
		o.roster, o.scope.Addresses = roster, roster.Addresses()
		o.inputs = append(o.inputs, *in)
	}
	if c.Accept != "" {
		data, err := p.read(c.Accept)
		if err != nil {
			return nil, usagef("-accept %v", err)
		}
		if o.entries, err = accept.Parse(data); err != nil {
			return nil, usagef("-accept %s: %v", c.Accept, err)
		}
		o.inputs = append(o.inputs, *inputOf("accept", c.Accept, data))
	}
	return o, o.to.check(c.Workspaces, c.Roster, c.Accept, c.Resume)
}

func (c *runCommand) check() error {
	if err := oneOf("format", c.Format, "table", "html", "json", "csv", "junit", "sarif"); err != nil {
		return err
	}
	if err := oneOf("fail-on", c.FailOn, "info", "low", "medium", "high", "none"); err != nil {
		return err
	}
	if c.Format == "sarif" {
		if _, err := render.RepositoryPath(c.SarifURI); err != nil {
			return usagef("-sarif-uri: %v", err)
		}
	}
	if err := c.thresholdFlags.check(); err != nil {
		return err
	}
	return c.connectFlags.check()
}

// conduct reads, and writes what it has got however that ended.
func (c *runCommand) conduct(ctx context.Context, p *program, a *audit, o *order) int {
	ending := a.read(ctx)
	r := a.report(c.Demo, o.now, ending)
	c.describe(r, o)
	err := c.write(p, r, o)
	if a.saved != nil {
		finished := err == nil && ending == nil && !failedAnywhere(r)
		err = errors.Join(err, a.saved.end(finished))
	}
	if err != nil {
		return p.fail(err)
	}
	return c.code(ctx, p, r)
}

// describe adds settings, inputs and findings to a report.
func (c *runCommand) describe(r *report.Report, o *order) {
	b, _ := parseBudget(c.Throttle)
	r.Settings = report.Settings{
		Workspaces: o.scope.Workspaces, Projects: strings0(o.scope.Projects),
		Repositories: strings0(o.scope.Repositories),
		Explicit:     o.scope.Explicit, Without: strings0(o.scope.Without), FailOn: c.FailOn,
		MaxCalls: c.MaxCalls,
		Throttle: b.describe(), Thresholds: findings.Thresholds(c.thresholdFlags),
	}
	r.Inputs = append(r.Inputs, o.inputs...)
	r.Judge(o.roster)
	if o.entries != nil {
		r.Findings = accept.Apply(r.Findings, o.entries, &r.Access, o.now)
	}
	r.Settle()
}

// write writes a report, unless nothing is in it.
func (c *runCommand) write(p *program, r *report.Report, o *order) error {
	if nothingRead(r) {
		return nil
	}
	text, err := r.Encode() // the other forms carry its checksum
	if err != nil {
		return err
	}
	if c.Format != "json" {
		var b bytes.Buffer
		if err := c.render(&b, p, r); err != nil {
			return err
		}
		text = b.Bytes()
	}
	if err := o.to.write(text); err != nil {
		return err
	}
	if !o.to.standard() {
		p.progress.say("wrote %s", c.Out)
	}
	return nil
}

func (c *runCommand) render(w io.Writer, p *program, r *report.Report) error {
	switch c.Format {
	case "html":
		return htmlreport.Write(w, r)
	case "csv":
		return render.CSV(w, r)
	case "junit":
		return render.JUnit(w, render.SuiteOf(r))
	case "sarif":
		uri, err := render.RepositoryPath(c.SarifURI)
		if err != nil {
			return err
		}
		return render.SARIF(w, render.SuiteOf(r), r.Tool, uri)
	}
	return render.Table(w, r, p.style(c.Out))
}

// code is the exit code of a run that came to its end.
func (c *runCommand) code(ctx context.Context, p *program, r *report.Report) int {
	for _, why := range r.Incomplete {
		p.progress.say("incomplete: %s", why)
	}
	interrupted := ctx.Err() != nil && !errors.Is(context.Cause(ctx), errMaxCalls) &&
		!errors.Is(context.Cause(ctx), errTimeout)
	worst, any := findings.Worst(r.Findings)
	switch {
	case interrupted:
		p.progress.say("interrupted after %s", plural(r.Run.Calls.Made, "call", "calls"))
		return exitInterrupted
	case nothingRead(r):
		p.progress.say("nothing could be read, so there is no report")
		return exitFailed
	case !r.Complete:
		return exitIncomplete
	case c.FailOn != "none" && any && worst.Rank() >= findings.Level(c.FailOn).Rank():
		return exitFindings
	}
	return exitOK
}

// nothingRead reports whether a report would hold nothing about any workspace.
func nothingRead(r *report.Report) bool {
	for i := range r.Access.Workspaces {
		w := &r.Access.Workspaces[i]
		if len(w.People)+len(w.Repositories)+len(w.Projects)+len(w.Groups) > 0 {
			return false
		}
	}
	return true
}

// failedAnywhere reports whether a list had no usable answer, and might have one another time.
func failedAnywhere(r *report.Report) bool {
	for i := range r.Access.Workspaces {
		for _, cover := range r.Access.Workspaces[i].Coverage {
			if cover.Verdict == access.Failed || cover.Verdict == access.NotRead {
				return true
			}
		}
	}
	return false
}

// strings0 is a list that is written as [] when there is none.
func strings0(list []string) []string { return append([]string{}, list...) }
