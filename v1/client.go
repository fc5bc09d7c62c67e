package v1

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// A Client calls the 1.0 API. Make one with [NewClient] and share it: it is safe for concurrent
// use.
type Client struct {
	// Groups, GroupPrivileges and Invitations are what bitbucket.org still answers.
	Groups          *GroupsService
	GroupPrivileges *GroupPrivilegesService
	Invitations     *InvitationsService

	// Users and NewUser are gone from bitbucket.org, and answer where a server still has them.
	Users   *UsersService
	NewUser *NewUserService
}

// NewClient returns a client for the 1.0 API of the server that c calls. It shares the credentials,
// the throttle and the retries of c. Nothing is sent.
func NewClient(c *bitbucket.Client) *Client {
	return &Client{
		Groups:          &GroupsService{client: c},
		GroupPrivileges: &GroupPrivilegesService{client: c},
		Invitations:     &InvitationsService{client: c},

		Users:   &UsersService{client: c},
		NewUser: &NewUserService{client: c, window: throttle.Window(100, 30*time.Minute)},
	}
}

// get calls an endpoint that answers with a T, which check looks at. advice says what to use
// instead when the endpoint is gone.
func get[T any](ctx context.Context, c *bitbucket.Client, to endpoint, check func(*T) error,
	advice string, opts []bitbucket.CallOption,
) (*T, error) {
	if to.err != nil {
		return nil, to.err
	}
	out := new(T)
	if err := c.Do(ctx, http.MethodGet, to.path, nil, out, opts...); err != nil {
		return nil, advise(err, advice)
	}
	if err := check(out); err != nil {
		return nil, fmt.Errorf("%w (GET %s)", err, to.path)
	}
	return out, nil
}

// advise completes the error of an endpoint that is gone.
func advise(err error, advice string) error {
	if e := asError(err); e != nil && e.StatusCode == http.StatusGone && advice != "" {
		e.Hint = "the 1.0 API ended in 2019: " + advice
	}
	return err
}

// asError returns the refusal that an error is, or nil.
func asError(err error) *bitbucket.Error {
	e, _ := errors.AsType[*bitbucket.Error](err)
	return e
}
