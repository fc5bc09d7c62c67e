package bitbuckettest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/query"
)

// mostEmails is how many addresses the members list takes in q.
const mostEmails = 90

func (c *call) listMyWorkspaces() (answer, error) {
	administrator := c.query.get("administrator")
	wanted, err := strconv.ParseBool(administrator)
	if administrator != "" && err != nil {
		return answer{}, failFields("administrator", "It must be true or false.")
	}
	mine := c.myWorkspaces()
	if administrator != "" {
		mine = slices.DeleteFunc(mine, func(w *workspace) bool { return c.ownsWorkspace(w) != wanted })
	}
	return c.workspacesBySlug(mine, c.workspaceAccessDoc)
}

func (c *call) listWorkspaces() (answer, error) {
	return c.workspacesBySlug(c.myWorkspaces(), c.workspaceDoc)
}

// workspacesBySlug answers with a page of workspaces; q and sort know nothing but the slug.
func (c *call) workspacesBySlug(all []*workspace, show func(*workspace) object) (answer, error) {
	all, err := filtered(c, all, func(w *workspace) object {
		return object{"slug": w.Slug, "workspace": object{"slug": w.Slug}}
	})
	if err != nil {
		return answer{}, err
	}
	if key := c.query.get("sort"); key != "" {
		name, descending := strings.CutPrefix(key, "-")
		if !slices.Contains(slugFields(), name) {
			return answer{}, unsupported(name, "sorting")
		}
		slices.SortStableFunc(all, func(a, b *workspace) int {
			if descending {
				a, b = b, a
			}
			return strings.Compare(a.Slug, b.Slug)
		})
	}
	return pageOf(c, all, show)
}

func (c *call) getMyMembership() (answer, error) {
	w, err := c.memberWorkspace()
	if err != nil {
		return answer{}, err
	}
	m := w.member(c.who.user)
	if m == nil { // the app user of a consumer
		m = &member{user: c.who.user, ws: w, Member: Member{Role: "owner"}}
	}
	return ok(c.roleDoc(m))
}

func (c *call) getWorkspace() (answer, error) {
	w, err := c.workspace()
	if err != nil {
		return answer{}, err
	}
	if w.Private && !c.belongsTo(w) {
		return answer{}, noWorkspace(c.vars["workspace"])
	}
	return ok(c.workspaceDoc(w))
}

func (c *call) listMembers() (answer, error) {
	w, err := c.memberWorkspace()
	if err != nil {
		return answer{}, err
	}
	q := c.query.get("q")
	var asked []string
	if filter, err := query.Parse(q); err == nil && slices.Contains(filter.Fields(), "user.email") {
		asked = filter.Strings("user.email")
		switch {
		case len(asked) > mostEmails:
			return answer{}, fail(http.StatusBadRequest, "The filter may hold at most 90 e-mail addresses.")
		case !c.seesEmails(w):
			return answer{}, forbidden("Only administrators, integrations and workspace access tokens may filter by e-mail address.")
		}
	}
	members, err := filtered(c, w.members, func(m *member) object {
		view := c.memberWithEmail(m)
		view["permission"] = m.Role // filtered by, as the link to the owners does, but not shown
		return view
	})
	if err != nil {
		return answer{}, err
	}
	show := c.membershipDoc
	if query.Wants(c.query.get("fields"), "values.user.email") {
		show = func(m *member) object {
			if slices.ContainsFunc(asked, func(address string) bool { return strings.EqualFold(address, knownAddress(m.user)) }) {
				return c.memberWithEmail(m)
			}
			return c.membershipDoc(m)
		}
	}
	return pageOf(c, members, show)
}

// memberWithEmail is a membership with the primary address of the user.
func (c *call) memberWithEmail(m *member) object {
	doc := c.membershipDoc(m)
	if address := knownAddress(m.user); address != "" {
		doc["user"].(object)["email"] = address
	}
	return doc
}

// knownAddress is the primary address of a user once it is confirmed.
func knownAddress(u *user) string {
	for _, e := range u.Emails {
		if e.Primary && !e.Unconfirmed {
			return e.Address
		}
	}
	return ""
}

func (c *call) getMember() (answer, error) {
	w, err := c.memberWorkspace()
	if err != nil {
		return answer{}, err
	}
	if u := c.srv.findUser(c.vars["member"]); u != nil && w.member(u) != nil {
		return ok(c.membershipDoc(w.member(u)))
	}
	return answer{}, fail(http.StatusNotFound, c.vars["member"])
}

func (c *call) listProjects() (answer, error) {
	w, err := c.memberWorkspace()
	if err != nil {
		return answer{}, err
	}
	visible := slices.DeleteFunc(slices.Clone(w.projects), func(p *project) bool {
		return p.Private && !c.seesProject(p)
	})
	return paged(c, visible, c.projectDoc)
}

func (c *call) getProject() (answer, error) {
	w, err := c.memberWorkspace()
	if err != nil {
		return answer{}, err
	}
	p := w.findProject(c.vars["project_key"])
	if p == nil || p.Private && !c.seesProject(p) {
		return answer{}, fail(http.StatusNotFound, "No project with key '"+c.vars["project_key"]+"'.")
	}
	return ok(c.projectDoc(p))
}

func (c *call) listAllRepositories() (answer, error) {
	var all []*repository
	for _, w := range c.srv.workspaces {
		all = append(all, c.visible(w)...)
	}
	return c.repositories(all)
}

func (c *call) listRepositories() (answer, error) {
	w, err := c.workspace()
	if err != nil {
		return answer{}, err
	}
	return c.repositories(c.visible(w))
}

// repositories answers with a page of those on which the caller has the role that the query asks for.
func (c *call) repositories(all []*repository) (answer, error) {
	role := c.query.get("role")
	least := map[string]string{"": "", "member": "read", "contributor": "write", "admin": "admin", "owner": "admin"}
	permission, known := least[role]
	if !known {
		return answer{}, failFields("role", "It must be owner, admin, contributor or member.")
	}
	all = slices.DeleteFunc(all, func(r *repository) bool { return rank(c.permission(r)) < rank(permission) })
	return paged(c, all, c.repositoryDoc)
}

func (c *call) getRepository() (answer, error) {
	r, err := c.repository()
	if err != nil {
		return answer{}, err
	}
	return ok(c.repositoryDoc(r))
}
