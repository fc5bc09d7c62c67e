package accesstest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
)

// A World is a workspace made by chance. Who may do what in it follows from roles, groups and grants
// as it does at Bitbucket, but for those whom nobody can name.
type World struct {
	rand        *rand.Rand
	made        int // names and UUIDs so far
	people      []*inhabitant
	groups      []*access.GroupFacts
	projects    []*worldPlace
	places      []*worldPlace // repositories
	nameless    []access.Item
	variables   []access.Variable
	invitations []access.Invitation
}

type inhabitant struct {
	account access.Account
	role    bitbucket.Permission
	seen    int // days ago
}

// A worldPlace is a project or a repository.
type worldPlace struct {
	name, uuid string
	project    *worldPlace
	private    bool
	users      map[string]bitbucket.Permission // by UUID
	groups     map[string]bitbucket.Permission
	keys       []access.DeployKey
	variables  []access.Variable
}

// NewWorld makes a world; the same seed makes the same one.
func NewWorld(seed uint64) *World {
	w := &World{rand: rand.New(rand.NewPCG(seed, 1))}
	for range 2 + w.rand.IntN(6) {
		w.addPerson()
	}
	for range 1 + w.rand.IntN(3) {
		w.addGroup()
	}
	for range 1 + w.rand.IntN(3) {
		w.projects = append(w.projects, w.place("P", nil))
	}
	for range 1 + w.rand.IntN(6) {
		w.addRepository()
	}
	w.people[0].role = bitbucket.PermissionOwner
	w.Change(20)
	return w
}

func (w *World) number() int { w.made++; return w.made }

func (w *World) uuid() string {
	return fmt.Sprintf("{%08x-0000-4000-8000-000000000000}", w.number())
}

func pick[T any](w *World, from []T) T { return from[w.rand.IntN(len(from))] }

func (w *World) addPerson() {
	id := w.uuid()
	p := &inhabitant{seen: w.rand.IntN(400), account: access.Account{
		UUID: id, Name: fmt.Sprintf("Name %d", w.rand.IntN(9)), Nickname: fmt.Sprintf("nick-%d", w.made),
		Type: pick(w, []string{"user", "user", "app_user"}),
	}}
	if w.rand.IntN(2) == 0 {
		p.account.AccountID = "557058:" + id
	}
	p.role = pick(w, []bitbucket.Permission{"owner", "member", "member", "collaborator", "", "guru"})
	w.people = append(w.people, p)
}

func (w *World) addGroup() {
	slug := fmt.Sprintf("group-%d", w.number())
	w.groups = append(w.groups, &access.GroupFacts{
		Slug: slug, Name: slug, Listed: w.rand.IntN(5) > 0,
		Privilege: pick(w, []*string{nil, new(""), new("admin"), new("collaborator")}),
	})
}

func (w *World) place(prefix string, project *worldPlace) *worldPlace {
	return &worldPlace{
		name: fmt.Sprintf("%s%d", prefix, w.number()), uuid: w.uuid(), project: project, private: true,
		users: map[string]bitbucket.Permission{}, groups: map[string]bitbucket.Permission{},
	}
}

func (w *World) addRepository() { w.places = append(w.places, w.place("repo", pick(w, w.projects))) }

// Change makes so many changes by chance.
func (w *World) Change(n int) {
	changes := []func(){
		w.changePerson,
		w.changePerson,
		w.changeGroup,
		w.changeGroup,
		w.changeGrant,
		w.changeGrant,
		w.changeGrant,
		w.changeRepository,
		w.changeBelongings,
		w.changeNameless,
	}
	for range n {
		pick(w, changes)()
	}
}

func (w *World) changePerson() {
	p := pick(w, w.people)
	switch w.rand.IntN(8) {
	case 0:
		w.addPerson()
	case 1:
		if p != w.people[0] {
			w.remove(p)
		}
	case 2, 3:
		p.role = pick(w, []bitbucket.Permission{"owner", "member", "collaborator", ""})
	case 4:
		p.account.TwoStep = pick(w, []*bool{nil, new(true), new(false)})
	case 5:
		p.account.Name = fmt.Sprintf("Name %d", w.rand.IntN(9))
	case 6:
		p.account.Status = pick(w, []string{"", "active", "inactive"})
	default:
		p.seen = w.rand.IntN(400)
	}
}

// remove takes somebody out of the workspace, and all that they had there.
func (w *World) remove(p *inhabitant) {
	w.people = slices.DeleteFunc(w.people, func(x *inhabitant) bool { return x == p })
	for _, place := range w.all() {
		delete(place.users, p.account.UUID)
	}
	for _, g := range w.groups {
		g.Members = slices.DeleteFunc(slices.Clone(g.Members), func(a access.Account) bool {
			return a.UUID == p.account.UUID
		})
	}
}

