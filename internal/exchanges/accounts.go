package exchanges

import "github.com/seed-9213fc64/bitbucket"

// Paths of the things of Acme, escaped.
const (
	selfPath  = "/2.0/users/%7B11111111-1111-1111-1111-111111111111%7D"
	otherPath = "/2.0/users/" + AccountID
)

func users() []Exchange {
	return []Exchange{{
		Operation: "Users.Current",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return one(c.Users.Current(ctx, opts...))
		},
		Request: "GET /2.0/user", Answer: UserBody, Want: userValue(), Refused: []int{401, 403},
	}, {
		Operation: "Users.Get",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return one(c.Users.Get(ctx, id.Other, opts...))
		},
		Request: "GET " + otherPath, Answer: UserBody, Want: userValue(), Refused: []int{404},
	}, {
		Operation: "Users.ListEmails",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return items(c.Users.ListEmails(ctx, opts...))
		},
		Request: "GET /2.0/user/emails?pagelen=100", Answer: Page(emailBody),
		Want: []bitbucket.Email{emailValue()}, Refused: []int{401, 403},
	}, {
		Operation: "Users.GetEmail",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return one(c.Users.GetEmail(ctx, id.Email, opts...))
		},
		Request: "GET /2.0/user/emails/user@example.com", Answer: emailBody, Want: emailValue(),
		Refused: []int{401, 403, 404},
	}}
}

func workspaces() []Exchange {
	membership := membershipValue()
	return []Exchange{{
		Operation: "Workspaces.List",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return items(c.Workspaces.List(ctx, opts...))
		},
		Options: options{bitbucket.Param("administrator", "true"), bitbucket.Sort("slug")},
		Request: "GET /2.0/user/workspaces?administrator=true&pagelen=100&sort=slug",
		Answer:  Page(accessBody), Want: []bitbucket.WorkspaceAccess{accessValue()},
		Refused: []int{400, 401},
	}, {
		Operation: "Workspaces.Get",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return one(c.Workspaces.Get(ctx, id.Workspace, opts...))
		},
		Request: "GET /2.0/workspaces/acme", Answer: workspaceBody, Want: workspaceValue(),
		Refused: []int{404, 410},
	}, {
		Operation: "Workspaces.Membership",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return one(c.Workspaces.Membership(ctx, id.Workspace, opts...))
		},
		Request: "GET /2.0/user/workspaces/acme/permission", Answer: membershipBody,
		Want: membership, Refused: []int{401, 403},
	}, {
		Operation: "Workspaces.ListMembers",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return items(c.Workspaces.ListMembers(ctx, id.Workspace, opts...))
		},
		Options: options{
			bitbucket.Query(`user.email IN ("a@x","b@x")`), bitbucket.Fields("+values.user.email"),
		},
		Request: "GET /2.0/workspaces/acme/members?fields=%2Bvalues.user.email&pagelen=100" +
			"&q=user.email%20IN%20%28%22a%40x%22%2C%22b%40x%22%29",
		Answer: Page(membershipBody), Want: []bitbucket.WorkspaceMembership{membership},
		Refused: []int{400, 401},
	}, {
		Operation: "Workspaces.GetMember",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return one(c.Workspaces.GetMember(ctx, id.Workspace, id.Other, opts...))
		},
		Request: "GET /2.0/workspaces/acme/members/" + AccountID, Answer: membershipBody,
		Want: membership, Refused: []int{401, 404},
	}, {
		Operation: "GET /2.0/workspaces",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return plain(ctx, c, "/2.0/workspaces", opts)
		},
		Request: "GET /2.0/workspaces", Answer: Page(workspaceBody), Want: pageOf(workspaceBody),
		Refused: []int{401, 410},
	}, {
		Operation: "Workspaces.ListProjects",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return items(c.Workspaces.ListProjects(ctx, id.Workspace, opts...))
		},
		Options: options{bitbucket.Query(`name!="Web"`), bitbucket.Sort("-name")},
		Request: "GET /2.0/workspaces/acme/projects?pagelen=100&q=name%21%3D%22Web%22&sort=-name",
		Answer:  Page(projectBody), Want: []bitbucket.Project{projectValue()},
		Refused: []int{401, 404},
	}, {
		Operation: "Workspaces.GetProject",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return one(c.Workspaces.GetProject(ctx, id.Workspace, id.Project, opts...))
		},
		Request: "GET /2.0/workspaces/acme/projects/PLAT", Answer: projectBody,
		Want: projectValue(), Refused: []int{401, 404},
	}}
}

func repositories() []Exchange {
	return []Exchange{{
		Operation: "Repositories.List",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return items(c.Repositories.List(ctx, id.Workspace, opts...))
		},
		Options: options{bitbucket.Param("role", "admin"), bitbucket.Sort("full_name")},
		Request: "GET /2.0/repositories/acme?pagelen=100&role=admin&sort=full_name",
		Answer:  Page(repositoryBody), Want: []bitbucket.Repository{repositoryValue()},
		Refused: []int{401, 404},
	}, {
		Operation: "Repositories.Get",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return one(c.Repositories.Get(ctx, id.Workspace, id.Repository, opts...))
		},
		Request: "GET /2.0/repositories/acme/widgets", Answer: repositoryBody,
		Want: repositoryValue(), Refused: []int{401, 403, 404},
	}, {
		Operation: "Repositories.ListBranchRestrictions",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return items(c.Repositories.ListBranchRestrictions(ctx, id.Workspace, id.Repository, opts...))
		},
		Request: "GET /2.0/repositories/acme/widgets/branch-restrictions?pagelen=100",
		Answer:  Page(restrictionBody), Want: []bitbucket.BranchRestriction{restrictionValue()},
		Refused: []int{401, 403, 404},
	}, {
		Operation: "GET /2.0/repositories",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return plain(ctx, c, "/2.0/repositories?role=member", opts)
		},
		Request: "GET /2.0/repositories?role=member", Answer: Page(barelyRepository),
		Want: pageOf(barelyRepository), Refused: []int{401, 410},
	}}
}
