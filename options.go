package bitbucket

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

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

// WithAPIToken authenticates as a user with an Atlassian API token, sent as
// Basic. The e-mail address is that of the Atlassian account, and the token must
// have been created with scopes for Bitbucket. An app password does not work any
// more: Bitbucket removed them on 2026-07-28.
func WithAPIToken(email, token string) Option {
	return func(cfg *config) error {
		return cfg.add(apiToken("WithAPIToken", email, token))
	}
}

// WithAccessToken authenticates with a repository, project or workspace access
// token, or an OAuth token from elsewhere, sent as Bearer. An API token is not
// accepted this way; see [WithAPIToken].
func WithAccessToken(token string) Option {
	return func(cfg *config) error {
		return cfg.add(accessToken("WithAccessToken", token))
	}
}

// WithClientCredentials authenticates as an OAuth consumer (grant type
// client_credentials). The consumer must be marked as private in Bitbucket. Calls
// are then made by an app user, not by a person. Tokens are asked for when needed,
// once for all waiting calls, and spend no slot of the throttle.
func WithClientCredentials(id, secret string) Option {
	return func(cfg *config) error {
		return cfg.add(clientCredentials("WithClientCredentials", id, secret))
	}
}

// WithTokenSource authenticates with the tokens of any OAuth flow. A token is
// kept until shortly before it expires. Bitbucket gives out a new refresh token
// at each use of the old one: wrap the source in [SavingTokenSource] to keep it.
func WithTokenSource(ts oauth2.TokenSource) Option {
	return func(cfg *config) error {
		return cfg.add(tokenSource("WithTokenSource", ts))
	}
}

// WithEnv reads the environment: BITBUCKET_EMAIL with BITBUCKET_API_TOKEN, or
// BITBUCKET_ACCESS_TOKEN, or BITBUCKET_CLIENT_ID with BITBUCKET_CLIENT_SECRET; and
// BITBUCKET_BASE_URL and BITBUCKET_TOKEN_URL. What is not set is left as it is, so
// with none of them the client is anonymous. Half of a pair, or two credentials,
// is an error.
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
		if token != "" {
			if err := cfg.add(apiToken("BITBUCKET_API_TOKEN", email, token)); err != nil {
				return err
			}
		}
		if token := os.Getenv("BITBUCKET_ACCESS_TOKEN"); token != "" {
			if err := cfg.add(accessToken("BITBUCKET_ACCESS_TOKEN", token)); err != nil {
				return err
			}
		}
		id, secret, err := envPair("BITBUCKET_CLIENT_ID", "BITBUCKET_CLIENT_SECRET")
		if err != nil {
			return err
		}
		if secret != "" {
			return cfg.add(clientCredentials("BITBUCKET_CLIENT_SECRET", id, secret))
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

// WithTransport sets the bottom of the stack: what puts an attempt on the wire.
// It sees each attempt after the throttle, with its credential; it must not
// retry, and must not follow redirects.
func WithTransport(rt http.RoundTripper) Option {
	return func(cfg *config) error {
		if rt == nil {
			return errors.New("bitbucket: WithTransport: the transport is nil; leave the option out for the default one")
		}
		cfg.transport = rt
		return nil
	}
}

// WithThrottle sets the budget of calls. The default is 100 in 30 minutes;
// [throttle.Unlimited] turns the throttle off. One throttle may serve several
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

// WithRetries sets how many attempts may follow the first one of a call; the
// default is 4, and 0 turns retries off. Each attempt spends a slot of the
// throttle.
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

// WithUserAgent sets the User-Agent header.
func WithUserAgent(s string) Option {
	return func(cfg *config) error {
		if err := checkHeader("User-Agent", s); err != nil {
			return err
		}
		cfg.userAgent = s
		return nil
	}
}

// WithLogger logs to l: attempts at debug level, waits for the throttle at info
// level, retries at warn level. Query strings, bodies and credentials are never logged.
func WithLogger(l *slog.Logger) Option {
	return func(cfg *config) error {
		cfg.logger = l
		return nil
	}
}

// WithTrace calls the hooks of t as calls go on. It may be given several times.
func WithTrace(t *Trace) Option {
	return func(cfg *config) error {
		if t != nil {
			cfg.traces = append(cfg.traces, t)
		}
		return nil
	}
}

// parseSecureURL reads a URL that credentials will be sent to.
func parseSecureURL(option, raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("bitbucket: %s: the URL cannot be read; it looks like https://host", option)
	}
	switch {
	case u.Hostname() == "":
		return nil, fmt.Errorf("bitbucket: %s: the URL has no host; it looks like https://host", option)
	case !isPort(u.Port()):
		return nil, fmt.Errorf("bitbucket: %s: %s is no port", option, u.Port())
	case u.User != nil:
		return nil, fmt.Errorf("bitbucket: %s: the URL holds a user name; use a credential option instead", option)
	case u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("bitbucket: %s: the URL has a query or a fragment; leave it out", option)
	case sameFold(u.Scheme, "https"), sameFold(u.Scheme, "http") && isLoopback(u.Hostname()):
		return u, nil
	case sameFold(u.Scheme, "http"):
		return nil, fmt.Errorf("bitbucket: %s: %q would send the credential in the clear; use https (http is for loopback hosts)", option, u.String())
	default:
		return nil, fmt.Errorf("bitbucket: %s: scheme %q is not https", option, u.Scheme)
	}
}

// trimVersion removes the slash and the version that users copy from the
// documentation, since methods bring their own.
func trimVersion(path string) string {
	path = strings.TrimRight(path, "/")
	path = strings.TrimSuffix(path, "/2.0")
	return strings.TrimRight(path, "/")
}

func isLoopback(host string) bool {
	if sameFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// port is the port of a URL, that of its scheme when it names none.
func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if sameFold(u.Scheme, "http") {
		return "80"
	}
	return "443"
}

// isPort reports whether a port is missing, or a number that a port can have.
func isPort(port string) bool {
	n, err := strconv.Atoi(port)
	return port == "" || err == nil && 0 < n && n < 1<<16
}

// sameFold compares letters of ASCII without their case. Other letters that fold to
// one of ASCII are other letters, in the name of a host above all.
func sameFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// checkHeader refuses what no header can hold, before it costs a call.
func checkHeader(name, value string) error {
	isToken := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	}
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !isToken(r) }) {
		return fmt.Errorf("bitbucket: %q is no name of a header", name)
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return fmt.Errorf("bitbucket: the value of the header %s has a line break or another control character in it", name)
	}
	return nil
}
