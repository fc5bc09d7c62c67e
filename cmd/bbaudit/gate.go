package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/policy"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/render"
)

// gateCommand judges repositories by a policy.
type gateCommand struct {
	connectFlags
	Policy       string        `help:"The policy, a YAML file." required:"" placeholder:"FILE"`
	PolicySHA256 string        `name:"policy-sha256" help:"What the SHA-256 of the policy has to be." placeholder:"HEX"`
	Workspace    string        `help:"Slug or UUID of the workspace; BITBUCKET_WORKSPACE by default."`
	Repo         string        `help:"Slug of the repository; BITBUCKET_REPO_SLUG by default, and without that all."`
	All          bool          `help:"Judge all repositories, whatever BITBUCKET_REPO_SLUG says."`
	Report       string        `help:"Judge a saved report in the form json, so that no credential is needed." placeholder:"FILE"`
	MaxAge       time.Duration `help:"How old a saved report may be." default:"24h"`
	Strict       bool          `help:"Shut also when an entry of the policy is not used."`
	Format       string        `help:"Form of the verdict: table, junit or sarif." default:"table"`
	Out          string        `help:"Write the verdict to a file instead of the standard output." placeholder:"FILE"`
	SarifURI     string        `name:"sarif-uri" help:"The file of the repository at which -format sarif puts its results; the policy by default." placeholder:"PATH"`

	hint string // what to do when it cannot tell
}

// shutOut turns every failure into "could not tell": a gate that fails for whatever reason must not
// look like one that was asked something else.
func (p *program) shutOut(err error) int {
	p.progress.say("cannot tell: %v", err)
	return exitUsage
}

func (c *gateCommand) run(ctx context.Context, p *program) int {
	now, data, err := c.prepare(p)
	if err != nil {
		return p.shutOut(err)
	}
	rules, parsed := policy.Parse(data, now, nil)
	if parsed != nil && len(rules0(rules).Strangers) == 0 {
		return c.notUnderstood(p, parsed)
	}
	snapshot, ending := c.look(ctx, p, rules, now)
	if ctx.Err() != nil {
		p.progress.say("cannot tell: interrupted")
		return exitInterrupted
	}
	w, err := c.workspace(snapshot)
	if parsed != nil { // somebody is meant by a name: say whom, if that is known
		if w != nil {
			_, parsed = policy.Parse(data, now, w.People)
		}
		return c.notUnderstood(p, parsed)
	}
	if err = errors.Join(ending, err); err != nil {
		return p.shutOut(fmt.Errorf("%w%s", err, c.hint))
	}
	return c.judge(p, rules, w, now)
}

// rules0 is a policy that is not nil.
func rules0(p *policy.Policy) *policy.Policy {
	if p == nil {
		return &policy.Policy{}
	}
	return p
}

// notUnderstood says what is wrong with the policy, a problem on each line.
func (c *gateCommand) notUnderstood(p *program, err error) int {
	p.progress.say("cannot tell: the policy %s is not understood:", c.Policy)
	p.progress.sayEach(err)
	return exitUsage
}

// prepare checks everything that can be checked before a call, and reads the policy.
func (c *gateCommand) prepare(p *program) (now time.Time, data []byte, err error) {
	if err := errors.Join(c.check(), oneOf("format", c.Format, "table", "junit", "sarif")); err != nil {
		return now, nil, err
	}
	if c.MaxAge <= 0 {
		return now, nil, usagef("-max-age has to be more than nothing")
	}
	if now, err = clock(c.Now); err != nil {
		return now, nil, err
	}
	c.Workspace = c.chosen(p, c.Workspace)
	switch {
	case c.All && c.Repo != "":
		return now, nil, usagef("-all and -repo exclude each other")
	case c.Repo == "" && !c.All && !c.Demo:
		c.Repo = p.env.get("BITBUCKET_REPO_SLUG")
	}
	c.Repo = strings.ToLower(c.Repo)
	scope := access.Scope{Workspaces: []string{c.Workspace}, Repositories: []string{c.Repo}}
	if c.Workspace == "" && c.Report == "" {
		return now, nil, usagef(
			"-workspace is missing: say which workspace to judge, here or in BITBUCKET_WORKSPACE",
		)
	}
	if err := checkScope(scope); err != nil {
		return now, nil, err
	}
	if data, err = p.read(c.Policy); err != nil {
		return now, nil, err
	}
	return now, data, errors.Join(c.pinned(data), c.place(), c.to(p).check(c.Policy, c.Report))
}

// to is where the verdict goes.
func (c *gateCommand) to(p *program) output { return output{path: c.Out, stdout: p.stdout} }

