package render

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

// Evidence lists how a report came about, as names and values.
func Evidence(r *report.Report) [][2]string {
	all := [][2]string{
		{"title", r.Title},
		{"report", r.Run.ID},
		{"form", fmt.Sprintf("%s %d", r.Kind, r.Version)},
		{"tool", Tool(r.Tool)},
		{"complete", strconv.FormatBool(r.Complete)},
	}
	for _, why := range r.Incomplete {
		all = append(all, [2]string{"incomplete", why})
	}
	all = append(all, [][2]string{
		{"started", stamp(r.Run.Started)},
		{"ended", stamp(r.Run.Ended)},
		{"as of", stamp(r.AsOf)},
		{"base URL", r.Source.BaseURL},
		{"credential", credential(r.Source)},
		{"calls", fmt.Sprintf("%d planned, %d made, %d retried, %d refused",
			r.Run.Calls.Planned, r.Run.Calls.Made, r.Run.Calls.Retried, r.Run.Calls.Refused)},
		{"settings", settings(r.Settings)},
	}...)
	for _, at := range r.Run.Resumed {
		all = append(all, [2]string{"resumed", stamp(at)})
	}
	for i := range r.Access.Workspaces {
		w := &r.Access.Workspaces[i]
		text := w.Slug + " " + w.UUID
		if w.ViewerRole != "" {
			text += ", seen as " + string(w.ViewerRole)
		}
		all = append(all, [2]string{"workspace", text})
	}
	for _, in := range r.Inputs {
		all = append(all, [2]string{in.Name + " file", in.File + " SHA-256 " + in.SHA256})
	}
	for _, what := range r.CannotBeRead {
		all = append(all, [2]string{"cannot be read", what})
	}
	return append(all, [2]string{"SHA-256 of the JSON form", r.SHA256})
}

// Tool says which program made a report, and of which revision.
func Tool(t report.Tool) string {
	text := t.Name + " " + t.Version
	if t.Revision != "" {
		text += " " + t.Revision
	}
	if t.Modified {
		text += " (modified)"
	}
	return text
}

func credential(s report.Source) string {
	switch {
	case s.Account == "" && s.UUID == "":
		return s.Credential
	default:
		return s.Credential + " of " + s.Account + " " + s.UUID
	}
}

func settings(s report.Settings) string {
	t := s.Thresholds
	parts := []string{
		fmt.Sprintf("explicit %v", s.Explicit), "fail on " + s.FailOn, "throttle " + s.Throttle,
		fmt.Sprintf(
			"admins %d to %d",
			t.MinAdmins,
			t.MaxAdmins,
		), fmt.Sprintf("admin of at most %d", t.MaxAdminOf),
		fmt.Sprintf("owners at most %d", t.MaxOwners),
		fmt.Sprintf(
			"stale after %d days, admins after %d, invitations after %d",
			t.StaleDays,
			t.StaleAdminDays,
			t.StaleInvitation,
		),
	}
	add := func(name string, list []string) {
		if len(list) > 0 {
			parts = append(parts, name+" "+strings.Join(list, " "))
		}
	}
	add("projects", s.Projects)
	add("repositories", s.Repositories)
	add("without", s.Without)
	if s.MaxCalls > 0 {
		parts = append(parts, fmt.Sprintf("at most %d calls", s.MaxCalls))
	}
	return strings.Join(parts, ", ")
}

// stamp writes a time in UTC.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}
