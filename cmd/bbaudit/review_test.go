package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/review"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/sealed"
)

// small is a workspace of three people, one of whom may do too much.
func small(opts ...bitbuckettest.Option) *bitbuckettest.Server {
	s := bitbuckettest.New(append(opts, bitbuckettest.Throttle(0, 0))...)
	s.AddWorkspace(bitbuckettest.Workspace{Slug: "acme"})
	for _, name := range []string{"ada", "bob", "cid"} {
		s.AddUser(bitbuckettest.User{
			Nickname: name, DisplayName: strings.ToUpper(name), Has2FAEnabled: new(true),
		})
		role := ""
		if name == "ada" {
			role = "owner"
		}
		s.AddMember("acme", bitbuckettest.Member{User: name, Role: role})
	}
	s.AddProject("acme", bitbuckettest.Project{Key: "ONE"})
	for _, slug := range []string{"api", "site"} {
		s.AddRepository("acme", bitbuckettest.Repository{Slug: slug, Project: "ONE"})
		s.GrantRepository("acme", slug, "cid", "write")
	}
	return s
}

// A walk is a review on its way through the commands.
type walk struct {
	t      *testing.T
	server *bitbuckettest.Server
	bench  bench
	dir    string // of everything
	review string // the folder of the review
}

// newWalk audits a workspace, and exports a review of it.
func newWalk(t *testing.T, server *bitbuckettest.Server) *walk {
	t.Helper()
	w := &walk{t: t, server: server, bench: asAdmin(t, server, "ada"), dir: t.TempDir()}
	w.review = filepath.Join(w.dir, "q4")
	w.file("roster.csv", "email,name,manager\nada@example.com,ADA,\nbob@example.com,BOB,Ada\ncid@example.com,CID,Bob Builder\n")
	w.audit("before.json")
	if got := w.export(); got.code != exitOK {
		t.Fatalf("exit code %d: %s", got.code, got.stderr)
	}
	return w
}

func (w *walk) file(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// audit saves a report.
func (w *walk) audit(name string, more ...string) {
	w.t.Helper()
	call := args([]string{
		"-workspace", "acme", "-explicit", "-throttle", "none", "-format", "json",
		"-roster", filepath.Join(w.dir, "roster.csv"), "-fail-on", "none", "-out", filepath.Join(w.dir, name),
	}, more)
	if got := w.bench.call(w.t.Context(), call...); got.code != exitOK && got.code != exitIncomplete {
		w.t.Fatalf("exit code %d: %s", got.code, got.stderr)
	}
}

func (w *walk) export(more ...string) result {
	return w.call("export", args([]string{
		"-report", filepath.Join(w.dir, "before.json"),
		"-roster", filepath.Join(w.dir, "roster.csv"),
	}, more)...)
}

// call runs a step of the review, for which it takes no server.
func (w *walk) call(step string, more ...string) result {
	return bench{}.call(w.t.Context(), args([]string{"review", step, "-dir", w.review}, more)...)
}

func (w *walk) close(after string) result {
	return w.call("close", "-after", filepath.Join(w.dir, after), "-by", "Zed")
}

// decide decides on all rows, by the person, where they are and what they may do.
func (w *walk) decide(choose func(person, scope, permission string) string) {
	w.t.Helper()
	names, err := filepath.Glob(filepath.Join(w.review, "*.csv"))
	if err != nil || len(names) != 3 {
		w.t.Fatalf("%q, %v", names, err)
	}
	for _, name := range names {
		rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(must(bench{}.read(name)), []byte("\ufeff")))).ReadAll()
		if err != nil {
			w.t.Fatal(err)
		}
		for _, row := range rows[1:] {
			decision := choose(row[1], row[4], row[5])
			copy(row[10:], []string{decision, "Zed", time.Now().UTC().Format(time.DateOnly), "known"})
		}
		var b bytes.Buffer
		if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
}

// revokeCid keeps everything but what Cid may write.
func revokeCid(person, _, permission string) string {
	if person == "CID" && permission == "write" {
		return "revoke"
	}
	return "keep"
}

func (w *walk) expect(got result, code int, said string) {
	w.t.Helper()
	if got.code != code || !strings.Contains(got.stdout+got.stderr, said) {
		w.t.Errorf("exit code %d, want %d with %q:\n%s%s", got.code, code, said, got.stdout, got.stderr)
	}
}

