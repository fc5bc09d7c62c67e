package wire

import (
	"net/http"
	"sync"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

const (
	// firstPause is how long all callers pause after a 429 that does not say.
	firstPause = time.Minute
	// defaultWindow bounds that pause when the throttle has no window of its own.
	defaultWindow = 30 * time.Minute

	// firstEdgePause and lastEdgePause are for a burst that the server's edge refused, which is
	// forgotten in seconds.
	firstEdgePause = time.Second
	lastEdgePause  = 30 * time.Second
)

// isEdge reports whether a 429 came from the server's edge, which refuses bursts, and not from the
// application, which counts calls in a window.
func isEdge(h http.Header) bool { return SameFold(h.Get("X-Envoy-Ratelimited"), "true") }

// windowOf is the length of a throttle's window.
func windowOf(route *throttle.Pausable) time.Duration {
	if w := route.Status().Window; w > 0 {
		return w
	}
	return defaultWindow
}

// storms remembers, for each route of the throttle, the pauses after 429s that did not say how long
// to wait.
type storms struct {
	mu     sync.Mutex
	routes map[*throttle.Pausable]*storm
}

// A storm is a row of refusals.
type storm struct {
	pause time.Duration // the last one; 0 in calm weather
	until time.Time     // its end
	edge  bool          // all of them came from the edge
}

// hit is told of a 429 to an attempt, and returns until when to pause. Pauses double as long as the
// first attempt after one is refused again; refusals of attempts that were under way already say
// nothing new. When the edge goes on refusing after its longest pause, it is taken for the window.
func (s *storms) hit(
	route *throttle.Pausable, edge bool, sent, now time.Time, window time.Duration,
) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.routes == nil {
		s.routes = make(map[*throttle.Pausable]*storm)
	}
	st := s.routes[route]
	if st == nil {
		st = new(storm)
		s.routes[route] = st
	}
	return st.hit(edge, sent, now, window)
}

func (s *storm) hit(edge bool, sent, now time.Time, window time.Duration) time.Time {
	if s.pause > 0 && sent.Before(s.until) && (edge || !s.edge) {
		return s.until
	}
	if now.Sub(s.until) > window {
		*s = storm{} // that was another storm
	}
	switch {
	case edge && s.pause == 0:
		s.pause, s.edge = firstEdgePause, true
	case edge && s.edge && s.pause < lastEdgePause:
		s.pause = min(2*s.pause, lastEdgePause)
	default:
		s.pause = min(max(2*s.pause, firstPause), window)
		s.edge = false
	}
	wait := s.pause
	if s.edge {
		wait = jittered(wait+wait/2, wait+wait/2) // from three quarters of the pause to one and a half
	}
	s.until = now.Add(wait)
	return s.until
}

// calm is told of an answer that was no refusal.
func (s *storms) calm(route *throttle.Pausable, sent time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.routes[route]; st != nil && !sent.Before(st.until) {
		delete(s.routes, route)
	}
}

// A retryBudget keeps an outage from multiplying the traffic: retries draw on it, answered calls
// refill it slowly.
type retryBudget struct {
	mu     sync.Mutex
	tokens float64
	most   float64
}

func newRetryBudget(retries int) *retryBudget {
	most := float64(max(20, 5*retries))
	return &retryBudget{tokens: most, most: most}
}

func (b *retryBudget) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

func (b *retryBudget) give() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tokens = min(b.tokens+0.2, b.most)
}
