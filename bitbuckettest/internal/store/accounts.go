package store

import (
	"slices"
	"strings"
	"time"
)

// An Account is what the 1.0 API had under /1.0/users: a user, or a workspace as a team.
type Account struct {
	User *User
	Team *Workspace
}

// Account finds an account of the 1.0 API by its name or by a validated e-mail address. App users
// came with the 2.0 API and are none.
func (s *Store) Account(name string) (Account, bool) {
	lower := strings.ToLower(name)
	if u := s.usernames[lower]; u != nil && u.Type != "app_user" {
		return Account{User: u}, true
	}
	if u := s.addresses[lower]; u != nil && u.Type != "app_user" {
		if slices.ContainsFunc(u.Emails, func(e Email) bool {
			return !e.Unconfirmed && strings.EqualFold(e.Address, name)
		}) {
			return Account{User: u}, true
		}
	}
	if w := s.Workspace(name); w != nil && !isUUID(name) && w.Personal == "" {
		return Account{Team: w}, true
	}
	return Account{}, false
}

// Workspace is where the repositories of an account are, or nil.
func (a Account) Workspace(s *Store) *Workspace {
	if a.Team != nil {
		return a.Team
	}
	if w := s.Workspace(a.User.UUID); w != nil && w.Personal != "" {
		return w
	}
	return nil
}

// Followers are those who share a workspace with an account, since nobody follows anybody in the
// 2.0 API.
func (a Account) Followers(s *Store) []*User {
	var all []*User
	seen := map[*User]bool{a.User: true}
	for _, w := range s.workspaces.all {
		if a.Team != nil && a.Team != w || a.User != nil && w.Member(a.User) == nil {
			continue
		}
		for _, m := range w.members.all {
			if !seen[m.Of] && m.Of.Type != "app_user" {
				seen[m.Of] = true
				all = append(all, m.Of)
			}
		}
	}
	return all
}

// An Event is something that happened to an account, as far as the records tell.
type Event struct {
	Name       string
	At         time.Time
	Repository *Repository // nil for one of people
	File       *File       // of a commit
	By         *User       // nil when the records do not tell
}

// Events are the public events of an account, the newest first: its public repositories were made
// and, when they were updated since, pushed to; their files were committed; and its followers
// began to follow it.
func (a Account) Events(s *Store) []Event {
	var all []Event
	for _, u := range a.Followers(s) {
		all = append(all, Event{Name: "start_follow_user", At: u.CreatedOn, By: u})
	}
	if w := a.Workspace(s); w != nil {
		for _, r := range w.repos.all {
			if r.Public {
				all = append(all, r.events(a.User)...)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Event) int { return b.At.Compare(a.At) })
	return all
}

// events are the events of a repository.
func (r *Repository) events(owner *User) []Event {
	all := []Event{{Name: "create", At: r.CreatedOn, Repository: r, By: owner}}
	for i := range r.files {
		all = append(all, Event{
			Name: "commit", At: r.UpdatedOn, Repository: r, By: owner,
			File: &r.files[i],
		})
	}
	if r.UpdatedOn.After(r.CreatedOn) {
		all = append(all, Event{Name: "pushed", At: r.UpdatedOn, Repository: r, By: owner})
	}
	return all
}
