package bitbucket_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/internal/exchanges"
)

// playing makes a wire that answers with a recorded answer first, and with an empty page from then
// on.
func playing(r exchanges.Recorded) *wire {
	calls := 0
	return &wire{handler: func(w http.ResponseWriter, _ *http.Request) {
		if calls++; calls > 1 {
			answer(w, 200, `{"values":[]}`)
			return
		}
		maps.Copy(w.Header(), r.Header)
		w.WriteHeader(r.Status)
		fmt.Fprint(w, r.Body)
	}}
}

// play makes the call that gets a recorded answer, and returns what else was asked for.
func play(t *testing.T, r exchanges.Recorded) (got any, next []string, err error) {
	t.Helper()
	x, ok := exchanges.Find(r.Operation)
	if !ok {
		t.Fatalf("there is no exchange of %s", r.Operation)
	}
	rt := playing(r)
	got, err = x.Call(t.Context(), newClient(t, rt, bitbucket.WithRetries(0)), exchanges.Acme())
	return got, rt.requests()[1:], err
}

// What Bitbucket is known to have sent becomes the value that it should.
func TestRecordedAnswersDecode(t *testing.T) {
	recorded := exchanges.Where(func(r exchanges.Recorded) bool {
		return r.Operation != "" && (r.Kind == exchanges.Object || r.Kind == exchanges.Paged)
	})
	for _, r := range recorded {
		t.Run(r.Name, func(t *testing.T) {
			got, asked, err := play(t, r)
			if r.Unread != "" {
				if !errors.Is(err, bitbucket.ErrMalformedResponse) {
					t.Errorf("it is read now (error %v); take the note out that it is not", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			wantSame(t, got, r.Want)
			var want []string
			if r.Next != "" {
				want = []string{"GET https://api.bitbucket.org" + r.Next}
			}
			if !slices.Equal(asked, want) {
				t.Errorf("asked for %q next, want %q", asked, want)
			}
		})
	}
}

// What Bitbucket is known to have refused with says all that it holds, and is never a success.
func TestRecordedRefusals(t *testing.T) {
	for _, r := range exchanges.Of("error") {
		t.Run(r.Name, func(t *testing.T) {
			_, _, err := play(t, r)
			e, ok := errors.AsType[*bitbucket.Error](err)
			if !ok || !errors.Is(err, r.Sentinel) || e.StatusCode != r.Status {
				t.Fatalf("got %v, want %v", err, r.Sentinel)
			}
			wantSays(t, e, r.Err)
			if string(e.Body) != r.Body {
				t.Errorf("kept the body %q, want %q", e.Body, r.Body)
			}
			if strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("the text has several lines: %q", err)
			}
		})
	}
}

// wantSays compares what Bitbucket decides of an error.
func wantSays(t *testing.T, got, want *bitbucket.Error) {
	t.Helper()
	type said struct {
		Message, Detail, ID string
		Fields              map[string][]string
		Data                string
		Required, Granted   []string
	}
	of := func(e *bitbucket.Error) said {
		return said{
			e.Message, e.Detail, e.ID, e.Fields, string(e.Data),
			e.RequiredScopes, e.GrantedScopes,
		}
	}
	if g, w := fmt.Sprintf("%+v", of(got)), fmt.Sprintf("%+v", of(want)); g != w {
		t.Errorf("got  %s\nwant %s", g, w)
	}
}

// A success that is none is an error, after whatever came before it.
func TestRecordedOddAnswers(t *testing.T) {
	odd := exchanges.Where(func(r exchanges.Recorded) bool { return r.Kind == exchanges.Odd })
	for _, r := range odd {
		t.Run(r.Name, func(t *testing.T) {
			got, asked, err := play(t, r)
			if !errors.Is(err, r.Sentinel) || len(asked) > 0 {
				t.Errorf("got %v and asked for %q, want %v", err, asked, r.Sentinel)
			}
			e, ok := errors.AsType[*bitbucket.Error](err)
			if r.Err != nil && (!ok || e.StatusCode != r.Status) {
				t.Errorf("got %v, want an error with the status", err)
			}
			if r.Want != nil {
				wantSame(t, got, r.Want)
			}
		})
	}
}

// Users of the 1.0 API after 2019, as groups and invitations hold them, keep who they are.
func TestRecordedUsersOfGroups(t *testing.T) {
	seen := 0
	for _, r := range exchanges.Where(func(r exchanges.Recorded) bool {
		return strings.HasPrefix(r.Operation, "v1.")
	}) {
		each(decoded(t, r.Body), func(object map[string]any, member string) {
			if _, account := object["resource_uri"]; !account || member != "avatar" {
				return
			}
			seen++
			u, err := bitbucket.ParseUser(encoded(t, object))
			if err != nil {
				t.Errorf("%s: %v", r.Name, err)
				return
			}
			uuid, _ := object["uuid"].(string)
			account, _ := object["account_id"].(string)
			typ := map[any]string{true: "team", false: "user"}[object["is_team"]]
			if string(u.UUID) != uuid || u.AccountID != account || u.DisplayName == "" ||
				u.Links.Avatar.Href != object["avatar"] || u.Type != typ || u.V1 == nil {
				t.Errorf("%s: %v became %+v", r.Name, object, u)
			}
		})
	}
	if seen < 8 {
		t.Errorf("there are only %d users", seen)
	}
}
