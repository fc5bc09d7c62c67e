package main

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// sample is a report of one contest and of the paces.
func sample(ratio usage, p paces) report {
	return report{
		command: "go run .",
		outcomes: []outcome{{
			contest{name: "one user", goal: goal{cpu: 1.05, bytes: 0.85, allocs: 1.08}},
			[]result{{"floor", usage{60_000, 9000, 100}, usage{1, 1, 1}}, {"bitbucket", usage{66_000, 8100, 110}, ratio}},
		}},
		paces: &p,
	}
}

func met() paces {
	return paces{pace{2000, 1050}, pace{1000, 300}, pace{1000, 350}}
}

// CPU time and the time on the wire are not judged, since they are not the same everywhere.
func TestMissedGoals(t *testing.T) {
	slow := met()
	slow.Prefetch.Ahead, slow.Parallel.Ahead, slow.OnTheWire.Ahead = 1110, 310, 900
	for name, tc := range map[string]struct {
		report report
		want   []string
	}{
		"none":           {sample(usage{1.05, 0.85, 1.08}, met()), nil},
		"as it is shown": {sample(usage{1.05, 0.854, 1.0849}, met()), nil},
		"CPU":            {sample(usage{3, 0.85, 1.08}, met()), nil},
		"bytes":          {sample(usage{1, 0.86, 1}, met()), []string{"one user: bytes are 0.86 of the floor's, the goal is 0.85"}},
		"allocations":    {sample(usage{1, 0.8, 1.09}, met()), []string{"one user: allocations are 1.09 of the floor's, the goal is 1.08"}},
		"virtual time":   {sample(usage{1, 0.8, 1}, slow), []string{"Prefetch", "Parallel(4), virtual time"}},
		"without a goal": {report{outcomes: []outcome{{contest{name: "x"}, make([]result, 2)}}}, nil},
		"without a pace": {report{}, nil},
	} {
		missed := tc.report.missed()
		if len(missed) != len(tc.want) {
			t.Errorf("%s: %v, want %q", name, missed, tc.want)
			continue
		}
		for i, v := range missed {
			if !strings.HasPrefix(v.String(), tc.want[i]) {
				t.Errorf("%s: %v, want %q", name, v, tc.want[i])
			}
		}
	}
}

func TestSection(t *testing.T) {
	got := sample(usage{1.10, 0.9, 1.07}, met()).section()
	for _, want := range []string{
		"## go1.", "by `go run .` on ",
		"| one user          | **1.10** | 1.05 | **0.90** | 0.85 | 1.07        | 1.08 |\n",
		"| one user | bitbucket  | 66      | 8100  | 110         | 1.10  | 0.90    | 1.07          |\n",
		"| Parallel(4), a server     | 0s         | 0s    | 0.35  | 0.36 |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}

func TestReplaceSection(t *testing.T) {
	one := replaceSection("", "## go1.26.8\n\nfirst\n")
	two := replaceSection(one, "## go1.26.8 X:jsonv2\n\nother\n")
	three := replaceSection(two, "## go1.26.8\n\nsecond\n")
	want := introduction + "\n## go1.26.8\n\nsecond\n\n## go1.26.8 X:jsonv2\n\nother\n"
	if three != want {
		t.Errorf("%s\nwant\n%s", three, want)
	}
	if again := replaceSection(three, "## go1.26.8\n\nsecond\n"); again != want {
		t.Errorf("written again, it is\n%s", again)
	}
}

// Work that was not done is an error, never a low figure.
func TestMeasureWantsTheWork(t *testing.T) {
	failed := errors.New("failed")
	good := func(context.Context) (int, error) { return 2, nil }
	for name, bad := range map[string]entry{
		"an error":  {"bad", func(context.Context) (int, error) { return 2, failed }},
		"too few":   {"bad", func(context.Context) (int, error) { return 1, nil }},
		"too many":  {"bad", func(context.Context) (int, error) { return 3, nil }},
		"no result": {"bad", func(context.Context) (int, error) { return 0, nil }},
	} {
		c := contest{name: "two", items: 2, times: 3, goroutines: 2, entries: []entry{{"floor", good}, bad}}
		if _, err := c.measure(t.Context(), 1); err == nil || !strings.HasPrefix(err.Error(), "two: bad: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A contestant that allocates three times 1 KiB is found to do so.
func TestMeasureCountsAllocations(t *testing.T) {
	kept := new([]byte)
	allocate := func(n int) func(context.Context) (int, error) {
		return func(context.Context) (int, error) {
			for range n {
				*kept = make([]byte, 1024)
			}
			return 1, nil
		}
	}
	c := contest{name: "work", items: 1, times: 1000, entries: []entry{{"one", allocate(1)}, {"three", allocate(3)}}}
	got, err := c.measure(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	three := got[1]
	if a, b := three.usage.allocs, three.usage.bytes; a < 3 || a > 3.1 || b < 3072 || b > 3200 {
		t.Errorf("%.2f allocations, %.1f bytes", a, b)
	}
	if r := three.ratio; r.allocs < 2.9 || r.allocs > 3.1 || r.bytes < 2.9 || r.bytes > 3.1 {
		t.Errorf("ratios %+v", r)
	}
}

func TestMedian(t *testing.T) {
	for _, tc := range []struct {
		values []float64
		want   float64
	}{{[]float64{3}, 3}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 2, 8, 6}, 5}} {
		if got := median(tc.values, func(v float64) float64 { return v }); got != tc.want {
			t.Errorf("median of %v is %v, want %v", tc.values, got, tc.want)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, args := range [][]string{
		{"check"}, {"-rounds", "0"}, {"-rounds", "-1"}, {"-write", "-only", "user"},
	} {
		if err := run(args); err == nil {
			t.Errorf("%q was taken", args)
		}
	}
	t.Chdir(t.TempDir())
	if err := run([]string{"-write"}); err == nil || !strings.Contains(err.Error(), "beside its source") {
		t.Errorf("in another folder: %v", err)
	}
}
