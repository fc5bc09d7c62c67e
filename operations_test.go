package bitbucket_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/internal/exchanges"
	"github.com/seed-9213fc64/bitbucket/internal/operations"
	"github.com/seed-9213fc64/bitbucket/v1"
)

// Every operation of the table: what goes out, what comes back, and every status that is
// documented for it.
func TestEveryOperation(t *testing.T) {
	tested := map[string]bool{}
	for _, x := range exchanges.All() {
		t.Run(x.Operation, func(t *testing.T) {
			op, ok := x.Row()
			if !ok || tested[x.Operation] {
				t.Fatalf("a row in the table: %t, a second exchange: %t", ok, tested[x.Operation])
			}
			tested[x.Operation] = true
			testExchange(t, op, x)
			testRefusals(t, op, x)
		})
	}
	for _, op := range operations.All() {
		if op.Call != "" && !tested[op.Call] {
			t.Errorf("there is no exchange for %s", op.Call)
		}
	}
}

func testExchange(t *testing.T, op operations.Operation, x exchanges.Exchange) {
	var sent, body, contentType string
	rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		sent, contentType = r.Method+" "+r.URL.RequestURI(), r.Header.Get("Content-Type")
		data, _ := io.ReadAll(orEmpty(r.Body))
		body = string(data)
		answer(w, x.StatusCode(), x.Answer)
	}}
	var pattern string
	trace := &bitbucket.Trace{Attempt: func(_ context.Context, i bitbucket.AttemptInfo) {
		pattern = i.Pattern
	}}
	c := newClient(t, rt, bitbucket.WithRetries(0), bitbucket.WithTrace(trace))
	got, err := x.Call(t.Context(), c, exchanges.Acme(), x.Options...)
	if err != nil {
		t.Fatal(err)
	}
	if sent != x.Request || body != x.Body || (contentType == "application/json") != (x.Body != "") {
		t.Errorf("sent %s %s (%s)\nwant %s %s", sent, body, contentType, x.Request, x.Body)
	}
	if op.Call != "" && pattern != op.Pattern || !strings.HasPrefix(x.Request, op.Method+" ") {
		t.Errorf("the table says %s %s, the call is %s %s", op.Method, op.Pattern, x.Request, pattern)
	}
	wantSame(t, got, x.Want)
}

func testRefusals(t *testing.T, op operations.Operation, x exchanges.Exchange) {
	for _, code := range append(x.Refused, 429, 503) {
		rt := answering(code, asJSON, `{"type":"error","error":{"message":"refused on purpose"}}`)
		c := newClient(t, rt, bitbucket.WithRetries(0)) // a new one, since a 429 makes a client pause
		_, err := x.Call(t.Context(), c, exchanges.Acme(), x.Options...)
		e, ok := errors.AsType[*bitbucket.Error](err)
		if !ok || e.StatusCode != code || e.Message != "refused on purpose" || e.Method != op.Method ||
			sentinels[code] != nil && !errors.Is(err, sentinels[code]) {
			t.Errorf("%d: %v", code, err)
		}
		if code == 410 && op.Replacement != "" {
			wantText(t, err.Error(), "use "+op.Replacement)
		}
	}
}

var sentinels = map[int]error{
	400: bitbucket.ErrBadRequest, 401: bitbucket.ErrUnauthorized, 402: bitbucket.ErrPlanLimit,
	403: bitbucket.ErrForbidden, 404: bitbucket.ErrNotFound, 409: bitbucket.ErrConflict,
	410: bitbucket.ErrGone, 429: bitbucket.ErrRateLimited, 503: bitbucket.ErrServer,
}

func orEmpty(body io.Reader) io.Reader {
	if body == nil {
		return strings.NewReader("")
	}
	return body
}

// Every exported method of a service that sends something has a row in the table,
// and every row has a method.
func TestEveryMethodHasARow(t *testing.T) {
	composed := []string{"Permissions.ListMineEverywhere"} // of other methods
	methods := methodsOf(reflect.TypeFor[bitbucket.Client](), "")
	for name := range methodsOf(reflect.TypeFor[v1.Client](), "v1.") {
		if !strings.HasPrefix(name, "v1.Users.") && !strings.HasPrefix(name, "v1.NewUser.") { // gone
			methods[name] = true
		}
	}
	for _, op := range bitbucket.Operations() {
		if !methods[op.Call] {
			t.Errorf("%s %s: there is no method %s", op.Method, op.Pattern, op.Call)
		}
		delete(methods, op.Call)
	}
	if left := slices.Sorted(maps.Keys(methods)); !slices.Equal(left, composed) {
		t.Errorf("methods without a row: %v", left)
	}
}

// methodsOf are the methods of a client's services, and of the objects that those return.
func methodsOf(client reflect.Type, prefix string) map[string]bool {
	nested := map[reflect.Type]bool{
		reflect.TypeFor[*bitbucket.PermissionConfig](): true,
		reflect.TypeFor[*bitbucket.Variables]():        true,
		reflect.TypeFor[*bitbucket.DeployKeys]():       true,
	}
	methods := map[string]bool{}
	for field := range client.Fields() {
		if !field.IsExported() {
			continue
		}
		for method := range field.Type.Methods() {
			name := prefix + field.Name + "." + method.Name
			if result := method.Type.Out(0); nested[result] {
				for inner := range result.Methods() {
					methods[name+"."+inner.Name] = true
				}
			} else {
				methods[name] = true
			}
		}
	}
	return methods
}

