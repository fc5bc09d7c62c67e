package bitbuckettest

import (
	"errors"
	"net/http"
	"strings"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/query"
	"github.com/seed-9213fc64/bitbucket/internal/operations"
)

// router knows every route: of the 2.0 API, of 1.0, of 1.0 as it was, and of the OAuth pages.
type router struct {
	v2, v1, old, site []*route
}

// handle answers a call that was admitted.
func (rt *router) handle(c *call) answer {
	a, err := rt.dispatch(c)
	if failed, is := errors.AsType[*failure](err); is {
		return failed.answer
	}
	if err != nil {
		return wentWrong(err.Error()).answer
	}
	return a
}

func (rt *router) dispatch(c *call) (answer, error) {
	for _, alias := range []string{"/api/2.0", "/!api/2.0"} { // of bitbucket.org, in the days of old
		if rest, is := strings.CutPrefix(c.path, alias); is && (rest == "" || rest[0] == '/') {
			c.path = "/2.0" + rest
		}
	}
	switch firstSegment(c.path) {
	case "":
		return answer{status: http.StatusFound, header: http.Header{"Location": {reference}}}, nil
	case "1.0", "api", "!api":
		return rt.dispatchV1(c)
	case "site":
		return rt.dispatchSite(c)
	case "2.0":
		return rt.dispatchV2(c)
	}
	return answer{}, fail(http.StatusForbidden, "Forbidden")
}

func (rt *router) dispatchSite(c *call) (answer, error) {
	if err := c.find(rt.site); err != nil {
		return answer{}, err
	}
	return c.route.handle(c)
}

// dispatchV2 answers a call of the 2.0 API: what was removed is refused before what is secret.
func (rt *router) dispatchV2(c *call) (answer, error) {
	if err := c.find(rt.v2); err != nil {
		return answer{}, err
	}
	if c.wrong != nil {
		return answer{}, c.wrong
	}
	if c.route.State == operations.Removed && !c.set.legacy {
		return answer{}, removed()
	}
	if err := c.authorize(); err != nil {
		return answer{}, err
	}
	asked := c.query.get("fields")
	fields, err := query.ParseFields(asked)
	if err != nil {
		return answer{}, fail(http.StatusBadRequest, err.Error())
	}
	c.fields = fields
	a, err := c.route.handle(c)
	if err == nil && a.doc != nil && asked != "" {
		a.doc = fields.Trim(a.doc)
	}
	return a, err
}

// dispatchV1 answers a call of the 1.0 API. What outlived its removal in April 2019 is served;
// the rest is, with [Legacy], as it was.
func (rt *router) dispatchV1(c *call) (answer, error) {
	path, is := cutV1(c.path)
	segments, err := split(path)
	if !is || err != nil {
		return answer{}, removedV1()
	}
	alive, allowed := find(rt.v1, c.method(), segments)
	if alive == nil && len(allowed) > 0 {
		return answer{}, notAllowed(allowed)
	}
	r := alive
	if r == nil && c.set.legacy {
		r, _ = find(rt.old, c.method(), segments)
		if r == nil || strings.HasSuffix(r.Pattern, "/") && !strings.HasSuffix(path, "/") {
			return answer{}, notFoundV1() // some were not found without a slash at the end
		}
	}
	if r == nil {
		return answer{}, removedV1()
	}
	c.route, c.vars = r, r.vars(segments)
	switch {
	case c.wrong != nil:
		return answer{}, c.wrong
	case c.who == nil && !r.Credentials.Has(operations.Anonymous):
		return answer{}, anonymousV1()
	case c.who == nil:
		return r.handle(c)
	case !c.who.kind.Has(r.Credentials):
		return answer{}, forbiddenV1()
	}
	if required, lacking := c.who.lacks(r.Operation); lacking {
		return answer{}, lackingScopes(required, c.who.scopes)
	}
	return r.handle(c)
}

// cutV1 cuts off what comes before the path of the 1.0 API; on the site's own host that is /api
// or /!api.
func cutV1(path string) (string, bool) {
	for _, base := range []string{"/1.0/", "/api/1.0/", "/!api/1.0/"} {
		if rest, is := strings.CutPrefix(path, base); is {
			return "/1.0/" + rest, true
		}
	}
	return "", false
}

// find looks the path up.
func (c *call) find(routes []*route) error {
	segments, err := split(c.path)
	if err != nil {
		return failText(http.StatusBadRequest, "Bad Request")
	}
	r, allowed := find(routes, c.method(), segments)
	switch {
	case r != nil:
		c.route, c.vars = r, r.vars(segments)
		return nil
	case len(allowed) > 0:
		return notAllowed(allowed)
	}
	return unknownRoute()
}

func notAllowed(allowed []string) *failure {
	f := fail(http.StatusMethodNotAllowed, "Method not allowed")
	f.header = http.Header{"Allow": {strings.Join(allowed, ", ")}}
	return f
}

// authorize checks that a route takes this kind of credential and that its scopes suffice.
func (c *call) authorize() error {
	who, takes := c.who, c.route.Credentials
	switch {
	case who == nil && takes.Has(operations.Anonymous):
		return nil
	case who == nil:
		return invalidToken()
	case !who.kind.Has(takes):
		return wrongMechanism(who.kind)
	}
	if required, lacking := who.lacks(c.route.Operation); lacking {
		return lackingScopes(required, who.scopes)
	}
	return nil
}

// wrongMechanism refuses a kind of credential.
func wrongMechanism(kind operations.Credentials) *failure {
	if kind == operations.APIToken {
		return fail(http.StatusForbidden,
			"This resource does not support authentication using the provided token")
	}
	return fail(http.StatusForbidden, "This API is not accessible by this authentication mechanism")
}

// The errors of the 1.0 API are mostly a line of text.

func removedV1() *failure {
	return failWith(http.StatusGone, object{
		"message": "Resource removed",
		"detail": "This API is no longer supported.\n\n" +
			"For information about its removal, please refer to the deprecation notice.",
	})
}

func anonymousV1() *failure {
	f := failText(http.StatusUnauthorized, "Authentication required")
	f.header = http.Header{"Www-Authenticate": {`Basic realm="Bitbucket.org HTTP"`}}
	return f
}

func notFoundV1() *failure { return failText(http.StatusNotFound, "Not Found") }

func forbiddenV1() *failure { return failText(http.StatusForbidden, "Forbidden") }
