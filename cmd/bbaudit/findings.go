package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket"
)

// limits say from where on something is worth a look.
type limits struct {
	admins  int // of a repository
	adminOf int // repositories of a person
}

// A level says how soon somebody should look.
type level string

const (
	high   level = "high"
	medium level = "medium"
	info   level = "info"
)

// A finding is something that a security person should look at, or know.
type finding struct {
	Level level  `json:"level"`
	Rule  string `json:"rule"`
	Text  string `json:"text"`
	Items []item `json:"items,omitzero"`
}

// An item is one case of a finding: a person or a repository.
type item struct {
	Subject string `json:"subject"`
	ID      string `json:"id,omitzero"` // UUID of a person
	Detail  string `json:"detail,omitzero"`
}

// findings applies all rules, the urgent ones first. What has not been read in whole is no ground for a finding that
// says something is missing.
func (x *index) findings(l limits, grants []grant) []finding {
	var all []finding
	add := func(l level, rule string, items []item, one, many string) {
		if len(items) > 0 {
			all = append(all, finding{l, rule, plural(len(items), one, many), items})
		}
	}
	add(high, "no-member", x.withoutMembership(grants),
		"person is no member of the workspace but may use it", "people are no members of the workspace but may use it")
	add(high, "above-effective", x.marked(grants, markAboveEffective),
		"member was granted more than is effective", "members were granted more than is effective")
	weak, strong, unseen := x.withoutTwoFactor()
	add(high, "admin-without-2fa", strong,
		"owner or admin has no two-step verification", "owners and admins have no two-step verification")
	add(medium, "without-2fa", weak,
		"other member has no two-step verification", "other members have no two-step verification")
	add(medium, "inactive", x.inactive(),
		"account is not active and still has access", "accounts are not active and still have access")
	add(medium, "many-admins", x.crowded(l.admins),
		"repository has more than "+plural(l.admins, "admin", "admins"), "repositories have more than "+plural(l.admins, "admin", "admins"))
	add(medium, "admin-of-many", x.powerful(l.adminOf),
		"person is admin on more than "+plural(l.adminOf, "repository", "repositories")+", owners apart",
		"people are admins on more than "+plural(l.adminOf, "repository", "repositories")+", owners apart")
	add(medium, "only-source", x.marked(grants, markOnlySource),
		"member was granted more in person than role, projects and groups can give",
		"members were granted more in person than their roles, projects and groups can give")
	add(info, "owners", x.owners(), "person owns the workspace", "people own the workspace")
	add(info, "apps", x.apps(), "app has access", "apps have access")
	add(info, "public", x.public(), "repository is public", "repositories are public")
	add(info, "no-access", x.idle(),
		"member has access to no repository", "members have access to no repository")
	if unseen > 0 {
		all = append(all, finding{Level: info, Rule: "2fa-unknown",
			Text: "two-step verification cannot be seen for " + plural(unseen, "person", "people")})
	}
	return all
}

// each makes an item of everybody for whom detail finds something.
func (x *index) each(detail func(*person) (string, bool)) []item {
	var items []item
	for _, p := range x.sorted {
		if text, ok := detail(p); ok {
			items = append(items, item{Subject: p.label, ID: p.id(), Detail: text})
		}
	}
	return items
}

// withoutMembership lists who has a permission, or was granted one, without a role in the workspace.
func (x *index) withoutMembership(grants []grant) []item {
	if !x.complete.members {
		return nil
	}
	return x.each(func(p *person) (string, bool) {
		if p.Role != "" {
			return "", false
		}
		all := p.holds()
		for _, text := range p.granted(grants, markAboveEffective) {
			all = append(all, "granted "+text)
		}
		return strings.Join(all, "; "), len(all) > 0
	})
}

