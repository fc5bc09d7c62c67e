package bitbucket

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	oauth2bitbucket "golang.org/x/oauth2/bitbucket"
	"golang.org/x/oauth2/clientcredentials"
)

// A credential gives the Authorization header of an attempt. The secrets live
// in closures, so that printing a credential shows none.
type credential struct {
	kind    string
	header  func(ctx context.Context) (string, error)
	secrets func() []string // what must never show in an error

	// renew drops a header that the server refused, and reports whether the next one
	// will be another. It is nil where there is no other.
	renew func(header string) bool
}

// The kinds of credential, as the client's description names them.
const (
	kindAPIToken    = "API token"
	kindAccessToken = "access token"
	kindConsumer    = "OAuth consumer"
	kindTokenSource = "OAuth token"
)

// A credentialOption is a credential as configured. It becomes one when the transport that
// token requests need is known.
type credentialOption struct {
	option string // that gave it, for errors
	build  func(cfg *config) (*credential, error)
}

func (cfg *config) add(o credentialOption, err error) error {
	if err != nil {
		return err
	}
	cfg.credentials = append(cfg.credentials, o)
	return nil
}

// credential builds the one configured credential, or none.
func (cfg *config) credential() (*credential, error) {
	switch len(cfg.credentials) {
	case 0:
		return nil, nil
	case 1:
		return cfg.credentials[0].build(cfg)
	default:
		return nil, fmt.Errorf("bitbucket: both %s and %s are given: choose one credential", cfg.credentials[0].option, cfg.credentials[1].option)
	}
}

func apiToken(option, email, token string) (credentialOption, error) {
	if email == "" {
		return credentialOption{}, fmt.Errorf("bitbucket: %s: the e-mail address is empty; give that of the Atlassian account", option)
	}
	if err := checkSecret(option, "token", token); err != nil {
		return credentialOption{}, err
	}
	pair := base64.StdEncoding.EncodeToString([]byte(email + ":" + token))
	return static(option, kindAPIToken, "Basic "+pair, token, pair), nil
}

func accessToken(option, token string) (credentialOption, error) {
	if err := checkSecret(option, "token", token); err != nil {
		return credentialOption{}, err
	}
	return static(option, kindAccessToken, "Bearer "+token, token), nil
}

// static is a credential whose header never changes.
func static(option, kind, header string, secrets ...string) credentialOption {
	return credentialOption{option, func(*config) (*credential, error) {
		return &credential{
			kind:    kind,
			header:  func(context.Context) (string, error) { return header, nil },
			secrets: func() []string { return secrets },
		}, nil
	}}
}

func clientCredentials(option, id, secret string) (credentialOption, error) {
	if id == "" {
		return credentialOption{}, fmt.Errorf("bitbucket: %s: the client ID is empty; it is the key of the OAuth consumer", option)
	}
	if err := checkSecret(option, "secret", secret); err != nil {
		return credentialOption{}, err
	}
	return credentialOption{option, func(cfg *config) (*credential, error) {
		tokenURL := cfg.tokenURL
		if tokenURL == "" {
			tokenURL = oauth2bitbucket.Endpoint.TokenURL
		}
		if _, err := parseSecureURL("WithTokenURL", tokenURL); err != nil {
			return nil, err
		}
		conf := &clientcredentials.Config{
			ClientID:     id,
			ClientSecret: secret,
			TokenURL:     tokenURL,
			AuthStyle:    oauth2.AuthStyleInHeader, // known; guessing costs a second request
		}
		hc := &http.Client{
			Transport:     cfg.transport,
			Timeout:       cfg.attemptTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
		cache := &tokenCache{cancellable: true, fetch: func(ctx context.Context) (*oauth2.Token, error) {
			return conf.Token(context.WithValue(ctx, oauth2.HTTPClient, hc))
		}}
		// RFC 6749 wants both escaped before they are put together.
		pair := base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id) + ":" + url.QueryEscape(secret)))
		return cache.credential(kindConsumer, tokenURL, secret, pair), nil
	}}, nil
}

func tokenSource(option string, ts oauth2.TokenSource) (credentialOption, error) {
	if ts == nil {
		return credentialOption{}, fmt.Errorf("bitbucket: %s: the token source is nil", option)
	}
	return credentialOption{option, func(*config) (*credential, error) {
		cache := &tokenCache{fetch: func(context.Context) (*oauth2.Token, error) { return ts.Token() }}
		return cache.credential(kindTokenSource, ""), nil
	}}, nil
}

// checkSecret refuses what can never work: nothing, or white space, which comes
// along when a token is read from a file or pasted.
func checkSecret(option, what, s string) error {
	if s == "" {
		return fmt.Errorf("bitbucket: %s: the %s is empty", option, what)
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return fmt.Errorf("bitbucket: %s: the %s has white space or a line break in it; trim it", option, what)
	}
	return nil
}

// A tokenCache shares one token, and one request for it, among all callers.
type tokenCache struct {
	fetch       func(ctx context.Context) (*oauth2.Token, error)
	cancellable bool // fetch ends when its context does

	mu     sync.Mutex
	token  *oauth2.Token
	flight *tokenFlight
}

// A tokenFlight is a token request under way.
type tokenFlight struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiters int
	token   *oauth2.Token
	err     error
}

