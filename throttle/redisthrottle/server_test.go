package redisthrottle_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
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
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().(*net.TCPAddr)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s := &redisServer{t: t, program: program, addr: addr.String(), args: append([]string{
		"--bind", "127.0.0.1", "--port", fmt.Sprint(addr.Port), "--save", "", "--appendonly", "no", "--dir", t.TempDir(),
	}, args...)}
	s.start()
	t.Cleanup(s.kill)
	return s
}

// start starts the server, at first or again, and waits until it answers.
func (s *redisServer) start() {
	s.t.Helper()
	program := s.program
	if program == "" {
		program = serverProgram(s.t)
	}
	s.cmd = exec.Command(program, s.args...)
	var log strings.Builder
	s.cmd.Stdout, s.cmd.Stderr = &log, &log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	var err error
	if s.watchdog, err = watch(s.cmd.Process.Pid); err != nil {
		s.kill()
		s.t.Fatal(err)
	}
	client := redis.NewClient(&redis.Options{Addr: s.addr, MaxRetries: -1})
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for {
		err := client.Ping(ctx).Err()
		if err == nil || redis.HasErrorPrefix(err, "NOAUTH") {
			return
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			s.kill()
			s.t.Fatalf("the server does not answer: %v\n%s", err, log.String())
		}
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
