// Package diffpage writes what changed between two reports as an HTML page.
package diffpage

import (
	_ "embed"
	"io"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/change"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/page"
)

//go:embed diffpage.html
var text string

// style keeps columns wide enough to be read where the table is wider than the page.
const style = ".scroll td{min-width:7rem}.scroll td:last-child{min-width:15rem}" +
	".tiles{background:none}.tile{box-shadow:0 0 0 1px var(--line)}"

var form = page.New(text, page.Style(style), page.Func("word", word))

// A view is what the page shows.
type view struct {
	*change.Difference
	Sections []change.Section
	Left     int // sections
}

// Write writes the page. It shows only so much that no browser is too slow for it.
func Write(w io.Writer, d *change.Difference) error {
	sections, left := d.Sections(change.Limit{Lines: 1000, All: 2000, Names: 50})
	return form.Write(w, d.Title, view{d, sections, left})
}

// word says a mark to who hears the page.
func word(mark string) string {
	return map[string]string{"+": "added", "-": "removed", "~": "changed", "?": "not known"}[mark]
}
