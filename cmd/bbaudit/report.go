package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket"
)

// A report is what is written. Its JSON form is this very structure.
type report struct {
	Workspace    string    `json:"workspace"`
	Source       string    `json:"source"` // base URL, or demo
	TakenAt      time.Time `json:"taken_at"`
	Calls        int       `json:"calls"` // spent, retries included
	Partial      bool      `json:"partial"`
	Reason       string    `json:"reason,omitzero"` // why it is partial
	Unread       []string  `json:"unread,omitzero"` // what could not be read in whole
	Findings     []finding `json:"findings"`
	People       []*person `json:"people"`
	Repositories []string  `json:"repositories"` // slugs
	Grants       []grant   `json:"grants,omitzero"`
}

// A person is a user who is a member, or may do something without being one; apps count too.
type person struct {
	Name         string          `json:"name"`
	Nickname     string          `json:"nickname,omitzero"`
	UUID         string          `json:"uuid,omitzero"`
	AccountID    string          `json:"account_id,omitzero"`
	Type         string          `json:"type"`
	Status       string          `json:"status,omitzero"`
	TwoFactor    *bool           `json:"two_factor"`    // null when it cannot be seen
	Role         string          `json:"role,omitzero"` // in the workspace; empty for who is no member
	LastAccessed *bitbucket.Time `json:"last_accessed,omitzero"`
	Permissions  []holding       `json:"permissions"` // effective ones, highest first

	key   string
	label string // the name, with more of it when two people share it
}

// A holding is the repositories on which somebody has the same permission.
type holding struct {
	Permission   bitbucket.Permission `json:"permission"`
	Repositories []string             `json:"repositories"` // slugs
}

// A grant is an explicit permission on a repository or a project.
type grant struct {
	On         string               `json:"on"` // slug or key
	OnProject  bool                 `json:"on_project,omitzero"`
	To         string               `json:"to"` // name of the user or the group
	ToGroup    bool                 `json:"to_group,omitzero"`
	ID         string               `json:"id"` // UUID of the user, slug of the group
	Permission bitbucket.Permission `json:"permission"`
	Marks      []mark               `json:"marks,omitzero"`
}

// report makes the report of what has been read.
func (c *collector) report(now time.Time) *report {
	x := newIndex(&c.found)
	r := &report{
		Workspace: c.workspace, Source: c.source, TakenAt: now.UTC().Truncate(time.Second), Calls: c.progress.calls(),
		Findings: []finding{}, People: x.sorted, Repositories: x.slugs,
		Unread: c.found.unread(c.explicit),
	}
	if c.explicit {
		r.Grants = x.grants()
	}
	r.Findings = append(r.Findings, x.findings(c.limits, r.Grants)...)
	return r
}

// markPartial says that the audit ended before it was through.
func (r *report) markPartial(reason string) {
	r.Partial, r.Reason = true, reason
}

// unread lists what could not be read in whole.
func (s *snapshot) unread(explicit bool) []string {
	var all []string
	add := func(complete bool, what string) {
		if !complete {
			all = append(all, what)
		}
	}
	add(s.complete.members, "members")
	add(s.complete.permissions, "permissions")
	if explicit {
		add(s.complete.repositories, "repositories")
		add(s.complete.grants, "explicit grants")
	}
	for _, t := range s.targets {
		add(!t.gone, "explicit grants on "+t.name+", which Bitbucket does not find any more")
	}
	return all
}

// An index finds its way through a snapshot.
type index struct {
	*snapshot
	people    map[string]*person
	sorted    []*person
	slugs     []string
	effective map[string]map[string]bitbucket.Permission // by slug and key of the person
	projectOf map[string]string                          // by slug
}

