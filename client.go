package bitbucket

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

// DefaultBaseURL is the root of Bitbucket Cloud's API.
const DefaultBaseURL = "https://api.bitbucket.org"

// Version is the version of this library, as sent in the User-Agent header.
const Version = "0.1.0"

// A Client calls Bitbucket Cloud. Make one with [NewClient] and share it: it is
// safe for concurrent use, and all calls of one client share its throttle, its
// connections and its credential.
type Client struct {
	Users       *UsersService
	Workspaces  *WorkspacesService
	Permissions *PermissionsService
	Pipelines   *PipelinesService
	Properties  *PropertiesService
	SSHKeys     *SSHKeysService
	GPGKeys     *GPGKeysService
	Search      *SearchService

	base       origin
	credential *credential // nil: anonymous
	throttle   throttle.Throttle
	http       *http.Client // sends one attempt: throttle, deadline, credential, wire
	retries    int
	budget     *retryBudget
	storm      *storm
	observers  observers
	userAgent  string
}

// NewClient returns a client for Bitbucket Cloud. Without a credential option
// it calls anonymously; two credential options are an error. Nothing is sent.
func NewClient(opts ...Option) (*Client, error) {
	cfg := config{
		baseURL:        DefaultBaseURL,
		retries:        4,
		attemptTimeout: 30 * time.Second,
		maxBytes:       32 << 20,
		userAgent:      "bitbucket-go/" + Version,
	}
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("bitbucket: NewClient: an option is nil; leave it out")
		}
		if err := opt(&cfg); err != nil {
			return nil, err
		}
	}
	return cfg.build()
}

// build turns the options into a client.
func (cfg *config) build() (*Client, error) {
	base, err := parseOrigin("WithBaseURL", cfg.baseURL)
	if err != nil {
		return nil, err
	}
	if cfg.throttle == nil {
		cfg.throttle = throttle.Window(100, 30*time.Minute)
	}
	if cfg.transport == nil {
		cfg.transport = newTransport()
	}
	credential, err := cfg.credential()
	if err != nil {
		return nil, err
	}

	c := &Client{
		base:       base,
		credential: credential,
		throttle:   cfg.throttle,
		retries:    cfg.retries,
		budget:     newRetryBudget(cfg.retries),
		storm:      &storm{},
		observers:  observers{traces: cfg.traces, logger: cfg.logger},
		userAgent:  cfg.userAgent,
	}
	c.http = &http.Client{
		Transport: &attemptTransport{
			base:       base,
			throttle:   cfg.throttle,
			pause:      &pause{},
			credential: credential,
			timeout:    cfg.attemptTimeout,
			maxBytes:   cfg.maxBytes,
			next:       cfg.transport,
		},
		CheckRedirect: base.checkRedirect,
	}
	c.Users = &UsersService{c}
	c.Workspaces = &WorkspacesService{c}
	c.Permissions = &PermissionsService{c}
	c.Pipelines = &PipelinesService{c}
	c.Properties = &PropertiesService{c}
	c.SSHKeys = &SSHKeysService{c}
	c.GPGKeys = &GPGKeysService{c}
	c.Search = &SearchService{c}
	return c, nil
}

// Do sends one call to an endpoint that has no method here. The path starts at
// the host's root ("/2.0/…", "/1.0/…") and is sent as given, so the caller
// escapes it; a link from an answer (a whole URL of the same origin) works too.
//
// The value in is nothing when nil, a form when it is [url.Values], and JSON
// otherwise. The answer's body goes into out: nil drops it, a *json.RawMessage
// keeps it as it came, anything else is decoded into.
func (c *Client) Do(ctx context.Context, method, path string, in, out any, opts ...CallOption) error {
	return c.do(ctx, method, c.raw(path), in, out, opts)
}

// Throttle returns the throttle that the client's attempts go through.
func (c *Client) Throttle() throttle.Throttle { return c.throttle }

// BaseURL returns the root that the client calls, without a slash at its end.
func (c *Client) BaseURL() string { return c.base.String() }

// String describes the client without its credential.
func (c *Client) String() string {
	kind := "anonymous"
	if c.credential != nil {
		kind = c.credential.kind
	}
	return fmt.Sprintf("bitbucket.Client(%s, %s)", c.base, kind)
}

// GoString is [Client.String], so that %#v shows no credential either.
func (c *Client) GoString() string { return c.String() }

// LogValue is what slog prints for a client.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// newTransport returns the default bottom of the stack: HTTP/2, gzip, and enough
// idle connections for many goroutines on one host. The standard library keeps
// two, which makes every further concurrent call open and close a connection.
func newTransport() http.RoundTripper {
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok { // the program replaced it; take what it chose
		return http.DefaultTransport
	}
	t = t.Clone()
	t.ForceAttemptHTTP2 = true
	t.MaxIdleConns = 100
	t.MaxIdleConnsPerHost = 100
	return t
}

// An origin is the root of an API: scheme, host and port, and the path before
// the version, which is empty for Bitbucket itself.
type origin struct {
	url *url.URL
}

// parseOrigin reads a configured URL. Credentials go there, so it must be https,
// or http to this very machine.
func parseOrigin(option, raw string) (origin, error) {
	u, err := parseSecureURL(option, raw)
	if err != nil {
		return origin{}, err
	}
	u.Path = trimVersion(u.Path)
	u.RawPath = ""
	return origin{u}, nil
}

func (o origin) String() string { return o.url.String() }

// holds reports whether a URL lies at this origin: same scheme, host and port.
func (o origin) holds(u *url.URL) bool {
	return sameFold(o.url.Scheme, u.Scheme) && sameFold(o.url.Hostname(), u.Hostname()) && port(o.url) == port(u)
}
