package review_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/review"
)

// TestUneditedIsOpen holds that what nobody has touched comes back unchanged, with every row open.
func TestUneditedIsOpen(t *testing.T) {
	models(t, 200, func(t *testing.T, w access.Workspace) {
		tr := export(t, access.Snapshot{Workspaces: []access.Workspace{w}}, review.ByProject)
		v, err := tr.back()
		if err != nil {
			t.Fatal(err)
		}
		res := v.Result(tool)
		n := tr.manifest.Rows()
		if want := (review.Counts{All: n, Open: n}); res.Rows != want {
			t.Errorf("%+v, want %+v", res.Rows, want)
		}
		if len(res.Tasks)+len(res.Decisions)+len(res.Flags)+len(res.Kept) > 0 {
			t.Errorf("somebody has decided: %+v", res)
		}
		for i, f := range res.Files {
			if f.SHA256 != tr.manifest.Files[i].SHA256 {
				t.Errorf("%s has another sum", f.Name)
			}
		}
	})
}

// spreadsheets are what programs do to a CSV that nobody meant to change.
var spreadsheets = map[string]func([]byte) []byte{
	"semicolons": func(data []byte) []byte { return write(records(data), ';') },
	"tabs":       func(data []byte) []byte { return write(records(data), '\t') },
	"no mark":    func(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\ufeff")) },
	"mark and semicolons": func(data []byte) []byte {
		return append([]byte("\ufeff"), write(records(data), ';')...)
	},
	"plain line feeds": func(data []byte) []byte { return bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")) },
	"every cell in quotes": func(data []byte) []byte {
		var b strings.Builder
		for _, row := range records(data) {
			for i, cell := range row {
				if i > 0 {
					b.WriteByte(',')
				}
				b.WriteString(`"` + strings.ReplaceAll(cell, `"`, `""`) + `"`)
			}
			b.WriteString("\r\n")
		}
		return []byte(b.String())
	},
	"other order of rows": func(data []byte) []byte {
		all := records(data)
		slices.Reverse(all[1:])
		return write(all, ',')
	},
	"other order of columns": func(data []byte) []byte {
		all := records(data)
		for _, row := range all {
			slices.Reverse(row)
		}
		return write(all, ',')
	},
	"empty columns and rows": func(data []byte) []byte {
		all := records(data)
		for i := range all {
			all[i] = append(all[i], "", "")
		}
		return write(append(all, make([]string, 16), make([]string, 16)), ';')
	},
	"no empty cells at the end": func(data []byte) []byte {
		var b bytes.Buffer
		for i, row := range records(data) {
			for i > 0 && len(row) > 0 && row[len(row)-1] == "" {
				row = row[:len(row)-1]
			}
			b.Write(write([][]string{row}, ','))
		}
		return b.Bytes()
	},
	"apostrophes lost": func(data []byte) []byte {
		all := records(data)
		for _, row := range all {
			for i, cell := range row {
				row[i] = strings.TrimPrefix(cell, "'")
			}
		}
		return write(all, ',')
	},
	"header in capitals": func(data []byte) []byte {
		all := records(data)
		for i, cell := range all[0] {
			all[0][i] = " " + strings.ToUpper(cell)
		}
		return write(all, ',')
	},
}

// TestWhatSpreadsheetsDo changes nothing: the decisions are the same, and names come back as they
// were.
func TestWhatSpreadsheetsDo(t *testing.T) {
	n := 0
	models(t, 200, func(t *testing.T, w access.Workspace) {
		tr := export(t, access.Snapshot{Workspaces: []access.Workspace{w}}, review.ByProject)
		tr.decide(all("revoke"))
		want := encoded(t, tr)
		names := slices.Sorted(maps.Keys(spreadsheets))
		name := names[n%len(names)]
		n++
		for file, data := range tr.files {
			tr.files[file] = spreadsheets[name](data)
		}
		if got := encoded(t, tr); got != want {
			t.Errorf("%s: the result is\n%s\nand was\n%s", name, got, want)
		}
		for _, p := range w.People {
			if p.Role != "" && !strings.Contains(want, fmt.Sprintf("%q %q", p.ID, p.Name)) {
				t.Errorf("%q is not called that any more", p.Name)
			}
		}
	})
}

// encoded is what was decided on whom.
func encoded(t *testing.T, tr *trip) string {
	t.Helper()
	v, err := tr.back()
	if err != nil {
		t.Fatalf("%v\n%q", err, tr.files)
	}
	var lines []string
	for _, task := range v.Result(tool).Tasks {
		lines = append(lines, fmt.Sprintf("%q %q %+v", task.ID, task.Name, task))
	}
	return strings.Join(lines, "\n")
}

// TestEveryCellIsProtected changes each cell that reviewers must not change.
func TestEveryCellIsProtected(t *testing.T) {
	tr := sample(t, review.ByManager)
	for name, data := range maps.Clone(tr.files) {
		for line, row := range records(data) {
			for column := range 10 {
				for _, text := range []string{"x", row[column] + "x", "keep", "x" + row[column]} {
					tr.edit(name, func(all [][]string) [][]string {
						all[line][column] = text
						return all
					})
					if _, err := tr.back(); err == nil || !strings.Contains(err.Error(), name) {
						t.Errorf("%s line %d: %q in place of %q: %v", name, line+1, text, row[column], err)
					}
					tr.files[name] = data
				}
				if row[column] == "" {
					continue
				}
				tr.edit(name, func(all [][]string) [][]string {
					all[line][column] = ""
					return all
				})
				if _, err := tr.back(); err == nil {
					t.Errorf("%s line %d: %q was emptied", name, line+1, row[column])
				}
				tr.files[name] = data
			}
		}
	}
}

// TestTampering changes what is not a cell.
func TestTampering(t *testing.T) {
	const ada, bob = "review-ada.csv", "review-bob.csv"
	whole := sample(t, review.ByManager)
	for name, test := range map[string]struct {
		change func(*trip)
		want   string
	}{
		"row lost": {
			func(tr *trip) { tr.edit(ada, func(all [][]string) [][]string { return slices.Delete(all, 2, 3) }) },
			"review-ada.csv: the row r8bdb92943ba55428f62d (Cid: group devs in acme) is missing: put it back",
		},
		"row doubled": {
			func(tr *trip) { tr.edit(ada, func(all [][]string) [][]string { return append(all, all[1]) }) },
			"review-ada.csv line 6: the row rad466d3c21ad2b23b37f is there twice, first on line 2",
		},
		"row added": {func(tr *trip) {
			tr.edit(ada, func(all [][]string) [][]string {
				row := slices.Clone(all[1])
				row[0] = "r00000000000000000000"
				return append(all, row)
			})
		}, `review-ada.csv line 6: the row "r00000000000000000000" is none of this review`},
		"row moved": {func(tr *trip) {
			var moved []string
			tr.edit(ada, func(all [][]string) [][]string { moved = all[1]; return slices.Delete(all, 1, 2) })
			tr.edit(bob, func(all [][]string) [][]string { return append(all, moved) })
		}, "review-bob.csv line 4: the row rad466d3c21ad2b23b37f belongs into review-ada.csv: put it back there"},
		"column lost": {func(tr *trip) {
			tr.edit(ada, func(all [][]string) [][]string {
				for i := range all {
					all[i] = slices.Delete(all[i], 5, 6)
				}
				return all
			})
		}, "review-ada.csv: line 1: the column permission is missing: put it back"},
		"column doubled": {func(tr *trip) {
			tr.edit(ada, func(all [][]string) [][]string {
				for i := range all {
					all[i] = append(all[i], all[i][5])
				}
				return all
			})
		}, "review-ada.csv: line 1: the column permission is there twice: take one out"},
		"column added": {func(tr *trip) {
			tr.edit(ada, func(all [][]string) [][]string {
				for i := range all {
					all[i] = append(all[i], "ok?")
				}
				return all
			})
		}, `review-ada.csv: line 1: a column "ok?" was added: take it out`},
		"cell beyond": {func(tr *trip) {
			tr.edit(ada, func(all [][]string) [][]string { all[1] = append(all[1], "hm"); return all })
		}, `review-ada.csv line 2: "hm" stands in no column of the review: take it out`},
		"file lost":    {func(tr *trip) { delete(tr.files, ada) }, "review-ada.csv is missing: put it back"},
		"file emptied": {func(tr *trip) { tr.files[ada] = nil }, "review-ada.csv: it is empty"},
		"file added":   {func(tr *trip) { tr.files["copy.csv"] = tr.files[ada] }, "copy.csv is no file of this review"},
		"files swapped": {
			func(tr *trip) { tr.files[ada], tr.files[bob] = tr.files[bob], tr.files[ada] },
			"belongs into review-bob.csv",
		},
		"file of another code": {
			func(tr *trip) { tr.files[ada] = append(tr.files[ada], 0xe9) },
			"review-ada.csv: it is not UTF-8",
		},
		"file of two bytes a letter": {
			func(tr *trip) { tr.files[ada] = []byte("\xff\xfer\x00") },
			"review-ada.csv: it is UTF-16",
		},
		"quotation mark left open": {
			func(tr *trip) { tr.files[ada] = append(tr.files[ada], `x,"y`...) },
			"review-ada.csv: parse error on line 6",
		},
		"manifest changed": {
			func(tr *trip) { tr.text = bytes.Replace(tr.text, []byte("Cid"), []byte("Sid"), 1) },
			"manifest.json: the checksum does not match",
		},
		"manifest of something else": {func(tr *trip) { tr.text = []byte("{}") }, "manifest.json: it is no manifest"},
		"row changed in both": {func(tr *trip) {
			tr.manifest.Workspaces[0].Rows[3].Permission = "read"
			tr.text, _ = tr.manifest.Encode()
		}, "the manifest contradicts itself"},
		"subject out of range": {func(tr *trip) {
			tr.manifest.Workspaces[0].Rows[3].Subject = 1000
			tr.text, _ = tr.manifest.Encode()
		}, "the manifest contradicts itself"},
		"row lost in both": {func(tr *trip) {
			w := &tr.manifest.Workspaces[0]
			w.Rows = w.Rows[1:]
			tr.text, _ = tr.manifest.Encode()
		}, "the manifest contradicts itself"},
		"row doubled in both": {func(tr *trip) {
			w := &tr.manifest.Workspaces[0]
			w.Rows = append(w.Rows, w.Rows[0])
			for i := range tr.manifest.Files {
				if f := &tr.manifest.Files[i]; f.Name == w.Rows[0].File {
					f.Rows++
				}
			}
			tr.text, _ = tr.manifest.Encode()
		}, "the manifest contradicts itself"},
		"file elsewhere": {func(tr *trip) {
			const elsewhere = "../review-ada.csv"
			for i := range tr.manifest.Files {
				if f := &tr.manifest.Files[i]; f.Name == ada {
					f.Name = elsewhere
				}
			}
			for i := range tr.manifest.Workspaces[0].Rows {
				if r := &tr.manifest.Workspaces[0].Rows[i]; r.File == ada {
					r.File = elsewhere
				}
			}
			tr.text, _ = tr.manifest.Encode()
			tr.files[elsewhere] = tr.files[ada]
			delete(tr.files, ada)
		}, "the manifest contradicts itself"},
	} {
		t.Run(name, func(t *testing.T) {
			tr := sample(t, review.ByManager)
			if !bytes.Equal(tr.text, whole.text) {
				t.Fatal("the same report gives another review")
			}
			test.change(tr)
			if _, err := tr.back(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

// TestDecisions has what can be written into a row, and what cannot.
func TestDecisions(t *testing.T) {
	const role, api, site = 1, 3, 4 // lines of review-ada.csv after the head: a role, and two permissions
	for _, test := range []struct {
		row   int
		cells [4]string // decision, reviewer, date, note
		want  string    // empty for what is taken
	}{
		{role, [4]string{"keep", "Zed", decided, ""}, ""},
		{role, [4]string{" KEEP ", "Zed", decided, ""}, ""},
		{role, [4]string{"", "Zed", decided, "later"}, ""},
		{role, [4]string{"not-mine", "", "", "ask Bob"}, ""},
		{role, [4]string{"revoke", "Zed", "27.11.2026", ""}, ""},
		{role, [4]string{"revoke", "Zed", "2026/11/27", ""}, ""},
		{role, [4]string{"revoke", "Zed", "27/11/2026", ""}, ""},
		{role, [4]string{"revoke", "Zed", "11/27/2026", ""}, ""},
		{role, [4]string{"revoke", "Zed", "2026-11-25", ""}, ""}, // the day of the export
		{role, [4]string{"revoke", "Zed", "2026-11-29", ""}, ""}, // today
		{site, [4]string{"change:read", "Zed", decided, ""}, ""},
		{site, [4]string{"change:write", "Zed", decided, ""}, ""},
		{
			role,
			[4]string{"maybe", "Zed", decided, ""},
			`review-ada.csv line 2: the decision "maybe" is none of keep, revoke, change:read, change:write, not-mine`,
		},
		{role, [4]string{"change:admin", "Zed", decided, ""}, `the decision "change:admin" is none of`},
		{role, [4]string{"keep", " ", decided, ""}, "review-ada.csv line 2: the decision has no reviewer"},
		{role, [4]string{"keep", "\u200b", decided, ""}, "review-ada.csv line 2: the decision has no reviewer"},
		{role, [4]string{"keep", "Zed", "", ""}, "review-ada.csv line 2: the decision has no date"},
		{
			role,
			[4]string{"keep", "Zed", "2026-11-30", ""},
			"review-ada.csv line 2: the date 2026-11-30 is in the future; today is 2026-11-29 (UTC)",
		},
		{
			role,
			[4]string{"keep", "Zed", "2026-11-24", ""},
			"review-ada.csv line 2: the date 2026-11-24 is before the export on 2026-11-25",
		},
		{role, [4]string{"", "", "2026-11-24", ""}, "is before the export"},
		{role, [4]string{"keep", "Zed", "soon", ""}, `review-ada.csv line 2: the date "soon" is no day`},
		{role, [4]string{"keep", "Zed", "2026-02-30", ""}, `the date "2026-02-30" is no day`},
		{role, [4]string{"keep", "Zed", "27/11/26", ""}, `the date "27/11/26" is no day`},
		{role, [4]string{"keep", "Zed", "12/11/2026", ""}, `the date "12/11/2026" can be two days`},
		{role, [4]string{"change:read", "Zed", decided, ""}, "a role cannot be changed to read"},
		{api, [4]string{"keep", "Zed", decided, "until March"}, ""},
		{
			api,
			[4]string{"keep", "Zed", decided, ""},
			"review-ada.csv line 4: a finding is kept without a note: write why (only-source)",
		},
		{
			api,
			[4]string{"keep", "Zed", decided, "\u2060\u200b"},
			"review-ada.csv line 4: a finding is kept without a note: write why (only-source)",
		},
	} {
		tr := sample(t, review.ByManager)
		tr.edit("review-ada.csv", func(all [][]string) [][]string {
			copy(all[test.row][10:], test.cells[:])
			return all
		})
		_, err := tr.back()
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%q: %v, want %q", test.cells, err, test.want)
		}
	}
	tr := sample(t, review.ByManager)
	tr.edit("unassigned.csv", func(all [][]string) [][]string {
		for _, row := range all[1:] {
			if row[5] == "read" {
				copy(row[10:], []string{"change:write", "Zed", decided, ""})
			}
		}
		return all
	})
	if _, err := tr.back(); err == nil || !strings.Contains(err.Error(), "write is not less than read") {
		t.Errorf("a permission is raised: %v", err)
	}
}

// TestDateOrder reads dates that can be meant in two ways.
func TestDateOrder(t *testing.T) {
	for order, want := range map[review.DateOrder]string{
		review.DayMonth: "2026-11-12", review.MonthDay: "2026-12-11", review.Unordered: "",
	} {
		tr := sample(t, review.ByManager)
		tr.edit("review-ada.csv", func(all [][]string) [][]string {
			copy(all[1][10:], []string{"keep", "Zed", "12/11/2026", ""})
			return all
		})
		v, err := review.Read(tr.text, tr.files, order, returned.AddDate(1, 0, 0))
		switch {
		case order == review.DayMonth && (err == nil || !strings.Contains(err.Error(), "2026-11-12 is before the export")),
			order == review.Unordered && err == nil:
			t.Errorf("%q: %v", order, err)
		case order == review.MonthDay && (err != nil || v.Result(tool).Decisions[0].Date != want):
			t.Errorf("%q: %v, want %s", order, err, want)
		}
	}
}

// TestFlags are reviews of oneself, and many decisions alike.
func TestFlags(t *testing.T) {
	flags := func(tr *trip) (all []string) {
		v, err := tr.back()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range v.Result(tool).Flags {
			all = append(all, f.String())
		}
		return all
	}
	for _, name := range []string{
		"Cid", "cid", "c. dee", "CID@example.com", "{00000003-0000-4000-8000-000000000000}",
		"Cid  <cid@example.com>", "The boss <cid@example.com>", "C\u200bid", "\u2060cid@example\u00ad.com",
	} {
		tr := sample(t, review.ByManager)
		tr.decide(func(row []string) (string, string, string) {
			if row[1] == "Cid" {
				return "keep", name, "known"
			}
			return "keep", "Zed", "known"
		})
		want := []string{strings.Join(strings.Fields(name), " ") + " decided on their own access: 4 rows"}
		if got := flags(tr); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	for rows, want := range map[int][]string{50: nil, 51: {"Zed decided keep on 51 rows: rubber-stamped?"}} {
		w := access.Workspace{Slug: "acme", UUID: "{acme}"}
		for i := range 60 {
			w.People = append(w.People, access.Person{ID: fmt.Sprint("{", i, "}"), Name: "Somebody", Role: "member", Type: "user"})
		}
		tr := export(t, access.Snapshot{Workspaces: []access.Workspace{w}}, review.Unsplit)
		n := 0
		tr.decide(func([]string) (string, string, string) {
			if n++; n <= rows {
				return "keep", []string{"Zed", "zed "}[n%2], "known"
			}
			return "revoke", "Zed", ""
		})
		if got := flags(tr); len(got) != len(want) || len(got) > 0 && !strings.EqualFold(got[0], want[0]) {
			t.Errorf("%d rows: %q, want %q", rows, got, want)
		}
	}
}

// TestNoCellIsAFormula nor a number nor a date, whatever somebody is called.
func TestNoCellIsAFormula(t *testing.T) {
	models(t, 200, func(t *testing.T, w access.Workspace) {
		tr := export(t, access.Snapshot{Workspaces: []access.Workspace{w}}, review.ByProject)
		tr.decide(func([]string) (string, string, string) { return "revoke", "=1+1", "@SUM(1)" })
		v, err := tr.back()
		if err != nil {
			t.Fatal(err)
		}
		tasks := v.Result(tool).TasksCSV()
		for name, data := range tr.files {
			for _, row := range records(data) {
				for _, cell := range row[:10] {
					if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@\t\r0123456789") || strings.HasPrefix(cell, "＝") {
						t.Errorf("%s: %q is more than a text", name, cell)
					}
				}
			}
		}
		for _, row := range records(tasks) {
			for _, cell := range row {
				if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@\t\r") || strings.HasPrefix(cell, "＝") {
					t.Errorf("tasks: %q is a formula", cell)
				}
			}
		}
	})
}
