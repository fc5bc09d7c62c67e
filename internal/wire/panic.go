package wire

import (
	"errors"
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

// Go runs f in a goroutine of its own, and then tells done of its panic, if there was one. Code that
// ends its goroutine, as the Fatal of a test does, counts as a panic: nobody must wait for it.
func Go(f func(), done func(*Panic)) {
	go func() {
		p := &Panic{Value: errExited}
		defer func() { done(p) }()
		p = Catch(f)
	}()
}

var errExited = errors.New("bitbucket: the goroutine of this call was ended with runtime.Goexit")

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
