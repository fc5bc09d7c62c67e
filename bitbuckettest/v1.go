package bitbuckettest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// v1 answers a call of the 1.0 API, which was removed in April 2019. It comes before any check of credentials: c.who is
// the caller if they are good, and c.wrong says what is wrong with them otherwise. With [Legacy] the accounts of 1.0
// are the users, under their user names, and the workspaces that are nobody's personal one, as teams.
func (c *call) v1() (answer, error) {
	path, is := cutV1(c.path)
	if !c.srv.legacy || !is {
		return answer{}, failWith(http.StatusGone, object{
			"message": "Resource removed",
			"detail":  "This API is no longer supported.\n\nFor information about its removal, please refer to the deprecation notice.",
		})
	}
	route, err := c.findV1(path)
	switch {
	case err != nil:
		return answer{}, err
	case c.wrong != nil:
		return answer{}, c.wrong
	case c.who == nil && route.takes&anonymous == 0:
		f := failText(http.StatusUnauthorized, "Authentication required")
		f.header = http.Header{"Www-Authenticate": {`Basic realm="Bitbucket.org HTTP"`}}
		return answer{}, f
	case c.who != nil && c.who.kind&people == 0:
		return answer{}, forbiddenV1()
	}
	return route.handle(c)
}

// cutV1 cuts off what comes before the path of the 1.0 API; on the site's own host that is /api or /!api.
func cutV1(path string) (string, bool) {
	for _, base := range []string{"/1.0/", "/api/1.0/", "/!api/1.0/"} {
		if rest, is := strings.CutPrefix(path, base); is {
			return "/1.0/" + rest, true
		}
	}
	return "", false
}

// v1Routes lists what is served. Of two that match the same path, the first one counts.
func v1Routes() []*route {
	return []*route{
		on(get, "/1.0/user", people, (*call).getCurrentAccount),
		on(get, "/1.0/user/privileges", people, (*call).getPrivileges),
		on(get, "/1.0/user/repositories", people, (*call).listMyV1Repositories),
		on(get, "/1.0/users/{accountname}", anonymous|people, (*call).getAccount),
		on(get, "/1.0/users/{accountname}/plan", people, (*call).getPlan),
		on(get, "/1.0/users/{accountname}/followers", anonymous|people, (*call).listFollowers),
		on(get, "/1.0/users/{accountname}/events", anonymous|people, (*call).listEvents),
		on(get, "/1.0/users/{accountname}/emails", people, (*call).listV1Emails),
		on(get, "/1.0/users/{accountname}/emails/{email}", people, (*call).getV1Email),
		on(post, "/1.0/newuser/", anonymous|people, (*call).createUser),
	}
}

// findV1 looks a path up. A slash at its end does not matter, but where the documentation has one: newuser is not
// found without it.
func (c *call) findV1(path string) (*route, error) {
	segments, err := split(path)
	if err != nil {
		return nil, failText(http.StatusBadRequest, "Bad Request")
	}
	for _, route := range v1Routes() {
		route.segments, _ = split(route.Pattern)
		vars, ok := route.match(segments)
		if ok && route.Method == c.method() && (strings.HasSuffix(path, "/") || !strings.HasSuffix(route.Pattern, "/")) {
			c.vars = vars
			return route, nil
		}
	}
	return nil, notFoundV1()
}

func (c *call) getCurrentAccount() (answer, error) {
	return ok(c.accountDoc(account{user: c.who.user}))
}

func (c *call) getAccount() (answer, error) {
	a, err := c.v1Account()
	if err != nil {
		return answer{}, err
	}
	return ok(c.accountDoc(a))
}

// getPlan counts the users whom the plan of an account pays for. Only who owns the account sees it.
func (c *call) getPlan() (answer, error) {
	a, err := c.ownV1Account()
	if err != nil {
		return answer{}, err
	}
	users := 1
	if w := c.srv.workspaceOf(a); w != nil {
		users = len(w.members)
	}
	return ok(object{"count": users})
}

func (c *call) listFollowers() (answer, error) {
	a, err := c.v1Account()
	if err != nil {
		return answer{}, err
	}
	followers := []any{}
	for _, u := range c.srv.followers(a) {
		followers = append(followers, c.v1UserDoc(account{user: u}))
	}
	return ok(object{"count": len(followers), "followers": followers})
}

