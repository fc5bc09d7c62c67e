package bitbuckettest

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// kind says how a caller proves who they are. The bits make up what a route takes.
type kind int

const (
	anonymous kind = 1 << iota
	apiToken
	oauthToken
	repositoryToken
	projectToken
	workspaceToken

	accessToken = repositoryToken | projectToken | workspaceToken
	signedIn    = apiToken | oauthToken | accessToken
	people      = apiToken | oauthToken
)

// credential is a token and what it stands for.
type credential struct {
	kind    kind
	secret  string
	user    *user // who acts; the pseudo user of an access token is in no listing
	scopes  []string
	all     bool // every scope
	expires time.Time
	client  string // consumer of an OAuth token

	workspace *workspace // reach of an access token
	project   *project
	repo      *repository
}

// An APIToken belongs to a user. It is sent as Basic credentials: the e-mail address and the token.
type APIToken struct {
	Email string
	Token string
}

// IssueAPIToken gives a user a new API token. Scopes are granular or classic ones; none means all.
// It lasts a year.
func (s *Server) IssueAPIToken(user string, scopes ...string) APIToken {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.mustUser(user)
	if len(u.Emails) == 0 {
		panic("bitbuckettest: " + user + " has no e-mail address to sign in with")
	}
	c := s.issue(&credential{kind: apiToken, user: u, scopes: scopes}, "ATATT3x")
	return APIToken{Email: primary(u), Token: c.secret}
}

// IssueOAuthToken gives a user a new OAuth access token without the way through the authorize page.
// Scopes are classic ones; none means all. It lasts as long as [TokenLife] says.
func (s *Server) IssueOAuthToken(user string, scopes ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &credential{kind: oauthToken, user: s.mustUser(user), scopes: scopes, expires: time.Now().Add(s.tokenLife)}
	return s.issue(c, "").secret
}

// IssueRepositoryToken gives a new access token of a repository. No scopes means all that such a token can have.
func (s *Server) IssueRepositoryToken(workspace, repository string, scopes ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.mustRepository(workspace, repository)
	return s.issueAccessToken(&credential{kind: repositoryToken, workspace: r.ws, repo: r, scopes: scopes})
}

// IssueProjectToken gives a new access token of a project. No scopes means all that such a token can have.
func (s *Server) IssueProjectToken(workspace, project string, scopes ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.mustWorkspace(workspace).mustProject(project)
	return s.issueAccessToken(&credential{kind: projectToken, workspace: p.ws, project: p, scopes: scopes})
}

// IssueWorkspaceToken gives a new access token of a workspace. No scopes means all that such a token can have.
func (s *Server) IssueWorkspaceToken(workspace string, scopes ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issueAccessToken(&credential{kind: workspaceToken, workspace: s.mustWorkspace(workspace), scopes: scopes})
}

func (s *Server) issueAccessToken(c *credential) string {
	possible := possibleScopes(c.kind)
	for _, scope := range c.scopes {
		if !slices.Contains(possible, scope) {
			panic("bitbuckettest: such an access token cannot have the scope " + scope)
		}
	}
	c.scopes = orAll(c.scopes, possible)
	c.user = &user{User: User{Type: "app_user", Nickname: "access token", DisplayName: "access token",
		UUID: s.nextUUID("token"), AccountID: "access-token"}, index: -1}
	return s.issue(c, "ATCTT3x").secret
}

// Revoke ends an API token, an access token or an OAuth token: calls with it get 401 as for an unknown one.
func (s *Server) Revoke(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, token)
}

// Expire lets the life of a token end now.
func (s *Server) Expire(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.tokens[token]; c != nil {
		c.expires = time.Now()
	}
}

func (s *Server) issue(c *credential, prefix string) *credential {
	if len(c.scopes) == 0 {
		c.all, c.scopes = true, possibleScopes(c.kind)
	}
	if c.expires.IsZero() {
		c.expires = time.Now().Add(365 * 24 * time.Hour)
	}
	c.secret = s.secret(prefix, 40)
	if s.longTokens && c.kind == oauthToken {
		c.secret = s.secret(prefix, 2600)
	}
	s.tokens[c.secret] = c
	return c
}

// secret makes up n characters; every run of the same program gets the same ones.
func (s *Server) secret(prefix string, n int) string {
	for len(prefix) < n {
		prefix += strings.NewReplacer("{", "", "}", "", "-", "").Replace(s.nextUUID("secret"))
	}
	return prefix[:n]
}

