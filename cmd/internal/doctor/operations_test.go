package doctor

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"testing"

	table "github.com/seed-9213fc64/bitbucket/internal/operations"
)

// The operations are those of the library's table that read, by its names and paths.
func TestOperationsAreThoseOfTheTable(t *testing.T) {
	here := map[string]operation{}
	for _, op := range operations() {
		here[op.pattern] = op
	}
	if len(here) != len(operations()) {
		t.Error("an operation is there twice")
	}
	for _, row := range table.All() {
		if row.Method != http.MethodGet {
			continue
		}
		op, is := here[row.Pattern]
		delete(here, row.Pattern)
		name := row.Call
		if name == "" {
			name = "GET " + row.Pattern
		}
		if !is || op.name != name || op.instead != row.Replacement ||
			(op.removed != "") != (row.State == table.Removed) ||
			op.removed != "" && op.removed != row.Until {
			t.Errorf("the table has %+v, the doctor %+v", row, op)
		}
		if got, want := cmp.Or(op.takes, people), row.Credentials.String(); got != want {
			t.Errorf("%s takes %s, not %s", row.Pattern, want, got)
		}
	}
	if len(here) > 0 {
		t.Errorf("the table has none of %q", slices.Sorted(maps.Keys(here)))
	}
}

// An identifier out of an answer leads nowhere else.
func TestIdentifiersStayInTheirPlace(t *testing.T) {
	for id, want := range map[string]string{
		"..": "", ".": "", "": "",
		"a/../b": "/2.0/workspaces/a%2F..%2Fb",
		"a?b#c":  "/2.0/workspaces/a%3Fb%23c",
		"{1}":    "/2.0/workspaces/%7B1%7D",
		"ä":      "/2.0/workspaces/%C3%A4",
	} {
		ids := identifiers{}
		ids.learn("", "workspace", id)
		got, missing := ids.path("/2.0/workspaces/{workspace}")
		if got != want || (missing == "") != (want != "") {
			t.Errorf("%q: %q, missing %q, want %q", id, got, missing, want)
		}
	}
}
