package findings_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
)

var update = flag.Bool("update", false, "write the table of docs/findings.md anew")

// The table in docs/findings.md has every rule. After a change of one, in this folder:
// go test -run FindingsPage -update
func TestFindingsPage(t *testing.T) {
	const path = "../../../../docs/findings.md"
	all := findings.Rules()
	for _, id := range []string{"unused-acceptance", "acceptance-not-judged"} {
		rule, ok := findings.Find(id)
		if !ok {
			t.Fatalf("there is no rule %s", id)
		}
		all = append(all, rule)
	}
	var table strings.Builder
	for _, r := range all {
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s | %s |\n", r.ID, r.Level, r.Title, r.Do,
			cmp.Or(strings.Join(r.Needs, ", "), "–"))
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), "|---|---|---|---|---|\n")
	old, after, ended := strings.Cut(rest, "\nThe last two")
	switch {
	case !ok || !ended:
		t.Fatalf("%s has no place for the table", path)
	case old == table.String():
	case !*update:
		t.Errorf("%s has another table; go test -run FindingsPage -update writes it anew", path)
	default:
		page = []byte(before + "|---|---|---|---|---|\n" + table.String() + "\nThe last two" + after)
		if err := os.WriteFile(path, page, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
