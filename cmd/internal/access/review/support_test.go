package review_test

import (
	"bytes"
	"encoding/csv"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/accesstest"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/review"
)

var update = flag.Bool("update", false, "write the files in testdata anew")

// Times of the sample: the report, the export, the decisions and the later report.
var (
	read     = accesstest.Now
	exported = read.Add(time.Hour)
	decided  = "2026-11-27"
	returned = read.AddDate(0, 0, 4)
	later    = read.AddDate(0, 0, 5)
)

var tool = report.Tool{Name: "bbaudit", Version: "v0.0.0", Revision: "abc"}

// roster names who reviews whom in the sample.
func roster() findings.Roster {
	return findings.Roster{
		"ada@example.com": {Email: "ada@example.com", Name: "Ada", Manager: "ada@example.com", Team: "Books"},
		"cid@example.com": {Email: "cid@example.com", Name: "C. Dee", Manager: "Ada", Team: "Engines"},
		"gus@example.com": {Email: "gus@example.com", Name: "Gus", Manager: "=Bob", Status: "on leave"},
	}
}

// reportOf makes a report of a snapshot that was read at a time.
func reportOf(t testing.TB, s access.Snapshot, began time.Time) (*report.Report, []byte) {
	t.Helper()
	r := report.New(false)
	r.AsOf, r.Access, r.Tool = began, s, tool
	r.Run.ID = fmt.Sprintf("%032x", began.Unix())
	r.Run.Started, r.Run.Ended = began, began.Add(time.Minute)
	r.Settings.Thresholds, r.Settings.Explicit = findings.DefaultThresholds(), true
	r.Judge(roster())
	r.Settle()
	text, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return r, text
}

