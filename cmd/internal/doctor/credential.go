package doctor

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/seed-9213fc64/bitbucket"
)

// A Credential is what is known of one, as the answers show it.
type Credential struct {
	Kind   string   `json:"kind"`
	Why    string   `json:"why"`    // it is taken for that
	Scopes []string `json:"scopes"` // that it was given, as far as Bitbucket says

	// Account and UUID are whose it is. Access tokens belong to nobody.
	Account string `json:"account"`
	UUID    string `json:"uuid"`

	user bitbucket.User
}

const currentUser = "/2.0/user"

// belongs takes the current user.
func (c *Credential) belongs(body []byte) {
	_ = json.Unmarshal(body, &c.user) // what cannot be read of it is a drift
	c.Account, c.UUID = c.user.DisplayName, string(c.user.UUID)
}

// What a credential may be sent as.
const (
	SentAsAPIToken    = "API token"
	SentAsConsumer    = "OAuth consumer"
	SentAsAccessToken = "access token"
)

// settle says what kind a credential is: by how it is sent, and where that is the same for several
// kinds, by whom Bitbucket answers.
func (c *Credential) settle(sent string, r *Report) {
	if sent != SentAsAccessToken {
		c.Kind, c.Why = sent, "it is sent as one"
		return
	}
	me, workspaces := r.find("Users.Current"), r.find("Workspaces.List")
	switch {
	case me.State == Allowed && c.user.Type == "app_user":
		c.Kind, c.Why = "OAuth token of a consumer", "GET /2.0/user answers with an app"
	case me.State == Allowed:
		c.Kind, c.Why = "OAuth token of a person", "GET /2.0/user answers with a person"
	case len(me.Scopes) > 0:
		c.Kind = "OAuth token"
		c.Why = "GET /2.0/user asks it for a scope, and access tokens for nothing"
	case me.Status != http.StatusForbidden:
		c.Kind, c.Why = "unknown", "GET /2.0/user was not answered in a way that tells"
	case workspaces.State == Allowed || c.has("account", "project:admin"):
		c.Kind = "access token of a workspace"
		c.Why = "GET /2.0/user refuses it, and only those of workspaces reach other places or can have" +
			" the scopes account and project:admin"
	case c.has("project"):
		c.Kind = "access token of a project or a workspace"
		c.Why = "GET /2.0/user refuses it, and those of repositories cannot have the scope project"
	default:
		c.Kind = "access token of a repository, a project or a workspace"
		c.Why = "GET /2.0/user refuses it, and its scopes are such that any of them can have"
	}
}

// has reports whether any of the scopes was given.
func (c *Credential) has(scopes ...string) bool {
	return slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(c.Scopes, s) })
}

// find returns an operation.
func (r *Report) find(name string) Operation {
	i := slices.IndexFunc(r.Operations, func(o Operation) bool { return o.Name == name })
	if i < 0 {
		return Operation{}
	}
	return r.Operations[i]
}