// TestReview goes the whole way: exported, open, decided on, still there, gone, signed off.
func TestReview(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		today()
		w := newWalk(t, small())
		checkFolder(t, w.review, "manifest.json", "review-ada.csv", "review-bob-builder.csv", "unassigned.csv")
		w.expect(w.export(), exitUsage, "it holds manifest.json already; name another folder")
		w.expect(w.call("import"), exitFindings, "5 of 5 rows open")
		w.expect(w.close("before.json"), exitFindings, "rows are open: 5 of 5")
		checkFolder(t, w.review, "manifest.json", "review-ada.csv", "review-bob-builder.csv", "unassigned.csv")

		w.decide(revokeCid)
		tasks, out := filepath.Join(w.dir, "tasks.csv"), filepath.Join(w.dir, "result.json")
		w.expect(w.call("import", "-tasks", tasks, "-format", "json", "-out", out), exitOK, "")
		if list := string(must(bench{}.read(tasks))); strings.Count(list, ",revoke,CID,") != 2 ||
			!strings.Contains(list, ",api,write,write in person,remove the grant in person on the repository,Zed,") {
			t.Errorf("what has to be done is\n%s", list)
		}
		var res review.Result
		if err := json.Unmarshal(must(bench{}.read(out)), &res); err != nil || res.Rows.Revoke != 1 || res.Rows.Keep != 4 {
			t.Errorf("%+v, %v", res.Rows, err)
		}
		w.expect(w.close("before.json"), exitUsage, "it is the report that the review was made of")
		checkFolder(t, w.review, "manifest.json", "review-ada.csv", "review-bob-builder.csv", "unassigned.csv")

		time.Sleep(time.Hour)
		w.server.RevokeGrant("acme", bitbuckettest.Grant{Repository: "api", User: "cid"})
		w.audit("half.json")
		w.expect(w.close("half.json"), exitFindings, "NOT CLOSED: 0 gone, 1 still there, 0 not read")
		w.server.RevokeGrant("acme", bitbuckettest.Grant{Repository: "site", User: "cid"})
		w.audit("narrow.json", "-repo", "api")
		w.expect(w.close("narrow.json"), exitUsage, "NOT CLOSED: 0 gone, 0 still there, 1 not read")
		w.audit("after.json")
		w.expect(w.close("after.json"), exitOK, "closed: 1 gone, 0 still there, 0 not read")
		w.expect(w.close("after.json"), exitUsage, "the review is closed")

		text := must(bench{}.read(filepath.Join(w.review, "signoff.json")))
		s, err := review.DecodeSignOff(text)
		if err != nil || !s.Closed || s.By != "Zed" || s.Outcomes.Gone != 1 ||
			s.Review.ManifestSHA256 != sealed.Sum(must(bench{}.read(filepath.Join(w.review, "manifest.json")))) ||
			s.After.FileSHA256 != sealed.Sum(must(bench{}.read(filepath.Join(w.dir, "after.json")))) {
			t.Errorf("%+v, %v", s, err)
		}
		page := string(must(bench{}.read(filepath.Join(w.review, "signoff.html"))))
		if !strings.Contains(page, "CLOSED") || !strings.Contains(page, sealed.Sum(text)) {
			t.Errorf("the page is about something else:\n%.300s", page)
		}
	})
}

// TestReviewIncomplete says so at each step, and exits with 4 when all is well otherwise.
func TestReviewIncomplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		today()
		w := newWalk(t, small())
		w.server.Fail(bitbuckettest.On("GET", "/1.0/invitations/acme"), bitbuckettest.Status(403, "no"))
		w.audit("before.json")
		w.review += "-again"
		w.expect(w.export(), exitIncomplete, "the report is incomplete: acme: invitations: refused")
		w.expect(w.call("import"), exitFindings, "the report is incomplete: acme: invitations: refused")
		w.decide(revokeCid)
		for _, slug := range []string{"api", "site"} {
			w.server.RevokeGrant("acme", bitbuckettest.Grant{Repository: slug, User: "cid"})
		}
		time.Sleep(time.Second)
		w.server.Heal()
		w.audit("after.json")
		w.expect(w.close("after.json"), exitIncomplete, "closed: 1 gone")
	})
}

