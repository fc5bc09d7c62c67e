package bitbucket_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/internal/exchanges"
)

// Every operation is answered with each member of each object missing, and with each of them null.
// What is left is read, or the answer is refused: never does a list lose an item, and never does an
// object come out empty.
func TestEveryOperationReadsWhatIsLeft(t *testing.T) {
	for _, x := range exchanges.All() {
		if x.Answer == "" || x.Want == nil {
			continue
		}
		t.Run(x.Operation, func(t *testing.T) {
			tried, read := 0, 0
			for what, body := range lessMembers(t, x.Answer) {
				tried++
				rt := &wire{handler: func(w http.ResponseWriter, _ *http.Request) {
					answer(w, x.StatusCode(), body)
				}}
				c := newClient(t, rt, bitbucket.WithRetries(0))
				got, err := x.Call(t.Context(), c, exchanges.Acme(), x.Options...)
				if err != nil {
					if !errors.Is(err, bitbucket.ErrMalformedResponse) {
						t.Errorf("%s: %v", what, err)
					}
					continue
				}
				read++
				wantAsMany(t, what, got, x.Want)
			}
			if tried < 4 || read < tried/2 {
				t.Errorf("%d of %d answers were read", read, tried)
			}
		})
	}
}

// lessMembers are the bodies with one member missing or null, by what is done to them.
func lessMembers(t *testing.T, body string) map[string]string {
	t.Helper()
	whole := decoded(t, body)
	bodies := map[string]string{}
	n := 0
	each(whole, func(object map[string]any, member string) {
		n++
		was := object[member]
		delete(object, member)
		bodies[fmt.Sprintf("%d: %s missing", n, member)] = string(encoded(t, whole))
		object[member] = nil
		bodies[fmt.Sprintf("%d: %s null", n, member)] = string(encoded(t, whole))
		object[member] = was
	})
	return bodies
}

// wantAsMany fails when a list is shorter than it should be, or an object is empty.
func wantAsMany(t *testing.T, what string, got, want any) {
	t.Helper()
	g, w := reflect.ValueOf(got), reflect.ValueOf(want)
	if g.Type() != w.Type() || g.Kind() == reflect.Slice && g.Len() != w.Len() || g.IsZero() {
		t.Errorf("%s: got %v", what, got)
	}
}

// A repository in a permission has the slug that calls take, whether Bitbucket sends it or not, and
// so has one that a report has stored.
func TestRepositoriesHaveASlug(t *testing.T) {
	for body, want := range map[string]string{
		`{"type":"repository","full_name":"acme/widgets","name":"All Widgets"}`: "widgets",
		`{"full_name":"acme/old","slug":"new"}`:                                 "new",
		`{"full_name":"acme/a","slug":null,"parent":{"full_name":"b/c"}}`:       "a",
		`{"uuid":"{1}"}`: "", `{"full_name":"odd"}`: "",
	} {
		var r bitbucket.Repository
		if err := json.Unmarshal([]byte(body), &r); err != nil || r.Slug != want {
			t.Errorf("%s: slug %q, %v", body, r.Slug, err)
		}
		if r.Parent != nil && r.Parent.Slug != "c" {
			t.Errorf("%s: the parent's slug is %q", body, r.Parent.Slug)
		}
	}
	for _, r := range exchanges.Of("repository_permission") {
		got, _, err := play(t, r)
		must(t, err)
		for _, p := range got.([]bitbucket.RepositoryPermission) {
			if p.Repository.Slug != "widgets" {
				t.Errorf("%s: slug %q", r.Name, p.Repository.Slug)
			}
		}
	}
}

