package bitbucket

import "context"

// UsersService calls the endpoints of users and of the current user's e-mail addresses.
type UsersService struct{ core *core }

// Current returns the user that the credential belongs to.
//
// Repository, project and workspace access tokens belong to no user and get [ErrForbidden]; to
// see whether one works, call [WorkspacesService.Get].
//
// GET /2.0/user. Scope: account, or read:user:bitbucket.
func (s *UsersService) Current(ctx context.Context, opts ...CallOption) (*User, error) {
	return getUser(ctx, s.core, at("/2.0/user"), opts)
}

// Get returns the public profile of a user, given by UUID (with or without braces) or by
// Atlassian account ID. User names and nicknames are not accepted: they get [ErrNotFound], as
// do teams.
//
// GET /2.0/users/{selected_user}. Scope: none, or read:user:bitbucket.
func (s *UsersService) Get(ctx context.Context, user string, opts ...CallOption) (*User, error) {
	return getUser(ctx, s.core, at("/2.0/users/{selected_user}", user), opts)
}

// ListEmails returns all e-mail addresses of the current user, including unconfirmed ones.
//
// GET /2.0/user/emails. Scope: email, or read:user:bitbucket.
func (s *UsersService) ListEmails(ctx context.Context, opts ...CallOption) *List[Email] {
	return list[Email](ctx, s.core, at("/2.0/user/emails"), opts)
}

// GetEmail returns one e-mail address of the current user. The error is [ErrNotFound] if the
// address does not belong to the current user.
//
// GET /2.0/user/emails/{email}. Scope: email, or read:user:bitbucket.
func (s *UsersService) GetEmail(
	ctx context.Context, address string, opts ...CallOption,
) (*Email, error) {
	return get[Email](ctx, s.core, at("/2.0/user/emails/{email}", address), opts)
}

// getUser reads a user in whichever shape the server sends it.
func getUser(ctx context.Context, c *core, to endpoint, opts []CallOption) (*User, error) {
	sent, err := get[eitherUser](ctx, c, to, opts)
	if err != nil {
		return nil, err
	}
	return sent.user, nil
}

// eitherUser decodes a user of either API.
type eitherUser struct{ user *User }

func (*eitherUser) evidence(member string, value []byte) bool {
	switch member {
	case "first_name", "last_name", "user": // of the 1.0 API
		return true
	}
	return (*User)(nil).evidence(member, value)
}

func (u *eitherUser) read(body []byte) (unread []Unread, err error) {
	u.user, unread, err = readUser(body)
	return unread, err
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

func (*User) evidence(member string, value []byte) bool {
	switch member {
	case "uuid", "account_id", "display_name", "nickname", "username":
		return true
	}
	return member == "type" && isText(value, "user", "team", "app_user")
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

// An Email is one e-mail address of the current user.
type Email struct {
	Type        string `json:"type"`
	Email       string `json:"email"`
	IsPrimary   bool   `json:"is_primary"`
	IsConfirmed bool   `json:"is_confirmed"`
	Links       Links  `json:"links,omitzero"`
}

func (*Email) evidence(member string, value []byte) bool {
	switch member {
	case "email", "is_primary":
		return true
	}
	return member == "type" && isText(value, "email")
}

func (e *Email) identity() string { return e.Email }
