package bitbuckettest

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/query"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

// mostEmails is how many addresses the members list takes in q.
const mostEmails = 90

func workspaceRoutes() []*route {
	return []*route{
		serve("Workspaces.List", listMyWorkspaces, paging{length: 25}),
		serve("Workspaces.Membership", getMyMembership),
		at("GET", "/2.0/workspaces", listWorkspaces),
		serve("Workspaces.Get", getWorkspace),
		serve("Workspaces.ListMembers", listMembers, paging{length: 50}),
		serve("Workspaces.GetMember", getMember),
	}
}

func listMyWorkspaces(c *call) (answer, error) {
	administrator := c.query.get("administrator")
	wanted, err := strconv.ParseBool(administrator)
	if administrator != "" && err != nil {
		return answer{}, failFields("administrator", "It must be true or false.")
	}
	return paged(c, listing[*store.Workspace]{
		items: func() []*store.Workspace {
			mine := c.reader().Workspaces(c.store)
			if administrator == "" {
				return mine
			}
			return slices.DeleteFunc(mine, func(w *store.Workspace) bool {
				return c.reader().Owns(w) != wanted
			})
		},
		fields: slugFields(),
		show:   c.docs().WorkspaceAccess,
	})
}

func listWorkspaces(c *call) (answer, error) {
	return paged(c, listing[*store.Workspace]{
		items:  func() []*store.Workspace { return c.reader().Workspaces(c.store) },
		fields: slugFields(),
		show:   c.docs().Workspace,
	})
}

// slugFields: q and sort know nothing but the slug of a workspace.
func slugFields() map[string]func(*store.Workspace) any {
	slug := func(w *store.Workspace) any { return w.Slug }
	return map[string]func(*store.Workspace) any{"slug": slug, "workspace.slug": slug}
}

func getMyMembership(c *call) (answer, error) {
	w, err := c.myWorkspace()
	if err != nil {
		return answer{}, err
	}
	m := w.Member(c.who.User)
	if m == nil { // the app user of a consumer
		m = &store.Member{Of: c.who.User, Workspace: w, MemberData: store.MemberData{Role: "owner"}}
	}
	return ok(c.docs().Role(m))
}

func getWorkspace(c *call) (answer, error) {
	w, err := c.workspace()
	if err != nil {
		return answer{}, err
	}
	if w.Private && !c.reader().BelongsTo(w) {
		return answer{}, noWorkspace(c.vars["workspace"])
	}
	return ok(c.docs().Workspace(w))
}

// listMembers answers with the members. They can be filtered by their roles, as the link to the
// owners does, though these are not shown, and administrators may look them up by address.
func listMembers(c *call) (answer, error) {
	w, err := c.memberWorkspace()
	if err != nil {
		return answer{}, err
	}
	asked, err := c.askedEmails(w)
	if err != nil {
		return answer{}, err
	}
	fields := roleFields()
	fields["user.email"] = func(m *store.Member) any { return orNil(m.Of.Known()) }
	docs := c.docs()
	return paged(c, listing[*store.Member]{
		items:  w.Members,
		fields: fields,
		fixed:  true,
		show: func(m *store.Member) object {
			if asked[strings.ToLower(m.Of.Known())] {
				return docs.MembershipWithEmail(m)
			}
			return docs.Membership(m)
		},
	})
}

// askedEmails are the addresses that q filters by and fields asks to see, without case.
func (c *call) askedEmails(w *store.Workspace) (map[string]bool, error) {
	filter, err := query.Parse(c.query.get("q"))
	if err != nil || !slices.Contains(filter.Fields(), "user.email") {
		return nil, nil //nolint:nilerr // what is wrong with q is said where it is used
	}
	addresses := filter.Strings("user.email")
	switch {
	case len(addresses) > mostEmails:
		return nil, fail(http.StatusBadRequest, "The filter may hold at most 90 e-mail addresses.")
	case !c.reader().SeesEmails(w):
		return nil, forbidden("Only administrators, integrations and workspace access tokens may " +
			"filter by e-mail address.")
	}
	asked := map[string]bool{}
	if c.fields.Wants("values.user.email") {
		for _, address := range addresses {
			asked[strings.ToLower(address)] = address != ""
		}
	}
	return asked, nil
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// roleFields are what q and sort know of a membership.
func roleFields() map[string]func(*store.Member) any {
	fields := map[string]func(*store.Member) any{
		"permission":     func(m *store.Member) any { return m.Role },
		"workspace.slug": func(m *store.Member) any { return m.Workspace.Slug },
		"workspace.uuid": func(m *store.Member) any { return m.Workspace.UUID },
		"workspace.name": func(m *store.Member) any { return m.Workspace.Name },
	}
	maps.Copy(fields, userFields(func(m *store.Member) *store.User { return m.Of }))
	return fields
}

func getMember(c *call) (answer, error) {
	w, err := c.memberWorkspace()
	if err != nil {
		return answer{}, err
	}
	if m := w.Member(c.store.User(c.vars["member"])); m != nil {
		return ok(c.docs().Membership(m))
	}
	return answer{}, fail(http.StatusNotFound, c.vars["member"])
}
