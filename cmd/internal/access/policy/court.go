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
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
)

// A court makes the checks on one repository.
type court struct {
	*gate
	judged     *Judged
	repository *access.Repository
	checks     Checks
	admins     []*access.Person
	everybody  []*access.Person
}

// hold makes all checks.
func (c *court) hold() {
	source := access.Permissions
	if c.w.CoverageOf(source) == nil {
		source = access.RepoPermissions
	}
	if text, _ := c.lacks(source, c.placeFor(source)); text != "" {
		c.unknown("permissions", 0, text, "") // whoever asks for anything asks who has access
		return
	}
	c.count()
	if len(c.admins) == 0 {
		c.unknown(
			"permissions",
			0,
			"the answer shows nobody who administers it, and somebody always does",
			"",
		)
		return
	}
	c.number()
	c.allow()
	c.outsiders()
	c.directGrants()
	c.twoStep()
	c.stale()
	c.variables()
}

// placeFor is the place at which a source of this repository was asked.
func (c *court) placeFor(source string) string {
	if source == access.Permissions || source == access.Members || source == access.Groups ||
		source == access.WorkspaceVariables {
		return ""
	}
	return c.repository.Slug
}

// count finds out who has access, and who of them administers. A permission that nobody knows
// counts as admin.
func (c *court) count() {
	for i := range c.w.People {
		p := &c.w.People[i]
		if !p.Has(c.repository.Slug, bitbucket.PermissionRead) {
			continue
		}
		c.everybody = append(c.everybody, p)
		if p.Has(c.repository.Slug, bitbucket.PermissionAdmin) {
			c.admins = append(c.admins, p)
			c.judged.Counted = append(c.judged.Counted, p.Name+" "+p.ID)
		}
	}
}

func (c *court) number() {
	n := len(c.admins)
	if limit := c.checks.Most; limit != nil {
		c.settle(AdminsMost, n <= limit.N || c.excepted(AdminsMost, c.repository, atLeast(n)), Problem{
			Line: limit.Line, Value: strconv.Itoa(n), Text: fmt.Sprintf("%d admins, and %d are allowed", n, limit.N),
		})
	}
	if limit := c.checks.Least; limit != nil {
		c.settle(AdminsLeast, n >= limit.N || c.excepted(AdminsLeast, c.repository, atMost(n)), Problem{
			Line: limit.Line, Value: strconv.Itoa(n), Text: fmt.Sprintf("%d admins, and there should be %d", n, limit.N),
		})
	}
}

// settle notes that a check passed, or what is wrong.
func (c *court) settle(check string, passed bool, wrong Problem) {
	if passed {
		c.judged.Passed = append(c.judged.Passed, check)
		return
	}
	wrong.Check = check
	c.judged.Shut = append(c.judged.Shut, wrong)
}

// unknown notes that a check cannot be made.
func (c *court) unknown(check string, line int, text, subject string) {
	c.judged.Unknown = append(
		c.judged.Unknown,
		Problem{Check: check, Line: line, Text: text, Subject: subject, Value: subject},
	)
}

// beyondKnowing notes what a good answer does not tell, which a policy may let pass.
func (c *court) beyondKnowing(check string, line int, text, subject string) {
	if _, pass := c.policy.Unknown[check]; pass {
		c.judged.Said = append(c.judged.Said, fmt.Sprintf("%s: %s; the policy lets it pass", check, text))
		return
	}
	c.unknown(
		check,
		line,
		fmt.Sprintf("%s; find out, or write unknown: {%s: %s}", text, check, PassAndSay),
		subject,
	)
}

// reads reports whether what a check needs was read, and notes it when not.
func (c *court) reads(check string, line int, sources ...string) bool {
	for _, source := range sources {
		text, notAsked := c.lacks(source, c.placeFor(source))
		switch {
		case text == "":
			continue
		case notAsked:
			c.beyondKnowing(check, line, text, "")
		default:
			c.unknown(check, line, text, "")
		}
		return false
	}
	return true
}

func (c *court) allow() {
	list := c.checks.Allow
	if list == nil {
		c.judged.Said = append(c.judged.Said, "admins.allow is not set: anybody may be admin")
		return
	}
	groups, ok := c.groups(list)
	if !ok {
		return
	}
	for _, p := range c.admins {
		c.settle(AdminsAllow, c.allowed(list, groups, p), Problem{
			Line: list.Line, Subject: p.ID, Value: p.ID, Text: fmt.Sprintf("%s %s may not be admin", p.Name, p.ID),
		})
	}
}

// groups finds the groups of a list, whose members all have to be known.
func (c *court) groups(list *Allow) (map[string]*access.Group, bool) {
	found := map[string]*access.Group{}
	for _, who := range list.Who {
		if who.Group == "" {
			continue
		}
		if !c.reads(AdminsAllow, who.Line, access.Groups) {
			return nil, false
		}
		i := slices.IndexFunc(c.w.Groups, func(g access.Group) bool { return g.Slug == who.Group })
		if i < 0 || !c.w.Groups[i].Listed {
			c.unknown(
				AdminsAllow,
				who.Line,
				fmt.Sprintf("the members of group %s cannot be read; name its members as users", who.Group),
				"",
			)
			return nil, false
		}
		found[who.Group] = &c.w.Groups[i]
	}
	return found, true
}

