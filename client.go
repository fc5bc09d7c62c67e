package bitbucket

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"runtime/debug"
	"sync"
	"time"

	oauth2bitbucket "golang.org/x/oauth2/bitbucket"
	"golang.org/x/time/rate"

	"github.com/seed-9213fc64/bitbucket/internal/wire"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// DefaultBaseURL is the root of Bitbucket Cloud's API.
const DefaultBaseURL = "https://api.bitbucket.org"

// A Client calls Bitbucket Cloud. Make one with [NewClient] and share it: it is safe for concurrent
// use, and all calls of one client share its throttle, its connections and its credential.
type Client struct {
	Users        *UsersService        // accounts and their e-mail addresses
	Workspaces   *WorkspacesService   // workspaces, their members and projects
	Permissions  *PermissionsService  // who may do what, in effect and by explicit grants
	Pipelines    *PipelinesService    // variables of builds, and environments
	Properties   *PropertiesService   // what apps store with an account
	SSHKeys      *SSHKeysService      // of a user
	GPGKeys      *GPGKeysService      // of a user
	Search       *SearchService       // code search
	Repositories *RepositoriesService // repositories and their branch restrictions
	DeployKeys   *DeployKeysService   // keys that belong to a repository or a project

	core     *core
	throttle throttle.Throttle
}

// NewClient returns a client for Bitbucket Cloud. Without a credential option it calls anonymously;
// two credential options are an error. Nothing is sent.
func NewClient(opts ...Option) (*Client, error) {
	cfg := config{
		baseURL:        DefaultBaseURL,
		tokenURL:       oauth2bitbucket.Endpoint.TokenURL,
		retries:        4,
		attemptTimeout: 30 * time.Second,
		maxBytes:       32 << 20,
		userAgent:      "bitbucket-go/" + version(),
	}
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("bitbucket: NewClient: an option is nil; leave it out")
		}
		if err := opt(&cfg); err != nil {
			return nil, err
		}
	}
	c, err := cfg.core()
	if err != nil {
		return nil, err
	}
	return &Client{
		Users:        &UsersService{c},
		Workspaces:   &WorkspacesService{c},
		Permissions:  &PermissionsService{c},
		Pipelines:    &PipelinesService{c},
		Properties:   &PropertiesService{c},
		SSHKeys:      &SSHKeysService{c},
		GPGKeys:      &GPGKeysService{c},
		Search:       &SearchService{c},
		Repositories: &RepositoriesService{c},
		DeployKeys:   &DeployKeysService{c},
		core:         c,
		throttle:     cfg.throttle,
	}, nil
}

// core makes of the options what the services share, and fills in the defaults that take effort.
func (cfg *config) core() (*core, error) {
	base, err := wire.ParseOrigin("WithBaseURL", cfg.baseURL)
	if err != nil {
		return nil, err
	}
	if cfg.throttle == nil {
		cfg.throttle = throttle.Smooth(throttle.Window(100, 30*time.Minute), rate.NewLimiter(10, 10))
	}
	if cfg.transport == nil {
		cfg.transport = newTransport()
	}
	credential, err := cfg.credential()
	if err != nil {
		return nil, err
	}
	seen := observers{traces: cfg.traces, logger: cfg.logger}
	return &core{
		wire: wire.New(wire.Config{
			Origin:         base,
			Credential:     credential,
			Throttle:       cfg.throttle,
			Transport:      cfg.transport,
			Retries:        cfg.retries,
			AttemptTimeout: cfg.attemptTimeout,
			MaxBytes:       cfg.maxBytes,
			Hooks:          seen.hooks(),
		}),
		base:      base,
		kind:      credential.Kind(),
		observers: seen,
		headers:   headersOf(cfg.userAgent),
		most:      mostValues(cfg.maxBytes),
	}, nil
}

// Do sends one call to an endpoint that has no method here. The path starts at the host's root
// ("/2.0/…", "/1.0/…") and is sent as given, so the caller escapes it; a link from an answer (a
// whole URL of the same origin) works too.
//
// The value in is nothing when nil, a form when it is [url.Values], and JSON otherwise. The
// answer's body goes into out: nil drops it, a *json.RawMessage keeps any JSON as it came, and
// anything else, which must be a pointer, is decoded into. An answer that is no JSON is
// [ErrMalformedResponse], and so is one that says that the call failed, but for a RawMessage.
func (c *Client) Do(
	ctx context.Context, method, path string, in, out any, opts ...CallOption,
) error {
	if err := checkOut(out); err != nil {
		return err
	}
	return c.core.call(ctx, method, raw(path), in, inPlace(opts), into{out})
}

// ListAt returns the list at a path that has no method here: what [Client.Do] is to single objects.
// The path starts at the host's root ("/2.0/…") and is sent as given, so the caller escapes it.
// It asks for pages of 100; an endpoint that gives less, such as pull requests with 50, refuses that
// with [ErrBadRequest] and needs [PageLen].
func ListAt[T any](ctx context.Context, c *Client, path string, opts ...CallOption) *List[T] {
	return list[T](ctx, c.core, raw(path), opts)
}

// Estimate returns how long it takes until that many more calls could have started, by the word of
// the throttle: 0 for calls that need not wait. A throttle that cannot tell says 0 as well, unless
// it pauses. Of a throttle with routes, such as [throttle.PublishedLimits], it is the fallback's word.
func (c *Client) Estimate(calls int) time.Duration { return c.core.wire.Estimate(calls) }

// Throttle returns the throttle that the client's attempts go through.
func (c *Client) Throttle() throttle.Throttle { return c.throttle }

// BaseURL returns the root that the client calls, without a slash at its end.
func (c *Client) BaseURL() string { return c.core.base.String() }

// String describes the client without its credential.
func (c *Client) String() string {
	return fmt.Sprintf("bitbucket.Client(%s, %s)", c.core.base, c.core.kind)
}

// GoString is [Client.String], so that %#v shows no credential either.
func (c *Client) GoString() string { return c.String() }

// LogValue is what slog prints for a client.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// newTransport returns the default bottom of the stack: HTTP/2, gzip, and enough idle connections
// for many goroutines on one host. The standard library keeps two, which makes every further
// concurrent call open and close a connection.
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

// version is that of this module in the program, as the build recorded it.
var version = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	path := reflect.TypeFor[Client]().PkgPath()
	for _, module := range append(info.Deps, &info.Main) {
		if module.Path == path && module.Version != "" && module.Version != "(devel)" {
			return module.Version
		}
	}
	return "devel"
})
