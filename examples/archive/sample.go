package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// The sample is what somebody would have who kept the answers of Bitbucket over the years: of 1.0
// with and without credentials, and of 2.0 after it. Nobody in it is real.

// employee is somebody in the sample. Names change; who has no name then came later, and who has
// none now has left.
type employee struct{ username, then, now string }

func employees() []employee {
	return []employee{
		{"amber-fox", "Amber Fox", "Amber Fox"},
		{"birch-heron", "Birch Heron", "Birch Otter"}, // another name since
		{"cedar-wren", "", "Cedar Wren"},
		{"dale-otter", "Dale Otter", ""},
		{"elm-fox", "elm-fox", "Elm Fox"}, // had no name then
		{"fern-heron", "Fern Heron", "Fern Heron"},
	}
}

// makeSample prints the sample, one body on a line.
func makeSample(w io.Writer) error {
	then, now := servers()
	m := maker{out: w}
	m.asks(then, "", "/1.0/users/amber-fox", "/1.0/users/acme", "/1.0/users/acme/events?limit=3")
	m.asks(then, "amber-fox", "/1.0/users/acme/plan", "/1.0/users/acme", "/1.0/users/acme/followers", "/1.0/users/birch-heron")
	for _, e := range employees() {
		if e.now != "" && e.username != "fern-heron" { // who never signed in, so nothing ties her to 1.0
			m.asks(now, e.username, "/2.0/user")
		}
	}
	m.asks(now, "amber-fox", "/2.0/workspaces/acme/members?pagelen=100")
	return m.err
}

// servers are Bitbucket as it was in 2014, and as it is.
func servers() (then, now *bitbuckettest.Server) {
	then = bitbuckettest.New(bitbuckettest.Legacy(), bitbuckettest.Throttle(0, 0))
	now = bitbuckettest.New(bitbuckettest.Throttle(0, 0))
	then.AddWorkspace(bitbuckettest.Workspace{Slug: "acme", Name: "Acme"})
	now.AddWorkspace(bitbuckettest.Workspace{Slug: "acme", Name: "Acme"})
	for i, e := range employees() {
		created := time.Date(2011+i, time.Month(1+i), 1+i, 9, 30, 0, 0, time.UTC)
		join := func(srv *bitbuckettest.Server, name string) {
			if name == "" {
				return
			}
			srv.AddUser(bitbuckettest.User{Nickname: e.username, DisplayName: name, CreatedOn: created})
			srv.AddMember("acme", bitbuckettest.Member{User: e.username, Role: "member", AddedOn: created})
		}
		join(then, e.then)
		join(now, e.now)
	}
	then.AddMember("acme", bitbuckettest.Member{User: "amber-fox", Role: "owner"})
	made := time.Date(2012, 7, 11, 23, 50, 25, 0, time.UTC)
	then.AddRepository("acme", bitbuckettest.Repository{Slug: "site", Public: true, Size: 1198, CreatedOn: made, UpdatedOn: made.AddDate(2, 0, 0)})
	then.AddWorkspace(bitbuckettest.Workspace{Slug: "amber-fox", Personal: "amber-fox"})
	then.AddRepository("amber-fox", bitbuckettest.Repository{Slug: "dotfiles", Public: true, CreatedOn: made})
	return then, now
}

// A maker prints the answers to calls.
type maker struct {
	out io.Writer
	err error
}

// asks calls paths of a server, as a user or as nobody.
func (m *maker) asks(srv *bitbuckettest.Server, user string, paths ...string) {
	opts := []bitbucket.Option{bitbucket.WithTransport(srv), bitbucket.WithThrottle(throttle.Unlimited)}
	if user != "" {
		token := srv.IssueAPIToken(user)
		opts = append(opts, bitbucket.WithAPIToken(token.Email, token.Token))
	}
	client, err := bitbucket.NewClient(opts...)
	for _, path := range paths {
		var body json.RawMessage
		if err == nil {
			err = client.Do(context.Background(), http.MethodGet, path, nil, &body)
		}
		if err == nil {
			_, err = fmt.Fprintf(m.out, "%s\n", bytes.TrimSpace(body))
		}
	}
	if m.err == nil {
		m.err = err
	}
}
