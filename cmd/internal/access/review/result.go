package review

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/render"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/sealed"
)

// A Result is what was decided, and what has to be done for it.
type Result struct {
	Kind           string           `json:"kind"`
	Version        int              `json:"version"`
	Demo           bool             `json:"demo"`
	AsOf           time.Time        `json:"as_of"`
	Tool           report.Tool      `json:"tool"`
	ManifestSHA256 string           `json:"manifest_sha256"` // of the file
	Report         Source           `json:"report"`
	Rows           Counts           `json:"rows"`
	Files          []FileResult     `json:"files"`
	Reviewers      []ReviewerResult `json:"reviewers"`
	Flags          []Flag           `json:"flags"`
	Tasks          []Task           `json:"tasks"`
	Kept           []KeptFinding    `json:"kept_findings"`
	Decisions      []Decided        `json:"decisions"` // also those of the tasks; open rows have none
	SHA256         string           `json:"sha256"`
}

// Counts are rows by what was decided on them.
type Counts struct {
	All     int `json:"all"`
	Open    int `json:"open"`
	NotMine int `json:"not_mine"` // of the open ones
	Keep    int `json:"keep"`
	Revoke  int `json:"revoke"`
	Change  int `json:"change"`
}

func (c *Counts) add(d Decision) {
	c.All++
	switch {
	case d == Keep:
		c.Keep++
	case d == Revoke:
		c.Revoke++
	case d.Acts():
		c.Change++
	default:
		c.Open++
		if d == NotMine {
			c.NotMine++
		}
	}
}

// A FileResult is what came back in one file.
type FileResult struct {
	Name     string `json:"name"`
	Reviewer string `json:"reviewer"` // whom it was given to
	SHA256   string `json:"sha256"`
	Rows     Counts `json:"rows"`
}

// A ReviewerResult is what one reviewer decided.
type ReviewerResult struct {
	Reviewer string `json:"reviewer"` // as the CSVs name them
	Rows     Counts `json:"rows"`
	First    string `json:"first"` // days of decisions
	Last     string `json:"last"`
}

// A Flag is a way of deciding that somebody should look at.
type Flag struct {
	Kind     string   `json:"kind"` // self-review, rubber-stamp
	Reviewer string   `json:"reviewer"`
	Decision Decision `json:"decision,omitzero"`
	Count    int      `json:"count"`
	Rows     []string `json:"rows,omitzero"` // IDs
}

// String says what was seen.
func (f Flag) String() string {
	if f.Kind == selfReview {
		return fmt.Sprintf("%s decided on their own access: %s",
			f.Reviewer, render.Count(f.Count, "row", "rows"))
	}
	return fmt.Sprintf("%s decided %s on %d rows: rubber-stamped?", f.Reviewer, f.Decision, f.Count)
}

const (
	selfReview  = "self-review"
	rubberStamp = "rubber-stamp"
	// mostAlike is on how many rows a reviewer may decide the same without a question.
	mostAlike = 50
)

// Decided is what was decided on a row, by whom and when.
type Decided struct {
	Row      string   `json:"row"`
	Decision Decision `json:"decision"`
	Reviewer string   `json:"reviewer"`
	Date     string   `json:"date"`
	Note     string   `json:"note,omitzero"`
}

// About says in words whose access an entry is about, and which.
type About struct {
	Workspace  string               `json:"workspace"` // slug
	Who        SubjectKind          `json:"subject_kind"`
	ID         string               `json:"subject"`
	Name       string               `json:"name"`
	Email      string               `json:"email,omitzero"`
	Access     Kind                 `json:"access"`
	Permission bitbucket.Permission `json:"permission"`
	Scope      string               `json:"scope"`
	Via        string               `json:"via"`
}

// A Task is an access that has to be revoked or changed, and how.
type Task struct {
	Decided
	About
	Project string   `json:"project,omitzero"`      // key
	Places  []string `json:"repositories,omitzero"` // slugs
	Do      []string `json:"do"`
}

// A KeptFinding is an access that was kept although the report says something against it.
type KeptFinding struct {
	Decided
	About
	Findings []string `json:"findings"`
}

// Result sums up what was decided.
func (v *Review) Result(tool report.Tool) *Result {
	res := &Result{
		Kind: "bbaudit review result", Version: version, Demo: v.Manifest.Demo, AsOf: v.Now, Tool: tool,
		ManifestSHA256: v.ManifestSHA256, Report: v.Manifest.Report, Files: []FileResult{},
		Flags: v.flags(), Tasks: []Task{}, Kept: []KeptFinding{},
		Decisions: []Decided{}, Reviewers: v.reviewers(),
	}
	for _, s := range v.Sheets {
		f := FileResult{Name: s.File.Name, Reviewer: s.File.Reviewer, SHA256: s.SHA256}
		for i := range s.Entries {
			e := &s.Entries[i]
			f.Rows.add(e.Decision)
			res.Rows.add(e.Decision)
			if e.Decision == "" {
				continue
			}
			res.Decisions = append(res.Decisions, e.decision())
			if e.Decision == Keep && e.Row.argued() {
				res.Kept = append(res.Kept, KeptFinding{e.decision(), e.about(), rules(e.Row)})
			}
			if e.Decision.Acts() {
				res.Tasks = append(res.Tasks, e.task())
			}
		}
		res.Files = append(res.Files, f)
	}
	return res
}

// Encode writes the result with its checksum.
func (r *Result) Encode() ([]byte, error) { return sealed.Encode(r, &r.SHA256) }

func (e *Entry) decision() Decided {
	date := ""
	if !e.Date.IsZero() {
		date = e.Date.Format(time.DateOnly)
	}
	return Decided{e.Row.ID, e.Decision, e.Reviewer, date, e.Note}
}

