//go:build unix

package throttletest

import "syscall"

// Stop stops the process with SIGSTOP, until [Process.Continue].
func (p *Process) Stop() { _ = p.cmd.Process.Signal(syscall.SIGSTOP) } // it may be over

// Continue lets a stopped process go on.
func (p *Process) Continue() { _ = p.cmd.Process.Signal(syscall.SIGCONT) }
