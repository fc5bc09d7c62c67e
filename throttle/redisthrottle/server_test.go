package redisthrottle_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisServer is a real Redis or Valkey server on a free port of the loopback interface. It ends
// with the test, and also when the test binary is killed.
type redisServer struct {
	t        testing.TB
	addr     string
	args     []string
	cmd      *exec.Cmd
	watchdog *watchdog
	program  string // empty for the one that is there
}

// startRedis starts a server that keeps nothing on disk by itself. More arguments are those of
// redis-server.
func startRedis(t testing.TB, args ...string) *redisServer {
	t.Helper()
	return startServer(t, "", args...)
}

// startServer starts a server of one program, or of the one that is there.
func startServer(t testing.TB, program string, args ...string) *redisServer {
	t.Helper()
	port := freePort(t)
	s := &redisServer{t: t, program: program, addr: fmt.Sprintf("127.0.0.1:%d", port), args: append([]string{
		"--bind", "127.0.0.1", "--port", fmt.Sprint(port), "--save", "", "--appendonly", "no", "--dir", t.TempDir(),
	}, args...)}
	s.start()
	t.Cleanup(s.kill)
	return s
}

// given are the ports that servers of this process have, or had and may start at again.
var given sync.Map

// freePort returns a port that nobody listens at, and gives each only once: servers start side by
// side, and one that found its port taken would leave its test to the server of another.
func freePort(t testing.TB) int {
	t.Helper()
	for {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if _, taken := given.LoadOrStore(port, true); !taken {
			return port
		}
	}
}

// A serverLog is what a server says, its own word that it listens among it: whoever answers at its
// port may be another.
type serverLog struct {
	mu    sync.Mutex
	text  strings.Builder
	ready chan struct{} // closed when the server is ready
}

func (l *serverLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(p)
	if l.ready != nil && strings.Contains(l.text.String(), "Ready to accept connections") {
		close(l.ready)
		l.ready = nil
	}
	return len(p), nil
}

func (l *serverLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// start starts the server, at first or again, and waits until it is ready.
func (s *redisServer) start() {
	s.t.Helper()
	program := s.program
	if program == "" {
		program = serverProgram(s.t)
	}
	s.cmd = exec.Command(program, s.args...)
	ready := make(chan struct{})
	log := &serverLog{ready: ready}
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	var err error
	if s.watchdog, err = watch(s.cmd.Process.Pid); err != nil {
		s.kill()
		s.t.Fatal(err)
	}
	select {
	case <-ready:
	case <-time.After(10 * time.Second):
		s.kill()
		s.t.Fatalf("the server does not start:\n%s", log)
	}
}

// serverProgram finds redis-server or valkey-server. Without either the test is left out, and
// fails under CI=true.
func serverProgram(t testing.TB) string {
	t.Helper()
	for _, name := range serverNames() {
		if program, err := exec.LookPath(name); err == nil {
			return program
		}
	}
	const missing = "NOT TESTED: this needs a real server: install redis-server or valkey-server"
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// kill ends the server as a crash does.
func (s *redisServer) kill() {
	s.watchdog.end()         // first, since a pid that was waited for may be another process's
	_ = s.cmd.Process.Kill() // it may be dead already
	_ = s.cmd.Wait()         // "signal: killed"
}

// client returns a client of the server that gives up at once.
func (s *redisServer) client() *redis.Client { return newClient(s.t, s.addr) }

func newClient(t testing.TB, addr string) *redis.Client {
	client := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1, DialerRetries: 1})
	t.Cleanup(func() { client.Close() })
	return client
}
