package throttle

import "sync"

// perThrottle remembers a V for each of a router's throttles.
type perThrottle[V any] struct {
	mu    sync.Mutex
	known map[Throttle]*V
}

// mostRoutes is far above the number of routes of any router that returns the same throttle for
// the same route.
const mostRoutes = 1000

// get returns what is remembered of t, made at first by add. It returns nil for a throttle that
// cannot be remembered: of a type that cannot be compared, or one too many.
func (r *perThrottle[V]) get(t Throttle, add func() *V) (v *V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer func() {
		if recover() != nil { // the map's, about a type that cannot be compared
			v = nil
		}
	}()
	if v, ok := r.known[t]; ok {
		return v
	}
	if len(r.known) >= mostRoutes {
		return nil
	}
	if r.known == nil {
		r.known = make(map[Throttle]*V)
	}
	v = add()
	r.known[t] = v
	return v
}
