package throttletest

import (
	"slices"
	"sync"
	"time"
)

// Counter counts calls as a server does. The zero Counter is ready; its methods may be called from
// any goroutine.
type Counter struct {
	mu    sync.Mutex
	times []time.Time
}

// Count counts a call now.
func (c *Counter) Count() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.times = append(c.times, time.Now())
}

// Total returns how many calls were counted.
func (c *Counter) Total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.times)
}

// Last returns when the last call was counted; zero when none was.
func (c *Counter) Last() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.times) == 0 {
		return time.Time{}
	}
	return c.times[len(c.times)-1]
}

// Most returns the most calls counted in any stretch of per. A call exactly per after another is
// not in its stretch.
func (c *Counter) Most(per time.Duration) int {
	c.mu.Lock()
	times := slices.Clone(c.times)
	c.mu.Unlock()
	most, from := 0, 0
	for i, at := range times {
		for at.Sub(times[from]) >= per {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}
