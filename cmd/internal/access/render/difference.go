package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/change"
)

// Difference writes what changed between two reports for people to read.
func Difference(w io.Writer, d *change.Difference, style Style) error {
	t := newPrinter(style)
	t.colored(bold, d.Title)
	t.item("", "from "+stampOf(d.Old))
	t.item("", "to   "+stampOf(d.New))
	if !d.Complete {
		t.colored(red, "INCOMPLETE: what one report did not read is not known, and neither lost nor new.")
	}
	if d.Empty() {
		t.line("")
		t.line(nothing(d))
	}
	sections, left := d.Sections(change.Limit{Lines: mostItems, All: 50 * mostItems, Names: 20})
	for _, s := range sections {
		t.section(heading(s))
		for _, l := range s.Lines {
			begin := t.paint(marks[l.Mark], l.Mark) + " "
			if l.Level != "" {
				t.item(begin, string(l.Level)+" "+l.String())
			} else {
				t.item(begin, l.String())
			}
		}
		if more := s.Total - len(s.Lines); more > 0 {
			t.item("  ", "and "+Count(more, "more line", "more lines")+"; the form json has all")
		}
	}
	if left > 0 {
		t.line("")
		t.line(Count(left, "more section was", "more sections were") + " left out; the form json has all")
	}
	_, err := io.WriteString(w, t.text.String())
	return err
}

var marks = map[string]ansi.Style{"+": yellow, "-": cyan, "~": faint, "?": red}

// nothing says that nothing changed, as far as that is known.
func nothing(d *change.Difference) string {
	if d.Complete {
		return "Nothing changed."
	}
	return "Nothing changed in what both reports have read."
}

func heading(s change.Section) string {
	text := fmt.Sprintf("%s (%d)", strings.ToUpper(s.Title), s.Count)
	if s.Workspace != "" {
		text += " IN " + s.Workspace
	}
	return text
}

// stampOf says which report a side is.
func stampOf(s change.Side) string {
	text := fmt.Sprintf("%s, report %s, SHA-256 %s", stamp(s.Started), s.ID, s.SHA256)
	if !s.Complete {
		text += ", INCOMPLETE"
	}
	return text
}
