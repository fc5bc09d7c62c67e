package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	gojson "github.com/goccy/go-json"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/throttle"
	"github.com/seed-9213fc64/bitbucket/v1"
)

// A goal is the most that the client may cost, as a multiple of the floor. Zero is no goal.
type goal struct{ cpu, bytes, allocs float64 }

// A contest is a piece of work that several contestants do.
type contest struct {
	name       string
	items      int // that doing it once returns
	times      int // that a round does it
	goroutines int // that do it at once; 0 is one
	goal       goal
	entries    []entry // the first is the floor, the second the client
}

// An entry is how a contestant does the work. It returns how many items it read.
type entry struct {
	name string
	do   func(context.Context) (int, error)
}

const (
	floorName = "net/http + encoding/json"
	oursName  = "bitbucket"
	goccyName = "net/http + goccy/go-json"
)

// contests returns all of them, against a server. The goals stand here and nowhere else.
func contests(base string) ([]contest, error) {
	floor, goccy := newPlain(base, decodeStandard), newPlain(base, decodeGoccy)
	unlimited, err := newClient(base, throttle.Unlimited)
	if err != nil {
		return nil, err
	}
	// It never has to wait, and does all the work of a window that has to.
	window, err := newClient(base, throttle.Window(1000, time.Millisecond))
	if err != nil {
		return nil, err
	}
	others, err := newPeers(base)
	if err != nil {
		return nil, err
	}
	oneUser := goal{cpu: 1.05, bytes: 0.85, allocs: 1.08}
	return []contest{
		{
			name: "one user, no throttle", items: 1, times: 1000, goal: oneUser,
			entries: append([]entry{
				{floorName, plainObject[user](floor, http.MethodGet, "/2.0/user", nil)},
				{oursName, currentUser(unlimited)},
				{goccyName, plainObject[user](goccy, http.MethodGet, "/2.0/user", nil)},
			}, others.user()...),
		},
		{
			name: "one user, a window", items: 1, times: 1000, goal: oneUser,
			entries: []entry{
				{floorName, plainObject[user](floor, http.MethodGet, "/2.0/user", nil)},
				{oursName, currentUser(window)},
			},
		},
		{
			name: "1,000 repository permissions", items: items, times: 10,
			goal: goal{cpu: 0.70, bytes: 0.38, allocs: 0.85},
			entries: append([]entry{
				{floorName, plainList[repositoryPermission](floor, permissionsPath)},
				{oursName, func(ctx context.Context) (int, error) {
					all, err := window.Permissions.ListWorkspaceRepositories(ctx, "acme").Collect()
					return len(all), err
				}},
				{goccyName, plainList[repositoryPermission](goccy, permissionsPath)},
			}, others.permissions()...),
		},
		{
			name: "1,000 members", items: items, times: 10,
			goal: goal{cpu: 0.75, bytes: 0.45, allocs: 0.95},
			entries: append([]entry{
				{floorName, plainList[membership](floor, membersPath)},
				{oursName, func(ctx context.Context) (int, error) {
					all, err := window.Workspaces.ListMembers(ctx, "acme").Collect()
					return len(all), err
				}},
				{goccyName, plainList[membership](goccy, membersPath)},
			}, others.members()...),
		},
		{
			name: "write of a grant", items: 1, times: 1000, goal: goal{cpu: 1.05, allocs: 1.05},
			entries: append([]entry{
				{floorName, plainObject[userPermission](floor, http.MethodPut,
					grantPath+strings.NewReplacer("{", "%7B", "}", "%7D").Replace(uuid(kindUser, 1)), grant{"write"})},
				{oursName, func(ctx context.Context) (int, error) {
					set, err := window.Permissions.OnRepository("acme", "service-0001").
						SetUser(ctx, uuid(kindUser, 1), bitbucket.PermissionWrite)
					if err != nil {
						return 0, err
					}
					return count(set.User.DisplayName), nil
				}},
			}, others.grant()...),
		},
		{
			name: "64 goroutines, a window", items: 1, times: 20, goroutines: 64,
			goal: goal{cpu: 1.00, bytes: 1.0, allocs: 1.10},
			entries: []entry{
				{floorName, plainObject[user](floor, http.MethodGet, "/2.0/user", nil)},
				{oursName, currentUser(window)},
			},
		},
		archiveContest("archive of 1,000 users of 1.0", archiveOf(items, userFrom1), recordsOf[eitherUser]),
		archiveContest("archive of 1,000 accounts of 1.0", archiveOf(items, accountFrom1), recordsOf[account]),
	}, nil
}

func newClient(base string, t throttle.Throttle, opts ...bitbucket.Option) (*bitbucket.Client, error) {
	return bitbucket.NewClient(append(opts, bitbucket.WithBaseURL(base),
		bitbucket.WithAccessToken("token"), bitbucket.WithThrottle(t))...)
}

func currentUser(c *bitbucket.Client) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		u, err := c.Users.Current(ctx)
		if err != nil {
			return 0, err
		}
		return count(u.DisplayName), nil
	}
}

// count is 1 for an object that was read.
func count(name string) int { return min(len(name), 1) }

// named is an object whose reading shows in its name.
type named interface{ display() string }

func (u *user) display() string { return u.DisplayName }

func (p *userPermission) display() string { return p.User.DisplayName }

// plainObject reads one object.
func plainObject[T any, P interface {
	*T
	named
}](p plain, method, path string, in any) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		var out T
		if err := p.send(ctx, method, p.base+path, in, &out); err != nil {
			return 0, err
		}
		return count(P(&out).display()), nil
	}
}

// plainList reads a list in pages as large as the client asks for.
func plainList[T any](p plain, path string) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		all, err := listOf[T](ctx, p, fmt.Sprintf("%s?pagelen=%d", path, perPage))
		return len(all), err
	}
}

// archiveContest reads an archive of the 1.0 API, without a server.
func archiveContest(name, archive string, read func(func(any) error) (int, error)) contest {
	return contest{
		name: name, items: items, times: 20, goal: goal{cpu: 1.05, bytes: 1.2},
		entries: []entry{
			{"encoding/json.Decoder", func(context.Context) (int, error) {
				return read(json.NewDecoder(strings.NewReader(archive)).Decode)
			}},
			{"v1.ReadArchive", func(context.Context) (n int, err error) {
				for record, bad := range v1.ReadArchive(strings.NewReader(archive)) {
					err = errors.Join(err, bad)
					if bad == nil && record.Version == 1 {
						n++
					}
				}
				return n, err
			}},
			{"goccy/go-json.Decoder", func(context.Context) (int, error) {
				return read(gojson.NewDecoder(strings.NewReader(archive)).Decode)
			}},
		},
	}
}
