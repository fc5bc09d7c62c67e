package query_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/query"
)

var widgets = map[string]any{
	"type":       "repository_permission",
	"permission": "write",
	"repository": map[string]any{
		"name": "Widgets", "full_name": "acme/widgets", "is_private": true, "size": 2048, "stars": 4.5,
		"id": int64(9007199254740993), "forks": json.Number("12"), "language": nil,
		"quote":      `say "hi" \o/`,
		"created_on": "2018-03-14T13:17:05.196003+00:00", "updated_on": "2021-04-02T14:20:48.179",
	},
	"user": map[string]any{"display_name": "Émile Zola", "nickname": ""},
	"reviewers": []any{
		map[string]any{"name": "ann", "tags": []any{"a", "b"}},
		map[string]any{"name": "bob"},
	},
	"groups":  []map[string]any{{"slug": "developers"}, {"slug": "admins"}},
	"none":    []any{},
	"role":    map[string]any{"permission": "collaborator"},
	"strange": map[string]any{"permission": "superuser"},
	"started": time.Date(2018, 3, 14, 13, 17, 5, 196003000, time.UTC),
}

// of looks a path up in a document, through its lists.
func of(doc map[string]any) query.View {
	return func(path string) any {
		found := []any{doc}
		for name := range strings.SplitSeq(path, ".") {
			var next []any
			for _, value := range found {
				if object, ok := value.(map[string]any); ok {
					next = appendValues(next, object[name])
				}
			}
			found = next
		}
		return found
	}
}

func appendValues(values []any, value any) []any {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			values = appendValues(values, item)
		}
		return values
	case []map[string]any:
		for _, item := range value {
			values = append(values, item)
		}
		return values
	default:
		return append(values, value)
	}
}

