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

func (*eitherUser) evidence(member, value []byte) bool {
	switch string(member) {
	case "first_name", "last_name", "user": // of the 1.0 API
		return true
	}
	return (*User)(nil).evidence(member, value)
}

func (u *eitherUser) read(body []byte) (unread []Unread, err error) {
	u.user, unread, err = readUser(body)
	return unread, err
}

// An Email is one e-mail address of the current user.
type Email struct {
	Type        string `json:"type"`
	Email       string `json:"email"`
	IsPrimary   bool   `json:"is_primary"`
	IsConfirmed bool   `json:"is_confirmed"`
	Links       Links  `json:"links,omitzero"`
}

func (*Email) evidence(member, value []byte) bool {
	switch string(member) {
	case "email", "is_primary":
		return true
	}
	return string(member) == "type" && isText(value, "email")
}

func (e *Email) identity() string { return e.Email }
