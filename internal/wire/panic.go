package wire

import (
	"fmt"
	"runtime/debug"
)

// A Panic is a panic of the caller's code in a goroutine of this library. It is raised again in the
// goroutine of the caller, who would otherwise have no way to recover from it.
type Panic struct {
	Value any
	Stack []byte // of the goroutine that it happened in
}

// Error says what was raised, and where.
func (p *Panic) Error() string { return fmt.Sprintf("%v\n\n%s", p.Value, p.Stack) }

// Unwrap returns the value when it is an error.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// Catch runs f, and returns its panic when there is one.
func Catch(f func()) (p *Panic) {
	defer func() {
		switch value := recover().(type) {
		case nil:
		case *Panic: // from further below
			p = value
		default:
			p = &Panic{Value: value, Stack: debug.Stack()}
		}
	}()
	f()
	return nil
}
