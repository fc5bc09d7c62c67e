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
