package main

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

// A capped throttle is one to whoever asks what it can do, on every route.
func TestCapped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spent := 0
		c := capAt(throttle.Pausing(throttle.PublishedLimits()), 3, func() { spent++ })
		p := throttle.Pausing(c)
		here, there := p.For("GET", "/2.0/repositories/acme/site"), p.For("GET", "/2.0/user")
		if here == there || here != p.For("GET", "/2.0/repositories/acme/other") {
			t.Error("the routes are not those of the throttle inside")
		}
		unsent, err := here.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		unsent(false)
		unsent(false) // which says nothing new
		var wg sync.WaitGroup
		var mu sync.Mutex
		passed, refused := 0, 0
		for i := range 10 {
			wg.Go(func() {
				done, err := []*throttle.Pausable{here, there}[i%2].Acquire(t.Context())
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					passed++
					done(true)
				} else if errors.Is(err, errMaxCalls) {
					refused++
				}
			})
		}
		wg.Wait()
		if passed != 3 || refused != 7 || spent != 7 {
			t.Errorf("%d passed, %d were refused, spent was called %d times", passed, refused, spent)
		}
	})
}

// A capped throttle still says what is free, and pauses.
func TestCappedPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		window := throttle.Window(5, time.Minute)
		p := throttle.Pausing(capAt(window, 3, func() {}))
		if s := p.Status(); s.Limit != 5 || s.Free != 5 || p.Estimate(6) == 0 {
			t.Errorf("status %+v", s)
		}
		p.Pause(time.Now().Add(time.Hour))
		began := time.Now()
		if _, err := p.Acquire(t.Context()); err != nil || time.Since(began) != time.Hour {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}
