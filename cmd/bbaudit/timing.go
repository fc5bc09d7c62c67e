package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

// timing says how long so many calls take under a throttle.
func timing(t throttle.Throttle, calls int, now time.Time) string {
	var text strings.Builder
	e, ok := t.(throttle.Estimator)
	switch {
	case !ok:
		text.WriteString("the throttle cannot tell how long that takes")
	case e.Estimate(calls) == 0:
		text.WriteString("no waiting for the throttle")
	default:
		wait := e.Estimate(calls)
		fmt.Fprintf(
			&text,
			"about %s under the throttle, until %s",
			short(wait),
			moment(now.Add(wait), now),
		)
	}
	if r, ok := t.(throttle.Reporter); ok {
		status := r.Status()
		fmt.Fprintf(
			&text,
			" (%d of %d calls in %s are free)",
			status.Free,
			status.Limit,
			short(status.Window),
		)
	}
	return text.String()
}

// short writes a duration in whole seconds, without parts that are zero at its end.
func short(d time.Duration) string {
	if d > 0 && d < time.Second {
		return "1s"
	}
	text := d.Round(time.Second).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// moment writes a time of day in UTC, with the day when it is another one.
func moment(t, now time.Time) string {
	t, now = t.UTC(), now.UTC()
	if t.YearDay() != now.YearDay() || t.Year() != now.Year() {
		return t.Format("Jan 2 15:04:05 UTC")
	}
	return t.Format("15:04:05 UTC")
}
