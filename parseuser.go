package bitbucket

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// ParseUser reads a user from a stored answer of either API: the 2.0 object or
// the 1.0 one, bare or as the member "user" of another object, which is how the
// 1.0 API wraps it and how memberships and permissions of the 2.0 API hold it.
//
// What the 1.0 user says lands in the fields of the 2.0 one (first and last name
// in DisplayName, avatar in Links.Avatar, is_team in Type), and is kept word for
// word in V1. A body that holds no user is [ErrNoUser], and any body that cannot be
// read is [ErrMalformedResponse].
func ParseUser(data []byte) (*User, error) {
	u, err := parseUser(data, false)
	if err != nil {
		if broken := json.Unmarshal(data, new(json.RawMessage)); broken != nil {
			err = broken // it is no JSON at all, which says more
		}
		return nil, fmt.Errorf("%w: a user: %w", ErrMalformedResponse, err)
	}
	return u, nil
}

// User returns the user in the shape of the 2.0 API, with v in its V1.
func (v *V1User) User() *User {
	u := &User{Type: "user", Username: v.Username, DisplayName: v.DisplayName, V1: v}
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
func parseUser(data []byte, wrapped bool) (*User, error) {
	t, err := traitsOf(data)
	if err != nil {
		return nil, err
	}
	switch {
	case !wrapped && isObject(t.user) && !t.account && !t.named && json.Valid(data):
		return parseUser(t.user, true)
	case t.typed && !t.account && !t.named:
		return nil, ErrNoUser // it says that it is something else; types of accounts may come that nobody knows yet
	case t.account, t.identified:
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
	return nil, ErrNoUser
}

func parseV1(data []byte) (*User, error) {
	v1 := new(V1User)
	if err := json.Unmarshal(data, v1); err != nil {
		return nil, err
	}
	return v1.User(), nil
}

func parseV2(data []byte) (*User, error) {
	u := new(User)
	if err := json.Unmarshal(data, u); err != nil {
		return nil, err
	}
	if u.Type == "" && (u.Kind == "user" || u.Kind == "team") {
		u.Type = u.Kind // the first users of the 2.0 API called it so
	}
	return u, nil
}

// traits are what the members of a body say of it. Nothing is decoded before it is
// known which API the body is of.
type traits struct {
	typed      bool   // it has a type
	account    bool   // the type is that of an account
	named      bool   // something that is said of accounts only
	identified bool   // something that only the 2.0 API identifies a user by
	v1, v2     bool   // something that only users of this API have
	shared     bool   // something that users of both have
	user       []byte // the user, when the body is something around it
}

// traitsOf looks at the members of a body. Whether that is valid JSON shows when it
// is decoded.
func traitsOf(data []byte) (t traits, err error) {
	if data = skipSpace(data); !isObject(data) {
		return t, ErrNoUser
	}
	err = members(data, func(key, value []byte) error {
		switch string(key) {
		case "type":
			name, _ := parseString(value)
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
			t.identified = t.identified || isObject(value)
			t.v2 = true
		case "nickname", "account_status", "has_2fa_enabled":
			t.named, t.v2 = true, true
		case "created_on", "location", "website", "kind", "email":
			t.v2 = true
		case "first_name", "last_name", "avatar", "resource_uri", "is_team":
			t.v1 = true
		case "user":
			t.user = value
		}
		return nil
	})
	return t, err
}

// isObject reports whether a member is an object.
func isObject(value []byte) bool { return len(value) > 0 && value[0] == '{' }
