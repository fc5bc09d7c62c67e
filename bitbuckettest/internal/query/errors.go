package query

import "fmt"

// SyntaxError says what is wrong with a q, sort or fields parameter. Offset counts bytes from its
// start.
type SyntaxError struct {
	Offset  int
	Message string
}

// Error gives the fault and its place in one line.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s at offset %d", e.Message, e.Offset)
}

// ValueError says that a document's field cannot be compared or ordered as asked.
type ValueError struct {
	Field   string
	Message string
}

// Error gives the field and what is wrong in one line.
func (e *ValueError) Error() string {
	return fmt.Sprintf("field %q %s", e.Field, e.Message)
}
