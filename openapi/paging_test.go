package openapi

import (
	"iter"
	"slices"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestPaging(t *testing.T) {
	servers := map[string][]bitbuckettest.Option{
		"numbers":       nil,
		"hashes":        {bitbuckettest.OpaqueCursors()},
		"bare pages":    {bitbuckettest.Omit("size", "page", "previous", "pagelen")},
		"short pages":   {bitbuckettest.ShortPages()},
		"variables old": {bitbuckettest.VariablesWithoutNext()},
	}
	onBothStages(t, func(t *testing.T, s *stage) {
		for name, opts := range servers {
			t.Run(name, func(t *testing.T) {
				b := s.open(t, append(opts, bitbuckettest.Legacy())...)
				applies := func(op operation) bool { return op.paged && !(op.counted && name == "hashes") }
				b.each(t, b.ids, applies, func(t *testing.T, op operation, c *bitbucket.Client) {
					want, err := op.call(t.Context(), c)
					if err != nil || want < 2 {
						t.Fatalf("got %d items and error %v, want several", want, err)
					}
					for _, opts := range [][]bitbucket.CallOption{
						{bitbucket.PageLen(1)},
						{bitbucket.PageLen(2), bitbucket.Prefetch()},
						{bitbucket.PageLen(1), bitbucket.Parallel(3)},
						{bitbucket.PageLen(100)},
						{bitbucket.PageLen(1), bitbucket.Fields("values.type")},
					} {
						if got, err := op.call(t.Context(), c, opts...); err != nil || got != want {
							t.Errorf("got %d items and error %v, want %d", got, err, want)
						}
					}
				})
			})
		}
	})
}

func TestWalkGoesOnInAnotherClient(t *testing.T) {
	onBothStages(t, func(t *testing.T, s *stage) {
		b := s.open(t)
		next, stop := iter.Pull2(b.person(t).Permissions.ListMine(t.Context(), "acme",
			bitbucket.PageLen(5)).Pages())
		defer stop()
		first, err, _ := next()
		if err != nil || len(first.Values) != 5 || first.Number != 1 || first.PageLen != 5 {
			t.Fatalf("got the page %+v and error %v", first, err)
		}
		if total, known := first.Total(); known {
			t.Errorf("got the total %d of a list that comes without its size", total)
		}
		rest, err := b.person(t).Permissions.ListMine(t.Context(), "acme", bitbucket.From(first.Next)).
			Collect()
		if err != nil || len(rest) != 7 {
			t.Fatalf("got %d more and error %v, want 7", len(rest), err)
		}
		var names []string
		for _, p := range append(first.Values, rest...) {
			names = append(names, p.Repository.Name)
		}
		slices.Sort(names)
		if names = slices.Compact(names); len(names) != 12 {
			t.Errorf("got the repositories %v, want 12", names)
		}
	})
}

func TestLongListsComeInPagesOfAHundred(t *testing.T) {
	onBothStages(t, func(t *testing.T, s *stage) {
		b := s.open(t)
		for i := range 250 {
			b.AddUser(bitbuckettest.User{Nickname: "member" + string(rune('a'+i/26)) +
				string(rune('a'+i%26))})
			b.AddMember("acme", bitbuckettest.Member{User: "member" + string(rune('a'+i/26)) +
				string(rune('a'+i%26))})
		}
		c := b.person(t)
		b.ResetLog()
		members, err := c.Workspaces.ListMembers(t.Context(), "acme").Collect()
		if err != nil || len(members) != 254 || b.Calls() != 3 {
			t.Errorf("got %d members in %d calls and error %v, want 254 in 3", len(members), b.Calls(), err)
		}
	})
}
