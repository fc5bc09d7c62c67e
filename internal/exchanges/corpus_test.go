package exchanges_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/internal/exchanges"
)

func TestEveryRecordedAnswerIsWhole(t *testing.T) {
	names := map[string]bool{}
	for _, r := range exchanges.Corpus() {
		t.Run(r.Name, func(t *testing.T) {
			if r.Name == "" || names[r.Name] {
				t.Errorf("the name %q is there twice, or empty", r.Name)
			}
			names[r.Name] = true
			if r.Source == "" || r.Year < 2011 || r.Kind == "" || r.Status == 0 || r.Header == nil {
				t.Errorf("something is not filled in: %+v", r)
			}
			if json := r.Header.Get("Content-Type"); strings.HasPrefix(json, "application/json") {
				wantJSON(t, r)
			}
			if x, ok := exchanges.Find(r.Operation); r.Operation != "" && !ok {
				t.Errorf("there is no operation %q", r.Operation)
			} else if ok && x.Want != nil && r.Want != nil && r.API == "2.0" {
				if got, want := reflect.TypeOf(r.Want), reflect.TypeOf(x.Want); got != want {
					t.Errorf("%s returns %v, not %v", r.Operation, want, got)
				}
			}
			switch {
			case r.Kind == exchanges.Refusal && (r.Err == nil || r.Sentinel == nil || r.Status < 400),
				r.Kind == exchanges.Odd && r.Sentinel == nil,
				(r.Kind == exchanges.Object || r.Kind == exchanges.Paged) && r.Operation != "" && r.Want == nil:
				t.Errorf("nothing says what becomes of the %s", r.Kind)
			}
		})
	}
}

func wantJSON(t *testing.T, r exchanges.Recorded) {
	t.Helper()
	if !json.Valid([]byte(r.Body)) {
		t.Errorf("the body is no JSON: %s", r.Body)
	}
	page := strings.Contains(r.Body, `"values":`)
	if page != (r.Kind == exchanges.Paged) && r.Kind != exchanges.Odd {
		t.Errorf("it is called a %s: %s", r.Kind, r.Body)
	}
}

func TestAnswersAreFoundByType(t *testing.T) {
	for typ, least := range map[string]int{
		"user": 7, "links": 3, "app_user": 1, "team": 1, "workspace": 2, "workspace_access": 1,
		"workspace_membership": 5, "repository_permission": 3, "repository_group_permission": 3,
		"pipeline_variable": 3, "ssh_key": 2, "gpg_key": 2, "error": 25, "1.0 groups": 2,
		"repository": 1, "project": 1, "branchrestriction": 1, "deploy_key": 1,
		"project_deploy_key": 1, "deployment_environment": 1, "1.0 members": 1,
		"1.0 group privileges": 1, "1.0 invitations": 2,
	} {
		if found := exchanges.Of(typ); len(found) < least {
			t.Errorf("%d answers are of the type %s, want %d", len(found), typ, least)
		}
	}
}
