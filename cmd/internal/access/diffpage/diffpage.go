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

var form = page.New(text, page.Func("word", word))

// mostLines is how many lines of a section the page has, so that no browser is too slow for it.
const mostLines = 1000

// mostNames is how many repositories a line names.
const mostNames = 50

// A view is what the page shows.
type view struct {
	*change.Difference
	Sections []change.Section
}

// Write writes the page.
func Write(w io.Writer, d *change.Difference) error {
	return form.Write(w, d.Title, view{d, d.Sections(change.Limit{Lines: mostLines, Names: mostNames})})
}

// word says a mark to who hears the page.
func word(mark string) string {
	return map[string]string{"+": "added", "-": "removed", "~": "changed", "?": "not known"}[mark]
}
