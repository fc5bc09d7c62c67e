package conformance

import (
	"net/http"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// serve starts the demo, without a throttle.
func serve(t *testing.T) (srv *bitbuckettest.Server, base string, admin bitbuckettest.Credentials) {
	t.Helper()
	srv = bitbuckettest.Demo(bitbuckettest.Throttle(0, 0))
	return srv, srv.Start(t), srv.Admin()
}

// authorized is a client of net/http that sends one header with everything.
func authorized(t *testing.T, header string) *http.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
		out := req.Clone(req.Context())
		out.Header.Set("Authorization", header)
		return transport.RoundTrip(out)
	})}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// wantNoFailures checks that every call was answered well.
func wantNoFailures(t *testing.T, srv *bitbuckettest.Server) {
	t.Helper()
	for _, r := range srv.Requests() {
		if r.Status >= 400 {
			t.Errorf("%d for %s %s?%s", r.Status, r.Method, r.Path, r.RawQuery)
		}
	}
}
