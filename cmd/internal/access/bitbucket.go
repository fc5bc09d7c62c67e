package access

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bbql"
	"github.com/seed-9213fc64/bitbucket/v1"
)

// Bitbucket reads from a client, so many pages of a list at a time.
func Bitbucket(client *bitbucket.Client, parallel int) API {
	return &live{client, v1.NewClient(client), parallel}
}

type live struct {
	client   *bitbucket.Client
	old      *v1.Client // what outlived the 1.0 API
	parallel int        // pages
}

// Pages asks the endpoint of a source.
func (l *live) Pages(ctx context.Context, ask Ask, cursor string) iter.Seq2[Page, error] {
	opts := []bitbucket.CallOption{bitbucket.From(cursor), bitbucket.Parallel(l.parallel)}
	if ask.size > 0 {
		opts = append(opts, bitbucket.PageLen(ask.size))
	}
	switch ask.Source {
	case Viewer, TheWorkspace, Role:
		return one(func() (Item, error) { return l.single(ctx, ask) })
	case Members, RosterMembers:
		return l.members(ctx, ask, opts)
	case Permissions, RepoPermissions:
		return l.permissions(ctx, ask, opts)
	case Repositories, Projects:
		return l.places(ctx, ask, opts)
	case ProjectUsers, ProjectGroups, RepositoryUsers, RepositoryGroups:
		return l.grants(ctx, ask, opts)
	}
	return l.belongings(ctx, ask, opts)
}

// single reads what is one object.
func (l *live) single(ctx context.Context, ask Ask) (Item, error) {
	switch ask.Source {
	case Viewer:
		user, err := l.client.Users.Current(ctx)
		if err != nil {
			return Item{}, err
		}
		return Item{User: account(*user)}, nil
	case Role:
		m, err := l.client.Workspaces.Membership(ctx, ask.at())
		if err != nil {
			return Item{}, err
		}
		return Item{Permission: m.Permission}, nil
	}
	w, err := l.client.Workspaces.Get(ctx, ask.at())
	if err != nil {
		return Item{}, err
	}
	return Item{
		Workspace: &WorkspaceFacts{Slug: w.Slug, UUID: canonicalID(string(w.UUID)), Name: w.Name},
	}, nil
}

// members reads the members with their roles, or those whom a batch of addresses belongs to.
func (l *live) members(
	ctx context.Context,
	ask Ask,
	opts []bitbucket.CallOption,
) iter.Seq2[Page, error] {
	list := l.client.Permissions.ListWorkspaceMembers
	if ask.Source == RosterMembers {
		list = l.client.Workspaces.ListMembers
		addresses := strings.Fields(ask.Place)
		opts = append(opts, bitbucket.Fields("+values.user.email"),
			bitbucket.Query(bbql.In("user.email", addresses...).String()))
	} else {
		// Bitbucket leaves these out of a list unless asked, and shows the first one to administrators.
		opts = append(opts, bitbucket.Fields("+values.user.has_2fa_enabled", "+values.user.account_status"))
	}
	return kept(list(ctx, ask.at(), opts...), func(m bitbucket.WorkspaceMembership) Item {
		return Item{
			User: account(m.User), Permission: m.Permission, Email: m.User.Email,
			LastAccessed: m.LastAccessed.Time, AddedOn: m.AddedOn.Time,
		}
	})
}

// permissions reads effective permissions, of the whole workspace or of one repository.
func (l *live) permissions(
	ctx context.Context,
	ask Ask,
	opts []bitbucket.CallOption,
) iter.Seq2[Page, error] {
	opts = append(
		opts,
		bitbucket.Fields("-values.user.links", "-values.repository.links"),
	) // most of the answer
	list := l.client.Permissions.ListWorkspaceRepositories(ctx, ask.at(), opts...)
	if ask.Source == RepoPermissions {
		list = l.client.Permissions.ListRepositoryUsers(ctx, ask.at(), ask.Place, opts...)
	}
	return kept(list, func(p bitbucket.RepositoryPermission) Item {
		return Item{
			User: account(p.User), Permission: p.Permission,
			Repository: &RepositoryFacts{
				Slug: p.Repository.Slug, UUID: canonicalID(string(p.Repository.UUID)), Name: p.Repository.Name,
			},
		}
	})
}

// grants reads explicit permissions.
func (l *live) grants(
	ctx context.Context,
	ask Ask,
	opts []bitbucket.CallOption,
) iter.Seq2[Page, error] {
	config := l.client.Permissions.OnRepository(ask.at(), ask.Place)
	if ask.Source == ProjectUsers || ask.Source == ProjectGroups {
		config = l.client.Permissions.OnProject(ask.at(), ask.Place)
	}
	if ask.Source == ProjectUsers || ask.Source == RepositoryUsers {
		return kept(config.ListUsers(ctx, opts...), func(p bitbucket.UserPermission) Item {
			return Item{User: account(p.User), Permission: p.Permission}
		})
	}
	return kept(config.ListGroups(ctx, opts...), func(p bitbucket.GroupPermission) Item {
		return Item{
			Group: &GroupFacts{
				Slug:      p.Group.Slug,
				Name:      p.Group.Name,
				Privilege: p.Group.AccountPrivilege,
			},
			Permission: p.Permission,
		}
	})
}

