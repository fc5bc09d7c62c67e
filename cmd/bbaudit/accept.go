package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/accept"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
)

// acceptCommand writes entries of an accept file.
type acceptCommand struct {
	Report  string `arg:"" help:"A saved report in the form json."`
	Rule    string `help:"The rule whose open cases are accepted." required:""`
	Subject string `help:"Only the case of this person, group or place, by UUID."`
	Place   string `help:"Only the cases at this place, by UUID or slug."`
	Until   string `help:"The last day, at most 366 days from today." required:"" placeholder:"DAY"`
	Reason  string `help:"Why." required:""`
	By      string `help:"Who accepts it." required:""`
	Append  string `name:"append" help:"Add the entries to this file instead of writing them to the standard output." placeholder:"FILE"`
	Now     string `help:"Begin on this day instead of today." placeholder:"TIME"`
	Demo    bool   `help:"Take a report of the demo, too."`
}

func (c *acceptCommand) run(_ context.Context, p *program) int {
	if err := oneOf("rule", c.Rule, findings.IDs()...); err != nil {
		return p.fail(err)
	}
	entries, err := c.entries(p)
	if err != nil {
		return p.fail(err)
	}
	if err := c.write(p, entries); err != nil {
		return p.fail(err)
	}
	p.progress.say("%s", plural(len(entries), "entry", "entries"))
	return exitOK
}

// entries makes an entry of each open case.
func (c *acceptCommand) entries(p *program) ([]accept.Entry, error) {
	now, err := clock(c.Now)
	if err != nil {
		return nil, err
	}
	until, err := day("until", c.Until)
	if err != nil {
		return nil, err
	}
	r, err := p.readReport(c.Report)
	if err != nil {
		return nil, err
	}
	if r.Demo && !c.Demo {
		return nil, usagef(
			"%s is of the demo: nothing in it is worth accepting (-demo takes it all the same)",
			c.Report,
		)
	}
	var all []accept.Entry
	for _, f := range r.Findings {
		for i := range f.Items {
			it := &f.Items[i]
			if f.Rule != c.Rule || !it.Counts() || !c.wants(it) {
				continue
			}
			if strings.HasPrefix(it.Subject.UUID, "unidentified ") {
				return nil, usagef("%s cannot be accepted: nothing identifies who that is", it.Subject.UUID)
			}
			all = append(all, accept.Entry{
				Rule: f.Rule, Subject: it.Subject.UUID, Place: it.Place.UUID, AtMost: atMost(it.Permission),
				Reason: c.Reason,
				By:     c.By, Since: now.Truncate(24 * time.Hour), Until: until,
			})
		}
	}
	if len(all) == 0 {
		return nil, usagef("the report has no open case of %s that is meant", c.Rule)
	}
	return all, nil
}

func (c *acceptCommand) wants(it *findings.Item) bool {
	subject := c.Subject == "" || strings.EqualFold(c.Subject, it.Subject.UUID)
	place := c.Place == "" || strings.EqualFold(c.Place, it.Place.UUID) ||
		strings.EqualFold(c.Place, it.Place.Name)
	return subject && place
}

// atMost bounds an entry by a permission on a repository; roles have no such bound.
func atMost(p bitbucket.Permission) bitbucket.Permission {
	if p.AtLeast(bitbucket.PermissionRead) {
		return p
	}
	return ""
}

// write writes the entries, and checks what comes of it by reading it as an audit would.
func (c *acceptCommand) write(p *program, entries []accept.Entry) error {
	var had []byte
	if c.Append != "" {
		data, err := os.ReadFile(c.Append)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return usagef("-append %v", fileError(c.Append, err))
		}
		had = data
	}
	text := accept.Write(entries, len(had) == 0)
	if len(had) > 0 {
		if _, err := accept.Parse(had); err != nil {
			return usagef("-append %s: %v", c.Append, err)
		}
		if had[len(had)-1] != '\n' {
			had = append(had, '\n')
		}
		text = append(had, text...)
	}
	if _, err := accept.Parse(text); err != nil {
		return usagef("the entries would not be taken: %v", err)
	}
	return output{path: c.Append, stdout: p.stdout, flag: "-append"}.write(text)
}
