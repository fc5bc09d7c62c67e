package wire

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/seed-9213fc64/bitbucket/internal/operations"
)

// A Credential gives the Authorization header of an attempt. Its secrets live in closures, so that
// printing a credential shows none.
type Credential struct {
	kind Kind

	// authorize returns what the next attempt carries.
	authorize func(ctx context.Context) (*authorization, error)

	// renew drops what the server refused, and reports whether the next one will be another. It is
	// nil where there is no other.
	renew func(refused *authorization) bool
}

// A Kind is a kind of credential, as a client can tell them apart.
type Kind string

// The kinds of credential, as they are shown to users.
const (
	Anonymous   Kind = "anonymous"
	APIToken    Kind = "API token"
	AccessToken Kind = "access token"
	Consumer    Kind = "OAuth consumer"
	TokenSource Kind = "OAuth token"
)

// May returns the kinds of the operations table that a kind may be.
func (k Kind) May() operations.Credentials {
	switch k {
	case APIToken:
		return operations.APIToken
	case AccessToken:
		return operations.AccessToken | operations.OAuth
	case Consumer, TokenSource:
		return operations.OAuth
	}
	return operations.Anonymous
}

// Kind returns the kind of a credential, which may be nil.
func (c *Credential) Kind() Kind {
	if c == nil {
		return Anonymous
	}
	return c.kind
}

// An authorization is what an attempt is authorized with. It stays with the attempt, so that what
// the server says of it can be cleaned of it though the credential has another one by then.
type authorization struct {
	header []string // the value of the header; nothing for an anonymous attempt
	hidden []string // what must not be shown
}

// NewAPIToken returns the credential of an Atlassian account's API token. Option is named in
// errors.
func NewAPIToken(option, email, token string) (*Credential, error) {
	if email == "" {
		return nil, fmt.Errorf("bitbucket: %s: the e-mail address is empty; "+
			"give that of the Atlassian account", option)
	}
	if err := checkSecret(option, "token", token); err != nil {
		return nil, err
	}
	pair := base64.StdEncoding.EncodeToString([]byte(email + ":" + token))
	return static(APIToken, "Basic "+pair, token, pair), nil
}

// NewAccessToken returns the credential of a token that is sent as it is.
func NewAccessToken(option, token string) (*Credential, error) {
	if err := checkSecret(option, "token", token); err != nil {
		return nil, err
	}
	return static(AccessToken, "Bearer "+token, token), nil
}

// static is a credential whose header never changes.
func static(kind Kind, header string, hidden ...string) *Credential {
	always := &authorization{[]string{header}, hidden}
	return &Credential{kind: kind, authorize: func(context.Context) (*authorization, error) {
		return always, nil
	}}
}

// checkSecret refuses what can never work: nothing, or white space, which comes along when a token
// is read from a file or pasted.
func checkSecret(option, what, s string) error {
	if s == "" {
		return fmt.Errorf("bitbucket: %s: the %s is empty", option, what)
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return fmt.Errorf("bitbucket: %s: the %s has white space or a line break in it; trim it",
			option, what)
	}
	return nil
}
