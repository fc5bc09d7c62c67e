package review

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/sealed"
)

// A Review is what came back from the reviewers.
type Review struct {
	Manifest       *Manifest
	ManifestSHA256 string // of its file
	Now            time.Time
	Sheets         []Sheet // in the order of the manifest's files
}

// A Sheet is a CSV as it came back.
type Sheet struct {
	File    *File
	SHA256  string
	Entries []Entry // a row each, in the order of the manifest
}

// An Entry is a row and what was decided on it.
type Entry struct {
	Row      *Row
	Line     int
	Decision Decision // empty while the row is open
	Reviewer string
	Date     time.Time // a day
	Note     string

	in *sheet // the workspace of the row
}

// Subject is whom the entry is about.
func (e *Entry) Subject() *Subject { return &e.in.Subjects[e.Row.Subject] }

// Problems are all that is wrong with what came back: what was changed, added, lost, or cannot be
// understood.
type Problems []string

// mostProblems is how many are told at once.
const mostProblems = 30

func (p Problems) Error() string {
	lines := p[:min(len(p), mostProblems)]
	if n := len(p) - len(lines); n > 0 {
		lines = append(slices.Clone(lines), fmt.Sprintf("and %d more", n))
	}
	return strings.Join(lines, "\n")
}

// Read reads what came back: the manifest, and all CSVs by the names of their files.
func Read(
	manifest []byte, files map[string][]byte, order DateOrder, now time.Time,
) (*Review, error) {
	m, err := DecodeManifest(manifest)
	if err != nil {
		return nil, fmt.Errorf("manifest.json: %w", err)
	}
	review := &Review{Manifest: m, ManifestSHA256: sealed.Sum(manifest), Now: now}
	in := newReader(m, order, now)
	for i := range m.Files {
		f := &m.Files[i]
		data, here := files[f.Name]
		if !here {
			in.fail("%s is missing: put it back, as the reviewer left it", f.Name)
			continue
		}
		review.Sheets = append(review.Sheets, in.sheet(f, data))
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !slices.ContainsFunc(m.Files, func(f File) bool { return f.Name == name }) {
			in.fail("%s is no file of this review: take it out of the folder", name)
		}
	}
	if len(in.problems) > 0 {
		return nil, in.problems
	}
	return review, nil
}

// A reader reads CSVs and notes what is wrong with them.
type reader struct {
	rows     map[string]*expected // by ID
	byFile   map[string][]*expected
	order    DateOrder
	now      time.Time
	since    time.Time // the day of the export
	problems Problems
}

// An expected is a row as it was given.
type expected struct {
	entry Entry
	seen  bool
}

func newReader(m *Manifest, order DateOrder, now time.Time) *reader {
	in := &reader{
		rows: map[string]*expected{}, byFile: map[string][]*expected{}, order: order,
		now: now, since: dayOf(m.Created),
	}
	for i := range m.Workspaces {
		w := &m.Workspaces[i]
		s := newSheet(w)
		for j := range w.Rows {
			x := &expected{entry: Entry{Row: &w.Rows[j], in: s}}
			in.rows[w.Rows[j].ID] = x
			in.byFile[w.Rows[j].File] = append(in.byFile[w.Rows[j].File], x)
		}
	}
	return in
}

func (in *reader) fail(format string, args ...any) {
	in.problems = append(in.problems, fmt.Sprintf(format, args...))
}

// sheet reads one CSV.
func (in *reader) sheet(f *File, data []byte) Sheet {
	if err := in.lines(f.Name, data); err != nil {
		in.fail("%s: %v", f.Name, err)
		return Sheet{}
	}
	s := Sheet{File: f, SHA256: sealed.Sum(data)}
	for _, x := range in.byFile[f.Name] {
		if !x.seen {
			in.fail("%s: the row %s (%s: %s) is missing: put it back",
				f.Name, x.entry.Row.ID, x.entry.Subject().Name, x.entry.in.Scope(x.entry.Row))
		}
		s.Entries = append(s.Entries, x.entry)
	}
	return s
}

// lines reads the rows of a CSV. Its error is what keeps it from being one.
func (in *reader) lines(file string, data []byte) error {
	table, err := tableOf(data)
	if err != nil {
		return err
	}
	head, err := table.Read()
	if err != nil {
		return err
	}
	at, err := positions(head)
	if err != nil {
		return err
	}
	for {
		record, err := table.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if strings.TrimSpace(strings.Join(record, "")) == "" {
			continue // spreadsheets leave such lines at the end
		}
		line, _ := table.FieldPos(0)
		in.line(place{file, line}, at, record)
	}
}

// tableOf begins to read a CSV in the form in which a spreadsheet has left it.
func tableOf(data []byte) (*csv.Reader, error) {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return nil, errors.New("it is UTF-16: save it as CSV in UTF-8")
	}
	if !utf8.Valid(data) {
		return nil, errors.New("it is not UTF-8, so that names are lost: save it as CSV in UTF-8")
	}
	data = bytes.TrimPrefix(data, []byte(byteOrderMark))
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("it is empty: put it back")
	}
	table := csv.NewReader(bytes.NewReader(data))
	table.FieldsPerRecord = -1
	head, _, _ := bytes.Cut(data, []byte("\n"))
	for _, comma := range ";\t" {
		if bytes.Count(head, []byte(string(comma))) > bytes.Count(head, []byte{byte(table.Comma)}) {
			table.Comma = comma
		}
	}
	return table, nil
}

// positions finds the columns, in whichever order they are. Empty ones do not count.
func positions(head []string) ([]int, error) {
	at := make([]int, len(columns))
	for i := range at {
		at[i] = -1
	}
	for i, name := range head {
		name = strings.ToLower(strings.TrimSpace(name))
		n := slices.Index(columns, name)
		switch {
		case name == "":
		case n < 0:
			return nil, fmt.Errorf("line 1: a column %q was added: take it out", name)
		case at[n] >= 0:
			return nil, fmt.Errorf("line 1: the column %s is there twice: take one out", name)
		default:
			at[n] = i
		}
	}
	if n := slices.Index(at, -1); n >= 0 {
		return nil, fmt.Errorf("line 1: the column %s is missing: put it back", columns[n])
	}
	return at, nil
}

// A place is a line of a file.
type place struct {
	file string
	line int
}

func (p place) String() string { return fmt.Sprintf("%s line %d", p.file, p.line) }

// line reads one row.
func (in *reader) line(at place, positions []int, record []string) {
	cells := make([]string, len(columns))
	for n, i := range positions {
		if i < len(record) {
			cells[n] = record[i]
			record[i] = ""
		}
	}
	if rest := strings.TrimSpace(strings.Join(record, "")); rest != "" {
		in.fail("%s: %q stands in no column of the review: take it out", at, rest)
	}
	x := in.rows[strings.TrimSpace(cells[0])]
	switch {
	case x == nil:
		in.fail("%s: the row %q is none of this review: take it out, or put its ID back", at, cells[0])
		return
	case x.entry.Row.File != at.file:
		in.fail("%s: the row %s belongs into %s: put it back there", at, cells[0], x.entry.Row.File)
		return
	case x.seen:
		in.fail("%s: the row %s is there twice, first on line %d", at, cells[0], x.entry.Line)
		return
	}
	x.seen, x.entry.Line = true, at.line
	for i, was := range x.entry.in.cells(x.entry.Row) {
		if !unchanged(cells[i], was) {
			in.fail("%s: %s was changed to %q: put %q back", at, columns[i], cells[i], was)
		}
	}
	in.decide(at, &x.entry, cells[protected:])
}
