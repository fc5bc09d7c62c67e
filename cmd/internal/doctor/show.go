package doctor

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/render"
)

// Show writes a report for people to read.
func (r *Report) Show(w io.Writer) error {
	var b strings.Builder
	if r.Demo {
		b.WriteString("DEMO: an in-memory Bitbucket was asked\n")
	}
	c := &r.Credential
	fmt.Fprintf(&b, "credential: %s (%s), at %s\n", c.Kind, c.Why, r.BaseURL)
	if c.UUID != "" {
		fmt.Fprintf(&b, "account: %s %s\n", c.Account, c.UUID)
	}
	fmt.Fprintf(&b, "scopes: %s\n", orNone(strings.Join(c.Scopes, ", "), "Bitbucket does not say"))
	fmt.Fprintf(&b, "workspace: %s\n", orNone(r.Workspace, "none was found"))
	fmt.Fprintf(&b, "calls: %d of at most %d\n", r.Calls.Made, r.Calls.Most)
	if r.Stopped != "" {
		fmt.Fprintf(&b, "stopped: %s\n", r.Stopped)
	}
	r.showLimits(&b)
	r.showOperations(&b)
	r.showDrift(&b)
	var out strings.Builder
	for line := range strings.Lines(b.String()) {
		out.WriteString(render.Clean(strings.TrimSuffix(line, "\n")) + "\n")
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func orNone(text, none string) string {
	if text == "" {
		return none
	}
	return text
}

func (r *Report) showLimits(b *strings.Builder) {
	if len(r.Limits) == 0 {
		b.WriteString("limits: Bitbucket does not tell this credential\n")
	}
	for _, l := range r.Limits {
		fmt.Fprintf(b, "limits: %s:", orNone(l.Resource, "all"))
		if l.Limit > 0 {
			fmt.Fprintf(b, " %d calls an hour", l.Limit)
		}
		if l.NearLimit {
			b.WriteString(", little is left")
		}
		if l.RetryAfter > 0 {
			fmt.Fprintf(b, " to be left alone for %ds", l.RetryAfter)
		}
		b.WriteByte('\n')
	}
}

// showOperations writes them by how they went.
func (r *Report) showOperations(b *strings.Builder) {
	for _, state := range []State{Allowed, Refused, Gone, Failed, NotTried} {
		n := r.Count(state)
		if n == 0 {
			continue
		}
		fmt.Fprintf(b, "\n%s: %s\n", state, render.Count(n, "operation", "operations"))
		if state == NotTried {
			r.showUntried(b)
			continue
		}
		table := tabwriter.NewWriter(b, 0, 8, 2, ' ', 0)
		for i := range r.Operations {
			if o := &r.Operations[i]; o.State == state {
				fmt.Fprintf(table, "  %s\t%s\n", o.Name, o.told())
			}
		}
		table.Flush()
	}
}

// told is what a line says of an operation behind its name.
func (o *Operation) told() string {
	if o.State == Allowed {
		return o.Endpoint
	}
	text := o.Why
	if len(o.Scopes) > 0 {
		text += ": " + strings.Join(o.Scopes, ", ")
	}
	if o.Status != 0 {
		text = fmt.Sprintf("%d %s", o.Status, text)
	}
	return render.Clean(text) // a tab would begin another column
}

// showUntried writes the reasons, each with its operations.
func (r *Report) showUntried(b *strings.Builder) {
	var reasons []string
	names := map[string][]string{}
	for i := range r.Operations {
		o := &r.Operations[i]
		if o.State != NotTried {
			continue
		}
		if names[o.Why] == nil {
			reasons = append(reasons, o.Why)
		}
		names[o.Why] = append(names[o.Why], o.Name)
	}
	for _, why := range reasons {
		fmt.Fprintf(b, "  %s: %s\n", why, strings.Join(names[why], ", "))
	}
}

func (r *Report) showDrift(b *strings.Builder) {
	for i := range r.Operations {
		o := &r.Operations[i]
		for _, d := range []struct {
			what  string
			paths []string
		}{
			{"unknown to the library", o.Drift.Unknown},
			{"missing", o.Drift.Missing},
			{"of another kind", o.Drift.Changed},
		} {
			if len(d.paths) > 0 {
				fmt.Fprintf(b, "\nmembers of %s %s: %s\n", o.Name, d.what, strings.Join(d.paths, ", "))
			}
		}
	}
}