// TestReviewRefuses what was changed, lost or added on the way, and what is not understood.
func TestReviewRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		today()
		w := newWalk(t, small())
		in := func(name string) string { return filepath.Join(w.review, name) }
		ada := must(bench{}.read(in("review-ada.csv")))
		manifest := must(bench{}.read(in("manifest.json")))
		put := func(name string, data []byte) {
			if err := os.WriteFile(in(name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		put("review-ada.csv", bytes.Replace(ada, []byte("BOB"), []byte("BOO"), 2))
		w.expect(w.call("import"), exitUsage, `review-ada.csv line 2: person was changed to "BOO": put "BOB" back`)
		put("review-ada.csv", ada)
		put("Copy of review-ada.CSV", ada)
		w.expect(w.call("import"), exitUsage, "Copy of review-ada.CSV is no file of this review")
		if err := os.Remove(in("Copy of review-ada.CSV")); err != nil {
			t.Fatal(err)
		}
		put(".~lock.review-ada.csv", []byte("open"))
		put("notes.txt", []byte("mine"))
		w.expect(w.call("import"), exitFindings, "rows open")
		put("manifest.json", bytes.Replace(manifest, []byte("BOB"), []byte("BOO"), 1))
		w.expect(w.call("import"), exitUsage, "manifest.json: the checksum does not match")
		put("manifest.json", manifest)
		w.expect(w.call("import", "-manifest-sha256", strings.Repeat("0", 64)), exitUsage, "-manifest-sha256 wants another")
		w.expect(w.call("import", "-manifest-sha256", sealed.Sum(manifest)), exitFindings, "rows open")
		w.expect(w.call("import", "-tasks", in("tasks.csv")), exitUsage, "lies in the folder of the review")
		link := filepath.Join(w.dir, "link")
		if err := os.Symlink(in("manifest.json"), link); err != nil {
			t.Fatal(err)
		}
		w.expect(w.call("import", "-out", link), exitUsage, "lies in the folder of the review")
		w.expect(w.call("import", "-out", link+"2", "-tasks", link+"2"), exitUsage, "is the same file as")
		w.expect(w.call("import", "-tasks", w.dir), exitUsage, "-tasks "+w.dir+": it is a folder")
		w.expect(w.call("import", "-tasks", "-"), exitUsage, "the standard output is for the result")
		w.expect(w.call("close", "-after", in("manifest.json"), "-by", " \u200b"), exitUsage, "say who signs off")
		w.expect(w.call("import", "-dates", "ymd"), exitUsage, "-dates ymd: it is dmy, mdy")
		w.expect(w.call("import", "-format", "csv"), exitUsage, "-format csv: it is table, json")
		if err := os.Remove(in("review-ada.csv")); err != nil {
			t.Fatal(err)
		}
		w.expect(w.call("import"), exitUsage, "review-ada.csv is missing")
		if err := os.Mkdir(in("review-ada.csv"), 0o700); err != nil {
			t.Fatal(err)
		}
		w.expect(w.call("import"), exitUsage, "review-ada.csv is missing")
		w.review = w.dir + "/nothing"
		w.expect(w.call("import"), exitUsage, "no such file or directory")
		w.review = w.dir + "/q5"
		saved, people := filepath.Join(w.dir, "before.json"), filepath.Join(w.dir, "roster.csv")
		for _, test := range []struct {
			flags []string
			code  int
			said  string
		}{
			{nil, exitUsage, "missing flags"},
			{
				[]string{"-report", saved, "-roster", people, "-split", "friends"},
				exitUsage,
				"-split friends: it is manager, team, project, none",
			},
			{[]string{"-report", saved, "-split", "team"}, exitUsage, "-split team needs -roster"},
			{[]string{"-report", saved, "-roster", people, "-now", "2026-11-24"}, exitFailed, "of the future"},
			{[]string{"-report", saved, "-roster", people, "-now", "soon"}, exitUsage, "-now soon"},
			{[]string{"-report", people, "-roster", people}, exitFailed, "it is no report"},
			{[]string{"-report", saved, "-roster", saved}, exitUsage, "-roster " + saved},
			{[]string{"-report", w.dir + "/none.json", "-roster", people}, exitFailed, "no such file"},
		} {
			got := w.call("export", test.flags...)
			w.expect(got, test.code, test.said)
			if got.stdout != "" {
				t.Errorf("it writes %s", got.stdout)
			}
		}
		if _, err := os.Stat(w.review); !os.IsNotExist(err) {
			t.Errorf("a review that was not exported has a folder: %v", err)
		}
	})
}

// TestReviewStrict makes what was flagged count.
func TestReviewStrict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		today()
		w := newWalk(t, small())
		w.decide(func(string, string, string) string { return "keep" })
		w.expect(w.call("import", "-strict"), exitOK, "every row is decided on: 5 rows")
		name := filepath.Join(w.review, "review-ada.csv")
		data := bytes.ReplaceAll(must(bench{}.read(name)), []byte("Zed"), []byte("Bob"))
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		w.expect(w.call("import"), exitOK, "look at: Bob decided on their own access: 1 row")
		w.expect(w.call("import", "-strict"), exitFindings, "1 way of deciding to look at")
	})
}

// TestReviewOfTheDemo is made when somebody asks for it, and says that it is one.
func TestReviewOfTheDemo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		saved := filepath.Join(dir, "demo.json")
		bench{}.call(t.Context(), "run", "-demo", "-throttle", "none", "-format", "json", "-out", saved)
		call := []string{"review", "export", "-report", saved, "-split", "none", "-dir", filepath.Join(dir, "q4")}
		if got := (bench{}).call(t.Context(), call...); got.code != exitUsage || !strings.Contains(got.stderr, "is of the demo") {
			t.Errorf("exit code %d: %s", got.code, got.stderr)
		}
		got := bench{}.call(t.Context(), append(call, "-demo")...)
		if got.code != exitOK || !strings.HasPrefix(got.stdout, "DEMO: an invented workspace is reviewed\n") {
			t.Errorf("exit code %d: %s%s", got.code, got.stdout, got.stderr)
		}
	})
}
