package bitbucket

import (
	"compress/gzip"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

// The default transport speaks HTTP/2 and takes gzip.
func TestDefaultTransport(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "gzip" || r.Proto != "HTTP/2.0" {
			t.Errorf("asked with %s, Accept-Encoding %q", r.Proto, r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", "gzip")
		packed := gzip.NewWriter(w)
		io.WriteString(packed, `{"type":"user","uuid":"{u}","nickname":"packed"}`)
		packed.Close()
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	transport := newTransport().(*http.Transport)
	transport.TLSClientConfig = srv.Client().Transport.(*http.Transport).TLSClientConfig
	c, err := NewClient(WithBaseURL(srv.URL), WithTransport(transport), WithAccessToken("t"))
	if err != nil {
		t.Fatal(err)
	}
	if u, err := c.Users.Current(t.Context()); err != nil || u.Nickname != "packed" {
		t.Errorf("%+v, %v", u, err)
	}
}

// Many goroutines on one host keep their connections: the standard library's two
// idle ones would make most calls open another.
func TestIdleConnectionsSufficeForManyGoroutines(t *testing.T) {
	const workers, rounds = 32, 10
	var opened atomic.Int64
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"type":"user","uuid":"{u}"}`)
	}))
	srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	srv.Start()
	defer srv.Close()
	c, err := NewClient(WithBaseURL(srv.URL), WithAccessToken("t"), WithThrottle(throttle.Unlimited))
	if err != nil {
		t.Fatal(err)
	}
	for range rounds {
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				if _, err := c.Users.Current(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	// A dial that is overtaken by a connection that became free counts too.
	if n := opened.Load(); n > 2*workers {
		t.Errorf("%d calls of %d goroutines opened %d connections", workers*rounds, workers, n)
	}
}
