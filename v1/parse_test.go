package v1_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/v1"
)

// bodies are the documented answers, and what reads them.
func bodies() map[string]func([]byte) (any, error) {
	return map[string]func([]byte) (any, error){
		"account-2011.json":               reading(v1.ParseAccount),
		"account-2011-authenticated.json": reading(v1.ParseAccount),
		"account-2018.json":               reading(v1.ParseAccount),
		"account-2018-authenticated.json": reading(v1.ParseAccount),
		"followers.json":                  reading(v1.ParseFollowers),
		"events.json":                     reading(v1.ParseEvents),
		"plan.json":                       reading(v1.ParsePlan),
		"emails.json":                     reading(v1.ParseEmails),
		"privileges.json":                 reading(v1.ParsePrivileges),
		"repositories.json":               reading(v1.ParseRepositories),
		"dashboard.json":                  reading(v1.ParseDashboard),
		"created-user.json":               reading(v1.ParseCreatedUser),
		"groups.json":                     reading(v1.ParseGroups),
		"group.json":                      reading(v1.ParseGroup),
		"group-members.json":              reading(v1.ParseGroupMembers),
		"group-privileges.json":           reading(v1.ParseGroupPrivileges),
		"invitations.json":                reading(v1.ParseInvitations),
		"repository-invitations.json":     reading(v1.ParseInvitations),
	}
}

func reading[T any](parse func([]byte) (T, error)) func([]byte) (any, error) {
	return func(body []byte) (any, error) { return parse(body) }
}

// What is read and written again is what it was, key by key; and every member has a
// field of its own.
func TestNothingIsLost(t *testing.T) {
	for name, parse := range bodies() {
		t.Run(name, func(t *testing.T) {
			body := stored(t, name)
			value, err := parse(body)
			if err != nil {
				t.Fatal(err)
			}
			wantSameJSON(t, body, encode(t, value))
			if text := fmt.Sprintf("%+v", value); strings.Count(text, "Extra:map[") != strings.Count(text, "Extra:map[]") {
				t.Errorf("a member has no field: %s", text)
			}
		})
	}
}

// Nothing is lost either when any member is missing, null, empty, of another form,
// or joined by one that nobody knows.
func TestNothingOddIsLost(t *testing.T) {
	odd := []string{`null`, `""`, `"odd"`, `0`, `7`, `1.50`, `1e3`, `true`, `false`, `[]`, `[null]`, `[{}]`, `[0]`, `{}`, `{"a":{"b":[1]}}`, `"2012-07-13"`}
	required := []string{ // each makes some body what it is
		"user", "followers", "events", "count", "teams", "username",
		"slug", "members", "group", "privilege", "repo", "email",
	}
	for name, parse := range bodies() {
		t.Run(name, func(t *testing.T) {
			mutate(t, stored(t, name), odd, func(body []byte, key, what string) {
				value, err := parse(body)
				if errors.Is(err, bitbucket.ErrMalformedResponse) && (slices.Contains(required, key) || name == "privileges.json") {
					return
				}
				if err != nil {
					t.Fatalf("%s %s: %v", key, what, err)
				}
				if back := encode(t, value); !sameJSON(t, body, back) {
					t.Errorf("%s %s: got %s", key, what, back)
				}
			})
		})
	}
}

// mutate calls f with bodies that differ from a body in one member of one object.
func mutate(t *testing.T, body []byte, odd []string, f func(body []byte, key, what string)) {
	t.Helper()
	var whole any
	decode(t, body, &whole)
	var walk func(value any)
	walk = func(value any) {
		switch value := value.(type) {
		case []any:
			for _, item := range value {
				walk(item)
			}
		case map[string]any:
			value["new"] = map[string]any{"a": []any{nil}}
			f(encode(t, whole), "new", "there")
			delete(value, "new")
			for _, key := range slices.Sorted(maps.Keys(value)) {
				was := value[key]
				delete(value, key)
				f(encode(t, whole), key, "missing")
				for _, other := range odd {
					value[key] = json.RawMessage(other)
					f(encode(t, whole), key, other)
				}
				value[key] = was
				walk(was)
			}
		}
	}
	walk(whole)
}

