package filethrottle

import (
	"fmt"
	"time"
)

// budget is what the books are kept for, and how patient those are who keep them.
type budget struct {
	calls int
	per   time.Duration
}

const (
	mostCalls    = 1_000_000                 // a file of 32 MB
	shortestPer  = time.Millisecond          // a write takes as long
	longestPer   = 10 * 365 * 24 * time.Hour // far from where times end
	longestPause = 366 * 24 * time.Hour
)

// check refuses a budget that nobody can mean.
func (b budget) check() error {
	if b.calls < 1 || b.calls > mostCalls || b.per < shortestPer || b.per > longestPer {
		return fmt.Errorf("%d calls in %v: give 1 to %d calls and %v to %v",
			b.calls, b.per, mostCalls, shortestPer, longestPer)
	}
	return nil
}

// grace is how much longer than a window a slot is kept whose holder says nothing more.
func (b budget) grace() time.Duration {
	return min(max(b.per/4, 200*time.Millisecond), 10*time.Second)
}

// lease is for how long a slot is held that is taken or renewed now.
func (b budget) lease() time.Duration { return b.per + b.grace() }

// slow is how old a lease may be when its call starts. What is left of the grace is for the call to
// be held up on its way to the server.
func (b budget) slow() time.Duration { return b.grace() / 2 }

// renewal is how often the leases of calls under way are renewed: none is older than twice that.
func (b budget) renewal() time.Duration { return b.grace() / 4 }

// look is how often those who wait look at the books, though their slot is not due.
func (b budget) look() time.Duration { return min(max(b.per/10, 10*time.Millisecond), time.Minute) }

// late is how much later than promised those who wait may look before they count as dead.
func (b budget) late() time.Duration {
	return min(max(b.per/20, 250*time.Millisecond), 5*time.Second)
}

const (
	// prompt is how soon the books are told of calls that are over, while so many wait that their
	// slots are needed.
	prompt = 10 * time.Millisecond
	// batch is for how many callers one exchange asks.
	batch = 64
)

// lazy is how soon the books are told else, if no other exchange comes before. What is told late
// loses nothing, as it is told with its time.
func (b budget) lazy() time.Duration { return min(max(b.per/8, prompt), 5*time.Second) }