func (c *court) allowed(list *Allow, groups map[string]*access.Group, p *access.Person) bool {
	ok := false
	for i := range list.Who {
		who := &list.Who[i]
		if sameUser(who.User, p) ||
			who.Group != "" && p.Identified && slices.Contains(groups[who.Group].Members, p.ID) {
			c.used[who], ok = true, true
		}
	}
	return ok || c.excused(AdminsAllow, p)
}

// excused reports whether an exception is about a person.
func (c *court) excused(check string, p *access.Person) bool {
	return c.excepted(check, c.repository, func(value string) bool { return sameUser(value, p) })
}

func (c *court) outsiders() {
	if w := c.checks.Outsiders; c.checks.asks(w) && c.reads(Outsiders, w.Line, access.Members) {
		for _, p := range c.everybody {
			if p.Role != "" && !p.Role.AtLeast(bitbucket.PermissionCollaborator) {
				c.unknown(
					Outsiders,
					w.Line,
					fmt.Sprintf("%s %s has the role %q, which is not known", p.Name, p.ID, p.Role),
					p.ID,
				)
				continue
			}
			c.settle(Outsiders, p.Role != "" || c.excused(Outsiders, p), Problem{
				Line: w.Line, Subject: p.ID, Value: p.ID, Text: fmt.Sprintf("%s %s has access and is no member", p.Name, p.ID),
			})
		}
	}
}

func (c *court) directGrants() {
	w := c.checks.DirectGrants
	if !c.checks.asks(w) || !c.reads(DirectGrants, w.Line, access.RepositoryUsers) {
		return
	}
	c.judged.Passed = append(c.judged.Passed, DirectGrants)
	for _, g := range c.repository.Grants {
		p := c.w.Person(g.User)
		if g.User == "" {
			continue
		}
		if p == nil {
			p = &access.Person{ID: g.User, Name: g.User}
		}
		c.settle(
			DirectGrants,
			c.excused(DirectGrants, p),
			Problem{
				Line: w.Line, Subject: p.ID, Value: p.ID,
				Text: fmt.Sprintf("%s %s has %s in person, not by a group", p.Name, p.ID, g.Permission),
			},
		)
	}
}

func (c *court) twoStep() {
	w := c.checks.TwoStep
	if !c.checks.asks(w) || !c.reads(TwoStep, w.Line, access.Members) {
		return
	}
	who := c.admins
	if w.Text == "everybody" {
		who = c.everybody
	}
	for _, p := range who {
		switch {
		case p.IsApp() || p.TwoStep != nil && *p.TwoStep || c.excused(TwoStep, p):
			c.settle(TwoStep, true, Problem{})
		case p.TwoStep == nil:
			c.beyondKnowing(
				TwoStep,
				w.Line,
				fmt.Sprintf("two-step verification of %s %s cannot be seen", p.Name, p.ID),
				p.ID,
			)
		default:
			c.settle(TwoStep, false, Problem{
				Line: w.Line, Subject: p.ID, Value: p.ID,
				Text: fmt.Sprintf("%s %s has no two-step verification", p.Name, p.ID),
			})
		}
	}
}

func (c *court) stale() {
	limit := c.checks.StaleDays
	if limit == nil || !c.reads(StaleDays, limit.Line, access.Members) {
		return
	}
	for _, p := range c.admins {
		switch {
		case c.excused(StaleDays, p):
			c.settle(StaleDays, true, Problem{})
		case p.LastAccessed == nil:
			c.beyondKnowing(
				StaleDays,
				limit.Line,
				fmt.Sprintf("the last access of %s %s was not told", p.Name, p.ID),
				p.ID,
			)
		default:
			days := int(c.now.Sub(*p.LastAccessed) / (24 * time.Hour))
			c.settle(StaleDays, days <= limit.N, Problem{
				Line: limit.Line, Subject: p.ID, Value: p.ID,
				Text: fmt.Sprintf(
					"admin %s %s was last seen %d days ago, and %d are allowed",
					p.Name,
					p.ID,
					days,
					limit.N,
				),
			})
		}
	}
}

func (c *court) variables() {
	w := c.checks.UnsecuredVariables
	if !c.checks.asks(w) ||
		!c.reads(UnsecuredVariables, w.Line, access.WorkspaceVariables, access.RepositoryVariables) {
		return
	}
	c.judged.Passed = append(c.judged.Passed, UnsecuredVariables)
	for _, v := range slices.Concat(c.w.Variables, c.repository.Variables) {
		if v.Secured || !findings.LooksSecret(v.Key) {
			continue
		}
		id := cmp.Or(v.UUID, v.Key)
		passed := c.excepted(UnsecuredVariables, c.repository, func(value string) bool {
			return strings.EqualFold(value, id)
		})
		c.settle(UnsecuredVariables, passed, Problem{
			Line: w.Line, Subject: id, Value: id,
			Text: fmt.Sprintf("the variable %s is not secured", v.Key),
		})
	}
}
