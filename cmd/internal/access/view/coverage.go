package view

import (
	"cmp"
	"maps"
	"slices"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

// Coverage is what was read, what was refused, and what cannot be read.
type Coverage struct {
	Verdicts     []Verdicts // how many lists have which verdict
	Spaces       List[Space]
	NotJudged    List[Text]
	CannotBeRead List[Text]
}

// Verdicts counts lists.
type Verdicts struct {
	Verdict access.Verdict
	Lists   int
}

// A Space is how the lists of one workspace were read.
type Space struct {
	Slug  string
	Lists List[Read]
}

func (s Space) size() room { return size(30, s.Slug, s.Slug) }

// A Read is how one list was read.
type Read struct {
	access.Coverage
	Why    string
	Places List[Text] // where it was read less well
}

func (r Read) size() room {
	of := size(28, r.List, r.Why)
	for _, place := range r.Places.Items {
		of = of.plus(place.size())
	}
	return of
}

func coverageOf(r *report.Report) Coverage {
	left := coverageRoom
	v := Coverage{CannotBeRead: texts(&left, unlimited, r.CannotBeRead)}
	spaces := r.Access.Workspaces
	v.Spaces = fill(&left, unlimited, len(spaces), func(i int) Space {
		return Space{Slug: name(spaces[i].Slug)}
	})
	lists := map[access.Verdict]int{}
	for i := range spaces {
		for _, c := range spaces[i].Coverage {
			lists[c.Verdict]++
		}
	}
	for _, verdict := range []access.Verdict{
		access.Whole, access.Short, access.Refused, access.Failed, access.NotRead, access.Gone, access.LeftOut,
	} {
		if lists[verdict] > 0 {
			v.Verdicts = append(v.Verdicts, Verdicts{verdict, lists[verdict]})
		}
	}
	for i := range v.Spaces.Items {
		covers := spaces[i].Coverage
		v.Spaces.Items[i].Lists = fill(&left, unlimited, len(covers), func(j int) Read {
			return readOf(covers[j])
		})
	}
	v.NotJudged = texts(&left, unlimited, notJudged(r))
	return v
}

func readOf(c access.Coverage) Read {
	free := room{unlimited, unlimited}
	var places []string
	for _, e := range c.Exceptions[:min(20, len(c.Exceptions))] {
		text := name(e.Place) + ": " + string(e.Verdict)
		if e.Why != "" {
			text += ": " + e.Why
		}
		places = append(places, text)
	}
	r := Read{Coverage: c, Why: line(c.Why), Places: texts(&free, unlimited, places)}
	r.Places.Left = len(c.Exceptions) - len(places)
	return r
}

// notJudged lists the rules for which too little was read.
func notJudged(r *report.Report) []string {
	var all []string
	for _, slug := range slices.Sorted(maps.Keys(r.NotJudged)) {
		for _, rule := range slices.Sorted(maps.Keys(r.NotJudged[slug])) {
			text := rule + ": no roster was given"
			if lacking := r.NotJudged[slug][rule]; !unasked(r, lacking) {
				text = rule + ": " + notRead(lacking)
			}
			if len(r.Access.Workspaces) > 1 {
				text = cmp.Or(slug, "?") + ": " + text
			}
			all = append(all, text)
		}
	}
	return all
}
