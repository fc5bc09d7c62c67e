package query_test

import (
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/bbql"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/query"
)

// matches filters one document with a name by an expression.
func matches(t *testing.T, e bbql.Expr, name any) bool {
	t.Helper()
	filter, err := query.Parse(e.String())
	if err != nil {
		t.Fatalf("Parse(%s): %v", e, err)
	}
	ok, err := filter.Match(of(map[string]any{"name": name}))
	if err != nil {
		t.Fatalf("%s: %v", e, err)
	}
	return ok
}

func FuzzStringsStayValues(f *testing.F) {
	for _, s := range []string{
		"", "widgets", `say "hi"`, `\`, `\"`, `" OR name != "`, `x" OR name ~ "`, "two\nlines",
		"\x00\xff\u2028", `") OR (name != "`, "null", `",`,
	} {
		f.Add(s, "other")
		f.Add("other", s)
	}
	f.Fuzz(func(t *testing.T, s, other string) {
		if len(s)+len(other) > query.MaxLength/8 {
			return // escaped it would be longer than an expression may be
		}
		checks := []struct {
			expr bbql.Expr
			name any
			want bool
		}{
			{bbql.Eq("name", s), s, true},
			{bbql.Eq("name", s), other, s == other},
			{bbql.Eq("name", s), nil, false},
			{bbql.NotEq("name", s), s, false},
			{bbql.NotEq("name", s), other, s != other},
			{bbql.Contains("name", s), other + "<" + s + ">" + other, true},
			{bbql.NotContains("name", s), other + "<" + s + ">" + other, false},
			{bbql.In("name", "-", s), other, other == s || other == "-"},
			{bbql.NotIn("name", s, "-"), other, other != s && other != "-"},
			{bbql.Ge("name", s), other, other >= s},
			{bbql.Lt("name", s), other, other < s},
			{
				bbql.And(bbql.Eq("name", s), bbql.Or(bbql.Eq("name", other), bbql.Eq("missing", bbql.Null))), s,
				true,
			},
			{
				bbql.Or(bbql.Eq("name", s), bbql.And(bbql.Eq("name", other), bbql.NotEq("missing", bbql.Null))),
				other, s == other,
			},
		}
		for _, check := range checks {
			if got := matches(t, check.expr, check.name); got != check.want {
				t.Errorf("%s gives %t for %q, want %t", check.expr, got, check.name, check.want)
			}
		}
	})
}

func TestEveryKindOfValueIsUnderstood(t *testing.T) {
	on := time.Date(2026, time.May, 4, 12, 0, 0, 500e6, time.FixedZone("", -5*60*60))
	stamp := "2026-05-04T17:00:00.500000+00:00"
	tests := []struct {
		expr bbql.Expr
		name any
		want bool
	}{
		{bbql.Eq("name", bbql.Null), nil, true},
		{bbql.Eq("name", bbql.Null), "null", false},
		{bbql.Eq("name", bbql.Bool(true)), true, true},
		{bbql.Eq("name", bbql.Bool(true)), false, false},
		{bbql.Eq("name", bbql.Int(-7)), -7, true},
		{bbql.In("name", bbql.Int(7), bbql.Int(8)), 8.0, true},
		{bbql.Gt("name", bbql.Float(-0.25)), -0.125, true},
		{bbql.Gt("name", bbql.Float(1e300)), 1e301, true},
		{bbql.Eq("name", bbql.Time(on)), stamp, true},
		{bbql.Lt("name", bbql.Time(on)), stamp, false},
		{bbql.Ge("name", bbql.Time(on.Add(time.Millisecond))), stamp, false},
		{bbql.Lt("name", bbql.Time(on.AddDate(9000, 0, 0))), stamp, true},
		{bbql.In("name", []string{}...), "x", false},
		{bbql.In("name", []string{}...), nil, false},
		{bbql.NotIn("name", []string{}...), "x", true},
		{bbql.NotIn("name", []string{}...), nil, true},
	}
	for _, test := range tests {
		if got := matches(t, test.expr, test.name); got != test.want {
			t.Errorf("%s gives %t for %v, want %t", test.expr, got, test.name, test.want)
		}
	}
}