func (e *Entry) about() About {
	who := e.Subject()
	return About{
		Workspace: e.in.Slug, Who: who.Kind, ID: who.ID, Name: who.Name, Email: who.Email,
		Access: e.Row.Kind, Permission: e.Row.Permission, Scope: e.in.Scope(e.Row),
		Via: via(e.Row, who),
	}
}

func (e *Entry) task() Task {
	return Task{e.decision(), e.about(), e.Row.Project, e.Row.Places, steps(e)}
}

// steps says how an access is revoked or changed.
func steps(e *Entry) []string {
	switch e.Row.Kind {
	case Role:
		return []string{"remove the member from the workspace"}
	case Membership:
		return []string{"take the member out of the group " + e.Row.Group}
	case Privilege:
		return []string{"take the privilege away from the group"}
	case Key:
		return []string{"delete the deploy key"}
	case Invited:
		return []string{"withdraw the invitation"}
	case Grant:
		return []string{e.Decision.lessen("the grant")}
	}
	var all []string
	for _, way := range e.Row.Ways {
		if access.Rank(access.OnRepository(way.Permission)) > access.Rank(e.Decision.becomes()) {
			all = append(all, e.Decision.step(way))
		}
	}
	if len(all) == 0 {
		all = append(all, "find out by what it is had (bbaudit run -explicit reads it), and "+
			e.Decision.lessen("that"))
	}
	return all
}

// lessen says what is done to a grant.
func (d Decision) lessen(what string) string {
	if after := d.becomes(); after != "" {
		return "lower " + what + " to " + string(after)
	}
	return "remove " + what
}

// step says how one way of a permission is taken away.
func (d Decision) step(way access.Way) string {
	out := "take the member out of the group " + way.Group
	switch way.By {
	case access.ByRole:
		return "give the owner of the workspace another role"
	case access.ByGroupPrivilege:
		return out + ", which administers the workspace"
	case access.ByProject:
		return d.lessen("the grant on project " + way.Project)
	case access.ByProjectGroup:
		return out + ", or " + d.lessen("the group's grant on project "+way.Project)
	case access.ByRepositoryGroup:
		return out + ", or " + d.lessen("the group's grant on the repository")
	}
	return d.lessen("the grant in person on the repository")
}

// decided calls f for every entry that somebody decided on.
func (v *Review) decided(f func(*Entry)) {
	for i := range v.Sheets {
		for j := range v.Sheets[i].Entries {
			if e := &v.Sheets[i].Entries[j]; !e.Decision.Open() {
				f(e)
			}
		}
	}
}

// reviewers sums up by who decided.
func (v *Review) reviewers() []ReviewerResult {
	all := []ReviewerResult{}
	numbers := map[string]int{}
	v.decided(func(e *Entry) {
		key := strings.ToLower(e.Reviewer)
		n, met := numbers[key]
		if !met {
			n = len(all)
			numbers[key] = n
			all = append(all, ReviewerResult{Reviewer: e.Reviewer, First: e.decision().Date})
		}
		day := e.decision().Date
		all[n].Rows.add(e.Decision)
		all[n].First, all[n].Last = min(all[n].First, day), max(all[n].Last, day)
	})
	slices.SortFunc(all, func(a, b ReviewerResult) int {
		return strings.Compare(strings.ToLower(a.Reviewer), strings.ToLower(b.Reviewer))
	})
	return all
}

// flags finds reviews of oneself, and many decisions that are alike.
func (v *Review) flags() []Flag {
	flags := []Flag{}
	numbers := map[string]int{}
	note := func(f Flag, row string) {
		key := f.Kind + " " + string(f.Decision) + " " + strings.ToLower(f.Reviewer)
		n, met := numbers[key]
		if !met {
			n = len(flags)
			numbers[key] = n
			flags = append(flags, f)
		}
		flags[n].Count++
		if row != "" {
			flags[n].Rows = append(flags[n].Rows, row)
		}
	}
	v.decided(func(e *Entry) {
		if e.Subject().isCalled(e.Reviewer) {
			note(Flag{Kind: selfReview, Reviewer: e.Reviewer}, e.Row.ID)
		}
		note(Flag{Kind: rubberStamp, Reviewer: e.Reviewer, Decision: e.Decision}, "")
	})
	flags = slices.DeleteFunc(flags, func(f Flag) bool {
		return f.Kind == rubberStamp && f.Count <= mostAlike
	})
	slices.SortStableFunc(flags, func(a, b Flag) int {
		return cmp.Or(strings.Compare(b.Kind, a.Kind), strings.Compare(a.Reviewer, b.Reviewer))
	})
	return flags
}

// TasksCSV writes the tasks for who does them, a place on each line.
func (r *Result) TasksCSV() []byte {
	b := bytes.NewBufferString(byteOrderMark)
	out := csv.NewWriter(b)
	out.UseCRLF = true
	_ = out.Write([]string{ // a buffer takes everything
		"row", "decision", "person", "email", "uuid", "workspace", "access", "place", "permission",
		"via", "do", "reviewer", "date", "note",
	})
	for i := range r.Tasks {
		t := &r.Tasks[i]
		places := []string{t.Scope}
		if len(t.Places) > 0 {
			places = t.Places
		}
		for _, place := range places {
			cells := []string{
				t.Row, string(t.Decision), t.Name, t.Email, t.ID, t.Workspace, string(t.Access), place,
				string(t.Permission), t.Via, strings.Join(t.Do, "; "), t.Reviewer, t.Date, t.Note,
			}
			for i, cell := range cells {
				cells[i] = render.Guard(render.Clean(cell))
			}
			_ = out.Write(cells)
		}
	}
	out.Flush()
	return b.Bytes()
}
