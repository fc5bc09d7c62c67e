// Package report is the audit as it is filed: the model, the findings, and the evidence of how they
// came about.
package report

import (
	"fmt"
	"time"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/sealed"
)

const (
	kind    = "bbaudit report"
	version = 1
)

// A Report is one audit. Its JSON form is the canonical one; all others are made of it.
type Report struct {
	Kind       string   `json:"kind"`
	Version    int      `json:"version"` // of this form
	Title      string   `json:"title"`
	Demo       bool     `json:"demo"`
	Complete   bool     `json:"complete"`
	Incomplete []string `json:"incomplete"` // what is missing, and why
	// What ages and terms are counted to.
	AsOf     time.Time          `json:"as_of"`
	Run      Run                `json:"run"`
	Tool     Tool               `json:"tool"`
	Source   Source             `json:"source"`
	Settings Settings           `json:"settings"`
	Inputs   []Input            `json:"inputs"`
	Findings []findings.Finding `json:"findings"`
	// By workspace and rule: the sources that were not read.
	NotJudged    map[string]map[string][]string `json:"not_judged"`
	CannotBeRead []string                       `json:"cannot_be_read"`
	Access       access.Snapshot                `json:"access"`
	// Of the file with these 64 digits taken out.
	SHA256 string `json:"sha256"`
}

// A Run is what differs between two runs that read the same.
type Run struct {
	ID      string      `json:"id"`
	Started time.Time   `json:"started"`
	Ended   time.Time   `json:"ended"`
	Resumed []time.Time `json:"resumed"` // when it was taken up again
	Calls   Calls       `json:"calls"`
	Ending  string      `json:"ending,omitzero"` // why it ended before it was through
}

// Calls counts what was sent.
type Calls struct {
	Planned int `json:"planned"` // as far as the sizes of lists told
	Made    int `json:"made"`    // attempts, in all runs
	Retried int `json:"retried"` // attempts after the first
	Refused int `json:"refused"` // calls that were answered with an error
}

// A Tool is the program that made the report.
type Tool struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Revision string `json:"revision"` // of version control; empty when it is not known
	Modified bool   `json:"modified"` // the sources differed from the revision
}

// A Source is where the answers came from, and whose credential was used.
type Source struct {
	BaseURL    string `json:"base_url"`
	Credential string `json:"credential"` // its kind
	// Display name; empty for a credential that belongs to nobody.
	Account string `json:"account"`
	UUID    string `json:"uuid"`
}

// Settings are the flags that shaped the report.
type Settings struct {
	Workspaces   []string            `json:"workspaces"`
	Projects     []string            `json:"projects"`
	Repositories []string            `json:"repositories"`
	Explicit     bool                `json:"explicit"`
	Without      []string            `json:"without"`
	FailOn       string              `json:"fail_on"`
	MaxCalls     int                 `json:"max_calls"`
	Throttle     string              `json:"throttle"` // its kind
	Thresholds   findings.Thresholds `json:"thresholds"`
}

// An Input is a file that the report depends on.
type Input struct {
	Name   string `json:"name"` // roster, accept, policy
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
}

// CannotBeRead lists what no audit through this API sees.
func CannotBeRead() []string {
	return []string{
		"access tokens of repositories, projects and workspaces: no endpoint lists them",
		"SSH and GPG keys, app passwords and API tokens of other people: only their owners see them",
		"administrators who rule from admin.atlassian.com: they are in another directory",
		"whether a deploy key may write, where Bitbucket does not say",
		"what a group may do in the workspace, unless it was granted something and -explicit reads that",
		"variables of deployments and invitations to single repositories: they take further calls, which are not made",
		"what people did: Bitbucket Cloud has no audit log in this API",
	}
}

// Title is what a report is called.
func Title(demo bool) string {
	if demo {
		return "DEMO: access to invented workspaces"
	}
	return "Access to workspaces of Bitbucket Cloud"
}

// New begins a report.
func New(demo bool) *Report {
	return &Report{
		Kind: kind, Version: version, Title: Title(demo), Demo: demo, Incomplete: []string{},
		Inputs:   []Input{},
		Findings: []findings.Finding{}, NotJudged: map[string]map[string][]string{},
		CannotBeRead: CannotBeRead(),
		Run:          Run{Resumed: []time.Time{}},
	}
}

// Judge adds the findings about what was read.
func (r *Report) Judge(roster findings.Roster) {
	for i := range r.Access.Workspaces {
		w := &r.Access.Workspaces[i]
		r.Findings = append(r.Findings, findings.Judge(w, r.Settings.Thresholds, roster, r.AsOf)...)
		if lacking := findings.NotJudged(w); len(lacking) > 0 {
			r.NotJudged[w.Slug] = lacking
		}
	}
}

// Settle says whether the report is complete, and what is missing.
func (r *Report) Settle() {
	for i := range r.Access.Workspaces {
		w := &r.Access.Workspaces[i]
		if w.Complete {
			continue
		}
		for _, c := range w.Coverage {
			if access.Lacking(c) {
				r.Incomplete = append(r.Incomplete, reason(w, c))
			}
		}
	}
	if r.Run.Ending != "" {
		r.Incomplete = append(r.Incomplete, r.Run.Ending)
	}
	r.Complete = len(r.Incomplete) == 0
	findings.Sort(r.Findings)
}

// reason says what is missing of one list.
func reason(w *access.Workspace, c access.Coverage) string {
	text := fmt.Sprintf("%s: %s: %s", w.Slug, c.List, c.Verdict)
	if n := len(c.Exceptions); n > 0 {
		text += fmt.Sprintf(" at %d of %d places, such as %s", n, c.Places, c.Exceptions[0].Place)
	}
	if c.Why != "" {
		text += ": " + c.Why
	}
	return text
}

// Encode writes the canonical JSON with its checksum.
func (r *Report) Encode() ([]byte, error) { return sealed.Encode(r, &r.SHA256) }

// Decode reads a report, and refuses one that is not whole, was changed, or is of another form.
func Decode(data []byte) (*Report, error) {
	r := &Report{}
	err := sealed.Decode(data, "report", r, func() (bool, string) {
		return r.Kind == kind && r.Version == version, r.SHA256
	})
	if err != nil {
		return nil, err
	}
	for i := range r.Access.Workspaces {
		r.Access.Workspaces[i].Focus = access.NewFocus(r.Settings.Projects, r.Settings.Repositories)
	}
	return r, nil
}
