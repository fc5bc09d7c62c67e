package bitbuckettest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket/internal/operations"
)

// settle turns an answer into what goes over the wire. Of a header without a value nothing is
// sent.
func (c *call) settle(a answer) *reply {
	r := &reply{status: a.status, header: http.Header{}, body: []byte(a.text)}
	switch {
	case a.contentType != "":
		r.header.Set("Content-Type", a.contentType)
	case a.doc == nil && a.text == "":
		r.header.Set("Content-Type", htmlType) // as recorded; clients that see JSON look for a body
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
	c.usualHeaders(r)
	for name, values := range a.header {
		if r.header[name] = values; values == nil {
			delete(r.header, name)
		}
	}
	return r
}

// usualHeaders sets those that every answer has.
func (c *call) usualHeaders(r *reply) {
	h := r.header
	h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	h.Set("Server", "envoy")
	c.allowOrigin(h)
	if firstSegment(c.path) == "site" {
		h.Set("Cache-Control", "no-store")
		return
	}
	h.Set("Vary", "Authorization, Origin, cookie, user-context, Accept-Encoding")
	h.Set("ETag", etag(r.body))
	switch {
	case strings.HasPrefix(c.path, "/2.0/user/") || c.path == "/2.0/user":
		h.Set("Cache-Control", "private")
	case c.route != nil && c.route.Pattern == "/2.0/users/{selected_user}" &&
		r.status == http.StatusOK:
		h.Set("Cache-Control", "max-age=900")
	}
	c.authHeaders(h, r.status)
}

// authHeaders says what the credential may do and what the route needs: always in classic scopes,
// of which an API token can have none.
func (c *call) authHeaders(h http.Header, status int) {
	if c.who == nil {
		return
	}
	h.Set("X-OAuth-Scopes", strings.Join(c.who.scopes, ", "))
	switch {
	case c.who.kind == operations.APIToken:
		h.Set("X-Credential-Type", "apitoken")
	case c.who.kind == operations.OAuth:
		h.Set("X-Credential-Type", "oauth2")
	default:
		h.Set("X-Credential-Type", "accesstoken")
		c.rateHeaders(h, status)
	}
	if c.route != nil {
		h.Set("X-Accepted-OAuth-Scopes", strings.Join(c.route.Scopes, ", "))
	}
}

// rateHeaders are sent to access tokens only, and only with what belongs to the resource group
// "api": the data of repositories. The limit is what an hour has in all, and not what is left.
func (c *call) rateHeaders(h http.Header, status int) {
	if status >= http.StatusBadRequest || !strings.HasPrefix(c.path, "/2.0/repositories/") {
		return
	}
	of, hourly := c.set.throttle, 1000
	if of.calls > 0 {
		hourly = int(float64(of.calls) * float64(time.Hour) / float64(of.per))
	}
	h.Set("X-RateLimit-Limit", fmt.Sprint(hourly))
	h.Set("X-RateLimit-Resource", "api")
	h.Set("X-RateLimit-NearLimit", fmt.Sprint(of.calls > 0 && c.left*5 < of.calls))
}

// allowOrigin lets programs of browsers read the answer.
func (c *call) allowOrigin(h http.Header) {
	if c.req.Header.Get("Origin") == "" {
		return
	}
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers",
		"ETag, Location, X-OAuth-Scopes, X-Accepted-OAuth-Scopes, X-Envoy-Ratelimited")
}

// isPreflight reports whether a browser asks what it may send.
func (c *call) isPreflight() bool {
	return c.req.Method == http.MethodOptions && c.req.Header.Get("Origin") != "" &&
		c.req.Header.Get("Access-Control-Request-Method") != ""
}

// preflight tells a browser what it may send.
func preflight() answer {
	return answer{status: http.StatusOK, header: http.Header{
		"Access-Control-Allow-Methods": {"GET, HEAD, POST, PUT, DELETE"},
		"Access-Control-Allow-Headers": {"Accept, Authorization, Content-Type, If-Match, " +
			"If-Modified-Since, If-None-Match, X-Requested-With"},
		"Access-Control-Max-Age": {"86400"},
	}}
}

// edgeRefusal is the answer to a burst: it comes before anything that knows the API.
func edgeRefusal() *reply {
	return &reply{status: http.StatusTooManyRequests, header: http.Header{
		"Date":                {time.Now().UTC().Format(http.TimeFormat)},
		"Server":              {"envoy"},
		"X-Envoy-Ratelimited": {"true"},
	}}
}
