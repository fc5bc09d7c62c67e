package bitbuckettest

import (
	"slices"
	"time"

	"github.com/seed-9213fc64/bitbucket/internal/operations"
)

// State says whether Bitbucket still serves a route.
type State string

// The states of a route.
const (
	Current    State = "current"
	Deprecated State = "deprecated"
	Removed    State = "removed" // answers 410 without [Legacy]
)

// Route is an operation of the server, with Bitbucket's own names of parameters.
type Route struct {
	Method   string   // of HTTP
	Pattern  string   // such as /2.0/users/{selected_user}/ssh-keys/{key_id}
	Scopes   []string // classic scopes that OAuth tokens and access tokens need, all of them
	Granular []string // scopes that API tokens need, all of them
	State    State    // whether Bitbucket still answers it
}

// Routes lists all operations that Bitbucket has: those of the 2.0 API, and what is left of 1.0.
func (s *Server) Routes() []Route {
	var all []Route
	for _, r := range slices.Concat(s.router.v2, s.router.v1) {
		all = append(all, routeOf(r.Operation))
	}
	return all
}

func routeOf(op operations.Operation) Route {
	return Route{
		Method: op.Method, Pattern: op.Pattern, Scopes: slices.Clone(op.Scopes),
		Granular: slices.Clone(op.Granular), State: State(op.State),
	}
}

// Fail lets the fault happen to every request that match picks, or to the first times ones. The
// first rule that picks a request counts. A call that gets a fault counts for the throttle like
// any other; one refused by it gets no fault.
func (s *Server) Fail(match Match, fault Fault, times ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := -1
	if len(times) > 0 {
		left = times[0]
	}
	s.rules.add(match, fault, left)
}

// Heal takes all faults away.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = rules{}
}

// Requests lists the latest 10,000 requests since the last [Server.ResetLog], token requests
// included, in the order in which they were answered: all of them, or those that every match
// picks, as in
//
//	srv.Requests(bitbuckettest.On("POST", "/2.0/*"))
func (s *Server) Requests(matches ...Match) []Request {
	s.mu.Lock()
	kept := s.log.list()
	s.mu.Unlock()
	return pick(kept, matches)
}

// Foreign lists the requests that went to hosts for which the server does not answer.
func (s *Server) Foreign() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.foreign.list()
}

// Calls counts the calls of the API since the last [Server.ResetLog], refused ones included,
// token requests not.
func (s *Server) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.calls
}

// ResetLog empties the log and sets the count of calls to zero.
func (s *Server) ResetLog() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log, s.foreign = requestLog{}, requestLog{}
}

// Revoke ends an API token, an access token or an OAuth token: calls with it get 401 as for an
// unknown one.
func (s *Server) Revoke(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.vault.tokens, token)
	delete(s.vault.asBasic, token)
}

// Expire lets the life of a token end now.
func (s *Server) Expire(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.vault.tokens[token]; c != nil {
		c.expires = time.Now()
	}
}

// SignIn says whose browser opens /site/oauth2/authorize: the user who grants access there. By
// default it is the first owner of the consumer's workspace.
func (s *Server) SignIn(user string) {
	s.setUp(func() error {
		u, err := s.store.Anybody(user)
		s.consumers.signedIn = u
		return err
	})
}
