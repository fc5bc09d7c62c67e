package render

import (
	"fmt"
	"html"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/change"
)

// The limits of a comment: that of Bitbucket is 32,768 characters.
const (
	mostComment = 30_000 // bytes
	mostLine    = 400    // characters of a line
	mostLines   = 15     // of a section
	mostSummary = 40     // sections that are summed up
)

// Markdown writes what changed between two reports as a comment on a pull request: what there is,
// and the details folded. Where folded is false it does without HTML, for hosts that show tags as
// text.
func Markdown(w io.Writer, d *change.Difference, folded bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**\n\n", d.Title)
	fmt.Fprintf(&b, "From %s to %s.\n\n", stamp(d.Old.Started), stamp(d.New.Started))
	if !d.Complete {
		b.WriteString(
			"**Incomplete**: what one report did not read is not known, and neither lost nor new.\n\n",
		)
	}
	if d.Empty() {
		b.WriteString(nothing(d) + "\n\n")
	}
	sections, left := d.Sections(change.Limit{Lines: mostLines, All: mostLines * mostSummary, Names: 5})
	left += max(0, len(sections)-mostSummary)
	sections = sections[:min(len(sections), mostSummary)]
	for _, s := range sections {
		fmt.Fprintf(&b, "- %s\n", summary(s, codeSpan))
	}
	for i, s := range sections {
		text := markdownSection(s, folded)
		if b.Len()+len(text) > mostComment {
			left += len(sections) - i
			break
		}
		b.WriteString(text)
	}
	if left > 0 {
		fmt.Fprintf(&b, "\nThe details of %s are left out here; `-format json` has them.\n",
			Count(left, "more section", "more sections"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// summary says how much there is of a section. The quote makes the name of a workspace harmless.
func summary(s change.Section, quote func(string) string) string {
	text := fmt.Sprintf("%s: %d", s.Title, s.Count)
	if s.Workspace != "" {
		text += " in " + quote(s.Workspace)
	}
	return text
}

func markdownSection(s change.Section, folded bool) string {
	var b strings.Builder
	if folded {
		fmt.Fprintf(&b, "\n<details><summary>%s</summary>\n\n", summary(s, codeElement))
	} else {
		fmt.Fprintf(&b, "\n**%s**\n\n", summary(s, codeSpan))
	}
	for _, l := range s.Lines {
		level := ""
		if l.Level != "" {
			level = " **" + string(l.Level) + "**"
		}
		fmt.Fprintf(&b, "- `%s`%s %s\n", l.Mark, level, codeSpan(cut(l.String(), mostLine)))
	}
	if more := s.Total - len(s.Lines); more > 0 {
		fmt.Fprintf(&b, "- and %s; `-format json` has all\n", Count(more, "more line", "more lines"))
	}
	if folded {
		b.WriteString("\n</details>\n")
	}
	return b.String()
}

// cut cuts a text to so many characters.
func cut(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}

// codeSpan makes text of others code, in which nothing is markup, a link, a mention or HTML. More
// backquotes than the text has in a row enclose it.
func codeSpan(text string) string {
	text = Clean(text)
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if len(fence) > 1 || strings.TrimSpace(text) != text {
		text = " " + text + " "
	}
	return fence + text + fence
}

// codeElement is the same between HTML tags.
func codeElement(text string) string { return "<code>" + html.EscapeString(Clean(text)) + "</code>" }
