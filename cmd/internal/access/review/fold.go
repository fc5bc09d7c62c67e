package review

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
)

// fold makes rows of all access that a model knows.
func fold(w *access.Workspace) Workspace {
	f := &folder{
		from: w, paths: access.NewPaths(w), people: map[string]int{}, met: map[string]bool{},
		groupsOf: map[string][]*access.Group{}, granted: map[string][]granted{},
	}
	f.to = Workspace{
		Slug: w.Slug, UUID: w.UUID, Name: w.Name, Projects: []Place{}, Repositories: []Place{},
		Subjects: []Subject{}, Rows: []Row{},
	}
	f.places()
	f.persons()
	f.groups()
	f.keys()
	f.invitations()
	return f.to
}

// A folder folds one workspace.
type folder struct {
	from     *access.Workspace
	to       Workspace
	paths    *access.Paths
	people   map[string]int             // numbers of subjects, by ID
	groupsOf map[string][]*access.Group // by person
	granted  map[string][]granted       // in person, on repositories, by person
	met      map[string]bool            // the IDs of the rows
}

// A granted is a grant in person on a repository.
type granted struct {
	on         *access.Repository
	permission bitbucket.Permission
}

// places notes the places, and what was granted to whom on repositories.
func (f *folder) places() {
	for _, p := range f.from.Projects {
		f.to.Projects = append(f.to.Projects, Place{Name: p.Key, UUID: p.UUID})
	}
	for i := range f.from.Repositories {
		r := &f.from.Repositories[i]
		f.to.Repositories = append(f.to.Repositories, Place{r.Slug, r.UUID, r.Project})
		for _, g := range r.Grants {
			if g.User != "" {
				f.granted[g.User] = append(f.granted[g.User], granted{r, g.Permission})
			}
		}
	}
}

// subject adds a subject, and returns its number.
func (f *folder) subject(s Subject) int {
	f.to.Subjects = append(f.to.Subjects, s)
	return len(f.to.Subjects) - 1
}

// person returns the number of an account. Of one that the model does not list only the ID is
// known.
func (f *folder) person(id string) int {
	n, known := f.people[id]
	if !known {
		n = f.subject(Subject{Kind: User, ID: id, Name: id})
		f.people[id] = n
	}
	return n
}

// add adds a row, unless it is there: the same access twice is one.
func (f *folder) add(r Row) {
	r.ID = rowID(f.to.UUID, &f.to.Subjects[r.Subject], &r)
	if !f.met[r.ID] {
		f.met[r.ID] = true
		f.to.Rows = append(f.to.Rows, r)
	}
}

// rowID names an access by whose it is, what it is and where.
func rowID(workspace string, s *Subject, r *Row) string {
	text, _ := json.Marshal([]any{ // texts can always be written
		workspace, s.Kind, s.ID, r.Kind, r.Project, r.Places, r.Group, r.Permission, r.Ways,
	})
	sum := sha256.Sum256(text)
	return "r" + hex.EncodeToString(sum[:10]) // a spreadsheet takes it for no number
}

// persons adds what people and apps have, person by person.
func (f *folder) persons() {
	for i := range f.from.Groups {
		g := &f.from.Groups[i]
		for _, id := range g.Members {
			f.groupsOf[id] = append(f.groupsOf[id], g)
		}
	}
	projects := map[string][]Row{} // grants on projects, by person
	for _, p := range f.from.Projects {
		for _, g := range p.Grants {
			if g.User != "" {
				row := Row{Kind: Grant, Project: p.Key, Permission: g.Permission}
				projects[g.User] = append(projects[g.User], row)
			}
		}
	}
	for i := range f.from.People {
		p := &f.from.People[i]
		kind := User
		if p.IsApp() {
			kind = App
		}
		f.people[p.ID] = f.subject(Subject{
			Kind: kind, ID: p.ID, UUID: p.UUID, AccountID: p.AccountID, Name: p.Name,
			Nickname: p.Nickname, Email: p.Email, LastAccessed: p.LastAccessed, TwoStep: p.TwoStep,
		})
		if p.Role != "" {
			f.add(Row{Subject: f.people[p.ID], Kind: Role, Permission: p.Role})
		}
		f.memberships(p.ID)
		f.effective(p)
		f.grants(p.ID, projects)
	}
	for _, id := range slices.Sorted(maps.Keys(f.groupsOf)) {
		f.memberships(id)
	}
	strangers := maps.Clone(projects)
	for id := range f.granted {
		strangers[id] = projects[id]
	}
	for _, id := range slices.Sorted(maps.Keys(strangers)) {
		f.grants(id, projects)
	}
}

// memberships adds the groups that somebody is in, once.
func (f *folder) memberships(id string) {
	for _, g := range f.groupsOf[id] {
		r := Row{Subject: f.person(id), Kind: Membership, Group: g.Slug, Permission: "member"}
		if g.Administers() {
			r.Ways = []access.Way{{Permission: "admin", By: access.ByGroupPrivilege, Group: g.Slug}}
		}
		f.add(r)
	}
	delete(f.groupsOf, id)
}

