package bitbuckettest

import (
	"net/http"
	"strings"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

func userRoutes() []*route {
	return []*route{
		serve("Users.Current", getCurrentUser),
		serve("Users.ListEmails", listEmails),
		serve("Users.GetEmail", getEmail),
		serve("Users.Get", getUser),
	}
}

func getCurrentUser(c *call) (answer, error) {
	return ok(c.docs().Self(c.who.User))
}

func getUser(c *call) (answer, error) {
	u, err := c.account()
	if err != nil {
		return answer{}, err
	}
	if u.Type == "team" {
		return answer{}, fail(http.StatusNotFound, c.vars["selected_user"])
	}
	return ok(c.docs().User(u))
}

func listEmails(c *call) (answer, error) {
	return paged(c, listing[store.Email]{
		items: func() []store.Email { return c.who.User.Emails },
		show:  c.docs().Email,
	})
}

func getEmail(c *call) (answer, error) {
	for _, e := range c.who.User.Emails {
		if strings.EqualFold(e.Address, c.vars["email"]) {
			return ok(c.docs().Email(e))
		}
	}
	return answer{}, fail(http.StatusNotFound, c.vars["email"])
}

// account finds the user that the path names by UUID or account ID. The message of the 404 is the
// identifier.
func (c *call) account() (*store.User, error) {
	id := c.vars["selected_user"]
	if u := c.store.User(id); u != nil {
		return u, nil
	}
	return nil, fail(http.StatusNotFound, id)
}

// ownAccount is the account of the path, which has to be the caller's.
func (c *call) ownAccount() (*store.User, error) {
	u, err := c.account()
	if err != nil {
		return nil, err
	}
	if !c.reader().Is(u) {
		return nil, notYours()
	}
	return u, nil
}

func notYours() *failure { return forbidden("This account is not yours.") }

// userFields are what q and sort know of a user inside of something else.
func userFields[T any](of func(T) *store.User) map[string]func(T) any {
	return map[string]func(T) any{
		"user.uuid":         func(x T) any { return of(x).UUID },
		"user.account_id":   func(x T) any { return of(x).AccountID },
		"user.nickname":     func(x T) any { return of(x).Nickname },
		"user.display_name": func(x T) any { return of(x).DisplayName },
		"user.type":         func(x T) any { return of(x).Type },
	}
}
