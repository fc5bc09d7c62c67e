package bitbucket

import (
	"bytes"
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
	if !json.Valid(data) {
		return nil, fmt.Errorf("%w: a user: %w", ErrMalformedResponse, json.Unmarshal(data, new(json.RawMessage)))
	}
	u, err := parseUser(data, false)
	if err != nil {
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

// parseUser finds the user in valid JSON and reads it. wrapped says that the body
// was the member "user" of another one.
func parseUser(data []byte, wrapped bool) (*User, error) {
	s, err := cutUser(data)
	if err != nil {
		return nil, err
	}
	switch {
	case !wrapped && holds(s.user) && !s.isAccountType() && !s.named():
		return parseUser(s.user, true)
	case s.foreign():
		return nil, ErrNoUser
	case s.isAccountType() || s.uuid != nil || s.accountID != nil || holds(s.links):
		return s.parseV2()
	case s.onlyV1():
		return s.parseV1()
	case s.onlyV2():
		return s.parseV2()
	case wrapped && s.shared():
		return s.parseV1()
	case s.shared():
		return s.parseV2() // a part of an answer, as Fields asks for
	}
	return nil, ErrNoUser
}

// sentUser is the text of the members that make a user, of either API; nil for
// those that were not sent. Nothing is decoded before it is known which API the
// user is of, so a member that the API does not have may be anything.
type sentUser struct {
	username, displayName, isStaff []byte // of both APIs

	typ, uuid, accountID, nickname, accountStatus, has2FA []byte // of the 2.0 API
	createdOn, location, website, kind, email, links      []byte

	firstName, lastName, avatar, resourceURI, isTeam []byte // of the 1.0 API

	v1   []byte // as this package writes a User
	user []byte // the user, when the body is something around it
}

// cutUser finds the members of a user in valid JSON.
func cutUser(data []byte) (s sentUser, err error) {
	if data = skipSpace(data); !holds(data) {
		return s, ErrNoUser
	}
	err = members(data, func(key, value []byte) error {
		if bytes.IndexByte(key, '\\') >= 0 {
			var plain string
			if err := json.Unmarshal(fmt.Appendf(nil, `"%s"`, key), &plain); err != nil {
				return err
			}
			key = []byte(plain)
		}
		if member := s.member(key); member != nil {
			*member = value
		}
		return nil
	})
	return s, err
}

// member is where the text of a member goes. Keys are compared as they are; other
// cases of the same letters are other keys.
func (s *sentUser) member(key []byte) *[]byte {
	switch string(key) {
	case "username":
		return &s.username
	case "display_name":
		return &s.displayName
	case "is_staff":
		return &s.isStaff
	case "type":
		return &s.typ
	case "uuid":
		return &s.uuid
	case "account_id":
		return &s.accountID
	case "nickname":
		return &s.nickname
	case "account_status":
		return &s.accountStatus
	case "has_2fa_enabled":
		return &s.has2FA
	case "created_on":
		return &s.createdOn
	case "location":
		return &s.location
	case "website":
		return &s.website
	case "kind":
		return &s.kind
	case "email":
		return &s.email
	case "links":
		return &s.links
	case "first_name":
		return &s.firstName
	case "last_name":
		return &s.lastName
	case "avatar":
		return &s.avatar
	case "resource_uri":
		return &s.resourceURI
	case "is_team":
		return &s.isTeam
	case "v1":
		return &s.v1
	case "user":
		return &s.user
	}
	return nil
}

// isAccountType reports whether the type says that this is an account.
func (s *sentUser) isAccountType() bool {
	switch s.typeName() {
	case "user", "team", "app_user":
		return true
	}
	return false
}

// typeName is the type, when that is a text.
func (s *sentUser) typeName() string {
	if len(s.typ) == 0 || s.typ[0] != '"' {
		return ""
	}
	name, _ := parseString(s.typ)
	return name
}

// named reports whether anything is there that the 2.0 API says of accounts only.
func (s *sentUser) named() bool {
	return s.username != nil || s.displayName != nil || s.nickname != nil || s.accountID != nil ||
		s.accountStatus != nil || s.has2FA != nil
}

// foreign reports whether the type says that this is something else. Types of
// accounts may come that nobody knows yet, so a type alone proves nothing.
func (s *sentUser) foreign() bool {
	return s.typeName() != "" && !s.isAccountType() && !s.named()
}

func (s *sentUser) onlyV1() bool {
	return s.firstName != nil || s.lastName != nil || s.avatar != nil || s.resourceURI != nil || s.isTeam != nil
}

func (s *sentUser) onlyV2() bool {
	return s.typ != nil || s.nickname != nil || s.accountStatus != nil || s.has2FA != nil || s.createdOn != nil ||
		s.location != nil || s.website != nil || s.kind != nil || s.email != nil || s.links != nil
}

func (s *sentUser) shared() bool {
	return s.username != nil || s.displayName != nil || s.isStaff != nil
}

func (s *sentUser) parseV2() (*User, error) {
	var d memberDecoder
	u := &User{
		Type:          d.text("type", s.typ),
		UUID:          d.uuid("uuid", s.uuid),
		AccountID:     d.text("account_id", s.accountID),
		DisplayName:   d.text("display_name", s.displayName),
		Nickname:      d.text("nickname", s.nickname),
		Username:      d.text("username", s.username),
		AccountStatus: d.text("account_status", s.accountStatus),
		Has2FAEnabled: d.flag("has_2fa_enabled", s.has2FA),
		CreatedOn:     d.time("created_on", s.createdOn),
		Location:      d.text("location", s.location),
		Website:       d.text("website", s.website),
		Kind:          d.text("kind", s.kind),
		Email:         d.text("email", s.email),
		Links:         d.links("links", s.links),
	}
	if staff := d.flag("is_staff", s.isStaff); staff != nil {
		u.IsStaff = *staff
	}
	if u.Type == "" && (u.Kind == "user" || u.Kind == "team") {
		u.Type = u.Kind // the first users of the 2.0 API called it so
	}
	if holds(s.v1) {
		v1 := new(V1User)
		if json.Unmarshal(s.v1, v1) == nil {
			u.V1 = v1
		}
	}
	return u, d.err
}

func (s *sentUser) parseV1() (*User, error) {
	var d memberDecoder
	v1 := &V1User{
		Username:    d.text("username", s.username),
		FirstName:   d.text("first_name", s.firstName),
		LastName:    d.text("last_name", s.lastName),
		DisplayName: d.text("display_name", s.displayName),
		Avatar:      d.text("avatar", s.avatar),
		ResourceURI: d.text("resource_uri", s.resourceURI),
		IsTeam:      d.flag("is_team", s.isTeam),
		IsStaff:     d.flag("is_staff", s.isStaff),
	}
	return v1.User(), d.err
}

// A memberDecoder reads the values of members, and keeps the first error. What
// was not sent, or is null, is the zero value.
type memberDecoder struct{ err error }

func (d *memberDecoder) fail(name string, err error) {
	if d.err == nil {
		d.err = fmt.Errorf("%s: %w", name, err)
	}
}

func (d *memberDecoder) text(name string, value []byte) string {
	if !sent(value) {
		return ""
	}
	text, err := parseString(value)
	if err != nil {
		d.fail(name, err)
	}
	return text
}

func (d *memberDecoder) uuid(name string, value []byte) UUID {
	text := d.text(name, value)
	if isBareUUID(text) {
		return UUID("{" + text + "}")
	}
	return UUID(text)
}

func (d *memberDecoder) flag(name string, value []byte) *bool {
	switch {
	case !sent(value):
		return nil
	case string(value) == "true":
		return new(true)
	case string(value) == "false":
		return new(false)
	}
	d.fail(name, errors.New("it should be true, false or null"))
	return nil
}

func (d *memberDecoder) time(name string, value []byte) (t Time) {
	if bytes.IndexByte(value, '\\') >= 0 { // some programs write a plus sign as \u002b
		value = fmt.Appendf(nil, `"%s"`, d.text(name, value))
	}
	if sent(value) {
		if err := t.UnmarshalJSON(value); err != nil {
			d.fail(name, err)
		}
	}
	return t
}

func (d *memberDecoder) links(name string, value []byte) (l Links) {
	if sent(value) && string(value) != "[]" { // some programs write an empty object as an array
		if err := l.UnmarshalJSON(value); err != nil {
			d.fail(name, err)
		}
	}
	return l
}

// sent reports whether a member has a value.
func sent(value []byte) bool { return len(value) > 0 && string(value) != "null" }

// holds reports whether a member is an object.
func holds(value []byte) bool { return len(value) > 0 && value[0] == '{' }
