package bitbucket_test

import (
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
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// An exchange is what one operation sends and gets.
type exchange struct {
	call    func(t *testing.T, c *bitbucket.Client) (any, error)
	request string // method, escaped path and query
	body    string // what is sent
	status  int    // of the answer; 200 when left out
	answer  string
	want    any
	errors  []int // statuses documented besides
}

// paged is a last page with one value.
func paged(value string) string {
	return `{"pagelen":100,"page":1,"size":1,"values":[` + value + `]}`
}

func items[T any](list *bitbucket.List[T]) (any, error) { return list.Collect() }

// one makes a result of a pointer and an error.
func one[T any](v *T, err error) (any, error) {
	if v == nil {
		return nil, err
	}
	return *v, err
}

func none(err error) (any, error) { return nil, err }

// exchanges has every operation of the table, by the name of its method.
func exchanges() map[string]exchange {
	const (
		user     = "%7B11111111-1111-1111-1111-111111111111%7D"
		variable = "%7B55555555-5555-5555-5555-555555555555%7D"
		key      = "%7B77777777-7777-7777-7777-777777777777%7D"
	)
	type T = *testing.T
	type C = *bitbucket.Client
	all := map[string]exchange{
		"Users.Current": {
			call:    func(t T, c C) (any, error) { return one(c.Users.Current(t.Context())) },
			request: "GET /2.0/user", answer: userBody, want: userValue(), errors: []int{401, 403},
		},
		"Users.Get": {
			call:    func(t T, c C) (any, error) { return one(c.Users.Get(t.Context(), userUUID)) },
			request: "GET /2.0/users/" + user, answer: userBody, want: userValue(), errors: []int{404},
		},
		"Users.ListEmails": {
			call:    func(t T, c C) (any, error) { return items(c.Users.ListEmails(t.Context())) },
			request: "GET /2.0/user/emails?pagelen=100", answer: paged(emailBody), want: []bitbucket.Email{emailValue()}, errors: []int{401, 403},
		},
		"Users.GetEmail": {
			call:    func(t T, c C) (any, error) { return one(c.Users.GetEmail(t.Context(), "user@example.com")) },
			request: "GET /2.0/user/emails/user@example.com", answer: emailBody, want: emailValue(), errors: []int{401, 403, 404},
		},
		"Workspaces.List": {
			call: func(t T, c C) (any, error) {
				return items(c.Workspaces.List(t.Context(), bitbucket.Param("administrator", "true"), bitbucket.Sort("slug")))
			},
			request: "GET /2.0/user/workspaces?administrator=true&pagelen=100&sort=slug", answer: paged(accessBody), want: []bitbucket.WorkspaceAccess{accessValue()}, errors: []int{400, 401},
		},
		"Workspaces.Get": {
			call:    func(t T, c C) (any, error) { return one(c.Workspaces.Get(t.Context(), "acme")) },
			request: "GET /2.0/workspaces/acme", answer: workspaceBody, want: workspaceValue(), errors: []int{404, 410},
		},
		"Workspaces.Membership": {
			call:    func(t T, c C) (any, error) { return one(c.Workspaces.Membership(t.Context(), "acme")) },
			request: "GET /2.0/user/workspaces/acme/permission", answer: membershipBody, want: membershipValue(), errors: []int{401, 403},
		},
		"Workspaces.ListMembers": {
			call: func(t T, c C) (any, error) {
				return items(c.Workspaces.ListMembers(t.Context(), "acme", bitbucket.Query(`user.email IN ("a@x","b@x")`), bitbucket.Fields("+values.user.email")))
			},
			request: "GET /2.0/workspaces/acme/members?fields=%2Bvalues.user.email&pagelen=100&q=user.email%20IN%20%28%22a%40x%22%2C%22b%40x%22%29",
			answer:  paged(membershipBody), want: []bitbucket.WorkspaceMembership{membershipValue()}, errors: []int{400, 401},
		},
		"Workspaces.GetMember": {
			call:    func(t T, c C) (any, error) { return one(c.Workspaces.GetMember(t.Context(), "acme", userUUID)) },
			request: "GET /2.0/workspaces/acme/members/" + user, answer: membershipBody, want: membershipValue(), errors: []int{401, 404},
		},
		"Permissions.ListMine": {
			call: func(t T, c C) (any, error) {
				return items(c.Permissions.ListMine(t.Context(), "acme", bitbucket.Query(`permission>"read"`)))
			},
			request: "GET /2.0/user/workspaces/acme/permissions/repositories?pagelen=100&q=permission%3E%22read%22",
			answer:  paged(repositoryPermissionBody), want: []bitbucket.RepositoryPermission{repositoryPermissionValue()}, errors: []int{400, 401, 403},
		},
		"Permissions.ListRepositories": {
			call:    func(t T, c C) (any, error) { return items(c.Permissions.ListRepositories(t.Context())) },
			request: "GET /2.0/user/permissions/repositories?pagelen=100",
			answer:  paged(repositoryPermissionBody), want: []bitbucket.RepositoryPermission{repositoryPermissionValue()}, errors: []int{410},
		},
		"Permissions.ListWorkspaces": {
			call:    func(t T, c C) (any, error) { return items(c.Permissions.ListWorkspaces(t.Context())) },
			request: "GET /2.0/user/permissions/workspaces?pagelen=100",
			answer:  paged(membershipBody), want: []bitbucket.WorkspaceMembership{membershipValue()}, errors: []int{401, 410},
		},
		"Permissions.ListWorkspaceMembers": {
			call:    func(t T, c C) (any, error) { return items(c.Permissions.ListWorkspaceMembers(t.Context(), "acme")) },
			request: "GET /2.0/workspaces/acme/permissions?pagelen=100", answer: paged(membershipBody), want: []bitbucket.WorkspaceMembership{membershipValue()}, errors: []int{401},
		},
		"Permissions.ListWorkspaceRepositories": {
			call: func(t T, c C) (any, error) {
				return items(c.Permissions.ListWorkspaceRepositories(t.Context(), "acme", bitbucket.Sort("user.display_name")))
			},
			request: "GET /2.0/workspaces/acme/permissions/repositories?pagelen=100&sort=user.display_name",
			answer:  paged(repositoryPermissionBody), want: []bitbucket.RepositoryPermission{repositoryPermissionValue()}, errors: []int{403},
		},
		"Permissions.ListRepositoryUsers": {
			call: func(t T, c C) (any, error) {
				return items(c.Permissions.ListRepositoryUsers(t.Context(), "acme", "widgets"))
			},
			request: "GET /2.0/workspaces/acme/permissions/repositories/widgets?pagelen=100",
			answer:  paged(repositoryPermissionBody), want: []bitbucket.RepositoryPermission{repositoryPermissionValue()}, errors: []int{403},
		},
		"Properties.Get": {
			call: func(t T, c C) (any, error) {
				var p bitbucket.Property[map[string]any]
				err := c.Properties.Get(t.Context(), userUUID, "my-app", "any_key", &p)
				return p, err
			},
			request: "GET /2.0/users/" + user + "/properties/my-app/any_key", answer: `{"_attributes":["public","read_only"],"any_key":{"nested":["any","json"]}}`,
			want: bitbucket.Property[map[string]any]{
				Attributes: []bitbucket.PropertyAttribute{bitbucket.PropertyPublic, bitbucket.PropertyReadOnly},
				Value:      map[string]any{"any_key": map[string]any{"nested": []any{"any", "json"}}},
			},
			errors: []int{404},
		},
		"Properties.Put": {
			call: func(t T, c C) (any, error) {
				value := bitbucket.Property[map[string]any]{Attributes: []bitbucket.PropertyAttribute{bitbucket.PropertyPublic}, Value: map[string]any{"on": false, "name": ""}}
				return none(c.Properties.Put(t.Context(), userUUID, "my-app", "any_key", value))
			},
			request: "PUT /2.0/users/" + user + "/properties/my-app/any_key", body: `{"_attributes":["public"],"name":"","on":false}`, status: 204, errors: []int{400, 403},
		},
		"Properties.Delete": {
			call: func(t T, c C) (any, error) {
				return none(c.Properties.Delete(t.Context(), userUUID, "my-app", "any_key"))
			},
			request: "DELETE /2.0/users/" + user + "/properties/my-app/any_key", status: 204, errors: []int{404},
		},
		"SSHKeys.List": {
			call:    func(t T, c C) (any, error) { return items(c.SSHKeys.List(t.Context(), userUUID)) },
			request: "GET /2.0/users/" + user + "/ssh-keys?pagelen=100", answer: paged(sshKeyBody), want: []bitbucket.SSHKey{sshKeyValue()}, errors: []int{403, 404},
		},
		"SSHKeys.Get": {
			call: func(t T, c C) (any, error) {
				return one(c.SSHKeys.Get(t.Context(), userUUID, "77777777-7777-7777-7777-777777777777"))
			},
			request: "GET /2.0/users/" + user + "/ssh-keys/" + key, answer: sshKeyBody, want: sshKeyValue(), errors: []int{403, 404},
		},
		"SSHKeys.Add": {
			call: func(t T, c C) (any, error) {
				return one(c.SSHKeys.Add(t.Context(), userUUID, bitbucket.NewSSHKey{
					Key: "ssh-ed25519 AAAA user@host", Label: bitbucket.Set("laptop"), ExpiresOn: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
				}))
			},
			request: "POST /2.0/users/" + user + "/ssh-keys?expires_on=2027-01-01T00%3A00%3A00Z",
			body:    `{"key":"ssh-ed25519 AAAA user@host","label":"laptop"}`, status: 201, answer: sshKeyBody, want: sshKeyValue(), errors: []int{400, 403, 404},
		},
		"SSHKeys.Update": {
			call: func(t T, c C) (any, error) {
				return one(c.SSHKeys.Update(t.Context(), userUUID, "{77777777-7777-7777-7777-777777777777}", bitbucket.SSHKeyUpdate{Label: bitbucket.Set("")}))
			},
			request: "PUT /2.0/users/" + user + "/ssh-keys/" + key, body: `{"label":""}`, answer: sshKeyBody, want: sshKeyValue(), errors: []int{400, 403, 404},
		},
		"SSHKeys.Delete": {
			call: func(t T, c C) (any, error) {
				return none(c.SSHKeys.Delete(t.Context(), userUUID, "{77777777-7777-7777-7777-777777777777}"))
			},
			request: "DELETE /2.0/users/" + user + "/ssh-keys/" + key, status: 204, errors: []int{400, 403, 404},
		},
		"GPGKeys.List": {
			call: func(t T, c C) (any, error) {
				return items(c.GPGKeys.List(t.Context(), "557058:22222222-2222-2222-2222-222222222222", bitbucket.Fields("+values.key", "+values.subkeys")))
			},
			request: "GET /2.0/users/557058:22222222-2222-2222-2222-222222222222/gpg-keys?fields=%2Bvalues.key%2C%2Bvalues.subkeys&pagelen=100",
			answer:  paged(gpgKeyBody), want: []bitbucket.GPGKey{gpgKeyValue()}, errors: []int{403, 404},
		},
		"GPGKeys.Get": {
			call:    func(t T, c C) (any, error) { return one(c.GPGKeys.Get(t.Context(), userUUID, "H4M2")) },
			request: "GET /2.0/users/" + user + "/gpg-keys/H4M2", answer: gpgKeyBody, want: gpgKeyValue(), errors: []int{403, 404},
		},
		"GPGKeys.Add": {
			call: func(t T, c C) (any, error) {
				return one(c.GPGKeys.Add(t.Context(), userUUID, bitbucket.NewGPGKey{Key: "-----BEGIN", Name: bitbucket.Set("my key")}))
			},
			request: "POST /2.0/users/" + user + "/gpg-keys", body: `{"key":"-----BEGIN","name":"my key"}`, status: 201, answer: gpgKeyBody, want: gpgKeyValue(), errors: []int{400, 403, 404},
		},
		"GPGKeys.Delete": {
			call:    func(t T, c C) (any, error) { return none(c.GPGKeys.Delete(t.Context(), userUUID, "H4M2")) },
			request: "DELETE /2.0/users/" + user + "/gpg-keys/H4M2", status: 204, errors: []int{400, 403, 404},
		},
		"Search.Code": {
			call:    func(t T, c C) (any, error) { return items(c.Search.Code(t.Context(), userUUID, `"func Foo" ext:go`)) },
			request: "GET /2.0/users/" + user + "/search/code?pagelen=100&search_query=%22func%20Foo%22%20ext%3Ago",
			answer:  `{"size":1,"page":1,"pagelen":10,"query_substituted":false,"values":[` + searchBody + `]}`, want: []bitbucket.CodeSearchResult{searchValue()}, errors: []int{400, 404, 429},
		},
	}
	maps.Copy(all, grantExchanges("Permissions.OnRepository", "/2.0/repositories/acme/widgets/permissions-config", func(c C) *bitbucket.PermissionConfig {
		return c.Permissions.OnRepository("acme", "widgets")
	}))
	maps.Copy(all, grantExchanges("Permissions.OnProject", "/2.0/workspaces/acme/projects/PLAT/permissions-config", func(c C) *bitbucket.PermissionConfig {
		return c.Permissions.OnProject("acme", "PLAT")
	}))
	maps.Copy(all, variableExchanges("Pipelines.UserVariables", "/2.0/users/"+user+"/pipelines_config/variables", variable, func(c C) *bitbucket.Variables {
		return c.Pipelines.UserVariables(userUUID)
	}))
	maps.Copy(all, variableExchanges("Pipelines.WorkspaceVariables", "/2.0/workspaces/acme/pipelines-config/variables", variable, func(c C) *bitbucket.Variables {
		return c.Pipelines.WorkspaceVariables("acme")
	}))
	return all
}

func grantExchanges(name, path string, on func(*bitbucket.Client) *bitbucket.PermissionConfig) map[string]exchange {
	type T = *testing.T
	type C = *bitbucket.Client
	user, group := path+"/users/%7B11111111-1111-1111-1111-111111111111%7D", path+"/groups/developers"
	return map[string]exchange{
		name + ".ListUsers": {
			call:    func(t T, c C) (any, error) { return items(on(c).ListUsers(t.Context())) },
			request: "GET " + path + "/users?pagelen=100", answer: paged(userPermissionBody), want: []bitbucket.UserPermission{userPermissionValue()}, errors: []int{401, 403, 404},
		},
		name + ".GetUser": {
			call:    func(t T, c C) (any, error) { return one(on(c).GetUser(t.Context(), userUUID)) },
			request: "GET " + user, answer: userPermissionBody, want: userPermissionValue(), errors: []int{401, 403, 404},
		},
		name + ".SetUser": {
			call: func(t T, c C) (any, error) {
				return one(on(c).SetUser(t.Context(), userUUID, bitbucket.PermissionWrite))
			},
			request: "PUT " + user, body: `{"permission":"write"}`, answer: userPermissionBody, want: userPermissionValue(), errors: []int{400, 401, 402, 403, 404},
		},
		name + ".RemoveUser": {
			call:    func(t T, c C) (any, error) { return none(on(c).RemoveUser(t.Context(), userUUID)) },
			request: "DELETE " + user, status: 204, errors: []int{401, 403, 404},
		},
		name + ".ListGroups": {
			call:    func(t T, c C) (any, error) { return items(on(c).ListGroups(t.Context())) },
			request: "GET " + path + "/groups?pagelen=100", answer: paged(groupPermissionBody), want: []bitbucket.GroupPermission{groupPermissionValue()}, errors: []int{401, 403, 404},
		},
		name + ".GetGroup": {
			call:    func(t T, c C) (any, error) { return one(on(c).GetGroup(t.Context(), "developers")) },
			request: "GET " + group, answer: groupPermissionBody, want: groupPermissionValue(), errors: []int{401, 403, 404},
		},
		name + ".SetGroup": {
			call: func(t T, c C) (any, error) {
				return one(on(c).SetGroup(t.Context(), "developers", bitbucket.PermissionAdmin))
			},
			request: "PUT " + group, body: `{"permission":"admin"}`, answer: groupPermissionBody, want: groupPermissionValue(), errors: []int{400, 401, 402, 403, 404},
		},
		name + ".RemoveGroup": {
			call:    func(t T, c C) (any, error) { return none(on(c).RemoveGroup(t.Context(), "developers")) },
			request: "DELETE " + group, status: 204, errors: []int{401, 403, 404},
		},
	}
}

func variableExchanges(name, path, uuid string, of func(*bitbucket.Client) *bitbucket.Variables) map[string]exchange {
	type T = *testing.T
	type C = *bitbucket.Client
	const bare = "55555555-5555-5555-5555-555555555555"
	return map[string]exchange{
		name + ".List": {
			call:    func(t T, c C) (any, error) { return items(of(c).List(t.Context())) },
			request: "GET " + path + "?pagelen=100", answer: paged(variableBody), want: []bitbucket.Variable{variableValue()}, errors: []int{404},
		},
		name + ".Get": {
			call:    func(t T, c C) (any, error) { return one(of(c).Get(t.Context(), bare)) },
			request: "GET " + path + "/" + uuid, answer: variableBody, want: variableValue(), errors: []int{404},
		},
		name + ".Create": {
			call: func(t T, c C) (any, error) {
				return one(of(c).Create(t.Context(), bitbucket.NewVariable{Key: "REGION", Value: "", Secured: true}))
			},
			request: "POST " + path, body: `{"key":"REGION","value":"","secured":true}`, status: 201, answer: variableBody, want: variableValue(), errors: []int{404, 409},
		},
		name + ".Update": {
			call: func(t T, c C) (any, error) {
				return one(of(c).Update(t.Context(), bare, bitbucket.VariableUpdate{Value: bitbucket.Set(""), Secured: bitbucket.Set(false)}))
			},
			request: "PUT " + path + "/" + uuid, body: `{"value":"","secured":false}`, answer: variableBody, want: variableValue(), errors: []int{404},
		},
		name + ".Delete": {
			call:    func(t T, c C) (any, error) { return none(of(c).Delete(t.Context(), bare)) },
			request: "DELETE " + path + "/" + uuid, status: 204, errors: []int{404},
		},
	}
}

// Every operation of the table: what goes out, what comes back, and every status
// that is documented for it.
func TestEveryOperation(t *testing.T) {
	all := exchanges()
	for _, op := range bitbucket.Operations() {
		x, ok := all[op.Call]
		if !ok {
			t.Errorf("%s %s: no test for %s", op.Method, op.Pattern, op.Call)
			continue
		}
		delete(all, op.Call)
		t.Run(op.Call, func(t *testing.T) {
			var sent, body, contentType string
			status, answerBody := x.status, x.answer
			if status == 0 {
				status = 200
			}
			rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
				sent, contentType = r.Method+" "+r.URL.RequestURI(), r.Header.Get("Content-Type")
				data, _ := io.ReadAll(orEmpty(r.Body))
				body = string(data)
				answer(w, status, answerBody)
			}}
			var pattern string
			c := newClient(t, rt, bitbucket.WithRetries(0), bitbucket.WithTrace(&bitbucket.Trace{Attempt: func(_ context.Context, i bitbucket.AttemptInfo) { pattern = i.Pattern }}))
			got, err := x.call(t, c)
			if err != nil {
				t.Fatal(err)
			}
			if sent != x.request || body != x.body || (contentType == "application/json") != (x.body != "") {
				t.Errorf("sent %s %s (%s)\nwant %s %s", sent, body, contentType, x.request, x.body)
			}
			if pattern != op.Pattern || !strings.HasPrefix(x.request, op.Method+" ") {
				t.Errorf("the table says %s %s, the call is %s %s", op.Method, op.Pattern, x.request, pattern)
			}
			wantSame(t, got, x.want)

			for _, code := range append(x.errors, 429, 503) {
				status, answerBody = code, `{"type":"error","error":{"message":"refused on purpose"}}`
				_, err := x.call(t, newClient(t, rt, bitbucket.WithRetries(0))) // a new one, since a 429 makes a client pause
				e, ok := errors.AsType[*bitbucket.Error](err)
				if !ok || e.StatusCode != code || e.Message != "refused on purpose" || e.Method != op.Method || !errors.Is(err, sentinels[code]) {
					t.Errorf("%d: %v", code, err)
				}
				if code == 410 && op.Replacement != "" {
					wantText(t, err.Error(), "use "+op.Replacement)
				}
			}
		})
	}
	for name := range all {
		t.Errorf("%s is tested, but has no row in the table", name)
	}
}

