package bitbuckettest

import (
	"net/http"
	"slices"
	"strings"
)

func (c *call) getCurrentUser() (answer, error) {
	doc := c.userDoc(c.who.user, c.seesTwoFactor(c.who.user))
	doc["username"] = c.who.user.Username
	return ok(doc)
}

func (c *call) getUser() (answer, error) {
	u, err := c.account()
	if err != nil {
		return answer{}, err
	}
	if u.Type == "team" {
		return answer{}, fail(http.StatusNotFound, c.vars["selected_user"])
	}
	return ok(c.userDoc(u, c.seesTwoFactor(u)))
}

func (c *call) listEmails() (answer, error) {
	return paged(c, c.who.user.Emails, c.emailDoc)
}

func (c *call) getEmail() (answer, error) {
	for _, e := range c.who.user.Emails {
		if strings.EqualFold(e.Address, c.vars["email"]) {
			return ok(c.emailDoc(e))
		}
	}
	return answer{}, fail(http.StatusNotFound, c.vars["email"])
}

// account finds the user that the path names by UUID or account ID. The message of the 404 is the identifier.
func (c *call) account() (*user, error) {
	id := c.vars["selected_user"]
	if u := c.srv.findUser(id); u != nil {
		return u, nil
	}
	return nil, fail(http.StatusNotFound, id)
}

// ownAccount is the account of the path, which has to be the caller's.
func (c *call) ownAccount() (*user, error) {
	u, err := c.account()
	if err != nil {
		return nil, err
	}
	if u != c.who.user {
		return nil, forbidden("This account is not yours.")
	}
	return u, nil
}

// seesTwoFactor reports whether the caller administers a workspace that the user belongs to.
func (c *call) seesTwoFactor(u *user) bool {
	return slices.ContainsFunc(c.srv.workspaces, func(w *workspace) bool {
		return w.member(u) != nil && c.ownsWorkspace(w)
	})
}
