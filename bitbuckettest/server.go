// Package bitbuckettest is an in-memory Bitbucket Cloud, for tests and trials without a network.
//
// A [Server] is an [http.Handler] and an [http.RoundTripper]: as a transport it answers in
// process, without sockets and goroutines, also inside of testing/synctest. It behaves like
// Bitbucket at the end of 2026: credentials, scopes, roles and the throttle are enforced, lists
// are paged, filtered, sorted and trimmed, and what was removed answers 410.
//
// # Getting started
//
// Set up who is there and what they may do, take a client, and look at what became of it:
//
//	srv := bitbuckettest.New()
//	srv.AddUser(bitbuckettest.User{Nickname: "ada"})
//	client := srv.Client("ada")
//	me, err := client.Users.Current(ctx)
//	if err != nil {
//		return err
//	}
//	fmt.Println(me.Nickname, srv.Calls()) // ada 1
//
// [Demo] has a whole workspace, and [Load] reads one from a file. [Server.Start] and [Server.Listen]
// serve on loopback, for programs in other processes. Methods such as [Server.Grants] read what is
// there without a call, and others such as [Server.RevokeGrant] change it as somebody else would.
//
// # Faults
//
// [Server.Fail] lets calls fail that match: with a status, a lost connection, half an answer, a page
// that leads in circles.
//
//	srv := bitbuckettest.Demo()
//	srv.Fail(bitbuckettest.On("GET", "/2.0/user"), bitbuckettest.Status(503, "down"), 2)
//
// # Time
//
// In a bubble of testing/synctest hours of waiting pass at once, since nothing here is a socket:
//
//	func TestThousandCalls(t *testing.T) {
//		synctest.Test(t, func(t *testing.T) {
//			client := bitbuckettest.Demo().Client("amber-fox")
//			for range 1000 { // four and a half hours of a budget of 100 in 30 minutes
//				if _, err := client.Users.Current(t.Context()); err != nil {
//					t.Fatal(err)
//				}
//			}
//		})
//	}
//
// # OAuth
//
// [Server.AddConsumer] makes a consumer, and [Server.SignIn] says who agrees in the browser. The
// addresses are /site/oauth2/authorize and /site/oauth2/access_token, of the server that Start or
// Listen began, or of https://bitbucket.org for an http.Client whose Transport is the Server. A
// refresh token that was used goes on working for ten minutes, as Bitbucket's do: sleep past that in
// a bubble to see whether a program keeps the new one. The example of bitbucket.SavingTokenSource
// goes the whole way.
//
// # What can go wrong
//
// The server refuses what Bitbucket would: a wrong credential with 401, a missing scope or role with
// 403, and with 429 the 101st call of a credential's owner in 30 minutes, unless [Throttle] says
// otherwise. A request to a host that it does not answer for is an error, and is kept in
// [Server.Foreign].
//
// What a test sets up is checked: the methods that add, grant and issue panic when what they are
// given makes no sense, such as the slug of a workspace that was never added, since a test with a
// wrong fixture has to stop. [Load] reads the same from a file, and returns an error instead.
package bitbuckettest

import (
	"net/http"
	"sync"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

// Server is an in-memory Bitbucket Cloud. It is safe for concurrent use. Its methods take a user by
// nickname, UUID or account ID, a workspace or repository by slug or UUID, and a project by key.
type Server struct {
	mu sync.Mutex
	*backend
	router   *router
	throttle *window
	burst    *window
	rules    rules
	log      requestLog
	foreign  requestLog
	admin    Credentials

	listeners listeners
	packers   packers
}

// New makes an empty server. Without options it throttles each credential's owner at 100 calls in
// any 30 minutes.
func New(opts ...Option) *Server {
	set := newSettings(opts)
	return &Server{
		backend: &backend{
			set: set, store: store.New(), vault: newVault(), consumers: newConsumers(),
			lists: &listCache{}, newUsers: newWindow(limit{100, 30 * time.Minute}),
		},
		router:   newRouter(),
		throttle: newWindow(set.throttle),
		burst:    newWindow(set.burst),
	}
}

// arrival is what is known of a request when it has come in.
type arrival struct {
	call  *call
	reply *reply // what comes before anything is looked at, nil for none
	fault *Fault
	pause time.Duration
}

// respond takes a request from its arrival to the reply. It fails only when the client has gone
// meanwhile.
func (s *Server) respond(r *http.Request, body []byte) (*reply, error) {
	in := s.arrive(r, body)
	if err := wait(r.Context(), in.pause); err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.note(in.call, nil)
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := in.reply
	if out == nil {
		out = s.answer(in.call, in.fault)
	}
	s.note(in.call, out)
	return out, nil
}

// arrive counts a request, and finds what is to become of it.
func (s *Server) arrive(r *http.Request, body []byte) arrival {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := arrival{call: s.newCall(r, body)}
	if s.set.latency != nil {
		in.pause = s.set.latency()
	}
	in.reply = s.refuse(in.call)
	if in.reply == nil {
		in.fault = s.rules.strike(r, body)
	}
	return in
}

// mostBody is how long the body of a request may be.
const mostBody = 10 << 20

// refuse answers what is not worth a look: questions of browsers, bodies that are too long,
// bursts, and calls beyond the throttle.
func (s *Server) refuse(c *call) *reply {
	if c.isPreflight() {
		return c.settle(preflight())
	}
	if len(c.body) > mostBody {
		return c.settle(failText(http.StatusRequestEntityTooLarge, "Request Entity Too Large").answer)
	}
	if firstSegment(c.path) == "site" {
		return nil
	}
	s.log.calls++
	now := time.Now()
	if _, admitted := s.burst.admit(c.owner(), now); !admitted {
		return edgeRefusal()
	}
	left, admitted := s.throttle.admit(c.owner(), now)
	if c.left = left; !admitted {
		return c.settle(rateLimited().answer)
	}
	return nil
}

// answer handles a call, as far as its fault lets it.
func (s *Server) answer(c *call, fault *Fault) *reply {
	if fault != nil && fault.instead != nil {
		return fault.instead(c)
	}
	a := s.router.handle(c)
	if fault != nil && fault.page != nil && a.doc != nil && a.status == http.StatusOK {
		fault.page(c, a.doc)
	}
	out := c.settle(a)
	if fault != nil {
		out.wire = fault.wire
	}
	return out
}

// note puts a request into the log, with what was answered; nil is nothing.
func (s *Server) note(c *call, out *reply) {
	seen := seenRequest(c.req, c.path, c.body)
	if out != nil && !out.wire.lost() {
		seen.Status = out.status
		if s.set.answers && firstSegment(c.path) != "site" {
			seen.Answer = out.body
		}
	}
	s.log.add(seen)
	if s.set.onRequest != nil {
		s.set.onRequest(seen)
	}
}
