package throttle

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// A context that ends after its slot was handed over, and before Acquire has seen it, leaves the
// slot unspent.
func TestLeaveWithSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := Window(1, time.Minute)
		done, err := w.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		done(true)
		ctx, cancel := context.WithCancel(t.Context())
		wait, err := w.enter(ctx)
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Minute)
		synctest.Wait()
		if !wait.given {
			t.Fatal("the waiter has no slot after a minute")
		}
		cancel()
		w.leave(wait)
		if s := w.Status(); s.Free != 1 {
			t.Errorf("Status: %+v, want the slot free", s)
		}
	})
}