// A deploy key says who added it and when, by whichever name.
func TestDeployKeysSayWhoAddedThem(t *testing.T) {
	const user, when = `{"type":"user","uuid":"{1}"}`, `"2018-03-14T13:17:05+00:00"`
	for _, who := range []string{"added_by", "created_by", "owner"} {
		for _, on := range []string{"added_on", "created_on"} {
			var k bitbucket.DeployKey
			body := `{"id":1,"` + who + `":` + user + `,"` + on + `":` + when + `}`
			must(t, json.Unmarshal([]byte(body), &k))
			if k.By().UUID != "{1}" || k.Since().Year() != 2018 {
				t.Errorf("%s: by %v since %v", body, k.By(), k.Since())
			}
		}
	}
	if k := new(bitbucket.DeployKey); k.By().UUID != "" || !k.Since().IsZero() {
		t.Errorf("by %v since %v", k.By(), k.Since())
	}
}

// An ID that was never set is none, and costs no call.
func TestDeployKeysRefuseNoID(t *testing.T) {
	rt := answering(200, asJSON, `{}`)
	keys := newClient(t, rt).DeployKeys.OnProject("acme", "PLAT")
	for _, id := range []int{0, -1} {
		_, err := keys.Get(t.Context(), id)
		for _, err := range []error{err, keys.Delete(t.Context(), id)} {
			if err == nil {
				t.Errorf("%d was taken", id)
			}
		}
	}
	if asked := rt.requests(); len(asked) > 0 {
		t.Errorf("asked for %v", asked)
	}
}

// What a group may do is told apart from what is not known of it.
func TestGroupsTellNullFromNone(t *testing.T) {
	var known, unknown, nothing bitbucket.Group
	must(t, json.Unmarshal([]byte(`{"default_permission":"none","account_privilege":"","email_forwarding_disabled":false,
		"owner":{},"workspace":{}}`), &known))
	must(t, json.Unmarshal([]byte(`{"default_permission":null,"account_privilege":null,
		"email_forwarding_disabled":null,"owner":null}`), &unknown))
	if *known.DefaultPermission != bitbucket.PermissionNone || *known.AccountPrivilege != "" ||
		*known.EmailForwardingDisabled || known.Owner.UUID != "" {
		t.Errorf("%+v", known)
	}
	if !reflect.DeepEqual(unknown, nothing) {
		t.Errorf("%+v", unknown)
	}
}

// The values of secured variables show nowhere, whatever they belong to, and no error repeats one.
func TestSecuredVariablesOfEveryOwnerAreHidden(t *testing.T) {
	const secret = "hunter2hunter2"
	owners := map[string]func(*bitbucket.Client) *bitbucket.Variables{
		"repository": func(c *bitbucket.Client) *bitbucket.Variables {
			return c.Pipelines.RepositoryVariables("acme", "widgets")
		},
		"environment": func(c *bitbucket.Client) *bitbucket.Variables {
			return c.Pipelines.DeploymentVariables("acme", "widgets", exchanges.Acme().Environment)
		},
	}
	for _, owner := range slices.Sorted(maps.Keys(owners)) {
		refusing := newClient(t, answering(400, asJSON, `{"error":{"message":"`+secret+` is too simple"}}`))
		made := bitbucket.NewVariable{Key: "TOKEN", Value: secret, Secured: true}
		_, err := owners[owner](refusing).Create(t.Context(), made)
		change := bitbucket.VariableUpdate{Value: bitbucket.Set(secret)}
		_, err2 := owners[owner](refusing).Update(t.Context(), "{1}", change)
		got, err3 := owners[owner](newClient(t, answering(200, asJSON,
			`{"type":"pipeline_variable","uuid":"{1}","key":"TOKEN","value":"`+secret+`","secured":true}`))).
			Get(t.Context(), "{1}")
		must(t, err3)
		for _, v := range []any{err, err2, made, change, *got, got} {
			for _, shown := range []string{
				fmt.Sprintf("%v", v), fmt.Sprintf("%+v", v), fmt.Sprintf("%#v", v), string(encoded(t, v)),
			} {
				if strings.Contains(shown, secret) {
					t.Errorf("%s: shown as %s", owner, shown)
				}
			}
		}
		wantText(t, err.Error(), "[redacted] is too simple")
	}
}
