// Package bitbuckettest is an in-memory Bitbucket Cloud, for tests and trials without a network.
//
// A [Server] is an [http.Handler] and an [http.RoundTripper]: as a transport it answers in process, without sockets
// and goroutines, also inside of testing/synctest. It behaves like Bitbucket at the end of 2026: credentials, scopes,
// roles and the throttle are enforced, lists are paged, filtered, sorted and trimmed, and what was removed answers 410.
//
//	srv := bitbuckettest.New()
//	srv.AddUser(bitbuckettest.User{Nickname: "ada"})
//	token := srv.IssueAPIToken("ada")
//	client := &http.Client{Transport: srv}
//	req, _ := http.NewRequest("GET", "https://api.bitbucket.org/2.0/user", nil)
//	req.SetBasicAuth(token.Email, token.Token)
//	resp, err := client.Do(req)
package bitbuckettest

import (
	"context"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server is an in-memory Bitbucket Cloud. It is safe for concurrent use.
type Server struct {
	mu         sync.Mutex
	users      []*user
	workspaces []*workspace
	made       int // counter for UUIDs and secrets
	admin      Credentials

	tokens    map[string]*credential
	asBasic   map[string]*credential // Bearer tokens of the demo that also go as API tokens
	consumers map[string]*consumer
	codes     map[string]*code
	refreshes map[string]*refresh
	signedIn  *user

	routes     []*route
	limit      throttle
	latency    func() time.Duration
	faults     []*rule
	log        []Request
	calls      int
	foreign    []Request
	onRequest  func(Request)
	hosts      []string
	tokenLife  time.Duration
	longTokens bool

	legacy        bool
	opaqueCursors bool
	shortPages    bool
	bareVariables bool
	omitted       []string
}

// An Option changes how a [Server] behaves.
type Option func(*Server)

// New makes an empty server. Without options it throttles each credential's owner at 100 calls in any 30 minutes.
func New(opts ...Option) *Server {
	s := &Server{
		tokens:    map[string]*credential{},
		asBasic:   map[string]*credential{},
		consumers: map[string]*consumer{},
		codes:     map[string]*code{},
		refreshes: map[string]*refresh{},
		limit:     throttle{calls: 100, per: 30 * time.Minute, arrivals: map[string][]time.Time{}},
		tokenLife: 2 * time.Hour,
	}
	for _, opt := range opts {
		opt(s)
	}
	s.routes = s.table()
	return s
}

// Throttle sets how many calls the owner of a credential has in any stretch of per; 0 calls turns the throttle off.
// A call counts when it arrives. One that is refused with 429 does not count, and token requests never do.
func Throttle(calls int, per time.Duration) Option {
	return func(s *Server) { s.limit.calls, s.limit.per = calls, per }
}

// Latency makes every answer wait. The function is called once a request, by one goroutine at a time.
func Latency(wait func() time.Duration) Option {
	return func(s *Server) { s.latency = wait }
}

// Legacy also serves what Bitbucket has removed: the cross-workspace lists of version 2, and version 1.
func Legacy() Option {
	return func(s *Server) { s.legacy = true }
}

// OpaqueCursors makes next links carry a hash instead of a page number. Pages then have no page and no previous.
func OpaqueCursors() Option {
	return func(s *Server) { s.opaqueCursors = true }
}

// Omit leaves members out of every page: size, page, previous or pagelen.
func Omit(members ...string) Option {
	return func(s *Server) { s.omitted = append(s.omitted, members...) }
}

// ShortPages makes every second page hold one item less than its pagelen, also in the middle of a list.
func ShortPages() Option {
	return func(s *Server) { s.shortPages = true }
}

// VariablesWithoutNext makes lists of pipeline variables send their size but no next link, as they used to.
func VariablesWithoutNext() Option {
	return func(s *Server) { s.bareVariables = true }
}

// Hosts names more hosts that the server answers for as a transport, each with or without a port.
// It always answers for api.bitbucket.org, bitbucket.org and loopback.
func Hosts(hosts ...string) Option {
	return func(s *Server) { s.hosts = append(s.hosts, hosts...) }
}

// TokenLife sets how long OAuth access tokens last; 2 hours by default.
func TokenLife(d time.Duration) Option {
	return func(s *Server) { s.tokenLife = d }
}

// LongTokens makes OAuth access tokens 2,600 characters long.
func LongTokens() Option {
	return func(s *Server) { s.longTokens = true }
}

// Log calls a function with every request once its answer is known, by one goroutine at a time.
// The function must not call the server.
func Log(each func(Request)) Option {
	return func(s *Server) { s.onRequest = each }
}

// Start serves on a port of 127.0.0.1 until the test ends, and returns the URL without a path and a final slash.
func (s *Server) Start(t testing.TB) (baseURL string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("bitbuckettest: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var serving, connections sync.WaitGroup
	server := &http.Server{
		Handler:     s,
		BaseContext: func(net.Listener) context.Context { return ctx },
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				connections.Add(1)
			case http.StateClosed, http.StateHijacked:
				connections.Done()
			}
		},
	}
	serving.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		cancel()
		_ = server.Close()
		serving.Wait()
		connections.Wait()
	})
	return "http://" + listener.Addr().String()
}

// answersFor reports whether the server stands for a host when it is used as a transport.
func (s *Server) answersFor(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
		return true
	}
	return slices.Contains([]string{"api.bitbucket.org", "bitbucket.org", "localhost"}, host) ||
		slices.Contains(s.hosts, host) || slices.Contains(s.hosts, hostport)
}