// wireRepository is a repository as its list sends it. In place of [bitbucket.Repository] it tells
// a repository that is public from one of which nobody said whether it is.
type wireRepository struct {
	UUID      bitbucket.UUID `json:"uuid"`
	FullName  string         `json:"full_name"`
	Name      string         `json:"name"`
	IsPrivate *bool          `json:"is_private"`
	Project   struct {
		Key string `json:"key"`
	} `json:"project"`
}

// wireProject is a project as its list sends it, in the same way.
type wireProject struct {
	UUID      bitbucket.UUID `json:"uuid"`
	Key       string         `json:"key"`
	Name      string         `json:"name"`
	IsPrivate *bool          `json:"is_private"`
}

// places reads repositories or projects.
func (l *live) places(
	ctx context.Context,
	ask Ask,
	opts []bitbucket.CallOption,
) iter.Seq2[Page, error] {
	if ask.Source == Projects {
		opts = append(
			opts,
			bitbucket.Fields("values.uuid", "values.key", "values.name", "values.is_private"),
		)
		return kept(
			at[wireProject](ctx, l, "/2.0/workspaces/%s/projects", ask, opts),
			func(p wireProject) Item {
				return Item{Project: &ProjectFacts{
					Key: p.Key, UUID: canonicalID(string(p.UUID)), Name: p.Name, Private: p.IsPrivate,
				}}
			},
		)
	}
	opts = append(
		opts,
		bitbucket.Query(narrowing(ask.scope)),
		bitbucket.Fields("values.uuid", "values.full_name",
			"values.name", "values.is_private", "values.project.key"),
	)
	return kept(
		at[wireRepository](ctx, l, "/2.0/repositories/%s", ask, opts),
		func(r wireRepository) Item {
			return Item{Repository: &RepositoryFacts{
				Slug: slugOf(r.FullName), UUID: canonicalID(string(r.UUID)), Name: r.Name,
				Project: r.Project.Key, Private: r.IsPrivate,
			}}
		},
	)
}

// narrowing selects the repositories of a scope.
func narrowing(scope *Scope) string {
	if scope == nil || !scope.narrow() {
		return ""
	}
	var any []bbql.Expr
	for _, slug := range scope.Repositories {
		any = append(any, bbql.Eq("slug", slug))
	}
	for _, key := range scope.Projects {
		any = append(any, bbql.Eq("project.key", key))
	}
	if scope.uuid != "" {
		any = append(any, bbql.Eq("uuid", scope.uuid))
	}
	return bbql.Or(any[0], any[1:]...).String()
}

// at lists an endpoint without a method of its own.
func at[T any](
	ctx context.Context,
	l *live,
	path string,
	ask Ask,
	opts []bitbucket.CallOption,
) *bitbucket.List[T] {
	escaped := []any{url.PathEscape(ask.at())}
	if strings.Count(path, "%s") > 1 {
		escaped = append(escaped, url.PathEscape(ask.Place))
	}
	return bitbucket.ListAt[T](ctx, l.client, fmt.Sprintf(path, escaped...), opts...)
}

// slugOf takes the workspace off the full name of a repository.
func slugOf(fullName string) string { return fullName[strings.LastIndex(fullName, "/")+1:] }

// canonicalID writes an identifier in one way, so that it is one key.
func canonicalID(uuid string) string { return strings.ToLower(uuid) }

func account(u bitbucket.User) *Account {
	return &Account{
		UUID: canonicalID(
			string(u.UUID),
		), AccountID: u.AccountID, Name: u.DisplayName, Nickname: u.Nickname,
		Type: u.Type, Status: u.AccountStatus, TwoStep: u.Has2FAEnabled,
	}
}

// one is a page with one item, where an endpoint has no list.
func one(get func() (Item, error)) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		item, err := get()
		if err != nil {
			yield(Page{}, err)
			return
		}
		yield(Page{Items: []Item{item}, Told: new(1)}, nil)
	}
}

// kept turns the pages of a list into what is kept of them.
func kept[T any](list *bitbucket.List[T], keep func(T) Item) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		for got, err := range list.Pages() {
			if err != nil {
				yield(Page{}, err)
				return
			}
			page := Page{Next: got.Next, Len: got.PageLen, Items: make([]Item, 0, len(got.Values))}
			if total, ok := got.Total(); ok {
				page.Told = &total
			}
			for _, v := range got.Values {
				page.Items = append(page.Items, keep(v))
			}
			if !yield(page, nil) {
				return
			}
		}
	}
}

// timeOf is nil for a time that was not told.
func timeOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
