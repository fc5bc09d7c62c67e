package accept_test

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/accept"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/accesstest"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
)

const entry = `version: 1
accept:
  - rule: outsider
    subject: "{0000000a-0000-4000-8000-000000000000}"
    place: "{00000066-0000-4000-8000-000000000000}"
    at_most: write
    reason: audits the books
    by: Ada
    since: 2026-11-01
    until: 2026-11-30
`

func TestParse(t *testing.T) {
	got, err := accept.Parse([]byte(entry))
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	if e := got[0]; e.Rule != "outsider" || e.AtMost != "write" ||
		e.Until.Format(time.DateOnly) != "2026-11-30" ||
		e.Line != 3 {
		t.Errorf("%+v", e)
	}
	again, err := accept.Parse(accept.Write(got, true))
	if err != nil || again[0] != got[0] {
		t.Errorf("written and read: %+v, %v", again, err)
	}
}

func TestRefused(t *testing.T) {
	for _, test := range []struct{ old, new, want string }{
		{"outsider", "nonsense", `line 3: rule is "nonsense"; it is one of outsider,`},
		{"    reason: audits the books\n", "", "line 3: an item of accept has no reason; add it"},
		{"    by: Ada\n", "", "has no by"},
		{"    since: 2026-11-01\n", "", "has no since"},
		{"    until: 2026-11-30\n", "", "has no until"},
		{"    reason", "    reason: again\n    reason", "line 8: reason is there twice, first on line 7"},
		{"audits the books", `""`, "line 7: reason is empty"},
		{"audits the books", "", "line 7: reason has nothing after it"},
		{"2026-11-30", "2027-11-03", "is not within 366 days"},
		{"2026-11-30", "2026-10-31", "is not within 366 days"},
		{"2026-11-30", "tomorrow", "line 10: until is no day"},
		{"at_most: write", "at_most: owner", `line 6: at_most is "owner"`},
		{"place:", "repo:", `line 5: "repo" is no key of an item of accept`},
		{"version: 1", "version: 3", "line 1: version"},
	} {
		text := strings.Replace(entry, test.old, test.new, 1)
		if _, err := accept.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q in place of %q: %v, want %q", test.new, test.old, err, test.want)
		}
	}
	if _, err := accept.Parse([]byte(strings.Replace(entry, "2026-11-30", "2027-11-02", 1))); err != nil {
		t.Errorf("366 days: %v", err)
	}
}

// states are those of the outsiders of the sample after an entry was applied on a day.
func states(
	t *testing.T,
	api *accesstest.API,
	e accept.Entry,
	day string,
) (map[string]findings.State, []findings.Finding) {
	t.Helper()
	now, err := time.Parse(time.RFC3339, day)
	if err != nil {
		t.Fatal(err)
	}
	s, err := accesstest.Read(t.Context(), api, accesstest.Scope())
	if err != nil {
		t.Fatal(err)
	}
	all := findings.Judge(&s.Workspaces[0], findings.DefaultThresholds(), nil, now)
	all = accept.Apply(all, []accept.Entry{e}, &s, now)
	got := map[string]findings.State{}
	for _, f := range all {
		for _, it := range f.Items {
			if f.Rule == "outsider" {
				got[it.Subject.Name+" "+it.Place.Name] = it.State
			}
		}
	}
	return got, all
}

func TestApply(t *testing.T) {
	parsed, err := accept.Parse([]byte(entry))
	if err != nil {
		t.Fatal(err)
	}
	whole := parsed[0]
	anywhere := whole
	anywhere.Place = ""
	for _, test := range []struct {
		name       string
		entry      accept.Entry
		permission bitbucket.Permission
		day        string
		site, tool findings.State
	}{
		{"accepted", whole, "write", "2026-11-25T00:00:00Z", findings.Accepted, findings.Open},
		{"on its first day", whole, "write", "2026-11-01T00:00:00Z", findings.Accepted, findings.Open},
		{"before", whole, "write", "2026-10-31T23:59:59Z", findings.Open, findings.Open},
		{"on its last day", whole, "write", "2026-11-30T23:59:59Z", findings.Accepted, findings.Open},
		{"on the day after", whole, "write", "2026-12-01T00:00:00Z", findings.Expired, findings.Open},
		{"on the last day, elsewhere the day after", whole, "write", "2026-12-01T01:00:00+02:00", findings.Accepted, findings.Open},
		{"less than accepted", whole, "read", "2026-11-25T00:00:00Z", findings.Accepted, findings.Open},
		{"more than accepted", whole, "admin", "2026-11-25T00:00:00Z", findings.Exceeded, findings.Open},
		{"unknown is more", whole, "super", "2026-11-25T00:00:00Z", findings.Exceeded, findings.Open},
		{"every place", anywhere, "write", "2026-11-25T00:00:00Z", findings.Accepted, findings.Accepted},
	} {
		t.Run(test.name, func(t *testing.T) {
			api := accesstest.Sample()
			for i, it := range api.Lists[access.Permissions] {
				if it.User.Name == "Gone" {
					api.Lists[access.Permissions][i].Permission = test.permission
				}
			}
			got, _ := states(t, api, test.entry, test.day)
			if got["Gone site"] != test.site || got["Gone tool"] != test.tool {
				t.Errorf("%v, want %s and %s", got, test.site, test.tool)
			}
		})
	}
}

// TestWhatMatchesNothing is a low finding, unless its place was not read.
func TestWhatMatchesNothing(t *testing.T) {
	parsed, err := accept.Parse([]byte(strings.Replace(entry, "0000000a", "0000000b", 1)))
	if err != nil {
		t.Fatal(err)
	}
	rules := func(api *accesstest.API) map[string]findings.Level {
		_, all := states(t, api, parsed[0], "2026-11-25T00:00:00Z")
		got := map[string]findings.Level{}
		for _, f := range all {
			got[f.Rule] = f.Level
		}
		return got
	}
	if got := rules(accesstest.Sample()); got["unused-acceptance"] != findings.Low ||
		got["acceptance-not-judged"] != "" {
		t.Errorf("%v", got)
	}
	short := accesstest.Sample()
	short.Told = map[string]int{access.Permissions: 99}
	if got := rules(short); got["unused-acceptance"] != "" || got["acceptance-not-judged"] == "" {
		t.Errorf("%v", got)
	}
}
