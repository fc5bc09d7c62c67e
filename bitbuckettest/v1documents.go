package bitbuckettest

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the 1.0 API writes the time in Amsterdam
)

// account is what the 1.0 API has under /1.0/users: a user, or a workspace as a team.
type account struct {
	user *user
	team *workspace
}

// findAccount finds an account by its name or by a validated e-mail address.
func (s *Server) findAccount(name string) (account, bool) {
	for _, u := range s.users {
		if u.Type == "app_user" {
			continue // came with the 2.0 API
		}
		if strings.EqualFold(u.Username, name) || slices.ContainsFunc(u.Emails, func(e Email) bool {
			return !e.Unconfirmed && strings.EqualFold(e.Address, name)
		}) {
			return account{user: u}, true
		}
	}
	for _, w := range s.workspaces {
		if w.Personal == "" && strings.EqualFold(w.Slug, name) {
			return account{team: w}, true
		}
	}
	return account{}, false
}

// workspaceOf is where the repositories of an account are, or nil.
func (s *Server) workspaceOf(a account) *workspace {
	if a.team != nil {
		return a.team
	}
	return find(s.workspaces, func(w *workspace) bool { return w.Personal != "" && w.UUID == a.user.UUID })
}

// v1Name is the name of the account that a workspace was.
func (s *Server) v1Name(w *workspace) string {
	if w.Personal == "" {
		return w.Slug
	}
	return s.findUser(w.UUID).Username
}

// followers are those who share a workspace with an account, since nobody follows anybody in the 2.0 API.
func (s *Server) followers(a account) []*user {
	var all []*user
	for _, w := range s.workspaces {
		if a.team != nil && a.team != w || a.user != nil && w.member(a.user) == nil {
			continue
		}
		for _, m := range w.members {
			if m.user != a.user && m.user.Type != "app_user" && !slices.Contains(all, m.user) {
				all = append(all, m.user)
			}
		}
	}
	return all
}

// accountDoc is an account with those of its repositories that the caller sees.
func (c *call) accountDoc(a account) object {
	repositories := []any{}
	if w := c.srv.workspaceOf(a); w != nil {
		for _, r := range w.repos {
			if r.Public || c.who != nil && c.sees(r) {
				repositories = append(repositories, c.v1RepositoryDoc(r))
			}
		}
	}
	return object{"repositories": repositories, "user": c.v1UserDoc(a)}
}

// v1UserDoc is an account by itself. Only callers with credentials are told whether it is a team, and get a slash at
// the end of its URI.
func (c *call) v1UserDoc(a account) object {
	doc := object{"is_staff": false}
	isTeam := a.team != nil
	if isTeam {
		doc["username"], doc["display_name"] = a.team.Slug, a.team.Name
		doc["first_name"], doc["last_name"] = "", ""
		doc["avatar"] = avatarOf(a.team.UUID)
	} else {
		u := a.user
		isTeam = u.Type == "team"
		doc["username"], doc["display_name"], doc["is_staff"] = u.Username, u.DisplayName, u.IsStaff
		doc["first_name"], doc["last_name"], _ = strings.Cut(u.DisplayName, " ")
		if isTeam {
			doc["first_name"], doc["last_name"] = "", ""
		}
		doc["avatar"] = avatarOf(u.UUID)
	}
	doc["resource_uri"] = "/1.0/users/" + doc["username"].(string)
	if c.who != nil {
		doc["is_team"] = isTeam
		doc["resource_uri"] = doc["resource_uri"].(string) + "/"
	}
	return doc
}

func avatarOf(uuid string) string {
	return "https://avatars.example.com/" + strings.Trim(uuid, "{}") + ".png"
}

// v1RepositoryDoc is a repository. Callers with credentials are not told how many follow it.
func (c *call) v1RepositoryDoc(r *repository) object {
	owner := c.srv.v1Name(r.ws)
	doc := object{
		"scm": "git", "owner": owner, "slug": r.Slug, "name": r.Name, "description": r.Description, "language": r.Language,
		"website": r.Website, "logo": nil, "state": "available", "size": r.Size, "creator": nil,
		"resource_uri": "/1.0/repositories/" + owner + "/" + r.Slug,
		"is_private":   !r.Public, "is_fork": false, "is_mq": false, "fork_of": nil, "mq_of": nil,
		"has_wiki": false, "has_issues": false, "read_only": false,
		"no_forks": r.ws.ForkingMode == "no_forks", "no_public_forks": r.ws.ForkingMode == "no_public_forks",
		"email_mailinglist": "", "email_writers": true,
		"created_on": inAmsterdam(r.CreatedOn), "utc_created_on": inUTC(r.CreatedOn),
		"last_updated": inAmsterdam(r.UpdatedOn), "utc_last_updated": inUTC(r.UpdatedOn),
	}
	if c.who == nil {
		doc["followers_count"] = len(r.ws.members)
	}
	return doc
}

func v1EmailDoc(e Email) object {
	return object{"active": !e.Unconfirmed, "email": e.Address, "primary": e.Primary}
}

// event is something that happened to an account, as far as the records tell.
type event struct {
	name        string
	at          time.Time
	node        any
	description any
	repo        *repository
	by          *user // nil when the records do not tell
}

// eventsOf are the public events of an account, the newest first: its public repositories were made and, when they
// were updated since, pushed to; their files were committed; and its followers began to follow it.
func (c *call) eventsOf(a account) []event {
	var all []event
	for _, u := range c.srv.followers(a) {
		all = append(all, event{name: "start_follow_user", at: u.CreatedOn, by: u})
	}
	if w := c.srv.workspaceOf(a); w != nil {
		for _, r := range w.repos {
			if r.Public {
				all = append(all, eventsIn(r, a.user)...)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b event) int { return b.at.Compare(a.at) })
	return all
}

// eventsIn are the events of a repository.
func eventsIn(r *repository, owner *user) []event {
	all := []event{{name: "create", at: r.CreatedOn, repo: r, by: owner}}
	for _, f := range r.files {
		all = append(all, event{name: "commit", at: r.UpdatedOn, repo: r, by: owner, node: f.Commit, description: "Change " + f.Path})
	}
	if r.UpdatedOn.After(r.CreatedOn) {
		hash := fmt.Sprintf("%x", sha256.Sum256([]byte(r.UUID)))[:40]
		commits := []any{object{"hash": hash, "description": "Update " + r.Name}}
		all = append(all, event{name: "pushed", at: r.UpdatedOn, repo: r, by: owner, description: object{"commits": commits}})
	}
	return all
}

func (c *call) eventDoc(e event) object {
	doc := object{
		"event": e.name, "node": e.node, "description": e.description, "repository": object{}, "user": object{},
		"created_on": inAmsterdam(e.at), "utc_created_on": inUTC(e.at),
	}
	if e.repo != nil {
		doc["repository"] = c.v1RepositoryDoc(e.repo)
	}
	if e.by != nil {
		doc["user"] = c.v1UserDoc(account{user: e.by})
	}
	return doc
}

// inAmsterdam writes the time that clocks in Amsterdam show, with milliseconds when it has a fraction.
func inAmsterdam(t time.Time) string {
	if t.Nanosecond() == 0 {
		return t.In(amsterdam()).Format("2006-01-02 15:04:05")
	}
	return t.In(amsterdam()).Format("2006-01-02T15:04:05.000")
}

// inUTC writes a time with an offset, a space and no fraction.
func inUTC(t time.Time) string {
	return t.UTC().Format("2006-01-02 15:04:05+00:00")
}

var amsterdam = sync.OnceValue(func() *time.Location {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		panic("bitbuckettest: " + err.Error())
	}
	return zone
})
