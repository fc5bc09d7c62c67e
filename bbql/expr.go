// Package bbql writes filter expressions for the q parameter of Bitbucket's lists.
//
// # Getting started
//
// Compare fields with values, join what must hold with [And] and [Or], and give the text to
// bitbucket.Query:
//
//	q := bbql.And(
//		bbql.Contains("repository.name", "api"),
//		bbql.Gt("permission", bitbucket.PermissionRead),
//		bbql.Ge("repository.created_on", bbql.Time(time.Now().AddDate(-1, 0, 0))),
//	)
//	mine, err := client.Permissions.ListMine(ctx, "acme", bitbucket.Query(q.String())).Collect()
//	if err != nil {
//		return err
//	}
//	fmt.Println(len(mine))
//
// A string value is always quoted, so whatever it holds, it stays one value and cannot change the
// expression. Any type whose underlying type is string will do. Other values are written with Null,
// Bool, Int, Float and Time, the only ones that stand there without quotes: nothing outside of this
// package makes another.
//
// # What can go wrong
//
// Which fields a list may be filtered by is for Bitbucket to say: it answers 400 for one that it
// does not take, which is a bitbucket.ErrBadRequest.
//
// Fields are dotted paths such as user.display_name, without the "values." that the fields
// parameter has before them. They are part of the program and never come from its user: a field
// that has anything but letters, digits, underscores and dots, or that is a word of the language
// such as "in", is a mistake in the program, and the function panics.
package bbql

import (
	"fmt"
	"strings"
)

// Expr is an expression. It does not change once it is made. The zero Expr holds for everything and
// writes nothing.
type Expr struct {
	text string
	join string // AND or OR where that is what the expression consists of
}

// String writes the expression as the q parameter takes it, not yet escaped for a URL.
func (e Expr) String() string {
	return e.text
}

// Eq holds where the field is equal to value.
func Eq[T ~string](field string, value T) Expr {
	return compare(field, "=", write(value))
}

// NotEq holds where the field is not equal to value.
func NotEq[T ~string](field string, value T) Expr {
	return compare(field, "!=", write(value))
}

// Contains holds where the field contains text, upper or lower case alike.
func Contains[T ~string](field string, text T) Expr {
	return compare(field, "~", quote(string(text)))
}

// NotContains holds where the field does not contain text, upper or lower case alike.
func NotContains[T ~string](field string, text T) Expr {
	return compare(field, "!~", quote(string(text)))
}

// Gt holds where the field is greater than value. It panics for Null and Bool, which have no order.
func Gt[T ~string](field string, value T) Expr {
	return compare(field, ">", writeOrdered(value))
}

// Ge holds where the field is greater than value or equal to it. It panics for Null and Bool, which
// have no order.
func Ge[T ~string](field string, value T) Expr {
	return compare(field, ">=", writeOrdered(value))
}

// Lt holds where the field is less than value. It panics for Null and Bool, which have no order.
func Lt[T ~string](field string, value T) Expr {
	return compare(field, "<", writeOrdered(value))
}

// Le holds where the field is less than value or equal to it. It panics for Null and Bool, which
// have no order.
func Le[T ~string](field string, value T) Expr {
	return compare(field, "<=", writeOrdered(value))
}

// In holds where the field is equal to one of values. With no values it holds nowhere.
func In[T ~string](field string, values ...T) Expr {
	checkField(field)
	list := writeList(values)
	if list == "" {
		return nowhere(field)
	}
	return Expr{text: field + " IN " + list}
}

// NotIn holds where the field is equal to none of values. With no values it holds everywhere.
func NotIn[T ~string](field string, values ...T) Expr {
	checkField(field)
	list := writeList(values)
	if list == "" {
		return everywhere(field)
	}
	return Expr{text: field + " NOT IN " + list}
}

// And holds where all of exprs hold. Zero ones among them change nothing, so a condition can be
// left out by leaving its Expr unset. With none left it is the zero Expr, which holds for
// everything.
func And(exprs ...Expr) Expr {
	return join("AND", exprs)
}

// Or holds where at least one of its expressions holds. As soon as one of them is zero, it is the
// zero Expr too.
func Or(first Expr, rest ...Expr) Expr {
	exprs := append([]Expr{first}, rest...)
	for _, e := range exprs {
		if e.text == "" {
			return Expr{}
		}
	}
	return join("OR", exprs)
}

func compare(field, operator, value string) Expr {
	checkField(field)
	if value != string(nan) {
		return Expr{text: field + " " + operator + " " + value}
	}
	if operator == "!=" {
		return everywhere(field)
	}
	return nowhere(field)
}

// join sets parentheses around every expression joined by the other word, since Bitbucket does not
// document which of the two binds tighter.
func join(word string, exprs []Expr) Expr {
	var terms []string
	var last Expr
	for _, e := range exprs {
		if e.text == "" {
			continue
		}
		last = e
		if e.join != "" && e.join != word {
			e.text = "(" + e.text + ")"
		}
		terms = append(terms, e.text)
	}
	if len(terms) == 1 {
		return last
	}
	return Expr{text: strings.Join(terms, " "+word+" "), join: word}
}

// nowhere is false for every value of the field, there being no way to write false as such.
func nowhere(field string) Expr {
	return And(Eq(field, Null), NotEq(field, Null))
}

// everywhere is true for every value of the field.
func everywhere(field string) Expr {
	return Or(Eq(field, Null), NotEq(field, Null))
}

func checkField(field string) {
	for name := range strings.SplitSeq(field, ".") {
		if name == "" || strings.ContainsFunc(name, func(c rune) bool { return !isLetter(c) && !isDigit(c) }) {
			panic(fmt.Sprintf("bbql: %q is not a field: want letters, digits and underscores, with single dots between", field))
		}
	}
	if isDigit(rune(field[0])) {
		panic(fmt.Sprintf("bbql: %q is not a field: it begins with a digit", field))
	}
	switch strings.ToUpper(field) {
	case "AND", "OR", "NOT", "IN", "NULL", "TRUE", "FALSE":
		panic(fmt.Sprintf("bbql: %q is a word of the query language and cannot be a field", field))
	}
}

func isLetter(c rune) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
}

func isDigit(c rune) bool {
	return '0' <= c && c <= '9'
}
