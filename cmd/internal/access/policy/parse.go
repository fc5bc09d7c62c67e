package policy

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/strict"
)

// A parser reads one policy.
type parser struct {
	file   *strict.File
	policy *Policy
	now    time.Time
	people []access.Person
}

// checks are the keys of defaults and of each rule.
func (p *parser) checks(c *Checks) strict.Fields {
	return strict.Fields{
		"admins": {Read: func(v strict.Value) {
			v.Object(strict.Fields{
				"most":  {Read: number(&c.Most, 0)},
				"least": {Read: number(&c.Least, 1)},
				"allow": {Read: func(v strict.Value) {
					c.Allow = &Allow{Line: v.Line()}
					v.Each(func(v strict.Value) { c.Allow.Who = append(c.Allow.Who, p.identity(v)) })
				}},
			})
			if c.Most == nil && c.Least == nil && c.Allow == nil {
				v.Fail("checks nothing; add most, least or allow")
			}
		}},
		"outsiders":           {Read: word(&c.Outsiders, "none", "any")},
		"direct_grants":       {Read: word(&c.DirectGrants, "none", "any")},
		"two_step":            {Read: word(&c.TwoStep, "admins", "everybody", "any")},
		"stale_days":          {Read: number(&c.StaleDays, 1)},
		"unsecured_variables": {Read: word(&c.UnsecuredVariables, "none", "any")},
	}
}

func number(to **Number, least int) func(strict.Value) {
	return func(v strict.Value) { *to = &Number{v.Int(least, 100_000), v.Line()} }
}

func word(to **Word, words ...string) func(strict.Value) {
	return func(v strict.Value) { *to = &Word{v.OneOf(words...), v.Line()} }
}

func (p *parser) rule(v strict.Value) {
	rule := Rule{Line: v.Line()}
	fields := p.checks(&rule.Checks)
	fields["match"] = strict.Field{Required: true, Read: func(v strict.Value) {
		v.Each(func(v strict.Value) {
			pattern := v.Text()
			if _, err := path.Match(pattern, ""); err != nil || strings.Contains(pattern, "/") {
				v.Fail("%q is no pattern for slugs; write one such as web-*, without the workspace", pattern)
			}
			rule.Match = append(rule.Match, pattern)
		})
		if len(rule.Match) == 0 {
			v.Fail("matches nothing; name a slug or a pattern such as web-*")
		}
	}}
	v.Object(fields)
	if rule.Checks == (Checks{}) {
		v.Fail(
			"checks nothing; add admins, outsiders, direct_grants, two_step, stale_days or unsecured_variables",
		)
	}
	p.policy.Repositories = append(p.policy.Repositories, rule)
}

func (p *parser) identity(v strict.Value) Identity {
	id := Identity{Line: v.Line()}
	if !v.IsObject() {
		v.Fail(`should be user: "{UUID}" or group: slug, with a note for people`)
		return id
	}
	v.Object(strict.Fields{
		"user":  {Read: func(v strict.Value) { id.User = p.user(v) }},
		"group": {Read: func(v strict.Value) { id.Group = v.Text() }},
		"note":  {Read: func(v strict.Value) { id.Note = v.Text() }},
	})
	if (id.User == "") == (id.Group == "") && p.file.Err() == nil {
		v.Fail("needs one of user and group")
	}
	return id
}

var accountID = regexp.MustCompile(`^(?:[0-9a-fA-F]{24}|[0-9]{1,12}:[0-9a-fA-F-]{8,64})$`)

// user reads what identifies a user. What anybody may take does not.
func (p *parser) user(v strict.Value) string {
	text := v.Text()
	if text == "" {
		return ""
	}
	if uuid, err := bitbucket.ParseUUID(text); err == nil {
		return strings.ToLower(string(uuid))
	}
	if accountID.MatchString(text) {
		return text
	}
	p.policy.Strangers = append(p.policy.Strangers, Stranger{text, v.Line()})
	v.Fail(
		"%q is a name, a nickname or an address, which identifies nobody; %s",
		text,
		p.instead(text),
	)
	return text
}

// instead says whom a name may mean.
func (p *parser) instead(text string) string {
	var meant []string
	for i := range p.people {
		who := &p.people[i]
		if strings.EqualFold(who.Nickname, text) || strings.EqualFold(who.Name, text) ||
			strings.EqualFold(who.Email, text) {
			meant = append(meant, fmt.Sprintf("%q (%s)", who.ID, who.Name))
		}
	}
	if len(meant) == 0 {
		return "write the UUID, in quotes and braces, or the account ID"
	}
	return "if you mean one of these, write " + strings.Join(meant, " or ")
}

func (p *parser) exception(v strict.Value) {
	e := Exception{Line: v.Line()}
	v.Object(strict.Fields{
		"rule":  {Required: true, Read: func(v strict.Value) { e.Rule = v.OneOf(Names()...) }},
		"place": {Required: true, Read: func(v strict.Value) { e.Place = v.Text() }},
		"value": {Required: true, Read: func(v strict.Value) { e.Value = v.Text() }},
		"until": {Required: true, Read: func(v strict.Value) { e.Until = v.Date() }},
		"reason": {Required: true, Read: func(v strict.Value) {
			if e.Reason = v.Text(); strings.HasPrefix(e.Reason, Placeholder) {
				v.Fail("still begins with %s write why this is let pass", Placeholder)
			}
		}},
		"by": {Required: true, Read: func(v strict.Value) { e.By = v.Text() }},
	})
	today := p.now.UTC().Truncate(24 * time.Hour)
	switch {
	case e.Until.IsZero():
	case today.After(e.Until):
		v.Fail(
			"ended on %s; take it out, or decide anew and write a later day",
			e.Until.Format(time.DateOnly),
		)
	case e.Until.Sub(today) > mostDays*24*time.Hour:
		v.Fail("ends in more than %d days; write an earlier day", mostDays)
	}
	p.policy.Exceptions = append(p.policy.Exceptions, e)
}

func (p *parser) unknown(v strict.Value) {
	fields := strict.Fields{}
	for _, check := range Names() {
		fields[check] = strict.Field{Read: func(v strict.Value) {
			if v.OneOf(PassAndSay) != "" {
				p.policy.Unknown[check] = v.Line()
			}
		}}
	}
	v.Object(fields)
}