func (c *tokenCache) credential(kind, tokenURL string, secrets ...string) *credential {
	known := func() []string { return append(secrets[:len(secrets):len(secrets)], c.secrets()...) }
	return &credential{
		kind:    kind,
		secrets: known,
		renew:   c.renew,
		header: func(ctx context.Context) (string, error) {
			token, err := c.get(ctx)
			if err != nil {
				if ctx.Err() != nil {
					return "", err
				}
				return "", newTokenError(tokenURL, known(), err)
			}
			return "Bearer " + token.AccessToken, nil
		},
	}
}

// secrets are the tokens of now.
func (c *tokenCache) secrets() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token == nil {
		return nil
	}
	return []string{c.token.AccessToken, c.token.RefreshToken}
}

// renew forgets the token of a header that the server refused before its time, as it
// does with a revoked one. Whether a source has another one only the source knows; a
// consumer can always ask for one.
func (c *tokenCache) renew(header string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token != nil && header == "Bearer "+c.token.AccessToken {
		c.token = nil
	}
	return c.cancellable
}

// get returns a valid token. All callers that need one wait for the same
// request; each stops waiting when its context ends, and the request is given up
// when nobody waits any more.
func (c *tokenCache) get(ctx context.Context) (*oauth2.Token, error) {
	c.mu.Lock()
	if c.token.Valid() {
		defer c.mu.Unlock()
		return c.token, nil
	}
	f := c.flight
	if f == nil {
		f = c.launch(ctx)
	}
	f.waiters++
	c.mu.Unlock()

	select {
	case <-f.done:
		return f.token, f.err
	case <-ctx.Done():
		c.leave(f)
		return nil, ctx.Err()
	}
}

// launch starts a token request. It outlives the caller that starts it, since
// others may be waiting for it. The mutex is held.
func (c *tokenCache) launch(ctx context.Context) *tokenFlight {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &tokenFlight{done: make(chan struct{}), cancel: cancel}
	c.flight = f
	go func() {
		defer cancel()
		f.token, f.err = c.fetch(ctx)
		if f.err == nil && (f.token == nil || f.token.AccessToken == "") {
			f.err = errors.New("the answer holds no access token")
		}
		c.mu.Lock()
		if f.err == nil {
			c.token = f.token
		}
		if c.flight == f {
			c.flight = nil
		}
		c.mu.Unlock()
		close(f.done)
	}()
	return f
}

// leave takes one waiter off a flight. A flight that cannot be cancelled goes
// on and serves whoever comes next, since a refresh token must not be used twice.
func (c *tokenCache) leave(f *tokenFlight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f.waiters--
	if f.waiters == 0 && c.cancellable {
		f.cancel()
		if c.flight == f {
			c.flight = nil
		}
	}
}

// newTokenError turns the failure of a token request into an [*Error].
func newTokenError(tokenURL string, secrets []string, err error) error {
	e := &Error{Method: http.MethodPost, URL: tokenURL, tokenRequest: true, cause: withoutURL(err)}
	if tokenURL == "" {
		e.URL = "the token endpoint"
	}
	if re, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		e.cause = nil // its text repeats the whole body
		contentType := ""
		if re.Response != nil {
			e.StatusCode = re.Response.StatusCode
			contentType = re.Response.Header.Get("Content-Type")
		}
		e.Body = bytes.Clone(re.Body[:min(len(re.Body), maxErrorBody)])
		if !e.readJSON(re.Body) {
			e.Message = summarize(contentType, re.Body)
		}
		e.redact(func(text string) string { return redact(text, secrets) })
	}
	switch e.Message {
	case "invalid_client", "unauthorized_client":
		e.Hint = "check the client ID and secret, and WithTokenURL (BITBUCKET_TOKEN_URL) when the server is not bitbucket.org; the OAuth consumer must be marked as private"
	case "invalid_grant":
		e.Hint = "the refresh token is spent or expired (Bitbucket rotates them): authorize again and keep new ones with SavingTokenSource"
	}
	return e
}

// SavingTokenSource returns a token source that gives each new token to save
// before anybody uses it. Bitbucket rotates refresh tokens: each use of one
// returns another and ends the old one, so a program that wants to refresh after
// a restart must store what it got last. An error from save is returned by Token,
// and save is called again the next time.
func SavingTokenSource(ts oauth2.TokenSource, save func(*oauth2.Token) error) oauth2.TokenSource {
	return &savingTokenSource{source: ts, save: save}
}

type savingTokenSource struct {
	source oauth2.TokenSource
	save   func(*oauth2.Token) error

	mu      sync.Mutex
	access  string
	refresh string
	expiry  time.Time
}

// Token returns the source's token, saved when it is a new one.
func (s *savingTokenSource) Token() (*oauth2.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token, err := s.source.Token()
	if err != nil {
		return nil, err
	}
	if token == nil {
		return nil, errors.New("bitbucket: the token source gave neither a token nor an error")
	}
	if token.AccessToken != s.access || token.RefreshToken != s.refresh || !token.Expiry.Equal(s.expiry) {
		if err := s.save(token); err != nil {
			return nil, fmt.Errorf("bitbucket: a new token could not be saved: %w", err)
		}
		s.access, s.refresh, s.expiry = token.AccessToken, token.RefreshToken, token.Expiry
	}
	return token, nil
}