func (w *World) changeGroup() {
	g, p := pick(w, w.groups), pick(w, w.people)
	switch w.rand.IntN(6) {
	case 0:
		w.addGroup()
	case 1:
		g.Privilege = pick(w, []*string{nil, new(""), new("admin")})
	case 2:
		if len(w.groups) > 1 {
			w.groups = slices.DeleteFunc(w.groups, func(x *access.GroupFacts) bool { return x == g })
			for _, place := range w.all() {
				delete(place.groups, g.Slug)
			}
		}
	default:
		at := slices.IndexFunc(g.Members, func(a access.Account) bool { return a.UUID == p.account.UUID })
		if at >= 0 {
			g.Members = slices.Delete(slices.Clone(g.Members), at, at+1)
		} else {
			g.Members = append(slices.Clone(g.Members), p.account)
		}
	}
}

// all lists projects and repositories.
func (w *World) all() []*worldPlace { return slices.Concat(w.projects, w.places) }

func (w *World) changeGrant() {
	on := pick(w, w.all())
	permissions := []bitbucket.Permission{"read", "write", "admin", ""}
	if on.project == nil {
		permissions = append(permissions, "create-repo")
	}
	p := pick(w, permissions)
	to, holder := on.users, pick(w, w.people).account.UUID
	if w.rand.IntN(2) == 0 {
		to, holder = on.groups, pick(w, w.groups).Slug
	}
	if p == "" {
		delete(to, holder)
	} else {
		to[holder] = p
	}
}

func (w *World) changeRepository() {
	r := pick(w, w.places)
	switch w.rand.IntN(7) {
	case 0:
		w.addRepository()
	case 1: // it goes, and sometimes another one takes its name
		gone := r.name
		if len(w.places) > 1 {
			w.places = slices.DeleteFunc(w.places, func(x *worldPlace) bool { return x == r })
			if w.rand.IntN(2) == 0 {
				w.addRepository()
				w.places[len(w.places)-1].name = gone
			}
		}
	case 2:
		r.name = fmt.Sprintf("renamed%d", w.number())
	case 3: // two change their names
		other := pick(w, w.places)
		r.name, other.name = other.name, r.name
	case 4:
		r.project = pick(w, w.projects)
	case 5:
		r.private = !r.private
	default:
		pick(w, w.projects).name = fmt.Sprintf("Q%d", w.number())
	}
}

func (w *World) changeBelongings() {
	on := pick(w, w.all())
	switch w.rand.IntN(6) {
	case 0:
		on.keys = append(slices.Clone(on.keys), access.DeployKey{ID: fmt.Sprint(w.number()), Label: "key"})
	case 1:
		on.keys = nil
	case 2:
		on.variables = append(slices.Clone(on.variables), access.Variable{UUID: w.uuid(), Key: "A_TOKEN"})
	case 3:
		w.variables = append(slices.Clone(w.variables), access.Variable{UUID: w.uuid(), Key: "REGION"})
	case 4:
		w.variables = nil
	default:
		w.invitations = append(slices.Clone(w.invitations), access.Invitation{
			Email: fmt.Sprintf(
				"%d@example.com",
				w.rand.IntN(5),
			),
			Permission: "write",
			SentOn:     new(ago(w.rand.IntN(60))),
		})
	}
}

// changeNameless lets somebody whom nothing identifies come or go.
func (w *World) changeNameless() {
	if len(w.nameless) > 0 && w.rand.IntN(2) == 0 {
		at := w.rand.IntN(len(w.nameless))
		w.nameless = slices.Delete(slices.Clone(w.nameless), at, at+1)
		return
	}
	r := pick(w, w.places)
	w.nameless = append(slices.Clone(w.nameless), access.Item{
		User: &access.Account{
			Name: "Former user",
		},
		Permission: pick(w, []bitbucket.Permission{"read", "write"}),
		Repository: &access.RepositoryFacts{Slug: r.name, UUID: r.uuid},
	})
}

// effective is what somebody may do on a repository.
func (w *World) effective(p *inhabitant, r *worldPlace) bitbucket.Permission {
	var highest bitbucket.Permission
	raise := func(permission bitbucket.Permission) {
		if access.Rank(permission) > access.Rank(highest) {
			highest = permission
		}
	}
	if p.role == bitbucket.PermissionOwner {
		raise(bitbucket.PermissionAdmin)
	}
	raise(access.OnRepository(r.project.users[p.account.UUID]))
	raise(r.users[p.account.UUID])
	for _, g := range w.groups {
		if !slices.ContainsFunc(g.Members, func(a access.Account) bool { return a.UUID == p.account.UUID }) {
			continue
		}
		if g.Privilege != nil && *g.Privilege == "admin" {
			raise(bitbucket.PermissionAdmin)
		}
		raise(access.OnRepository(r.project.groups[g.Slug]))
		raise(r.groups[g.Slug])
	}
	return highest
}

