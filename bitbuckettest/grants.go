package bitbuckettest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

func grantRoutes() []*route {
	return slices.Concat(
		routesOfGrants("Permissions.OnRepository.", (*call).repositoryGrants),
		routesOfGrants("Permissions.OnProject.", (*call).projectGrants))
}

func routesOfGrants(method string, on func(*call) (granted, error)) []*route {
	users := grantee[*store.User]{on, granteeUser, userGrantItems, showUserGrant, allowUser, setUser}
	groups := grantee[*store.Group]{
		on, granteeGroup, groupGrantItems, showGroupGrant, allowGroup,
		setGroup,
	}
	return []*route{
		serve(method+"ListUsers", users.list),
		serve(method+"GetUser", users.get),
		serve(method+"SetUser", users.put),
		serve(method+"RemoveUser", users.delete),
		serve(method+"ListGroups", groups.list),
		serve(method+"GetGroup", groups.get),
		serve(method+"SetGroup", groups.put),
		serve(method+"RemoveGroup", groups.delete),
	}
}

// granted is a repository or a project whose explicit permissions a call is about. The caller has
// to administer it.
type granted struct {
	*store.Grants
	workspace *store.Workspace
	path      string
}

func (c *call) repositoryGrants() (granted, error) {
	r, err := c.ownRepository()
	if err != nil {
		return granted{}, err
	}
	return granted{&r.Grants, r.Workspace, repositoryPath(r) + "/permissions-config"}, nil
}

func (c *call) projectGrants() (granted, error) {
	p, err := c.ownProject()
	if err != nil {
		return granted{}, err
	}
	return granted{&p.Grants, p.Workspace, projectPath(p) + "/permissions-config"}, nil
}

// grantee makes the handlers for explicit permissions of users, or of groups.
type grantee[T any] struct {
	on    func(*call) (granted, error)
	find  func(*call, granted) (T, error)
	items func(granted) []T
	show  func(*call, granted, T) object
	allow func(granted, T) error
	set   func(granted, T, string)
}

func (g grantee[T]) list(c *call) (answer, error) {
	on, err := g.on(c)
	if err != nil {
		return answer{}, err
	}
	return paged(c, listing[T]{
		items: func() []T { return g.items(on) },
		show:  func(to T) object { return g.show(c, on, to) },
	})
}

// one finds what the path is about.
func (g grantee[T]) one(c *call) (on granted, to T, err error) {
	if on, err = g.on(c); err == nil {
		to, err = g.find(c, on)
	}
	return on, to, err
}

func (g grantee[T]) get(c *call) (answer, error) {
	on, to, err := g.one(c)
	if err != nil {
		return answer{}, err
	}
	return ok(g.show(c, on, to))
}

func (g grantee[T]) put(c *call) (answer, error) {
	on, to, err := g.one(c)
	if err != nil {
		return answer{}, err
	}
	permission, err := c.wantedPermission(on)
	if err != nil {
		return answer{}, err
	}
	if err := g.allow(on, to); err != nil {
		return answer{}, err
	}
	g.set(on, to, permission)
	return ok(g.show(c, on, to))
}

func (g grantee[T]) delete(c *call) (answer, error) {
	on, to, err := g.one(c)
	if err != nil {
		return answer{}, err
	}
	if g.show(c, on, to)["permission"] == "none" {
		return answer{}, fail(http.StatusNotFound, "There is no explicit permission to remove.")
	}
	g.set(on, to, "")
	return noContent()
}

// wantedPermission reads the body of a PUT, which takes nothing but a permission.
func (c *call) wantedPermission(on granted) (string, error) {
	var body map[string]json.RawMessage
	if err := c.decode(&body); err != nil {
		return "", err
	}
	for key := range body {
		if key != "permission" {
			return "", failFields(key, "extra keys not allowed")
		}
	}
	var permission string
	allowed := store.Grantable(on.OnProject())
	if json.Unmarshal(body["permission"], &permission) != nil ||
		!slices.Contains(allowed, permission) {
		return "", failFields("permission", "It must be one of "+strings.Join(allowed, ", ")+
			". Use DELETE to remove a permission.")
	}
	return permission, nil
}

func granteeUser(c *call, _ granted) (*store.User, error) {
	id := c.vars["selected_user_id"]
	if u := c.store.UserOrName(id); u != nil {
		return u, nil
	}
	return nil, fail(http.StatusNotFound, id)
}

func userGrantItems(on granted) []*store.User {
	var all []*store.User
	for _, x := range on.ToUsers.All() {
		all = append(all, x.To)
	}
	return all
}

func showUserGrant(c *call, on granted, u *store.User) object {
	return c.docs().UserGrant(on.Grants, on.path, u)
}

func allowUser(on granted, u *store.User) error {
	switch m := on.workspace.Member(u); {
	case m == nil:
		return fail(http.StatusBadRequest, "The user is not a member of the workspace.")
	case m.Role == "owner":
		return fail(http.StatusBadRequest,
			"The permission of an owner of the workspace cannot be changed.")
	}
	return withinPlan(on.workspace)
}

func setUser(on granted, u *store.User, permission string) { on.ToUsers.Set(u, permission) }

func granteeGroup(c *call, on granted) (*store.Group, error) {
	slug := c.vars["group_slug"]
	if g := on.workspace.Group(slug); g != nil {
		return g, nil
	}
	return nil, fail(http.StatusNotFound, slug)
}

func groupGrantItems(on granted) []*store.Group {
	var all []*store.Group
	for _, x := range on.ToGroups.All() {
		all = append(all, x.To)
	}
	return all
}

func showGroupGrant(c *call, on granted, g *store.Group) object {
	return c.docs().GroupGrant(on.Grants, on.path, g)
}

func allowGroup(on granted, _ *store.Group) error { return withinPlan(on.workspace) }

func setGroup(on granted, g *store.Group, permission string) { on.ToGroups.Set(g, permission) }

// withinPlan refuses what a workspace with more members than its plan allows may not do.
func withinPlan(w *store.Workspace) error {
	if !w.BeyondLimit() {
		return nil
	}
	return failWith(http.StatusPaymentRequired, object{
		"message": "The user limit of the workspace's plan is reached.",
		"detail":  "Upgrade the plan to give access to more users.",
	})
}
