package change

import (
	"slices"
	"testing"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
)

// TestRestsOn names for every rule the sources that it needs, and not all there are.
func TestRestsOn(t *testing.T) {
	all := restsOn("no such rule")
	for _, r := range findings.Rules() {
		sources := restsOn(r.ID)
		if len(sources) == len(all) {
			t.Errorf("what the rule %s rests on is not said", r.ID)
		}
		for _, need := range r.Needs {
			if !slices.Contains(sources, need) {
				t.Errorf("the rule %s needs %s, and is not said to rest on it", r.ID, need)
			}
		}
	}
}
