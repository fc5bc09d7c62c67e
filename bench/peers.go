package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/digitalocean/godo"
	"github.com/google/go-github/v84/github"
	gobitbucket "github.com/ktrysmt/go-bitbucket"
	gitlab "gitlab.com/gitlab-org/api/client-go/v2"
)

// otherModules are those of the other contestants, as go.mod spells them.
var otherModules = []string{
	"github.com/digitalocean/godo",
	"github.com/goccy/go-json",
	"github.com/google/go-github/v84",
	"github.com/ktrysmt/go-bitbucket",
	"gitlab.com/gitlab-org/api/client-go/v2",
}

// peers are clients by others, as their users get them, without a limit of calls.
type peers struct {
	goBitbucket *gobitbucket.Client
	gitLab      *gitlab.Client
	gitHub      *github.Client
	godo        *godo.Client
}

func newPeers(base string) (p peers, err error) {
	if p.goBitbucket, err = gobitbucket.NewOAuthbearerTokenWithBaseUrlStr("token", base+"/2.0"); err != nil {
		return p, err
	}
	p.goBitbucket.Pagelen = perPage
	if p.gitLab, err = gitlab.NewClient("token", gitlab.WithBaseURL(base)); err != nil {
		return p, err
	}
	p.gitHub = github.NewClient(nil).WithAuthToken("token")
	if p.gitHub.BaseURL, err = url.Parse(base + "/github/"); err != nil {
		return p, err
	}
	p.godo, err = godo.New(http.DefaultClient, godo.SetBaseURL(base+"/"))
	return p, err
}

// user reads the signed-in user with each.
func (p peers) user() []entry {
	return []entry{
		{"go-bitbucket", func(context.Context) (int, error) {
			u, err := p.goBitbucket.User.Profile()
			if err != nil {
				return 0, err
			}
			return count(u.DisplayName), nil
		}},
		{"GitLab client-go", func(ctx context.Context) (int, error) {
			u, _, err := p.gitLab.Users.CurrentUser(gitlab.WithContext(ctx))
			if err != nil {
				return 0, err
			}
			return count(u.Name), nil
		}},
		{"go-github", func(ctx context.Context) (int, error) {
			u, _, err := p.gitHub.Users.Get(ctx, "")
			return count(u.GetName()), err
		}},
		{"godo", func(ctx context.Context) (int, error) {
			a, _, err := p.godo.Account.Get(ctx)
			if err != nil {
				return 0, err
			}
			return count(a.Name), nil
		}},
	}
}

// members reads the list that each has of people; godo's is one of projects.
func (p peers) members() []entry {
	return []entry{
		{"go-bitbucket", func(context.Context) (int, error) {
			all, err := p.goBitbucket.Workspaces.Members("acme")
			if err != nil {
				return 0, err
			}
			return len(all.Members), nil
		}},
		{"GitLab client-go", gitLabList(func(o gitlab.ListOptions, ctx gitlab.RequestOptionFunc) (
			[]*gitlab.ProjectMember, *gitlab.Response, error,
		) {
			return p.gitLab.ProjectMembers.ListAllProjectMembers(1, &gitlab.ListProjectMembersOptions{ListOptions: o}, ctx)
		})},
		{"go-github", gitHubList(func(ctx context.Context, o github.ListOptions) (
			[]*github.User, *github.Response, error,
		) {
			return p.gitHub.Organizations.ListMembers(ctx, "acme", &github.ListMembersOptions{ListOptions: o})
		})},
		{"godo", godoList(p.godo.Projects.List)},
	}
}

// permissions reads the list that each has of objects in objects: grants with users and repositories,
// projects and repositories with owners, droplets with images.
func (p peers) permissions() []entry {
	return []entry{
		{"go-bitbucket", func(context.Context) (int, error) {
			all, err := p.goBitbucket.Repositories.Repository.ListUserPermissions(
				&gobitbucket.RepositoryOptions{Owner: "acme", RepoSlug: "service-0001"})
			if err != nil {
				return 0, err
			}
			return len(all.UserPermissions), nil
		}},
		{"GitLab client-go", gitLabList(func(o gitlab.ListOptions, ctx gitlab.RequestOptionFunc) (
			[]*gitlab.Project, *gitlab.Response, error,
		) {
			return p.gitLab.Projects.ListProjects(&gitlab.ListProjectsOptions{ListOptions: o}, ctx)
		})},
		{"go-github", gitHubList(func(ctx context.Context, o github.ListOptions) (
			[]*github.Repository, *github.Response, error,
		) {
			return p.gitHub.Repositories.ListByOrg(ctx, "acme", &github.RepositoryListByOrgOptions{ListOptions: o})
		})},
		{"godo", godoList(p.godo.Droplets.List)},
	}
}

// grant writes a grant with the one that has such a call.
func (p peers) grant() []entry {
	return []entry{{"go-bitbucket", func(context.Context) (int, error) {
		set, err := p.goBitbucket.Repositories.Repository.SetUserPermissions(
			&gobitbucket.RepositoryUserPermissionsOptions{
				Owner: "acme", RepoSlug: "service-0001",
				User: uuid(kindUser, 1), Permission: "write",
			})
		if err != nil {
			return 0, err
		}
		return count(set.User.DisplayName), nil
	}}}
}

// gitLabList reads all pages, as its documentation does it.
func gitLabList[T any](
	page func(gitlab.ListOptions, gitlab.RequestOptionFunc) ([]T, *gitlab.Response, error),
) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		var all []T
		options := gitlab.ListOptions{PerPage: perPage, Page: 1}
		for {
			some, resp, err := page(options, gitlab.WithContext(ctx))
			if err != nil {
				return 0, err
			}
			all = append(all, some...)
			if resp.NextPage == 0 {
				return len(all), nil
			}
			options.Page = resp.NextPage
		}
	}
}

func gitHubList[T any](
	page func(context.Context, github.ListOptions) ([]T, *github.Response, error),
) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		var all []T
		options := github.ListOptions{PerPage: perPage}
		for {
			some, resp, err := page(ctx, options)
			if err != nil {
				return 0, err
			}
			all = append(all, some...)
			if resp.NextPage == 0 {
				return len(all), nil
			}
			options.Page = resp.NextPage
		}
	}
}

func godoList[T any](
	page func(context.Context, *godo.ListOptions) ([]T, *godo.Response, error),
) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		var all []T
		options := godo.ListOptions{Page: 1, PerPage: perPage}
		for {
			some, resp, err := page(ctx, &options)
			if err != nil {
				return 0, err
			}
			all = append(all, some...)
			if resp.Links == nil || resp.Links.IsLastPage() {
				return len(all), nil
			}
			current, err := resp.Links.CurrentPage()
			if err != nil {
				return 0, fmt.Errorf("godo: %w", err)
			}
			options.Page = current + 1
		}
	}
}
