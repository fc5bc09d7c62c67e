package bbql_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/bbql"
)

// level is a string type as other packages have them.
type level string

// String is not what such a type stands for in an expression.
func (level) String() string { return "a level" }

func TestExpressions(t *testing.T) {
	name := "widgets"
	noon := time.Date(2026, 9, 1, 14, 30, 5, 123_999_999, time.FixedZone("CEST", 2*60*60))
	var none bbql.Expr
	a, b, c := bbql.Eq("a", "1"), bbql.Eq("b", "2"), bbql.Eq("c", "3")
	tests := []struct {
		expr bbql.Expr
		want string
	}{
		{bbql.Eq("repository.name", name), `repository.name = "widgets"`},
		{bbql.NotEq("repository.name", name), `repository.name != "widgets"`},
		{bbql.Contains("user.display_name", "ann"), `user.display_name ~ "ann"`},
		{bbql.NotContains("user.display_name", "ann"), `user.display_name !~ "ann"`},
		{bbql.Gt("permission", level("read")), `permission > "read"`},
		{bbql.Ge("permission", level("read")), `permission >= "read"`},
		{bbql.Lt("permission", level("read")), `permission < "read"`},
		{bbql.Le("permission", level("read")), `permission <= "read"`},
		{bbql.In("permission", level("read"), "write"), `permission IN ("read","write")`},
		{bbql.NotIn("uuid", []string{"{1}", "{2}"}...), `uuid NOT IN ("{1}","{2}")`},

		{bbql.Eq("name", ""), `name = ""`},
		{bbql.Eq("name", `say "hi"`), `name = "say \"hi\""`},
		{bbql.Eq("name", `c:\dir\`), `name = "c:\\dir\\"`},
		{bbql.Eq("name", `\" OR name != "`), `name = "\\\" OR name != \""`},
		{bbql.Eq("name", "two\nlines\ttab\x00nul"), "name = \"two\nlines\ttab\x00nul\""},
		{bbql.Eq("name", "null"), `name = "null"`},
		{bbql.Eq("name", "NaN"), `name = "NaN"`},
		{bbql.Gt("name", "null"), `name > "null"`},
		{bbql.In("name", `a","b`), `name IN ("a\",\"b")`},

		{bbql.Eq("website", bbql.Null), `website = null`},
		{bbql.NotEq("website", bbql.Null), `website != null`},
		{bbql.Eq("is_private", bbql.Bool(true)), `is_private = true`},
		{bbql.Eq("is_private", bbql.Bool(false)), `is_private = false`},
		{bbql.Gt("size", bbql.Int(-5)), `size > -5`},
		{bbql.Le("size", bbql.Int(int64(math.MaxInt64))), `size <= 9223372036854775807`},
		{bbql.In("id", bbql.Int(1), bbql.Int(2)), `id IN (1,2)`},
		{bbql.Ge("score", bbql.Float(0.1)), `score >= 0.1`},
		{bbql.Ge("score", bbql.Float(1e21)), `score >= 1000000000000000000000`},
		{bbql.Contains("id", bbql.Int(12)), `id ~ "12"`},
		{bbql.Gt("created_on", bbql.Time(noon)), `created_on > 2026-09-01T12:30:05.123+00:00`},
		{bbql.Gt("created_on", bbql.Time(time.Time{})), `created_on > 0001-01-01T00:00:00.000+00:00`},
		{bbql.Gt("created_on", bbql.Time(noon.AddDate(-9999, 0, 0))), `created_on > 0001-01-01T00:00:00.000+00:00`},
		{bbql.Gt("created_on", bbql.Time(noon.AddDate(9999, 0, 0))), `created_on > 9999-12-31T23:59:59.999+00:00`},

		{bbql.In("name", []string(nil)...), `name = null AND name != null`},
		{bbql.NotIn("name", []string(nil)...), `name = null OR name != null`},
		{bbql.Eq("score", bbql.Float(math.NaN())), `score = null AND score != null`},
		{bbql.NotEq("score", bbql.Float(math.NaN())), `score = null OR score != null`},
		{bbql.Ge("score", bbql.Float(math.NaN())), `score = null AND score != null`},
		{bbql.In("score", bbql.Float(math.NaN()), bbql.Float(1)), `score IN (1)`},

		{bbql.And(a, b), `a = "1" AND b = "2"`},
		{bbql.Or(a, b), `a = "1" OR b = "2"`},
		{bbql.And(a, bbql.Or(b, c)), `a = "1" AND (b = "2" OR c = "3")`},
		{bbql.Or(bbql.And(a, b), c), `(a = "1" AND b = "2") OR c = "3"`},
		{bbql.And(bbql.And(a, b), c), `a = "1" AND b = "2" AND c = "3"`},
		{bbql.Or(bbql.Or(a, b), bbql.Or(c)), `a = "1" OR b = "2" OR c = "3"`},
		{bbql.Or(a, bbql.And(bbql.Or(b, c))), `a = "1" OR b = "2" OR c = "3"`},
		{bbql.Or(a, bbql.And(b, bbql.Or(c, a))), `a = "1" OR (b = "2" AND (c = "3" OR a = "1"))`},
		{bbql.And(bbql.In("x", []string(nil)...), a), `x = null AND x != null AND a = "1"`},
		{bbql.Or(bbql.In("x", []string(nil)...), a), `(x = null AND x != null) OR a = "1"`},
		{bbql.And(bbql.NotIn("x", []string(nil)...), a), `(x = null OR x != null) AND a = "1"`},

		{none, ``},
		{bbql.And(), ``},
		{bbql.And(none, a, none), `a = "1"`},
		{bbql.And(none, bbql.Or(a, b)), `a = "1" OR b = "2"`},
		{bbql.Or(bbql.And(bbql.Or(a, b)), c), `a = "1" OR b = "2" OR c = "3"`},
		{bbql.Or(a, none), ``},
		{bbql.And(b, bbql.Or(a, none)), `b = "2"`},
	}
	for _, test := range tests {
		if got := test.expr.String(); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestInfinitiesAreTheLastNumbers(t *testing.T) {
	most := bbql.Lt("score", bbql.Float(math.Inf(1))).String()
	least := bbql.Gt("score", bbql.Float(math.Inf(-1))).String()
	if !strings.HasPrefix(most, "score < 17976931348623157") || len(most) != len("score < ")+309 {
		t.Errorf("+Inf is written as %s", most)
	}
	if least != "score > -"+strings.TrimPrefix(most, "score < ") {
		t.Errorf("-Inf is written as %s", least)
	}
}

func TestMistakesPanic(t *testing.T) {
	tests := []struct {
		name string
		make func() bbql.Expr
		want string
	}{
		{"empty field", func() bbql.Expr { return bbql.Eq("", "x") }, `bbql: "" is not a field: want letters, digits and underscores, with single dots between`},
		{"space", func() bbql.Expr { return bbql.NotEq("a b", "x") }, `bbql: "a b" is not a field: want letters, digits and underscores, with single dots between`},
		{"injection", func() bbql.Expr { return bbql.In(`a = "b" OR c`, "x") }, `bbql: "a = \"b\" OR c" is not a field: want letters, digits and underscores, with single dots between`},
		{"two dots", func() bbql.Expr { return bbql.NotIn("a..b", []string{}...) }, `bbql: "a..b" is not a field: want letters, digits and underscores, with single dots between`},
		{"last dot", func() bbql.Expr { return bbql.Gt("a.", "x") }, `bbql: "a." is not a field: want letters, digits and underscores, with single dots between`},
		{"letter of another alphabet", func() bbql.Expr { return bbql.Contains("nаme", "x") }, `bbql: "nаme" is not a field: want letters, digits and underscores, with single dots between`},
		{"number", func() bbql.Expr { return bbql.Eq("2fa", "x") }, `bbql: "2fa" is not a field: it begins with a digit`},
		{"keyword", func() bbql.Expr { return bbql.Eq("Not", "x") }, `bbql: "Not" is a word of the query language and cannot be a field`},
		{"order with null", func() bbql.Expr { return bbql.Ge("a", bbql.Null) }, `bbql: there is no order with null`},
		{"order with a boolean", func() bbql.Expr { return bbql.Lt("a", bbql.Bool(true)) }, `bbql: there is no order with true`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			defer func() {
				if got := recover(); got != test.want {
					t.Errorf("panics with %v, want %v", got, test.want)
				}
			}()
			t.Errorf("made %s", test.make())
		})
	}
}
