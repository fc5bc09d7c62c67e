package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

// A Style is what a terminal can show.
type Style struct {
	Width int // in cells; 80 when it is not known
	Color bool
}

// Table writes a report for people to read.
func Table(w io.Writer, r *report.Report, style Style) error {
	t := newPrinter(style)
	t.heading(r)
	t.findings(r)
	for i := range r.Access.Workspaces {
		space := &r.Access.Workspaces[i]
		t.coverage(space)
		t.permissions(space)
		t.grants(space)
	}
	t.section("CANNOT BE READ")
	for _, what := range r.CannotBeRead {
		t.item("- ", what)
	}
	if !r.Complete {
		t.line("")
		t.colored(red, "INCOMPLETE: there is more than this report shows.")
	}
	_, err := io.WriteString(w, t.text.String())
	return err
}

func (t *printer) heading(r *report.Report) {
	t.colored(bold, r.Title)
	if r.Complete {
		t.line("complete, as of " + stamp(r.AsOf))
	} else {
		t.colored(red, "INCOMPLETE, as of "+stamp(r.AsOf))
	}
	for _, why := range r.Incomplete {
		t.item("- ", why)
	}
	for i := range r.Access.Workspaces {
		w := &r.Access.Workspaces[i]
		t.item("", fmt.Sprintf(
			"workspace %s %s: %s, %s",
			w.Slug,
			w.UUID,
			Count(len(w.People), "person or app", "people and apps"),
			Count(len(w.Repositories), "repository", "repositories"),
		))
	}
	t.item(
		"",
		fmt.Sprintf(
			"%s to %s; %s made of %d planned; by %s; %s",
			stamp(r.Run.Started),
			stamp(r.Run.Ended),
			Count(r.Run.Calls.Made, "call", "calls"),
			r.Run.Calls.Planned,
			credential(r.Source),
			Tool(r.Tool),
		),
	)
	t.item("", "report "+r.Run.ID+", SHA-256 of its JSON form "+r.SHA256)
}

// mostItems is how many items of a finding are shown; the other forms have them all.
const mostItems = 40

func (t *printer) findings(r *report.Report) {
	t.section("FINDINGS")
	if len(r.Findings) == 0 {
		t.line("none")
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		t.title(f, len(r.Access.Workspaces) > 1)
		for j := range f.Items {
			if j == mostItems {
				t.item("      ", fmt.Sprintf("and %d more, which the forms json and csv have", len(f.Items)-j))
				break
			}
			t.finding(&f.Items[j])
		}
		t.item("      ", "do: "+f.Do)
	}
}

func (t *printer) title(f *findings.Finding, named bool) {
	text := fmt.Sprintf("%s: %s (%s)", Count(f.Open(), "case", "cases"), f.Title, f.Rule)
	if accepted := len(f.Items) - f.Open(); accepted > 0 {
		text += fmt.Sprintf(", %d more accepted", accepted)
	}
	if named && f.Workspace != "" {
		text += " in " + f.Workspace
	}
	t.label(string(f.Level), text)
}

func (t *printer) finding(it *findings.Item) {
	text := Describe(it)
	if a := it.Acceptance; a != nil {
		word := map[findings.State]string{
			findings.Accepted: "ACCEPTED", findings.Expired: "EXPIRED since " + a.Until,
			findings.Exceeded: "MORE than was accepted",
		}[it.State]
		text = fmt.Sprintf("%s [%s by %s until %s: %s]", text, word, a.By, a.Until, a.Reason)
	}
	t.item("      ", text)
}

func (t *printer) coverage(w *access.Workspace) {
	t.section("READ OF " + w.Slug)
	for _, c := range w.Coverage {
		told := ""
		if c.Told != nil {
			told = fmt.Sprintf(" of %d", *c.Told)
		}
		text := fmt.Sprintf(
			"%s: %s, %d%s items, %s",
			c.List,
			c.Verdict,
			c.Items,
			told,
			Count(c.Pages, "page", "pages"),
		)
		if c.Places != 1 {
			text += fmt.Sprintf(" at %d places", c.Places)
		}
		if c.Why != "" {
			text += ": " + c.Why
		}
		t.item("  ", text)
	}
}

// permissions lists who may do what. Those who may do the same share an entry.
func (t *printer) permissions(w *access.Workspace) {
	t.section("PERMISSIONS IN " + w.Slug)
	var order []string
	alike := map[string][]*access.Person{}
	for i := range w.People {
		p := &w.People[i]
		key := fmt.Sprint(p.Kind(), p.Permissions)
		if alike[key] == nil {
			order = append(order, key)
		}
		alike[key] = append(alike[key], p)
	}
	for _, key := range order {
		t.entry(w, alike[key])
	}
}

