package browser

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/review"
)

// TestSignOff looks at the sign-off of a review, in which people are called what would be markup: it
// complains of nothing, fits, is in its order, and axe-core finds nothing wrong with it.
func TestSignOff(t *testing.T) {
	needsBrowser(t)
	script := axe(t)
	data, err := os.ReadFile(filepath.Join("..", "internal", "access", "review", "testdata", "signoff.json"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := review.DecodeSignOff(data)
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.Actions {
		s.Actions[i].Name, s.Actions[i].Note = hostile[i%len(hostile)], hostile[(i+1)%len(hostile)]
	}
	for i := range s.Reviewers {
		s.Reviewers[i].Reviewer = hostile[i%len(hostile)]
	}
	file := write(t, func(f *os.File) error { return s.HTML(f, strings.Repeat("0", 64)) })
	for _, l := range looks() {
		t.Run(l.String(), func(t *testing.T) {
			p := open(t, file, l)
			p.wantFits()
			if !l.noScript {
				heads := eval[string](p, `Array.from(document.querySelectorAll("h1, h2")).map(h => h.textContent).join("|")`)
				if want := "Sign-off of an access review|What became of it|Who decided|Kept with a finding|Evidence"; heads != want {
					t.Errorf("its parts are %q, want %q", heads, want)
				}
				p.wantAccessible(script)
			}
			p.wantNoTrouble()
		})
	}
}
