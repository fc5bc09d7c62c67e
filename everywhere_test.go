package bitbucket_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
)

// workspacesServer serves the workspaces of a user and the permissions in each.
type workspacesServer struct {
	slugs   []string       // in the order in which they are sent
	repos   int            // in each
	refuses map[string]int // status with which a workspace refuses
	removed string         // is not sent, though it was
}

func (s *workspacesServer) handle(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/2.0/user/workspaces" {
		var values []string
		for _, slug := range s.slugs {
			if slug != s.removed {
				values = append(values, fmt.Sprintf(
					`{"type":"workspace_access","workspace":{"uuid":"%s","slug":"%s"}}`, uuidOf(slug), slug))
			}
		}
		answer(w, 200, `{"values":[`+strings.Join(values, ",")+`]}`)
		return
	}
	slug := strings.Split(r.URL.Path, "/")[4]
	for _, known := range s.slugs {
		if uuidOf(known) == slug {
			slug = known
		}
	}
	if status := s.refuses[slug]; status != 0 {
		answer(w, status, `{"error":{"message":"`+slug+` refuses"}}`)
		return
	}
	number, _ := strconv.Atoi(r.URL.Query().Get("page"))
	number = max(1, number)
	size, _ := strconv.Atoi(r.URL.Query().Get("pagelen"))
	var values []string
	for i := (number - 1) * size; i < min(number*size, s.repos); i++ {
		values = append(values, fmt.Sprintf(`{"permission":"read","user":{"uuid":"{u}"},`+
			`"repository":{"uuid":"{%s-%d}","full_name":"%s/%d"}}`, slug, i, slug, i))
	}
	next := ""
	if number*size < s.repos {
		q := r.URL.Query()
		q.Set("page", strconv.Itoa(number+1))
		next = `"next":"` + r.URL.Path + "?" + q.Encode() + `",`
	}
	answer(w, 200, `{`+next+`"values":[`+strings.Join(values, ",")+`]}`)
}

func uuidOf(slug string) string {
	return "{8f5d7c2e-1111-4222-8333-" + strings.Repeat(slug[:1], 12) + "}"
}

func namesOf(all []bitbucket.RepositoryPermission) (names []string) {
	for _, p := range all {
		names = append(names, p.Repository.FullName)
	}
	return names
}

// The order is asked for and made, so that a cursor finds its place in whatever order they come.
func TestEverywhereInTheOrderOfSlugs(t *testing.T) {
	s := &workspacesServer{slugs: []string{"b", "a", "d", "c"}, repos: 3}
	rt := &wire{handler: s.handle}
	c := newClient(t, rt)
	want := []string{"a/0", "a/1", "a/2", "b/0", "b/1", "b/2", "c/0", "c/1", "c/2", "d/0", "d/1", "d/2"}
	got, err := c.Permissions.ListMineEverywhere(t.Context()).Collect()
	if err != nil || !slices.Equal(namesOf(got), want) {
		t.Errorf("%v, %v", namesOf(got), err)
	}
	if first := rt.requests()[0]; !strings.Contains(first, "sort=slug") {
		t.Errorf("no order was asked for: %s", first)
	}
	// Every cursor continues where the page before it ended, though the order is another one by then.
	seen := 0
	for page, err := range c.Permissions.ListMineEverywhere(t.Context(), bitbucket.PageLen(2)).Pages() {
		if err != nil {
			t.Fatal(err)
		}
		seen += len(page.Values)
		if page.Next == "" {
			break
		}
		slices.Reverse(s.slugs)
		rest, err := c.Permissions.ListMineEverywhere(t.Context(), bitbucket.From(page.Next)).Collect()
		if err != nil || !slices.Equal(namesOf(rest), want[seen:]) {
			t.Errorf("from %s: %v, want %v, %v", page.Next, namesOf(rest), want[seen:], err)
		}
	}
	if seen != len(want) {
		t.Errorf("%d of %d came", seen, len(want))
	}
}

// A workspace that refuses does not keep the others from being listed, now or ever; its error comes
// last.
func TestEverywhereWithARefusal(t *testing.T) {
	for _, status := range []int{403, 404} {
		for _, refusing := range []string{"a", "b", "c"} {
			s := &workspacesServer{slugs: []string{"a", "b", "c"}, repos: 1, refuses: map[string]int{refusing: status}}
			got, err := newClient(t, &wire{handler: s.handle}).Permissions.ListMineEverywhere(t.Context()).Collect()
			e, ok := errors.AsType[*bitbucket.Error](err)
			if !ok || e.StatusCode != status || len(got) != 2 || !strings.Contains(err.Error(), refusing+" refuses") {
				t.Errorf("%s refuses with %d: %v, %v", refusing, status, namesOf(got), err)
			}
		}
	}
	s := &workspacesServer{slugs: []string{"a", "b", "c"}, repos: 1, refuses: map[string]int{"b": 500}}
	got, err := newClient(t, &wire{handler: s.handle}, bitbucket.WithRetries(0)).Permissions.ListMineEverywhere(t.Context()).Collect()
	if !errors.Is(err, bitbucket.ErrServer) || len(got) != 1 {
		t.Errorf("an outage: %v, %v", namesOf(got), err)
	}
}

