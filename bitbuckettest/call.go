package bitbuckettest

import (
	"encoding/json"
	"net"
	"net/http"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/documents"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/query"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
	"github.com/seed-9213fc64/bitbucket/internal/operations"
)

// backend is what all calls share. It is used with the server locked.
type backend struct {
	set       *settings
	store     *store.Store
	vault     *vault
	consumers *consumers
	lists     *listCache
	newUsers  *window // that of newuser in the 1.0 API
}

// call is one request on its way through the server.
type call struct {
	*backend
	req   *http.Request
	base  string // scheme and host that the request came with
	path  string // as sent, still escaped
	body  []byte
	query params

	who   *credential // nil for an anonymous call
	wrong error       // what is wrong with the credentials that were sent
	left  int         // calls the throttle would still admit

	route  *route
	vars   map[string]string
	fields query.Fields
}

// A route is an operation with its handler.
type route struct {
	operations.Operation
	handle   handler
	paging   paging
	segments []string
}

// A handler answers a call. It runs with the server locked.
type handler func(*call) (answer, error)

// paging says how the lists of a route are cut.
type paging struct {
	length  int  // default page length; 10 when 0
	most    int  // longest page; 100 when 0
	unsized bool // never sends size
	service bool // of the pipelines service
}

// newCall sorts a request out.
func (b *backend) newCall(r *http.Request, body []byte) *call {
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
	c := &call{
		backend: b, req: r, base: scheme + "://" + host, path: path, body: body,
		query: parseQuery(r.URL.RawQuery),
	}
	c.who, c.wrong = b.vault.authenticate(r)
	return c
}

// reader is who asks, nil for nobody.
func (c *call) reader() *store.Actor {
	if c.who == nil {
		return nil
	}
	return &c.who.Actor
}

// docs writes documents for the caller.
func (c *call) docs() *documents.Writer {
	return &documents.Writer{
		Base: c.base, Store: c.store, Reader: c.reader(), Fields: c.fields,
		Naive: c.set.naiveTimes,
	}
}

// owner names whose calls the throttle counts.
func (c *call) owner() string {
	if c.who != nil {
		return c.who.User.UUID
	}
	if ip, _, err := net.SplitHostPort(c.req.RemoteAddr); err == nil {
		return ip
	}
	return c.req.RemoteAddr
}

// method is what the routes know: HEAD is GET without the body, which the wire leaves out.
func (c *call) method() string {
	if c.req.Method == http.MethodHead {
		return http.MethodGet
	}
	return c.req.Method
}

// decode reads the JSON object of a request.
func (c *call) decode(into any) error {
	if err := json.Unmarshal(c.body, into); err != nil {
		return failWith(http.StatusBadRequest, object{
			"message": "Bad request",
			"detail":  "The body is not a JSON object of the right form.",
		})
	}
	return nil
}

// decodeKey is decode for a key that is to be added. The pointer is to the member that has its text.
func (c *call) decodeKey(into any, key *string) error {
	if err := c.decode(into); err != nil {
		return err
	}
	if *key == "" {
		return failFields("key", "This field is required.")
	}
	return nil
}
