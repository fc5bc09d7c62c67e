package wire

import (
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

const (
	// maxRetryAfter is the longest wait that a server may ask for. A call that is told to wait
	// longer fails at once and says for how long.
	maxRetryAfter = 24 * time.Hour

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

// jittered draws a wait from the upper half, so that callers that failed together do not come back
// together.
func jittered(d, most time.Duration) time.Duration {
	d = min(d, most)
	return d/2 + rand.N(d/2+1)
}

// RetryAfter reads a Retry-After header: seconds, a date, or seconds since 1970, which some servers
// send. Of several the longest one counts. What is none of them counts as absent, and so do zero,
// the negative and the past.
func RetryAfter(h http.Header) (after time.Duration, ok bool) {
	for _, value := range h.Values("Retry-After") {
		d := parseRetryAfter(value)
		if d == 0 { // proxies join several with commas, which a date has too
			for part := range strings.SplitSeq(value, ",") {
				d = max(d, parseRetryAfter(part))
			}
		}
		after = max(after, d)
	}
	return after, after > 0
}

// epochYears is how far from now a number of seconds may lie that is taken for a point in time.
const epochYears = 10 * 365 * 24 * time.Hour

func parseRetryAfter(value string) time.Duration {
	value = strings.TrimSpace(value)
	if at, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(at))
	}
	notInNumber := func(r rune) bool { return (r < '0' || r > '9') && !strings.ContainsRune(".eE+", r) }
	seconds, err := strconv.ParseFloat(value, 64)
	if err != nil || strings.ContainsFunc(value, notInNumber) {
		return 0
	}
	if seconds > 1e9 && seconds < 1e10 { // nobody is told to wait for thirty years
		if until := time.Until(time.Unix(int64(seconds), 0)); until.Abs() < epochYears {
			return max(0, until)
		}
	}
	if seconds > math.MaxInt64/float64(2*time.Second) {
		return math.MaxInt64 / 2
	}
	return time.Duration(math.Ceil(seconds)) * time.Second
}
