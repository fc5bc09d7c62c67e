package bitbuckettest

import (
	"slices"
	"time"
)

// throttle is an exact sliding window: no owner has more than calls answered that arrived in any stretch of per.
// Refused calls do not count.
type throttle struct {
	calls    int
	per      time.Duration
	arrivals map[string][]time.Time
}

// admit counts a call that arrives now. It reports how many more would be admitted, and whether this one is.
func (t *throttle) admit(owner string, now time.Time) (left int, admitted bool) {
	if t.calls <= 0 {
		return 0, true
	}
	recent := slices.DeleteFunc(t.arrivals[owner], func(at time.Time) bool { return now.Sub(at) >= t.per })
	if len(recent) < t.calls {
		recent, admitted = append(recent, now), true
	}
	t.arrivals[owner] = recent
	return t.calls - len(recent), admitted
}
