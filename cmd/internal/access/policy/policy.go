// Package policy says who may have access, and whether they have. A gate that decides by it stays
// shut unless every check that the policy asks for could be made and passed.
package policy

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/strict"
)

// The checks, by their names in the policy.
const (
	AdminsMost         = "admins.most"
	AdminsLeast        = "admins.least"
	AdminsAllow        = "admins.allow"
	Outsiders          = "outsiders"
	DirectGrants       = "direct_grants"
	TwoStep            = "two_step"
	StaleDays          = "stale_days"
	UnsecuredVariables = "unsecured_variables"
)

// Names lists the checks.
func Names() []string {
	return []string{
		AdminsMost,
		AdminsLeast,
		AdminsAllow,
		Outsiders,
		DirectGrants,
		TwoStep,
		StaleDays,
		UnsecuredVariables,
	}
}

// A Policy is what repositories have to be like.
type Policy struct {
	Defaults     Checks
	Repositories []Rule
	Exceptions   []Exception
	Unknown      map[string]int // checks that pass, and say so, where nobody can know; the lines

	Strangers []Stranger // identities that are none
}

// A Rule is what some repositories have to be like. What it leaves out is as in the defaults.
type Rule struct {
	Match  []string
	Line   int
	Checks Checks
}

// Checks are what is checked. What is not set is not.
type Checks struct {
	Most, Least        *Number
	Allow              *Allow // nil is anybody
	Outsiders          *Word  // none, any
	DirectGrants       *Word  // none, any
	TwoStep            *Word  // admins, everybody, any
	StaleDays          *Number
	UnsecuredVariables *Word // none, any
}

// A Number is a limit and its line.
type Number struct{ N, Line int }

// A Word is a choice and its line.
type Word struct {
	Text string
	Line int
}

// Allow lists who may be admin; an empty one is nobody.
type Allow struct {
	Who  []Identity
	Line int
}

// An Identity is a user, by UUID or account ID, or a group.
type Identity struct {
	User  string
	Group string // slug
	Note  string // for people
	Line  int
}

// A Stranger is what was written in place of an identity: a nickname, a name or an address.
type Stranger struct {
	Text string
	Line int
}

// An Exception lets one thing pass at one place until a day.
type Exception struct {
	Rule   string // a check
	Place  string // slug or UUID of a repository
	Value  string // the number or the identity that is let pass
	Until  time.Time
	Reason string
	By     string
	Line   int
}

// PassAndSay lets a check pass where nobody can know.
const PassAndSay = "pass-and-say"

// Placeholder begins a reason that nobody has written yet.
const Placeholder = "REWRITE:"

// mostDays is how far ahead an exception may end.
const mostDays = 366

// Parse reads a policy. The people are who can be told for a nickname; there may be none.
func Parse(data []byte, now time.Time, people []access.Person) (*Policy, error) {
	f, err := strict.Open(data)
	if err != nil {
		return nil, err
	}
	p := &parser{file: f, policy: &Policy{Unknown: map[string]int{}}, now: now, people: people}
	f.Root(strict.Fields{
		"version":  {Read: strict.Value.Version, Required: true},
		"defaults": {Read: func(v strict.Value) { v.Object(p.checks(&p.policy.Defaults)) }},
		"repositories": {Read: func(v strict.Value) {
			v.Each(p.rule)
		}},
		"exceptions": {Read: func(v strict.Value) { v.Each(p.exception) }},
		"unknown":    {Read: p.unknown},
	})
	empty := p.policy.Defaults == Checks{}
	for _, rule := range p.policy.Repositories {
		empty = empty && rule.Checks == Checks{}
	}
	if empty && f.Err() == nil {
		f.Fail(
			1,
			"there is no rule; add defaults with at least one check: admins, outsiders, direct_grants, "+
				"two_step, stale_days, unsecured_variables",
		)
	}
	return p.policy, f.Err()
}

// For returns the checks for a repository, and the rule that decides: the last that matches; nil
// for the defaults.
func (p *Policy) For(slug string) (Checks, *Rule) {
	for i := len(p.Repositories) - 1; i >= 0; i-- {
		if rule := &p.Repositories[i]; rule.matches(slug) {
			return rule.Checks.over(p.Defaults), rule
		}
	}
	return p.Defaults, nil
}

func (r *Rule) matches(slug string) bool {
	return slices.ContainsFunc(r.Match, func(pattern string) bool { return Matches(pattern, slug) })
}

// Matches reports whether a pattern matches the slug of a repository.
func Matches(pattern, slug string) bool {
	ok, _ := path.Match(strings.ToLower(pattern), strings.ToLower(slug))
	return ok
}

// over fills in from the defaults what is not set.
func (c Checks) over(defaults Checks) Checks {
	fill(&c.Most, defaults.Most)
	fill(&c.Least, defaults.Least)
	fill(&c.Allow, defaults.Allow)
	fill(&c.Outsiders, defaults.Outsiders)
	fill(&c.DirectGrants, defaults.DirectGrants)
	fill(&c.TwoStep, defaults.TwoStep)
	fill(&c.StaleDays, defaults.StaleDays)
	fill(&c.UnsecuredVariables, defaults.UnsecuredVariables)
	return c
}

func fill[T any](to **T, from *T) {
	if *to == nil {
		*to = from
	}
}

// Needs lists the sources that the checks take, for one repository or for all.
func (p *Policy) Needs(oneRepository bool) []string {
	needs := []string{access.Permissions, access.Repositories}
	if oneRepository {
		needs = []string{access.RepoPermissions}
	}
	add := func(sources ...string) {
		for _, s := range sources {
			if !slices.Contains(needs, s) {
				needs = append(needs, s)
			}
		}
	}
	all := []Checks{p.Defaults}
	for _, rule := range p.Repositories {
		all = append(all, rule.Checks)
	}
	for _, c := range all {
		if c.asks(c.Outsiders) || c.asks(c.TwoStep) || c.StaleDays != nil {
			add(access.Members)
		}
		if c.Allow != nil &&
			slices.ContainsFunc(c.Allow.Who, func(i Identity) bool { return i.Group != "" }) {
			add(access.Groups)
		}
		if c.asks(c.DirectGrants) {
			add(access.RepositoryUsers)
		}
		if c.asks(c.UnsecuredVariables) {
			add(access.WorkspaceVariables, access.RepositoryVariables)
		}
	}
	return needs
}

func (Checks) asks(w *Word) bool { return w != nil && w.Text != "any" }
