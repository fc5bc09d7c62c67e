package bitbucket

import (
	"net/http"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket/internal/operations"
	"github.com/seed-9213fc64/bitbucket/internal/wire"
)

// A situation is what a hint depends on, besides the error itself.
type situation struct {
	op         operations.Operation // zero when the table does not know the endpoint
	path       string               // as sent
	credential wire.Kind
	brought    bool // the transport has brought a credential of its own
	known      bool // op is set
}

// advise completes an error with what the library knows of its situation: which scopes were
// missing, and what to do next.
func (s situation) advise(e *Error) {
	if e.isOfScopes() && s.known {
		e.RequiredScopes = s.scopes(e.RequiredScopes)
	}
	e.Hint = s.hint(e)
}

// scopes are those that the credential can be given. Refusals of API tokens name classic scopes in
// headers, which no API token can have.
func (s situation) scopes(told []string) []string {
	switch {
	case s.credential == wire.APIToken && len(s.op.Granular) > 0:
		return s.op.Granular
	case len(told) == 0:
		return s.op.Scopes
	}
	return told
}

// hint tells what to do about an error, where the library knows it.
func (s situation) hint(e *Error) string {
	switch e.StatusCode {
	case 0:
		if s.credential == wire.Anonymous {
			return "no credential is set either: " + hintAnonymous
		}
	case http.StatusUnauthorized:
		return s.hintUnauthorized(e)
	case http.StatusForbidden:
		return s.hintForbidden(e)
	case http.StatusNotFound:
		return s.hintNotFound(e)
	case http.StatusPaymentRequired:
		if s.op.Method == http.MethodPut && strings.Contains(s.op.Pattern, "/permissions-config/") {
			return "the workspace's plan allows no more users; free a seat or change the plan"
		}
		return "the plan does not include this, or its limit is reached"
	case http.StatusGone:
		if s.op.Replacement != "" {
			return "Bitbucket removed this endpoint: use " + s.op.Replacement
		}
		return "Bitbucket removed this endpoint"
	case http.StatusTooManyRequests:
		return "the budget of calls is spent, perhaps by another program with the same credential; " +
			"wait, or give all of them one throttle"
	}
	if 300 <= e.StatusCode && e.StatusCode < 400 && e.StatusCode != http.StatusNotModified {
		return "the server redirected a call that must not be repeated elsewhere; check the base URL"
	}
	return ""
}

const hintAnonymous = "use WithAPIToken or another credential option, " +
	"or WithEnv with BITBUCKET_EMAIL and BITBUCKET_API_TOKEN set"

// refusalOfToken is a part of the message by which Bitbucket refuses a token that is none, and on some
// endpoints one that lacks a scope.
const refusalOfToken = "not supported for this endpoint"

func (s situation) hintUnauthorized(e *Error) string {
	if s.credential == wire.Anonymous && !s.brought {
		return "no credential was sent: " + hintAnonymous
	}
	hint := s.hintCredential()
	if strings.Contains(e.Message, refusalOfToken) {
		hint += "; or it lacks a scope that this endpoint needs"
		if scopes := s.scopes(nil); len(scopes) > 0 {
			hint += " (" + scopeList(scopes) + ")"
		}
	}
	return hint
}

// hintCredential tells what may be wrong with a credential that was refused.
func (s situation) hintCredential() string {
	switch s.credential {
	case wire.Anonymous:
		return "the credential that the transport brings was refused"
	case wire.APIToken:
		return "WithAPIToken needs the e-mail address of the Atlassian account and an API token " +
			"created with scopes for Bitbucket; app passwords ended on 2026-07-28"
	case wire.AccessToken:
		return "the access token is expired or revoked, or it is an API token: " +
			"that goes into WithAPIToken(email, token)"
	}
	return "the OAuth token was refused, and its source has no other: refresh it or sign in again, " +
		"and check the consumer and its scopes"
}

// listsKinds is a part of the message by which Bitbucket refuses a kind of credential and says which it
// takes.
const listsKinds = "only accessible with the following authentication types"

// refusalsOfKind are the messages by which Bitbucket refuses a kind of credential.
var refusalsOfKind = [...]string{
	"not accessible by this authentication mechanism",
	"does not support authentication using the provided token",
	listsKinds,
}

// isOfKind reports whether the kind of the credential was refused.
func (e *Error) isOfKind() bool {
	return e.StatusCode == http.StatusForbidden && slices.ContainsFunc(refusalsOfKind[:], func(refusal string) bool {
		return strings.Contains(e.Message, refusal)
	})
}

func (s situation) hintForbidden(e *Error) string {
	switch {
	case strings.Contains(e.Message, listsKinds): // which knows better than the table
		if strings.Contains(e.Message, "jwt") {
			return "nothing else is taken there; jwt is the kind of Connect apps, which this library does not send"
		}
		return "nothing else is taken there"
	case e.isOfKind():
		return s.hintKind()
	case !s.known && !strings.Contains(s.path, ".0/"):
		return "a path begins with its version: /2.0/…"
	case s.credential == wire.Anonymous && !s.brought:
		return "no credential was sent: " + hintAnonymous
	case e.lacksScope():
		return "create a credential that has the scope"
	}
	return ""
}

// hintKind says which other kinds of credential an endpoint takes.
func (s situation) hintKind() string {
	if !s.known {
		return "this kind of credential may not call this endpoint; an API token may (WithAPIToken), as a rule"
	}
	own := s.credential.May()
	if s.op.Credentials.Has(operations.OAuth) && s.credential == wire.AccessToken {
		own = operations.AccessToken // since an OAuth token would not have been refused
	}
	others := s.op.Credentials &^ (own | operations.Anonymous)
	switch {
	case others == 0:
		return "Bitbucket takes no other kind of credential that this library knows here"
	case others == operations.APIToken:
		return "only an API token may do this: use WithAPIToken"
	}
	hint := "Bitbucket takes " + others.String() + " here"
	if others.Has(operations.APIToken) {
		hint += ": use WithAPIToken, as a rule"
	}
	return hint
}

func (s situation) hintNotFound(e *Error) string {
	switch {
	case e.Method == http.MethodDelete && e.Attempts > 1:
		return "an earlier attempt of this call may have removed it"
	case strings.HasPrefix(s.op.Pattern, "/2.0/users/{selected_user}"):
		return "users are found by UUID or Atlassian account ID, not by name; or the credential may not see it"
	}
	return "it does not exist, or the credential may not see it"
}

// hintToken tells what to do about the code that a token endpoint refused with.
func hintToken(code string) string {
	switch code {
	case "invalid_client", "unauthorized_client":
		return "check the client ID and secret, and WithTokenURL (BITBUCKET_TOKEN_URL) when the server is " +
			"not bitbucket.org; the OAuth consumer must be marked as private"
	case "invalid_grant":
		return "the refresh token is spent or expired (Bitbucket rotates them): authorize again and keep " +
			"new ones with SavingTokenSource"
	}
	return ""
}
