package throttletest

import (
	"fmt"
	"testing"
	"time"
)

// verdict is what a run of a fleet showed.
type verdict struct {
	wrong  []string      // what a busy machine does not excuse
	slow   []string      // what it does excuse: times, and servers that did not answer in time
	heldUp time.Duration // for how long the machine held something up
}

// busy is for how long a machine holds up something at most, the 10 ms of the server included, that
// is not too busy to measure anything.
const busy = 100 * time.Millisecond

// mostRuns is how often a run is repeated on a machine that is too busy.
const mostRuns = 5

// judge runs until a run has nothing to excuse, or the machine held up nothing for longer than
// that, and reports what is wrong.
func judge(t *testing.T, longest time.Duration, run func() verdict) {
	t.Helper()
	for range mostRuns {
		v := run()
		for _, wrong := range v.wrong {
			t.Error(wrong)
		}
		if len(v.slow) == 0 {
			return
		}
		if v.heldUp <= longest {
			for _, slow := range v.slow {
				t.Error(slow)
			}
			return
		}
		t.Logf("not judged, since the machine held up something for %v: %q", v.heldUp, v.slow)
	}
	t.Errorf("the machine held up all of %d runs for too long to judge them", mostRuns)
}

// overBudget says how far the server counted over the budget, if it did.
func overBudget(most, calls int, per time.Duration) (wrong []string) {
	if most > calls {
		wrong = append(wrong, fmt.Sprintf("up to %d calls in %v, want at most %d", most, per, calls))
	}
	return wrong
}

// texts are the first of many errors.
func texts(errs []error) (texts []string) {
	for _, err := range errs[:min(len(errs), 3)] {
		texts = append(texts, err.Error())
	}
	if more := len(errs) - len(texts); more > 0 {
		texts = append(texts, fmt.Sprintf("and %d errors more", more))
	}
	return texts
}
