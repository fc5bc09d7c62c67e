package wire

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/seed-9213fc64/bitbucket/internal/operations"
)

// A Credential gives the Authorization header of an attempt. Its secrets live in closures, so that
// printing a credential shows none.
type Credential struct {
	kind Kind

	// authorize returns what the next attempt carries.
	authorize func(ctx context.Context) (*authorization, error)

	// known returns what must not be shown, as far as it is known now.
	known func() []string

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
	header string   // nothing for an anonymous attempt
	hidden []string // what must not be shown
}

// NewAPIToken returns the credential of an Atlassian account's API token. Option is named in errors.
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
	always := &authorization{header, hidden}
	return &Credential{
		kind:      kind,
		authorize: func(context.Context) (*authorization, error) { return always, nil },
		known:     func() []string { return hidden },
	}
}

// A ConsumerConfig is what tokens of an OAuth consumer are asked for with.
type ConsumerConfig struct {
	Option, ID, Secret string
	TokenURL           string
	Transport          http.RoundTripper
	Timeout            time.Duration
}

// NewConsumer returns the credential of an OAuth consumer.
func NewConsumer(cfg ConsumerConfig) (*Credential, error) {
	if cfg.ID == "" {
		return nil, fmt.Errorf("bitbucket: %s: the client ID is empty; "+
			"it is the key of the OAuth consumer", cfg.Option)
	}
	if err := checkSecret(cfg.Option, "secret", cfg.Secret); err != nil {
		return nil, err
	}
	if _, err := ParseSecureURL("WithTokenURL", cfg.TokenURL); err != nil {
		return nil, err
	}
	conf := &clientcredentials.Config{
		ClientID:     cfg.ID,
		ClientSecret: cfg.Secret,
		TokenURL:     cfg.TokenURL,
		AuthStyle:    oauth2.AuthStyleInHeader, // known; guessing costs a second request
	}
	fetch := func(ctx context.Context) (*oauth2.Token, []string, error) {
		answers := &tokenWire{next: cfg.Transport}
		hc := &http.Client{Transport: answers, Timeout: cfg.Timeout, CheckRedirect: noRedirect}
		token, err := conf.Token(context.WithValue(ctx, oauth2.HTTPClient, hc))
		return token, answers.seen, err
	}
	// RFC 6749 wants both escaped before they are put together.
	pair := url.QueryEscape(cfg.ID) + ":" + url.QueryEscape(cfg.Secret)
	return newTokens(Consumer, cfg.TokenURL, true, fetch,
		cfg.Secret, base64.StdEncoding.EncodeToString([]byte(pair))), nil
}

// NewTokenSource returns the credential of any other OAuth flow.
func NewTokenSource(option string, ts oauth2.TokenSource) (*Credential, error) {
	if ts == nil {
		return nil, fmt.Errorf("bitbucket: %s: the token source is nil", option)
	}
	return newTokens(TokenSource, "", false, func(context.Context) (*oauth2.Token, []string, error) {
		token, err := ts.Token()
		return token, nil, err
	}), nil
}

// noRedirect keeps the client's secret at the token endpoint.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

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
