package doctor

import (
	"maps"
	"slices"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/internal/exchanges"
)

// What Bitbucket always sends is what every recorded answer has, and the in-memory Bitbucket too,
// object by object: what one of both leaves out is not missed.
func TestAlwaysIsWhatTheRecordingsHave(t *testing.T) {
	const since = 2021 // members of older answers are gone
	shapes := map[string]shape{}
	for _, op := range operations() {
		shapes[op.name] = op.shape
	}
	type kind struct {
		name  string
		whole bool
	}
	common := map[kind]map[string]bool{}
	for _, r := range exchanges.Where(func(r exchanges.Recorded) bool {
		return r.Year >= since && (r.Kind == exchanges.Object || r.Kind == exchanges.Paged)
	}) {
		s, reads := shapes[r.Operation]
		if !reads || s.item == nil {
			continue
		}
		c := comparison{visit: func(name string, whole bool, _ string, has map[string]bool) {
			of := kind{name, whole}
			if common[of] == nil {
				common[of] = maps.Clone(has)
			}
			leave(common[of], has)
		}}
		c.run(s, []byte(r.Body))
		if len(c.Unknown)+len(c.Changed) > 0 {
			t.Errorf("%s: unknown %q, changed %q", r.Name, c.Unknown, c.Changed)
		}
	}
	demo := bitbuckettest.Demo(bitbuckettest.Throttle(0, 0))
	inMemory := append(answersOf(t, demo, "amber-fox"), answersOf(t, furnished(t), "ada")...)
	for _, answer := range inMemory {
		c := comparison{visit: func(name string, whole bool, _ string, has map[string]bool) {
			leave(common[kind{name, whole}], has)
		}}
		c.run(answer.shape, answer.body)
		if len(c.Unknown)+len(c.Changed) > 0 {
			t.Errorf("in memory: unknown %q, changed %q", c.Unknown, c.Changed)
		}
	}
	for of, members := range common {
		want := slices.Sorted(maps.Keys(members))
		if got := slices.Sorted(slices.Values(always(of.name, of.whole))); !slices.Equal(got, want) {
			t.Errorf("%+v: %q, recorded are %q", of, got, want)
		}
	}
	if n := len(recorded) + len(recordedInside); n != len(common) {
		t.Errorf("%d kinds, recorded are %d", n, len(common))
	}
}

// leave keeps the members that are in both.
func leave(members, has map[string]bool) {
	maps.DeleteFunc(members, func(member string, _ bool) bool { return !has[member] })
}
