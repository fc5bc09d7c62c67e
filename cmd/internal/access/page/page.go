// Package page is the frame of the HTML pages that bbaudit writes: one file that needs nothing
// else, is read without JavaScript, in light and dark and on paper, and runs no script and no style
// but its own.
//
// A page is a template with the parts "header", "main" and "footer", which come into the elements of
// these names. Whatever the template is given is escaped: by html/template for its place, and by the
// frame, which writes characters that cannot be seen or that change the direction of text as escapes.
//
//	var signOff = page.New(`{{define "header"}}<h1>…</h1>{{end}}{{define "main"}}…{{end}}`)
//
//	err := signOff.Write(w, title, data)
//
// The style has the classes that these pages are made of; they are listed at the head of page.css. A
// style attribute has no effect, since the policy of the page forbids it.
package page

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/render"
)

// A Page is a form of pages.
type Page struct {
	body          *template.Template
	style, script string
}

//go:embed page.css
var style string

// script sorts tables of the class sortable, and folds and unfolds all details of a section.
//
//go:embed page.js
var script string

// An Option adds to a page.
type Option func(*Page)

// Style adds CSS to that of the frame.
func Style(css string) Option { return func(p *Page) { p.style += css } }

// Script adds JavaScript to that of the frame.
func Script(js string) Option { return func(p *Page) { p.script += js } }

// Func adds a function for the template.
func Func(name string, f any) Option {
	return func(p *Page) { p.body.Funcs(template.FuncMap{name: f}) }
}

// New makes a page of a template that the program is built with; it panics when that is wrong.
func New(text string, opts ...Option) *Page {
	p := &Page{style: style, script: script}
	p.body = template.New("page").Funcs(template.FuncMap{
		"count": render.Count, "stamp": stamp, "day": day, "shorten": Shorten,
	})
	for _, opt := range opts {
		opt(p)
	}
	template.Must(p.body.Parse(text))
	for _, part := range []string{p.style, p.script} {
		if strings.Contains(part, "</") || strings.Contains(part, "<!--") {
			panic("page: a style or a script holds what would end it")
		}
	}
	return p
}

// Write writes a page. What it writes is no page when it returns an error.
func (p *Page) Write(w io.Writer, title string, data any) error {
	out := bufio.NewWriterSize(w, 1<<16)
	safe := cleaner{out}
	fmt.Fprintf(safe, `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="%s">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>%s</title>
<style>%s</style>
</head>
<body>
`, p.policy(), template.HTMLEscapeString(title), p.style)
	for _, part := range []string{"header", "main", "footer"} {
		if p.body.Lookup(part) == nil {
			continue
		}
		fmt.Fprintf(safe, "<%s>", part)
		if err := p.body.ExecuteTemplate(safe, part, data); err != nil {
			return fmt.Errorf("the page cannot be written: %w", err)
		}
		fmt.Fprintf(safe, "</%s>\n", part)
	}
	fmt.Fprintf(safe, "<script>%s</script>\n</body>\n</html>\n", p.script)
	return out.Flush()
}

// policy lets the page run its own style and script, and nothing else: it loads nothing, sends
// nothing, and leads nowhere but where its reader clicks.
func (p *Page) policy() string {
	return "default-src 'none'; style-src " + source(p.style) + "; script-src " + source(p.script) +
		"; base-uri 'none'; form-action 'none'"
}

// source names a text by its hash.
func source(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// layout is what a template is laid out with.
const layout = "\n\t"

// A cleaner writes what cannot be seen as escapes. It is given whole values, as templates write
// them.
type cleaner struct{ to *bufio.Writer }

func (c cleaner) Write(text []byte) (int, error) {
	if plain(text) {
		return c.to.Write(text)
	}
	size := len(text)
	for len(text) > 0 {
		n := bytes.IndexAny(text, layout)
		if n < 0 {
			n = len(text)
		}
		_, _ = c.to.WriteString(render.Clean(string(text[:n]))) // the writer keeps its first error
		text = text[n:]
		n = len(text) - len(bytes.TrimLeft(text, layout))
		_, _ = c.to.Write(text[:n])
		text = text[n:]
	}
	return size, nil
}

// plain reports whether a text is ASCII that can be seen.
func plain(text []byte) bool {
	for _, b := range text {
		if b < ' ' && b != '\n' && b != '\t' || b > '~' {
			return false
		}
	}
	return true
}

// Shorten cuts a text to so many characters, the last of which says so. Names are short but for
// those that somebody made long on purpose.
func Shorten(most int, text string) string {
	if len(text) <= most || utf8.RuneCountInString(text) <= most {
		return text
	}
	n := 0
	for i := range text {
		if n++; n == most {
			return text[:i] + "…"
		}
	}
	return text
}

// stamp writes a time in UTC as an element that programs read, too.
func stamp(t time.Time) template.HTML { return timeElement(t, "2006-01-02 15:04:05 UTC") }

// day writes the day of a time in UTC.
func day(t time.Time) template.HTML { return timeElement(t, time.DateOnly) }

func timeElement(t time.Time, form string) template.HTML {
	if t.IsZero() {
		return "unknown"
	}
	t = t.UTC()
	return template.HTML(fmt.Sprintf( //nolint:gosec // digits and letters of a time
		`<time datetime="%s">%s</time>`, t.Format(time.RFC3339), t.Format(form)))
}
