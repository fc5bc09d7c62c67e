package bitbucket_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/internal/exchanges"
)

// unreadOf makes a call for the current user, and returns the user and the members that could not
// be read, as the response and the trace tell them.
func unreadOf(t *testing.T, body string) (*bitbucket.User, []string, error) {
	t.Helper()
	var told []bitbucket.Unread
	trace := &bitbucket.Trace{CallDone: func(_ context.Context, i bitbucket.CallDoneInfo) { told = i.Unread }}
	c := newClient(t, answering(200, asJSON, body), bitbucket.WithTrace(trace))
	var r bitbucket.Response
	user, err := c.Users.Current(t.Context(), bitbucket.ResponseInto(&r))
	if !slices.Equal(unreadTexts(told), unreadTexts(r.Unread)) {
		t.Errorf("the trace was told %v, the response %v", told, r.Unread)
	}
	return user, unreadTexts(told), err
}

func unreadTexts(unread []bitbucket.Unread) (all []string) {
	for _, u := range unread {
		all = append(all, u.Member+" "+string(u.Value))
	}
	return all
}

// What cannot be read costs itself, and is told; what says who it is costs the answer.
func TestLenientMembers(t *testing.T) {
	for _, tc := range []struct {
		members string
		unread  []string
		fails   bool
	}{
		{`"created_on":"yesterday"`, []string{`created_on "yesterday"`}, false},
		{`"created_on":1526000000`, []string{`created_on 1526000000`}, false},
		{`"created_on":{"at":"2018-03-14"}`, []string{`created_on {"at":"2018-03-14"}`}, false},
		{`"created_on":"2018-13-45T00:00:00Z"`, []string{`created_on "2018-13-45T00:00:00Z"`}, false},
		{`"display_name":17`, []string{`display_name 17`}, false},
		{`"display_name":["a"],"website":{}`, []string{`display_name ["a"]`, `website {}`}, false},
		{`"is_staff":"yes"`, []string{`is_staff "yes"`}, false},
		{`"has_2fa_enabled":"yes"`, []string{`has_2fa_enabled "yes"`}, false},
		{`"links":"none"`, []string{`links "none"`}, false},
		{`"links":17`, []string{`links 17`}, false},
		{`"links":{"self":"x","html":{"href":"h"}}`, []string{`links.self "x"`}, false},
		{`"links":{"self":{"href":17},"html":{"href":"h"}}`, []string{`links.self.href 17`}, false},
		{`"unknown":{"created_on":17}`, nil, false},
		{`"links":null,"created_on":null,"has_2fa_enabled":null`, nil, false},
		{`"uuid":17`, nil, true},
		{`"account_id":{}`, nil, true},
		{`"account_id":["557058:1"]`, nil, true},
	} {
		body := `{"type":"user","uuid":"{u}","nickname":"ada",` + tc.members + `}`
		user, unread, err := unreadOf(t, body)
		if tc.fails {
			if user != nil || !errors.Is(err, bitbucket.ErrMalformedResponse) {
				t.Errorf("%s: %+v, %v", tc.members, user, err)
			}
			continue
		}
		if err != nil || !slices.Equal(unread, tc.unread) {
			t.Errorf("%s: unread %q, %v", tc.members, unread, err)
			continue
		}
		if user.Nickname != "ada" || user.Has2FAEnabled != nil || !user.CreatedOn.IsZero() {
			t.Errorf("%s: %+v", tc.members, user)
		}
		if strings.Contains(tc.members, `"html":{"href":"h"}`) && user.Links.HTML.Href != "h" {
			t.Errorf("%s: the other link is lost: %+v", tc.members, user.Links)
		}
	}
}

