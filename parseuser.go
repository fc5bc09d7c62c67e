package bitbucket

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/seed-9213fc64/bitbucket/internal/jsonscan"
)

// ParseUser reads a user from a stored answer of either API, in any of three shapes: the 2.0
// object, the 1.0 one of before 2019, and the one that groups and invitations of the 1.0 API have
// had since. The first two may be the member "user" of another object, which is how the 1.0 API
// wraps its users and how memberships and permissions of the 2.0 API hold theirs.
//
// What a 1.0 user says lands in the fields of the 2.0 one (first and last name in DisplayName,
// avatar in Links.Avatar, is_team in Type), and is kept word for word in V1. A body that holds no
// user is [ErrNoUser], and any body that cannot be read is [ErrMalformedResponse].
func ParseUser(data []byte) (*User, error) {
	u, _, err := readUser(data)
	return u, err
}

// readUser is ParseUser with what could not be read of the user.
func readUser(data []byte) (*User, []Unread, error) {
	u, unread, err := parseUser(data, false)
	if err == nil {
		return u, unread, nil
	}
	if !json.Valid(data) {
		err = json.Unmarshal(data, new(json.RawMessage)) // it is no JSON at all, which says more
	}
	return nil, nil, malformed("a user: %w", err)
}

// User returns the user in the shape of the 2.0 API, with v in its V1.
func (v *V1User) User() *User {
	u := &User{
		Type: "user", Username: v.Username, DisplayName: v.DisplayName,
		AccountID: v.AccountID, Nickname: v.Nickname, V1: v,
	}
	_ = u.UUID.UnmarshalText([]byte(v.UUID)) // it takes any text
	if u.DisplayName == "" {
		u.DisplayName = strings.TrimSpace(v.FirstName + " " + v.LastName)
	}
	if u.DisplayName == "" {
		u.DisplayName = v.Username // which is what the 2.0 API shows of a nameless account
	}
	if v.IsTeam != nil && *v.IsTeam {
		u.Type = "team"
	}
	u.IsStaff = v.IsStaff != nil && *v.IsStaff
	u.Links.Avatar.Href = v.Avatar
	return u
}

// ErrNoUser says that a body is valid JSON but holds nothing of a user. An error
// of [ParseUser] that matches it matches [ErrMalformedResponse] too.
var ErrNoUser = errors.New("no user of the 1.0 or the 2.0 API")

// parseUser finds the user in a body and reads it. wrapped says that the body was
// the member "user" of another one.
func parseUser(data []byte, wrapped bool) (*User, []Unread, error) {
	t, err := traitsOf(data)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case !wrapped && isObject(t.user) && !t.account && !t.named && json.Valid(data):
		return parseUser(t.user, true)
	case t.typed && !t.account && !t.named:
		// It says that it is something else. Types of accounts may come that nobody knows yet.
		return nil, nil, ErrNoUser
	case t.account, t.linked:
		return parseV2(data)
	case t.v1 && !t.typed: // with a UUID it is one of after 2019
		return parseV1(data)
	case t.identified:
		return parseV2(data)
	case t.v1:
		return parseV1(data)
	case t.v2:
		return parseV2(data)
	case t.shared && wrapped:
		return parseV1(data)
	case t.shared:
		return parseV2(data) // a part of an answer, as Fields asks for
	}
	return nil, nil, ErrNoUser
}

func parseV1(data []byte) (*User, []Unread, error) {
	v1 := new(V1User)
	unread, err := decode(data, v1)
	if err != nil {
		return nil, nil, err
	}
	u := v1.User()
	if len(unread) > 0 && u.DisplayName == "" && u.id() == "" {
		return nil, nil, json.Unmarshal(data, v1) // nothing that could be read says who it is
	}
	return u, unread, nil
}

func parseV2(data []byte) (*User, []Unread, error) {
	u := new(User)
	unread, err := decode(data, u)
	if err != nil {
		return nil, nil, err
	}
	if len(unread) > 0 && u.id() == "" && u.DisplayName == "" && u.Username == "" {
		return nil, nil, json.Unmarshal(data, u) // nothing that could be read says who it is
	}
	if u.Type == "" && (u.Kind == "user" || u.Kind == "team") {
		u.Type = u.Kind // the first users of the 2.0 API called it so
	}
	return u, unread, nil
}

// traits are what the members of a body say of it. Nothing is decoded before it is
// known which API the body is of.
type traits struct {
	typed      bool   // it has a type
	account    bool   // the type is that of an account
	named      bool   // something that is said of accounts only
	identified bool   // something that identifies a user, since 2019 in both APIs
	linked     bool   // links, which only the 2.0 API has
	v1, v2     bool   // something that only users of this API have
	shared     bool   // something that users of both have
	user       []byte // the user, when the body is something around it
}

// traitsOf looks at the members of a body. Whether that is valid JSON shows when it
// is decoded.
func traitsOf(data []byte) (t traits, err error) {
	c := jsonscan.At(data)
	if c.Kind() != '{' {
		return t, ErrNoUser
	}
	for key := range c.Members() {
		value := c.Value()
		switch string(key) {
		case "type":
			name, _ := jsonscan.String(value)
			t.typed = name != ""
			t.account = name == "user" || name == "team" || name == "app_user"
			t.v2 = true
		case "username", "display_name":
			t.named, t.shared = true, true
		case "is_staff":
			t.shared = true
		case "uuid":
			t.identified = true
		case "account_id":
			t.identified, t.named = true, true
		case "links":
			t.linked = t.linked || isObject(value)
			t.v2 = true
		case "nickname", "account_status", "has_2fa_enabled":
			t.named, t.v2 = true, true
		case "created_on", "location", "website", "kind", "email":
			t.v2 = true
		case "first_name", "last_name", "avatar", "resource_uri", "is_team", "is_active":
			t.v1 = true
		case "user":
			t.user = value
		}
	}
	return t, c.Err()
}

func (u *User) field(member []byte) any {
	switch string(member) {
	case "type":
		return &u.Type
	case "uuid":
		return &u.UUID
	case "account_id":
		return &u.AccountID
	case "display_name":
		return &u.DisplayName
	case "nickname":
		return &u.Nickname
	case "username":
		return &u.Username
	case "account_status":
		return &u.AccountStatus
	case "has_2fa_enabled":
		return &u.Has2FAEnabled
	case "is_staff":
		return &u.IsStaff
	case "created_on":
		return &u.CreatedOn
	case "location":
		return &u.Location
	case "website":
		return &u.Website
	case "kind":
		return &u.Kind
	case "email":
		return &u.Email
	case "links":
		return &u.Links
	case "v1":
		return &u.V1
	}
	return nil
}

func (v *V1User) field(member []byte) any {
	switch string(member) {
	case "username":
		return &v.Username
	case "first_name":
		return &v.FirstName
	case "last_name":
		return &v.LastName
	case "display_name":
		return &v.DisplayName
	case "avatar":
		return &v.Avatar
	case "resource_uri":
		return &v.ResourceURI
	case "is_team":
		return &v.IsTeam
	case "is_staff":
		return &v.IsStaff
	case "uuid":
		return &v.UUID
	case "account_id":
		return &v.AccountID
	case "nickname":
		return &v.Nickname
	case "is_active":
		return &v.IsActive
	}
	return nil
}
