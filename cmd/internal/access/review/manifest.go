package review

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/sealed"
)

const (
	manifestKind = "bbaudit review manifest"
	version      = 1
)

// A Manifest is what a review was made of, and everything that was given to reviewers.
type Manifest struct {
	Kind       string        `json:"kind"`
	Version    int           `json:"version"` // of this form and of the CSVs
	Demo       bool          `json:"demo"`
	Created    time.Time     `json:"created"`
	Tool       report.Tool   `json:"tool"`
	Report     Source        `json:"report"`
	Roster     *report.Input `json:"roster"`
	Split      Split         `json:"split"`
	Workspaces []Workspace   `json:"workspaces"`
	Files      []File        `json:"files"`
	// Of the file with these 64 digits taken out.
	SHA256 string `json:"sha256"`
}

// A Source is a report that something was made of.
type Source struct {
	ID         string    `json:"id"`
	Started    time.Time `json:"started"`
	Ended      time.Time `json:"ended"`
	Complete   bool      `json:"complete"`
	Incomplete []string  `json:"incomplete"` // what is missing, and why
	Limits     []string  `json:"limits"`     // what was not asked for, on purpose
	SHA256     string    `json:"sha256"`     // that stands in the report
	FileSHA256 string    `json:"file_sha256"`
}

// SourceOf names a report and the file that it was read from.
func SourceOf(r *report.Report, file []byte) Source {
	return Source{
		ID: r.Run.ID, Started: r.Run.Started, Ended: r.Run.Ended, Complete: r.Complete,
		Incomplete: append([]string{}, r.Incomplete...), Limits: limits(&r.Settings),
		SHA256: r.SHA256, FileSHA256: sealed.Sum(file),
	}
}

// limits says what a report does not cover because nobody asked for it.
func limits(s *report.Settings) []string {
	all := []string{}
	if len(s.Projects) > 0 {
		all = append(all, "only projects "+strings.Join(s.Projects, ", ")+": no other was asked about")
	}
	if len(s.Repositories) > 0 {
		only := strings.Join(s.Repositories, ", ")
		all = append(all, "only "+only+": no other repository was asked about")
	}
	if !s.Explicit {
		all = append(all, "without -explicit: grants and deploy keys were not asked for")
	}
	if len(s.Without) > 0 {
		all = append(all, "left out on purpose: "+strings.Join(s.Without, ", "))
	}
	return all
}

// A Workspace is one workspace that is reviewed.
type Workspace struct {
	Slug         string    `json:"slug"`
	UUID         string    `json:"uuid"`
	Name         string    `json:"name"`
	Projects     []Place   `json:"projects"`
	Repositories []Place   `json:"repositories"`
	Subjects     []Subject `json:"subjects"`
	Rows         []Row     `json:"rows"`
}

// A Place is a project or a repository.
type Place struct {
	Name    string `json:"name"` // key or slug
	UUID    string `json:"uuid,omitzero"`
	Project string `json:"project,omitzero"` // key, of a repository
}

// A Subject is who or what has access.
type Subject struct {
	Kind SubjectKind `json:"kind"`
	// That of the model: a UUID, or else an account ID, a slug, the number of a key, an address.
	ID           string     `json:"id"`
	UUID         string     `json:"uuid,omitzero"`
	AccountID    string     `json:"account_id,omitzero"`
	Name         string     `json:"name"`
	Nickname     string     `json:"nickname,omitzero"`
	Email        string     `json:"email,omitzero"`
	RosterName   string     `json:"roster_name,omitzero"`   // beside that address
	LastAccessed *time.Time `json:"last_accessed,omitzero"` // of a key: when it was last used
	TwoStep      *bool      `json:"two_step,omitzero"`
}

// A SubjectKind is what a subject is.
type SubjectKind string

// The kinds of subjects.
const (
	User       SubjectKind = "user"
	App        SubjectKind = "app"
	Group      SubjectKind = "group"
	DeployKey  SubjectKind = "key"
	Invitation SubjectKind = "invitation"
)

