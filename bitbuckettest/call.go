package bitbuckettest

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/query"
)

// call is one request on its way through the server.
type call struct {
	srv   *Server
	req   *http.Request
	base  string // scheme and host that the request came with
	path  string // as sent, still escaped
	body  []byte
	query params
	route *route
	vars  map[string]string
	who   *credential // nil for an anonymous call
	wrong error       // what is wrong with the credentials that were sent
	left  int         // calls the throttle would still admit
}

// A handler answers a call. It runs with the server locked.
type handler func(*call) (answer, error)

// newCall sorts a request out.
func (s *Server) newCall(r *http.Request, body []byte) *call {
	scheme := r.URL.Scheme
	if scheme == "" {
		scheme = "http"
		if r.TLS != nil {
			scheme = "https"
		}
	}
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	path := r.URL.RawPath
	if path == "" {
		path = r.URL.EscapedPath()
	}
	return &call{srv: s, req: r, base: scheme + "://" + host, path: path, body: body, query: parseQuery(r.URL.RawQuery)}
}

// handle answers a call that was admitted.
func (c *call) handle() answer {
	a, err := c.dispatch()
	if failed, is := errors.AsType[*failure](err); is {
		return failed.answer
	}
	if err != nil {
		return wentWrong(err.Error()).answer
	}
	return a
}

func (c *call) dispatch() (answer, error) {
	for _, alias := range []string{"/api/2.0", "/!api/2.0"} { // of bitbucket.org, in the days of old
		if rest, ok := strings.CutPrefix(c.path, alias); ok && (rest == "" || rest[0] == '/') {
			c.path = "/2.0" + rest
		}
	}
	switch first := firstSegment(c.path); {
	case c.path == "" || c.path == "/":
		return answer{status: http.StatusFound, header: http.Header{"Location": {reference}}}, nil
	case first == "1.0" || first == "api" || first == "!api":
		return c.v1()
	case first != "2.0" && first != "site":
		return answer{}, fail(http.StatusForbidden, "Forbidden")
	}
	if err := c.find(); err != nil {
		return answer{}, err
	}
	if c.route.site {
		return c.route.handle(c)
	}
	if c.wrong != nil {
		return answer{}, c.wrong
	}
	if c.route.State == Removed && !c.srv.legacy {
		return answer{}, removed()
	}
	if err := c.authorize(); err != nil {
		return answer{}, err
	}
	a, err := c.route.handle(c)
	if fields := c.query.get("fields"); err == nil && a.doc != nil && fields != "" {
		if a.doc, err = query.Trim(a.doc, fields); err != nil {
			return answer{}, fail(http.StatusBadRequest, err.Error())
		}
	}
	return a, err
}

func firstSegment(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return first
}

// find looks the path up in the table. Trailing slashes do not matter.
func (c *call) find() error {
	segments, err := split(c.path)
	if err != nil {
		return fail(http.StatusBadRequest, "Bad Request")
	}
	var allowed []string
	for _, route := range c.srv.routes {
		vars, ok := route.match(segments)
		if !ok {
			continue
		}
		if route.Method == c.method() {
			c.route, c.vars = route, vars
			return nil
		}
		allowed = append(allowed, route.Method)
	}
	if allowed == nil {
		return unknownRoute()
	}
	slices.Sort(allowed)
	f := fail(http.StatusMethodNotAllowed, "Method not allowed")
	f.header = http.Header{"Allow": {strings.Join(slices.Compact(allowed), ", ")}}
	return f
}

// method is what the route table knows: HEAD is GET without the body, which the wire leaves out.
func (c *call) method() string {
	if c.req.Method == http.MethodHead {
		return http.MethodGet
	}
	return c.req.Method
}

func split(path string) ([]string, error) {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	for i, segment := range segments {
		plain, err := url.PathUnescape(segment)
		if err != nil {
			return nil, err
		}
		segments[i] = plain
	}
	return segments, nil
}

// match compares a path with the pattern. A parameter takes one segment that is not empty.
func (r *route) match(segments []string) (map[string]string, bool) {
	if len(segments) != len(r.segments) {
		return nil, false
	}
	vars := map[string]string{}
	for i, want := range r.segments {
		if name, ok := strings.CutPrefix(want, "{"); ok && segments[i] != "" {
			vars[strings.TrimSuffix(name, "}")] = segments[i]
		} else if want != segments[i] {
			return nil, false
		}
	}
	return vars, true
}

// decode reads the JSON object of a request.
func (c *call) decode(into any) error {
	if err := json.Unmarshal(c.body, into); err != nil {
		return failWith(http.StatusBadRequest,
			object{"message": "Bad request", "detail": "The body is not a JSON object of the right form."})
	}
	return nil
}

// owner names whose calls the throttle counts.
func (c *call) owner() string {
	if c.who != nil {
		return c.who.user.UUID
	}
	if ip, _, err := net.SplitHostPort(c.req.RemoteAddr); err == nil {
		return ip
	}
	return c.req.RemoteAddr
}

// settle turns an answer into what goes over the wire.
func (c *call) settle(a answer) *reply {
	r := &reply{status: a.status, header: http.Header{}, body: []byte(a.text)}
	switch {
	case a.contentType != "":
		r.header.Set("Content-Type", a.contentType)
	case a.doc == nil && a.text == "":
		r.header.Set("Content-Type", htmlType) // as in recordings; clients that see JSON here look for a body
	default:
		r.header.Set("Content-Type", jsonType)
	}
	if a.doc != nil {
		var body bytes.Buffer
		encoder := json.NewEncoder(&body)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(a.doc); err != nil {
			return c.settle(wentWrong(err.Error()).answer)
		}
		r.body = bytes.TrimSuffix(body.Bytes(), []byte("\n"))
	}
	r.header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	if c.route == nil || !c.route.site {
		r.header.Set("Vary", "Authorization, cookie, user-context, Accept-Encoding")
		r.header.Set("ETag", etag(r.body))
		c.authHeaders(r.header)
		switch {
		case strings.HasPrefix(c.path, "/2.0/user/") || c.path == "/2.0/user":
			r.header.Set("Cache-Control", "private")
		case c.route != nil && c.route.Pattern == "/2.0/users/{selected_user}" && a.status == http.StatusOK:
			r.header.Set("Cache-Control", "max-age=900")
		}
	} else {
		r.header.Set("Cache-Control", "no-store")
	}
	for name, values := range a.header {
		r.header[name] = values
	}
	return r
}
