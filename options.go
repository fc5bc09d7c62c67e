package bitbucket

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"os"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/seed-9213fc64/bitbucket/internal/wire"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// An Option sets up a client in [NewClient].
type Option func(*config) error

// config is what the options fill in.
type config struct {
	baseURL        string
	tokenURL       string
	credentials    []credentialOption // at most one; kept to name both when there are two
	transport      http.RoundTripper
	throttle       throttle.Throttle
	retries        int
	attemptTimeout time.Duration
	maxBytes       int64
	userAgent      string
	logger         *slog.Logger
	traces         []*Trace
}

// A credentialOption is a credential as configured. It becomes one when the transport that token
// requests need is known.
type credentialOption struct {
	option string // that gave it, for errors
	build  func(cfg *config) (*wire.Credential, error)
}

func (cfg *config) add(option string, build func(cfg *config) (*wire.Credential, error)) {
	cfg.credentials = append(cfg.credentials, credentialOption{option, build})
}

// credential builds the one configured credential, or none.
func (cfg *config) credential() (*wire.Credential, error) {
	switch len(cfg.credentials) {
	case 0:
		return nil, nil
	case 1:
		return cfg.credentials[0].build(cfg)
	}
	return nil, fmt.Errorf("bitbucket: both %s and %s are given: choose one credential",
		cfg.credentials[0].option, cfg.credentials[1].option)
}

// WithAPIToken authenticates as a user with an Atlassian API token, sent as Basic. The e-mail
// address is that of the Atlassian account, and the token must have been created with scopes for
// Bitbucket. An app password does not work any more: Bitbucket removed them on 2026-07-28.
// The default is no credential, which is how Bitbucket shows what is public.
func WithAPIToken(email, token string) Option {
	return func(cfg *config) error {
		cfg.addAPIToken("WithAPIToken", email, token)
		return nil
	}
}

func (cfg *config) addAPIToken(option, email, token string) {
	cfg.add(option, func(*config) (*wire.Credential, error) {
		return wire.NewAPIToken(option, email, token)
	})
}

// WithAccessToken authenticates with a repository, project or workspace access token, or an OAuth
// token from elsewhere, sent as Bearer. An API token is not accepted this way; see [WithAPIToken].
// The default is no credential.
func WithAccessToken(token string) Option {
	return func(cfg *config) error {
		cfg.addAccessToken("WithAccessToken", token)
		return nil
	}
}

func (cfg *config) addAccessToken(option, token string) {
	cfg.add(option, func(*config) (*wire.Credential, error) {
		return wire.NewAccessToken(option, token)
	})
}

// WithClientCredentials authenticates as an OAuth consumer (grant type client_credentials). The
// consumer must be marked as private in Bitbucket. Calls are then made by an app user, not by a
// person. Tokens are asked for when needed, once for all waiting calls, and spend no slot of the
// throttle. The default is no credential.
func WithClientCredentials(id, secret string) Option {
	return func(cfg *config) error {
		cfg.addConsumer("WithClientCredentials", id, secret)
		return nil
	}
}

func (cfg *config) addConsumer(option, id, secret string) {
	cfg.add(option, func(cfg *config) (*wire.Credential, error) {
		return wire.NewConsumer(wire.ConsumerConfig{
			Option: option, ID: id, Secret: secret,
			TokenURL: cfg.tokenURL, Transport: cfg.transport, Timeout: cfg.attemptTimeout,
		})
	})
}

// WithTokenSource authenticates with the tokens of any OAuth flow. A token is kept until shortly
// before it expires. Bitbucket gives out a new refresh token at each use of the old one: wrap the
// source in [SavingTokenSource] to keep it. The default is no credential.
func WithTokenSource(ts oauth2.TokenSource) Option {
	return func(cfg *config) error {
		cfg.add("WithTokenSource", func(*config) (*wire.Credential, error) {
			return wire.NewTokenSource("WithTokenSource", ts)
		})
		return nil
	}
}

// WithEnv reads the environment: BITBUCKET_EMAIL with BITBUCKET_API_TOKEN, or
// BITBUCKET_ACCESS_TOKEN, or BITBUCKET_CLIENT_ID with BITBUCKET_CLIENT_SECRET; and
// BITBUCKET_BASE_URL and BITBUCKET_TOKEN_URL. What is not set is left as it is, so with none of
// them the client is anonymous. Half of a pair, or two credentials, is an error. By default the
// environment is not looked at.
func WithEnv() Option {
	return func(cfg *config) error {
		if raw := os.Getenv("BITBUCKET_BASE_URL"); raw != "" {
			cfg.baseURL = raw
		}
		if raw := os.Getenv("BITBUCKET_TOKEN_URL"); raw != "" {
			cfg.tokenURL = raw
		}
		email, token, err := envPair("BITBUCKET_EMAIL", "BITBUCKET_API_TOKEN")
		if err != nil {
			return err
		}
		id, secret, err := envPair("BITBUCKET_CLIENT_ID", "BITBUCKET_CLIENT_SECRET")
		if err != nil {
			return err
		}
		if token != "" {
			cfg.addAPIToken("BITBUCKET_API_TOKEN", email, token)
		}
		if token := os.Getenv("BITBUCKET_ACCESS_TOKEN"); token != "" {
			cfg.addAccessToken("BITBUCKET_ACCESS_TOKEN", token)
		}
		if secret != "" {
			cfg.addConsumer("BITBUCKET_CLIENT_SECRET", id, secret)
		}
		return nil
	}
}

