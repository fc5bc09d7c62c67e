package bitbuckettest

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
	"github.com/seed-9213fc64/bitbucket/internal/operations"
)

// siteRoutes are the pages of OAuth, which know nothing of scopes and the throttle.
func siteRoutes() []*route {
	page := func(method, pattern string, handle handler) *route {
		return newRoute(operations.Operation{Method: method, Pattern: pattern}, handle, nil)
	}
	return []*route{
		page("POST", "/site/oauth2/access_token", giveToken),
		page("GET", "/site/oauth2/authorize", authorizePage),
	}
}

// authorizePage redirects with a code, as the page does once the user has agreed.
func authorizePage(c *call) (answer, error) {
	client := c.consumers.byID[c.query.get("client_id")]
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
	who := c.consumers.browser(client)
	switch {
	case c.query.get("response_type") != "code":
		back.Set("error", "unsupported_response_type")
	case who == nil:
		back.Set("error", "access_denied")
	default:
		id := c.store.Secret("", 24)
		c.consumers.codes[id] = &code{
			consumer: client, user: who, redirect: c.query.get("redirect_uri"),
			challenge: c.query.get("code_challenge"), expires: time.Now().Add(codeLife),
		}
		back.Set("code", id)
	}
	target.RawQuery = back.Encode()
	return answer{status: http.StatusFound, header: http.Header{"Location": {target.String()}}}, nil
}

func failOAuth(status int, id, description string) *failure {
	f := &failure{answer{status: status, doc: object{"error": id, "error_description": description}}}
	if status == http.StatusUnauthorized {
		f.header = http.Header{"Www-Authenticate": {`Basic realm="Bitbucket.org HTTP"`}}
	}
	return f
}

func invalidGrant(description string) *failure {
	return failOAuth(http.StatusBadRequest, "invalid_grant", description)
}

// giveToken answers a token request.
func giveToken(c *call) (answer, error) {
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		return answer{}, failOAuth(http.StatusBadRequest, "invalid_request", "The body is not a form.")
	}
	client, err := c.client(form)
	if err != nil {
		return answer{}, err
	}
	switch grant := form.Get("grant_type"); grant {
	case "client_credentials":
		if client.Public {
			return answer{}, failOAuth(http.StatusBadRequest, "unauthorized_client",
				"Cannot use client_credentials with a consumer that is not marked as \"private\".")
		}
		return c.grant(client, client.app, "", grant)
	case "authorization_code":
		who, err := c.redeem(client, form)
		if err != nil {
			return answer{}, err
		}
		return c.grant(client, who, c.newRefresh(client, who), grant)
	case "refresh_token":
		old := c.consumers.refreshes[form.Get("refresh_token")]
		if old == nil || old.consumer != client || !old.expires.After(time.Now()) {
			return answer{}, invalidGrant("The refresh token is invalid or expired.")
		}
		if soon := time.Now().Add(afterglow); soon.Before(old.expires) {
			old.expires = soon
		}
		return c.grant(client, old.user, c.newRefresh(client, old.user), grant)
	default:
		return answer{}, failOAuth(http.StatusBadRequest, "unsupported_grant_type",
			"Unsupported grant type: "+grant)
	}
}

// client checks the ID and the secret: as Basic credentials or in the form.
func (c *call) client(form url.Values) (*consumer, error) {
	id, secret, basic := c.req.BasicAuth()
	if !basic {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	} else if plain, err := url.QueryUnescape(id); err == nil {
		id = plain
	}
	client := c.consumers.byID[id]
	if client == nil || client.Secret != secret && url.QueryEscape(client.Secret) != secret {
		return nil, failOAuth(http.StatusUnauthorized, "unauthorized_client",
			"Invalid OAuth client credentials")
	}
	return client, nil
}

// redeem turns an authorization code into the user who gave it.
func (c *call) redeem(client *consumer, form url.Values) (*store.User, error) {
	given := c.consumers.codes[form.Get("code")]
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	switch {
	case given == nil || given.consumer != client || !given.expires.After(time.Now()):
		return nil, invalidGrant("The specified code is not valid.")
	case given.redirect != "" && form.Get("redirect_uri") != given.redirect:
		return nil, invalidGrant("The redirect_uri is not the one of the authorization.")
	case given.challenge != "" && given.challenge != base64.RawURLEncoding.EncodeToString(sum[:]):
		return nil, invalidGrant("The code_verifier does not fit the code_challenge.")
	}
	delete(c.consumers.codes, form.Get("code")) // it is good for one use
	return given.user, nil
}

func (c *call) newRefresh(client *consumer, who *store.User) string {
	id := c.store.Secret("", 40)
	c.consumers.refreshes[id] = &refresh{
		consumer: client, user: who,
		expires: time.Now().Add(refreshLife),
	}
	return id
}

// grant answers with a new access token, and the refresh token if there is one. The scopes are
// there under the name that the standard has and under the one that Bitbucket had.
func (c *call) grant(client *consumer, who *store.User, refresh, state string) (answer, error) {
	issued := c.issueOAuth(&credential{
		Actor: store.Actor{User: who}, scopes: client.Scopes,
		client: client.ID,
	})
	scopes := strings.Join(issued.scopes, " ")
	doc := object{
		"access_token": issued.secret, "token_type": "bearer",
		"expires_in": int(c.set.tokenLife / time.Second),
		"scope":      scopes, "scopes": scopes, "state": state,
	}
	if refresh != "" {
		doc["refresh_token"] = refresh
	}
	return ok(doc)
}

// issueOAuth gives an access token out.
func (b *backend) issueOAuth(c *credential) *credential {
	length := 40
	if b.set.longTokens {
		length = 2600
	}
	c.kind, c.expires = operations.OAuth, time.Now().Add(b.set.tokenLife)
	return b.vault.issue(c, b.store.Secret("", length))
}
