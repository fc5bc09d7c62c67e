package throttle_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

func TestRoutes(t *testing.T) {
	named := map[throttle.Throttle]string{}
	window := func(name string) throttle.Throttle {
		w := throttle.Window(1, time.Hour)
		named[w] = name
		return w
	}
	routes := throttle.NewRoutes(window("fallback"),
		throttle.Route{Path: "/2.0/users/*/properties/", Throttle: window("properties")},
		throttle.Route{Method: "POST", Path: "/1.0/newuser/", Throttle: window("new users")},
		throttle.Route{Path: "/2.0/user", Throttle: window("me")},
		throttle.Route{Method: "get", Path: "/2.0/", Throttle: window("reads")},
	)
	for _, test := range []struct{ method, path, want string }{
		{"GET", "/2.0/users/%7B1a%7D/properties/app/name", "properties"},
		{"PUT", "/2.0/users/557058:1/properties/app/name?x=/", "properties"},
		{"PUT", "/2.0/users/557058:1/properties", "properties"},
		{"PUT", "/2.0/users//properties/app", "fallback"},
		{"PUT", "/2.0/users/a/b/properties/app", "fallback"},
		{"PUT", "/2.0/users/a/propertiesx/app", "fallback"},
		{"POST", "/1.0/newuser/", "new users"},
		{"POST", "/1.0/newuser", "new users"},
		{"GET", "/1.0/newuser/", "fallback"},
		{"GET", "/2.0/user", "me"},
		{"PUT", "/2.0/user?fields=a/b", "me"},
		{"DELETE", "/2.0/user/", "me"},
		{"DELETE", "/2.0/user/emails", "fallback"},
		{"GET", "/2.0/user/emails", "reads"},
		{"GET", "/", "fallback"},
		{"", "", "fallback"},
	} {
		if got := named[routes.Route(test.method, test.path)]; got != test.want {
			t.Errorf("%s %s goes through %q, want %q", test.method, test.path, got, test.want)
		}
	}
}

func TestRoutesAcquireUsesFallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fallback := throttle.Window(1, time.Minute)
		routes := throttle.NewRoutes(fallback, throttle.Route{Path: "/", Throttle: throttle.Unlimited})
		acquire(t, routes)(true)
		if s := fallback.Status(); s.Free != 0 {
			t.Errorf("the fallback has %d calls free, want 0", s.Free)
		}
	})
}

func TestPublishedLimits(t *testing.T) {
	routes := throttle.PublishedLimits()
	for _, test := range []struct {
		method, path string
		limit        int
		window       time.Duration
	}{
		{"GET", "/2.0/repositories/acme/site", 1000, time.Hour},
		{"GET", "/2.0/repositories/acme/site/permissions-config/users", 1000, time.Hour},
		{"GET", "/2.0/repositories/acme/site/properties/app/name", 2000, time.Hour},
		{"PUT", "/2.0/repositories/acme/site/commit/abc/properties/app/name", 2000, time.Hour},
		{"PUT", "/2.0/repositories/acme/site/pullrequests/7/properties/app/name", 2000, time.Hour},
		{"DELETE", "/2.0/users/%7B1%7D/properties/app/name", 2000, time.Hour},
		{"POST", "/1.0/newuser/", 100, 30 * time.Minute},
		{"GET", "/2.0/user", 1000, time.Hour},
		{"GET", "/2.0/workspaces/acme/members", 1000, time.Hour},
	} {
		status := routes.Route(test.method, test.path).(throttle.Reporter).Status()
		if status.Limit != test.limit || status.Window != test.window {
			t.Errorf("%s %s: %d calls in %v, want %d in %v", test.method, test.path, status.Limit, status.Window, test.limit, test.window)
		}
	}
	user, repository := routes.Route("GET", "/2.0/user"), routes.Route("GET", "/2.0/repositories/acme/site")
	if user == repository {
		t.Error("repository data and all other paths share one budget")
	}
	if again := throttle.PublishedLimits().Route("GET", "/2.0/user"); again == user {
		t.Error("two calls of PublishedLimits share their books")
	}
}

func TestRoutePauseHoldsBackItsRouteOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		routes := throttle.PublishedLimits()
		began := time.Now()
		repositories := routes.Route("GET", "/2.0/repositories/acme/site")
		repositories.(throttle.Pauser).Pause(began.Add(time.Minute))
		acquire(t, routes.Route("GET", "/2.0/user"))(true)
		if waited := time.Since(began); waited != 0 {
			t.Errorf("another route waited %v", waited)
		}
		acquire(t, repositories)(true)
		if waited := time.Since(began); waited != time.Minute {
			t.Errorf("the paused route waited %v, want 1m0s", waited)
		}
	})
}

func TestNewRoutesPanics(t *testing.T) {
	w := throttle.Window(1, time.Hour)
	for want, build := range map[string]func(){
		"the fallback is nil":          func() { throttle.NewRoutes(nil) },
		`"/a" has no Throttle`:         func() { throttle.NewRoutes(w, throttle.Route{Path: "/a"}) },
		"does not begin with a slash":  func() { throttle.NewRoutes(w, throttle.Route{Path: "a", Throttle: w}) },
		`the path "" does not begin w`: func() { throttle.NewRoutes(w, throttle.Route{Throttle: w}) },
	} {
		err := func() (err error) {
			defer func() {
				if text, ok := recover().(string); ok {
					err = errors.New(text)
				}
			}()
			build()
			return nil
		}()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("panicked with %v, want %q", err, want)
		}
	}
}