// authenticate finds the credential of a request: nil for an anonymous one.
func (s *Server) authenticate(r *http.Request) (*credential, error) {
	header := r.Header.Get("Authorization")
	scheme, value, _ := strings.Cut(header, " ")
	switch {
	case header == "":
		return nil, nil
	case strings.EqualFold(scheme, "Basic"):
		return s.authenticateBasic(value)
	case !strings.EqualFold(scheme, "Bearer"):
		return nil, invalidToken()
	}
	c := s.tokens[strings.TrimSpace(value)]
	switch {
	case c == nil || c.kind == apiToken:
		return nil, invalidToken()
	case c.expires.After(time.Now()):
		return c, nil
	case c.kind == oauthToken:
		return nil, expiredToken()
	}
	return nil, invalidToken()
}

func (s *Server) authenticateBasic(value string) (*credential, error) {
	raw, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return nil, loginFailed()
	}
	email, token, _ := strings.Cut(string(raw), ":")
	c := cmp.Or(s.asBasic[token], s.tokens[token])
	if c == nil || c.kind != apiToken || !strings.EqualFold(email, primary(c.user)) || !c.expires.After(time.Now()) {
		return nil, loginFailed()
	}
	return c, nil
}

func primary(u *user) string {
	for _, e := range u.Emails {
		if e.Primary {
			return e.Address
		}
	}
	return ""
}

// authorize checks that a route takes this kind of credential and that its scopes suffice.
func (c *call) authorize() error {
	who, takes := c.who, c.route.takes
	switch {
	case who == nil && takes&anonymous != 0:
		return nil
	case who == nil:
		return invalidToken()
	case who.kind&takes == 0:
		return wrongMechanism()
	case who.all:
		return nil
	}
	classic := withImplied(who.scopes)
	required := c.route.Scopes
	if who.kind != apiToken {
		if includes(classic, required) {
			return nil
		}
		return lackingScopes(required, who.scopes)
	}
	granular := slices.ContainsFunc(who.scopes, isGranular)
	old := slices.ContainsFunc(who.scopes, func(scope string) bool { return !isGranular(scope) })
	if granular && includes(who.scopes, c.route.Granular) || old && includes(classic, required) {
		return nil
	}
	if granular {
		required = c.route.Granular
	}
	return lackingScopes(required, who.scopes)
}

func isGranular(scope string) bool {
	return strings.HasSuffix(scope, ":bitbucket")
}

func includes(granted, required []string) bool {
	return !slices.ContainsFunc(required, func(scope string) bool { return !slices.Contains(granted, scope) })
}

// withImplied adds what classic scopes imply. An admin scope implies nothing.
func withImplied(scopes []string) []string {
	all := slices.Clone(scopes)
	for i := 0; i < len(all); i++ {
		implied := map[string]string{
			"pullrequest:write": "repository:write", "repository:write": "repository", "project": "repository",
		}[all[i]]
		if implied != "" && !slices.Contains(all, implied) {
			all = append(all, implied)
		}
	}
	return all
}

// possibleScopes lists every scope that a kind of credential can have.
func possibleScopes(k kind) []string {
	code := []string{"repository", "repository:write", "repository:admin", "repository:delete", "pullrequest",
		"pullrequest:write", "webhook", "pipeline", "pipeline:write", "pipeline:variable", "runner", "runner:write"}
	switch k {
	case repositoryToken:
		return code
	case projectToken:
		return append(code, "project")
	case workspaceToken:
		return append(code, "project", "project:admin", "account")
	case oauthToken:
		return append(code, "project", "project:admin", "account", "account:write", "email")
	}
	var all []string
	for _, action := range []string{"read", "write", "admin", "delete"} {
		for _, thing := range []string{"user", "workspace", "project", "repository", "permission", "pipeline", "ssh-key", "gpg-key"} {
			all = append(all, action+":"+thing+":bitbucket")
		}
	}
	return all
}

func orAll(scopes, all []string) []string {
	if len(scopes) == 0 {
		return all
	}
	return scopes
}

// authHeaders says on every answer what the credential may do and what the route needs.
func (c *call) authHeaders(h http.Header) {
	if c.who == nil {
		return
	}
	h.Set("X-OAuth-Scopes", strings.Join(c.who.scopes, ", "))
	h.Set("X-Credential-Type", map[kind]string{apiToken: "apitoken", oauthToken: "oauth2"}[c.who.kind])
	if c.who.kind&accessToken != 0 {
		limit := cmp.Or(c.srv.limit.calls, 1000)
		h.Set("X-Credential-Type", "accesstoken")
		h.Set("X-RateLimit-Limit", fmt.Sprint(limit))
		h.Set("X-RateLimit-Resource", "api")
		h.Set("X-RateLimit-NearLimit", fmt.Sprint(c.srv.limit.calls > 0 && c.left*5 < limit))
	}
	if c.route != nil {
		required := c.route.Scopes
		if c.who.kind == apiToken {
			required = c.route.Granular
		}
		h.Set("X-Accepted-OAuth-Scopes", strings.Join(required, ", "))
	}
}
