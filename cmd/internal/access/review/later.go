package review

import (
	"cmp"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
)

// A later is a workspace of a review in a later report.
type later struct {
	*access.Workspace
	before   map[spot]Place    // places of the review
	named    map[spot][]string // names that places have now, by UUID and by name
	gone     map[spot]bool     // places that went away while they were read
	partial  bool              // a place has no UUID now
	holders  map[spot][]Single // who has access now
	unnamed  map[spot]int      // accounts that had access, and nothing identifies
	came     []*Subject        // accounts that had none
	newGroup string            // a group that the review does not know; empty for none
}

// A spot is a kind of access at a place; without a kind it is the place.
type spot struct {
	kind  Kind
	on    PlaceKind
	place string
}

func spotOf(s Single) spot { return spot{s.Kind, s.On, s.Place} }

func newLater(before *Workspace, now *access.Workspace) *later {
	l := &later{
		Workspace: now, before: map[spot]Place{}, named: map[spot][]string{},
		gone: map[spot]bool{}, holders: map[spot][]Single{}, unnamed: map[spot]int{},
	}
	folded := fold(now)
	for i := range folded.Rows {
		for one := range folded.Unfold(&folded.Rows[i]) {
			l.holders[spotOf(one)] = append(l.holders[spotOf(one)], one)
		}
	}
	for i := range before.Rows {
		if r := &before.Rows[i]; !before.Subjects[r.Subject].identified() {
			for one := range before.Unfold(r) {
				l.unnamed[spotOf(one)]++
			}
		}
	}
	l.places(OnProject, before.Projects, folded.Projects)
	l.places(OnRepository, before.Repositories, folded.Repositories)
	for _, p := range now.Projects {
		l.gone[spot{on: OnProject, place: p.Key}] = p.Gone
	}
	for _, r := range now.Repositories {
		l.gone[spot{on: OnRepository, place: r.Slug}] = r.Gone
	}
	l.newcomers(before, &folded)
	groups := map[string]bool{}
	for _, r := range before.Rows {
		groups[r.Group] = true
	}
	for _, s := range before.Subjects {
		if s.Kind == Group {
			groups[s.ID] = true
		}
	}
	for _, g := range now.Groups {
		if !groups[g.Slug] {
			l.newGroup = g.Slug
		}
	}
	return l
}

// newcomers notes the accounts that had no access before. Of those that nothing identifies only
// their number tells whether one came.
func (l *later) newcomers(before, now *Workspace) {
	known, nameless := map[string]bool{}, 0
	for i := range before.Subjects {
		s := &before.Subjects[i]
		for _, name := range s.identifiers() {
			known[name] = true
		}
		if !s.identified() {
			nameless++
		}
	}
	for i := range now.Subjects {
		s := &now.Subjects[i]
		isKnown := slices.ContainsFunc(s.identifiers(), func(name string) bool { return known[name] })
		if !s.identified() {
			nameless--
			isKnown = nameless >= 0
		}
		if s.person() && !isKnown {
			l.came = append(l.came, s)
		}
	}
}

// places notes the places of a kind, as they were and as they are.
func (l *later) places(on PlaceKind, before, now []Place) {
	for _, p := range before {
		l.before[spot{on: on, place: p.Name}] = p
	}
	for _, p := range now {
		l.named[spot{on: on, place: p.Name}] = append(l.named[spot{on: on, place: p.Name}], p.Name)
		if p.UUID == "" {
			l.partial = true
		} else {
			key := spot{on: on, place: p.UUID}
			l.named[key] = append(l.named[key], p.Name)
		}
	}
}

