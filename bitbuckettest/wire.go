package bitbuckettest

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// reply is what goes over the wire, and how it gets lost.
type reply struct {
	status int
	header http.Header
	body   []byte
	wire   wire
}

// wire says what happens to a reply on its way.
type wire int

const (
	whole   wire = iota
	reset        // the connection breaks before the answer
	refused      // there never was a connection
	stalled      // no answer until the client gives up
	halfway      // the body stops in the middle until the client gives up
	cut          // the connection breaks in the middle of the body
)

// worthPacking is the size above which a body is compressed for a client that takes it.
const worthPacking = 1024

// ServeHTTP answers a request that came over a connection.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	out, err := s.respond(r, body)
	if err != nil || out.wire == stalled {
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
	if out.wire == reset || out.wire == refused {
		breakConnection(w)
	}
	pack(out, r.Header.Get("Accept-Encoding"))
	for name, values := range out.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(out.body)))
	if out.wire == whole && r.Method != http.MethodHead && mustBeRaw(out.status) && writeRaw(w, out) {
		return
	}
	w.WriteHeader(out.status)
	if out.wire == whole {
		_, _ = w.Write(out.body)
		return
	}
	_, _ = w.Write(out.body[:len(out.body)/2])
	_ = http.NewResponseController(w).Flush()
	if out.wire == halfway {
		<-r.Context().Done()
	}
	panic(http.ErrAbortHandler)
}

// mustBeRaw names the answers that net/http would not send as Bitbucket does: it drops the Content-Length of a 204, and
// has a reason phrase of its own for a 429.
func mustBeRaw(status int) bool {
	return status == http.StatusNoContent || status == http.StatusTooManyRequests
}

// writeRaw sends an answer past net/http and closes the connection. It reports false, with nothing sent, where there is
// no connection to take over.
func writeRaw(w http.ResponseWriter, out *reply) bool {
	conn, buffer, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return false
	}
	defer conn.Close()
	fmt.Fprintf(buffer, "HTTP/1.1 %d %s\r\n", out.status, reason(out.status))
	header := w.Header()
	header.Set("Connection", "close")
	header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	_ = header.Write(buffer)
	_, _ = fmt.Fprintf(buffer, "\r\n%s", out.body)
	_ = buffer.Flush()
	return true
}

// breakConnection resets the connection.
func breakConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
	panic(http.ErrAbortHandler)
}

// RoundTrip answers a request in process. It fails as a network would: for a host that the server does not answer for
// with a [*net.OpError], and when the context of the request ends with the context's error.
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
	if !s.answersFor(r.URL.Host) {
		s.noteForeign(r, body)
		return nil, &net.OpError{Op: "dial", Net: "tcp",
			Err: &net.DNSError{Err: "no such host", Name: r.URL.Hostname(), IsNotFound: true}}
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
	switch out.wire {
	case reset:
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	case refused:
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	case stalled:
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	pack(out, seen.Header.Get("Accept-Encoding"))
	resp := out.response(r)
	if seen.Method == http.MethodHead {
		resp.Body = http.NoBody // its length is that of the answer to a GET
	}
	return resp, nil
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

// reason is the reason phrase; Bitbucket has none for 429.
func reason(status int) string {
	if status == http.StatusTooManyRequests {
		return "Unknown Status Code"
	}
	return http.StatusText(status)
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

// pack compresses a body that is worth it, for a client that asks for it.
func pack(out *reply, accepts string) {
	if len(out.body) <= worthPacking || !takesGzip(accepts) || out.header.Get("Content-Encoding") != "" {
		return
	}
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, _ = zip.Write(out.body)
	_ = zip.Close()
	out.body = packed.Bytes()
	out.header.Set("Content-Encoding", "gzip")
	if tag := out.header.Get("ETag"); tag != "" {
		out.header.Set("ETag", `"gz[`+strings.Trim(tag, `"`)+`]"`)
	}
}

// takesGzip reads Accept-Encoding; a quality of 0 means no.
func takesGzip(accepts string) bool {
	for coding := range strings.SplitSeq(accepts, ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			value, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(quality), "q="), 64)
			return err != nil || value > 0
		}
	}
	return false
}

func etag(body []byte) string {
	return fmt.Sprintf(`"%x"`, md5.Sum(body))
}

// wait lets time pass, and fails when the context ends first.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// respond takes a request from its arrival to the reply. It fails only when the client has gone meanwhile.
func (s *Server) respond(r *http.Request, body []byte) (*reply, error) {
	s.mu.Lock()
	c := s.newCall(r, body)
	c.who, c.wrong = s.authenticate(r)
	admitted := true
	if firstSegment(c.path) != "site" {
		s.calls++
		c.left, admitted = s.limit.admit(c.owner(), time.Now())
	}
	var fault *Fault
	if admitted {
		fault = s.strike(r, body)
	}
	pause := time.Duration(0)
	if s.latency != nil {
		pause = s.latency()
	}
	s.mu.Unlock()

	if err := wait(r.Context(), pause); err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.note(c, 0)
		return nil, err
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.reply(c, admitted, fault)
	if out.wire == reset || out.wire == refused || out.wire == stalled {
		s.note(c, 0)
	} else {
		s.note(c, out.status)
	}
	return out, nil
}

func (s *Server) reply(c *call, admitted bool, fault *Fault) *reply {
	switch {
	case !admitted:
		return c.settle(rateLimited().answer)
	case fault != nil && fault.instead != nil:
		return fault.instead(c)
	}
	a := c.handle()
	if fault != nil && fault.page != nil && a.doc != nil && a.status == http.StatusOK {
		fault.page(c, a.doc)
	}
	out := c.settle(a)
	if fault != nil {
		out.wire = fault.wire
	}
	return out
}