// API answers as the world is now; what changes later does not show in it.
func (w *World) API() *API {
	lists := map[string][]access.Item{
		access.Viewer: {{User: &w.people[0].account}},
		access.TheWorkspace: {
			{Workspace: &access.WorkspaceFacts{Slug: "acme", UUID: UUID(255), Name: "Acme"}},
		},
		access.Role: {{Permission: "owner"}},
	}
	add := func(source string, it access.Item) { lists[source] = append(lists[source], it) }
	for _, p := range w.people {
		account := p.account
		if p.role != "" {
			add(access.Members, Member(&account, p.role, p.seen))
		}
		for _, r := range w.places {
			if permission := w.effective(p, r); permission != "" {
				add(access.Permissions, access.Item{
					User: &account, Permission: permission,
					Repository: &access.RepositoryFacts{Slug: r.name, UUID: r.uuid},
				})
			}
		}
	}
	for _, it := range w.nameless { // of repositories that are still there, by the names that they have
		i := slices.IndexFunc(w.places, func(r *worldPlace) bool { return r.uuid == it.Repository.UUID })
		if i >= 0 {
			it.Repository = &access.RepositoryFacts{Slug: w.places[i].name, UUID: it.Repository.UUID}
			add(access.Permissions, it)
		}
	}
	for _, it := range lists[access.Permissions] {
		add(access.RepoPermissions+" "+it.Repository.Slug, it)
	}
	for _, g := range w.groups {
		facts := *g
		if !facts.Listed {
			facts.Members = nil
		}
		add(access.Groups, access.Item{Group: &facts})
	}
	for _, v := range w.variables {
		add(access.WorkspaceVariables, access.Item{Variable: &v})
	}
	for _, v := range w.invitations {
		add(access.Invitations, access.Item{Invitation: &v})
	}
	for _, p := range w.projects {
		add(access.Projects, access.Item{
			Project: &access.ProjectFacts{Key: p.name, UUID: p.uuid, Name: p.name, Private: new(p.private)},
		})
		w.explicit(add, p, access.ProjectUsers, access.ProjectGroups, access.ProjectKeys, "")
	}
	for _, r := range w.places {
		add(access.Repositories, access.Item{Repository: &access.RepositoryFacts{
			Slug: r.name, UUID: r.uuid, Name: r.name, Project: r.project.name, Private: new(r.private),
		}})
		w.explicit(
			add,
			r,
			access.RepositoryUsers,
			access.RepositoryGroups,
			access.RepositoryKeys,
			access.RepositoryVariables,
		)
	}
	return &API{Lists: lists, Fail: map[string]error{}, Told: map[string]int{}}
}

// explicit adds what is granted on a place, and lies there.
func (w *World) explicit(
	add func(string, access.Item), p *worldPlace, users, groups, keys, variables string,
) {
	for _, id := range slices.Sorted(maps.Keys(p.users)) {
		i := slices.IndexFunc(w.people, func(x *inhabitant) bool { return x.account.UUID == id })
		add(users+" "+p.name, access.Item{User: new(w.people[i].account), Permission: p.users[id]})
	}
	for _, slug := range slices.Sorted(maps.Keys(p.groups)) {
		add(groups+" "+p.name, access.Item{Group: &access.GroupFacts{Slug: slug}, Permission: p.groups[slug]})
	}
	for _, k := range p.keys {
		add(keys+" "+p.name, access.Item{Key: &k})
	}
	for _, v := range p.variables {
		add(variables+" "+p.name, access.Item{Variable: &v})
	}
}

// Refuse lets some lists of an API be refused or cut short by chance.
func (w *World) Refuse(api *API) {
	for _, list := range slices.Sorted(maps.Keys(api.Lists)) {
		if list == access.TheWorkspace || w.rand.IntN(9) > 0 {
			continue
		}
		if n := len(api.Lists[list]); n > 1 && w.rand.IntN(2) == 0 {
			api.Told[list] = n
			api.Lists[list] = api.Lists[list][:n-1]
		} else {
			api.Fail[list] = &bitbucket.Error{StatusCode: 403}
		}
	}
}

// Scope is one by chance of what may be asked of the world.
func (w *World) Scope() access.Scope {
	s := access.Scope{Workspaces: []string{"acme"}, Explicit: w.rand.IntN(4) > 0}
	if w.rand.IntN(4) == 0 {
		s.Repositories = []string{pick(w, w.places).name}
	}
	if w.rand.IntN(4) == 0 {
		s.Without = []string{pick(w, []string{access.Groups, access.Invitations, access.RepositoryKeys})}
	}
	return s
}

// Narrow leaves out the repositories that a scope does not ask for, as Bitbucket does.
func (a *API) Narrow(scope access.Scope) {
	if len(scope.Repositories) == 0 {
		return
	}
	a.Lists[access.Repositories] = slices.DeleteFunc(
		slices.Clone(a.Lists[access.Repositories]),
		func(it access.Item) bool { return !slices.Contains(scope.Repositories, it.Repository.Slug) },
	)
}