// effective adds somebody's effective permissions. What was granted in person on a repository is
// one of the ways of the permission there, and in its row.
func (f *folder) effective(p *access.Person) {
	numbers := map[string]int{}
	var rows []Row
	held := map[string]bool{}
	for _, h := range p.Permissions {
		for _, slug := range h.Repositories {
			held[slug] = true
			on := f.from.Repository(slug)
			if on == nil {
				on = &access.Repository{Slug: slug}
			}
			ways := f.paths.To(p, on)
			key := fmt.Sprintf("%q %q %q", on.Project, h.Permission, ways)
			n, met := numbers[key]
			if !met {
				n = len(rows)
				numbers[key] = n
				rows = append(rows, Row{
					Subject: f.people[p.ID], Kind: Effective, Project: on.Project,
					Permission: h.Permission, Ways: ways,
				})
			}
			rows[n].Places = append(rows[n].Places, slug)
		}
	}
	for _, r := range rows {
		f.add(r)
	}
	f.granted[p.ID] = slices.DeleteFunc(f.granted[p.ID], func(g granted) bool {
		return held[g.on.Slug]
	})
}

// grants adds what was granted to somebody in person and is in no row yet, once.
func (f *folder) grants(id string, projects map[string][]Row) {
	for _, r := range projects[id] {
		r.Subject = f.person(id)
		f.add(r)
	}
	for _, r := range foldGrants(f.granted[id]) {
		r.Subject = f.person(id)
		f.add(r)
	}
	delete(projects, id)
	delete(f.granted, id)
}

// foldGrants folds grants on repositories by project and permission.
func foldGrants(all []granted) []Row {
	type alike struct {
		project    string
		permission bitbucket.Permission
	}
	numbers := map[alike]int{}
	var rows []Row
	for _, g := range all {
		key := alike{g.on.Project, g.permission}
		n, met := numbers[key]
		if !met {
			n = len(rows)
			numbers[key] = n
			rows = append(rows, Row{Kind: Grant, Project: g.on.Project, Permission: g.permission})
		}
		rows[n].Places = append(rows[n].Places, g.on.Slug)
	}
	return rows
}

// groups adds what groups may do. A group may be known by a grant alone.
func (f *folder) groups() {
	names := map[string]string{}
	rows := map[string][]Row{} // by group
	for _, g := range f.from.Groups {
		names[g.Slug] = g.Name
		if g.Privilege != nil && *g.Privilege != "" {
			rows[g.Slug] = []Row{{Kind: Privilege, Permission: bitbucket.Permission(*g.Privilege)}}
		}
	}
	for _, p := range f.from.Projects {
		for _, g := range p.Grants {
			if g.Group != "" {
				row := Row{Kind: Grant, Project: p.Key, Permission: g.Permission}
				rows[g.Group] = append(rows[g.Group], row)
			}
		}
	}
	on := map[string][]granted{}
	for i := range f.from.Repositories {
		r := &f.from.Repositories[i]
		for _, g := range r.Grants {
			if g.Group != "" {
				on[g.Group] = append(on[g.Group], granted{r, g.Permission})
			}
		}
	}
	for slug, all := range on {
		rows[slug] = append(rows[slug], foldGrants(all)...)
	}
	for _, slug := range slices.Sorted(maps.Keys(rows)) {
		n := f.subject(Subject{Kind: Group, ID: slug, Name: cmp.Or(names[slug], slug)})
		for _, r := range rows[slug] {
			r.Subject = n
			f.add(r)
		}
	}
}

// keys adds the deploy keys.
func (f *folder) keys() {
	add := func(keys []access.DeployKey, r Row) {
		for _, k := range keys {
			r.Subject = f.subject(Subject{
				Kind: DeployKey, ID: k.ID, Name: cmp.Or(k.Label, k.ID), LastAccessed: k.LastUsed,
			})
			r.Kind, r.Permission = Key, keyPermission(&k)
			f.add(r)
		}
	}
	for _, p := range f.from.Projects {
		add(p.Keys, Row{Project: p.Key})
	}
	for _, r := range f.from.Repositories {
		add(r.Keys, Row{Project: r.Project, Places: []string{r.Slug}})
	}
}

// keyPermission is what a deploy key may do.
func keyPermission(k *access.DeployKey) bitbucket.Permission {
	switch {
	case k.Writes == nil:
		return "not told"
	case *k.Writes:
		return bitbucket.PermissionWrite
	}
	return bitbucket.PermissionRead
}

// invitations adds the invitations that nobody has accepted.
func (f *folder) invitations() {
	for _, v := range f.from.Invitations {
		r := Row{Kind: Invited, Permission: cmp.Or(v.Permission, "not told")}
		if v.Repository != "" {
			r.Places = []string{v.Repository}
			if on := f.from.Repository(v.Repository); on != nil {
				r.Project = on.Project
			}
		}
		r.Subject = f.subject(Subject{Kind: Invitation, ID: v.Email, Name: v.Email, Email: v.Email})
		f.add(r)
	}
}
