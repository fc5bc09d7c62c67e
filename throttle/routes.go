package throttle

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Route gives the calls of one method and path their own Throttle.
type Route struct {
	Method string // such as "POST"; empty for every method
	// Path is the path after the host. A segment "*" stands for any one segment, and a slash at the
	// end for everything below: "/2.0/users/*/properties/".
	Path     string
	Throttle Throttle
}

// Routes is a [Router]: it chooses a Throttle by method and path. Each Throttle keeps its own
// books, so a Pause of the one that a call went through holds back no other.
type Routes struct {
	fallback Throttle
	routes   []Route
}

// NewRoutes returns Routes that send a call through the first route that matches it, and through
// fallback when none does. It panics when a Throttle is nil or a Path does not begin with a slash,
// since such a route would let calls pass uncounted.
func NewRoutes(fallback Throttle, routes ...Route) *Routes {
	if fallback == nil {
		panic("throttle: NewRoutes: the fallback is nil; use Unlimited to let other calls pass")
	}
	for _, r := range routes {
		if r.Throttle == nil {
			panic(fmt.Sprintf("throttle: NewRoutes: the route %q has no Throttle;"+
				" use Unlimited to let its calls pass", r.Path))
		}
		if !strings.HasPrefix(r.Path, "/") {
			panic(fmt.Sprintf("throttle: NewRoutes: the path %q does not begin with a slash", r.Path))
		}
	}
	return &Routes{fallback: fallback, routes: slices.Clone(routes)}
}

// PublishedLimits returns the budgets that Bitbucket Cloud publishes, each as a [Window] of its
// own:
//
//   - application properties: 2,000 calls an hour
//   - repository data, everything else below /2.0/repositories/: 1,000 an hour
//   - new users, POST /1.0/newuser/: 100 in 30 minutes
//   - all other paths: 1,000 an hour, which is assumed: Bitbucket names no number for them
//
// Use it when the account is measured by these rules. Paid plans may have more, calls without
// credentials have 60 an hour.
func PublishedLimits() *Routes {
	properties := Window(2000, time.Hour)
	return NewRoutes(Window(1000, time.Hour),
		Route{Path: "/2.0/users/*/properties/", Throttle: properties},
		Route{Path: "/2.0/repositories/*/*/properties/", Throttle: properties},
		Route{Path: "/2.0/repositories/*/*/commit/*/properties/", Throttle: properties},
		Route{Path: "/2.0/repositories/*/*/pullrequests/*/properties/", Throttle: properties},
		Route{Path: "/2.0/repositories/", Throttle: Window(1000, time.Hour)},
		Route{Method: "POST", Path: "/1.0/newuser/", Throttle: Window(100, 30*time.Minute)},
	)
}

// Route returns the Throttle of the first route that matches, or the fallback.
func (r *Routes) Route(method, path string) Throttle {
	path, _, _ = strings.Cut(path, "?")
	for _, route := range r.routes {
		if route.matches(method, path) {
			return route.Throttle
		}
	}
	return r.fallback
}

// Acquire goes through the fallback. It is for calls whose method and path are not known.
func (r *Routes) Acquire(ctx context.Context) (done func(sent bool), err error) {
	return r.fallback.Acquire(ctx)
}

// Estimate is that of the fallback, as [Pausable.Estimate] tells it.
func (r *Routes) Estimate(calls int) time.Duration { return Pausing(r.fallback).Estimate(calls) }

// Forecast is that of the fallback, as [Pausable.Forecast] tells it.
func (r *Routes) Forecast(calls int) (wait time.Duration, known bool) {
	return Pausing(r.fallback).Forecast(calls)
}

// Status is that of the fallback, as [Pausable.Status] tells it.
func (r *Routes) Status() Status { return Pausing(r.fallback).Status() }

func (r Route) matches(method, path string) bool {
	if r.Method != "" && !strings.EqualFold(r.Method, method) {
		return false
	}
	want, got := strings.TrimSuffix(r.Path, "/"), strings.TrimSuffix(path, "/")
	for {
		segment, wantMore, more := strings.Cut(want, "/")
		actual, gotMore, longer := strings.Cut(got, "/")
		if segment != actual && (segment != "*" || actual == "") {
			return false
		}
		if !more {
			return !longer || strings.HasSuffix(r.Path, "/")
		}
		if !longer {
			return false
		}
		want, got = wantMore, gotMore
	}
}
