//go:build unix

package redisthrottle_test

import (
	"fmt"
	"io"
	"os/exec"
	"syscall"
	"time"
)

// serverNames are the programs that serve.
func serverNames() []string { return []string{"redis-server", "valkey-server"} }

// A watchdog is a process that kills another one when this one ends in whatever way: the pipe to
// its standard input closes then.
type watchdog struct {
	cmd  *exec.Cmd
	pipe io.Closer
}

// watch starts a watchdog over the process pid.
func watch(pid int) (*watchdog, error) {
	cmd := exec.Command("/bin/sh", "-c", fmt.Sprintf("trap '' HUP INT QUIT TERM; read -r _; kill -9 %d", pid))
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &watchdog{cmd, pipe}, nil
}

// end calls the watchdog off.
func (w *watchdog) end() {
	if w == nil {
		return
	}
	_ = w.cmd.Process.Kill() // it may be dead already
	_ = w.cmd.Wait()         // "signal: killed"
	_ = w.pipe.Close()
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
