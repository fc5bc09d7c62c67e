// Package accesstest stands in for Bitbucket in tests of the audit: an API that is made of lists,
// and a small workspace with a case for every rule.
package accesstest

import (
	"context"
	"iter"
	"maps"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
)

// An API answers from lists, by source and place.
type API struct {
	Lists map[string][]access.Item // by source, or by source and place with a space between them
	Fail  map[string]error         // by the same
	Told  map[string]int           // the size that is told; the true one by default
	Size  int                      // items a page; 100 by default
	Asked []string                 // what was asked for, page by page
}

// Pages implements [access.API].
func (a *API) Pages(
	_ context.Context,
	ask access.Ask,
	cursor string,
) iter.Seq2[access.Page, error] {
	return func(yield func(access.Page, error) bool) {
		name := ask.Source
		if ask.Place != "" {
			name += " " + ask.Place
		}
		start := len(cursor) // a cursor is as long as what lies before it
		for {
			a.Asked = append(a.Asked, name)
			if err := a.Fail[name]; err != nil {
				yield(access.Page{}, err)
				return
			}
			page := a.page(a.items(ask, name), name, start)
			if !yield(page, nil) || page.Next == "" {
				return
			}
			start = len(page.Next)
		}
	}
}

// items are those of a list. A list of places that is asked for one of them has no other.
func (a *API) items(ask access.Ask, name string) []access.Item {
	items, own := a.Lists[name]
	if own || ask.Place == "" || ask.Source != access.Repositories && ask.Source != access.Projects {
		return items
	}
	for _, it := range a.Lists[ask.Source] {
		if it.Repository != nil && it.Repository.Slug == ask.Place || it.Project != nil && it.Project.Key == ask.Place {
			items = append(items, it)
		}
	}
	return items
}

func (a *API) page(all []access.Item, name string, start int) access.Page {
	size := a.Size
	if size == 0 {
		size = 100
	}
	page := access.Page{Len: size, Told: new(len(all)), Items: all[start:min(start+size, len(all))]}
	if told, ok := a.Told[name]; ok {
		page.Told = &told
		if told < 0 {
			page.Told = nil
		}
	}
	if start+size < len(all) {
		page.Next = string(make([]byte, start+size))
	}
	return page
}

// Now is the time at which the sample is looked at.
var Now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// ago is a time so many days before Now.
func ago(days int) time.Time { return Now.AddDate(0, 0, -days) }

// Person makes an account with a UUID.
func Person(n byte, name string) *access.Account {
	return &access.Account{
		UUID:      UUID(n),
		AccountID: "557058:" + UUID(n)[1:37],
		Name:      name,
		Nickname:  name,
		Type:      "user",
		TwoStep:   new(true),
	}
}

// UUID makes a UUID of a number.
func UUID(n byte) string {
	const digits = "0123456789abcdef"
	return "{000000" + string([]byte{digits[n>>4], digits[n&15]}) + "-0000-4000-8000-000000000000}"
}

// Member is an item of the list of members.
func Member(who *access.Account, role bitbucket.Permission, seen int) access.Item {
	it := access.Item{User: who, Permission: role, AddedOn: ago(1000)}
	if seen >= 0 {
		it.LastAccessed = ago(seen)
	}
	return it
}

// Holds is an item of a list of effective permissions.
func Holds(who *access.Account, permission bitbucket.Permission, slug string) access.Item {
	return access.Item{
		User:       who,
		Permission: permission,
		Repository: &access.RepositoryFacts{Slug: slug},
	}
}

// Granted is an item of a list of explicit permissions.
func Granted(who *access.Account, permission bitbucket.Permission) access.Item {
	return access.Item{User: who, Permission: permission}
}

func without(a *access.Account, twoStep *bool) *access.Account {
	changed := *a
	changed.TwoStep = twoStep
	return &changed
}

