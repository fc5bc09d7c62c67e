package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// screen returns what a terminal shows after all that was written to it: its lines without what was
// written over.
func screen(text string) []string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		var shown []byte
		for over := range strings.SplitSeq(line, "\r") {
			shown = append([]byte(over), shown[min(len(over), len(shown)):]...)
		}
		lines = append(lines, strings.TrimRight(string(shown), " "))
	}
	return lines
}

func TestBar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		p := newProgress(&out)
		p.width = 80
		now := time.Now()
		at := moment(now.Add(90*time.Second), now)
		last := func() string {
			lines := screen(out.String())
			return lines[len(lines)-1]
		}
		check := func(want string) {
			t.Helper()
			if got := last(); got != want {
				t.Errorf("the screen shows\n%q, want\n%q", got, want)
			}
		}
		p.count(3, 6, false)
		check("bbaudit: [####################--------------------] 3 of at least 6 calls")
		p.count(3, 12, true)
		check("bbaudit: [##########------------------------------] 3 of 12 calls")
		p.waitStart(now.Add(90 * time.Second))
		check("bbaudit: [#####-----------------] 3 of 12 calls, next free slot at " + at)
		p.say("hello \x1b[2J")
		check("bbaudit: [#####-----------------] 3 of 12 calls, next free slot at " + at)
		p.waitDone()
		check("bbaudit: [##########------------------------------] 3 of 12 calls")
		p.finish()
		if got := screen(out.String()); len(got) != 2 || got[0] != `bbaudit: hello \x1b[2J` ||
			got[1] != "" {
			t.Errorf("in the end the screen shows %q", got)
		}
		p.width = 30
		p.count(3, 12, true)
		check("bbaudit: 3 of 12 calls")
		p.width = 14
		p.count(3, 12, true)
		check("bbaudit: 3 of")
	})
}

func TestLinesNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		p := newProgress(&out)
		began := time.Now()
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for done := range 25 {
			<-ticker.C
			p.count(done, 30, true)
		}
		p.waitStart(time.Now().Add(100 * time.Millisecond)) // not worth a line
		p.waitStart(began.Add(time.Hour))
		p.waitStart(began.Add(time.Hour + time.Millisecond)) // told already
		want := "bbaudit: 9 of 30 calls\nbbaudit: 19 of 30 calls\n" +
			"bbaudit: 24 of 30 calls, next free slot at " + moment(began.Add(25*time.Second+100*time.Millisecond), began) + "\n"
		if out.String() != want {
			t.Errorf("wrote\n%swant\n%s", out.String(), want)
		}
	})
}

func TestTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		p := newProgress(&out)
		trace, ctx := p.trace(), context.Background()
		trace.Retry(ctx, bitbucket.RetryInfo{StatusCode: 502, Delay: 400 * time.Millisecond})
		trace.Retry(ctx, bitbucket.RetryInfo{Err: errors.New("connection reset"), Delay: 2 * time.Second})
		want := "bbaudit: a call failed (status 502); another attempt follows in 1s\n" +
			"bbaudit: a call failed (connection reset); another attempt follows in 2s\n"
		if out.String() != want {
			t.Errorf("wrote\n%swant\n%s", out.String(), want)
		}
	})
}

func TestTiming(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		window := throttle.Window(100, 30*time.Minute)
		for _, test := range []struct {
			throttle throttle.Throttle
			calls    int
			want     string
		}{
			{window, 100, "no waiting for the throttle (100 of 100 calls in 30m are free)"},
			{window, 288, "about 1h under the throttle, until " + moment(now.Add(time.Hour), now) + " (100 of 100 calls in 30m are free)"},
			{throttle.Unlimited, 288, "no waiting for the throttle"},
			{struct{ throttle.Throttle }{throttle.Unlimited}, 288, "the throttle cannot tell how long that takes"},
		} {
			if got := timing(test.throttle, test.calls, now); got != test.want {
				t.Errorf("%d calls: %q, want %q", test.calls, got, test.want)
			}
		}
	})
}

func TestMoment(t *testing.T) {
	now := time.Date(2026, 11, 21, 19, 0, 0, 0, time.FixedZone("", 3600)) // 18:00 in UTC
	for after, want := range map[time.Duration]string{
		30 * time.Minute: "18:30:00 UTC",
		7 * time.Hour:    "Nov 22 01:00:00 UTC",
	} {
		if got := moment(now.Add(after), now); got != want {
			t.Errorf("after %v: %s, want %s", after, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		0: "0s", 3 * time.Millisecond: "1s", 5 * time.Second: "5s", 90 * time.Second: "1m30s",
		30 * time.Minute: "30m",
		time.Hour:        "1h", time.Hour + 30*time.Minute: "1h30m", 10 * time.Hour: "10h",
		time.Hour + time.Second: "1h0m1s",
	} {
		if got := short(d); got != want {
			t.Errorf("%d ns: %s, want %s", d, got, want)
		}
	}
}
