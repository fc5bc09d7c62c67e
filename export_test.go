package bitbucket

import "github.com/seed-9213fc64/bitbucket/internal/operations"

// Operations returns the rows of the operations table that have a method.
func Operations() []operations.Operation {
	var rows []operations.Operation
	for _, op := range operations.All() {
		if op.Call != "" {
			rows = append(rows, op)
		}
	}
	return rows
}

// Settle completes what was decoded, as methods do.
var Settle = settle

// Seen is an error without what only the library sees.
func Seen(e *Error) *Error {
	seen := *e
	seen.scopesTold = false
	return &seen
}

// A Fielded type is read without reflection where it is written in the usual way: Fill does that, and
// Field is the field of a member.
type Fielded = fielded

var Fill = fill

func Field(of Fielded, member string) any { return of.field([]byte(member)) }
