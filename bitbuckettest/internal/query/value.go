package query

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"time"
)

type kind int

const (
	nullKind kind = iota
	stringKind
	numberKind
	boolKind
	timeKind
)

// literal is a value written in an expression.
type literal struct {
	kind   kind
	text   string
	lower  string // the text without case
	number *big.Rat
	truth  bool
	time   time.Time
}

func stringLiteral(text string) literal {
	return literal{kind: stringKind, text: text, lower: strings.ToLower(text)}
}

func (l literal) kindName() string {
	return [...]string{"null", "a string", "a number", "a boolean", "a time"}[l.kind]
}

// unordered is the answer of a comparison whose sides have no order between them.
const unordered = 2

// compareLiteral compares the value of a record with a literal of the same kind: -1, 0 or +1.
func compareLiteral(field string, value any, lit literal) (int, error) {
	switch lit.kind {
	case stringKind:
		if text, ok := value.(string); ok {
			return strings.Compare(text, lit.text), nil
		}
	case numberKind:
		if number := numberOf(value); number != nil {
			return number.Cmp(lit.number), nil
		}
	case boolKind:
		if truth, ok := value.(bool); ok {
			return compareBool(truth, lit.truth), nil
		}
	case timeKind:
		if t, ok := timeOf(value); ok {
			return t.Compare(lit.time), nil
		}
	}
	return 0, &ValueError{field, fmt.Sprintf("is %s and cannot be compared with %s", kindOf(value),
		lit.kindName())}
}

// orderLiteral is compareLiteral for the operators that need an order; permissions rank by what
// they allow.
func orderLiteral(field string, value any, lit literal) (int, error) {
	text, isText := value.(string)
	if !isText || lit.kind != stringKind || !isPermission(field) {
		return compareLiteral(field, value, lit)
	}
	if _, rank := permissionRank(lit.text); rank < 0 {
		return 0, &ValueError{field, fmt.Sprintf("has no level %q", lit.text)}
	}
	return comparePermissions(text, lit.text), nil
}

// compareValues orders two values under one path, neither of them null.
func compareValues(field string, a, b any) (int, error) {
	switch a := a.(type) {
	case string:
		if b, ok := b.(string); ok {
			return compareStrings(field, a, b), nil
		}
	case bool:
		if b, ok := b.(bool); ok {
			return compareBool(a, b), nil
		}
	case time.Time:
		if b, ok := timeOf(b); ok {
			return a.Compare(b), nil
		}
	default:
		x, y := numberOf(a), numberOf(b)
		if x != nil && y != nil {
			return x.Cmp(y), nil
		}
	}
	return 0, &ValueError{field, fmt.Sprintf("is %s here and %s there, which have no order", kindOf(a),
		kindOf(b))}
}

func compareStrings(field, a, b string) int {
	if isPermission(field) {
		if order := comparePermissions(a, b); order != unordered {
			return order
		}
	}
	if x, ok := parseTime(a); ok {
		if y, ok := parseTime(b); ok {
			return x.Compare(y)
		}
	}
	return strings.Compare(a, b)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

func isPermission(field string) bool {
	return field == "permission" || strings.HasSuffix(field, ".permission")
}

// permissionRank tells whether a permission is one on repositories and projects or a role in a
// workspace, and its place among its like, from the least. The rank is negative for any other
// text.
func permissionRank(permission string) (workspace bool, rank int) {
	switch permission {
	case "none":
		return false, 0
	case "read":
		return false, 1
	case "write":
		return false, 2
	case "create-repo":
		return false, 3
	case "admin":
		return false, 4
	case "member":
		return true, 0
	case "collaborator":
		return true, 1
	case "create-project":
		return true, 2
	case "owner":
		return true, 3
	default:
		return false, -1
	}
}

func comparePermissions(a, b string) int {
	aWorkspace, aRank := permissionRank(a)
	bWorkspace, bRank := permissionRank(b)
	if aRank < 0 || bRank < 0 || aWorkspace != bWorkspace {
		return unordered
	}
	return cmp.Compare(aRank, bRank)
}

// numberOf gives the exact value of a number, nil for anything else.
func numberOf(value any) *big.Rat {
	switch value := value.(type) {
	case int:
		return new(big.Rat).SetInt64(int64(value))
	case int64:
		return new(big.Rat).SetInt64(value)
	case float64:
		return new(big.Rat).SetFloat64(value)
	case json.Number:
		if number, ok := new(big.Rat).SetString(value.String()); ok {
			return number
		}
	}
	return nil
}

// timeOf gives the time that a value is, or that a string says.
func timeOf(value any) (time.Time, bool) {
	switch value := value.(type) {
	case time.Time:
		return value, true
	case string:
		return parseTime(value)
	}
	return time.Time{}, false
}

// parseTime reads ISO 8601: a date, then optionally a time of day down to fractions of a second,
// then optionally an offset. Without an offset the time is in UTC.
func parseTime(text string) (time.Time, bool) {
	if len(text) < len("2006-01-02") || !isDigit(text[0]) || text[4] != '-' {
		return time.Time{}, false
	}
	for _, layout := range [...]string{
		"2006-01-02", "2006-01-02T15", "2006-01-02T15:04",
		"2006-01-02T15:04:05",
	} {
		for _, offset := range [...]string{"", "Z07:00", "Z0700", "Z07"} {
			if t, err := time.Parse(layout+offset, text); err == nil {
				return t.UTC(), true
			}
		}
	}
	return time.Time{}, false
}

func kindOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case int, int64, float64, json.Number:
		return "a number"
	case time.Time:
		return "a time"
	case map[string]any:
		return "an object"
	default:
		return fmt.Sprintf("a %T", value)
	}
}