func newIndex(s *snapshot) *index {
	x := &index{
		snapshot: s, people: map[string]*person{}, slugs: []string{},
		effective: map[string]map[string]bitbucket.Permission{}, projectOf: map[string]string{},
	}
	for _, m := range s.members {
		p := x.person(m.User)
		p.Role = string(cmp.Or(m.Permission, bitbucket.PermissionMember))
		if !m.LastAccessed.IsZero() {
			p.LastAccessed = &m.LastAccessed
		}
	}
	for _, r := range s.repositories {
		x.projectOf[slugOf(r.FullName)] = r.Project.Key
		x.repository(slugOf(r.FullName))
	}
	for _, e := range s.permissions {
		x.hold(x.person(e.User), slugOf(e.Repository.FullName), e.Permission)
	}
	for _, t := range s.targets {
		for _, g := range t.users {
			x.person(g.User)
		}
	}
	x.sort()
	return x
}

// person finds or adds who is meant.
func (x *index) person(u bitbucket.User) *person {
	key := keyOf(u)
	if p := x.people[key]; p != nil {
		return p
	}
	p := &person{
		Name: cmp.Or(u.DisplayName, u.Nickname, key), Nickname: u.Nickname, UUID: u.UUID.String(), AccountID: u.AccountID,
		Type: u.Type, Status: u.AccountStatus, TwoFactor: u.Has2FAEnabled, Permissions: []holding{}, key: key,
	}
	x.people[key] = p
	return p
}

func keyOf(u bitbucket.User) string {
	return cmp.Or(u.UUID.String(), u.AccountID, u.DisplayName)
}

// repository finds or adds what people may do on a repository.
func (x *index) repository(slug string) map[string]bitbucket.Permission {
	if x.effective[slug] == nil {
		x.effective[slug] = map[string]bitbucket.Permission{}
	}
	return x.effective[slug]
}

// hold notes an effective permission.
func (x *index) hold(p *person, slug string, permission bitbucket.Permission) {
	on := x.repository(slug)
	if permission == "" || permission == bitbucket.PermissionNone {
		return
	}
	if _, twice := on[p.key]; twice { // a list that changed while it was read
		return
	}
	on[p.key] = permission
	i := slices.IndexFunc(p.Permissions, func(h holding) bool { return h.Permission == permission })
	if i < 0 {
		i = len(p.Permissions)
		p.Permissions = append(p.Permissions, holding{Permission: permission})
	}
	p.Permissions[i].Repositories = append(p.Permissions[i].Repositories, slug)
}

// sort puts everything in an order that does not depend on Bitbucket's.
func (x *index) sort() {
	x.slugs = append(x.slugs, slices.Sorted(maps.Keys(x.effective))...)
	named := map[string]int{}
	for _, p := range x.people {
		named[p.Name]++
		slices.SortFunc(p.Permissions, func(a, b holding) int { return compare(b.Permission, a.Permission) })
		for _, h := range p.Permissions {
			slices.Sort(h.Repositories)
		}
	}
	for _, p := range x.people {
		p.label = p.Name
		if named[p.Name] > 1 {
			p.label += " " + p.key
		}
	}
	x.sorted = slices.SortedFunc(maps.Values(x.people), func(a, b *person) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.key, b.key))
	})
	if x.sorted == nil {
		x.sorted = []*person{}
	}
}

// compare orders permissions, lowest first, and before all of them those that nobody knows.
func compare(a, b bitbucket.Permission) int {
	known := func(p bitbucket.Permission) bool { return p.AtLeast(p) }
	switch up, down := known(a) && !known(b) || a.AtLeast(b), known(b) && !known(a) || b.AtLeast(a); {
	case up && !down:
		return 1
	case down && !up:
		return -1
	}
	return strings.Compare(string(a), string(b))
}

// on lists the repositories on which somebody has a permission.
func (p *person) on(permission bitbucket.Permission) []string {
	for _, h := range p.Permissions {
		if h.Permission == permission {
			return h.Repositories
		}
	}
	return nil
}

// id is what identifies a person.
func (p *person) id() string { return cmp.Or(p.UUID, p.key) }
