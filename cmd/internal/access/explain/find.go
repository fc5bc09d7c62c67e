package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
)

// Known is somebody in a workspace that knows them.
type Known struct {
	Workspace *access.Workspace
	Person    *access.Person
}

// FindUser finds whom a text names, in every workspace that knows them: by UUID, account ID, e-mail
// address or nickname, the first of these that fits. Nobody else can take the first three, and a
// nickname that several have names nobody.
func FindUser(s *access.Snapshot, text string) ([]Known, error) {
	if uuid, err := bitbucket.ParseUUID(text); err == nil {
		text = string(uuid)
	}
	kinds := []func(*access.Person) bool{
		func(p *access.Person) bool { return strings.EqualFold(p.UUID, text) },
		func(p *access.Person) bool { return p.AccountID == text || p.ID == text },
		func(p *access.Person) bool { return strings.EqualFold(p.Email, text) },
	}
	if !strings.Contains(text, "@") { // who takes an address for a nickname is not who has it
		kinds = append(kinds, func(p *access.Person) bool { return strings.EqualFold(p.Nickname, text) })
	}
	for _, fits := range kinds {
		found := people(s, fits)
		if len(found) == 0 || text == "" {
			continue
		}
		if who := identities(found); len(who) > 1 {
			return nil, fmt.Errorf("%s is the name of %d: %s; say whom by UUID",
				text, len(who), candidates(who))
		}
		return found, nil
	}
	return nil, nobody(s, text)
}

// people lists those who fit, in all workspaces.
func people(s *access.Snapshot, fits func(*access.Person) bool) []Known {
	var found []Known
	for i := range s.Workspaces {
		w := &s.Workspaces[i]
		for j := range w.People {
			if p := &w.People[j]; fits(p) {
				found = append(found, Known{w, p})
			}
		}
	}
	return found
}

// identities lists people, each once.
func identities(found []Known) []string {
	var all []string
	for _, k := range found {
		all = append(all, k.Person.Name+" "+k.Person.ID)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// mostNamed is how many candidates an error lists.
const mostNamed = 10

// candidates names those who may be meant, as far as anybody reads that.
func candidates(who []string) string {
	if n := len(who) - mostNamed; n > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(who[:mostNamed], ", "), n)
	}
	return strings.Join(who, ", ")
}

// nobody says that nobody has a name, and who may be meant.
func nobody(s *access.Snapshot, text string) error {
	byName := identities(people(s, func(p *access.Person) bool { return strings.EqualFold(p.Name, text) }))
	addresses := len(people(s, func(p *access.Person) bool { return p.Email != "" }))
	switch {
	case len(byName) > 0:
		return fmt.Errorf("%s is only a display name, which anybody may take: of %s; say whom by UUID",
			text, candidates(byName))
	case strings.Contains(text, "@"):
		return fmt.Errorf(
			"%s is no address that the report knows, and it knows %d, those on the roster of its run; "+
				"give the UUID, the account ID or the nickname",
			text,
			addresses,
		)
	}
	return fmt.Errorf("the report knows nobody by the UUID, account ID, e-mail address or nickname %s", text)
}

// A site is a place in a workspace.
type site struct {
	workspace *access.Workspace
	place     access.Place
	uuid      string
}

func (s site) String() string {
	text := string(s.place.Kind) + ":" + cmp.Or(s.place.Name, s.workspace.Slug)
	if s.place.Kind != access.KindWorkspace {
		text = string(s.place.Kind) + ":" + s.workspace.Slug + "/" + s.place.Name
	}
	return strings.TrimSpace(text + " " + s.uuid)
}

// FindPlace finds the place that a text names: a workspace, a project or a repository, by slug, key
// or UUID. The workspace may stand before it with a slash, and the kind before that with a colon.
func FindPlace(s *access.Snapshot, text string) (*access.Workspace, access.Place, error) {
	kind, name, typed := strings.Cut(text, ":")
	if !typed ||
		!slices.Contains(
			[]access.Kind{access.KindWorkspace, access.KindProject, access.KindRepository},
			access.Kind(kind),
		) {
		kind, name = "", text
	}
	all := sites(s)
	exact, alike := []site{}, []site{}
	for _, x := range all {
		if kind != "" && string(x.place.Kind) != kind {
			continue
		}
		short, long := x.names()
		switch {
		case name == short || name == long:
			exact = append(exact, x)
		case strings.EqualFold(name, short) || strings.EqualFold(name, long) || sameUUID(name, x.uuid):
			alike = append(alike, x)
		}
	}
	if len(exact) > 0 {
		alike = exact
	}
	switch len(alike) {
	case 1:
		return alike[0].workspace, alike[0].place, nil
	case 0:
		return nil, access.Place{}, fmt.Errorf(
			"%s is no workspace, project or repository of the report, which has %d of them: "+
				"give the slug, key or UUID of one", text, len(all))
	}
	var names []string
	for _, x := range alike {
		names = append(names, x.String())
	}
	return nil, access.Place{}, fmt.Errorf("%s names %d places: %s; say which, with its kind or by UUID",
		text, len(names), strings.Join(names, ", "))
}

// names are what a place may be called, without its workspace and with it.
func (s site) names() (short, long string) {
	if s.place.Kind == access.KindWorkspace {
		return s.workspace.Slug, s.workspace.Slug
	}
	return s.place.Name, s.workspace.Slug + "/" + s.place.Name
}

func sameUUID(text, uuid string) bool {
	parsed, err := bitbucket.ParseUUID(text)
	return err == nil && strings.EqualFold(string(parsed), uuid)
}

// sites lists all places of a report.
func sites(s *access.Snapshot) []site {
	var all []site
	for i := range s.Workspaces {
		w := &s.Workspaces[i]
		all = append(all, site{w, access.Place{Kind: access.KindWorkspace}, w.UUID})
		for _, p := range w.Projects {
			all = append(all, site{w, access.Place{Kind: access.KindProject, Name: p.Key}, p.UUID})
		}
		for _, r := range w.Repositories {
			all = append(all, site{w, access.Place{Kind: access.KindRepository, Name: r.Slug}, r.UUID})
		}
	}
	return all
}
