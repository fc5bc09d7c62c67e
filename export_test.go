package bitbucket

// Operation is a row of the operations table, for tests outside the package.
type Operation struct {
	Method, Pattern, Call string
	Scopes, Granular      []string
	State, Replacement    string
}

// Operations returns the operations table.
func Operations() []Operation {
	var rows []Operation
	for _, op := range operations() {
		rows = append(rows, Operation{op.method, op.pattern, op.call, op.scopes, op.granular, string(op.state), op.replacement})
	}
	return rows
}
