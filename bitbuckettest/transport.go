package bitbuckettest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// RoundTrip answers a request in process. It fails as a network would: for a host that the server
// does not answer for with a [*net.OpError], and when the context of the request ends with the
// context's error.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := readAndClose(r.Body)
	if err != nil {
		return nil, err
	}
	ctx := r.Context()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if r.URL.Scheme != "http" && r.URL.Scheme != "https" {
		return nil, fmt.Errorf("unsupported protocol scheme %q", r.URL.Scheme)
	}
	if !s.set.answersFor(r.URL.Host) {
		s.noteForeign(r, body)
		return nil, &net.OpError{
			Op: "dial", Net: "tcp",
			Err: &net.DNSError{Err: "no such host", Name: r.URL.Hostname(), IsNotFound: true},
		}
	}
	seen := *r
	if seen.Method == "" {
		seen.Method = http.MethodGet
	}
	if seen.Header == nil {
		seen.Header = http.Header{}
	}
	out, err := s.respond(&seen, body)
	if err != nil {
		return nil, err
	}
	if out.wire.lost() {
		return nil, out.wire.fail(ctx)
	}
	s.packers.pack(out, seen.Header.Get("Accept-Encoding"))
	resp := out.response(r)
	if seen.Method == http.MethodHead {
		resp.Body = http.NoBody // its length is that of the answer to a GET
	}
	return resp, nil
}

// answersFor reports whether the server stands for a host when it is used as a transport.
func (set *settings) answersFor(hostport string) bool {
	hostport = strings.ToLower(hostport)
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
		return true
	}
	return slices.Contains([]string{"api.bitbucket.org", "bitbucket.org", "localhost"}, host) ||
		slices.Contains(set.hosts, host) || slices.Contains(set.hosts, hostport)
}

func (s *Server) noteForeign(r *http.Request, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.foreign.add(seenRequest(r, r.URL.EscapedPath(), body))
}

// fail is how a network reports an answer that never came.
func (w wire) fail(ctx context.Context) error {
	switch w {
	case reset:
		return &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	case refused:
		return &net.OpError{
			Op: "dial", Net: "tcp",
			Err: os.NewSyscallError("connect", syscall.ECONNREFUSED),
		}
	}
	<-ctx.Done()
	return context.Cause(ctx)
}

func readAndClose(body io.ReadCloser) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	defer body.Close()
	return io.ReadAll(body)
}

func (out *reply) response(r *http.Request) *http.Response {
	out.header.Set("Content-Length", strconv.Itoa(len(out.body)))
	return &http.Response{
		Status:     strconv.Itoa(out.status) + " " + reason(out.status),
		StatusCode: out.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        out.header,
		ContentLength: int64(len(out.body)),
		Body:          &body{ctx: r.Context(), rest: out.body, length: len(out.body), wire: out.wire},
		Request:       r,
	}
}

// body is the body of a response in process.
type body struct {
	ctx    context.Context
	rest   []byte
	length int
	wire   wire
	closed bool
}

// Read gives the bytes, and ends as the fault of the call says.
func (b *body) Read(p []byte) (int, error) {
	if b.closed {
		return 0, errors.New("http: read on closed response body")
	}
	if b.ctx.Err() != nil {
		return 0, context.Cause(b.ctx)
	}
	keep := 0
	if b.wire != whole {
		keep = b.length - b.length/2
	}
	if len(b.rest) > keep {
		n := copy(p, b.rest[:len(b.rest)-keep])
		b.rest = b.rest[n:]
		return n, nil
	}
	switch b.wire {
	case cut:
		return 0, io.ErrUnexpectedEOF
	case halfway:
		<-b.ctx.Done()
		return 0, context.Cause(b.ctx)
	}
	return 0, io.EOF
}

// Close ends the reading.
func (b *body) Close() error {
	b.closed = true
	return nil
}
