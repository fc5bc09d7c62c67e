package bitbuckettest

import "time"

// window is an exact sliding window: no owner has more calls admitted that arrived in any stretch
// of time than the limit says. Refused calls do not count.
type window struct {
	limit
	arrivals map[string][]time.Time
}

func newWindow(of limit) *window { return &window{of, map[string][]time.Time{}} }

// admit counts a call that arrives now. It reports how many more would be admitted, and whether
// this one is.
func (w *window) admit(owner string, now time.Time) (left int, admitted bool) {
	if w.calls <= 0 {
		return 0, true
	}
	recent := w.arrivals[owner]
	for len(recent) > 0 && now.Sub(recent[0]) >= w.per {
		recent = recent[1:]
	}
	if len(recent) < w.calls {
		recent, admitted = append(recent, now), true
	}
	w.arrivals[owner] = recent
	return w.calls - len(recent), admitted
}