// Sample is a workspace in which every rule finds something, people with names that would harm a
// terminal or a spreadsheet among them.
func Sample() *API {
	ada := Person(1, "Ada")
	bob := without(Person(2, `=HYPERLINK("http://evil.example","Bob")`), new(false))
	cid := Person(3, "Cid")
	dee := without(Person(4, "Dee"), nil)
	eve := Person(5, "\x1b[31mEve\a \u202eeve\u009b2J")
	fay := without(Person(6, "Fay <script>"), new(false))
	gus, ida := Person(7, "Gus"), Person(8, "Ida")
	robot := &access.Account{UUID: UUID(9), Name: "Robot", Type: "app_user"}
	gone := &access.Account{UUID: UUID(10), Name: "Gone", Type: "user"}
	nobody := &access.Account{Name: "Former user", Type: "user"}
	gus.Status = "inactive"
	a := &API{Lists: map[string][]access.Item{
		access.Viewer: {{User: ada}},
		access.TheWorkspace: {
			{Workspace: &access.WorkspaceFacts{Slug: "acme", UUID: UUID(100), Name: "Acme"}},
		},
		access.Role: {{Permission: "owner"}},
		access.Members: {
			Member(ada, "owner", 1), Member(bob, "owner", 100), Member(cid, "member", 2),
			Member(dee, "member", -1), Member(eve, "owner", 3), Member(fay, "member", 4),
			Member(gus, "member", 400), Member(ida, "guru", 5), Member(robot, "member", -1),
			Member(Person(11, "Jo"), "owner", 6),
		},
		access.Repositories: {
			{
				Repository: &access.RepositoryFacts{
					Slug:    "api",
					UUID:    UUID(101),
					Project: "ONE",
					Private: new(true),
				},
			},
			{
				Repository: &access.RepositoryFacts{
					Slug:    "site",
					UUID:    UUID(102),
					Project: "TWO",
					Private: new(false),
				},
			},
			{
				Repository: &access.RepositoryFacts{
					Slug:    "tool",
					UUID:    UUID(103),
					Project: "ONE",
					Private: new(true),
				},
			},
		},
		access.Permissions: {
			Holds(ada, "admin", "api"), Holds(ada, "admin", "site"), Holds(ada, "admin", "tool"),
			Holds(bob, "admin", "api"), Holds(cid, "admin", "api"), Holds(cid, "admin", "site"),
			Holds(dee, "write", "api"), Holds(eve, "admin", "api"), Holds(fay, "read", "api"),
			Holds(gus, "read", "site"), Holds(ida, "super-admin", "site"), Holds(robot, "read", "api"),
			Holds(gone, "write", "site"), Holds(nobody, "read", "site"), Holds(nobody, "read", "api"),
		},
	}}
	a.sampleExtras(ada, cid, fay, gone)
	return a
}

// sampleExtras adds what takes calls besides.
func (a *API) sampleExtras(ada, cid, fay, gone *access.Account) {
	more := map[string][]access.Item{
		access.Projects: {
			{Project: &access.ProjectFacts{Key: "ONE", UUID: UUID(110), Name: "One", Private: new(true)}},
			{Project: &access.ProjectFacts{Key: "TWO", UUID: UUID(111), Name: "Two", Private: new(true)}},
			{
				Project: &access.ProjectFacts{Key: "EMPTY", UUID: UUID(112), Name: "Empty", Private: new(true)},
			},
		},
		access.Groups: {
			{
				Group: &access.GroupFacts{
					Slug:      "admins",
					Name:      "Admins",
					Privilege: new("admin"),
					Members:   []access.Account{*ada},
					Listed:    true,
				},
			},
			{
				Group: &access.GroupFacts{
					Slug:      "devs",
					Name:      "Devs",
					Privilege: new(""),
					Members:   []access.Account{*cid, *fay},
					Listed:    true,
				},
			},
		},
		access.WorkspaceVariables: {
			{Variable: &access.Variable{UUID: UUID(120), Key: "DEPLOY_TOKEN", Secured: false}},
			{Variable: &access.Variable{UUID: UUID(121), Key: "API_KEY", Secured: true}},
			{Variable: &access.Variable{UUID: UUID(122), Key: "REGION", Secured: false}},
			{Variable: &access.Variable{UUID: UUID(123), Key: "AWS_ACCESS_KEY_ID", Secured: false}},
		},
		access.Invitations: {
			{
				Invitation: &access.Invitation{
					Email:      "old@example.com",
					Permission: "write",
					Repository: "api",
					SentOn:     new(ago(31)),
				},
			},
			{
				Invitation: &access.Invitation{
					Email:      "new@example.com",
					Permission: "write",
					SentOn:     new(ago(30)),
				},
			},
			{Invitation: &access.Invitation{Email: "unknown@example.com"}},
		},
		access.ProjectUsers + " EMPTY": {Granted(fay, "admin")},
		access.ProjectGroups + " ONE": {
			{Group: &access.GroupFacts{Slug: "devs"}, Permission: "create-repo"},
		},
		access.RepositoryUsers + " api": {
			Granted(cid, "admin"),
			Granted(fay, "write"),
			Granted(gone, "none"),
		},
		access.RepositoryUsers + " tool": {Granted(gone, "write")},
		access.RepositoryKeys + " api": {
			{
				Key: &access.DeployKey{ID: "1", Label: "reads"},
			}, {Key: &access.DeployKey{ID: "2", Label: "writes", Writes: new(true), LastUsed: new(ago(9))}},
		},
		access.RosterMembers + " ada@example.com cid@example.com gus@example.com": {
			{
				User:  ada,
				Email: "ada@example.com",
			}, {User: cid, Email: "cid@example.com"}, {User: Person(7, "Gus"), Email: "gus@example.com"},
		},
	}
	maps.Copy(a.Lists, more)
}

// Scope reads all of the sample.
func Scope() access.Scope {
	return access.Scope{
		Workspaces: []string{"acme"}, Explicit: true,
		Addresses: []string{"ada@example.com", "cid@example.com", "gus@example.com"},
	}
}

// Read collects a scope of an API.
func Read(ctx context.Context, api access.API, scope access.Scope) (access.Snapshot, error) {
	c := access.NewCollector(api, scope, access.Hooks{})
	err := c.Run(ctx)
	return c.Snapshot(), err
}
