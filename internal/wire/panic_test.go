package wire

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
)

func TestGoTellsOfPanics(t *testing.T) {
	for name, tc := range map[string]struct {
		run  func()
		want string // in the text of the panic; nothing when there is none
		is   error
	}{
		"nothing":       {func() {}, "", nil},
		"a value":       {func() { panic("on purpose") }, "on purpose", nil},
		"an error":      {func() { panic(io.EOF) }, "EOF", io.EOF},
		"nil":           {func() { panic(nil) }, "nil", nil},
		"an exit":       {runtime.Goexit, "runtime.Goexit", errExited},
		"one caught":    {func() { panic(&Panic{Value: "far below", Stack: []byte("the first stack")}) }, "the first stack", nil},
		"out of bounds": {func() { _ = []int{}[len(t.Name())-1] }, "index out of range", nil},
	} {
		done := make(chan *Panic, 1)
		Go(tc.run, func(p *Panic) { done <- p })
		p := <-done
		switch {
		case tc.want == "":
			if p != nil {
				t.Errorf("%s: %v", name, p)
			}
		case p == nil || !strings.Contains(p.Error(), tc.want):
			t.Errorf("%s: %v, want %q", name, p, tc.want)
		case tc.is != nil && !errors.Is(p, tc.is):
			t.Errorf("%s: %v is not %v", name, p, tc.is)
		case name != "an exit" && name != "one caught" && !strings.Contains(p.Error(), "panic_test.go"):
			t.Errorf("%s: the stack is not that of the panic: %v", name, p)
		}
	}
}