func TestMatch(t *testing.T) {
	tests := []struct {
		q    string
		want bool
	}{
		{`repository.name = "Widgets"`, true},
		{`repository.name="widgets"`, false},
		{`repository.name != "Widgets"`, false},
		{`repository.name != "Gadgets"`, true},
		{`repository.quote = "say \"hi\" \\o/"`, true},
		{`user.nickname = ""`, true},
		{`user.nickname = null`, false},

		{`repository.name ~ "DGET"`, true},
		{`user.display_name ~ "éMILE"`, true},
		{`repository.name ~ ""`, true},
		{`repository.name ~ "gadget"`, false},
		{`repository.name !~ "gadget"`, true},
		{`repository.name !~ "WIDGET"`, false},
		{`repository.language ~ ""`, false},
		{`repository.language !~ "go"`, true},

		{`repository.size = 2048`, true},
		{`repository.size = 2048.0`, true},
		{`repository.size > -1`, true},
		{`repository.size < 2048`, false},
		{`repository.size <= 2048`, true},
		{`repository.size >= 2048.5`, false},
		{`repository.stars > 4`, true},
		{`repository.stars = 4.5`, true},
		{`repository.forks < 12.5`, true},
		{`repository.id = 9007199254740993`, true},
		{`repository.id = 9007199254740992`, false},
		{`repository.id < 9007199254740993.0000000000000001`, true},
		{`repository.name > "Wi"`, true},
		{`repository.name < "Wi"`, false},

		{`repository.is_private = true`, true},
		{`repository.is_private = false`, false},
		{`repository.is_private != false`, true},

		{`repository.language = null`, true},
		{`repository.language != null`, false},
		{`repository.missing = null`, true},
		{`repository.missing.deeper = null`, true},
		{`repository.name.deeper = null`, true},
		{`repository.name = null`, false},
		{`repository.name != null`, true},
		{`repository = null`, false},
		{`repository.language = "go"`, false},
		{`repository.language != "go"`, true},
		{`repository.language > "a"`, false},
		{`repository.language <= "a"`, false},
		{`none = null`, true},

		{`repository.created_on > 2018-03-14`, true},
		{`repository.created_on > 2018-03-15`, false},
		{`repository.created_on >= 2018-03-14T13:17`, true},
		{`repository.created_on < 2018-03-14T13:17:05.197`, true},
		{`repository.created_on < 2018-03-14T13:17:05.196`, false},
		{`repository.created_on = 2018-03-14T13:17:05.196003`, true},
		{`repository.created_on = 2018-03-14T13:17:05.196003Z`, true},
		{`repository.created_on = 2018-03-14T15:17:05.196003+02:00`, true},
		{`repository.created_on = 2018-03-14T15:17:05.196003+0200`, true},
		{`repository.created_on = 2018-03-14T15:17:05.196003+02`, true},
		{`repository.created_on != 2018-03-14T15:17:05.196003+01:00`, true},
		{`repository.created_on > 2018-03-14T14`, false},
		{`started = 2018-03-14T13:17:05.196003`, true},
		{`started > 2018-03-15`, false},
		{`started = null`, false},
		{`repository.updated_on = 2021-04-02T14:20:48.179+00:00`, true},

		{`repository.name IN ("Gadgets", "Widgets")`, true},
		{`repository.name in ("Gadgets")`, false},
		{`repository.name NOT IN ("Gadgets","Gizmos")`, true},
		{`repository.name not in ("Widgets")`, false},
		{`repository.size IN (1,2048)`, true},
		{`repository.language IN ("go", null)`, true},
		{`repository.language IN ("go")`, false},
		{`repository.language NOT IN ("go")`, true},
		{`repository.created_on IN (2018-03-14T13:17:05.196003)`, true},

		{`permission > "read"`, true},
		{`permission > "write"`, false},
		{`permission >= "write"`, true},
		{`permission < "admin"`, true},
		{`permission < "create-repo"`, true},
		{`permission > "none"`, true},
		{`permission <= "read"`, false},
		{`permission = "write"`, true},
		{`permission > "owner"`, false},
		{`permission < "owner"`, false},
		{`role.permission > "member"`, true},
		{`role.permission >= "create-project"`, false},
		{`strange.permission > "none"`, false},
		{`strange.permission <= "admin"`, false},

		{`reviewers.name = "bob"`, true},
		{`reviewers.name = "eve"`, false},
		{`reviewers.name != "bob"`, false},
		{`reviewers.name != "eve"`, true},
		{`reviewers.tags = "b"`, true},
		{`reviewers.tags NOT IN ("b")`, false},
		{`groups.slug = "admins"`, true},

		{`repository.size = 1 OR repository.is_private = true AND permission = "write"`, true},
		{`repository.size = 2048 OR repository.is_private = true AND permission = "read"`, true},
		{`(repository.size = 2048 OR repository.is_private = true) AND permission = "read"`, false},
		{`repository.size = 2048 and permission = "write" and repository.name = "x"`, false},
		{`((permission = "write"))`, true},
		{"  permission\t=\n\"write\"  ", true},
		{`permission="write"AND(repository.size=2048)`, true},
	}
	for _, test := range tests {
		filter, err := query.Parse(test.q)
		if err != nil {
			t.Errorf("Parse(%s): %v", test.q, err)
			continue
		}
		if got, err := filter.Match(of(widgets)); err != nil || got != test.want {
			t.Errorf("%s gives %t, %v, want %t", test.q, got, err, test.want)
		}
	}
}

func TestMatchRefusesMixedKinds(t *testing.T) {
	tests := []struct {
		q, field, text string
	}{
		{
			`repository.size = "2048"`, "repository.size",
			`field "repository.size" is a number and cannot be compared with a string`,
		},
		{
			`repository.name > 5`, "repository.name",
			`field "repository.name" is a string and cannot be compared with a number`,
		},
		{
			`repository.name = true`, "repository.name",
			`field "repository.name" is a string and cannot be compared with a boolean`,
		},
		{
			`repository.name > 2018-01-01`, "repository.name",
			`field "repository.name" is a string and cannot be compared with a time`,
		},
		{
			`repository.is_private > "a"`, "repository.is_private",
			`field "repository.is_private" is a boolean and cannot be compared with a string`,
		},
		{
			`repository.size ~ "20"`, "repository.size",
			`field "repository.size" is a number and cannot contain text`,
		},
		{
			`repository = "acme/widgets"`, "repository",
			`field "repository" is an object and cannot be compared with a string`,
		},
		{`permission > "boss"`, "permission", `field "permission" has no level "boss"`},
		{
			`permission = "read" OR repository.size !~ "20"`, "repository.size",
			`field "repository.size" is a number and cannot contain text`,
		},
	}
	for _, test := range tests {
		filter, err := query.Parse(test.q)
		if err != nil {
			t.Errorf("Parse(%s): %v", test.q, err)
			continue
		}
		_, err = filter.Match(of(widgets))
		var wrong *query.ValueError
		if !errors.As(err, &wrong) || wrong.Field != test.field || err.Error() != test.text {
			t.Errorf("%s gives error %v, want %s", test.q, err, test.text)
		}
	}
}

