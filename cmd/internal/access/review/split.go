package review

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/render"
)

// A Split says who reviews which rows.
type Split string

// The splits.
const (
	ByManager Split = "manager" // whom the roster names beside the person
	ByTeam    Split = "team"    // which the roster names beside the person
	ByProject Split = "project"
	Unsplit   Split = "none"
)

// Splits lists the splits.
func Splits() []string {
	return []string{string(ByManager), string(ByTeam), string(ByProject), string(Unsplit)}
}

// NeedsRoster reports whether the roster says who reviews.
func (s Split) NeedsRoster() bool { return s == ByManager || s == ByTeam }

const (
	unassigned = "unassigned.csv" // of nobody whom the split names
	everything = "review.csv"     // when there is one file for all
)

// assign gives each row to a file. Whoever the split names nobody for is in a file of their own.
func (m *Manifest) assign(roster findings.Roster) {
	reviewers := map[string]string{} // as they are first written, by what they are compared by
	of := map[*Row]string{}
	reasons := map[string]map[string]bool{} // subjects, by why nobody is named
	for i := range m.Workspaces {
		w := &m.Workspaces[i]
		for j := range w.Rows {
			r := &w.Rows[j]
			who := &w.Subjects[r.Subject]
			reviewer, why := m.Split.reviewer(w, r, roster)
			reviewer = strings.Join(strings.Fields(reviewer), " ")
			key := strings.ToLower(reviewer)
			if key == "" {
				if reasons[why] == nil {
					reasons[why] = map[string]bool{}
				}
				reasons[why][string(who.Kind)+" "+who.ID] = true
				continue
			}
			if had, met := reviewers[key]; !met || reviewer < had {
				reviewers[key] = reviewer
			}
			of[r] = key
		}
	}
	names := fileNames(slices.Sorted(maps.Keys(reviewers)))
	rows := map[string]int{}
	for i := range m.Workspaces {
		w := &m.Workspaces[i]
		for j := range w.Rows {
			r := &w.Rows[j]
			r.File = cmp.Or(names[of[r]], unassigned)
			if m.Split == Unsplit {
				r.File = everything
			}
			rows[r.File]++
		}
	}
	for _, key := range slices.Sorted(maps.Keys(reviewers)) {
		name := names[key]
		f := File{Name: name, Reviewer: reviewers[key], Why: []string{}, Rows: rows[name]}
		m.Files = append(m.Files, f)
	}
	for _, name := range []string{unassigned, everything} {
		if rows[name] > 0 {
			m.Files = append(m.Files, File{Name: name, Why: why(reasons), Rows: rows[name]})
		}
	}
}

// why says why nobody reviews, and how many that is about.
func why(reasons map[string]map[string]bool) []string {
	lines := []string{}
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		n := len(reasons[reason])
		lines = append(lines, fmt.Sprintf("%s: %s", reason, render.Count(n, "subject", "subjects")))
	}
	return lines
}

// reviewer names who reviews a row, or says why nobody is named.
func (s Split) reviewer(w *Workspace, r *Row, roster findings.Roster) (reviewer, why string) {
	who := &w.Subjects[r.Subject]
	entry, listed := roster[strings.ToLower(who.Email)] // no address is empty there
	switch {
	case s == Unsplit:
		return "", "one file for all"
	case s == ByProject && r.Project == "":
		return "", "access that belongs to no project"
	case s == ByProject:
		return w.Slug + "/" + r.Project, ""
	case !who.person() && !listed:
		return "", "groups, deploy keys and invitations, which have no " + string(s)
	case !listed:
		return "", "not on the roster"
	case s == ByTeam && entry.Team != "":
		return entry.Team, ""
	case s == ByTeam || entry.Manager == "":
		return "", "no " + string(s) + " on the roster"
	case who.isCalled(entry.Manager):
		return "", "would review themselves"
	}
	return entry.Manager, ""
}

var plainFile = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*\.csv$`)

// plainName reports whether a file is one that reviews have.
func plainName(name string) bool { return plainFile.MatchString(name) }

// mostLetters is how much of a reviewer's name a file's name has.
const mostLetters = 60

// fileNames names a file for each reviewer, in letters that no system takes for anything else: all
// names begin with the same word, so that none is a device, and are lower case, so that no two
// differ by that alone.
func fileNames(reviewers []string) map[string]string {
	names, taken := map[string]string{}, map[string]bool{}
	for _, reviewer := range reviewers {
		words := strings.FieldsFunc(strings.ToLower(reviewer), func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9')
		})
		begin := strings.Join(append([]string{"review"}, words...), "-")
		begin = begin[:min(len(begin), mostLetters)]
		name := begin + ".csv"
		for n := 2; taken[name] || name == everything; n++ {
			name = begin + "-" + strconv.Itoa(n) + ".csv"
		}
		names[reviewer], taken[name] = name, true
	}
	return names
}
