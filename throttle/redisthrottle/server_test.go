package redisthrottle_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisServer is a real Redis or Valkey server on a free port of the loopback interface. It ends with the test.
type redisServer struct {
	t    testing.TB
	addr string
	args []string
	cmd  *exec.Cmd
}

// startRedis starts a server that keeps nothing on disk by itself. More arguments are those of redis-server.
func startRedis(t testing.TB, args ...string) *redisServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().(*net.TCPAddr)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s := &redisServer{t: t, addr: addr.String(), args: append([]string{
		"--bind", "127.0.0.1", "--port", fmt.Sprint(addr.Port), "--save", "", "--appendonly", "no", "--dir", t.TempDir(),
	}, args...)}
	s.start()
	t.Cleanup(s.kill)
	return s
}

// start starts the server, at first or again, and waits until it answers.
func (s *redisServer) start() {
	s.t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		if program, err = exec.LookPath("valkey-server"); err != nil {
			if os.Getenv("CI") == "true" {
				s.t.Fatal("these tests need a real server: apt-get install redis-server")
			}
			s.t.Skip("NOT TESTED: these tests need a real server: apt-get install redis-server")
		}
	}
	s.cmd = exec.Command(program, s.args...)
	var log strings.Builder
	s.cmd.Stdout, s.cmd.Stderr = &log, &log
	if err := s.cmd.Start(); err != nil {
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

// kill ends the server as a crash does.
func (s *redisServer) kill() {
	_ = s.cmd.Process.Kill() // it may be dead already
	_ = s.cmd.Wait()         // "signal: killed"
}

// freeze stops the server for a while, as a busy or swapping host does.
func (s *redisServer) freeze(d time.Duration) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		s.t.Fatal(err)
	}
	<-time.After(d)
	if err := s.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		s.t.Fatal(err)
	}
}

// client returns a client of the server that gives up at once.
func (s *redisServer) client() *redis.Client { return newClient(s.t, s.addr) }

func newClient(t testing.TB, addr string) *redis.Client {
	client := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1, DialerRetries: 1})
	t.Cleanup(func() { client.Close() })
	return client
}
