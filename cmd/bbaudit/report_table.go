package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// tableWidth is where lists of names are broken.
const tableWidth = 110

// table writes the report for people to read.
func (r *report) table(w io.Writer) error {
	var t tableWriter
	t.heading(r)
	t.findings(r.Findings)
	t.people(r)
	t.grants(r.Grants)
	if r.Partial {
		t.line("")
		t.line("PARTIAL: there is more than this report shows.")
	}
	_, err := io.WriteString(w, t.text.String())
	return err
}

// A tableWriter collects lines that do no harm to a terminal.
type tableWriter struct{ text strings.Builder }

func (t *tableWriter) line(format string, args ...any) {
	t.text.WriteString(clean(fmt.Sprintf(format, args...)))
	t.text.WriteByte('\n')
}

func (t *tableWriter) heading(r *report) {
	t.line("Workspace %s (%s), %s", r.Workspace, r.Source, r.TakenAt.Format("2006-01-02 15:04 MST"))
	if r.Partial {
		t.line("PARTIAL: %s", r.Reason)
	}
	t.line("%s, %s; %s", plural(len(r.People), "person or app", "people and apps"),
		plural(len(r.Repositories), "repository", "repositories"), plural(r.Calls, "call", "calls"))
	for _, what := range r.Unread {
		t.line("not read in whole: %s", what)
	}
}

func (t *tableWriter) findings(all []finding) {
	t.line("")
	t.line("FINDINGS")
	if len(all) == 0 {
		t.line("  none")
	}
	for _, f := range all {
		t.line("  %-7s %s (%s)", f.Level, f.Text, f.Rule)
		var bare []string
		for _, it := range f.Items {
			if it.Detail == "" {
				bare = append(bare, it.Subject)
				continue
			}
			t.list(10, it.Subject+": ", strings.Split(it.Detail, ", "))
		}
		t.list(10, "", bare)
	}
}

// people lists who may do what. Those who may do the same share an entry.
func (t *tableWriter) people(r *report) {
	t.line("")
	t.line("PERMISSIONS")
	var entries []string
	alike := map[string][]*person{}
	for _, p := range r.People {
		entry := fmt.Sprint(p.kind(), p.Permissions)
		if alike[entry] == nil {
			entries = append(entries, entry)
		}
		alike[entry] = append(alike[entry], p)
	}
	for _, entry := range entries {
		t.entry(r, alike[entry])
	}
}

// entry is some people and what each of them may do.
func (t *tableWriter) entry(r *report, alike []*person) {
	var names []string
	for _, p := range alike {
		names = append(names, p.label)
	}
	first := alike[0]
	names[len(names)-1] += " (" + first.kind() + ")"
	t.list(2, "", names)
	switch {
	case len(first.Permissions) > 0:
	case r.Partial:
		t.line("    nothing known so far")
	default:
		t.line("    no repository")
	}
	for _, h := range first.Permissions {
		begin := fmt.Sprintf("%-6s %3d  ", h.Permission, len(h.Repositories))
		if len(h.Repositories) == len(r.Repositories) && len(r.Repositories) > 1 && !r.Partial {
			t.list(4, begin, []string{"all repositories"})
		} else {
			t.list(4, begin, h.Repositories)
		}
	}
}

// kind says what somebody is to the workspace.
func (p *person) kind() string {
	kind := p.Role
	if kind == "" {
		kind = "no member"
	}
	if p.isApp() {
		kind += ", app"
	}
	return kind
}

func (t *tableWriter) grants(all []grant) {
	if all == nil {
		return
	}
	t.line("")
	t.line("EXPLICIT GRANTS (! exceeds what the rest shows)")
	columns := tabwriter.NewWriter(&t.text, 0, 0, 2, ' ', 0)
	for _, g := range all {
		to := "user " + g.To
		if g.ToGroup {
			to = "group " + g.To
		}
		row := []string{"  " + g.place(), to, string(g.Permission)}
		for i, m := range g.Marks {
			if i == 0 {
				row = append(row, "! "+string(m))
			} else {
				row[len(row)-1] += ", " + string(m)
			}
		}
		for i := range row {
			row[i] = clean(row[i])
		}
		fmt.Fprintln(columns, strings.Join(row, "\t"))
	}
	_ = columns.Flush() // into memory
}

// list writes words behind a beginning, on further lines below each other where they are many.
func (t *tableWriter) list(indent int, begin string, words []string) {
	begin = strings.Repeat(" ", indent) + begin
	below := strings.Repeat(" ", min(len([]rune(begin)), indent+20))
	for i, line := range wrap(words, tableWidth-len(below)) {
		if i == 0 {
			t.line("%s%s", begin, line)
		} else {
			t.line("%s%s", below, line)
		}
	}
}