// entry is some people and what each of them may do.
func (t *printer) entry(w *access.Workspace, alike []*access.Person) {
	var names []string
	for _, p := range alike {
		names = append(names, p.Name)
	}
	first := alike[0]
	t.item("  ", strings.Join(names, ", ")+" ("+first.Kind()+")")
	if len(first.Permissions) == 0 {
		t.item("    ", "no repository")
	}
	for _, h := range first.Permissions {
		places := strings.Join(h.Repositories, ", ")
		if len(h.Repositories) == len(w.Repositories) && len(h.Repositories) > 1 && w.Complete {
			places = "all repositories"
		}
		t.item("    ", fmt.Sprintf("%-6s %3d  %s", h.Permission, len(h.Repositories), places))
	}
}

func (t *printer) grants(w *access.Workspace) {
	if w.CoverageOf(access.RepositoryUsers) == nil && w.CoverageOf(access.ProjectUsers) == nil {
		return
	}
	t.section("EXPLICIT GRANTS IN " + w.Slug)
	names := map[string]string{}
	for i := range w.People {
		names[w.People[i].ID] = w.People[i].Name
	}
	show := func(place string, grants []access.Grant) {
		for _, g := range grants {
			to := "user " + names[g.User]
			if g.Group != "" {
				to = "group " + g.Group
			}
			t.columns(place, to, string(g.Permission))
		}
	}
	for _, p := range w.Projects {
		show("project "+p.Key, p.Grants)
	}
	for _, r := range w.Repositories {
		show(r.Slug, r.Grants)
	}
}

// A printer collects lines that do no harm to a terminal and fit into it.
type printer struct {
	text  strings.Builder
	style Style
}

func newPrinter(style Style) *printer {
	if style.Width < 40 {
		style.Width = 80
	}
	return &printer{style: style}
}

// The colours, by what they mean.
var (
	bold   = ansi.NewStyle().Bold()
	red    = ansi.NewStyle().Bold().ForegroundColor(ansi.Red)
	yellow = ansi.NewStyle().ForegroundColor(ansi.Yellow)
	cyan   = ansi.NewStyle().ForegroundColor(ansi.Cyan)
	faint  = ansi.NewStyle().Faint()
)

func (t *printer) paint(style ansi.Style, text string) string {
	if !t.style.Color {
		return text
	}
	return style.Styled(text)
}

func (t *printer) line(text string) { t.item("", text) }

func (t *printer) section(name string) {
	t.line("")
	t.colored(bold, name)
}

// colored writes a line in a colour.
func (t *printer) colored(style ansi.Style, text string) {
	for line := range strings.SplitSeq(wrap(Clean(text), t.style.Width), "\n") {
		t.text.WriteString(t.paint(style, line) + "\n")
	}
}

// item writes a text behind a beginning, with further lines below the text.
func (t *printer) item(begin, text string) {
	indent := strings.Repeat(" ", ansi.StringWidth(begin))
	for i, line := range strings.Split(wrap(Clean(text), t.style.Width-len(indent)), "\n") {
		if i == 0 {
			t.text.WriteString(begin)
		} else {
			t.text.WriteString(indent)
		}
		t.text.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// label writes a level and a text beside it.
func (t *printer) label(level, text string) {
	style := map[string]ansi.Style{"high": red, "medium": yellow, "low": cyan}[level]
	if style == nil {
		style = faint
	}
	for i, line := range strings.Split(wrap(Clean(text), t.style.Width-8), "\n") {
		word := fmt.Sprintf("%-8s", level)
		if i > 0 {
			word = "        "
		}
		t.text.WriteString(t.paint(style, word) + line + "\n")
	}
}

// columns writes cells, each cut to its share of the width.
func (t *printer) columns(cells ...string) {
	room := (t.style.Width - 2 - 12) / 2
	line := "  "
	for i, cell := range cells {
		cell = Clean(cell)
		if i == len(cells)-1 {
			line += cell
			continue
		}
		cell = ansi.Truncate(cell, room-1, "…")
		line += cell + strings.Repeat(" ", room-ansi.StringWidth(cell))
	}
	t.text.WriteString(strings.TrimRight(line, " ") + "\n")
}

// wrap breaks text into lines of a width in cells, at spaces where it can, so that identifiers stay
// whole.
func wrap(text string, width int) string {
	width = max(20, width)
	var lines []string
	line, used := "", 0
	for word := range strings.SplitSeq(text, " ") {
		cells := ansi.StringWidth(word)
		if line != "" && used+1+cells > width {
			lines = append(lines, line)
			line, used = "", 0
		}
		switch {
		case cells > width:
			broken := strings.Split(ansi.Hardwrap(word, width, true), "\n")
			lines = append(lines, broken[:len(broken)-1]...)
			line = broken[len(broken)-1]
			used = ansi.StringWidth(line)
		case line == "":
			line, used = word, cells
		default:
			line, used = line+" "+word, used+1+cells
		}
	}
	return strings.Join(append(lines, line), "\n")
}
