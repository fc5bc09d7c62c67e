package v1

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// NewUserService is how accounts were made. It needs no credentials. It is gone from bitbucket.org,
// as [UsersService] is.
type NewUserService struct {
	client *bitbucket.Client
	window *throttle.SlidingWindow // what the server allows here, besides the limits of the client
}

// Create makes an account. The server allows 100 calls in 30 minutes: before any more are sent,
// Create waits, whatever the throttle of the client, and fails at once with a [*throttle.WaitError]
// when the context's deadline comes first. All calls of one [Client] share this window; one that
// certainly never left gives its place back.
//
// POST /1.0/newuser/.
func (s *NewUserService) Create(
	ctx context.Context, user NewUser, opts ...bitbucket.CallOption,
) (created *CreatedUser, err error) {
	form, err := user.form()
	if err != nil {
		return nil, err
	}
	done, err := s.window.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("bitbucket: POST /1.0/newuser/: %w", err)
	}
	sent := true // also when the transport panics
	defer func() { done(sent) }()
	// The slot of the client is taken inside, and last. A retry needs no further place here: what
	// is sent again was refused with 429 or never sent, and the server counted neither.
	created = new(CreatedUser)
	opts = append(slices.Clip(opts), bitbucket.Secret(user.Password))
	if err = s.client.Do(ctx, http.MethodPost, "/1.0/newuser/", form, created, opts...); err != nil {
		e := asError(err)
		sent = e != nil && !e.NeverSent() // any other error is one of before
		return nil, advise(err,
			"accounts are made at id.atlassian.com, and join a workspace by invitation")
	}
	if err = created.check(); err != nil {
		return nil, fmt.Errorf("%w (POST /1.0/newuser/)", err)
	}
	return created, nil
}

// NewUser is an account to be made. Its password is never printed.
type NewUser struct {
	Username string // the name of the account
	Email    string // where the confirmation goes
	Password string // never printed, and never encoded
}

// CreatedUser is an account that was made.
type CreatedUser struct {
	Username string
	Email    string

	Extra map[string]json.RawMessage // members without a field here

	forms []form
}

// form is the account as sent.
func (u NewUser) form() (url.Values, error) {
	switch "" {
	case u.Username:
		return nil, errors.New("bitbucket: NewUser.Username is empty")
	case u.Email:
		return nil, errors.New("bitbucket: NewUser.Email is empty")
	case u.Password:
		return nil, errors.New("bitbucket: NewUser.Password is empty")
	}
	return url.Values{"username": {u.Username}, "email": {u.Email}, "password": {u.Password}}, nil
}

// String describes the account without its password.
func (u NewUser) String() string {
	return fmt.Sprintf("NewUser(%s, %s, [redacted])", u.Username, u.Email)
}

// Format prints [NewUser.String] under every verb: %#v and %d too show no password.
func (u NewUser) Format(s fmt.State, verb rune) {
	if verb == 'v' {
		io.WriteString(s, u.String())
		return
	}
	fmt.Fprintf(s, fmt.FormatString(s, verb), u.String())
}

// LogValue is what slog prints.
func (u NewUser) LogValue() slog.Value { return slog.StringValue(u.String()) }

// MarshalJSON leaves the password out. Create sends it.
func (u NewUser) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"username": u.Username, "email": u.Email})
}

func (u *CreatedUser) layout() layout {
	return layout{&u.Extra, &u.forms, []field{
		{"username", val(&u.Username)}, {"email", val(&u.Email)},
	}}
}

// UnmarshalJSON reads the answer of the server.
func (u *CreatedUser) UnmarshalJSON(data []byte) error {
	*u = CreatedUser{}
	return readObject(data, u.layout(), 0)
}

// MarshalJSON writes the answer as it came.
func (u CreatedUser) MarshalJSON() ([]byte, error) { return writeObject(u.layout()) }
