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

// mostLines is how many lines of a section the page has, so that no browser is too slow for it.
const mostLines = 1000

// mostNames is how many repositories a line names.
const mostNames = 50

// A view is what the page shows.
type view struct {
	*change.Difference
	Sections []change.Section
	Tiles    []tile
}

// A tile is how many changes there are of what matters most.
type tile struct {
	Title string
	Count int
}

// Write writes the page.
func Write(w io.Writer, d *change.Difference) error {
	v := view{Difference: d, Sections: d.Sections(change.Limit{Lines: mostLines, Names: mostNames})}
	for _, title := range change.Headlines() {
		t := tile{Title: title}
		for _, s := range v.Sections { // of each workspace
			if s.Title == title {
				t.Count += s.Count
			}
		}
		v.Tiles = append(v.Tiles, t)
	}
	return form.Write(w, d.Title, v)
}

// word says a mark to who hears the page.
func word(mark string) string {
	return map[string]string{"+": "added", "-": "removed", "~": "changed", "?": "not known"}[mark]
}
