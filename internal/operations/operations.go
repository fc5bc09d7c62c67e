// Package operations is the one table of what this library knows of Bitbucket's API: every
// operation with its scopes, the kinds of credential that may call it, and how long it lives. The
// client takes the advice in its errors from here, the in-memory Bitbucket its routes and refusals,
// the documents their tables, and the tests what has to be there.
package operations

import (
	"net/http"
	"strings"
	"sync"
)

// An Operation is one row of the table.
type Operation struct {
	Method      string      // of HTTP
	Pattern     string      // path with Bitbucket's names of the parameters: /2.0/users/{selected_user}
	Call        string      // method of the library: Users.Get, v1.Groups.List; empty where there is none
	Scopes      []string    // classic scopes that OAuth tokens and access tokens need, all of them
	Granular    []string    // scopes that an API token needs, all of them
	Credentials Credentials // kinds of credential that Bitbucket takes here
	State       State
	Until       string // the day it ends or has ended, YYYY-MM-DD, where Bitbucket has named one
	Replacement string // what to call in its place
}

// State says how Bitbucket stands to an operation.
type State string

// The states of an operation.
const (
	Current    State = "current"
	Deprecated State = "deprecated" // it answers still, and will end
	Removed    State = "removed"    // it answers 410
)

// Credentials is a set of kinds of credential.
type Credentials uint8

// The kinds of credential, and the sets of them that operations take.
const (
	Anonymous Credentials = 1 << iota
	APIToken
	OAuth // a token of an OAuth consumer, on behalf of a user or of itself
	RepositoryToken
	ProjectToken
	WorkspaceToken

	People      = APIToken | OAuth
	AccessToken = RepositoryToken | ProjectToken | WorkspaceToken
	SignedIn    = People | AccessToken
)

// Has reports whether the set holds any of the kinds of another set.
func (c Credentials) Has(kinds Credentials) bool { return c&kinds != 0 }

// String lists the kinds as a sentence names them: "an API token or an OAuth token".
func (c Credentials) String() string {
	var names []string
	for _, kind := range [...]struct {
		set  Credentials
		name string
	}{
		{APIToken, "an API token"},
		{OAuth, "an OAuth token"},
		{RepositoryToken, "a repository access token"},
		{ProjectToken, "a project access token"},
		{WorkspaceToken, "a workspace access token"},
	} {
		if c.Has(kind.set) {
			names = append(names, kind.name)
		}
	}
	if n := len(names) - 1; n > 0 {
		return strings.Join(names[:n], ", ") + " or " + names[n]
	}
	return strings.Join(names, "")
}

// rows is the table, made once.
var rows = sync.OnceValue(table)

// All returns every row, in the order of the README. Callers must not change it.
func All() []Operation { return rows() }

// Find returns the row of a method and a pattern.
func Find(method, pattern string) (Operation, bool) {
	if pattern == "" {
		return Operation{}, false
	}
	for _, op := range rows() {
		if op.Method == method && op.Pattern == pattern {
			return op, true
		}
	}
	return Operation{}, false
}

// Match returns the row that a path belongs to. The path is escaped, from the host's root, and a
// slash or a query at its end does no harm. HEAD is looked up as GET.
func Match(method, path string) (Operation, bool) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	path, _, _ = strings.Cut(path, "?")
	path = strings.TrimSuffix(path, "/")
	for _, op := range rows() {
		if op.Method == method && matches(op.Pattern, path) {
			return op, true
		}
	}
	return Operation{}, false
}

// matches reports whether a path has the segments of a pattern.
func matches(pattern, path string) bool {
	for {
		want, morePattern, patternGoesOn := strings.Cut(pattern, "/")
		got, morePath, pathGoesOn := strings.Cut(path, "/")
		if patternGoesOn != pathGoesOn || want != got && (got == "" || !strings.HasPrefix(want, "{")) {
			return false
		}
		if !patternGoesOn {
			return true
		}
		pattern, path = morePattern, morePath
	}
}