func (c *call) listEvents() (answer, error) {
	a, err := c.v1Account()
	if err != nil {
		return answer{}, err
	}
	start, startErr := c.count("start", 0)
	limit, limitErr := c.count("limit", 25)
	if startErr != nil || limitErr != nil {
		return answer{}, failV1("start and limit are numbers")
	}
	all := c.eventsOf(a)
	if name := c.query.get("type"); name != "" {
		all = slices.DeleteFunc(all, func(e event) bool { return e.name != name })
	}
	events := []any{}
	for _, e := range all[min(start, len(all)):min(start+min(limit, 50), len(all))] {
		events = append(events, c.eventDoc(e))
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

func (c *call) listV1Emails() (answer, error) {
	a, err := c.ownV1Account()
	if err != nil {
		return answer{}, err
	}
	docs := []any{}
	if a.user != nil {
		for _, e := range a.user.Emails {
			docs = append(docs, v1EmailDoc(e))
		}
	}
	return bareArray(docs)
}

func (c *call) getV1Email() (answer, error) {
	a, err := c.ownV1Account()
	if err != nil {
		return answer{}, err
	}
	if a.user != nil {
		for _, e := range a.user.Emails {
			if strings.EqualFold(e.Address, c.vars["email"]) {
				return ok(v1EmailDoc(e))
			}
		}
	}
	return answer{}, notFoundV1()
}

// getPrivileges lists the teams of the caller. An owner was an admin there, and everybody else a collaborator.
func (c *call) getPrivileges() (answer, error) {
	teams := object{}
	for _, w := range c.myWorkspaces() {
		switch {
		case w.Personal != "":
		case c.ownsWorkspace(w):
			teams[w.Slug] = "admin"
		default:
			teams[w.Slug] = "collaborator"
		}
	}
	return ok(object{"teams": teams})
}

func (c *call) listMyV1Repositories() (answer, error) {
	docs := []any{}
	for _, w := range c.myWorkspaces() {
		for _, r := range c.visible(w) {
			docs = append(docs, c.v1RepositoryDoc(r))
		}
	}
	return bareArray(docs)
}

// createUser adds a user. It has a throttle of its own, beside that of the server: 100 calls in 30 minutes.
func (c *call) createUser() (answer, error) {
	own := throttle{calls: 100, per: 30 * time.Minute, arrivals: c.srv.limit.arrivals}
	if _, admitted := own.admit("newuser by "+c.owner(), time.Now()); !admitted {
		return answer{}, rateLimited()
	}
	form, err := url.ParseQuery(string(c.body))
	if err != nil || !strings.HasPrefix(c.req.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return answer{}, failText(http.StatusBadRequest, "Bad Request")
	}
	for _, field := range []string{"email", "password", "username"} {
		if strings.TrimSpace(form.Get(field)) == "" {
			return answer{}, failText(http.StatusBadRequest, field+": This field is required.")
		}
	}
	username, email := form.Get("username"), form.Get("email")
	if _, taken := c.srv.findAccount(username); taken || c.srv.findUserOrName(username) != nil {
		return answer{}, failText(http.StatusBadRequest, "A user with that username already exists.")
	}
	c.srv.addUser(User{Nickname: username, Username: username, Emails: []Email{{Address: email, Unconfirmed: true}}, CreatedOn: time.Now()})
	return ok(object{"username": username, "email": email})
}

// v1Account finds the account of the path.
func (c *call) v1Account() (account, error) {
	if a, there := c.srv.findAccount(c.vars["accountname"]); there {
		return a, nil
	}
	return account{}, notFoundV1()
}

// ownV1Account is the account of the path, which has to be the caller or a team that the caller owns.
func (c *call) ownV1Account() (account, error) {
	a, err := c.v1Account()
	if err != nil {
		return a, err
	}
	if a.user != nil && a.user != c.who.user || a.team != nil && !c.ownsWorkspace(a.team) {
		return a, forbiddenV1()
	}
	return a, nil
}

// The errors of the 1.0 API are mostly a line of text.

func notFoundV1() *failure { return failText(http.StatusNotFound, "Not Found") }

func forbiddenV1() *failure { return failText(http.StatusForbidden, "Forbidden") }

// failV1 is the other form of its errors, without a type.
func failV1(message string) *failure {
	return &failure{answer{status: http.StatusBadRequest, doc: object{"error": object{"message": message}}}}
}

// bareArray answers with an array that nothing is around.
func bareArray(docs []any) (answer, error) {
	text, err := json.Marshal(docs)
	if err != nil {
		return answer{}, fmt.Errorf("bitbuckettest: %w", err)
	}
	return answer{status: http.StatusOK, text: string(text), contentType: jsonType}, nil
}
