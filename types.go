package bitbucket

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket/internal/jsonscan"
)

// A UUID names an object of Bitbucket. It always carries braces, as Bitbucket
// writes it: {8f5d7c2e-….}. Methods take it with or without them.
type UUID string

// ParseUUID reads a UUID with or without braces.
func ParseUUID(s string) (UUID, error) {
	bare := strings.TrimSuffix(strings.TrimPrefix(s, "{"), "}")
	if !isBareUUID(bare) || (len(s) != len(bare) && len(s) != len(bare)+2) {
		return "", fmt.Errorf("bitbucket: %q is no UUID", s)
	}
	return UUID("{" + bare + "}"), nil
}

// String returns the UUID with its braces.
func (u UUID) String() string { return string(u) }

// Bare returns the UUID without its braces.
func (u UUID) Bare() string { return strings.Trim(string(u), "{}") }

// UnmarshalText reads a UUID and adds the braces if they are missing. What is no
// UUID is kept as it is: Bitbucket is the one to say what it calls an object.
func (u *UUID) UnmarshalText(text []byte) error {
	*u = newUUID(string(text))
	return nil
}

// newUUID is what a text says, with braces.
func newUUID(text string) UUID {
	if isBareUUID(text) {
		text = "{" + text + "}"
	}
	return UUID(text)
}

// isBareUUID reports whether s has the form 8-4-4-4-12 of hexadecimal digits.
func isBareUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case '0' <= c && c <= '9', 'a' <= c && c <= 'f', 'A' <= c && c <= 'F':
		default:
			return false
		}
	}
	return true
}

// A Time is a point in time as Bitbucket writes it. It is zero when Bitbucket
// sent null or nothing. A time without an offset is read as UTC.
type Time struct{ time.Time }

// timeLayouts are the forms that v2 answers come in. Fractions of a second are
// accepted by time.Parse after any of them.
var timeLayouts = [...]string{
	time.RFC3339,
	"2006-01-02T15:04:05",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05",
	"2006-01-02T15:04:05Z0700",
	"2006-01-02",
}

// day is how many seconds a day has.
const day = 24 * 60 * 60

// longestTime is far above the length of any time. What is longer would be repeated by errors.
const longestTime = 300

// UnmarshalJSON reads any of the forms that Bitbucket uses.
func (t *Time) UnmarshalJSON(data []byte) error {
	if string(data) == "null" || string(data) == `""` {
		t.Time = time.Time{}
		return nil
	}
	if len(data) > longestTime {
		return fmt.Errorf("bitbucket: a text of %d bytes is no time", len(data))
	}
	if lacksOffset(data) { // an attempt at RFC 3339 would leave garbage
		parsed, err := time.Parse(timeLayouts[1], string(data[1:len(data)-1]))
		if err == nil {
			t.Time = parsed
			return nil
		}
	}
	if t.Time.UnmarshalJSON(data) == nil && hasPlace(t.Time) { // RFC 3339, which nearly all are
		return nil
	}
	t.Time = time.Time{}
	text, err := jsonscan.String(data) // some programs write the plus sign as \u002b
	if err != nil {
		return errors.New("bitbucket: a time should be a text")
	}
	for _, layout := range timeLayouts {
		if parsed, err := time.Parse(layout, text); err == nil && hasPlace(parsed) {
			t.Time = parsed
			return nil
		}
	}
	return fmt.Errorf("bitbucket: %q is no time that Bitbucket is known to send", text)
}

