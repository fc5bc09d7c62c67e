package exchanges

import (
	"net/http"
	"slices"

	"github.com/seed-9213fc64/bitbucket"
)

// A Recorded is an answer of Bitbucket, with everything in it that could name somebody replaced.
type Recorded struct {
	Name   string // unique
	Source string // how it is known, and since when, with the repository that publishes it
	API    string // 1.0 or 2.0
	Year   int    // that it is known of; objects of 2026 are what Bitbucket sends now

	Kind Kind
	Type string // of the object, or of the values of the page

	// Operation is that of an [Exchange] which gets the answer. It is empty where the client has
	// no method for the answer.
	Operation string

	Status int
	Header http.Header
	Body   string

	// Want is what the operation returns: an object, or the values of a page.
	Want any
	// Next is the path and the query that a page leads to; empty after the last page.
	Next string
	// Err has what the error says, of a refusal or an odd answer. Its Body is not filled in.
	Err *bitbucket.Error
	// Sentinel is what that error matches.
	Sentinel error

	// Unread says why the client fails on the answer, where it does, although Want is what it holds.
	Unread string
}

// Kind is what an answer is.
type Kind string

// The kinds of answers.
const (
	Object  Kind = "object"
	Paged   Kind = "page"
	Refusal Kind = "error"
	Odd     Kind = "odd answer" // a success that is none
)

const (
	asJSON = "application/json; charset=utf-8"
	asText = "text/plain; charset=utf-8"
	asHTML = "text/html; charset=utf-8"
)

// Corpus returns every answer.
func Corpus() []Recorded {
	all := slices.Concat(recordedUsers(), recordedWorkspaces(), recordedPermissions(),
		recordedGroups(), recordedPlaces(), recordedDeployKeys(), recordedBelongings(), recordedPages(),
		recordedErrors(), recordedV1())
	for i := range all {
		r := &all[i]
		if r.API == "" {
			r.API = "2.0"
		}
		if r.Status == 0 {
			r.Status = http.StatusOK
		}
		if r.Header == nil {
			r.Header = typed(asJSON)
		}
	}
	return all
}

// Of returns the objects of a type and the pages of them. The type "error" has the refusals.
func Of(typ string) []Recorded {
	return Where(func(r Recorded) bool { return r.Type == typ })
}

// Where returns the answers that a condition keeps.
func Where(keep func(Recorded) bool) []Recorded {
	return slices.DeleteFunc(Corpus(), func(r Recorded) bool { return !keep(r) })
}

// typed is a header with nothing but a content type.
func typed(contentType string) http.Header { return http.Header{"Content-Type": {contentType}} }

// bare is a header that says nothing.
func bare() http.Header { return http.Header{} }