// envPair reads two variables that make sense only together.
func envPair(first, second string) (string, string, error) {
	a, b := os.Getenv(first), os.Getenv(second)
	switch {
	case a == "" && b != "":
		return "", "", fmt.Errorf("bitbucket: %s is set but %s is not: set both", second, first)
	case a != "" && b == "":
		return "", "", fmt.Errorf("bitbucket: %s is set but %s is not: set both", first, second)
	}
	return a, b, nil
}

// WithBaseURL sets the root of the API, https://api.bitbucket.org by default. A
// trailing /2.0 is accepted. It must be https; http is for loopback hosts only.
func WithBaseURL(raw string) Option {
	return func(cfg *config) error {
		cfg.baseURL = raw
		return nil
	}
}

// WithTokenURL sets where [WithClientCredentials] asks for tokens. The default is
// Bitbucket's own; isolated instances and tests have another. It must be https;
// http is for loopback hosts only.
func WithTokenURL(raw string) Option {
	return func(cfg *config) error {
		cfg.tokenURL = raw
		return nil
	}
}

// WithTransport sets the bottom of the stack: what puts an attempt on the wire. It sees each
// attempt after the throttle, with its credential, and the requests for a token of
// [WithClientCredentials]; it must not retry, and must not follow redirects. The default is a clone of [http.DefaultTransport] that keeps more idle connections.
//
// net/http sends a GET again by itself when a connection that it kept turns out to be dead. The
// client prevents that, so that nothing is sent uncounted, as long as the transport passes the
// context of a request on to net/http. One that sends a request several times is not noticed.
func WithTransport(rt http.RoundTripper) Option {
	return func(cfg *config) error {
		if rt == nil {
			return errors.New("bitbucket: WithTransport: the transport is nil; leave the option out for the default one")
		}
		cfg.transport = rt
		return nil
	}
}

// WithHTTPClient takes over the Transport of hc; when that is nil, the default one is used. It is
// an error when hc has a Timeout, which would count the waiting for the throttle, a CheckRedirect
// or a Jar: see [WithAttemptTimeout] for the first, and leave out the others.
func WithHTTPClient(hc *http.Client) Option {
	return func(cfg *config) error {
		switch {
		case hc == nil:
			return errors.New("bitbucket: WithHTTPClient: the client is nil; leave the option out for the default one")
		case hc.Timeout != 0:
			return errors.New("bitbucket: WithHTTPClient: the client has a Timeout, which would count the waiting for " +
				"the throttle; set it to 0 and use WithAttemptTimeout")
		case hc.CheckRedirect != nil:
			return errors.New("bitbucket: WithHTTPClient: the client has a CheckRedirect, which is not called here; remove it")
		case hc.Jar != nil:
			return errors.New("bitbucket: WithHTTPClient: the client has a Jar; Bitbucket's API needs no cookies; remove it")
		}
		cfg.transport = hc.Transport
		return nil
	}
}

// WithThrottle sets the budget of calls. The default is 100 in any 30 minutes, of which ten start at
// once and then ten a second, since the server refuses short bursts besides:
//
//	throttle.Smooth(throttle.Window(100, 30*time.Minute), rate.NewLimiter(10, 10))
//
// Another one takes its place as a whole; wrap it in [throttle.Smooth], too, where many calls start
// at the same time. [throttle.Unlimited] turns the throttle off. One throttle may serve several
// clients.
func WithThrottle(t throttle.Throttle) Option {
	return func(cfg *config) error {
		if t == nil {
			return errors.New("bitbucket: WithThrottle: the throttle is nil; use throttle.Unlimited to turn it off")
		}
		cfg.throttle = t
		return nil
	}
}

// WithRetries sets how many attempts may follow the first one of a call; the default is 4, and 0
// turns retries off. Each attempt spends a slot of the throttle. Not counted are attempts after a
// 429, for which all callers wait as long as it takes: such a call ends when it was refused again
// after pauses of two windows of the throttle in all, or after 30 refusals. Nor is the one attempt
// after a token was refused and replaced, which 0 does not turn off either.
func WithRetries(n int) Option {
	return func(cfg *config) error {
		if n < 0 {
			return fmt.Errorf("bitbucket: WithRetries: %d is negative; 0 turns retries off", n)
		}
		cfg.retries = n
		return nil
	}
}

