package v1

import (
	"encoding/json"
	"fmt"

	"github.com/seed-9213fc64/bitbucket"
)

// The Parse functions read stored bodies. A body of another kind is
// [bitbucket.ErrMalformedResponse], and so is a list of which one element is of another kind.

// ParseAccount reads the answer to GET /1.0/users/{accountname} or GET /1.0/user.
func ParseAccount(data []byte) (*Account, error) { return parse(data, (*Account).check) }

// ParseUser reads one user: the flat answer to PUT /1.0/user, or a part of another body, of before
// 2019 or after. See [bitbucket.ParseUser] for a user of either API.
func ParseUser(data []byte) (*User, error) { return parse(data, (*User).check) }

// ParseFollowers reads the answer to GET /1.0/users/{accountname}/followers.
func ParseFollowers(data []byte) (*Followers, error) { return parse(data, (*Followers).check) }

// ParseEvents reads the answer to GET /1.0/users/{accountname}/events.
func ParseEvents(data []byte) (*Events, error) { return parse(data, (*Events).check) }

// ParsePlan reads the answer to GET /1.0/users/{accountname}/plan.
func ParsePlan(data []byte) (*Plan, error) { return parse(data, (*Plan).check) }

// ParseEmails reads the answer to GET /1.0/users/{accountname}/emails.
func ParseEmails(data []byte) ([]Email, error) { return parseList[Email](data) }

// ParsePrivileges reads the answer to GET /1.0/user/privileges.
func ParsePrivileges(data []byte) (*Privileges, error) { return parse(data, (*Privileges).check) }

// ParseCreatedUser reads the answer to POST /1.0/newuser/.
func ParseCreatedUser(data []byte) (*CreatedUser, error) {
	return parse(data, (*CreatedUser).check)
}

// ParseGroups reads the answer to GET /1.0/groups/{workspace_slug}.
func ParseGroups(data []byte) ([]Group, error) { return parseListOf(data, (*Group).check) }

// ParseGroup reads the answer to GET /1.0/groups/{workspace_slug}/{group_slug}.
func ParseGroup(data []byte) (*Group, error) { return parse(data, (*Group).check) }

// ParseGroupMembers reads the answer to GET /1.0/groups/{workspace_slug}/{group_slug}/members.
func ParseGroupMembers(data []byte) ([]User, error) { return parseListOf(data, (*User).check) }

// ParseGroupPrivileges reads the answer to GET /1.0/group-privileges/{workspace_slug}.
func ParseGroupPrivileges(data []byte) ([]GroupPrivilege, error) {
	return parseListOf(data, (*GroupPrivilege).check)
}

// ParseInvitations reads the answer to GET /1.0/invitations/{workspace_slug}, or to that of a
// repository.
func ParseInvitations(data []byte) ([]Invitation, error) {
	return parseListOf(data, (*Invitation).check)
}

// ParseRepositories reads the answer to GET /1.0/user/repositories or GET /1.0/user/follows.
func ParseRepositories(data []byte) ([]Repository, error) { return parseList[Repository](data) }

// ParseDashboard reads the answer to GET /1.0/user/repositories/dashboard.
func ParseDashboard(data []byte) ([]DashboardEntry, error) {
	return parseList[DashboardEntry](data)
}

// parse reads an object and looks whether it is what it should be.
func parse[T any](data []byte, check func(*T) error) (*T, error) {
	out := new(T)
	if err := json.Unmarshal(data, out); err != nil {
		return nil, fmt.Errorf("%w: %w", bitbucket.ErrMalformedResponse, err)
	}
	if err := check(out); err != nil {
		return nil, err
	}
	return out, nil
}

// parseList reads a bare array.
func parseList[T any](data []byte) ([]T, error) {
	list, err := parse(data, isList[T])
	if err != nil {
		return nil, err
	}
	return *list, nil
}

func isList[T any](list *[]T) error {
	if *list == nil {
		return lacks("a list", "its brackets")
	}
	return nil
}

// parseListOf reads a bare array and looks whether each element is what it should be.
func parseListOf[T any](data []byte, check func(*T) error) ([]T, error) {
	list, err := parse(data, isListOf(check))
	if err != nil {
		return nil, err
	}
	return *list, nil
}

func isListOf[T any](check func(*T) error) func(*[]T) error {
	return func(list *[]T) error {
		if err := isList(list); err != nil {
			return err
		}
		for i := range *list {
			if err := check(&(*list)[i]); err != nil {
				return fmt.Errorf("%w (element %d)", err, i)
			}
		}
		return nil
	}
}

func lacks(what, member string) error {
	return fmt.Errorf("%w: %s without %s", bitbucket.ErrMalformedResponse, what, member)
}

func (a *Account) check() error {
	if a.User == nil {
		return lacks("an account", "user")
	}
	return nil
}

func (u *User) check() error {
	if u.Username == "" && u.UUID == "" && u.AccountID == "" {
		return lacks("a user", "username or uuid")
	}
	return nil
}

func (u *CreatedUser) check() error {
	if u.Username == "" {
		return lacks("a created user", "username")
	}
	return nil
}

// check wants the members too: whoever asks for a group must not learn that it has none because
// they could not be read.
func (g *Group) check() error {
	switch {
	case g.Slug == "":
		return lacks("a group", "slug")
	case g.Members == nil:
		return lacks("a group", "members")
	}
	for i := range g.Members {
		if err := g.Members[i].check(); err != nil {
			return err
		}
	}
	return nil
}

func (p *GroupPrivilege) check() error {
	switch {
	case p.Group == nil || p.Group.Slug == "":
		return lacks("a group privilege", "a group with a slug")
	case p.Privilege == "":
		return lacks("a group privilege", "privilege")
	case p.Repo == "":
		return lacks("a group privilege", "repo")
	}
	return nil
}

func (i *Invitation) check() error {
	if i.Email == "" {
		return lacks("an invitation", "email")
	}
	return nil
}

func (f *Followers) check() error {
	if f.Followers == nil {
		return lacks("a list of followers", "followers")
	}
	return nil
}

func (e *Events) check() error {
	if e.Events == nil {
		return lacks("a list of events", "events")
	}
	return nil
}

func (p *Plan) check() error {
	if _, odd := p.Extra["count"]; odd || len(p.forms) == 0 || p.forms[0] != zero {
		return lacks("a plan", "a count")
	}
	return nil
}

func (p *Privileges) check() error {
	if p.Teams == nil {
		return lacks("privileges", "teams")
	}
	return nil
}
