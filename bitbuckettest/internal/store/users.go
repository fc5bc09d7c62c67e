package store

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// AddUser adds an account, and fills in what was left out.
func (s *Store) AddUser(u UserData) (*User, error) {
	u.Type = cmp.Or(u.Type, "user")
	plain := strings.ToLower(strings.Join(strings.Fields(u.Nickname), ""))
	u.Username = cmp.Or(u.Username, plain)
	u.Nickname = cmp.Or(u.Nickname, u.Username)
	if u.Nickname == "" {
		return nil, errors.New("a user needs a nickname")
	}
	u.DisplayName = cmp.Or(u.DisplayName, u.Nickname)
	u.UUID = cmp.Or(u.UUID, madeUUID("user", u.Username))
	u.AccountID = cmp.Or(u.AccountID, "557058:"+strings.Trim(madeUUID("account", u.Username), "{}"))
	u.Status = cmp.Or(u.Status, "active")
	u.CreatedOn = orDefault(u.CreatedOn)
	u.Emails = slices.Clone(u.Emails)
	if len(u.Emails) == 0 && u.Type == "user" {
		u.Emails = []Email{{Address: u.Username + "@example.com"}}
	}
	if len(u.Emails) > 0 && !slices.ContainsFunc(u.Emails, func(e Email) bool { return e.Primary }) {
		u.Emails[0].Primary = true
	}
	if s.User(u.UUID) != nil || s.User(u.AccountID) != nil {
		return nil, fmt.Errorf("user %s is there already", u.Nickname)
	}
	added := &User{UserData: u, place: len(s.users.all), properties: map[string]*Property{}, store: s}
	s.users.add(added, u.UUID, u.AccountID)
	s.name(added)
	s.wrote()
	return added, nil
}

// name puts a user into the indexes of names and addresses. The first of a name keeps it.
func (s *Store) name(u *User) {
	keep := func(names map[string]*User, name string) {
		if names[name] == nil {
			names[name] = u
		}
	}
	keep(s.usernames, strings.ToLower(u.Username))
	keep(s.nicknames, u.Nickname)
	for _, e := range u.Emails {
		keep(s.addresses, strings.ToLower(e.Address))
	}
}

// AddEmail adds an address to a user.
func (u *User) AddEmail(e Email) {
	if e.Primary {
		for i := range u.Emails {
			u.Emails[i].Primary = false
		}
	}
	u.Emails = append(u.Emails, e)
	u.store.name(u)
	u.store.wrote()
}

// Primary is the address that a user signs in with, or "".
func (u *User) Primary() string {
	for _, e := range u.Emails {
		if e.Primary {
			return e.Address
		}
	}
	return ""
}

// Known is the primary address of a user once it is confirmed.
func (u *User) Known() string {
	for _, e := range u.Emails {
		if e.Primary && !e.Unconfirmed {
			return e.Address
		}
	}
	return ""
}

// User finds an account as the paths of the API name it: by UUID with braces or by account ID.
func (s *Store) User(id string) *User {
	u := s.users.find(id)
	if u != nil && !isUUID(id) && u.AccountID != id {
		return nil // account IDs have case
	}
	return u
}

// UserOrName also takes a user name, as the explicit permissions do.
func (s *Store) UserOrName(id string) *User {
	if u := s.User(id); u != nil {
		return u
	}
	if u := s.usernames[strings.ToLower(id)]; u != nil && u.Username == id {
		return u
	}
	return nil
}

// Anybody also takes a nickname, as whoever sets a server up does.
func (s *Store) Anybody(id string) (*User, error) {
	if u := cmp.Or(s.UserOrName(id), s.nicknames[id]); u != nil {
		return u, nil
	}
	return nil, errors.New("no user " + id)
}

// Property is an application property of a user, nil when there is none.
func (u *User) Property(appKey, name string) *Property { return u.properties[appKey+"/"+name] }

// SetProperty writes an application property; nil removes it.
func (u *User) SetProperty(appKey, name string, p *Property) {
	u.store.wrote()
	if p == nil {
		delete(u.properties, appKey+"/"+name)
		return
	}
	u.properties[appKey+"/"+name] = p
}

// Has reports whether a property carries an attribute: "public" or "read_only".
func (p *Property) Has(attribute string) bool {
	var doc struct {
		Attributes []string `json:"_attributes"`
	}
	return json.Unmarshal(p.Value, &doc) == nil && slices.Contains(doc.Attributes, attribute)
}

// OwnedBy reports whether an app wrote the property.
func (p *Property) OwnedBy(consumer string) bool { return p.Writer == "" || p.Writer == consumer }

// ReadableBy reports whether an app may read the property: its own, or a public one.
func (p *Property) ReadableBy(consumer string) bool {
	return p.OwnedBy(consumer) ||
		p.Has("public")
}

// WritableBy reports whether an app may change the property: its own, or one that is public and
// not read_only.
func (p *Property) WritableBy(consumer string) bool {
	return p.OwnedBy(consumer) || p.Has("public") && !p.Has("read_only")
}
