package redisthrottle

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

// script is books that say what a test wants, and note what they understood.
type script struct {
	desk  *desk
	mu    sync.Mutex
	heard []*ask
	slots int
	late  time.Duration // how long an answer takes
	err   error
	full  time.Duration // how long until there is a slot; 0 for now
}

func newScript(calls int, per time.Duration) *script {
	s := new(script)
	s.desk = &desk{budget: budget{calls, per}, exchange: s.exchange, held: make(map[slot]time.Time)}
	return s
}

func (s *script) exchange(said *ask) (*answer, error) {
	s.mu.Lock()
	late := s.late
	s.mu.Unlock()
	a := &answer{taken: time.Now(), look: time.Now().Add(s.full)}
	<-time.After(late)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	s.heard = append(s.heard, said)
	for _, place := range said.wait {
		place.since = int64(len(s.heard))
		if s.full > 0 {
			a.at = append(a.at, a.taken.Add(s.full))
			continue
		}
		s.slots++
		a.granted = append(a.granted, newSlot(s.slots))
	}
	for range said.estimates {
		a.estimates = append(a.estimates, 0)
	}
	return a, nil
}

// told is how often it was said that a call is over, and how often that it was sent.
func (s *script) told() (over, sent int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, said := range s.heard {
		for _, t := range said.tells {
			over++
			if t.sent {
				sent++
			}
		}
	}
	return over, sent
}

// exchanges is how many there were.
func (s *script) exchanges() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.heard)
}

// acquire is what Acquire of a Throttle does with its desk.
func (s *script) acquire(ctx context.Context) (slot, error) {
	w, err := s.desk.enter(ctx, ticket{id: uint64(time.Now().UnixNano())})
	if err != nil {
		return newSlot(0), err
	}
	select {
	case got := <-w.turn:
		return got.slot, got.err
	case <-ctx.Done():
		s.desk.leave(w)
		return newSlot(0), ctx.Err()
	}
}

// A lease that is older than half the grace is not used for a call.
func TestDeskOldLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newScript(1, 40*time.Second).desk
		const slow = 5 * time.Second
		if d.slow() != slow || d.grace() != 2*slow {
			t.Fatalf("slow %v, grace %v", d.slow(), d.grace())
		}
		taken := time.Now()
		<-time.After(slow)
		if d.holdsBack(taken) {
			t.Error("a lease of half the grace holds a call back")
		}
		<-time.After(1)
		if !d.holdsBack(taken) {
			t.Error("a lease of more than half the grace is used")
		}
		if !d.holdsBack(time.Now().Add(-slow - 1).Round(0)) {
			t.Error("a lease that is old by the wall clock alone is used")
		}
	})
}

// While a call is under way no lease gets older than half the grace, and none is renewed
// afterwards.
func TestDeskRenews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(3, 40*time.Second)
		began := time.Now()
		var held []slot
		for range 3 {
			got, err := s.acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, got)
			<-time.After(700 * time.Millisecond)
		}
		for range 100 {
			<-time.After(time.Second)
			s.desk.mu.Lock()
			for h, taken := range s.desk.held {
				if age := time.Since(taken); age > s.desk.grace()/2 {
					t.Errorf("after %v the lease of %v is %v old", time.Since(began), h, age)
				}
			}
			s.desk.mu.Unlock()
		}
		for _, h := range held {
			s.desk.over(h, true)
		}
		<-time.After(time.Minute)
		before := s.exchanges()
		<-time.After(time.Hour)
		if after := s.exchanges(); after != before {
			t.Errorf("%d exchanges when all calls were over", after-before)
		}
	})
}

// What could not be told is told later, and once it was told not again.
func TestDeskTellsLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(3, 40*time.Second)
		first, err1 := s.acquire(t.Context())
		second, err2 := s.acquire(t.Context())
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		s.mu.Lock()
		s.err, s.late = errors.New("away"), 3*time.Second
		s.mu.Unlock()
		began := time.Now()
		s.desk.over(first, true)
		s.desk.over(second, false)
		s.desk.pause(time.Now().Add(time.Hour))
		if took := time.Since(began); took != 0 {
			t.Errorf("done and Pause took %v while the books are slow", took)
		}
		<-time.After(30 * time.Second)
		s.mu.Lock()
		s.err, s.late, s.heard = nil, 0, nil
		s.mu.Unlock()
		<-time.After(10 * time.Minute)
		if over, sent := s.told(); over != 2 || sent != 1 {
			t.Errorf("told of %d calls, %d of them sent; want 2, 1", over, sent)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if pause := s.heard[0].pause; pause < 59*time.Minute || pause > time.Hour {
			t.Errorf("told of a pause of %v, want what is left of an hour", pause)
		}
	})
}

// While the books cannot be used, nothing piles up that has run out by itself.
func TestDeskForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(3, 40*time.Second)
		got, err := s.acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s.mu.Lock()
		s.err = errors.New("away")
		s.mu.Unlock()
		s.desk.over(got, true)
		for range 2000 {
			if _, err := s.acquire(t.Context()); err == nil {
				t.Fatal("a slot from books that cannot be used")
			}
			<-time.After(100 * time.Millisecond)
		}
		s.desk.mu.Lock()
		defer s.desk.mu.Unlock()
		if owed, gone := len(s.desk.owed), len(s.desk.gone); owed > 0 || gone > mostGone+1 {
			t.Errorf("after 2,000 failures: %d owed, %d gone", owed, gone)
		}
	})
}

// A caller that gives up returns at once, whatever the books do, and keeps nothing.
func TestDeskGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(3, 40*time.Second)
		s.late = 10 * time.Second
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.acquire(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Acquire: %v, want context.DeadlineExceeded", err)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("it returned after %v, want 1s", took)
		}
		<-time.After(time.Minute)
		if over, sent := s.told(); over != 1 || sent != 0 {
			t.Errorf("of the slot that came too late: told %d, sent %d; want it given back", over, sent)
		}
	})
}

// Those who wait learn at once of a pause that goes beyond their deadline; the others stay.
func TestDeskPauseBeyondDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(3, 40*time.Second)
		s.full = 20 * time.Second
		began := time.Now()
		result := make(chan error, 2)
		for _, patience := range []time.Duration{30 * time.Second, 2 * time.Hour} {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			go func() {
				_, err := s.acquire(ctx)
				result <- err
			}()
			synctest.Wait()
		}
		s.desk.pause(began.Add(time.Hour))
		err := <-result
		if _, ok := errors.AsType[*throttle.WaitError](err); !ok || time.Since(began) != 0 {
			t.Errorf("the impatient one: %v after %v, want a WaitError at once", err, time.Since(began))
		}
		s.mu.Lock()
		s.full = 0
		s.mu.Unlock()
		if err := <-result; err != nil {
			t.Errorf("the patient one: %v", err)
		}
	})
}

// While many wait, one exchange speaks for all of them.
func TestDeskSpeaksForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(1000, 40*time.Second)
		s.late = time.Millisecond
		var callers sync.WaitGroup
		for range 500 {
			callers.Go(func() {
				if _, err := s.acquire(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		callers.Wait()
		if n := s.exchanges(); n > 500/batch+3 {
			t.Errorf("500 callers took %d exchanges", n)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if !slices.ContainsFunc(s.heard, func(said *ask) bool { return len(said.wait) == batch }) {
			t.Error("no exchange was for as many as it may be")
		}
		s.desk.mu.Lock()
		clear(s.desk.held) // or it renews for ever
		s.desk.mu.Unlock()
	})
}
