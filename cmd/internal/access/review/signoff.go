package review

import (
	"errors"
	"fmt"
	"time"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/sealed"
)

const signOffKind = "bbaudit review sign-off"

// A SignOff says what became of everything that was decided.
type SignOff struct {
	Kind       string           `json:"kind"`
	Version    int              `json:"version"`
	Demo       bool             `json:"demo"`
	Closed     bool             `json:"closed"` // everything that was to go is gone
	At         time.Time        `json:"at"`
	By         string           `json:"by"`
	Tool       report.Tool      `json:"tool"`
	Workspaces []Named          `json:"workspaces"`
	Review     Origin           `json:"review"`
	Before     Source           `json:"before"`
	After      Source           `json:"after"`
	Rows       Counts           `json:"rows"`
	Outcomes   OutcomeCounts    `json:"outcomes"`
	Files      []FileResult     `json:"files"`
	Reviewers  []ReviewerResult `json:"reviewers"`
	Flags      []Flag           `json:"flags"`
	Kept       []KeptFinding    `json:"kept_findings"`
	Actions    []Action         `json:"actions"`
	SHA256     string           `json:"sha256"`
}

// A Named is a workspace by its names.
type Named struct {
	Slug string `json:"slug"`
	UUID string `json:"uuid"`
	Name string `json:"name"`
}

// An Origin says which review was signed off.
type Origin struct {
	Created        time.Time     `json:"created"`
	Split          Split         `json:"split"`
	Roster         *report.Input `json:"roster"`
	ManifestSHA256 string        `json:"manifest_sha256"` // of the file
}

// OutcomeCounts are the actions by what became of them.
type OutcomeCounts struct {
	Gone    int `json:"gone"`
	Still   int `json:"still_there"`
	NotRead int `json:"not_read"`
}

// An Action is a task and what became of it.
type Action struct {
	Task
	Outcome Outcome  `json:"outcome"`
	Why     []string `json:"why"`
}

// ErrOpen says that rows are open.
var ErrOpen = errors.New("rows are open")

// Close looks up in a later report what became of what was to go.
func (v *Review) Close(
	r *report.Report, file []byte, by string, tool report.Tool,
) (*SignOff, error) {
	res := v.Result(tool)
	if n := res.Rows.Open; n > 0 {
		return nil, fmt.Errorf("%w: %d of %d", ErrOpen, n, res.Rows.All)
	}
	laters, err := v.laters(r)
	if err != nil {
		return nil, err
	}
	m := v.Manifest
	s := &SignOff{
		Kind: signOffKind, Version: version, Demo: m.Demo, At: v.Now, By: by, Tool: tool,
		Workspaces: []Named{},
		Review:     Origin{m.Created, m.Split, m.Roster, v.ManifestSHA256},
		Before:     m.Report, After: SourceOf(r, file), Rows: res.Rows, Files: res.Files,
		Reviewers: res.Reviewers, Flags: res.Flags, Kept: res.Kept, Actions: []Action{},
	}
	for _, w := range m.Workspaces {
		s.Workspaces = append(s.Workspaces, Named{w.Slug, w.UUID, w.Name})
	}
	v.decided(func(e *Entry) {
		if !e.Decision.Acts() {
			return
		}
		outcome, why := laters[e.in.Workspace].look(e)
		s.Outcomes.add(outcome)
		s.Actions = append(s.Actions, Action{e.task(), outcome, append([]string{}, why...)})
	})
	s.Closed = s.Outcomes.Still+s.Outcomes.NotRead == 0
	return s, nil
}

func (c *OutcomeCounts) add(o Outcome) {
	switch o {
	case Gone:
		c.Gone++
	case Still:
		c.Still++
	default:
		c.NotRead++
	}
}

// Complete reports whether both reports were complete.
func (s *SignOff) Complete() bool { return s.Before.Complete && s.After.Complete }

// Encode writes the sign-off with its checksum.
func (s *SignOff) Encode() ([]byte, error) { return sealed.Encode(s, &s.SHA256) }

// DecodeSignOff reads a sign-off, and refuses one that was changed.
func DecodeSignOff(data []byte) (*SignOff, error) {
	s := &SignOff{}
	err := sealed.Decode(data, "sign-off", s, func() (bool, string) {
		return s.Kind == signOffKind && s.Version == version, s.SHA256
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}
