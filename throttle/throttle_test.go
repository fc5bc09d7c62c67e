package throttle_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

var (
	_ throttle.Throttle  = (*throttle.SlidingWindow)(nil)
	_ throttle.Pauser    = (*throttle.SlidingWindow)(nil)
	_ throttle.Estimator = (*throttle.SlidingWindow)(nil)
	_ throttle.Reporter  = (*throttle.SlidingWindow)(nil)
	_ throttle.Router    = (*throttle.Routes)(nil)
)

func TestUnlimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		for range 1000 {
			acquire(t, throttle.Unlimited)(true)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("1,000 calls waited %v", took)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := throttle.Unlimited.Acquire(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("Acquire with an ended context: %v", err)
		}
	})
}

func TestFromLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := throttle.FromLimiter(rate.NewLimiter(rate.Every(10*time.Second), 2))
		began := time.Now()
		for range 4 {
			acquire(t, th)(true)
		}
		if took := time.Since(began); took != 20*time.Second {
			t.Errorf("4 calls took %v, want 20s: two at once, then one each 10s", took)
		}

		now := time.Now()
		short, cancel := context.WithTimeout(t.Context(), 9*time.Second)
		defer cancel()
		_, err := th.Acquire(short)
		wait, ok := errors.AsType[*throttle.WaitError](err)
		if !ok || !wait.Until.Equal(now.Add(10*time.Second)) || !wait.Deadline.Equal(now.Add(9*time.Second)) {
			t.Errorf("Acquire with too short a deadline: %v", err)
		}
		if waited := time.Since(now); waited != 0 {
			t.Errorf("it waited %v before it failed", waited)
		}

		impatient, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, cancel)
		if _, err := th.Acquire(impatient); !errors.Is(err, context.Canceled) {
			t.Errorf("Acquire with a context that ends: %v", err)
		}
		acquire(t, th)(true)
		if waited := time.Since(now); waited != 10*time.Second {
			t.Errorf("the next call started after %v, want 10s: the two before it gave their tokens back", waited)
		}

		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := throttle.FromLimiter(rate.NewLimiter(1, 1)).Acquire(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("Acquire with an ended context: %v", err)
		}
		acquire(t, throttle.FromLimiter(rate.NewLimiter(rate.Inf, 0)))(true)
	})
}

func TestFromLimiterThatNeverGives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		empty := rate.NewLimiter(0, 1)
		empty.Allow()
		for name, l := range map[string]*rate.Limiter{"no burst": rate.NewLimiter(1, 0), "no limit": empty} {
			if _, err := throttle.FromLimiter(l).Acquire(t.Context()); err == nil || !strings.Contains(err.Error(), "burst to 1") {
				t.Errorf("%s: %v, want an error that says what to set", name, err)
			}
		}
	})
}
