// Package documents writes the records of an in-memory Bitbucket as Bitbucket Cloud sends them:
// what a reader may see, in the forms of the 2.0 API and of what is left of 1.0.
package documents

import (
	"net/url"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/query"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

// site is where pages for people are.
const site = "https://bitbucket.org"

type object = map[string]any

// A Writer writes documents for one reader.
type Writer struct {
	Base   string       // scheme and host of the links
	Store  *store.Store // where the records are
	Reader *store.Actor
	Fields query.Fields // what the reader asks for besides
	Naive  bool         // memberships have times without an offset
}

// asked reports whether the reader asks for a member that is otherwise left out, of an object by
// itself or in a list.
func (w *Writer) asked(path string) bool {
	return w.Fields.Wants(path) || w.Fields.Wants("values."+path)
}

// reveal adds to a condensed object what its full form has besides and the reader asks for.
func (w *Writer) reveal(condensed object, full func() object, path string) {
	if w.Fields.Empty() {
		return
	}
	for name, value := range full() {
		if _, has := condensed[name]; !has && w.asked(path+name) {
			condensed[name] = value
		}
	}
}

func link(href string) object { return object{"href": href} }

func avatar(uuid string) string {
	return "https://avatars.example.com/" + strings.Trim(uuid, "{}") + ".png"
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// stamp writes a time with an offset, and microseconds when it has a fraction.
func stamp(t time.Time) string {
	if t.Nanosecond()/1000 == 0 {
		return t.UTC().Format("2006-01-02T15:04:05+00:00")
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000+00:00")
}

func stampOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stamp(t)
}

// joined writes the time of a membership: as everywhere, or without an offset and in
// milliseconds, as it was recorded in 2021.
func (w *Writer) joined(t time.Time) any {
	if w.Naive && !t.IsZero() {
		return t.UTC().Format("2006-01-02T15:04:05.000")
	}
	return stampOrNull(t)
}

// escapePath escapes the segments of a path.
func escapePath(path string) string {
	parts := strings.Split(path, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}
