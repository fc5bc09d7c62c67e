package bitbucket_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

// The picture of the README: what a server counts that allows 100 calls in any 30 minutes when a
// program makes 300 calls as soon as it may.
const (
	budgetCalls  = 100
	budgetWindow = 30 * time.Minute
	budgetJob    = 300
	budgetShown  = 100 * time.Minute // of the time, in the picture
)

// TestBudgetPicture makes docs/budget.svg with the throttles themselves. After a change of them, or
// of the picture: go test -run BudgetPicture -update .
func TestBudgetPicture(t *testing.T) {
	window := startsOf(t, func() throttle.Throttle {
		return throttle.Window(budgetCalls, budgetWindow)
	})
	bucket := startsOf(t, func() throttle.Throttle {
		return throttle.FromLimiter(rate.NewLimiter(rate.Every(budgetWindow/budgetCalls), budgetCalls))
	})
	if n := most(window); n != budgetCalls {
		t.Errorf("the window lets %d calls into %v", n, budgetWindow)
	}
	if n := most(bucket); n <= budgetCalls {
		t.Errorf("the bucket lets %d calls into %v: there is nothing to show", n, budgetWindow)
	}
	readme, err := os.ReadFile("README.md")
	must(t, err)
	said := fmt.Sprintf("never counts more than %d calls in 30 minutes; "+
		"a token bucket of the same rate lets %d through", most(window), most(bucket))
	if !strings.Contains(string(readme), said) {
		t.Errorf("the README does not say below the picture: %s", said)
	}
	picture := budgetPicture(window, bucket)
	old, err := os.ReadFile("docs/budget.svg")
	switch {
	case err == nil && string(old) == picture:
	case !*update:
		t.Errorf("docs/budget.svg is not what is computed (%v): "+
			"go test -run BudgetPicture -update .", err)
	default:
		must(t, os.WriteFile("docs/budget.svg", []byte(picture), 0o644))
	}
}

// startsOf returns when each call of the job starts, of a caller who never rests.
func startsOf(t *testing.T, newThrottle func() throttle.Throttle) (starts []time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		th, began := newThrottle(), time.Now()
		for range budgetJob {
			done, err := th.Acquire(t.Context())
			must(t, err)
			starts = append(starts, time.Since(began))
			done(true)
		}
	})
	return starts
}

// counted is how many calls a server has seen within the window that ends at a time.
func counted(starts []time.Duration, at time.Duration) (n int) {
	for _, start := range starts {
		if start <= at && start > at-budgetWindow {
			n++
		}
	}
	return n
}

// most is the most that the server ever counts.
func most(starts []time.Duration) (n int) {
	for _, start := range starts {
		n = max(n, counted(starts, start))
	}
	return n
}

// The sizes of a panel, in pixels.
const (
	panelWidth, panelHeight = 350, 200
	panelLeft, panelTop     = 48, 64
	panelGap                = 40
	panelMost               = 220 // calls at the top
)

func budgetPicture(window, bucket []time.Duration) string {
	width := panelLeft + 2*panelWidth + panelGap + 12
	height := panelTop + panelHeight + 30
	var svg strings.Builder
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" width="%[1]d" height="%[2]d" role="img" aria-labelledby="title desc">
<title id="title">An exact window beside a token bucket</title>
<desc id="desc">%[3]d calls are made as soon as possible. A server that counts the calls of the last %[4]d minutes sees at most %[5]d with throttle.Window, and %[6]d with a token bucket of the same rate and burst.</desc>
<style>
text{font:12px system-ui,sans-serif;fill:#59636e}.name{font-weight:600;font-size:13px;fill:#1f2328}
.axis{stroke:#d1d9e0}.limit{stroke:#59636e;stroke-dasharray:4 3}
.line{fill:none;stroke:#0969da;stroke-width:2}.over{fill:#cf222e;fill-opacity:.18}.bad{fill:#cf222e}
@media(prefers-color-scheme:dark){text{fill:#9198a1}.name{fill:#f0f6fc}.axis{stroke:#3d444d}
.limit{stroke:#9198a1}.line{stroke:#4493f8}.over{fill:#f85149;fill-opacity:.25}.bad{fill:#f85149}}
</style>
<text x="%[7]d" y="18">calls that the server counts in the last %[4]d minutes, when %[3]d are made as soon as possible</text>
`, width, height, budgetJob, int(budgetWindow.Minutes()), most(window), most(bucket), panelLeft)
	panel(&svg, panelLeft, "throttle.Window: 100 in any 30 minutes", window)
	panel(&svg, panelLeft+panelWidth+panelGap, "token bucket: burst 100, then one every 18 s", bucket)
	svg.WriteString("</svg>\n")
	return svg.String()
}

// panel draws what a server counts over time.
func panel(svg *strings.Builder, left int, name string, starts []time.Duration) {
	x := func(at time.Duration) float64 {
		return float64(left) + panelWidth*float64(at)/float64(budgetShown)
	}
	y := func(calls int) float64 {
		return panelTop + panelHeight*(1-float64(calls)/panelMost)
	}
	said, class := fmt.Sprintf("never more than %d", most(starts)), ""
	if most(starts) > budgetCalls {
		said, class = fmt.Sprintf("up to %d: the server refuses", most(starts)), ` class="bad"`
	}
	fmt.Fprintf(svg, "<text class=\"name\" x=\"%d\" y=\"%d\">%s</text>\n", left, panelTop-22, name)
	fmt.Fprintf(svg, "<text%s x=\"%d\" y=\"%d\">%s; call %d starts after %.0f min</text>\n",
		class, left, panelTop-5, said, budgetJob, starts[budgetJob-1].Minutes())
	for calls := 0; calls <= 200; calls += 100 {
		line := "axis"
		if calls == budgetCalls {
			line = "limit"
		}
		fmt.Fprintf(svg, `<path class="%s" d="M%d %.1fh%d"/>`, line, left, y(calls), panelWidth)
		fmt.Fprintf(svg, `<text x="%d" y="%.1f" text-anchor="end">%d</text>`+"\n",
			left-6, y(calls)+4, calls)
	}
	for at := time.Duration(0); at <= 90*time.Minute; at += budgetWindow {
		fmt.Fprintf(svg, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d min</text>\n",
			x(at), panelTop+panelHeight+18, int(at.Minutes()))
	}
	line := fmt.Sprintf("M%.1f %.1f", x(0), y(0))
	over := fmt.Sprintf("M%.1f %.1f", x(0), y(budgetCalls))
	for _, at := range changes(starts) {
		n := counted(starts, at)
		line += fmt.Sprintf("H%.1fV%.1f", x(at), y(n))
		over += fmt.Sprintf("H%.1fV%.1f", x(at), y(max(n, budgetCalls)))
	}
	fmt.Fprintf(svg, "<path class=\"over\" d=\"%sH%.1fZ\"/>\n<path class=\"line\" d=\"%sH%.1f\"/>\n",
		over, x(0), line, x(budgetShown))
}

// changes are the times at which the server's count changes: a call starts, or drops out.
func changes(starts []time.Duration) []time.Duration {
	var all []time.Duration
	for _, start := range starts {
		all = append(all, start, start+budgetWindow)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return slices.DeleteFunc(all, func(at time.Duration) bool { return at > budgetShown })
}