// The refusals of many workspaces are one error of one line, which has all of them in it.
func TestEverywhereWithManyRefusals(t *testing.T) {
	s := &workspacesServer{repos: 1, refuses: map[string]int{}}
	for i := range 60 {
		slug := fmt.Sprintf("w%02d-%s", i, strings.Repeat("long", 60))
		s.slugs = append(s.slugs, slug)
		s.refuses[slug] = 403 + i%2 // forbidden, or gone
	}
	s.refuses[s.slugs[59]] = 0
	got, err := newClient(t, &wire{handler: s.handle}).Permissions.ListMineEverywhere(t.Context()).Collect()
	if len(got) != 1 || !errors.Is(err, bitbucket.ErrForbidden) || !errors.Is(err, bitbucket.ErrNotFound) {
		t.Errorf("%v, %v", namesOf(got), err)
	}
	wantText(t, err.Error(), "bitbucket: 59 workspaces could not be listed; 1: GET https://api.bitbucket.org/2.0/user/workspaces/w00-",
		"; 2: GET ", "/w01-", "; 3: GET ", "/w02-", "; and 56 more")
	if text := err.Error(); len(text) > 1<<10 || strings.Contains(text, "\n") || strings.Contains(text, "/w03-") {
		t.Errorf("%d bytes: %s", len(text), text)
	}
	all, _ := err.(interface{ Unwrap() []error })
	if all == nil || len(all.Unwrap()) != 59 {
		t.Fatalf("the error has not all of them: %T", err)
	}
}

// A credential that lacks a scope, or is of a kind that is not taken, is refused everywhere: one refusal
// tells that.
func TestEverywhereWithARefusedCredential(t *testing.T) {
	for name, body := range map[string]string{
		"scope":             `{"error":{"message":"Your credentials lack one or more required privilege scopes."}}`,
		"scope, in another": `{"error":{"message":"Es fehlt etwas.","detail":{"required":["account"],"granted":[]}}}`,
		"kind":              `{"error":{"message":"This API is not accessible by this authentication mechanism"}}`,
	} {
		s := &workspacesServer{slugs: []string{"a", "b", "c"}, repos: 1}
		rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/permissions/repositories") {
				answer(w, 403, body)
				return
			}
			s.handle(w, r)
		}}
		got, err := newClient(t, rt).Permissions.ListMineEverywhere(t.Context()).Collect()
		e, ok := err.(*bitbucket.Error) //nolint:errorlint // the error itself, not one of many
		if !ok || e.StatusCode != 403 || e.Hint == "" || len(got) != 0 || len(rt.requests()) != 2 {
			t.Errorf("%s: %v, %d calls, %v", name, namesOf(got), len(rt.requests()), err)
		}
	}
}

// A cursor may name its workspace by its UUID, as next does where Bitbucket says so.
func TestEverywhereFromAUUID(t *testing.T) {
	s := &workspacesServer{slugs: []string{"a", "b", "c"}, repos: 3}
	c := newClient(t, &wire{handler: s.handle})
	cursor := "https://api.bitbucket.org/2.0/user/workspaces/" + strings.NewReplacer("{", "%7B", "}", "%7D").Replace(uuidOf("b")) +
		"/permissions/repositories?page=2&pagelen=2"
	got, err := c.Permissions.ListMineEverywhere(t.Context(), bitbucket.From(cursor)).Collect()
	if want := []string{"b/2", "c/0", "c/1", "c/2"}; err != nil || !slices.Equal(namesOf(got), want) {
		t.Errorf("%v, want %v, %v", namesOf(got), want, err)
	}
	s.removed = "b"
	if got, err := c.Permissions.ListMineEverywhere(t.Context(), bitbucket.From(cursor)).Collect(); err == nil || len(got) != 0 {
		t.Errorf("a cursor in a workspace that is gone: %v, %v", namesOf(got), err)
	}
}

// A filter is that of all workspaces: with a cursor the cursor's, and without it the caller's.
func TestEverywhereFiltersAll(t *testing.T) {
	s := &workspacesServer{slugs: []string{"a", "b", "c"}, repos: 3}
	for _, opts := range [][]bitbucket.CallOption{
		{bitbucket.Query(`permission="admin"`), bitbucket.PageLen(2)},
		{bitbucket.From("/2.0/user/workspaces/a/permissions/repositories?page=1&pagelen=2&q=permission%3D%22admin%22")},
		{
			bitbucket.Query(`permission="read"`), bitbucket.PageLen(3),
			bitbucket.From("/2.0/user/workspaces/a/permissions/repositories?page=1&pagelen=2&q=permission%3D%22admin%22"),
		},
	} {
		rt := &wire{handler: s.handle}
		if _, err := newClient(t, rt).Permissions.ListMineEverywhere(t.Context(), opts...).Collect(); err != nil {
			t.Error(err)
		}
		asked := rt.requests()[1:]
		if len(asked) != 6 {
			t.Errorf("%d pages were asked for: %q", len(asked), asked)
		}
		for _, url := range asked {
			if !strings.Contains(url, "q=permission%3D%22admin%22") || !strings.Contains(url, "pagelen=2") {
				t.Errorf("without the filter: %s", url)
			}
		}
	}
}

// The first item takes the list of workspaces and one page, also when pages are fetched ahead.
func TestEverywhereFirst(t *testing.T) {
	s := &workspacesServer{slugs: []string{"a", "b"}, repos: 5}
	begun := &beginnings{}
	c := newClient(t, &wire{handler: s.handle}, begun.option())
	opts := []bitbucket.CallOption{bitbucket.PageLen(2), bitbucket.Prefetch()}
	got, err := c.Permissions.ListMineEverywhere(t.Context(), opts...).First()
	if err != nil || got.Repository.FullName != "a/0" || begun.n.Load() != 2 {
		t.Errorf("%s, %v, %d calls", got.Repository.FullName, err, begun.n.Load())
	}
}
