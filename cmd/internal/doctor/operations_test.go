package doctor

import (
	"net/http"
	"testing"

	table "github.com/seed-9213fc64/bitbucket/internal/operations"
)

// Every operation that reads is tried, once.
func TestEveryReadingOperationIsTried(t *testing.T) {
	tried := map[string]int{}
	for _, op := range operations() {
		tried[op.Pattern]++
		if op.Method != http.MethodGet || op.State != table.Removed && op.shape.ask == nil &&
			op.name != "Properties.Get" { // nothing says which properties there are
			t.Errorf("%s is not tried: %+v", op.name, op.Operation)
		}
	}
	for _, row := range table.All() {
		if row.Method != http.MethodGet {
			continue
		}
		if tried[row.Pattern] != 1 {
			t.Errorf("%s is there %d times", row.Pattern, tried[row.Pattern])
		}
		delete(tried, row.Pattern)
	}
	if len(tried) > 0 {
		t.Errorf("the table has none of %v", tried)
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