// The in-memory Bitbucket serves what the table says, with the same scopes, and
// nothing of the user surface besides.
func TestTableAndServerAgree(t *testing.T) {
	routes := map[string]bitbuckettest.Route{}
	for _, r := range bitbuckettest.New().Routes() {
		routes[r.Method+" "+r.Pattern] = r
	}
	for _, op := range operations.All() {
		name := op.Method + " " + op.Pattern
		r, ok := routes[name]
		delete(routes, name)
		if !ok {
			t.Errorf("the server has no %s", name)
		} else if !slices.Equal(r.Scopes, op.Scopes) || !slices.Equal(r.Granular, op.Granular) ||
			string(r.State) != string(op.State) {
			t.Errorf("%s:\nserver %v %v %s\ntable  %v %v %s", name,
				r.Scopes, r.Granular, r.State, op.Scopes, op.Granular, op.State)
		}
	}
	if len(routes) > 0 {
		t.Errorf("the server has besides %v", slices.Sorted(maps.Keys(routes)))
	}
}

// update writes anew what is made of the code, instead of comparing it.
var update = flag.Bool("update", false, "write anew what documents have of the code")

// The table in docs/operations.md is that of the code. After a change of it:
// go test -run OperationsPage -update .
func TestOperationsPage(t *testing.T) {
	var table strings.Builder
	table.WriteString("| method | endpoint | scope | API token scope | state |\n" +
		"|---|---|---|---|---|\n")
	for _, op := range bitbucket.Operations() {
		fmt.Fprintf(&table, "| `%s` | `%s %s` | %s | %s | %s |\n", op.Call, op.Method, op.Pattern,
			orDash(op.Scopes), orDash(op.Granular), op.State)
	}
	wantMade(t, "docs/operations.md", "OperationsPage", table.String())
}

// The list of endpoints that Bitbucket has removed or is going to remove, in docs/migration.md. After
// a change of the table: go test -run RemovedEndpointsPage -update .
func TestRemovedEndpointsPage(t *testing.T) {
	table := "| endpoint | state | use |\n|---|---|---|\n"
	for _, op := range operations.All() {
		if op.State != operations.Current {
			table += fmt.Sprintf("| `%s %s` | %s %s | %s |\n", op.Method, op.Pattern,
				map[operations.State]string{operations.Removed: "removed", operations.Deprecated: "ends"}[op.State],
				cmp.Or(op.Until, "on a day that is not announced"), cmp.Or(op.Replacement, "–"))
		}
	}
	wantMade(t, "docs/migration.md", "RemovedEndpointsPage", table)
}

// wantMade compares what a document has behind the marker of a test, up to an empty line, with what
// the test made, or puts it there.
func wantMade(t *testing.T, name, test, made string) {
	t.Helper()
	marker := "<!-- written by go test -run " + test + " -update . -->\n"
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), marker)
	old, after, ended := strings.Cut(rest, "\n\n")
	if !ok || !ended {
		t.Fatalf("%s has no place for it: %s", name, marker)
	}
	if old+"\n" == made {
		return
	}
	if !*update {
		t.Fatalf("%s lacks this; run go test -run %s -update .\n%s", name, test, made)
	}
	if err := os.WriteFile(name, []byte(before+marker+made+"\n"+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func orDash(scopes []string) string {
	if len(scopes) == 0 {
		return "–"
	}
	return strings.Join(scopes, ", ")
}

// Properties may be any JSON object, read and written with a type of the caller.
func TestPropertiesOfACallersType(t *testing.T) {
	type settings struct {
		Theme string `json:"theme"`
		Depth int    `json:"depth"`
	}
	data, err := json.Marshal(bitbucket.Property[settings]{Value: settings{"dark", 3}})
	if err != nil || string(data) != `{"depth":3,"theme":"dark"}` {
		t.Errorf("%s, %v", data, err)
	}
	var p bitbucket.Property[settings]
	readOnly := []bitbucket.PropertyAttribute{bitbucket.PropertyReadOnly}
	err = json.Unmarshal([]byte(`{"_attributes":["read_only"],"theme":"light","depth":1}`), &p)
	if err != nil || p.Value != (settings{"light", 1}) || !slices.Equal(p.Attributes, readOnly) {
		t.Errorf("%+v, %v", p, err)
	}
	if data, err := json.Marshal(bitbucket.Property[int]{Value: 3}); err == nil {
		t.Errorf("a property that is no object was written: %s", data)
	}
}

// What can only be refused is refused without a call.
func TestGrantOfNothing(t *testing.T) {
	rt := answering(200, asJSON, `{}`)
	on := newClient(t, rt).Permissions.OnRepository("acme", "widgets")
	for _, p := range []bitbucket.Permission{"", bitbucket.PermissionNone} {
		_, err := on.SetUser(t.Context(), exchanges.UserUUID, p)
		_, err2 := on.SetGroup(t.Context(), "developers", p)
		for _, err := range []error{err, err2} {
			if !errors.Is(err, bitbucket.ErrBadRequest) {
				t.Errorf("%q: %v", p, err)
			}
		}
	}
	if n := len(rt.requests()); n != 0 {
		t.Errorf("%d calls", n)
	}
}
