package v1

import (
	"context"
	"fmt"
	"net/url"
	"reflect"
	"strconv"

	"github.com/seed-9213fc64/bitbucket"
)

// UsersService is accounts: of people and of teams. Without credentials it sees
// what is public. All of it is gone from bitbucket.org, where each call is
// [bitbucket.ErrGone] and names what replaces it: it is for mirrors, and for
// package bitbuckettest with its Legacy option.
type UsersService struct{ client *bitbucket.Client }

// Get returns an account with its repositories. It is given by its name or by a
// validated e-mail address. With credentials the private repositories that the
// caller may see are there too, and is_team is told.
//
// GET /1.0/users/{accountname}.
func (s *UsersService) Get(
	ctx context.Context, nameOrEmail string, opts ...bitbucket.CallOption,
) (*Account, error) {
	return get(ctx, s.client, at("/1.0/users/{accountname}", nameOrEmail), (*Account).check,
		"use Users.Get of package bitbucket with the UUID or the account ID, "+
			"and Repositories.List for the repositories", opts)
}

// Current returns the account of the credential, with its repositories.
//
// GET /1.0/user.
func (s *UsersService) Current(
	ctx context.Context, opts ...bitbucket.CallOption,
) (*Account, error) {
	return get(ctx, s.client, endpoint{path: "/1.0/user"}, (*Account).check,
		"use Users.Current of package bitbucket", opts)
}

// Plan returns how many users the plan of an account counts. It needs credentials.
//
// GET /1.0/users/{accountname}/plan.
func (s *UsersService) Plan(
	ctx context.Context, name string, opts ...bitbucket.CallOption,
) (*Plan, error) {
	return get(ctx, s.client, at("/1.0/users/{accountname}/plan", name), (*Plan).check,
		"nothing replaces the plan of an account", opts)
}

// Followers returns the accounts that follow an account.
//
// GET /1.0/users/{accountname}/followers.
func (s *UsersService) Followers(
	ctx context.Context, name string, opts ...bitbucket.CallOption,
) (*Followers, error) {
	return get(ctx, s.client, at("/1.0/users/{accountname}/followers", name), (*Followers).check,
		"nothing replaces the followers of an account", opts)
}

// maxEvents is the most events that a page holds.
const maxEvents = 50

// An EventsQuery selects events. The zero value selects all of them.
type EventsQuery struct {
	Type  EventName // only events of this name
	Start int       // how many of the newest events to skip
	Limit int       // events on a page, at most 50; 0 means 50, which takes the fewest calls
}

// Events lists the public events of an account, the newest first. Events of private repositories
// are not shown. The list takes the place of the options that page the lists of the 2.0 API:
// [bitbucket.Page.Next] is the number to put into Start, and [bitbucket.PageLen], [bitbucket.From]
// and [bitbucket.Prefetch] do nothing here. An event that happens during a walk moves the others
// down by one, so the last event of a page may come again as the first one of the next. A server
// that ignores start, and sends the same page again, ends the list with [bitbucket.ErrPageLoop].
//
// GET /1.0/users/{accountname}/events.
func (s *UsersService) Events(
	ctx context.Context, name string, q EventsQuery, opts ...bitbucket.CallOption,
) *bitbucket.List[Event] {
	return bitbucket.NewList(func(yield func(*bitbucket.Page[Event], error) bool) {
		limit, err := q.limit()
		if err != nil {
			yield(nil, err)
			return
		}
		var loop loop
		for start := q.Start; ; {
			page, next, err := s.eventsPage(ctx, name, q.Type, start, limit, opts)
			if err == nil {
				err = loop.check(page.Values, start)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(page, nil) || next == 0 {
				return
			}
			start = next
		}
	})
}

// A loop is what a walk through events remembers, to see that it stands still.
type loop struct {
	last    []Event
	repeats int // how often the last page came again
}

// check is an error when a page is the one before it. A page of one event may come twice, since an
// event that happened in between moves it down.
func (l *loop) check(events []Event, start int) error {
	if len(events) > 0 && reflect.DeepEqual(events, l.last) {
		l.repeats++
	} else {
		l.repeats = 0
	}
	l.last = events
	if l.repeats*len(events) > 1 {
		return fmt.Errorf("%w: the events from %d on are those of the page before: "+
			"the server ignores start", bitbucket.ErrPageLoop, start)
	}
	return nil
}

// limit checks the query and returns how many events a page holds.
func (q EventsQuery) limit() (int, error) {
	switch {
	case q.Start < 0:
		return 0, fmt.Errorf("bitbucket: EventsQuery.Start is %d: it counts events from 0", q.Start)
	case q.Limit < 0 || q.Limit > maxEvents:
		return 0, fmt.Errorf("bitbucket: EventsQuery.Limit is %d: a page holds from 1 to %d events",
			q.Limit, maxEvents)
	case q.Limit == 0:
		return maxEvents, nil
	}
	return q.Limit, nil
}

// eventsPage gets one page, and where the next one starts: 0 after the last one.
func (s *UsersService) eventsPage(
	ctx context.Context, name string, of EventName, start, limit int, opts []bitbucket.CallOption,
) (*bitbucket.Page[Event], int, error) {
	to := at("/1.0/users/{accountname}/events", name)
	query := url.Values{"start": {strconv.Itoa(start)}, "limit": {strconv.Itoa(limit)}}
	if of != "" {
		query.Set("type", string(of))
	}
	to.path += "?" + query.Encode()
	events, err := get(ctx, s.client, to, (*Events).check,
		"nothing replaces the events of an account", opts)
	if err != nil {
		return nil, 0, err
	}
	page := &bitbucket.Page[Event]{Values: events.Events, PageLen: limit}
	if events.Count > 0 || len(events.Events) == 0 {
		page.SetTotal(events.Count)
	}
	if start > 0 {
		page.Previous = strconv.Itoa(max(0, start-limit))
	}
	next := start + len(events.Events)
	if total, known := page.Total(); len(events.Events) == 0 || known && next >= total {
		return page, 0, nil
	}
	page.Next = strconv.Itoa(next)
	return page, next, nil
}

// Emails returns the e-mail addresses of an account. It needs the credentials of
// the account.
//
// GET /1.0/users/{accountname}/emails.
func (s *UsersService) Emails(
	ctx context.Context, name string, opts ...bitbucket.CallOption,
) ([]Email, error) {
	emails, err := get(ctx, s.client, at("/1.0/users/{accountname}/emails", name), isList[Email],
		"use Users.ListEmails of package bitbucket", opts)
	if err != nil {
		return nil, err
	}
	return *emails, nil
}

// Privileges returns what the current user may do in teams.
//
// GET /1.0/user/privileges.
func (s *UsersService) Privileges(
	ctx context.Context, opts ...bitbucket.CallOption,
) (*Privileges, error) {
	return get(ctx, s.client, endpoint{path: "/1.0/user/privileges"}, (*Privileges).check,
		"use Workspaces.List of package bitbucket, "+
			"and Workspaces.Membership for the role in one of them", opts)
}