func TestFields(t *testing.T) {
	filter, err := query.Parse(
		`values.x = 1 AND (user.uuid IN ("a") OR values.x > 2) AND permission != null`)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"values.x", "user.uuid", "permission"}
	if got := filter.Fields(); !slices.Equal(got, want) {
		t.Errorf("Fields() = %q, want %q", got, want)
	}
}

func TestStrings(t *testing.T) {
	filter, err := query.Parse(
		`user.email IN ("a\"b", null, "c") AND (user.name = "d" OR user.email != "c")`)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := filter.Strings("user.email"), []string{`a"b`, "c", "c"}; !slices.Equal(got, want) {
		t.Errorf("Strings() = %q, want %q", got, want)
	}
	if got := filter.Strings("user"); got != nil {
		t.Errorf("Strings() of a field that is not there = %q", got)
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct {
		q, text string
	}{
		{``, `found the end instead of a field or ( at offset 0`},
		{`name`, `found the end instead of an operator at offset 4`},
		{`name =`, `found the end instead of a value at offset 6`},
		{`name = widgets`, `found "widgets" instead of a value (strings need double quotes) at offset 7`},
		{`name = 'widgets'`, `unexpected "'" at offset 7`},
		{`name = "widgets`, `string without a closing quote at offset 7`},
		{`name = "a\nb"`, `a backslash stands only before " or \ at offset 9`},
		{`name = "a\`, `a backslash stands only before " or \ at offset 9`},
		{`name = "a" name = "b"`, `found "name" instead of AND, OR or the end at offset 11`},
		{`name = "a" AND`, `found the end instead of a field or ( at offset 14`},
		{`name == "a"`, `found "=" instead of a value at offset 6`},
		{`name , "a"`, `found "," instead of an operator at offset 5`},
		{`name = ("a")`, `found "(" instead of a value at offset 7`},
		{`name IN "a"`, `found "\"a\"" instead of ( at offset 8`},
		{`name IN ()`, `found ")" instead of a value at offset 9`},
		{`name IN ("a",)`, `found ")" instead of a value at offset 13`},
		{`name IN ("a" "b")`, `found "\"b\"" instead of ) at offset 13`},
		{`name NOT = "a"`, `found "=" instead of IN at offset 9`},
		{`NOT name = "a"`, `found "NOT" instead of a field or ( at offset 0`},
		{`(name = "a"`, `found the end instead of ) at offset 11`},
		{`name = "a")`, `found ")" instead of AND, OR or the end at offset 10`},
		{`in = "a"`, `found "in" instead of a field or ( at offset 0`},
		{`"a" = name`, `found "\"a\"" instead of a field or ( at offset 0`},
		{`a..b = 1`, `"a..b" is not a field at offset 0`},
		{`a. = 1`, `"a." is not a field at offset 0`},
		{`.a = 1`, `unexpected "." at offset 0`},
		{`size = 5x`, `"5x" is neither a number nor a date at offset 7`},
		{`size = 1e9`, `"1e9" is neither a number nor a date at offset 7`},
		{`size = 1.`, `"1." is neither a number nor a date at offset 7`},
		{`size = -`, `"-" is neither a number nor a date at offset 7`},
		{`created_on > 2018-13-01`, `"2018-13-01" is neither a number nor a date at offset 13`},
		{`created_on > 2018-02-30`, `"2018-02-30" is neither a number nor a date at offset 13`},
		{`name ~ 5`, `only a string can be contained, not a number at offset 7`},
		{`name !~ null`, `only a string can be contained, not null at offset 8`},
		{`size > null`, `there is no order with null at offset 7`},
		{`is_private <= true`, `there is no order with a boolean at offset 14`},
		{`name = NULL`, `found "NULL" instead of a value (strings need double quotes) at offset 7`},
		{`name = "a" & size = 1`, `unexpected "&" at offset 11`},
		{"name = \"a\" \x00", `unexpected "\x00" at offset 11`},
	}
	for _, test := range tests {
		_, err := query.Parse(test.q)
		var syntax *query.SyntaxError
		if !errors.As(err, &syntax) || err.Error() != test.text {
			t.Errorf("Parse(%s) gives error %v, want %s", test.q, err, test.text)
		}
	}
}

func TestParseBoundsNesting(t *testing.T) {
	nested := func(depth int) string {
		open, closed := slices.Repeat([]byte("("), depth), slices.Repeat([]byte(")"), depth)
		return string(open) + `permission = "write"` + string(closed)
	}
	filter, err := query.Parse(nested(100))
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := filter.Match(of(widgets)); !ok || err != nil {
		t.Errorf("100 parentheses: got %t, %v", ok, err)
	}
	var syntax *query.SyntaxError
	if _, err := query.Parse(nested(1_000_000)); !errors.As(err, &syntax) {
		t.Errorf("a million parentheses: got error %v, want a *SyntaxError", err)
	}
	many := string(slices.Repeat([]byte(`(permission = "write") AND `), 99)) + `permission = "write"`
	if _, err := query.Parse(many); err != nil {
		t.Errorf("parentheses side by side: %v", err)
	}
}

// The limits hold at both of their sides, and a filter asks its view once for each comparison,
// however long its lists are.
func TestLimits(t *testing.T) {
	repeat := func(n int, text, last string) string { return strings.Repeat(text, n-1) + last }
	for name, row := range map[string]struct {
		fits, refused string
		asked         int
	}{
		"comparisons": {repeat(100, `a="x" OR `, `a="x"`), repeat(101, `a="x" OR `, `a="x"`), 100},
		"fields": {
			`f0=1` + many(99, ` OR f%d=1`), `f0=1` + many(100, ` OR f%d=1`), 100,
		},
		"listed": {`a IN (` + repeat(1000, `"x",`, `"x"`) + `)`, `a IN (` + repeat(1001, `"x",`, `"x"`) +
			`)`, 1},
		"numbers": {`a IN (` + repeat(99, `1,`, `1`) + `)`, `a IN (` + repeat(100, `1,`, `1`) + `)`, 1},
		"digits":  {`a = ` + repeat(1000, "9", "9"), `a = ` + repeat(1001, "9", "9"), 1},
		"length": {`a = "` + repeat(query.MaxLength-6, "x", "x") + `"`, `a = "` +
			repeat(query.MaxLength-5, "x", "x") + `"`, 1},
	} {
		filter, err := query.Parse(row.fits)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		asked := 0
		if _, err := filter.Match(func(string) any { asked++; return nil }); err != nil ||
			asked != row.asked {
			t.Errorf("%s: the view is asked %d times, want %d; %v", name, asked, row.asked, err)
		}
		var syntax *query.SyntaxError
		if _, err := query.Parse(row.refused); !errors.As(err, &syntax) {
			t.Errorf("%s: one more gives %v, want a *SyntaxError", name, err)
		}
	}
}

// many writes a pattern for the numbers from 1 to n.
func many(n int, pattern string) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, pattern, i+1)
	}
	return text.String()
}

func FuzzParse(f *testing.F) {
	for _, q := range []string{
		`name = "a" AND (size > -1.5 OR created_on <= 2018-03-14T13:17:05.196+02:00)`,
		`a.b NOT IN ("x", null, true, 5)`, `name !~ "\"\\"`, `((`, `a="`, `size=99999-99-99`,
	} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, q string) {
		filter, err := query.Parse(q)
		if err != nil {
			if _, ok := errors.AsType[*query.SyntaxError](err); !ok {
				t.Fatalf("Parse(%q) gives %T, want *SyntaxError", q, err)
			}
			return
		}
		if len(filter.Fields()) == 0 {
			t.Errorf("Parse(%q) reads no field", q)
		}
		first, err1 := filter.Match(of(widgets))
		second, err2 := filter.Match(of(widgets))
		if first != second || (err1 == nil) != (err2 == nil) {
			t.Errorf("%q matches once %t, %v and once %t, %v", q, first, err1, second, err2)
		}
	})
}
