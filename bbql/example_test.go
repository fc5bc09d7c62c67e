package bbql_test

import (
	"fmt"
	"net/url"
	"time"

	"github.com/seed-9213fc64/bitbucket/bbql"
)

func ExampleEq() {
	name := `the "new" one`
	fmt.Println(bbql.Eq("repository.name", name))
	fmt.Println(bbql.Eq("website", bbql.Null))
	fmt.Println(bbql.Eq("is_private", bbql.Bool(true)))
	// Output:
	// repository.name = "the \"new\" one"
	// website = null
	// is_private = true
}

func ExampleGt() {
	since := time.Date(2026, time.May, 4, 12, 0, 0, 0, time.UTC)
	fmt.Println(bbql.Gt("permission", "read"))
	fmt.Println(bbql.Gt("created_on", bbql.Time(since)))
	// Output:
	// permission > "read"
	// created_on > 2026-05-04T12:00:00.000+00:00
}

func ExampleIn() {
	addresses := []string{"ann@example.com", "bob@example.com"}
	fmt.Println(bbql.In("user.email", addresses...))
	// Output:
	// user.email IN ("ann@example.com","bob@example.com")
}

func ExampleOr() {
	fmt.Println(bbql.And(
		bbql.Contains("repository.name", "api"),
		bbql.Or(bbql.Eq("permission", "write"), bbql.Eq("permission", "admin")),
	))
	// Output:
	// repository.name ~ "api" AND (permission = "write" OR permission = "admin")
}

// A condition that was not asked for is left out by leaving it zero.
func ExampleAnd_optional() {
	search := func(name, permission string) bbql.Expr {
		var byName, byPermission bbql.Expr
		if name != "" {
			byName = bbql.Contains("repository.name", name)
		}
		if permission != "" {
			byPermission = bbql.Ge("permission", permission)
		}
		return bbql.And(byName, byPermission)
	}
	fmt.Println(search("api", "write"))
	fmt.Println(search("", "write"))
	// Output:
	// repository.name ~ "api" AND permission >= "write"
	// permission >= "write"
}

// Outside of the client the expression still has to be escaped for the URL.
func ExampleExpr_String() {
	parameters := url.Values{"q": {bbql.Eq("name", "a & b").String()}}
	fmt.Println(parameters.Encode())
	// Output:
	// q=name+%3D+%22a+%26+b%22
}
