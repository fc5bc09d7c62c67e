package policy

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
)

// exceptionDays is how long the exceptions of a recommended policy last.
const exceptionDays = 90

// Recommend writes a policy of recommended rules for a workspace. What breaks them today becomes an
// exception that ends in 90 days, with a reason that has to be written before a gate reads it.
func Recommend(w *access.Workspace, now time.Time) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(
		&b,
		"# Who may have access to the repositories of %s. What breaks the rules today is listed below.\n",
		strconv.QuoteToASCII(w.Slug),
	)
	b.WriteString(
		"version: 1\ndefaults:\n  admins:\n    most: 5\n    least: 2\n  outsiders: none\n  two_step: admins\n  stale_days: 90\n",
	)
	if w.Read(access.RepositoryUsers) {
		b.WriteString("  direct_grants: none\n")
	}
	if w.Read(access.RepositoryVariables) && w.Read(access.WorkspaceVariables) {
		b.WriteString("  unsecured_variables: none\n")
	}
	policy, err := Parse(b.Bytes(), now, nil)
	if err != nil {
		return nil, err
	}
	verdict := policy.Judge(w, nil, now)
	var broken []exceptionText
	for _, j := range verdict.Repositories {
		for _, p := range slices.Concat(j.Shut, j.Unknown) {
			if p.Value == "" {
				return nil, fmt.Errorf("%s: %s: %s", j.Slug, p.Check, p.Text)
			}
			broken = append(broken, exceptionText{j.Slug, p})
		}
	}
	for _, p := range verdict.General {
		return nil, fmt.Errorf("%s: %s", p.Check, p.Text)
	}
	if len(broken) > 0 {
		b.WriteString("exceptions:\n")
	}
	until := now.UTC().AddDate(0, 0, exceptionDays).Format(time.DateOnly)
	for _, e := range broken {
		e.write(&b, until)
	}
	return b.Bytes(), nil
}

// An exceptionText is an exception to be written.
type exceptionText struct {
	slug    string
	problem Problem
}

func (e exceptionText) write(b *bytes.Buffer, until string) {
	fmt.Fprintf(
		b,
		"  - rule: %s\n    place: %s\n    value: %s\n    until: %s\n    by: nobody yet\n    reason: %s\n",
		e.problem.Check,
		strconv.QuoteToASCII(e.slug),
		strconv.QuoteToASCII(e.problem.Value),
		until,
		strconv.QuoteToASCII(Placeholder+" "+e.problem.Text),
	)
}
