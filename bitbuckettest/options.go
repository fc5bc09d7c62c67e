package bitbuckettest

import (
	"strings"
	"time"
)

// An Option changes how a [Server] behaves.
type Option func(*settings)

// settings are how a server behaves.
type settings struct {
	throttle  limit
	burst     limit
	latency   func() time.Duration
	hosts     []string
	onRequest func(Request)
	answers   bool // are kept in the log

	tokenLife  time.Duration
	longTokens bool

	legacy        bool
	naiveTimes    bool
	bareVariables bool
	pages         pageSettings
}

// limit is a number of calls in a stretch of time; 0 calls are no limit.
type limit struct {
	calls int
	per   time.Duration
}

// pageSettings are how pages differ from the usual ones.
type pageSettings struct {
	length        int // of pages when a call does not say; 0 is what each list has
	opaqueCursors bool
	shortPages    bool
	omitted       []string
}

// newSettings are those without options.
func newSettings(opts []Option) *settings {
	set := &settings{throttle: limit{100, 30 * time.Minute}, tokenLife: 2 * time.Hour}
	for _, opt := range opts {
		opt(set)
	}
	return set
}

// Throttle sets how many calls the owner of a credential has in any stretch of per; 0 calls turns
// the throttle off. A call counts when it arrives. One that is refused with 429 does not count,
// and token requests never do. The default is 100 calls in 30 minutes.
func Throttle(calls int, per time.Duration) Option {
	return func(set *settings) { set.throttle = limit{calls, per} }
}

// Burst refuses, as Bitbucket's edge does, the owner of a credential more than n calls in any
// stretch of per: with 429, the header X-Envoy-Ratelimited and an empty body. What the edge
// refuses does not count for the throttle. By default it refuses nothing; 10 calls a second is a
// guess on the safe side of what is known.
func Burst(n int, per time.Duration) Option {
	return func(set *settings) { set.burst = limit{n, per} }
}

// Latency makes every answer wait. The function is called once a request, by one goroutine at a
// time. By default no answer waits.
func Latency(wait func() time.Duration) Option {
	return func(set *settings) { set.latency = wait }
}

// Legacy also serves what Bitbucket has removed: the cross-workspace lists of the 2.0 API, and
// all of the 1.0 API. By default these answer 410.
func Legacy() Option {
	return func(set *settings) { set.legacy = true }
}

// NaiveTimes sends added_on of memberships without an offset, as it was recorded in 2021. Since
// 2024 it is documented with one, which is the default.
func NaiveTimes() Option {
	return func(set *settings) { set.naiveTimes = true }
}

// DefaultPageLen sets how many items the pages of all lists have when a call does not say, in
// place of what Bitbucket has for each, which is the default.
func DefaultPageLen(n int) Option {
	return func(set *settings) { set.pages.length = n }
}

// OpaqueCursors makes next links carry a hash instead of a page number. Pages then have no page
// and no previous. By default they have page numbers.
func OpaqueCursors() Option {
	return func(set *settings) { set.pages.opaqueCursors = true }
}

// Omit leaves members out of every page: size, page, previous or pagelen. By
// default a page has those that Bitbucket sends with it.
func Omit(members ...string) Option {
	return func(set *settings) { set.pages.omitted = append(set.pages.omitted, members...) }
}

// ShortPages makes every second page hold one item less than its pagelen, also in the middle of a
// list. By default only the last page is short.
func ShortPages() Option {
	return func(set *settings) { set.pages.shortPages = true }
}

// VariablesWithoutNext makes lists of pipeline variables send their size but no next link, as
// they used to. By default they have one.
func VariablesWithoutNext() Option {
	return func(set *settings) { set.bareVariables = true }
}

// Hosts names more hosts that the server answers for as a transport, each with or without a port.
// By default it answers for api.bitbucket.org, bitbucket.org and loopback, and it always does.
func Hosts(hosts ...string) Option {
	return func(set *settings) {
		for _, host := range hosts {
			set.hosts = append(set.hosts, strings.ToLower(host))
		}
	}
}

// TokenLife sets how long OAuth access tokens last; 2 hours by default.
func TokenLife(d time.Duration) Option {
	return func(set *settings) { set.tokenLife = d }
}

// LongTokens makes OAuth access tokens 2,600 characters long, as Bitbucket's often are; by default
// they are short.
func LongTokens() Option {
	return func(set *settings) { set.longTokens = true }
}

// KeepAnswers keeps the bodies of answers in the log, uncompressed. By default the log has requests
// only, since answers may be large.
func KeepAnswers() Option {
	return func(set *settings) { set.answers = true }
}

// Log calls a function with every request once its answer is known, by one goroutine at a time.
// The function must not call the server. By default nobody is told; [Server.Requests] keeps the
// latest requests in any case.
func Log(each func(Request)) Option {
	return func(set *settings) { set.onRequest = each }
}
