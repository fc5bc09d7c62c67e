package bitbuckettest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

// groupRoutes are what outlived the 1.0 API: groups, what they may do, and invitations; for
// reading.
func groupRoutes() []*route {
	const groups, invitations = "/1.0/groups/{workspace_slug}", "/1.0/invitations/{workspace_slug}"
	return []*route{
		at("GET", groups, listGroups),
		at("GET", groups+"/{group_slug}", getGroup),
		at("GET", groups+"/{group_slug}/members", listGroupMembers),
		at("GET", "/1.0/group-privileges/{workspace_slug}", listGroupPrivileges),
		at("GET", invitations, listInvitations),
		at("GET", invitations+"/{repo_slug}", listRepositoryInvitations),
	}
}

// slugWorkspace is the workspace of the path, which is named by its slug: a UUID is not allowed
// here. The caller has to administer it. One that is run from admin.atlassian.com is refused; of
// the answers that were reported for it, this is one.
func (c *call) slugWorkspace() (*store.Workspace, error) {
	slug := c.vars["workspace_slug"]
	if strings.HasPrefix(slug, "{") {
		return nil, failText(http.StatusMethodNotAllowed, "Method Not Allowed")
	}
	w := c.store.Workspace(slug)
	switch {
	case w == nil:
		return nil, notFoundV1()
	case !c.reader().Owns(w):
		return nil, forbiddenV1()
	case w.AdminHub:
		return nil, failText(http.StatusBadRequest,
			"This workspace is managed at admin.atlassian.com, and its groups are not available here.")
	}
	return w, nil
}

// slugGroup is the group of the path.
func (c *call) slugGroup() (*store.Group, error) {
	w, err := c.slugWorkspace()
	if err != nil {
		return nil, err
	}
	if g := w.Group(c.vars["group_slug"]); g != nil {
		return g, nil
	}
	return nil, notFoundV1()
}

func listGroups(c *call) (answer, error) {
	w, err := c.slugWorkspace()
	if err != nil {
		return answer{}, err
	}
	return bareArray(w.Groups(), c.docs().GroupOfOld)
}

func getGroup(c *call) (answer, error) {
	g, err := c.slugGroup()
	if err != nil {
		return answer{}, err
	}
	return ok(c.docs().GroupOfOld(g))
}

func listGroupMembers(c *call) (answer, error) {
	g, err := c.slugGroup()
	if err != nil {
		return answer{}, err
	}
	return bareArray(g.Users(), c.docs().MemberOfOld)
}

// listGroupPrivileges lists what groups may do, repository by repository.
func listGroupPrivileges(c *call) (answer, error) {
	w, err := c.slugWorkspace()
	if err != nil {
		return answer{}, err
	}
	docs, privileges := c.docs(), []any{}
	for _, r := range w.Repositories() {
		for _, x := range r.ToGroups.All() {
			privileges = append(privileges, docs.GroupPrivilege(r, x.To, x.Permission))
		}
	}
	return bare(privileges)
}

func listInvitations(c *call) (answer, error) {
	w, err := c.slugWorkspace()
	if err != nil {
		return answer{}, err
	}
	return c.invitations(w, "")
}

func listRepositoryInvitations(c *call) (answer, error) {
	w, err := c.slugWorkspace()
	if err != nil {
		return answer{}, err
	}
	r := w.Repository(c.vars["repo_slug"])
	if r == nil {
		return answer{}, notFoundV1()
	}
	return c.invitations(w, r.Slug)
}

func (c *call) invitations(w *store.Workspace, repository string) (answer, error) {
	docs, all := c.docs(), []any{}
	for _, i := range w.Invitations() {
		if i.Repository == repository {
			all = append(all, docs.Invitation(w, i))
		}
	}
	return bare(all)
}

// bareArray answers with an array that nothing is around.
func bareArray[T any](items []T, show func(T) object) (answer, error) {
	docs := make([]any, 0, len(items))
	for _, item := range items {
		docs = append(docs, show(item))
	}
	return bare(docs)
}

func bare(docs []any) (answer, error) {
	text, err := json.Marshal(docs)
	if err != nil {
		return answer{}, fmt.Errorf("bitbuckettest: %w", err)
	}
	return answer{status: http.StatusOK, text: string(text), contentType: jsonType}, nil
}
