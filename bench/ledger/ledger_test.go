package ledger

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var update = flag.Bool("update", false, "write the tables into both READMEs anew")

// The ledger of calls: what an audit takes by each way of reading. This library takes the least.
func TestAudits(t *testing.T) {
	table := &strings.Builder{}
	fmt.Fprint(table, "| who may touch what in a workspace |")
	for _, w := range workspaces {
		fmt.Fprintf(table, " %s permissions |", grouped(w.permissions()))
	}
	fmt.Fprintf(table, "\n|---|%s\n| the least possible |", strings.Repeat("---|", len(workspaces)))
	for _, w := range workspaces {
		fmt.Fprintf(table, " %s |", cost{w.least(), time.Duration((w.least()-1)/budget) * window})
	}
	for _, way := range ways {
		fmt.Fprintf(table, "\n| %s |", way.name)
		for _, w := range workspaces {
			synctest.Test(t, func(t *testing.T) {
				c := costOf(t, w, way.audit)
				fmt.Fprintf(table, " %s |", c)
				if way.name == ways[0].name && c.calls != w.least() {
					t.Errorf("%d permissions: %d calls, and %d are enough", w.permissions(), c.calls, w.least())
				}
			})
		}
	}
	wantTable(t, "audits", table.String()+"\n")
}

// The throttle table: what keeping to the budget takes.
func TestThrottles(t *testing.T) {
	table := &strings.Builder{}
	fmt.Fprintf(table, "| %s calls, kept to the budget by | time | over the shortest | refused with 429, and wasted |\n"+
		"|---|---|---|---|\n", grouped(job))
	for _, k := range keepers {
		paid := tollOf(t, k)
		over := paid.took - shortest
		fmt.Fprintf(table, "| %s | %s | %s (%.2f %%) | %s |\n", k.name, written(paid.took), written(over),
			100*over.Seconds()/shortest.Seconds(), grouped(paid.refused))
	}
	wantTable(t, "throttles", table.String())
}

// String is what a table says of a cost.
func (c cost) String() string {
	calls := "calls"
	if c.calls == 1 {
		calls = "call"
	}
	return fmt.Sprintf("%s %s, %s", grouped(c.calls), calls, written(c.took))
}

// wantTable fails unless both READMEs have a table, behind the marker of its name. With -update it
// writes it there.
func wantTable(t *testing.T, name, table string) {
	t.Helper()
	if t.Failed() {
		return
	}
	marker := "<!-- " + name + ": written by go test ./ledger -update, in bench/ -->\n"
	for _, path := range []string{"README.md", "../../README.md"} {
		text, err := os.ReadFile(path)
		must(t, err)
		before, rest, ok := strings.Cut(string(text), marker)
		old, after, ended := strings.Cut(rest, "\n\n")
		switch {
		case !ok || !ended:
			t.Errorf("%s has no place for this table: %s%s", path, marker, table)
		case old+"\n" == table:
		case *update:
			must(t, os.WriteFile(path, []byte(before+marker+table+"\n"+after), 0o644))
		default:
			t.Errorf("%s lacks this table; run go test ./ledger -update, in bench/\n%s", path, table)
		}
	}
}

// written is a time as a reader wants it.
func written(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 48*time.Hour:
		d = d.Round(time.Minute)
		return strings.TrimSuffix(fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute), " 0 min")
	}
	return fmt.Sprintf("%.1f days", d.Hours()/24)
}

// grouped writes a number with commas.
func grouped(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}
