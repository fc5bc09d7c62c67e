package main

import (
	"bytes"
	"context"
	"slices"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/explain"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/render"
)

// explainCommand says why somebody has permissions.
type explainCommand struct {
	Report string `arg:"" help:"A saved report in the form json."`
	User   string `arg:"" help:"Whose permissions: UUID, account ID, e-mail address or nickname, as far as the report knows them."`
	Place  string `arg:"" optional:"" help:"Where: slug, key or UUID of a repository, a project or the workspace; everywhere without it. Where a name has several meanings: repository:acme/api."`
}

func (c *explainCommand) run(_ context.Context, p *program) int {
	r, err := p.savedReport(c.Report)
	if err != nil {
		return p.fail(err)
	}
	answers, err := c.answers(&r.Access)
	if err != nil {
		return p.fail(err)
	}
	var b bytes.Buffer
	if r.Demo {
		b.WriteString("DEMO: the people of this report are invented\n\n")
	}
	for i := range answers {
		if i > 0 {
			b.WriteString("\n")
		}
		if err := render.Explanation(&b, &answers[i], p.style("")); err != nil {
			return p.fail(err)
		}
	}
	if err := (output{stdout: p.stdout}).write(b.Bytes()); err != nil {
		return p.fail(err)
	}
	if slices.ContainsFunc(answers, func(a explain.Answer) bool { return a.Incomplete() }) {
		p.progress.say("incomplete: not everything was read that may give a permission")
		return exitIncomplete
	}
	return exitOK
}

// answers explains the user in every workspace that is meant and knows them.
func (c *explainCommand) answers(s *access.Snapshot) ([]explain.Answer, error) {
	found, err := explain.FindUser(s, c.User)
	if err != nil {
		return nil, usagef("%v", err)
	}
	var at access.Place
	if c.Place != "" {
		var w *access.Workspace
		if w, at, err = explain.FindPlace(s, c.Place); err != nil {
			return nil, usagef("%v", err)
		}
		found = slices.DeleteFunc(found, func(k explain.Known) bool { return k.Workspace != w })
		if len(found) == 0 {
			return nil, usagef("nobody is known as %s in workspace %s, as far as it was read", c.User, w.Slug)
		}
	}
	var answers []explain.Answer
	for _, k := range found {
		answers = append(answers, explain.Explain(k.Workspace, k.Person, at))
	}
	return answers, nil
}
