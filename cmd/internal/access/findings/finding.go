// Package findings judges a model: what a security person should look at, or know. Its functions
// are pure: the same model, thresholds and time give the same findings.
package findings

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/seed-9213fc64/bitbucket"
)

// A Level says how soon somebody should look.
type Level string

// The levels, the least urgent first.
const (
	Info   Level = "info"
	Low    Level = "low"
	Medium Level = "medium"
	High   Level = "high"
)

// Levels lists the levels, the least urgent first.
func Levels() []Level { return []Level{Info, Low, Medium, High} }

// Rank orders levels.
func (l Level) Rank() int {
	for i, other := range Levels() {
		if l == other {
			return i
		}
	}
	return -1
}

// Thresholds say from where on something is worth a look.
type Thresholds struct {
	MaxAdmins       int `json:"max_admins"`       // of a repository
	MinAdmins       int `json:"min_admins"`       // of a repository
	MaxAdminOf      int `json:"max_admin_of"`     // repositories of a person
	MaxOwners       int `json:"max_owners"`       // of a workspace
	StaleDays       int `json:"stale_days"`       // without access
	StaleAdminDays  int `json:"stale_admin_days"` // of who administers something
	StaleInvitation int `json:"stale_invitation_days"`
}

// DefaultThresholds are what others in the field use, too: half a year without activity, at most
// three owners.
func DefaultThresholds() Thresholds {
	return Thresholds{
		MaxAdmins: 5, MinAdmins: 2, MaxAdminOf: 10, MaxOwners: 3,
		StaleDays: 180, StaleAdminDays: 90, StaleInvitation: 30,
	}
}

// A Finding is a rule that applies, and to what.
type Finding struct {
	Rule      string `json:"rule"`
	Level     Level  `json:"level"`
	Workspace string `json:"workspace"` // slug
	Title     string `json:"title"`
	Do        string `json:"do"` // what to do about it
	// Controls that ask about the same; nothing is said about fulfilling them.
	RelatesTo []string `json:"relates_to"`
	Items     []Item   `json:"items"`
}

// An Item is one case of a finding.
type Item struct {
	ID         string               `json:"id"` // stable from one report to the next
	Subject    Subject              `json:"subject"`
	Place      Place                `json:"place"`
	Permission bitbucket.Permission `json:"permission,omitzero"`
	// By what somebody has it, as far as that was read.
	Via        []string    `json:"via,omitzero"`
	Detail     string      `json:"detail,omitzero"`
	State      State       `json:"state"`
	Acceptance *Acceptance `json:"acceptance,omitzero"`
}

// A State says whether somebody has accepted an item.
type State string

// The states of an item.
const (
	Open     State = "open"
	Accepted State = "accepted"
	Expired  State = "expired"  // it was accepted, and counts again
	Exceeded State = "exceeded" // it was accepted, and has become more than that
)

// Counts reports whether an item counts for the exit code.
func (i *Item) Counts() bool { return i.State != Accepted }

// An Acceptance is who accepted an item, and why.
type Acceptance struct {
	Reason string `json:"reason"`
	By     string `json:"by"`
	Since  string `json:"since"`
	Until  string `json:"until"`
	Line   int    `json:"line"` // in the accept file
}

// A Subject is whom or what an item is about.
type Subject struct {
	// User, group, repository, workspace, variable, key, invitation, acceptance.
	Kind string `json:"kind"`
	// What identifies it: a UUID, or where Bitbucket has none, a slug, an account ID or an address.
	UUID string `json:"uuid"`
	Name string `json:"name"`
}

// A Place is where.
type Place struct {
	Kind string `json:"kind"` // workspace, project, repository
	UUID string `json:"uuid"`
	Name string `json:"name"` // slug or key
}

// stableID names an item by its rule, subject and place.
func stableID(workspace, rule string, s Subject, p Place) string {
	sum := sha256.Sum256(
		fmt.Appendf(nil, "%q %q %q %q %q %q", workspace, rule, s.Kind, s.UUID, p.Kind, p.UUID),
	)
	return hex.EncodeToString(sum[:8])
}

// days is how many whole days have passed since a time.
func days(since, now time.Time) int { return int(now.Sub(since) / (24 * time.Hour)) }

// Worst returns the highest level of the items that count, and whether there are any.
func Worst(all []Finding) (Level, bool) {
	worst, any := Info, false
	for _, f := range all {
		for i := range f.Items {
			if f.Items[i].Counts() {
				any = true
				if f.Level.Rank() > worst.Rank() {
					worst = f.Level
				}
				break
			}
		}
	}
	return worst, any
}

// Open counts the items of a finding that count.
func (f *Finding) Open() int {
	n := 0
	for i := range f.Items {
		if f.Items[i].Counts() {
			n++
		}
	}
	return n
}