// withoutTwoFactor lists the people who have it off: those with much to lose, the rest, and how many nobody can tell of.
func (x *index) withoutTwoFactor() (weak, strong []item, unseen int) {
	for _, p := range x.sorted {
		admin := len(p.on(bitbucket.PermissionAdmin))
		it := item{Subject: p.label, ID: p.id(), Detail: p.summary()}
		switch {
		case p.Role == "" || p.Type != "user":
		case p.TwoFactor == nil:
			unseen++
		case *p.TwoFactor:
		case admin > 0 || p.Role == string(bitbucket.PermissionOwner):
			strong = append(strong, it)
		default:
			weak = append(weak, it)
		}
	}
	return weak, strong, unseen
}

func (x *index) inactive() []item {
	return x.each(func(p *person) (string, bool) {
		return p.Status + "; " + p.summary(), p.Status != "" && p.Status != "active"
	})
}

// crowded lists the repositories with many admins, those with the most first.
func (x *index) crowded(most int) []item {
	admins := map[string][]string{}
	for _, p := range x.sorted {
		for _, slug := range p.on(bitbucket.PermissionAdmin) {
			admins[slug] = append(admins[slug], p.label)
		}
	}
	var items []item
	for _, slug := range x.slugs {
		if n := len(admins[slug]); n > most {
			items = append(items, item{Subject: slug, Detail: fmt.Sprintf("%d admins: %s", n, strings.Join(admins[slug], ", "))})
		}
	}
	slices.SortStableFunc(items, func(a, b item) int { return len(admins[b.Subject]) - len(admins[a.Subject]) })
	return items
}

func (x *index) powerful(most int) []item {
	return x.each(func(p *person) (string, bool) {
		n := len(p.on(bitbucket.PermissionAdmin))
		return plural(n, "repository", "repositories"), n > most && p.Role != string(bitbucket.PermissionOwner)
	})
}

func (x *index) owners() []item {
	return x.each(func(p *person) (string, bool) { return "", p.Role == string(bitbucket.PermissionOwner) })
}

func (x *index) apps() []item {
	return x.each(func(p *person) (string, bool) { return p.summary(), p.isApp() })
}

func (x *index) public() []item {
	var items []item
	for _, r := range x.repositories {
		if !r.IsPrivate {
			items = append(items, item{Subject: slugOf(r.FullName)})
		}
	}
	return items
}

// idle lists the members who may do nothing: seats that are paid for.
func (x *index) idle() []item {
	if !x.complete.permissions {
		return nil
	}
	return x.each(func(p *person) (string, bool) { return "", p.Role != "" && len(p.Permissions) == 0 })
}

// marked lists the members with grants that have a mark. Others are a finding of their own.
func (x *index) marked(grants []grant, m mark) []item {
	return x.each(func(p *person) (string, bool) {
		found := p.granted(grants, m)
		return strings.Join(found, "; "), p.Role != "" && len(found) > 0
	})
}

// granted names the grants of a person that have a mark.
func (p *person) granted(grants []grant, m mark) []string {
	places := map[bitbucket.Permission][]string{}
	for _, g := range grants {
		if !g.ToGroup && g.ID == p.id() && slices.Contains(g.Marks, m) {
			places[g.Permission] = append(places[g.Permission], g.place())
		}
	}
	var found []string
	for _, permission := range slices.SortedFunc(maps.Keys(places), compare) {
		found = append(found, fmt.Sprintf("%s on %s", permission, strings.Join(places[permission], ", ")))
	}
	slices.Reverse(found)
	return found
}

// place names what a grant is on.
func (g grant) place() string {
	if g.OnProject {
		return "project " + g.On
	}
	return g.On
}

func (p *person) isApp() bool { return p.Type == "app_user" }

// holds names every repository that somebody may use.
func (p *person) holds() []string {
	var all []string
	for _, h := range p.Permissions {
		all = append(all, fmt.Sprintf("%s on %s", h.Permission, strings.Join(h.Repositories, ", ")))
	}
	return all
}

// summary counts the repositories that somebody may use.
func (p *person) summary() string {
	all := []string{cmp.Or(p.Role, "no member")}
	for _, h := range p.Permissions {
		all = append(all, fmt.Sprintf("%s on %d", h.Permission, len(h.Repositories)))
	}
	return strings.Join(all, ", ")
}