// pinned compares the policy with the checksum that somebody who may not edit it has written down.
func (c *gateCommand) pinned(data []byte) error {
	if c.PolicySHA256 == "" {
		return nil
	}
	sum := sha256.Sum256(data)
	if got := hex.EncodeToString(sum[:]); !strings.EqualFold(got, c.PolicySHA256) {
		return fmt.Errorf(
			"the policy %s has the SHA-256 %s, and -policy-sha256 wants another",
			c.Policy,
			got,
		)
	}
	return nil
}

// place settles where results lie.
func (c *gateCommand) place() (err error) {
	if c.Format != "sarif" {
		return nil
	}
	if c.SarifURI == "" {
		c.SarifURI = c.Policy
	}
	if c.SarifURI, err = render.RepositoryPath(c.SarifURI); err != nil {
		return usagef("-sarif-uri: %v", err)
	}
	return nil
}

// look reads what the policy needs, or a saved report.
func (c *gateCommand) look(
	ctx context.Context,
	p *program,
	rules *policy.Policy,
	now time.Time,
) (access.Snapshot, error) {
	if c.Report != "" {
		return c.saved(p, now)
	}
	ctx, conn, err := p.connect(ctx, c.connectFlags)
	if err != nil {
		return access.Snapshot{}, err
	}
	defer conn.close()
	defer conn.stop(nil)
	if conn.kind == "access token" {
		c.hint = ". Access tokens of repositories, projects and workspaces may not ask for permissions: " +
			"judge a saved report with -report"
	}
	scope := access.Scope{Workspaces: []string{c.Workspace}, Only: rules.Needs(c.Repo != "")}
	if c.Repo != "" {
		scope.Repositories = []string{c.Repo}
	}
	a, err := p.begin(conn, scope, "")
	if err != nil {
		return access.Snapshot{}, err
	}
	err = a.read(ctx)
	return a.collector.Snapshot(), err
}

// saved reads a saved report.
func (c *gateCommand) saved(p *program, now time.Time) (access.Snapshot, error) {
	r, err := p.readReport(c.Report)
	if err != nil {
		return access.Snapshot{}, err
	}
	age := now.Sub(r.Run.Started) // the oldest of what it holds
	switch {
	case r.Demo && !c.Demo:
		return access.Snapshot{}, fmt.Errorf("%s is of the demo, which judges nobody", c.Report)
	case age > c.MaxAge:
		return access.Snapshot{}, fmt.Errorf(
			"%s is %s old, and -max-age allows %s: make a new one",
			c.Report,
			short(age),
			short(c.MaxAge),
		)
	case age < -5*time.Minute:
		return access.Snapshot{}, fmt.Errorf(
			"%s is of the future, %s: is the clock right?",
			c.Report,
			r.Run.Started.Format(time.RFC3339),
		)
	}
	return r.Access, nil
}

// workspace finds the workspace that is judged.
func (c *gateCommand) workspace(s access.Snapshot) (*access.Workspace, error) {
	if c.Workspace == "" && len(s.Workspaces) == 1 {
		return &s.Workspaces[0], nil
	}
	for i := range s.Workspaces {
		w := &s.Workspaces[i]
		for _, name := range []string{w.Asked, w.Slug, w.UUID} {
			if c.Workspace != "" && strings.EqualFold(name, c.Workspace) {
				return w, nil
			}
		}
	}
	return nil, fmt.Errorf(
		"workspace %q is not in what was read, which is of %d",
		c.Workspace,
		len(s.Workspaces),
	)
}

// judge applies the policy, and returns the exit code.
func (c *gateCommand) judge(
	p *program,
	rules *policy.Policy,
	w *access.Workspace,
	now time.Time,
) int {
	var slugs []string
	if c.Repo != "" {
		slugs = []string{c.Repo}
	}
	v := rules.Judge(w, slugs, now)
	var b bytes.Buffer
	if err := errors.Join(c.render(&b, &v), c.to(p).write(b.Bytes())); err != nil {
		return p.shutOut(err)
	}
	shut := v.Shut() || c.Strict && len(v.Unused) > 0
	switch {
	case !v.Told():
		p.progress.say("cannot tell: a check could not be made%s", c.hint)
		return exitUsage
	case shut:
		p.progress.say("shut")
		return exitFindings
	case v.Open():
		p.progress.say("open")
		return exitOK
	}
	return exitUsage
}

func (c *gateCommand) render(w io.Writer, v *policy.Verdict) error {
	suite := v.Suite(c.Strict)
	if c.Demo {
		suite.Name = "DEMO: " + suite.Name
	}
	switch c.Format {
	case "junit":
		return render.JUnit(w, suite)
	case "sarif":
		return render.SARIF(w, suite, thisTool(), c.SarifURI)
	}
	if c.Demo {
		fmt.Fprintln(w, "DEMO: an invented workspace is judged")
	}
	return v.Show(w, c.Strict)
}
