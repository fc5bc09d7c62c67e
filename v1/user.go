package v1

import (
	"encoding/json"

	"github.com/seed-9213fc64/bitbucket"
)

// A User is an account as the 1.0 API sent it, in either of its shapes: of before 2019, in an
// [Account], in the list of followers, in an event; or of after, in a [Group] or an [Invitation].
// Its method User returns it in the shape of the 2.0 API.
type User struct {
	bitbucket.V1User

	Extra map[string]json.RawMessage // members without a field here

	forms []form
}

func (u *User) layout() layout {
	return layout{&u.Extra, &u.forms, []field{
		{"username", val(&u.Username)},
		{"first_name", val(&u.FirstName)},
		{"last_name", val(&u.LastName)},
		{"display_name", val(&u.DisplayName)},
		{"is_team", val(&u.IsTeam)},
		{"is_staff", val(&u.IsStaff)},
		{"avatar", val(&u.Avatar)},
		{"resource_uri", val(&u.ResourceURI)},
		{"uuid", val(&u.UUID)},
		{"account_id", val(&u.AccountID)},
		{"nickname", val(&u.Nickname)},
		{"is_active", val(&u.IsActive)},
	}}
}

// UnmarshalJSON reads a user.
func (u *User) UnmarshalJSON(data []byte) error {
	*u = User{}
	return readObject(data, u.layout(), 0)
}

// MarshalJSON writes a user as it came.
func (u User) MarshalJSON() ([]byte, error) { return writeObject(u.layout()) }

// An Account is a user or a team with its repositories.
type Account struct {
	User         *User
	Repositories []Repository

	Extra map[string]json.RawMessage // members without a field here

	forms []form
}

func (a *Account) layout() layout {
	return layout{&a.Extra, &a.forms, []field{
		{"repositories", many(&a.Repositories)},
		{"user", one(&a.User)},
	}}
}

// UnmarshalJSON reads an account.
func (a *Account) UnmarshalJSON(data []byte) error {
	*a = Account{}
	return readObject(data, a.layout(), 0)
}

// MarshalJSON writes an account as it came.
func (a Account) MarshalJSON() ([]byte, error) { return writeObject(a.layout()) }