func FuzzNothingIsLost(f *testing.F) {
	for name := range bodies() {
		body, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if !json.Valid(body) || !utf8.Valid(body) || bytes.Contains(body, []byte("-0")) {
			return // -0 is written as 0
		}
		for name, parse := range bodies() {
			value, err := parse(body)
			if err != nil {
				continue
			}
			if list, ok := value.([]v1.Email); ok && slices.ContainsFunc(list, func(e v1.Email) bool { return reflect.ValueOf(e).IsZero() }) {
				continue // null in a list is not documented
			}
			if list, ok := value.([]v1.Repository); ok && slices.ContainsFunc(list, func(r v1.Repository) bool { return reflect.ValueOf(r).IsZero() }) {
				continue
			}
			if _, ok := value.([]v1.DashboardEntry); ok {
				continue
			}
			if back := encode(t, value); !sameJSON(t, body, back) {
				t.Errorf("%s: got %s of %s", name, back, body)
			}
		}
	})
}

func TestParseAccount(t *testing.T) {
	got, err := v1.ParseAccount(stored(t, "account-2018-authenticated.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := &v1.Account{
		User: &v1.User{V1User: bitbucket.V1User{
			Username: "acme", DisplayName: "Acme", IsTeam: new(true), IsStaff: new(false),
			Avatar: "https://bitbucket.org/account/acme/avatar/32/?ts=1463484021", ResourceURI: "/1.0/users/acme",
		}},
		Repositories: []v1.Repository{{
			Owner: "acme", Slug: "site", Name: "Site", Description: "The site <of> Acme & friends", SCM: "git", Language: "php",
			Website: "https://site.example/", Logo: "https://bitbucket.org/acme/site/avatar/32/?ts=1463484021",
			State: v1.RepositoryAvailable, Size: 9975494, ResourceURI: "/1.0/repositories/acme/site",
			IsPrivate: true, IsFork: true, IsMQ: true, HasWiki: true, HasIssues: true, ReadOnly: true, NoForks: true, NoPublicForks: true,
			ForkOf: &v1.Repository{
				Owner: "auser", Slug: "site", Name: "site", SCM: "git", IsFork: true, ResourceURI: "/1.0/repositories/auser/site",
				CreatedOn: date(t, "2012-07-12 01:50:25"), UTCCreatedOn: date(t, "2012-07-11 23:50:25+00:00"),
				ForkOf: &v1.Repository{Owner: "first", Slug: "site", State: v1.RepositoryCreating},
			},
			MQOf:           &v1.Repository{Owner: "auser", Slug: "queue"},
			FollowersCount: new(3),
			CreatedOn:      date(t, "2015-02-18T16:22:24.688"), UTCCreatedOn: date(t, "2015-02-18 15:22:24+00:00"),
			LastUpdated: date(t, "2016-12-24T14:35:53.817"), UTCLastUpdated: date(t, "2016-12-24 13:35:53+00:00"),
		}},
	}
	if !reflect.DeepEqual(v1.Bare(got), want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if person := got.User.User(); person.Type != "team" || person.DisplayName != "Acme" || person.Username != "acme" {
		t.Errorf("in the shape of 2.0: %+v", person)
	}
}

// The count of followers is 0 for those who could be counted, and nothing for the rest.
func TestFollowersCountKnownOrNot(t *testing.T) {
	for name, known := range map[string]bool{"account-2011.json": true, "account-2011-authenticated.json": false} {
		account, err := v1.ParseAccount(stored(t, name))
		if err != nil {
			t.Fatal(err)
		}
		if count := account.Repositories[0].FollowersCount; (count != nil) != known || known && *count != 0 {
			t.Errorf("%s: count %v, want known %v", name, count, known)
		}
		if is := account.User.IsTeam; (is != nil) == known {
			t.Errorf("%s: is_team %v", name, is)
		}
	}
}

func TestParseEvents(t *testing.T) {
	got, err := v1.ParseEvents(stored(t, "events.json"))
	if err != nil {
		t.Fatal(err)
	}
	auser := v1.User{V1User: bitbucket.V1User{Username: "auser", FirstName: "A", LastName: "User"}}
	follower := auser
	follower.Avatar, follower.ResourceURI = "https://secure.example/a.png", "/1.0/users/auser"
	want := &v1.Events{Count: 4, Events: []v1.Event{
		{
			Event: v1.EventStartFollowUser, User: &follower,
			CreatedOn: date(t, "2012-07-13 00:38:14"), UTCCreatedOn: date(t, "2012-07-12 22:38:14+00:00"),
		},
		{
			Event: v1.EventCommit, Node: "d14d26a93fd28d3166fa81c0cd3b6f339bb95bfe",
			Description: v1.Description{Text: "Correct the title of the page"},
			Repository: &v1.Repository{
				Owner: "auser", Slug: "myowncode", Name: "myowncode", SCM: "hg", FollowersCount: new(1),
				CreatedOn: date(t, "2012-07-12 01:50:25"), UTCCreatedOn: date(t, "2012-07-11 23:50:25+00:00"),
				ResourceURI: "/1.0/repositories/auser/myowncode",
			},
			CreatedOn: date(t, "2012-07-12 01:52:04"), UTCCreatedOn: date(t, "2012-07-11 23:52:04+00:00"),
		},
		{
			Event: v1.EventPushed, User: &auser, Repository: &v1.Repository{Owner: "auser", Slug: "site"},
			Description: v1.Description{Commits: []v1.Commit{
				{Hash: "d14d26a93fd28d3166fa81c0cd3b6f339bb95bfe", Description: "Correct the title"},
				{Hash: "8f5952f4dcffd7b311181d48eb0394b0cca21410"},
			}},
			CreatedOn: date(t, "2016-12-24T14:35:53.817"), UTCCreatedOn: date(t, "2016-12-24 13:35:53+00:00"),
		},
		{
			Event: "something_new", User: &v1.User{V1User: bitbucket.V1User{Username: "auser"}},
			CreatedOn: date(t, "2016-12-24T14:35:53.817"), UTCCreatedOn: date(t, "2016-12-24 13:35:53+00:00"),
		},
	}}
	if !reflect.DeepEqual(v1.Bare(got), want) {
		t.Errorf("got  %s\nwant %s", encode(t, got), encode(t, want))
	}
}

func TestParseLists(t *testing.T) {
	emails, err := v1.ParseEmails(stored(t, "emails.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(emails) != 2 || emails[0].Email != "auser@example.com" || !emails[0].Active || !emails[0].Primary || emails[1].Active {
		t.Errorf("emails %+v", emails)
	}
	privileges, err := v1.ParsePrivileges(stored(t, "privileges.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]v1.Privilege{"acme": v1.PrivilegeAdmin, "other": v1.PrivilegeCollaborator, "third": "something_new"}
	if !reflect.DeepEqual(privileges.Teams, want) {
		t.Errorf("privileges %v, want %v", privileges.Teams, want)
	}
	dashboard, err := v1.ParseDashboard(stored(t, "dashboard.json"))
	if err != nil {
		t.Fatal(err)
	}
	if repos := dashboard[0].Repositories; dashboard[0].User.Username != "auser" || repos[0].Fork != "" || repos[1].Fork != "/first/queue" ||
		repos[1].PK != 1234568 || repos[1].AbsoluteURL != "/auser/queue" {
		t.Errorf("dashboard %+v", dashboard)
	}
	plan, err := v1.ParsePlan(stored(t, "plan.json"))
	if err != nil || plan.Count != 3 {
		t.Errorf("plan %+v, %v", plan, err)
	}
	followers, err := v1.ParseFollowers(stored(t, "followers.json"))
	if err != nil || followers.Count != 2 || followers.Followers[1].Username != "acme" {
		t.Errorf("followers %+v, %v", followers, err)
	}
}

func TestParseRefusesOtherBodies(t *testing.T) {
	for name, parse := range bodies() {
		for other := range bodies() {
			if strings.HasPrefix(name, "account") && strings.HasPrefix(other, "account") || other == name ||
				other == "followers.json" && name == "plan.json" || other == "events.json" && name == "plan.json" || // which have a count too
				strings.HasPrefix(string(stored(t, name)), "[") && strings.HasPrefix(string(stored(t, other)), "[") {
				continue
			}
			if got, err := parse(stored(t, other)); !errors.Is(err, bitbucket.ErrMalformedResponse) {
				t.Errorf("%s read as %s: %+v, %v", other, name, got, err)
			}
		}
		for _, body := range []string{"", "null", "Not Found", `{"error": {"message": "x"}}`, "{}", "5"} {
			if got, err := parse([]byte(body)); !errors.Is(err, bitbucket.ErrMalformedResponse) {
				t.Errorf("%q read as %s: %+v, %v", body, name, got, err)
			}
		}
	}
}

// Forks of forks are read to a depth of 100, and refused beyond it.
func TestNestedForks(t *testing.T) {
	chain := func(forks int) string {
		return `{"user":{"username":"auser"},"repositories":[` + strings.Repeat(`{"slug":"s","fork_of":`, forks) + `{"slug":"first"}` + strings.Repeat(`}`, forks) + `]}`
	}
	account, err := v1.ParseAccount([]byte(chain(99)))
	if err != nil {
		t.Fatal(err)
	}
	deepest, depth := &account.Repositories[0], 0
	for ; deepest.ForkOf != nil; depth++ {
		deepest = deepest.ForkOf
	}
	if depth != 99 || deepest.Slug != "first" {
		t.Errorf("%d forks to %s", depth, deepest.Slug)
	}
	wantSameJSON(t, []byte(chain(99)), encode(t, account))
	if _, err := v1.ParseAccount([]byte(chain(100))); !errors.Is(err, bitbucket.ErrMalformedResponse) || !strings.Contains(err.Error(), "nested more than 100 deep") {
		t.Errorf("a longer chain: %v", err)
	}
}

// What is changed after reading is what is written.
func TestChangesWin(t *testing.T) {
	repo := new(v1.Repository)
	decode(t, []byte(`{"website": null, "has_wiki": false, "name": "old", "size": "many", "utc_created_on": "2012-07-11 23:50:25+00:00", "later": 1}`), repo)
	repo.Website, repo.HasWiki, repo.Name, repo.Size, repo.Slug = "https://site.example/", true, "", 5, "new"
	repo.UTCCreatedOn.Time = repo.UTCCreatedOn.AddDate(1, 0, 0)
	wantSameJSON(t, encode(t, repo), []byte(
		`{"website": "https://site.example/", "has_wiki": true, "name": "", "size": 5, "slug": "new", "utc_created_on": "2013-07-11 23:50:25+00:00", "later": 1}`))
	byHand := v1.Repository{Slug: "new", ForkOf: &v1.Repository{Slug: "old"}, CreatedOn: repo.UTCCreatedOn}
	wantSameJSON(t, encode(t, byHand), []byte(`{"slug": "new", "fork_of": {"slug": "old"}, "created_on": "2013-07-11 23:50:25+00:00"}`))
}

func stored(t testing.TB, name string) []byte {
	t.Helper()
	body, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func date(t testing.TB, text string) v1.Date {
	t.Helper()
	d, err := v1.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// decode keeps numbers as they are written.
func decode(t testing.TB, text []byte, into any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

func sameJSON(t testing.TB, a, b []byte) bool {
	t.Helper()
	var x, y any
	decode(t, a, &x)
	decode(t, b, &y)
	return reflect.DeepEqual(x, y)
}

func wantSameJSON(t testing.TB, want, got []byte) {
	t.Helper()
	if !sameJSON(t, want, got) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