// One item of a page that cannot be read whole costs one member of it, not the page.
func TestLenientPages(t *testing.T) {
	const good = `{"type":"workspace_membership","permission":"owner","user":{"uuid":"{1}"},"workspace":{"uuid":"{w}"}}`
	page := func(item string) string { return `{"values":[` + good + `,` + item + `,` + good + `],"size":3}` }
	for _, tc := range []struct {
		item   string
		unread []string
		fails  bool
	}{
		{
			`{"permission":"owner","user":{"uuid":"{2}","created_on":"soon"},"last_accessed":7}`,
			[]string{`user.created_on "soon"`, `last_accessed 7`},
			false,
		},
		{`{"permission":"owner","user":{"uuid":"{2}","links":[{"href":"h","rel":"self"}]}}`, nil, false},
		{`{"permission":17,"user":{"uuid":"{2}"}}`, nil, true},
		{`{"permission":["owner"],"user":{"uuid":"{2}"}}`, nil, true},
		{`{"permission":"owner","user":{"uuid":2}}`, nil, true},
		{`{"permission":"owner","user":"{2}"}`, nil, true},
		{`{"permission":"owner","user":{"uuid":"{2}"},"workspace":{"slug":2}}`, nil, true},
	} {
		c := newClient(t, answering(200, asJSON, page(tc.item)))
		var r bitbucket.Response
		got, err := c.Workspaces.ListMembers(t.Context(), "acme", bitbucket.ResponseInto(&r)).Collect()
		if tc.fails {
			if len(got) != 0 || !errors.Is(err, bitbucket.ErrMalformedResponse) {
				t.Errorf("%s: %v, %v", tc.item, got, err)
			}
			continue
		}
		if err != nil || len(got) != 3 || got[1].User.UUID != "{2}" || got[1].Permission != "owner" ||
			!slices.Equal(unreadTexts(r.Unread), tc.unread) {
			t.Errorf("%s: %+v, unread %q, %v", tc.item, got, unreadTexts(r.Unread), err)
		}
	}
}

// Members on which somebody's access depends are never guessed, of any type.
func TestVitalMembersAreNeverLenient(t *testing.T) {
	vital := []string{
		"uuid", "account_id", "permission", "slug", "secured", "is_private", "state",
		"administrator", "email", "key", "fingerprint", "full_name", "user", "group", "workspace", "repository",
	}
	tried := 0
	for _, x := range judged() {
		if kindOf(x) != kindObject {
			continue
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal([]byte(x.Answer), &members); err != nil {
			t.Fatal(err)
		}
		for _, name := range vital {
			if members[name] == nil {
				continue
			}
			tried++
			for _, wrong := range []string{"17", `[[]]`, `{"x":[]}`, `"x"`} {
				changed := map[string]json.RawMessage{}
				maps.Copy(changed, members)
				changed[name] = json.RawMessage(wrong)
				var kept any
				var was any
				_ = json.Unmarshal(members[name], &was)
				_ = json.Unmarshal(changed[name], &kept)
				if sameKind(was, kept) {
					continue
				}
				c := newClient(t, answering(200, asJSON, string(encoded(t, changed))))
				got, err := x.Call(t.Context(), c, exchanges.Acme(), x.Options...)
				if !errors.Is(err, bitbucket.ErrMalformedResponse) {
					t.Errorf("%s with %s %s: %+v, %v", x.Operation, name, wrong, got, err)
				}
			}
		}
	}
	if tried < 50 {
		t.Errorf("only %d members were tried", tried)
	}
}

func sameKind(a, b any) bool {
	switch a.(type) {
	case string:
		_, ok := b.(string)
		return ok
	case map[string]any:
		_, ok := b.(map[string]any)
		return ok
	}
	return false
}

// Links come in every form that was recorded, on an object and in a page.
func TestLinksInEveryForm(t *testing.T) {
	for _, links := range []string{
		`{"self":{"href":"s"},"html":{"href":"h"}}`,
		`{"self":[{"href":"s"}],"html":[{"href":"h"}]}`,
		`[{"href":"s","rel":"self"},{"href":"h","rel":"html"}]`,
		`[{"rel":"html","href":"h"},{"rel":"self","href":"s"},{"href":"nameless"}]`,
	} {
		user, unread, err := unreadOf(t, `{"uuid":"{u}","links":`+links+`}`)
		if err != nil || unread != nil || user.Links.Self.Href != "s" || user.Links.HTML.Href != "h" {
			t.Errorf("%s: %+v, unread %q, %v", links, user, unread, err)
		}
	}
}

// A list that comes as a bare array is one page.
func TestBareArrayIsOnePage(t *testing.T) {
	rt := answering(200, asJSON, ` [{"email":"a"},{"email":"b"}] `)
	got, err := newClient(t, rt).Users.ListEmails(t.Context(), bitbucket.Complete()).Collect()
	if err != nil || len(got) != 2 || got[1].Email != "b" || len(rt.requests()) != 1 {
		t.Errorf("%v, %v, %v", got, err, rt.requests())
	}
}
