package bitbucket_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/internal/operations"
)

// shared are the calls that return an object whose methods make the operations: the type of that
// object, and how doc comments name its owner.
var shared = map[string]struct{ typ, owner string }{
	"Permissions.OnRepository":      {"PermissionConfig", "on a repository"},
	"Permissions.OnProject":         {"PermissionConfig", "on a project"},
	"Pipelines.UserVariables":       {"Variables", "of a user"},
	"Pipelines.WorkspaceVariables":  {"Variables", "of a workspace"},
	"Pipelines.RepositoryVariables": {"Variables", "of a repository"},
	"Pipelines.DeploymentVariables": {"Variables", "of an environment"},
	"DeployKeys.OnRepository":       {"DeployKeys", "of a repository"},
	"DeployKeys.OnProject":          {"DeployKeys", "of a project"},
}

// The doc comment of every method names the endpoint and the scopes that the table gives it, and
// says that it is deprecated where it is.
func TestDocCommentsSayWhatTheTableSays(t *testing.T) {
	docs := docComments(t)
	rows := map[string][]operations.Operation{} // by method
	for _, op := range operations.All() {
		if op.Call == "" {
			continue
		}
		method := methodOf(op.Call)
		rows[method] = append(rows[method], op)
		wantDeprecation(t, docs, op)
	}
	for method, ops := range rows {
		want := endpointAndScopes(ops)
		var found []string
		for paragraph := range strings.SplitSeq(docs[method], "\n\n") {
			if text := strings.Join(strings.Fields(paragraph), " "); endpoint.MatchString(text) {
				found = append(found, text)
			}
		}
		if len(found) != 1 || found[0] != want {
			t.Errorf("%s says %q, want\n%s", method, found, want)
		}
	}
}

// endpoint is how a paragraph begins that names one.
var endpoint = regexp.MustCompile(`^(GET|POST|PUT|DELETE) (/|…/)`)

// beginning is what the endpoints of an object with several methods begin with.
var beginning = regexp.MustCompile(`.*?(config|deploy-keys)\b`)

// methodOf is the method that makes a call: PermissionConfig.GetUser for
// Permissions.OnProject.GetUser.
func methodOf(call string) string {
	dot := strings.LastIndex(call, ".")
	if s, ok := shared[call[:dot]]; ok {
		return s.typ + call[dot:]
	}
	return call[:dot] + "Service" + call[dot:]
}

// endpointAndScopes is the paragraph that belongs to the rows of a method.
func endpointAndScopes(ops []operations.Operation) string {
	if len(ops) == 1 {
		label := "Scope"
		if len(ops[0].Scopes) > 1 {
			label = "Scopes"
		}
		return ops[0].Method + " " + ops[0].Pattern + ". " + label + ": " + scopes(ops[0]) + "."
	}
	end, text := ops[0].Pattern, ""
	for _, op := range ops {
		end = commonEnd(end, op.Pattern)
		owner := shared[op.Call[:strings.LastIndex(op.Call, ".")]].owner
		text += " Scope " + owner + ": " + scopes(op) + "."
	}
	return ops[0].Method + " …" + end + "." + text
}

// scopes are the classic scopes of an operation, or those of an API token.
func scopes(op operations.Operation) string {
	text := "none"
	if len(op.Scopes) > 0 {
		text = strings.Join(op.Scopes, " and ")
	}
	if len(op.Granular) > 0 {
		text += ", or " + strings.Join(op.Granular, " and ")
	}
	return text
}

// commonEnd is what two patterns end with, from a slash on.
func commonEnd(a, b string) string {
	i := 0
	for i < min(len(a), len(b)) && a[len(a)-1-i] == b[len(b)-1-i] {
		i++
	}
	end := a[len(a)-i:]
	return end[strings.Index(end, "/"):]
}

// wantDeprecation checks the doc comment of an operation's method; or of the call before it, where
// several kinds of owners share the method.
func wantDeprecation(t *testing.T, docs map[string]string, op operations.Operation) {
	t.Helper()
	method, owner := methodOf(op.Call), op.Call[:strings.LastIndex(op.Call, ".")]
	if _, ok := shared[owner]; ok {
		if strings.Contains(docs[method], "Deprecated: ") {
			t.Errorf("%s is deprecated for all owners", method)
		}
		method = methodOf(owner)
		base := beginning.FindString(op.Pattern)
		if !strings.Contains(strings.Join(strings.Fields(docs[method]), " "), " "+base+".") {
			t.Errorf("%s does not say that its endpoints begin with %s", method, base)
		}
	}
	_, notice, found := strings.Cut(docs[method], "\n\nDeprecated: ")
	if found != (op.State != operations.Current) {
		t.Errorf("%s is %s; its doc comment: %s", method, op.State, docs[method])
	}
	if !found {
		return
	}
	if !strings.Contains(notice, op.Until) {
		t.Errorf("%s ends on %s, says %q", method, op.Until, notice)
	}
	for _, name := range regexp.MustCompile(`\w+\.(\w+)`).FindAllStringSubmatch(op.Replacement, -1) {
		if !strings.Contains(notice, name[1]) {
			t.Errorf("%s is replaced by %s, says %q", method, name[0], notice)
		}
	}
}

// docComments are those of the methods of this package and of v1, by type and name.
func docComments(t *testing.T) map[string]string {
	t.Helper()
	docs := map[string]string{}
	for pattern, prefix := range map[string]string{"*.go": "", "v1/*.go": "v1."} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v, %v", pattern, names, err)
		}
		addDocComments(t, docs, prefix, names)
	}
	return docs
}

func addDocComments(t *testing.T, docs map[string]string, prefix string, names []string) {
	t.Helper()
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Recv == nil || f.Doc == nil {
				continue
			}
			receiver := f.Recv.List[0].Type
			if star, ok := receiver.(*ast.StarExpr); ok {
				receiver = star.X
			}
			if typ, ok := receiver.(*ast.Ident); ok {
				docs[prefix+typ.Name+"."+f.Name.Name] = f.Doc.Text()
			}
		}
	}
}