// person reports whether the subject is an account.
func (s *Subject) person() bool { return s.Kind == User || s.Kind == App }

// identified reports whether the subject can be found again in another report.
func (s *Subject) identified() bool {
	return !s.person() || s.UUID != "" || s.AccountID != ""
}

// A Row is one access that somebody decides on. What is equal on several repositories of a project
// is one row.
type Row struct {
	ID         string               `json:"id"` // the same in every review of the same access
	File       string               `json:"file"`
	Subject    int                  `json:"subject"` // its number among the subjects
	Kind       Kind                 `json:"kind"`
	Project    string               `json:"project,omitzero"`      // key
	Places     []string             `json:"repositories,omitzero"` // slugs
	Group      string               `json:"group,omitzero"`        // slug, of a membership
	Permission bitbucket.Permission `json:"permission"`
	Ways       []access.Way         `json:"ways,omitzero"` // as far as they were read
	Findings   []Finding            `json:"findings,omitzero"`
}

// A Kind is in what sense somebody has access.
type Kind string

// The kinds of access.
const (
	Role       Kind = "role"       // in the workspace
	Membership Kind = "membership" // in a group
	Privilege  Kind = "privilege"  // of a group in the workspace
	Effective  Kind = "permission" // on repositories, by whatever way
	Grant      Kind = "grant"      // explicit, where no effective permission says it
	Key        Kind = "key"        // a deploy key
	Invited    Kind = "invitation" // that nobody has accepted
)

// A Finding is what the report says against an access. Findings of the level info are none.
type Finding struct {
	Rule     string         `json:"rule"`
	Level    findings.Level `json:"level"`
	Accepted bool           `json:"accepted,omitzero"` // somebody has, and it still counts
}

// A File is what one reviewer was given.
type File struct {
	Name     string   `json:"name"`
	Reviewer string   `json:"reviewer"` // empty when nobody could be named
	Why      []string `json:"why"`      // nobody could be named
	Rows     int      `json:"rows"`
	SHA256   string   `json:"sha256"` // as it was given
}

// Rows counts the rows of all workspaces.
func (m *Manifest) Rows() int {
	n := 0
	for i := range m.Workspaces {
		n += len(m.Workspaces[i].Rows)
	}
	return n
}

// Encode writes the manifest with its checksum.
func (m *Manifest) Encode() ([]byte, error) { return sealed.Encode(m, &m.SHA256) }

// DecodeManifest reads a manifest, and refuses one that was changed or that holds together no more.
func DecodeManifest(data []byte) (*Manifest, error) {
	m := &Manifest{}
	err := sealed.Decode(data, "manifest of a review", m, func() (bool, string) {
		return m.Kind == manifestKind && m.Version == version, m.SHA256
	})
	if err != nil {
		return nil, err
	}
	return m, m.check()
}

var errApart = errors.New("the manifest contradicts itself: export the review anew")

// check finds out whether all that rows refer to is there.
func (m *Manifest) check() error {
	rows := map[string]int{}
	ids := map[string]bool{}
	for i := range m.Workspaces {
		w := &m.Workspaces[i]
		for j := range w.Rows {
			r := &w.Rows[j]
			if r.Subject < 0 || r.Subject >= len(w.Subjects) || ids[r.ID] ||
				r.ID != rowID(w.UUID, &w.Subjects[r.Subject], r) {
				return errApart
			}
			ids[r.ID] = true
			rows[r.File]++
		}
	}
	for i := range m.Files {
		f := &m.Files[i]
		same := func(other File) bool { return other.Name == f.Name }
		if rows[f.Name] != f.Rows || f.Rows == 0 || !plainName(f.Name) ||
			slices.ContainsFunc(m.Files[:i], same) {
			return errApart
		}
		delete(rows, f.Name)
	}
	if len(rows) > 0 {
		return errApart
	}
	return nil
}
