package bitbuckettest

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	codeLife    = 10 * time.Minute
	refreshLife = 90 * 24 * time.Hour
	afterglow   = 10 * time.Minute // how long a refresh token lives after its use
)

type consumer struct {
	Consumer
	app *user // who acts with client credentials
}

// code is an authorization code, good for one use.
type code struct {
	consumer  *consumer
	user      *user
	redirect  string
	challenge string
	expires   time.Time
}

type refresh struct {
	consumer *consumer
	user     *user
	expires  time.Time
}

// AddConsumer adds an OAuth consumer and returns it with its ID and secret. With client credentials it acts as an app
// user, which administers the workspace of the consumer and is in none of its listings.
func (s *Server) AddConsumer(c Consumer) Consumer {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.mustWorkspace(c.Workspace)
	c.Name = cmp.Or(c.Name, "consumer")
	if c.ID == "" {
		c.ID = s.secret("", 32)
	}
	if c.Secret == "" {
		c.Secret = s.secret("", 76)
	}
	if s.consumers[c.ID] != nil {
		panic("bitbuckettest: consumer " + c.ID + " is there already")
	}
	app := s.addUser(User{Nickname: "app " + c.ID, DisplayName: c.Name, Type: "app_user"})
	w.apps = append(w.apps, app)
	s.consumers[c.ID] = &consumer{Consumer: c, app: app}
	return c
}

// SignIn says whose browser opens /site/oauth2/authorize: the user who grants access there. By default it is the first
// owner of the consumer's workspace.
func (s *Server) SignIn(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.signedIn = s.mustUser(user)
}

// authorizePage redirects with a code, as the page does once the user has agreed.
func (c *call) authorizePage() (answer, error) {
	client := c.srv.consumers[c.query.get("client_id")]
	if client == nil {
		return answer{}, failText(http.StatusBadRequest, "Invalid client_id")
	}
	to := cmp.Or(c.query.get("redirect_uri"), client.CallbackURL)
	target, err := url.Parse(to)
	if to == "" || err != nil || !strings.HasPrefix(to, client.CallbackURL) {
		return answer{}, failText(http.StatusBadRequest, "Invalid redirect_uri")
	}
	back := target.Query()
	if state := c.query.get("state"); state != "" {
		back.Set("state", state)
	}
	who := c.srv.browser(client)
	switch {
	case c.query.get("response_type") != "code":
		back.Set("error", "unsupported_response_type")
	case who == nil:
		back.Set("error", "access_denied")
	default:
		id := c.srv.secret("", 24)
		c.srv.codes[id] = &code{consumer: client, user: who, redirect: c.query.get("redirect_uri"),
			challenge: c.query.get("code_challenge"), expires: time.Now().Add(codeLife)}
		back.Set("code", id)
	}
	target.RawQuery = back.Encode()
	return answer{status: http.StatusFound, header: http.Header{"Location": {target.String()}}}, nil
}

// browser is the user who is signed in.
func (s *Server) browser(client *consumer) *user {
	if s.signedIn != nil {
		return s.signedIn
	}
	for _, m := range s.mustWorkspace(client.Workspace).members {
		if m.Role == "owner" {
			return m.user
		}
	}
	return nil
}

func failOAuth(status int, id, description string) *failure {
	f := &failure{answer{status: status, doc: object{"error": id, "error_description": description}}}
	if status == http.StatusUnauthorized {
		f.header = http.Header{"Www-Authenticate": {`Basic realm="Bitbucket.org HTTP"`}}
	}
	return f
}

// token answers a token request.
func (c *call) token() (answer, error) {
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		return answer{}, failOAuth(http.StatusBadRequest, "invalid_request", "The body is not a form.")
	}
	client, err := c.client(form)
	if err != nil {
		return answer{}, err
	}
	switch form.Get("grant_type") {
	case "client_credentials":
		if client.Public {
			return answer{}, failOAuth(http.StatusBadRequest, "unauthorized_client",
				"Cannot use client_credentials with a consumer that is not marked as \"private\".")
		}
		return c.grant(client, client.app, "")
	case "authorization_code":
		who, err := c.redeem(client, form)
		if err != nil {
			return answer{}, err
		}
		return c.grant(client, who, c.srv.newRefresh(client, who))
	case "refresh_token":
		old := c.srv.refreshes[form.Get("refresh_token")]
		if old == nil || old.consumer != client || !old.expires.After(time.Now()) {
			return answer{}, failOAuth(http.StatusBadRequest, "invalid_grant", "The refresh token is invalid or expired.")
		}
		if soon := time.Now().Add(afterglow); soon.Before(old.expires) {
			old.expires = soon
		}
		return c.grant(client, old.user, c.srv.newRefresh(client, old.user))
	}
	return answer{}, failOAuth(http.StatusBadRequest, "unsupported_grant_type", "Unsupported grant type: "+form.Get("grant_type"))
}

// client checks the ID and the secret: as Basic credentials or in the form.
func (c *call) client(form url.Values) (*consumer, error) {
	id, secret, basic := c.req.BasicAuth()
	if !basic {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	} else if plain, err := url.QueryUnescape(id); err == nil {
		id = plain
	}
	client := c.srv.consumers[id]
	if client == nil || client.Secret != secret && url.QueryEscape(client.Secret) != secret {
		return nil, failOAuth(http.StatusUnauthorized, "unauthorized_client", "Invalid OAuth client credentials")
	}
	return client, nil
}

// redeem turns an authorization code into the user who gave it.
func (c *call) redeem(client *consumer, form url.Values) (*user, error) {
	given := c.srv.codes[form.Get("code")]
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	switch {
	case given == nil || given.consumer != client || !given.expires.After(time.Now()):
		return nil, failOAuth(http.StatusBadRequest, "invalid_grant", "The specified code is not valid.")
	case given.redirect != "" && form.Get("redirect_uri") != given.redirect:
		return nil, failOAuth(http.StatusBadRequest, "invalid_grant", "The redirect_uri is not the one of the authorization.")
	case given.challenge != "" && given.challenge != base64.RawURLEncoding.EncodeToString(sum[:]):
		return nil, failOAuth(http.StatusBadRequest, "invalid_grant", "The code_verifier does not fit the code_challenge.")
	}
	delete(c.srv.codes, form.Get("code")) // it is good for one use
	return given.user, nil
}

func (s *Server) newRefresh(client *consumer, who *user) string {
	id := s.secret("", 40)
	s.refreshes[id] = &refresh{consumer: client, user: who, expires: time.Now().Add(refreshLife)}
	return id
}

// grant answers with a new access token, and the refresh token if there is one.
func (c *call) grant(client *consumer, who *user, refresh string) (answer, error) {
	issued := c.srv.issue(&credential{kind: oauthToken, user: who, scopes: client.Scopes, client: client.ID,
		expires: time.Now().Add(c.srv.tokenLife)}, "")
	scopes := strings.Join(issued.scopes, " ")
	doc := object{
		"access_token": issued.secret, "token_type": "bearer", "expires_in": int(c.srv.tokenLife / time.Second),
		"scope": scopes, "scopes": scopes, "state": parseQuery(string(c.body)).get("grant_type"),
	}
	if refresh != "" {
		doc["refresh_token"] = refresh
	}
	return ok(doc)
}
