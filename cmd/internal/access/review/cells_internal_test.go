package review

import (
	"slices"
	"strings"
	"testing"
)

// A cell names up to a hundred repositories, as docs/review.md says.
func TestCellsNameAHundred(t *testing.T) {
	hundred := strings.Join(slices.Repeat([]string{"api"}, 100), ", ")
	for n, want := range map[int]string{100: hundred, 101: hundred + " and 1 more"} {
		if got := names(slices.Repeat([]string{"api"}, n)); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
}
