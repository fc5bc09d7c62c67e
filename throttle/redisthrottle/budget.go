package redisthrottle

import "time"

// budget is what is kept at a key, and how patient those are who share it.
type budget struct {
	calls int
	per   time.Duration
}

// grace is how long after it was taken a call may be counted whose process then dies.
func (b budget) grace() time.Duration { return min(b.per/20, 5*time.Second) }

// slow is how long Redis may take to answer that a slot is taken, before the lease has lost too much to begin a call with.
func (b budget) slow() time.Duration { return min(max(b.grace()/2, 50*time.Millisecond), b.per/4) }

// look is how often those who wait ask Redis, though their slot is not due.
func (b budget) look() time.Duration { return min(max(b.per/10, 10*time.Millisecond), time.Minute) }

// promise is for how long at most those who wait say that they are alive.
func (b budget) promise() time.Duration { return b.look() }

// late is how much later than promised those who wait may ask before they count as dead.
func (b budget) late() time.Duration { return min(max(b.per/20, 250*time.Millisecond), 5*time.Second) }
