package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
)

// A Verdict is what a policy says about the repositories of a workspace.
type Verdict struct {
	Workspace    string
	Repositories []Judged
	General      []Problem // what keeps the gate from telling, apart from repositories
	Unused       []Problem // entries that nothing needs
}

// Judged is what it says about one repository.
type Judged struct {
	Slug    string
	Rule    string   // which one decided
	Line    int      // of the rule; 0 for the defaults
	Counted []string // the admins
	Said    []string // what passes and has to be said
	Shut    []Problem
	Unknown []Problem
	Passed  []string // checks
}

// A Problem is what shuts the gate, or keeps it from telling.
type Problem struct {
	Check   string
	Line    int
	Text    string
	Subject string // what identifies whom it is about
	Value   string // what an exception would let pass
}

// Open reports whether every check was made and passed.
func (v *Verdict) Open() bool { return v.Told() && !v.Shut() }

// Shut reports whether a check failed.
func (v *Verdict) Shut() bool {
	return slices.ContainsFunc(v.Repositories, func(j Judged) bool { return len(j.Shut) > 0 })
}

// Told reports whether every check could be made, on at least one repository.
func (v *Verdict) Told() bool {
	return len(v.Repositories) > 0 && len(v.General) == 0 &&
		!slices.ContainsFunc(v.Repositories, func(j Judged) bool { return len(j.Unknown) > 0 })
}

// Judge applies a policy to repositories of a workspace, by slug; none is all of them.
func (p *Policy) Judge(w *access.Workspace, slugs []string, now time.Time) Verdict {
	g := &gate{policy: p, w: w, now: now, used: map[any]bool{}}
	v := Verdict{Workspace: w.Slug}
	if len(slugs) == 0 {
		v.General = g.whole()
		for i := range w.Repositories {
			if !w.Repositories[i].Gone {
				slugs = append(slugs, w.Repositories[i].Slug)
			}
		}
	}
	if len(slugs) == 0 {
		v.General = append(
			v.General,
			Problem{Check: "repositories", Text: "there is no repository to judge"},
		)
	}
	for _, slug := range slugs {
		v.Repositories = append(v.Repositories, g.repository(slug))
	}
	v.Unused = g.unused()
	return v
}

// A gate judges one workspace.
type gate struct {
	policy *Policy
	w      *access.Workspace
	now    time.Time
	used   map[any]bool // allow entries and exceptions, by their addresses
}

// whole says what is wrong with judging all repositories: the list is not whole, or a pattern
// matches nothing.
func (g *gate) whole() []Problem {
	if g.w.Narrow {
		return []Problem{{Check: "repositories", Text: access.AskedOfSome}}
	}
	if text, _ := g.lacks(access.Repositories, ""); text != "" {
		return []Problem{{Check: "repositories", Text: text}}
	}
	var wrong []Problem
	for _, rule := range g.policy.Repositories {
		for _, pattern := range rule.Match {
			if !slices.ContainsFunc(
				g.w.Repositories,
				func(r access.Repository) bool { return Matches(pattern, r.Slug) },
			) {
				wrong = append(wrong, Problem{Check: "match", Line: rule.Line, Text: fmt.Sprintf(
					"the pattern %q matches no repository; correct it or take it out", pattern)})
			}
		}
	}
	return wrong
}

// repository judges one repository.
func (g *gate) repository(slug string) Judged {
	checks, rule := g.policy.For(slug)
	j := Judged{Slug: slug, Rule: "defaults"}
	if rule != nil {
		j.Rule, j.Line = fmt.Sprintf(
			"match %s (line %d)",
			strings.Join(rule.Match, ", "),
			rule.Line,
		), rule.Line
	}
	r := g.w.Repository(slug)
	switch {
	case checks == Checks{}:
		j.Unknown = append(
			j.Unknown,
			Problem{Check: "match", Text: "no rule is about this repository; add defaults"},
		)
		return j
	case r == nil:
		j.Unknown = append(j.Unknown, Problem{Check: "repositories", Text: g.absent(slug)})
		return j
	}
	c := &court{gate: g, judged: &j, repository: r, checks: checks}
	c.hold()
	return j
}

// absent says why nothing is known about a repository.
func (g *gate) absent(slug string) string {
	for _, source := range []string{access.RepoPermissions, access.Permissions} {
		if text, _ := g.lacks(source, slug); text != "" && g.w.CoverageOf(source) != nil {
			return text
		}
	}
	return "nothing was read about it"
}

// lacks says in which way a source was not read in whole at a place, and whether that is because
// nobody asked.
func (g *gate) lacks(source, place string) (text string, notAsked bool) {
	c := g.w.CoverageOf(source)
	if c == nil || c.Verdict == access.LeftOut {
		return source + " was not read", true
	}
	verdict, why := c.Verdict, c.Why
	if place != "" && (len(c.Exceptions) > 0 || verdict == access.Whole) {
		verdict, why = access.Whole, ""
		for _, e := range c.Exceptions {
			if e.Place == place {
				verdict, why = e.Verdict, e.Why
			}
		}
	}
	if verdict == access.Whole {
		return "", false
	}
	text = fmt.Sprintf("%s: the answer was %s", source, verdict)
	if why != "" {
		text += ": " + why
	}
	return text, false
}

// excepted reports whether an exception lets a value pass at a repository.
func (g *gate) excepted(check string, r *access.Repository, matches func(value string) bool) bool {
	passed := false
	for i := range g.policy.Exceptions {
		if e := &g.policy.Exceptions[i]; e.Rule == check &&
			(strings.EqualFold(e.Place, r.Slug) || r.UUID != "" && strings.EqualFold(e.Place, r.UUID)) &&
			matches(e.Value) {
			g.used[e], passed = true, true
		}
	}
	return passed
}

// unused lists the entries that nothing needed.
func (g *gate) unused() []Problem {
	var all []Problem
	lists := []*Allow{g.policy.Defaults.Allow}
	for _, rule := range g.policy.Repositories {
		lists = append(lists, rule.Checks.Allow)
	}
	for _, list := range lists {
		if list == nil {
			continue
		}
		for i := range list.Who {
			if who := &list.Who[i]; !g.used[who] {
				all = append(all, Problem{Check: AdminsAllow, Line: who.Line, Text: fmt.Sprintf(
					"%s is no admin of any repository that was judged", cmp.Or(who.User, "group "+who.Group))})
			}
		}
	}
	for i := range g.policy.Exceptions {
		if e := &g.policy.Exceptions[i]; !g.used[e] {
			all = append(all, Problem{Check: e.Rule, Line: e.Line, Text: fmt.Sprintf(
				"nothing needs the exception %s for %s", e.Value, e.Place)})
		}
	}
	return all
}

// sameUser reports whether an identity is that of a person.
func sameUser(id string, p *access.Person) bool {
	if id == "" || !p.Identified {
		return false
	}
	if uuid, err := bitbucket.ParseUUID(id); err == nil {
		return strings.EqualFold(string(uuid), p.UUID)
	}
	return id == p.AccountID
}

func atLeast(n int) func(string) bool {
	return func(value string) bool {
		limit, err := strconv.Atoi(value)
		return err == nil && limit >= n
	}
}

func atMost(n int) func(string) bool {
	return func(value string) bool {
		limit, err := strconv.Atoi(value)
		return err == nil && limit <= n
	}
}