// WithAttemptTimeout bounds one attempt, from sending to the last byte of the
// answer; the default is 30 seconds. Waiting for the throttle does not count. To
// bound a whole call, give its context a deadline.
func WithAttemptTimeout(d time.Duration) Option {
	return func(cfg *config) error {
		if d <= 0 {
			return fmt.Errorf("bitbucket: WithAttemptTimeout: %v is not positive", d)
		}
		cfg.attemptTimeout = d
		return nil
	}
}

// WithMaxResponseBytes bounds the size of one answer, after decompression; the
// default is 32 MiB. A larger answer is [ErrResponseTooLarge].
func WithMaxResponseBytes(n int64) Option {
	return func(cfg *config) error {
		if n <= 0 {
			return fmt.Errorf("bitbucket: WithMaxResponseBytes: %d is not positive", n)
		}
		cfg.maxBytes = min(n, math.MaxInt64-1) // one more is read, to see that there is no more
		return nil
	}
}

// WithUserAgent sets the User-Agent header. The default is bitbucket-go/ and the version of this
// module in the program.
func WithUserAgent(s string) Option {
	return func(cfg *config) error {
		if err := checkHeader("User-Agent", s); err != nil {
			return err
		}
		cfg.userAgent = s
		return nil
	}
}

// WithLogger logs to l: attempts at debug level, waits for the throttle at info level, retries and
// waits of over 30 seconds at warn level. Query strings, bodies and credentials are never logged.
// By default only those long waits are logged, to [slog.Default], since they look like a hang;
// slog.New(slog.DiscardHandler) is silent.
func WithLogger(l *slog.Logger) Option {
	return func(cfg *config) error {
		cfg.logger = l
		return nil
	}
}

// WithTrace calls the hooks of t as calls go on. It may be given several times; the hooks are called
// in that order. By default there are none.
func WithTrace(t *Trace) Option {
	return func(cfg *config) error {
		if t != nil {
			cfg.traces = append(cfg.traces, t)
		}
		return nil
	}
}

// SavingTokenSource returns a token source that gives each new token to save before anybody uses
// it. Bitbucket rotates refresh tokens: each use of one returns another, and about ten minutes
// later the old one is dead. So a program that wants to refresh after a restart must store what it
// got last, and two processes need a grant each. An error from save is returned by Token, and save
// is called again the next time; it is also called once for a token that is still good and was
// stored before. Printing the source shows no token.
//
// The flow is that of golang.org/x/oauth2 with the Endpoint of golang.org/x/oauth2/bitbucket; stored
// is what save got last, or what Exchange returned when somebody signed in:
//
//	conf := &oauth2.Config{ClientID: id, ClientSecret: secret, Endpoint: endpoint}
//	ts := bitbucket.SavingTokenSource(conf.TokenSource(ctx, stored), save)
//	client, err := bitbucket.NewClient(bitbucket.WithTokenSource(ts))
//
// The sources of golang.org/x/oauth2 give the same token until it expires, also when Bitbucket refuses
// it before: the call ends with [ErrUnauthorized] then. Make a source of the stored token with an
// Expiry in the past to refresh it.
func SavingTokenSource(ts oauth2.TokenSource, save func(*oauth2.Token) error) oauth2.TokenSource {
	s := &savingTokenSource{source: func() (*oauth2.Token, error) { return ts.Token() }, save: save}
	s.saved = func() tokenID { return tokenID{} }
	return s
}

// A savingTokenSource holds its tokens in closures, which no verb prints.
type savingTokenSource struct {
	source func() (*oauth2.Token, error)
	save   func(*oauth2.Token) error

	mu    sync.Mutex
	saved func() tokenID // the last one
}

// tokenID tells one token from another.
type tokenID struct {
	access, refresh string
	expiry          time.Time
}

// Token returns the source's token, saved when it is a new one.
func (s *savingTokenSource) Token() (*oauth2.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token, err := s.source()
	if err != nil {
		return nil, err
	}
	if token == nil {
		return nil, errors.New("bitbucket: the token source gave neither a token nor an error")
	}
	id := tokenID{token.AccessToken, token.RefreshToken, token.Expiry.UTC().Round(0)}
	if id != s.saved() {
		if err := s.save(token); err != nil {
			err = wire.NewRedactor(id.access, id.refresh).Error(err)
			return nil, fmt.Errorf("bitbucket: a new token could not be saved: %w", err)
		}
		s.saved = func() tokenID { return id }
	}
	return token, nil
}

// String names the source and nothing of its tokens.
func (s *savingTokenSource) String() string { return "bitbucket.SavingTokenSource" }

// GoString is String.
func (s *savingTokenSource) GoString() string { return s.String() }

// LogValue is what slog prints.
func (s *savingTokenSource) LogValue() slog.Value { return slog.StringValue(s.String()) }
