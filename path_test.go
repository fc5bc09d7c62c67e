package bitbucket_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
)

func TestIdentifiersAreEscapedOrRefused(t *testing.T) {
	const uuid = "8f5d7c2e-1111-4222-8333-444455556666"
	rt := answering(200, asJSON, `{"uuid":"{u}","permission":"read","email":"a","values":[]}`)
	c := newClient(t, rt)
	user := func(id string) func() error {
		return func() error { _, err := c.Users.Get(t.Context(), id); return err }
	}
	member := func(workspace, id string) func() error {
		return func() error { _, err := c.Workspaces.GetMember(t.Context(), workspace, id); return err }
	}
	email := func(address string) func() error {
		return func() error { _, err := c.Users.GetEmail(t.Context(), address); return err }
	}
	repo := func(workspace, slug string) func() error {
		return func() error {
			_, err := c.Permissions.ListRepositoryUsers(t.Context(), workspace, slug).Collect()
			return err
		}
	}
	for _, tc := range []struct {
		name string
		call func() error
		want string // path, or the error's text when it starts with "!"
	}{
		{"UUID with braces", user("{" + uuid + "}"), "/2.0/users/%7B" + uuid + "%7D"},
		{"UUID without braces", user(uuid), "/2.0/users/%7B" + uuid + "%7D"},
		{"account ID with colon", user("557058:" + uuid), "/2.0/users/557058:" + uuid},
		{"account ID of 24 digits", user("5bce04000000000000000000"), "/2.0/users/5bce04000000000000000000"},
		{"workspace UUID without braces", member(uuid, uuid), "/2.0/workspaces/%7B" + uuid + "%7D/members/%7B" + uuid + "%7D"},
		{"workspace in mixed case", member("MixedCase", "x"), "/2.0/workspaces/MixedCase/members/x"},
		{"repository slug like a UUID", repo("acme", uuid), "/2.0/workspaces/acme/permissions/repositories/" + uuid + "?pagelen=100"},
		{"e-mail address with plus", email("ada+test@example.com"), "/2.0/user/emails/ada%2Btest@example.com"},
		{"slash", member("acme/widgets", "x"), "/2.0/workspaces/acme%2Fwidgets/members/x"},
		{"dots inside", member("..%2f..", "a..b"), "/2.0/workspaces/..%252f../members/a..b"},
		{"question mark and hash", email("a?b#c@example.com"), "/2.0/user/emails/a%3Fb%23c@example.com"},
		{"space and letters of other scripts", email("ä b@example.com"), "/2.0/user/emails/%C3%A4%20b@example.com"},
		{"empty user", user(""), "!selected_user is empty"},
		{"empty workspace", member("", "x"), "!workspace is empty"},
		{"empty member", member("acme", ""), "!member is empty"},
		{"dot", member(".", "x"), `!workspace is "."`},
		{"two dots", repo("acme", ".."), `!repo_slug is ".."`},
		{"line break", user("a\nb"), `!selected_user "a\nb" has a control character`},
		{"NUL", email("a\x00b"), "!email"},
		{"DEL", email("a\x7fb"), "!email"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := len(rt.requests())
			err := tc.call()
			sent := rt.requests()[before:]
			if want, refused := strings.CutPrefix(tc.want, "!"); refused {
				if err == nil || len(sent) != 0 {
					t.Fatalf("sent %v, error %v", sent, err)
				}
				wantText(t, err.Error(), want)
				return
			}
			if err != nil || !slices.Equal(sent, []string{"GET https://api.bitbucket.org" + tc.want}) {
				t.Errorf("sent %v, error %v, want %s", sent, err, tc.want)
			}
		})
	}
}

// Every path goes through the path builder: outside path.go nobody makes an
// endpoint or takes one apart, and what the builder is given is a constant pattern,
// never a text put together from identifiers.
func TestNoMethodBypassesThePathBuilder(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	calls := 0
	for _, file := range files {
		name := file.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				if id, ok := n.Type.(*ast.Ident); ok && id.Name == "endpoint" && name != "path.go" && !onlyLinks(n) {
					t.Errorf("%s makes an endpoint by hand", fset.Position(n.Pos()))
				}
			case *ast.CallExpr:
				if callee := calleeName(n); (callee == "at" || callee == "under") && len(n.Args) > 0 && name != "path.go" {
					calls++
					if !isConstantPattern(n.Args[0]) {
						t.Errorf("%s: the pattern is not constant", fset.Position(n.Pos()))
					}
				}
			case *ast.BinaryExpr:
				if n.Op == token.ADD && holdsPath(n) && !isConstantPattern(n) {
					t.Errorf("%s puts a path together", fset.Position(n.Pos()))
				}
			}
			return true
		})
	}
	if calls < 40 {
		t.Errorf("only %d calls of the path builder were found", calls)
	}
}

// onlyLinks reports whether an endpoint literal sets no path: the list walk keeps
// the URL that the builder resolved.
func onlyLinks(lit *ast.CompositeLit) bool {
	for _, e := range lit.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok || kv.Key.(*ast.Ident).Name == "path" {
			return false
		}
	}
	return true
}

func calleeName(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// isConstantPattern accepts string literals, the pattern constants, and sums of them.
func isConstantPattern(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Kind == token.STRING
	case *ast.Ident:
		return slices.Contains([]string{"mineInWorkspace", "userProperty", "sshKeys", "gpgKeys"}, e.Name)
	case *ast.BinaryExpr:
		return isConstantPattern(e.X) && isConstantPattern(e.Y)
	}
	return false
}

func holdsPath(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			s, _ := strconv.Unquote(lit.Value)
			found = found || strings.HasPrefix(s, "/2.0") || strings.HasPrefix(s, "/1.0")
		}
		return true
	})
	return found
}

func TestUUIDsCarryBraces(t *testing.T) {
	const bare = "8F5d7c2e-1111-4222-8333-444455556666"
	for _, s := range []string{bare, "{" + bare + "}"} {
		u, err := bitbucket.ParseUUID(s)
		if err != nil || u != "{"+bare+"}" || u.Bare() != bare || u.String() != "{"+bare+"}" {
			t.Errorf("%s: %v, %v", s, u, err)
		}
	}
	for _, s := range []string{"", "{}", "ada", bare[1:], "{" + bare, bare + "}", "{{" + bare + "}}", strings.Replace(bare, "-", "_", 1)} {
		if u, err := bitbucket.ParseUUID(s); err == nil {
			t.Errorf("%q became %v", s, u)
		}
	}
}
