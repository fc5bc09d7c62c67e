package review_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/accesstest"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/review"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/sealed"
)

// reviewed is the sample with some decisions of each kind.
func reviewed(t *testing.T) *trip {
	t.Helper()
	tr := sample(t, review.ByManager)
	tr.decide(func(row []string) (string, string, string) {
		switch {
		case row[1] == "Cid" && row[5] == "admin":
			return "change:read", "Ada", "reads are enough"
		case row[1] == "Gone", row[1] == "Gus":
			return "revoke", "=Bob", "@left"
		case row[1] == "Ada":
			return "keep", "ada@example.com", ""
		}
		return "keep", "Zed", "known <b>and</b> fine"
	})
	return tr
}

// after is the sample after the decisions were carried out in part.
func after() *accesstest.API {
	api := accesstest.Sample()
	api.Lists[access.Permissions] = slices.DeleteFunc(api.Lists[access.Permissions], func(it access.Item) bool {
		return it.User.Name == "Gone" || it.User.Name == "Gus"
	})
	api.Lists[access.RepositoryUsers+" tool"] = nil
	api.Told = map[string]int{access.Members: 99}
	return api
}

// TestForms are what an import and a close say.
func TestForms(t *testing.T) {
	tr := reviewed(t)
	v, err := tr.back()
	if err != nil {
		t.Fatal(err)
	}
	res := v.Result(tool)
	text, err := res.Encode()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "result.json", text)
	golden(t, "tasks.csv", res.TasksCSV())
	s, err := tr.close(t, after(), accesstest.Scope(), later)
	if err != nil {
		t.Fatal(err)
	}
	text, err = s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "signoff.json", text)
	var exported, imported, closed, page bytes.Buffer
	for _, err := range []error{
		tr.manifest.Show(&exported), res.Show(&imported), s.Show(&closed), s.HTML(&page, sealed.Sum(text)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "export.txt", exported.Bytes())
	golden(t, "import.txt", imported.Bytes())
	golden(t, "close.txt", closed.Bytes())
	_, body, _ := bytes.Cut(page.Bytes(), []byte("<body>\n"))
	body, _, _ = bytes.Cut(body, []byte("<script>")) // the frame is that of all pages
	golden(t, "signoff.html", body)
	for name, text := range map[string]string{"text": imported.String() + closed.String(), "page": page.String()} {
		if strings.ContainsAny(text, "\x1b\u202e\a") || name == "page" && strings.Contains(text, "<b>and") {
			t.Errorf("the %s holds what does harm", name)
		}
	}
	again, err := review.DecodeSignOff(text)
	if err != nil || again.By != "Zed" || again.Outcomes != s.Outcomes {
		t.Errorf("%+v, %v", again, err)
	}
}

// TestSignOffTells everything that an auditor asks for.
func TestSignOffTells(t *testing.T) {
	tr := reviewed(t)
	s, err := tr.close(t, after(), accesstest.Scope(), later)
	if err != nil {
		t.Fatal(err)
	}
	if s.Closed || s.Complete() || len(s.After.Incomplete) == 0 || !s.Before.Complete {
		t.Errorf("closed %v, %+v, %+v", s.Closed, s.Before, s.After)
	}
	if s.Review.ManifestSHA256 != sealed.Sum(tr.text) || s.Files[0].SHA256 != sealed.Sum(tr.files[s.Files[0].Name]) {
		t.Errorf("the sums are of something else: %+v", s.Review)
	}
	if s.Before.SHA256 != tr.manifest.Report.SHA256 || s.Before.FileSHA256 == s.After.FileSHA256 || s.After.FileSHA256 == "" {
		t.Errorf("the reports are others: %+v, %+v", s.Before, s.After)
	}
	if want := (review.OutcomeCounts{Gone: 3, Still: 3, NotRead: 0}); s.Outcomes != want {
		t.Errorf("%+v, want %+v", s.Outcomes, want)
	}
}

// TestCloseRefuses a report that proves nothing.
func TestCloseRefuses(t *testing.T) {
	api, scope := accesstest.Sample(), accesstest.Scope()
	tr := sample(t, review.ByManager)
	if _, err := tr.close(t, api, scope, later); !errors.Is(err, review.ErrOpen) {
		t.Errorf("rows are open: %v", err)
	}
	tr.decide(func(row []string) (string, string, string) { return "not-mine", "", "" })
	if _, err := tr.close(t, api, scope, later); !errors.Is(err, review.ErrOpen) {
		t.Errorf("nobody says whose they are: %v", err)
	}
	tr.decide(func(row []string) (string, string, string) { return "revoke", "Zed", "" })
	other := accesstest.Sample()
	other.Lists[access.TheWorkspace][0].Workspace.UUID = accesstest.UUID(99)
	v, err := tr.back()
	if err != nil {
		t.Fatal(err)
	}
	demo, text := reportOf(t, snapshot(t, api, scope), later)
	demo.Demo = true
	v.Now = later
	if _, err := v.Close(demo, text, "Zed", tool); err == nil || !strings.Contains(err.Error(), "of the demo") {
		t.Errorf("the demo: %v", err)
	}
	for name, test := range map[string]struct {
		api  *accesstest.API
		days int
		want string
	}{
		"the same":     {api, 0, "it is the report that the review was made of"},
		"an older one": {api, -1, "before the review on 2026-11-25T13:00:00Z"},
		"too early":    {api, 1, "before the decision of Zed on 2026-11-27"},
		"another one":  {other, 5, "it is not about the workspace acme {00000064-0000-4000-8000-000000000000}"},
	} {
		_, err := tr.close(t, test.api, scope, read.AddDate(0, 0, test.days))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
	ahead, text := reportOf(t, snapshot(t, api, scope), later)
	v.Now = returned
	if _, err := v.Close(ahead, text, "Zed", tool); err == nil || !strings.Contains(err.Error(), "of the future") {
		t.Errorf("a report of the future: %v", err)
	}
}

// TestSteps says how each way of a permission goes, and leaves alone what may stay.
func TestSteps(t *testing.T) {
	for decision, want := range map[string][]string{
		"revoke": {
			"take the member out of the group devs, or remove the group's grant on project ONE",
			"remove the grant in person on the repository",
		},
		"change:read": {
			"take the member out of the group devs, or lower the group's grant on project ONE to read",
			"lower the grant in person on the repository to read",
		},
		"change:write": {"lower the grant in person on the repository to write"},
	} {
		tr := sample(t, review.ByManager)
		tr.edit("review-ada.csv", func(all [][]string) [][]string {
			copy(all[3][10:], []string{decision, "Zed", decided, ""})
			return all
		})
		v, err := tr.back()
		if err != nil {
			t.Fatal(err)
		}
		if got := v.Result(tool).Tasks[0].Do; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", decision, got, want)
		}
	}
}
