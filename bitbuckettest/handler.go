package bitbuckettest

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"time"
)

// ServeHTTP answers a request that came over a connection.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		http.Error(w, "Request Entity Too Large", http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		panic(http.ErrAbortHandler) // the client has gone
	}
	out, err := s.respond(r, body)
	if err != nil || out.wire == stalled {
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
	if out.wire == reset || out.wire == refused {
		breakConnection(w)
	}
	s.packers.pack(out, r.Header.Get("Accept-Encoding"))
	maps.Copy(w.Header(), out.header)
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

// mustBeRaw names the answers that net/http would not send as Bitbucket does: it drops the
// Content-Length of a 204, and has a reason phrase of its own for a 429.
func mustBeRaw(status int) bool {
	return status == http.StatusNoContent || status == http.StatusTooManyRequests
}

// writeRaw sends an answer past net/http and closes the connection. It reports false, with
// nothing sent, where there is no connection to take over.
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
