package bitbuckettest

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
	"github.com/seed-9213fc64/bitbucket/internal/operations"
)

// credential is a token, and who acts with it.
type credential struct {
	store.Actor
	kind    operations.Credentials
	secret  string
	scopes  []string
	all     bool // every scope
	expires time.Time
	client  string // consumer of an OAuth token
}

// vault knows the tokens that were given out.
type vault struct {
	tokens  map[string]*credential
	asBasic map[string]*credential // Bearer tokens of the demo that also go as API tokens
}

func newVault() *vault {
	return &vault{tokens: map[string]*credential{}, asBasic: map[string]*credential{}}
}

// issue gives a token out under a secret. No scopes are all that its kind can have.
func (v *vault) issue(c *credential, secret string) *credential {
	if len(c.scopes) == 0 {
		c.all, c.scopes = true, possibleScopes(c.kind)
	}
	if c.expires.IsZero() {
		c.expires = time.Now().Add(365 * 24 * time.Hour)
	}
	c.secret = secret
	v.tokens[secret] = c
	return c
}

// authenticate finds the credential of a request: nil for an anonymous one.
func (v *vault) authenticate(r *http.Request) (*credential, error) {
	header := r.Header.Get("Authorization")
	scheme, value, _ := strings.Cut(header, " ")
	switch {
	case header == "":
		return nil, nil
	case strings.EqualFold(scheme, "Basic"):
		return v.authenticateBasic(value)
	case !strings.EqualFold(scheme, "Bearer"):
		return nil, invalidToken()
	}
	c := v.tokens[strings.TrimSpace(value)]
	switch {
	case c == nil || c.kind == operations.APIToken:
		return nil, invalidToken()
	case c.expires.After(time.Now()):
		return c, nil
	case c.kind == operations.OAuth:
		return nil, expiredToken()
	}
	return nil, invalidToken()
}

func (v *vault) authenticateBasic(value string) (*credential, error) {
	raw, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return nil, loginFailed()
	}
	email, token, _ := strings.Cut(string(raw), ":")
	c := cmp.Or(v.asBasic[token], v.tokens[token])
	if c == nil || c.kind != operations.APIToken || !strings.EqualFold(email, c.User.Primary()) ||
		!c.expires.After(time.Now()) {
		return nil, loginFailed()
	}
	return c, nil
}

// lacks returns which scopes an operation needs besides, in the language of the credential's own
// scopes, and whether there is any. An API token may have classic scopes too.
func (c *credential) lacks(op operations.Operation) (required []string, lacking bool) {
	if c.all {
		return nil, false
	}
	classic := includes(withImplied(c.scopes), op.Scopes)
	if c.kind != operations.APIToken {
		return op.Scopes, !classic
	}
	granular := slices.ContainsFunc(c.scopes, isGranular)
	old := slices.ContainsFunc(c.scopes, func(scope string) bool { return !isGranular(scope) })
	if granular && includes(c.scopes, op.Granular) || old && classic {
		return nil, false
	}
	if granular {
		return op.Granular, true
	}
	return op.Scopes, true
}

func isGranular(scope string) bool { return strings.HasSuffix(scope, ":bitbucket") }

func includes(granted, required []string) bool {
	return !slices.ContainsFunc(required, func(scope string) bool {
		return !slices.Contains(granted, scope)
	})
}

// withImplied adds what classic scopes imply. An admin scope implies nothing.
func withImplied(scopes []string) []string {
	all := slices.Clone(scopes)
	for i := 0; i < len(all); i++ {
		implied := ""
		switch all[i] {
		case "pullrequest:write":
			implied = "repository:write"
		case "repository:write", "project":
			implied = "repository"
		}
		if implied != "" && !slices.Contains(all, implied) {
			all = append(all, implied)
		}
	}
	return all
}

// possibleScopes lists every scope that a kind of credential can have.
func possibleScopes(kind operations.Credentials) []string {
	code := []string{
		"repository", "repository:write", "repository:admin", "repository:delete",
		"pullrequest", "pullrequest:write", "webhook", "pipeline", "pipeline:write",
		"pipeline:variable", "runner", "runner:write",
	}
	switch kind {
	case operations.RepositoryToken:
		return code
	case operations.ProjectToken:
		return append(code, "project")
	case operations.WorkspaceToken:
		return append(code, "project", "project:admin", "account")
	case operations.OAuth:
		return append(code, "project", "project:admin", "account", "account:write", "email")
	}
	var all []string
	for _, action := range []string{"read", "write", "admin", "delete"} {
		for _, thing := range []string{
			"user", "workspace", "project", "repository", "permission",
			"pipeline", "ssh-key", "gpg-key",
		} {
			all = append(all, action+":"+thing+":bitbucket")
		}
	}
	return all
}