// lacksOffset reports whether a text looks like a date and a time without an offset.
func lacksOffset(data []byte) bool {
	const date = len(`"2006-01-02T`)
	return len(data) > date && data[0] == '"' && data[date-1] == 'T' && data[len(data)-1] == '"' &&
		!bytes.ContainsAny(data[date:], `Zz+-\`)
}

// hasPlace reports whether there is a place that has the offset of a time. No place is a day ahead,
// and nothing could write that time again.
func hasPlace(t time.Time) bool {
	_, offset := t.Zone()
	return -day < offset && offset < day
}

// MarshalJSON writes null for the zero time.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return t.Time.MarshalJSON()
}

// A Permission is what somebody may do, on one of two ladders. On repositories
// and projects: none, read, write, create-repo, admin. In a workspace:
// collaborator, member, create-project, owner. Values that this library does not
// know are kept.
type Permission string

// The permissions on a repository or a project.
const (
	PermissionNone       Permission = "none"
	PermissionRead       Permission = "read"
	PermissionWrite      Permission = "write"
	PermissionCreateRepo Permission = "create-repo" // projects only
	PermissionAdmin      Permission = "admin"
)

// The roles in a workspace.
const (
	PermissionCollaborator  Permission = "collaborator" // deprecated by Bitbucket
	PermissionMember        Permission = "member"
	PermissionCreateProject Permission = "create-project"
	PermissionOwner         Permission = "owner"
)

// permissions are the known ones, so that a list of thousands of them needs no text for each.
var permissions = []Permission{
	PermissionNone, PermissionRead, PermissionWrite, PermissionCreateRepo, PermissionAdmin,
	PermissionCollaborator, PermissionMember, PermissionCreateProject, PermissionOwner,
}

// UnmarshalText keeps every value, known or not.
func (p *Permission) UnmarshalText(text []byte) error {
	for _, known := range permissions {
		if string(known) == string(text) {
			*p = known
			return nil
		}
	}
	*p = Permission(text)
	return nil
}

// AtLeast reports whether p allows all that q allows. It is false for permissions on different
// ladders, which cannot be compared, and when either of them is none that this library knows: what
// is unknown must not open a gate.
func (p Permission) AtLeast(q Permission) bool {
	pl, pr := p.rank()
	ql, qr := q.rank()
	return pr > 0 && qr > 0 && pl == ql && pr >= qr
}

// rank places a permission on its ladder. Unknown values are on no ladder, at 0.
func (p Permission) rank() (ladder string, rank int) {
	switch p {
	case PermissionNone:
		return "repository", 1
	case PermissionRead:
		return "repository", 2
	case PermissionWrite:
		return "repository", 3
	case PermissionCreateRepo:
		return "repository", 4
	case PermissionAdmin:
		return "repository", 5
	case PermissionCollaborator:
		return "workspace", 1
	case PermissionMember:
		return "workspace", 2
	case PermissionCreateProject:
		return "workspace", 3
	case PermissionOwner:
		return "workspace", 4
	}
	return "", 0
}

// An Opt is a value that may be left out of a write. The zero Opt is left out;
// [Set] sends a value, the empty one included; [Null] sends null. Give the field
// the tag `json:",omitzero"`.
type Opt[T any] struct {
	value T
	state optState
}

type optState uint8

const (
	optAbsent optState = iota
	optNull
	optValue
)

// Set returns an Opt that is sent as v, also when v is empty.
func Set[T any](v T) Opt[T] { return Opt[T]{value: v, state: optValue} }

// Null returns an Opt that is sent as null.
func Null[T any]() Opt[T] { return Opt[T]{state: optNull} }

// Get returns the value, and whether there is one: false when absent or null.
func (o Opt[T]) Get() (T, bool) { return o.value, o.state == optValue }

// IsZero reports whether the value is left out of what is sent.
func (o Opt[T]) IsZero() bool { return o.state == optAbsent }

// MarshalJSON writes the value, or null.
func (o Opt[T]) MarshalJSON() ([]byte, error) {
	if o.state != optValue {
		return []byte("null"), nil
	}
	return json.Marshal(o.value)
}

// UnmarshalJSON reads a value, or null.
func (o *Opt[T]) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*o = Null[T]()
		return nil
	}
	var value T // a fresh one, since decoding into a map would add to it
	if err := json.Unmarshal(data, &value); err != nil {
		return err
	}
	*o = Set(value)
	return nil
}

// A User is an account: a person, a team, or an app. Bitbucket leaves most fields out in users
// that are embedded in other objects, and in private profiles.
type User struct {
	Type          string `json:"type"` // user, team, app_user; others may come
	UUID          UUID   `json:"uuid,omitzero"`
	AccountID     string `json:"account_id,omitzero"` // of Atlassian; treat it as opaque
	DisplayName   string `json:"display_name,omitzero"`
	Nickname      string `json:"nickname,omitzero"` // not unique, and no identifier
	Username      string `json:"username,omitzero"` // only for oneself and in old answers
	AccountStatus string `json:"account_status,omitzero"`
	Has2FAEnabled *bool  `json:"has_2fa_enabled"` // nil when the caller may not know
	IsStaff       bool   `json:"is_staff,omitzero"`
	CreatedOn     Time   `json:"created_on,omitzero"`
	Location      string `json:"location,omitzero"`
	Website       string `json:"website,omitzero"`
	Kind          string `json:"kind,omitzero"`  // of an app user
	Email         string `json:"email,omitzero"` // only where Fields asked for it
	Links         Links  `json:"links,omitzero"`

	// V1 is what only the 1.0 API knew; nil for a user of the 2.0 API.
	V1 *V1User `json:"v1,omitzero"`
}

func (*User) evidence(member, value []byte) bool {
	switch string(member) {
	case "uuid", "account_id", "display_name", "nickname", "username":
		return true
	}
	return string(member) == "type" && isText(value, "user", "team", "app_user")
}

func (u *User) identity() string { return u.id() }

// id tells one account from another; it is empty for one that nobody can name any more.
func (u *User) id() string {
	if u.UUID != "" {
		return string(u.UUID)
	}
	return u.AccountID
}

// V1User is a user as the 1.0 API sent it, unchanged. There were two shapes: until 2019 users had
// names, and since then what outlived the 1.0 API identifies them as the 2.0 API does.
type V1User struct {
	Username    string `json:"username"`
	FirstName   string `json:"first_name"`
	LastName    string `json:"last_name"`
	DisplayName string `json:"display_name,omitzero"`
	Avatar      string `json:"avatar"`
	ResourceURI string `json:"resource_uri"`
	IsTeam      *bool  `json:"is_team,omitzero"`  // until 2019 only with credentials
	IsStaff     *bool  `json:"is_staff,omitzero"` // only in later answers

	// Since 2019, in place of the names.
	UUID      string `json:"uuid,omitzero"`
	AccountID string `json:"account_id,omitzero"` // a team has none
	Nickname  string `json:"nickname,omitzero"`
	IsActive  *bool  `json:"is_active,omitzero"` // only of members of groups
}

// A Workspace contains projects and repositories. Only some of the fields are set in workspaces
// that are embedded in other objects, and in those of [WorkspacesService.List].
type Workspace struct {
	Type              string `json:"type"` // workspace, or workspace_base when condensed
	UUID              UUID   `json:"uuid,omitzero"`
	Slug              string `json:"slug,omitzero"`
	Name              string `json:"name,omitzero"`
	IsPrivate         bool   `json:"is_private,omitzero"`
	IsPersonal        bool   `json:"is_personal,omitzero"`
	IsPrivacyEnforced bool   `json:"is_privacy_enforced,omitzero"`
	ForkingMode       string `json:"forking_mode,omitzero"` // allow_forks, internal_only
	CreatedOn         Time   `json:"created_on,omitzero"`
	UpdatedOn         Time   `json:"updated_on,omitzero"`
	Links             Links  `json:"links,omitzero"`
}

func (*Workspace) evidence(member, value []byte) bool {
	switch string(member) {
	case "uuid", "slug":
		return true
	}
	return string(member) == "type" && isText(value, "workspace", "workspace_base")
}

func (w *Workspace) identity() string { return string(w.UUID) }

// A Group is a named set of members of a workspace.
type Group struct {
	Type     string `json:"type"`
	Name     string `json:"name,omitzero"`
	Slug     string `json:"slug,omitzero"`      // where an organization has the groups: a bare UUID
	FullSlug string `json:"full_slug,omitzero"` // workspace:group

	// DefaultPermission is what the group gets on new repositories, and AccountPrivilege what it
	// may do in the workspace: admin or collaborator. Either is nil when Bitbucket sent null, or
	// nothing, which embedded groups come with.
	DefaultPermission *Permission `json:"default_permission,omitzero"`
	AccountPrivilege  *string     `json:"account_privilege,omitzero"`

	EmailForwardingDisabled *bool `json:"email_forwarding_disabled,omitzero"` // nil when not told

	Owner     User      `json:"owner,omitzero"`
	Workspace Workspace `json:"workspace,omitzero"`
	Links     Links     `json:"links,omitzero"` // self leads to the 1.0 API; see package v1
}