// placesOf lists the names that a place may have now: of its UUID, since places are renamed, and
// its name, since they are made anew.
func (l *later) placesOf(one Single) []string {
	if one.On != OnProject && one.On != OnRepository {
		return []string{one.Place}
	}
	names := slices.Clone(l.named[spot{on: one.On, place: one.Place}])
	if uuid := l.uuid(one); uuid != "" {
		names = append(names, l.named[spot{on: one.On, place: uuid}]...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// uuid is that of the place of an access, or nothing when the earlier report did not know it.
func (l *later) uuid(one Single) string { return l.before[spot{on: one.On, place: one.Place}].UUID }

// identifiers are what an account can be found again by.
func (s *Subject) identifiers() []string {
	var all []string
	for _, id := range []string{s.UUID, s.AccountID} {
		if id != "" {
			all = append(all, strings.ToLower(id))
		}
	}
	return all
}

// is reports whether two subjects of the same kind of access are one. Accounts that nothing
// identifies may all be.
func (s *Subject) is(other *Subject) bool {
	switch {
	case s.person() != other.person():
		return false
	case !s.person():
		return strings.EqualFold(s.ID, other.ID)
	case !s.identified():
		return !other.identified()
	}
	return s.UUID != "" && strings.EqualFold(s.UUID, other.UUID) ||
		s.AccountID != "" && s.AccountID == other.AccountID
}

// comparable reports whether the same kind of ID is known of two accounts.
func (s *Subject) comparable(other *Subject) bool {
	return s.UUID != "" && other.UUID != "" || s.AccountID != "" && other.AccountID != ""
}

// unread says why the later report does not tell that an access is gone, or nothing when it tells.
func (l *later) unread(one Single, names []string) string {
	switch one.Kind {
	case Role:
		return l.lacking(access.Members)
	case Membership:
		g := l.group(one.Place)
		if g != nil && !g.Listed {
			return "the members of the group " + g.Slug + " were not listed"
		}
		return cmp.Or(l.lacking(access.Groups), l.renamed(one.Place))
	case Privilege:
		g := l.group(one.Subject.ID)
		if g != nil && g.Privilege == nil {
			return "the privilege of the group " + g.Slug + " was not told"
		}
		return cmp.Or(l.lacking(access.Groups), l.renamed(one.Subject.ID))
	case Invited:
		if why := l.lacking(access.Invitations); why != "" || one.On == OnWorkspace {
			return why
		}
	}
	uuid := spot{on: one.On, place: l.uuid(one)}
	if len(names) == 0 || uuid.place != "" && len(l.named[uuid]) == 0 {
		if why := l.vanished(one); why != "" {
			return why
		}
	}
	if one.Subject.Kind == Group {
		return cmp.Or(l.unreadAt(one, names), l.renamed(one.Subject.ID))
	}
	return l.unreadAt(one, names)
}

func (l *later) group(slug string) *access.Group {
	n := slices.IndexFunc(l.Groups, func(g access.Group) bool { return g.Slug == slug })
	if n < 0 {
		return nil
	}
	return &l.Groups[n]
}

// renamed says that a group that is not there may be one that was not there before: nothing but
// its slug identifies a group.
func (l *later) renamed(slug string) string {
	if l.newGroup == "" || l.group(slug) != nil {
		return ""
	}
	return "the group " + slug + " is not there, and may be the new group " + l.newGroup
}

// unreadAt says at which of the places that are there too little was read.
func (l *later) unreadAt(one Single, names []string) string {
	if one.Kind == Invited || one.Kind == Effective && l.Read(access.Permissions) {
		return ""
	}
	for _, name := range names {
		if l.gone[spot{on: one.On, place: name}] {
			if why := l.vanished(one); why != "" {
				return why
			}
			continue
		}
		if source := sourceOf(one); !l.ReadAt(source, name) {
			return source + " of " + name + " were not read"
		}
	}
	return ""
}

// lacking says that a list of the workspace was not read in whole.
func (l *later) lacking(source string) string {
	if l.Read(source) {
		return ""
	}
	return source + " were not read in whole"
}

// vanished says whether a place that is not there tells that access on it is gone. It does when
// whoever asked sees all places of the workspace, as who may list its permissions does, and the
// place has no other name.
func (l *later) vanished(one Single) string {
	list := access.Repositories
	if one.On == OnProject {
		list = access.Projects
	}
	if l.Narrow || !l.Read(list) || !l.Read(access.Permissions) || l.uuid(one) == "" || l.partial {
		return string(one.On) + " " + one.Place + " was not found, and may have another name"
	}
	return ""
}

// sourceOf names the list of a place that an access would stand in.
func sourceOf(one Single) string {
	project := one.On == OnProject
	group := one.Subject.Kind == Group
	switch {
	case one.Kind == Effective:
		return access.RepoPermissions
	case one.Kind == Key && project:
		return access.ProjectKeys
	case one.Kind == Key:
		return access.RepositoryKeys
	case project && group:
		return access.ProjectGroups
	case project:
		return access.ProjectUsers
	case group:
		return access.RepositoryGroups
	}
	return access.RepositoryUsers
}
