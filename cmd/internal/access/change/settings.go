package change

import (
	"fmt"
	"strings"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

// settings lists how the two runs differed: in what they read, by whose credential, and in what
// they judge by.
func settings(before, after *report.Report) []Field {
	fields := []Field{}
	now := settingsOf(after)
	for i, s := range settingsOf(before) {
		if other := now[i]; s[1] != other[1] {
			fields = append(fields, Field{Name: s[0], Old: s[1], New: other[1]})
		}
	}
	return fields
}

func settingsOf(r *report.Report) [][2]string {
	s, t := r.Settings, r.Settings.Thresholds
	all := [][2]string{
		{"base_url", r.Source.BaseURL},
		{"credential", strings.TrimSpace(r.Source.Credential + " " + r.Source.UUID)},
		{"tool", strings.TrimSpace(r.Tool.Version + " " + r.Tool.Revision)},
		{"projects", strings.Join(s.Projects, " ")},
		{"repositories", strings.Join(s.Repositories, " ")},
		{"explicit", fmt.Sprint(s.Explicit)},
		{"without", strings.Join(s.Without, " ")},
		{"max_admins", fmt.Sprint(t.MaxAdmins)},
		{"min_admins", fmt.Sprint(t.MinAdmins)},
		{"max_admin_of", fmt.Sprint(t.MaxAdminOf)},
		{"max_owners", fmt.Sprint(t.MaxOwners)},
		{"stale_days", fmt.Sprint(t.StaleDays)},
		{"stale_admin_days", fmt.Sprint(t.StaleAdminDays)},
		{"stale_invitation_days", fmt.Sprint(t.StaleInvitation)},
	}
	for _, name := range []string{"roster", "accept"} {
		sum := ""
		for _, in := range r.Inputs {
			if in.Name == name {
				sum = "SHA-256 " + in.SHA256
			}
		}
		all = append(all, [2]string{name, sum})
	}
	return all
}