var sentinels = map[int]error{
	400: bitbucket.ErrBadRequest, 401: bitbucket.ErrUnauthorized, 402: bitbucket.ErrPlanLimit, 403: bitbucket.ErrForbidden, 404: bitbucket.ErrNotFound,
	409: bitbucket.ErrConflict, 410: bitbucket.ErrGone, 429: bitbucket.ErrRateLimited, 503: bitbucket.ErrServer,
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
	nested := map[reflect.Type]bool{
		reflect.TypeFor[*bitbucket.PermissionConfig](): true,
		reflect.TypeFor[*bitbucket.Variables]():        true,
	}
	methods := map[string]bool{}
	for field := range reflect.TypeFor[bitbucket.Client]().Fields() {
		if !field.IsExported() {
			continue
		}
		for method := range field.Type.Methods() {
			name := field.Name + "." + method.Name
			if result := method.Type.Out(0); nested[result] {
				for inner := range result.Methods() {
					methods[name+"."+inner.Name] = true
				}
			} else {
				methods[name] = true
			}
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

// The in-memory Bitbucket serves what the table says, with the same scopes, and
// nothing of the user surface besides.
func TestTableAndServerAgree(t *testing.T) {
	routes := map[string]bitbuckettest.Route{}
	for _, r := range bitbuckettest.New().Routes() {
		routes[r.Method+" "+r.Pattern] = r
	}
	for _, op := range bitbucket.Operations() {
		r, ok := routes[op.Method+" "+op.Pattern]
		delete(routes, op.Method+" "+op.Pattern)
		if !ok {
			t.Errorf("the server has no %s %s", op.Method, op.Pattern)
		} else if !slices.Equal(r.Scopes, op.Scopes) || !slices.Equal(r.Granular, op.Granular) || string(r.State) != string(op.State) {
			t.Errorf("%s %s:\nserver %v %v %s\ntable  %v %v %s", op.Method, op.Pattern, r.Scopes, r.Granular, r.State, op.Scopes, op.Granular, op.State)
		}
	}
	// What programs in other languages ask for besides.
	others := []string{
		"GET /2.0/repositories", "GET /2.0/repositories/{workspace}", "GET /2.0/repositories/{workspace}/{repo_slug}",
		"GET /2.0/workspaces", "GET /2.0/workspaces/{workspace}/projects", "GET /2.0/workspaces/{workspace}/projects/{project_key}",
	}
	if left := slices.Sorted(maps.Keys(routes)); !slices.Equal(left, others) {
		t.Errorf("the server has besides %v", left)
	}
}

// update writes anew what is made of the code, instead of comparing it.
var update = flag.Bool("update", false, "write the README's table of operations anew")

// The README's table is that of the code. After a change of it: go test -run Readme -update .
func TestReadmeHasTheTable(t *testing.T) {
	var table strings.Builder
	table.WriteString("| method | endpoint | scope | API token scope | state |\n|---|---|---|---|---|\n")
	for _, op := range bitbucket.Operations() {
		fmt.Fprintf(&table, "| `%s` | `%s %s` | %s | %s | %s |\n", op.Call, op.Method, op.Pattern,
			orDash(op.Scopes), orDash(op.Granular), op.State)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	const marker = "<!-- written by go test -run Readme -update -->\n"
	before, rest, ok := strings.Cut(string(readme), marker)
	old, after, ended := strings.Cut(rest, "\n\n")
	if !ok || !ended {
		t.Fatal("README.md has no place for the table")
	}
	if old+"\n" == table.String() {
		return
	}
	if !*update {
		t.Fatalf("README.md does not hold this table; run go test -run Readme -update .\n%s", table.String())
	}
	if err := os.WriteFile("README.md", []byte(before+marker+table.String()+"\n"+after), 0o644); err != nil {
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
	if err := json.Unmarshal([]byte(`{"_attributes":["read_only"],"theme":"light","depth":1}`), &p); err != nil ||
		p.Value != (settings{"light", 1}) || !slices.Equal(p.Attributes, []bitbucket.PropertyAttribute{bitbucket.PropertyReadOnly}) {
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
		_, err := on.SetUser(t.Context(), userUUID, p)
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
