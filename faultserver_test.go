package bitbucket_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// A fault is what goes wrong between client and server.
type fault struct {
	name string
	dial error // why there is no connection
	hang bool  // nor will there be one

	// accept does its worst to a new connection, before anything is read. It reports whether the
	// connection is good for more.
	accept func(net.Conn) bool
	// unread leaves the body of a request where it is.
	unread bool
	// untaken says that the server has not done what was asked for when the fault comes.
	untaken bool
	// respond answers a request in place of the server. It reports whether the connection is good
	// for more.
	respond func(w net.Conn, r *http.Request, right string) bool

	harmless bool // the right answer comes, though oddly
	passing  bool // it is worth trying again
	only     bool // for reads: a write fails by it at once
}

// A faultyServer answers over raw connections, and counts.
type faultyServer struct {
	fault  fault
	strike func(n int) bool // whether the request or connection of a number is struck
	answer func(r *http.Request) (status int, body string)

	mu      sync.Mutex
	dials   int
	seen    int // requests whose headers were read
	effects int // writes that were done
	open    map[net.Conn]bool
	wg      sync.WaitGroup

	listener net.Listener // nil in memory
}

// dial makes a connection in memory, as a transport's DialContext.
func (s *faultyServer) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	s.mu.Lock()
	s.dials++
	struck := s.strike(max(s.dials, s.seen+1))
	s.mu.Unlock()
	if struck && s.fault.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if struck && s.fault.dial != nil {
		return nil, s.fault.dial
	}
	client, server := net.Pipe()
	s.start(server)
	return client, nil
}

// listen serves on a socket.
func (s *faultyServer) listen(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.listener = l
	s.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.dials++
			s.mu.Unlock()
			s.start(conn)
		}
	})
	return l.Addr().String()
}

func (s *faultyServer) start(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = make(map[net.Conn]bool)
	}
	s.open[conn] = true
	s.wg.Go(func() {
		s.serve(conn)
		conn.Close()
	})
}

// stop closes every connection and waits for those who serve them.
func (s *faultyServer) stop() {
	if s.listener != nil {
		s.listener.Close()
	}
	s.mu.Lock()
	for conn := range s.open {
		conn.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

func (s *faultyServer) serve(conn net.Conn) {
	s.mu.Lock()
	struck := s.strike(s.seen + 1)
	s.mu.Unlock()
	if struck && s.fault.accept != nil && !s.fault.accept(conn) {
		s.mu.Lock()
		s.seen++ // it was the turn of a request
		s.mu.Unlock()
		return
	}
	in := bufio.NewReader(conn)
	for {
		r, err := http.ReadRequest(in)
		if err != nil || !s.serveOne(conn, r) {
			return
		}
	}
}

func (s *faultyServer) serveOne(conn net.Conn, r *http.Request) bool {
	s.mu.Lock()
	s.seen++
	struck := s.strike(s.seen) && s.fault.respond != nil && !isRedirected(r)
	s.mu.Unlock()
	if !struck || !s.fault.unread {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return false
		}
	}
	if !struck || !s.fault.untaken {
		s.mu.Lock()
		s.effects++
		s.mu.Unlock()
	}
	status, body := s.answer(r)
	right := fmt.Sprintf("HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
	if status == 204 {
		right = "HTTP/1.1 204 No Content\r\n\r\n"
	}
	if struck {
		return s.fault.respond(conn, r, right)
	}
	return send(conn, right)
}

// redirectedMark is in the query of what a fault has redirected.
const redirectedMark = "again=1"

func isRedirected(r *http.Request) bool { return strings.Contains(r.URL.RawQuery, redirectedMark) }

// send reports whether all of a text went out.
func send(w io.Writer, text string) bool {
	_, err := io.WriteString(w, text)
	return err == nil
}

// sends answers with a text and closes the connection.
func sends(text string) func(net.Conn, *http.Request, string) bool {
	return func(w net.Conn, _ *http.Request, _ string) bool { send(w, text); return false }
}

// edited answers with what is made of the right answer and closes the connection.
func edited(edit func(right string) string) func(net.Conn, *http.Request, string) bool {
	return func(w net.Conn, _ *http.Request, right string) bool { send(w, edit(right)); return false }
}

// status answers with a status, headers and a JSON error, over a connection that is kept.
func status(code int, headers ...string) func(net.Conn, *http.Request, string) bool {
	const body = `{"error":{"message":"on purpose"}}`
	return func(w net.Conn, _ *http.Request, _ string) bool {
		text := fmt.Sprintf("HTTP/1.1 %d Struck\r\nContent-Type: application/json\r\nContent-Length: %d\r\n", code, len(body))
		for _, h := range headers {
			text += h + "\r\n"
		}
		return send(w, text+"\r\n"+body)
	}
}

// stalls says a part of the right answer, and nothing any more until the client has gone.
func stalls(part func(right string) string) func(net.Conn, *http.Request, string) bool {
	return func(w net.Conn, _ *http.Request, right string) bool {
		send(w, part(right))
		_, _ = io.Copy(io.Discard, w)
		return false
	}
}

// drips says the right answer bytewise.
func drips(every time.Duration) func(net.Conn, *http.Request, string) bool {
	return func(w net.Conn, _ *http.Request, right string) bool {
		for i := range len(right) {
			if !send(w, right[i:i+1]) {
				return false
			}
			time.Sleep(every)
		}
		return true
	}
}

// resets ends a connection without a farewell, where that can be told.
func resets(conn net.Conn) bool {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	return false
}

func headOf(right string) (head, body string) {
	head, body, _ = strings.Cut(right, "\r\n\r\n")
	return head + "\r\n\r\n", body
}

// chunked is an answer whose length is told as it comes.
func chunked(right string) string {
	_, body := headOf(right)
	if body == "" {
		return right
	}
	half := len(body) / 2
	return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" +
		fmt.Sprintf("%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", half, body[:half], len(body)-half, body[half:])
}

var errFault = errors.New("a fault of the dialler")
