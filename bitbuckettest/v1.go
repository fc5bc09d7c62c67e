package bitbuckettest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
	"github.com/seed-9213fc64/bitbucket/internal/operations"
)

// oldRoutes are the 1.0 API as it was until April 2019, which [Legacy] serves. Its accounts are
// the users, under their user names, and the workspaces that are nobody's personal one, as teams.
func oldRoutes() []*route {
	const one = "/1.0/users/{accountname}"
	return []*route{
		old("GET", "/1.0/user", signedIn, getCurrentAccount),
		old("GET", "/1.0/user/privileges", signedIn, getPrivileges),
		old("GET", "/1.0/user/repositories", signedIn, listOldRepositories),
		old("GET", one, everybody, getAccount),
		old("GET", one+"/plan", signedIn, getPlan),
		old("GET", one+"/followers", everybody, listFollowers),
		old("GET", one+"/events", everybody, listEvents),
		old("GET", one+"/emails", signedIn, listOldEmails),
		old("GET", one+"/emails/{email}", signedIn, getOldEmail),
		old("POST", "/1.0/newuser/", everybody, createUser),
	}
}

// Who may call the 1.0 API as it was. It knew neither scopes nor access tokens.
const (
	signedIn  = operations.People
	everybody = operations.People | operations.Anonymous
)

// old makes a route of the 1.0 API as it was, which the table of operations does not have.
func old(method, pattern string, takes operations.Credentials, handle handler) *route {
	return newRoute(operations.Operation{Method: method, Pattern: pattern, Credentials: takes}, handle,
		nil)
}

func getCurrentAccount(c *call) (answer, error) {
	return ok(c.docs().Account(store.Account{User: c.who.User}))
}

func getAccount(c *call) (answer, error) {
	a, err := c.oldAccount()
	if err != nil {
		return answer{}, err
	}
	return ok(c.docs().Account(a))
}

// getPlan counts the users whom the plan of an account pays for. Only who owns the account sees
// it.
func getPlan(c *call) (answer, error) {
	a, err := c.ownOldAccount()
	if err != nil {
		return answer{}, err
	}
	users := 1
	if w := a.Workspace(c.store); w != nil {
		users = len(w.Members())
	}
	return ok(object{"count": users})
}

func listFollowers(c *call) (answer, error) {
	a, err := c.oldAccount()
	if err != nil {
		return answer{}, err
	}
	docs, followers := c.docs(), []any{}
	for _, u := range a.Followers(c.store) {
		followers = append(followers, docs.OldUser(store.Account{User: u}))
	}
	return ok(object{"count": len(followers), "followers": followers})
}

func listEvents(c *call) (answer, error) {
	a, err := c.oldAccount()
	if err != nil {
		return answer{}, err
	}
	start, startErr := c.count("start", 0)
	limit, limitErr := c.count("limit", 25)
	if startErr != nil || limitErr != nil {
		return answer{}, failOld("start and limit are numbers")
	}
	all := a.Events(c.store)
	if name := c.query.get("type"); name != "" {
		all = slices.DeleteFunc(all, func(e store.Event) bool { return e.Name != name })
	}
	docs, events := c.docs(), []any{}
	for _, e := range all[min(start, len(all)):min(start+min(limit, 50), len(all))] {
		events = append(events, docs.Event(e))
	}
	return ok(object{"count": len(all), "events": events})
}

// count reads a parameter that counts from 0.
func (c *call) count(key string, otherwise int) (int, error) {
	raw := c.query.get(key)
	if raw == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseUint(raw, 10, 31)
	return int(n), err
}

func listOldEmails(c *call) (answer, error) {
	a, err := c.ownOldAccount()
	if err != nil {
		return answer{}, err
	}
	return bareArray(emailsOf(a), c.docs().OldEmail)
}

func getOldEmail(c *call) (answer, error) {
	a, err := c.ownOldAccount()
	if err != nil {
		return answer{}, err
	}
	for _, e := range emailsOf(a) {
		if strings.EqualFold(e.Address, c.vars["email"]) {
			return ok(c.docs().OldEmail(e))
		}
	}
	return answer{}, notFoundV1()
}

// emailsOf are the addresses of an account; a team has none.
func emailsOf(a store.Account) []store.Email {
	if a.User == nil {
		return nil
	}
	return a.User.Emails
}

// getPrivileges lists the teams of the caller. An owner was an admin there, and everybody else a
// collaborator.
func getPrivileges(c *call) (answer, error) {
	teams := object{}
	for _, w := range c.reader().Workspaces(c.store) {
		switch {
		case w.Personal != "" || w.AdminHub: // there was no admin hub then
		case c.reader().Owns(w):
			teams[w.Slug] = "admin"
		default:
			teams[w.Slug] = "collaborator"
		}
	}
	return ok(object{"teams": teams})
}

func listOldRepositories(c *call) (answer, error) {
	var all []*store.Repository
	for _, w := range c.reader().Workspaces(c.store) {
		if !w.AdminHub {
			all = append(all, c.reader().Visible(w, "")...)
		}
	}
	return bareArray(all, c.docs().OldRepository)
}

// createUser adds a user. It has a throttle of its own, beside that of the server.
func createUser(c *call) (answer, error) {
	if _, admitted := c.newUsers.admit(c.owner(), time.Now()); !admitted {
		return answer{}, rateLimited()
	}
	form, err := url.ParseQuery(string(c.body))
	if err != nil || !strings.HasPrefix(c.req.Header.Get("Content-Type"),
		"application/x-www-form-urlencoded") {
		return answer{}, failText(http.StatusBadRequest, "Bad Request")
	}
	for _, field := range []string{"email", "password", "username"} {
		if strings.TrimSpace(form.Get(field)) == "" {
			return answer{}, failText(http.StatusBadRequest, field+": This field is required.")
		}
	}
	username, email := form.Get("username"), form.Get("email")
	if _, taken := c.store.Account(username); taken || c.store.UserOrName(username) != nil {
		return answer{}, failText(http.StatusBadRequest, "A user with that username already exists.")
	}
	_, err = c.store.AddUser(store.UserData{
		Nickname: username, Username: username,
		Emails: []store.Email{{Address: email, Unconfirmed: true}}, CreatedOn: time.Now(),
	})
	if err != nil {
		return answer{}, failText(http.StatusBadRequest, "A user with that username already exists.")
	}
	return ok(object{"username": username, "email": email})
}

// oldAccount finds the account of the path.
func (c *call) oldAccount() (store.Account, error) {
	if a, there := c.store.Account(c.vars["accountname"]); there {
		return a, nil
	}
	return store.Account{}, notFoundV1()
}

// ownOldAccount is the account of the path, which has to be the caller or a team that the caller
// owns.
func (c *call) ownOldAccount() (store.Account, error) {
	a, err := c.oldAccount()
	if err != nil {
		return a, err
	}
	if a.User != nil && !c.reader().Is(a.User) || a.Team != nil && !c.reader().Owns(a.Team) {
		return a, forbiddenV1()
	}
	return a, nil
}

// failOld is the other form of the errors of the 1.0 API, without a type.
func failOld(message string) *failure {
	return &failure{answer{
		status: http.StatusBadRequest,
		doc:    object{"error": object{"message": message}},
	}}
}
