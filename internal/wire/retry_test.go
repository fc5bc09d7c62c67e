package wire

import (
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		for _, tc := range []struct {
			values []string
			want   time.Duration
		}{
			{nil, 0},
			{[]string{"90"}, 90 * time.Second},
			{[]string{" 90 "}, 90 * time.Second},
			{[]string{"1.5"}, 2 * time.Second}, // never cut short
			{[]string{"0"}, 0},
			{[]string{"-1"}, 0},
			{[]string{"soon"}, 0},
			{[]string{"NaN"}, 0},
			{[]string{"Inf"}, 0},
			{[]string{"+Inf"}, 0},
			{[]string{"infinity"}, 0},
			{[]string{"0x10"}, 0},
			{[]string{"0x1p4"}, 0},
			{[]string{"1_000"}, 0},
			{[]string{"1e3"}, 1000 * time.Second},
			{[]string{"1e300"}, math.MaxInt64 / 2},
			{[]string{"1e400"}, 0}, // no number that anything can hold
			{[]string{now.Add(time.Hour).UTC().Format(http.TimeFormat)}, time.Hour},
			{[]string{now.Add(-time.Hour).UTC().Format(http.TimeFormat)}, 0},
			{[]string{"10", "30", "20"}, 30 * time.Second},
			{[]string{"10, 30"}, 30 * time.Second},
			{[]string{"soon, 30"}, 30 * time.Second},
			{[]string{"1000000001"}, 53315201 * time.Second},   // a second of 2001, and it is 2000
			{[]string{"1262304000"}, 1262304000 * time.Second}, // one of 2010: nobody means that
		} {
			got, ok := RetryAfter(http.Header{"Retry-After": tc.values})
			if got != tc.want || ok != (tc.want > 0) {
				t.Errorf("%q: %v %v, want %v", tc.values, got, ok, tc.want)
			}
		}
	})
}

// A wait is a number of seconds in decimal digits or a date, and no negative or endless one.
func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{
		"120", "1.5", "0", "-1", "1e300", "1e400", "NaN", "Inf", "+Inf", "0x10", "0x1p4", "1_000", "99999999999999999999", "1e", ".", "+",
		"1764083777", "Wed, 25 Nov 2026 15:16:17 GMT", "Wednesday, 25-Nov-26 15:16:17 GMT", "Wed Nov 25 15:16:17 2026",
		"Fri, 31 Dec 9999 23:59:59 GMT", "Sat, 01 Jan 0000 00:00:00 GMT", "10, 20", "soon, 20", "", " ", ",", "١٢",
	} {
		f.Add(value, "")
		f.Add("5", value)
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		after, ok := RetryAfter(http.Header{"Retry-After": {first, second}})
		if after < 0 || ok != (after > 0) || time.Now().Add(min(after, maxRetryAfter)).Before(time.Now().Add(-time.Minute)) {
			t.Errorf("%q and %q: %v %v", first, second, after, ok)
		}
		for part := range strings.SplitSeq(first+","+second, ",") {
			if strings.ContainsAny(strings.ToLower(part), "nxp_i") && !strings.Contains(part, ":") {
				if d := parseRetryAfter(part); d != 0 {
					t.Errorf("%q is taken for %v", part, d)
				}
			}
		}
	})
}
