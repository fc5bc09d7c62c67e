// Package htmlreport writes a report as a page: the summary that people look at first, and the
// whole of it folded.
package htmlreport

import (
	_ "embed"
	"io"
	"strings"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/page"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/view"
)

//go:embed report.html
var text string

//go:embed report.css
var style string

//go:embed search.js
var script string

var form = page.New(text, page.Style(style), page.Script(script),
	page.Func("upper", strings.ToUpper), page.Func("list", list),
	page.Func("join", strings.Join), page.Func("word", view.Word), page.Func("letter", view.Letter))

// Write writes a report as a page that needs nothing else.
func Write(w io.Writer, r *report.Report) error { return form.Write(w, r.Title, view.New(r)) }

// list hands several values to a part of the template.
func list(values ...any) []any { return values }
