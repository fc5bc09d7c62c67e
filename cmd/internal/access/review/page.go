package review

import (
	_ "embed"
	"io"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/page"
)

//go:embed signoff.tmpl
var signOffTemplate string

var signOffPage = page.New(signOffTemplate, page.Func("join", strings.Join),
	page.Style(".whole{white-space:nowrap}.wide{min-width:62rem}@media print{.wide{min-width:0}}"))

// HTML writes a sign-off that was encoded as a page, which names the file that it says the same as.
func (s *SignOff) HTML(w io.Writer, fileSHA256 string) error {
	return signOffPage.Write(w, "Sign-off of an access review", struct {
		*SignOff
		FileSHA256 string
	}{s, fileSHA256})
}

// mostShown is how many lines a table of the page has; the JSON form has all.
const mostShown = 1000

// Shown are the actions that the page shows, those first that somebody has to look at.
func (s *SignOff) Shown() []Action {
	order := []Outcome{Still, NotRead, Gone}
	all := slices.Clone(s.Actions)
	slices.SortStableFunc(all, func(a, b Action) int {
		return slices.Index(order, a.Outcome) - slices.Index(order, b.Outcome)
	})
	return all[:min(len(all), mostShown)]
}

// ShownKept are the kept findings that the page shows.
func (s *SignOff) ShownKept() []KeptFinding { return s.Kept[:min(len(s.Kept), mostShown)] }
