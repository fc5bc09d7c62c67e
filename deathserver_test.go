package bitbucket_test

import (
	"bufio"
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A mortal is a server whose connections die, and which counts what it saw.
type mortal struct {
	requests  atomic.Int64 // requests of which the headers came
	processed atomic.Int64 // of them, those that the server has not said it left alone
	deaths    atomic.Int64 // of connections and streams
	bodies    atomic.Int64 // requests of GET that did not end with their headers
	twice     sync.Map     // numbers of writes that were processed
	repeated  atomic.Int64 // writes that were processed again
	open      sync.Map     // connections
	always    int64        // the way in which every stream dies; 0 for each in turn
}

// serve gives the connections of a listener to one that speaks the protocol.
func (m *mortal) serve(l net.Listener, speak func(net.Conn)) {
	serveConns(l, func(conn net.Conn) {
		m.open.Store(conn, true)
		defer m.open.Delete(conn)
		speak(conn)
	})
}

// stop closes what is open still.
func (m *mortal) stop() {
	m.open.Range(func(conn, _ any) bool { conn.(net.Conn).Close(); return true })
}

const deathBody = `{"uuid":"{u}"}`

// took notes a request that the server processes. A write has a number.
func (m *mortal) took(number string) {
	m.processed.Add(1)
	if _, again := m.twice.LoadOrStore(number, true); again && number != "" {
		m.repeated.Add(1)
	}
}

// serve1 speaks HTTP/1.1. Connections die after a few requests, each in another way.
func (m *mortal) serve1(conn net.Conn) {
	in := bufio.NewReader(conn)
	for n := 1; ; n++ {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		way := m.requests.Add(1) % 7
		if r.Method == "GET" && (r.ContentLength != 0 || r.Body != http.NoBody) {
			m.bodies.Add(1)
		}
		if way == 1 && r.Method != "GET" { // before the body came
			m.deaths.Add(1)
			resets(conn)
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		m.took(r.Header.Get("X-Number"))
		switch way {
		case 2: // after the request
			m.deaths.Add(1)
			return
		case 3:
			m.deaths.Add(1)
			resets(conn)
			return
		case 4: // in the body
			m.deaths.Add(1)
			fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(deathBody), deathBody[:5])
			resets(conn)
			return
		}
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(deathBody), deathBody)
		switch way { // before the next request, of which the client does not know yet
		case 5:
			m.deaths.Add(1)
			return
		case 6:
			m.deaths.Add(1)
			resets(conn)
			return
		}
	}
}

// Frames of HTTP/2, as far as they are needed.
const (
	frameData, frameHeaders, frameReset, frameSettings, framePing, frameGoAway = 0, 1, 3, 4, 6, 7

	endStream, endHeaders, ack = 1, 4, 1

	noError, internalError, refusedStream = 0, 2, 7
)

// An h2conn writes frames.
type h2conn struct {
	net.Conn
	mu sync.Mutex
}

func (c *h2conn) frame(kind, flags byte, stream uint32, payload []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	head := make([]byte, 9, 9+len(payload))
	binary.BigEndian.PutUint32(head, uint32(len(payload))<<8|uint32(kind))
	head[4] = flags
	binary.BigEndian.PutUint32(head[5:], stream)
	_, _ = c.Write(append(head, payload...))
}

func (c *h2conn) word(kind byte, stream uint32, words ...uint32) {
	var payload []byte
	for _, w := range words {
		payload = binary.BigEndian.AppendUint32(payload, w)
	}
	c.frame(kind, 0, stream, payload)
}

func (c *h2conn) answer(stream uint32, body string, flags byte) {
	const statusOK = 0x88 // of HPACK's table
	c.frame(frameHeaders, endHeaders, stream, []byte{statusOK})
	c.frame(frameData, flags, stream, []byte(body))
}

// serve2 speaks HTTP/2. Streams and connections die, each in another way.
func (m *mortal) serve2(raw net.Conn) {
	conn := &h2conn{Conn: raw}
	if _, err := io.ReadFull(raw, make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
		return
	}
	conn.frame(frameSettings, 0, 0, nil)
	in := bufio.NewReader(raw)
	head := make([]byte, 9)
	for {
		if _, err := io.ReadFull(in, head); err != nil {
			return
		}
		payload := make([]byte, binary.BigEndian.Uint32(head)>>8)
		if _, err := io.ReadFull(in, payload); err != nil {
			return
		}
		kind, flags, stream := head[3], head[4], binary.BigEndian.Uint32(head[5:])&0x7fffffff
		switch {
		case kind == frameSettings && flags&ack == 0:
			conn.frame(frameSettings, ack, 0, nil)
		case kind == framePing && flags&ack == 0:
			conn.frame(framePing, ack, 0, payload)
		case kind == frameHeaders:
			if flags&endStream == 0 {
				m.bodies.Add(1)
			}
			if !m.die(conn, stream, m.turn()) {
				return
			}
		}
	}
}

// turn counts a request, and returns in which way it dies.
func (m *mortal) turn() int64 { n := m.requests.Add(1); return cmp.Or(m.always, n%7) }

// die answers a stream in one of the ways, and reports whether its connection lives on.
func (m *mortal) die(conn *h2conn, stream uint32, way int64) bool {
	switch way {
	case 1:
		m.deaths.Add(1)
		conn.word(frameReset, stream, refusedStream)
	case 2: // the server has not looked at this stream
		m.deaths.Add(1)
		conn.word(frameGoAway, 0, stream-1, noError)
		_, _ = io.Copy(io.Discard, conn) // until the client has gone
		return false
	case 3:
		m.deaths.Add(1)
		m.took("")
		conn.answer(stream, deathBody[:5], 0)
		conn.word(frameReset, stream, internalError)
	case 4:
		m.deaths.Add(1)
		m.took("")
		resets(conn.Conn.(*tls.Conn).NetConn())
		return false
	case 5: // this stream is the last one, and answered
		m.deaths.Add(1)
		m.took("")
		conn.word(frameGoAway, 0, stream, noError)
		conn.answer(stream, deathBody, endStream)
		_, _ = io.Copy(io.Discard, conn)
		return false
	default:
		m.took("")
		conn.answer(stream, deathBody, endStream)
	}
	return true
}

// start1 and start2 let the server listen, and return its root and how to get there.
func (m *mortal) start1(t *testing.T) (base string, tr *http.Transport) {
	l := listen(t)
	go m.serve(l, m.serve1)
	return "http://" + l.Addr().String(), &http.Transport{MaxIdleConnsPerHost: 100}
}

func (m *mortal) start2(t *testing.T) (base string, tr *http.Transport) {
	certificate, roots := newCertificate(t)
	l := listen(t)
	go m.serve(tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2"}}),
		func(conn net.Conn) {
			if conn.(*tls.Conn).Handshake() == nil {
				m.serve2(conn)
			}
		})
	return "https://" + l.Addr().String(), &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots},
	}
}

// newCertificate makes a certificate for this host, of a kind that costs little.
func newCertificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true, IsCA: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// newProtocolServer speaks HTTP/2 over TLS, or HTTP/1.1 in the clear.
func newProtocolServer(secure bool, handle http.HandlerFunc) *httptest.Server {
	srv := httptest.NewUnstartedServer(handle)
	if srv.EnableHTTP2 = secure; secure {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	return srv
}
