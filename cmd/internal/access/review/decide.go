package review

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
)

// A Decision is what a reviewer decides on a row.
type Decision string

// The decisions.
const (
	Keep        Decision = "keep"
	Revoke      Decision = "revoke"
	ChangeRead  Decision = "change:read"
	ChangeWrite Decision = "change:write"
	NotMine     Decision = "not-mine" // somebody else has to decide; the row stays open
)

// Decisions lists the decisions.
func Decisions() []Decision { return []Decision{Keep, Revoke, ChangeRead, ChangeWrite, NotMine} }

// Open reports whether a row that has the decision is still to be decided on.
func (d Decision) Open() bool { return d == "" || d == NotMine }

// Acts reports whether somebody has to do something.
func (d Decision) Acts() bool { return d == Revoke || d.becomes() != "" }

// becomes is the permission that a change leaves, or nothing for another decision.
func (d Decision) becomes() bitbucket.Permission {
	after, is := strings.CutPrefix(string(d), "change:")
	if !is {
		return ""
	}
	return bitbucket.Permission(after)
}

// decide reads the cells decision, reviewer, date and note of a row.
func (in *reader) decide(at place, e *Entry, cells []string) {
	e.Decision = Decision(strings.ToLower(strings.TrimSpace(cells[0])))
	e.Reviewer = strings.Join(strings.Fields(cells[1]), " ")
	e.Note = strings.TrimSpace(cells[3])
	if text := strings.TrimSpace(cells[2]); text != "" {
		in.date(at, e, text)
	}
	if e.Decision == "" {
		return
	}
	if !slices.Contains(Decisions(), e.Decision) {
		in.fail("%s: the decision %q is none of %s", at, cells[0], words(Decisions()))
		return
	}
	if e.Decision == NotMine {
		return
	}
	if Blank(e.Reviewer) {
		in.fail("%s: the decision has no reviewer: write who decided", at)
	}
	if strings.TrimSpace(cells[2]) == "" {
		in.fail("%s: the decision has no date: write the day as 2026-12-31", at)
	}
	if e.Decision == Keep && e.Row.argued() && Blank(e.Note) {
		in.fail("%s: a finding is kept without a note: write why (%s)",
			at, strings.Join(rules(e.Row), "; "))
	}
	if after := e.Decision.becomes(); after != "" {
		in.change(at, e, after)
	}
}

// change refuses changes that are none, or that nobody can make.
func (in *reader) change(at place, e *Entry, after bitbucket.Permission) {
	switch {
	case e.Row.Kind != Effective && e.Row.Kind != Grant:
		in.fail("%s: a %s cannot be changed to %s: decide revoke or keep", at, e.Row.Kind, after)
	case access.Rank(after) >= access.Rank(e.Row.Permission):
		in.fail("%s: %s is not less than %s: decide revoke or keep", at, after, e.Row.Permission)
	}
}

// Blank reports whether there is nothing to see of a text.
func Blank(text string) bool { return visible(text) == "" }

// visible takes out of a text what nobody sees of it, such as spaces without width.
func visible(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return -1
		}
		return r
	}, text))
}

func words[T ~string](all []T) string {
	var list []string
	for _, one := range all {
		list = append(list, string(one))
	}
	return strings.Join(list, ", ")
}

// A DateOrder says how dates with slashes are meant, which spreadsheets write by the habits of a
// country.
type DateOrder string

// The orders.
const (
	Unordered DateOrder = ""    // a date that can be meant in two ways is refused
	DayMonth  DateOrder = "dmy" // 31/12/2026
	MonthDay  DateOrder = "mdy" // 12/31/2026
)

// date reads the day of a decision, which is not before the export and not in the future.
func (in *reader) date(at place, e *Entry, text string) {
	day, err := parseDay(text, in.order)
	switch {
	case err != nil:
		in.fail("%s: the date %q %v", at, text, err)
	case day.After(dayOf(in.now)):
		in.fail("%s: the date %s is in the future; today is %s (UTC)",
			at, day.Format(time.DateOnly), in.now.UTC().Format(time.DateOnly))
	case day.Before(in.since):
		in.fail("%s: the date %s is before the export on %s",
			at, day.Format(time.DateOnly), in.since.Format(time.DateOnly))
	default:
		e.Date = day
	}
}

func dayOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// parseDay reads a day as people and spreadsheets write it.
func parseDay(text string, order DateOrder) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, "2006/1/2", "2006-1-2", "2.1.2006"} {
		if day, err := time.Parse(layout, text); err == nil {
			return day, nil
		}
	}
	byDay, dayErr := time.Parse("2/1/2006", text)
	byMonth, monthErr := time.Parse("1/2/2006", text)
	switch {
	case dayErr != nil && monthErr != nil:
		return byDay, errors.New("is no day: write it as 2026-12-31")
	case order == DayMonth && dayErr == nil:
		return byDay, nil
	case order == MonthDay && monthErr == nil:
		return byMonth, nil
	case order != Unordered:
		return byDay, fmt.Errorf("is no day in the order %s", order)
	case dayErr != nil:
		return byMonth, nil //nolint:nilerr // as a day of the other order it can be read
	case monthErr != nil || byDay.Equal(byMonth):
		return byDay, nil //nolint:nilerr // so it is
	}
	return byDay, errors.New("can be two days: write it as 2026-12-31, or say the order with -dates")
}