// snapshot reads an API.
func snapshot(t testing.TB, api access.API, scope access.Scope) access.Snapshot {
	t.Helper()
	s, err := accesstest.Read(t.Context(), api, scope)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A trip is a review on its way.
type trip struct {
	manifest *review.Manifest
	text     []byte
	files    map[string][]byte
}

// export exports a snapshot.
func export(t testing.TB, s access.Snapshot, split review.Split) *trip {
	t.Helper()
	r, text := reportOf(t, s, read)
	m, files, err := review.Export(review.Order{
		Report: r, ReportFile: text, Roster: roster(),
		RosterFile: &report.Input{Name: "roster", File: "roster.csv", SHA256: strings.Repeat("0", 64)},
		Split:      split, Now: exported, Tool: tool,
	})
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return &trip{m, manifest, files}
}

// sample exports the sample.
func sample(t testing.TB, split review.Split) *trip {
	t.Helper()
	return export(t, snapshot(t, accesstest.Sample(), accesstest.Scope()), split)
}

// back reads what came back.
func (tr *trip) back() (*review.Review, error) {
	return review.Read(tr.text, tr.files, review.Unordered, returned)
}

// edit changes the records of a file, the head among them.
func (tr *trip) edit(file string, change func([][]string) [][]string) {
	tr.files[file] = write(change(records(tr.files[file])), ',')
}

// decide writes a decision into every row for which choose gives one.
func (tr *trip) decide(choose func(row []string) (decision, reviewer, note string)) {
	for name := range tr.files {
		tr.edit(name, func(all [][]string) [][]string {
			for _, row := range all[1:] {
				if decision, reviewer, note := choose(row); decision != "" {
					copy(row[10:], []string{decision, reviewer, decided, note})
				}
			}
			return all
		})
	}
}

// all decides the same on every row.
func all(decision string) func([]string) (string, string, string) {
	return func([]string) (string, string, string) { return decision, "Zed", "known" }
}

// records parses a CSV.
func records(data []byte) [][]string {
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	rows, err := in.ReadAll()
	if err != nil {
		panic(err)
	}
	return rows
}

// write writes a CSV.
func write(rows [][]string, comma rune) []byte {
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	out.Comma = comma
	if err := out.WriteAll(rows); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// golden compares with a file.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	accesstest.Golden(t, name, got, *update)
}

// odd are names that harm spreadsheets, terminals and file systems.
var odd = []string{
	"=1+1", "'t Hooft", "''", "@SUM(1)", "+1", "-1", "007", "Zoë", "a,b;c\"d", "two\nlines", "\tTab",
	"\u202eback", " spaces ", "＝wide", "CON", "../../etc/passwd", "Ada", "ada", "\x1b[31mred",
}

// model makes a workspace by chance.
func model(rng *rand.Rand) access.Workspace {
	pick := func(n int) int { return rng.IntN(n) }
	permissions := []bitbucket.Permission{"read", "write", "admin", "super"}
	w := access.Workspace{Slug: "acme", UUID: accesstest.UUID(100), Name: "Acme"}
	projects := []string{"", "ONE", "TWO", "THREE"}[:1+pick(4)]
	for _, key := range projects[1:] {
		w.Projects = append(w.Projects, access.Project{Key: key, UUID: "{" + key + "}"})
	}
	for i := range pick(12) {
		w.Repositories = append(w.Repositories, access.Repository{
			Slug: fmt.Sprintf("repo-%02d", i), UUID: fmt.Sprintf("{repo-%02d}", i),
			Project: projects[pick(len(projects))],
		})
	}
	ids := []string{}
	for i := range pick(8) {
		p := access.Person{
			ID: fmt.Sprintf("{person-%d}", i), Name: odd[pick(len(odd))], Type: "user",
			Role: []bitbucket.Permission{"", "member", "owner"}[pick(3)],
		}
		switch pick(6) {
		case 0:
			p.ID = fmt.Sprint("unidentified ", i)
		case 1:
			p.AccountID, p.Type = p.ID, "app_user"
		default:
			p.UUID = p.ID
		}
		if pick(2) == 0 {
			p.Email = []string{"ada@example.com", "cid@example.com", "gus@example.com"}[pick(3)]
		}
		held := map[bitbucket.Permission][]string{}
		for _, r := range w.Repositories {
			if h := permissions[pick(4)]; pick(3) > 0 {
				held[h] = append(held[h], r.Slug)
			}
		}
		for h, slugs := range held {
			p.Permissions = append(p.Permissions, access.Holding{Permission: h, Repositories: slugs})
		}
		slices.SortFunc(p.Permissions, func(a, b access.Holding) int {
			return access.Rank(b.Permission) - access.Rank(a.Permission)
		})
		ids = append(ids, p.ID)
		w.People = append(w.People, p)
	}
	for i := range pick(4) {
		g := access.Group{Slug: fmt.Sprint("group-", i), Name: odd[pick(len(odd))], Listed: pick(4) > 0}
		if pick(2) == 0 {
			g.Privilege = new([]string{"", "admin", "collaborator"}[pick(3)])
		}
		for _, id := range ids {
			if pick(2) == 0 {
				g.Members = append(g.Members, id)
			}
		}
		w.Groups = append(w.Groups, g)
	}
	grants := func() (list []access.Grant) {
		for _, id := range append([]string{"{stranger}"}, ids...) {
			if pick(5) == 0 {
				list = append(list, access.Grant{User: id, Permission: permissions[pick(4)]})
			}
		}
		for i := range 5 {
			if pick(5) == 0 {
				list = append(list, access.Grant{Group: fmt.Sprint("group-", i), Permission: permissions[pick(4)]})
			}
		}
		return list
	}
	keys := func() (list []access.DeployKey) {
		for i := range pick(3) {
			list = append(list, access.DeployKey{ID: fmt.Sprint(i), Writes: []*bool{nil, new(true), new(false)}[pick(3)]})
		}
		return list
	}
	for i := range w.Projects {
		w.Projects[i].Grants, w.Projects[i].Keys = grants(), keys()
	}
	for i := range w.Repositories {
		w.Repositories[i].Grants, w.Repositories[i].Keys = grants(), keys()
	}
	for i := range pick(3) {
		v := access.Invitation{Email: fmt.Sprintf("new-%d@example.com", i), Permission: permissions[pick(4)]}
		if len(w.Repositories) > 0 && pick(2) == 0 {
			v.Repository = w.Repositories[0].Slug
		}
		w.Invitations = append(w.Invitations, v)
	}
	return w
}

// models calls a test with many models.
func models(t *testing.T, many uint64, test func(t *testing.T, w access.Workspace)) {
	t.Helper()
	for seed := range many {
		w := model(rand.New(rand.NewPCG(seed, 1)))
		if len(w.People) == 0 {
			continue
		}
		w.People[0].Role = "owner" // so that there is something to review
		if test(t, w); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}
