package bitbucket

import (
	"encoding/json"
	"fmt"
	"strings"
)

// ParseUser reads a user from a stored answer of either API: the 2.0 object, or
// the 1.0 one, bare or wrapped as {"user": …}. What the 1.0 user says lands in the
// fields of the 2.0 one (first and last name in DisplayName, avatar in
// Links.Avatar, is_team in Type), and is kept in V1 besides. A body that is neither
// is [ErrMalformedResponse].
func ParseUser(data []byte) (*User, error) {
	var sent sentUser
	if err := json.Unmarshal(data, &sent); err != nil {
		return nil, fmt.Errorf("%w: a user: %w", ErrMalformedResponse, err)
	}
	if sent.Wrapped != nil && sent.UUID == "" && sent.AccountID == "" {
		sent = sentUser{sentFields: *sent.Wrapped}
	}
	switch {
	case sent.isV2():
		sent.User.IsStaff = sent.IsStaffSent != nil && *sent.IsStaffSent
		return &sent.User, nil
	case sent.isV1():
		return sent.fromV1(), nil
	}
	return nil, fmt.Errorf("%w: the object is no user of the 1.0 or the 2.0 API", ErrMalformedResponse)
}

// sentUser is a body that may hold a user of either API.
type sentUser struct {
	sentFields
	Wrapped *sentFields `json:"user"`
}

// sentFields are the fields of both users. Those that only the 1.0 user has stand
// beside those of the 2.0 one; the two share username, display_name and is_staff.
type sentFields struct {
	User
	FirstName   *string `json:"first_name"`
	LastName    *string `json:"last_name"`
	Avatar      *string `json:"avatar"`
	ResourceURI *string `json:"resource_uri"`
	IsTeam      *bool   `json:"is_team"`
	IsStaffSent *bool   `json:"is_staff"`
}

// isV2 reports whether anything is there that only the 2.0 API sends.
func (s *sentFields) isV2() bool {
	return s.Type != "" || s.UUID != "" || s.AccountID != "" || s.Nickname != "" || !s.Links.IsZero() ||
		s.AccountStatus != "" || (s.DisplayName != "" && !s.isV1())
}

// isV1 reports whether anything is there that the 1.0 API sends.
func (s *sentFields) isV1() bool {
	return s.Username != "" || s.FirstName != nil || s.LastName != nil || s.Avatar != nil || s.ResourceURI != nil
}

// fromV1 makes a user of what the 1.0 API sent.
func (s *sentFields) fromV1() *User {
	v1 := &V1User{
		Username:    s.Username,
		FirstName:   deref(s.FirstName),
		LastName:    deref(s.LastName),
		DisplayName: s.DisplayName,
		Avatar:      deref(s.Avatar),
		ResourceURI: deref(s.ResourceURI),
		IsTeam:      s.IsTeam,
		IsStaff:     s.IsStaffSent,
	}
	u := &User{Type: "user", Username: v1.Username, DisplayName: v1.DisplayName, V1: v1}
	if u.DisplayName == "" {
		u.DisplayName = strings.TrimSpace(v1.FirstName + " " + v1.LastName)
	}
	if u.DisplayName == "" {
		u.DisplayName = v1.Username
	}
	if v1.IsTeam != nil && *v1.IsTeam {
		u.Type = "team"
	}
	u.IsStaff = v1.IsStaff != nil && *v1.IsStaff
	u.Links.Avatar.Href = v1.Avatar
	return u
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
