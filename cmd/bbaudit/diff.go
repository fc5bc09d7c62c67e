package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/change"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/diffpage"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/render"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/sealed"
)

// diffCommand compares two saved reports.
type diffCommand struct {
	Old    string `arg:"" help:"The older report in the form json."`
	New    string `arg:"" help:"The newer one, of the same workspace."`
	FailOn string `help:"Exit with 3 when there are findings at or above a level that count now and did not before: new:info, new:low, new:medium, new:high, or none." default:"none"`
	Format string `help:"Form of the difference: table, json, html or markdown." default:"table"`
	Fold   bool   `help:"Fold the details of -format markdown with HTML, which Bitbucket shows as text; -no-fold leaves that out." default:"true" negatable:""`
	Out    string `help:"Write the difference to a file instead of the standard output." placeholder:"FILE"`
}

func (c *diffCommand) run(_ context.Context, p *program) int {
	to := output{path: c.Out, stdout: p.stdout}
	if err := errors.Join(c.check(), to.check(c.Old, c.New)); err != nil {
		return p.fail(err)
	}
	d, err := c.compare(p)
	if err != nil {
		return p.fail(err)
	}
	var b bytes.Buffer
	if err := errors.Join(c.render(&b, p, d), to.write(b.Bytes())); err != nil {
		return p.fail(err)
	}
	return c.code(p, d)
}

func (c *diffCommand) check() error {
	levels := []string{"none"}
	for _, l := range findings.Levels() {
		levels = append(levels, "new:"+string(l))
	}
	if c.Old == "-" && c.New == "-" {
		return usagef("only one report can come from the standard input")
	}
	return errors.Join(
		oneOf("format", c.Format, "table", "json", "html", "markdown"),
		oneOf("fail-on", c.FailOn, levels...),
	)
}

func (c *diffCommand) compare(p *program) (*change.Difference, error) {
	before, err := p.savedReport(c.Old)
	if err != nil {
		return nil, err
	}
	after, err := p.savedReport(c.New)
	if err != nil {
		return nil, err
	}
	d, err := change.Between(before, after)
	if err != nil {
		return nil, usagef("%s and %s cannot be compared: %v", c.Old, c.New, err)
	}
	return d, nil
}

// savedReport reads a report in the form json, and says so when it is of the demo.
func (p *program) savedReport(name string) (*report.Report, error) {
	r, err := p.readReport(name)
	if err != nil {
		return nil, fmt.Errorf("%w; give a report that bbaudit run -format json wrote", err)
	}
	if r.Demo {
		p.progress.say("%s is of the demo, whose people are invented", name)
	}
	return r, nil
}

// readReport reads a report in the form json.
func (p *program) readReport(name string) (*report.Report, error) {
	data, err := p.read(name)
	if err != nil {
		return nil, err
	}
	r, err := report.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

func (c *diffCommand) render(w io.Writer, p *program, d *change.Difference) error {
	switch c.Format {
	case "json":
		text, err := sealed.JSON(d)
		if err != nil {
			return err
		}
		_, err = w.Write(text)
		return err
	case "html":
		return diffpage.Write(w, d)
	case "markdown":
		return render.Markdown(w, d, c.Fold)
	}
	return render.Difference(w, d, p.style(c.Out))
}

// code is the exit code. What is not known comes before what is new: there may be more of it.
func (c *diffCommand) code(p *program, d *change.Difference) int {
	for _, why := range d.Incomplete {
		p.progress.say("incomplete: %s", why)
	}
	level, gated := strings.CutPrefix(c.FailOn, "new:")
	switch {
	case !d.Complete:
		return exitIncomplete
	case gated && d.Rising(findings.Level(level)) > 0:
		return exitFindings
	}
	return exitOK
}
