package bitbuckettest

import (
	"maps"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

func permissionRoutes() []*route {
	return []*route{
		serve("Permissions.ListRepositories", listMyRepositoriesEverywhere, paging{unsized: true}),
		serve("Permissions.ListWorkspaces", listMyMemberships, paging{length: 50}),
		// The list that it replaces came without its size (§4.4), and so is this one shown (§4.6).
		serve("Permissions.ListMine", listMyRepositories, paging{unsized: true}),
		serve("Permissions.ListWorkspaceMembers", listRoles),
		serve("Permissions.ListWorkspaceRepositories", listWorkspaceAccess),
		serve("Permissions.ListRepositoryUsers", listRepositoryAccess),
	}
}

func listMyRepositoriesEverywhere(c *call) (answer, error) {
	return c.accesses(func() []store.Access {
		var all []store.Access
		for _, w := range c.store.Workspaces() {
			all = append(all, c.reader().Mine(w)...)
		}
		return all
	})
}

func listMyMemberships(c *call) (answer, error) {
	return paged(c, listing[*store.Member]{
		items:  func() []*store.Member { return c.reader().Memberships(c.store) },
		fields: roleFields(),
		show:   c.docs().Role,
	})
}

func listMyRepositories(c *call) (answer, error) {
	w, err := c.myWorkspace()
	if err != nil {
		return answer{}, err
	}
	return c.accesses(func() []store.Access { return c.reader().Mine(w) })
}

// listRoles answers with the members and their roles. It takes q and no sort.
func listRoles(c *call) (answer, error) {
	w, err := c.memberWorkspace()
	if err != nil {
		return answer{}, err
	}
	return paged(c, listing[*store.Member]{
		items:  w.Members,
		fields: roleFields(),
		fixed:  true,
		show:   c.docs().Role,
	})
}

func listWorkspaceAccess(c *call) (answer, error) {
	w, err := c.ownWorkspace()
	if err != nil {
		return answer{}, err
	}
	return c.accesses(w.Accesses)
}

func listRepositoryAccess(c *call) (answer, error) {
	r, err := c.ownRepository()
	if err != nil {
		return answer{}, err
	}
	return c.accesses(r.Accesses)
}

// accesses answers with a page of effective permissions.
func (c *call) accesses(items func() []store.Access) (answer, error) {
	fields := map[string]func(store.Access) any{
		"permission": func(a store.Access) any { return a.Permission },
	}
	maps.Copy(fields, userFields(func(a store.Access) *store.User { return a.User }))
	maps.Copy(fields, repositoryFields("repository.",
		func(a store.Access) *store.Repository { return a.Repository }))
	return paged(c, listing[store.Access]{items: items, fields: fields, show: c.docs().Access})
}
