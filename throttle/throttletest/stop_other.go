//go:build !unix

package throttletest

// Stop panics: a process cannot be stopped here.
func (p *Process) Stop() { panic("throttletest: this system cannot stop a process") }

// Continue panics: a process cannot be stopped here.
func (p *Process) Continue() { p.Stop() }
