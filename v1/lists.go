package v1

import (
	"encoding/json"
	"errors"
	"fmt"
)

// A Plan is what an account pays for.
type Plan struct {
	Count int // users

	Extra map[string]json.RawMessage // members without a field here

	forms []form
}

// Followers are the accounts that follow an account.
type Followers struct {
	Count     int
	Followers []User

	Extra map[string]json.RawMessage // members without a field here

	forms []form
}

// An Email is an e-mail address of an account.
type Email struct {
	Email   string
	Active  bool // confirmed
	Primary bool

	Extra map[string]json.RawMessage // members without a field here

	forms []form
}

// Privileges are what the current user may do in teams, by the name of the team.
type Privileges struct {
	Teams map[string]Privilege

	Extra map[string]json.RawMessage // members without a field here

	forms []form
}

// A Privilege is what somebody may do in a team. Others than those listed are kept.
type Privilege string

// The privileges in a team.
const (
	PrivilegeAdmin        Privilege = "admin"
	PrivilegeCollaborator Privilege = "collaborator"
)

// A DashboardEntry is an account in the dashboard of a user, with its repositories
// there. The 1.0 API sent it as an array of the two.
type DashboardEntry struct {
	User         User         // who owns the repositories
	Repositories []Repository // their repositories
}

func (p *Plan) layout() layout {
	return layout{&p.Extra, &p.forms, []field{{"count", val(&p.Count)}}}
}

// UnmarshalJSON reads a plan.
func (p *Plan) UnmarshalJSON(data []byte) error {
	*p = Plan{}
	return readObject(data, p.layout(), 0)
}

// MarshalJSON writes a plan as it came.
func (p Plan) MarshalJSON() ([]byte, error) { return writeObject(p.layout()) }

func (f *Followers) layout() layout {
	return layout{&f.Extra, &f.forms, []field{{"count", val(&f.Count)}, {"followers", many(&f.Followers)}}}
}

// UnmarshalJSON reads followers.
func (f *Followers) UnmarshalJSON(data []byte) error {
	*f = Followers{}
	return readObject(data, f.layout(), 0)
}

// MarshalJSON writes followers as they came.
func (f Followers) MarshalJSON() ([]byte, error) { return writeObject(f.layout()) }

func (e *Email) layout() layout {
	return layout{&e.Extra, &e.forms, []field{
		{"active", val(&e.Active)}, {"email", val(&e.Email)}, {"primary", val(&e.Primary)},
	}}
}

// UnmarshalJSON reads an address.
func (e *Email) UnmarshalJSON(data []byte) error {
	*e = Email{}
	return readObject(data, e.layout(), 0)
}

// MarshalJSON writes an address as it came.
func (e Email) MarshalJSON() ([]byte, error) { return writeObject(e.layout()) }

func (p *Privileges) layout() layout {
	return layout{&p.Extra, &p.forms, []field{{"teams", dict(&p.Teams)}}}
}

// UnmarshalJSON reads privileges.
func (p *Privileges) UnmarshalJSON(data []byte) error {
	*p = Privileges{}
	return readObject(data, p.layout(), 0)
}

// MarshalJSON writes privileges as they came.
func (p Privileges) MarshalJSON() ([]byte, error) { return writeObject(p.layout()) }

// UnmarshalJSON reads the pair of an account and its repositories.
func (d *DashboardEntry) UnmarshalJSON(data []byte) error {
	var pair []json.RawMessage
	if err := json.Unmarshal(data, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return fmt.Errorf("bitbucket: an entry of the dashboard is an account and its repositories, not %d things", len(pair))
	}
	*d = DashboardEntry{}
	return errors.Join(json.Unmarshal(pair[0], &d.User), json.Unmarshal(pair[1], &d.Repositories))
}

// MarshalJSON writes the pair.
func (d DashboardEntry) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{d.User, d.Repositories})
}
