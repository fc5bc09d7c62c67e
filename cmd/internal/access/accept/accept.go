// Package accept reads which findings somebody has accepted, and until when.
package accept

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/strict"
)

// MostDays is how long somebody may accept something at a time.
const MostDays = 366

// An Entry is one acceptance.
type Entry struct {
	Rule    string
	Subject string               // UUID, or what else identifies the subject
	Place   string               // UUID; empty for every place
	AtMost  bitbucket.Permission // empty for any permission
	Reason  string
	By      string
	Since   time.Time
	Until   time.Time // the last day; it counts
	Line    int
}

// Parse reads an accept file.
func Parse(data []byte) ([]Entry, error) {
	f, err := strict.Open(data)
	if err != nil {
		return nil, err
	}
	var entries []Entry
	f.Root(strict.Fields{
		"version": {Read: strict.Value.Version, Required: true},
		"accept": {Required: true, Read: func(v strict.Value) {
			v.Each(func(v strict.Value) { entries = append(entries, parseEntry(f, v)) })
		}},
	})
	return entries, f.Err()
}

func parseEntry(f *strict.File, v strict.Value) Entry {
	e := Entry{Line: v.Line()}
	v.Object(strict.Fields{
		"rule":    {Required: true, Read: func(v strict.Value) { e.Rule = v.OneOf(findings.IDs()...) }},
		"subject": {Required: true, Read: func(v strict.Value) { e.Subject = v.Text() }},
		"place":   {Read: func(v strict.Value) { e.Place = v.Text() }},
		"at_most": {Read: func(v strict.Value) {
			e.AtMost = bitbucket.Permission(v.OneOf("read", "write", "create-repo", "admin"))
		}},
		"reason": {Required: true, Read: func(v strict.Value) { e.Reason = v.Text() }},
		"by":     {Required: true, Read: func(v strict.Value) { e.By = v.Text() }},
		"since":  {Required: true, Read: func(v strict.Value) { e.Since = v.Date() }},
		"until":  {Required: true, Read: func(v strict.Value) { e.Until = v.Date() }},
	})
	if e.Since.IsZero() || e.Until.IsZero() {
		return e
	}
	if days := int(e.Until.Sub(e.Since) / (24 * time.Hour)); days < 0 || days > MostDays {
		f.Fail(e.Line, "from %s to %s is not within %d days; accept it anew when it ends",
			e.Since.Format(time.DateOnly), e.Until.Format(time.DateOnly), MostDays)
	}
	return e
}

// matches reports whether an entry is about an item.
func (e *Entry) matches(rule string, it *findings.Item) bool {
	return e.Rule == rule && strings.EqualFold(e.Subject, it.Subject.UUID) &&
		(e.Place == "" || strings.EqualFold(e.Place, it.Place.UUID))
}

// judge says what an entry makes of an item that it is about.
func (e *Entry) judge(it *findings.Item, now time.Time) findings.State {
	today := now.UTC().Truncate(24 * time.Hour)
	switch {
	case today.Before(e.Since):
		return findings.Open
	case today.After(e.Until):
		return findings.Expired
	case e.AtMost != "" && access.Rank(it.Permission) > access.Rank(e.AtMost):
		return findings.Exceeded
	}
	return findings.Accepted
}

// Apply marks the items that entries are about, and returns besides the findings about entries that
// are about nothing.
func Apply(
	all []findings.Finding,
	entries []Entry,
	snapshot *access.Snapshot,
	now time.Time,
) []findings.Finding {
	used := make([]bool, len(entries))
	for i := range all {
		for j := range all[i].Items {
			it := &all[i].Items[j]
			for n := range entries {
				if entries[n].matches(all[i].Rule, it) {
					used[n] = true
					entries[n].mark(it, now)
				}
			}
		}
	}
	var unused, unknown []findings.Item
	for n := range entries {
		e := &entries[n]
		it := findings.Item{
			Subject: findings.Subject{Kind: "acceptance", UUID: e.Rule + " " + e.Subject, Name: e.Subject},
			Place: findings.Place{
				Kind: "accept file",
				UUID: e.Place,
				Name: fmt.Sprintf("line %d", e.Line),
			},
			Detail: fmt.Sprintf("%s, accepted by %s until %s", e.Rule, e.By, e.Until.Format(time.DateOnly)),
		}
		switch {
		case used[n]:
		case e.judged(snapshot):
			unused = append(unused, it)
		default:
			unknown = append(unknown, it)
		}
	}
	if len(unused) > 0 {
		all = append(all, findings.OfAcceptances("unused-acceptance", "", unused))
	}
	if len(unknown) > 0 {
		all = append(all, findings.OfAcceptances("acceptance-not-judged", "", unknown))
	}
	return all
}

// mark gives an item the state that an entry makes of it, unless a better entry has been there.
func (e *Entry) mark(it *findings.Item, now time.Time) {
	state := e.judge(it, now)
	order := []findings.State{findings.Open, findings.Expired, findings.Exceeded, findings.Accepted}
	if slices.Index(order, state) < slices.Index(order, it.State) || state == findings.Open {
		return
	}
	it.State = state
	it.Acceptance = &findings.Acceptance{
		Reason: e.Reason, By: e.By, Line: e.Line,
		Since: e.Since.Format(time.DateOnly), Until: e.Until.Format(time.DateOnly),
	}
}

// judged reports whether enough was read to say that an entry is about nothing.
func (e *Entry) judged(s *access.Snapshot) bool {
	for i := range s.Workspaces {
		w := &s.Workspaces[i]
		if e.Place != "" && !holds(w, e.Place) && w.Complete && !w.Narrow {
			continue // the place is not in it
		}
		if !w.Complete || w.Narrow || findings.NotJudged(w)[e.Rule] != nil {
			return false
		}
	}
	return true
}

// holds reports whether a place is the workspace or lies in it.
func holds(w *access.Workspace, uuid string) bool {
	return strings.EqualFold(w.UUID, uuid) ||
		slices.ContainsFunc(
			w.Repositories,
			func(r access.Repository) bool { return strings.EqualFold(r.UUID, uuid) },
		) ||
		slices.ContainsFunc(
			w.Projects,
			func(p access.Project) bool { return strings.EqualFold(p.UUID, uuid) },
		)
}
