package exchanges

import "github.com/seed-9213fc64/bitbucket"

// condensedRepository is a repository inside of other objects.
const condensedRepository = `{"type":"repository","uuid":"{44444444-4444-4444-4444-444444444444}",
	"name":"widgets","full_name":"acme/widgets","links":{
	"self":{"href":"https://api.bitbucket.org/2.0/repositories/acme/widgets"},
	"html":{"href":"https://bitbucket.org/acme/widgets"},
	"avatar":{"href":"https://bytebucket.example/ravatar?ts=go"}}}`

func condensedRepositoryValue() bitbucket.Repository {
	r := barelyRepositoryValue()
	r.Links.HTML = bitbucket.Link{Href: "https://bitbucket.org/acme/widgets"}
	r.Links.Avatar = bitbucket.Link{Href: "https://bytebucket.example/ravatar?ts=go"}
	return r
}

const (
	grantOfUser  = "repositories/acme/widgets/permissions-config/users/" + AccountID
	grantOfGroup = "repositories/acme/widgets/permissions-config/groups/developers"
	onProject    = "workspaces/acme/projects/PLAT/permissions-config/"
)

// granted is an explicit grant, of whoever holds it.
func granted(typ, permission, holder, self string) string {
	return `{"type":"` + typ + `","permission":"` + permission + `",` + holder + `,
		"links":{"self":{"href":"https://api.bitbucket.org/2.0/` + self + `"}}}`
}

func recordedPermissions() []Recorded {
	return append(recordedEffective(), recordedGrants()...)
}

func recordedEffective() []Recorded {
	permission := func(p bitbucket.Permission) bitbucket.RepositoryPermission {
		return bitbucket.RepositoryPermission{
			Type: "repository_permission", Permission: p,
			User: condensedUserValue(), Repository: condensedRepositoryValue(),
		}
	}
	body := func(permission string) string {
		return `{"type":"repository_permission","permission":"` + permission + `",
			"user":` + condensedUser + `,"repository":` + condensedRepository + `}`
	}
	return []Recorded{{
		Name: "repository permissions of 2021, without size", Source: codecov2021, Year: 2021,
		Kind: Paged, Type: "repository_permission", Operation: "Permissions.ListRepositories",
		Body: `{"pagelen":10,"values":[` + body("write") + `,` + body("read") + `],"page":1}`,
		Want: []bitbucket.RepositoryPermission{permission("write"), permission("read")},
	}, {
		Name: "repository permissions of 2026", Source: documented, Year: 2026,
		Kind: Paged, Type: "repository_permission", Operation: "Permissions.ListMine",
		Body: `{"pagelen":10,"page":1,"values":[` + body("admin") + `]}`,
		Want: []bitbucket.RepositoryPermission{permission("admin")},
	}, {
		Name: "repository permissions of a workspace", Source: documented, Year: 2026,
		Kind: Paged, Type: "repository_permission", Operation: "Permissions.ListWorkspaceRepositories",
		Body: `{"pagelen":10,"page":1,"size":1,"values":[` + body("write") + `]}`,
		Want: []bitbucket.RepositoryPermission{permission("write")},
	}}
}

func recordedGrants() []Recorded {
	const user = `"user":` + condensedUser
	value := func(typ string, p bitbucket.Permission, self string) bitbucket.UserPermission {
		return bitbucket.UserPermission{
			Type: typ, Permission: p, User: condensedUserValue(),
			Links: selfLink(self),
		}
	}
	repository, project := "repository_user_permission", "project_user_permission"
	return []Recorded{{
		Name: "grants to users on a repository", Source: documented, Year: 2026,
		Kind: Paged, Type: repository, Operation: "Permissions.OnRepository.ListUsers",
		Body: `{"pagelen":10,"page":1,"size":1,"values":[` +
			granted(repository, "write", user, grantOfUser) + `]}`,
		Want: []bitbucket.UserPermission{value(repository, "write", grantOfUser)},
	}, {
		Name: "no grant to a user", Source: documented, Year: 2026,
		Kind: Object, Type: repository, Operation: "Permissions.OnRepository.GetUser",
		Body: granted(repository, "none", user, grantOfUser),
		Want: value(repository, "none", grantOfUser),
	}, {
		Name: "grants to users on a project", Source: documented, Year: 2026,
		Kind: Paged, Type: project, Operation: "Permissions.OnProject.ListUsers",
		Body: `{"pagelen":10,"page":1,"size":2,"values":[` +
			granted(project, "create-repo", user, onProject+"users/a") + `,` +
			granted(project, "admin", user, onProject+"users/b") + `]}`,
		Want: []bitbucket.UserPermission{
			value(project, "create-repo", onProject+"users/a"),
			value(project, "admin", onProject+"users/b"),
		},
	}}
}

func recordedGroups() []Recorded {
	repository, project := "repository_group_permission", "project_group_permission"
	const groups = "https://api.bitbucket.org/1.0/groups/acme/"
	owner := bitbucket.User{Type: "team", UUID: workspaceUUID, Username: "acme", DisplayName: "Acme"}
	value := func(typ, self string, g bitbucket.Group) bitbucket.GroupPermission {
		return bitbucket.GroupPermission{Type: typ, Permission: "read", Group: g, Links: selfLink(self)}
	}
	group := func(slug string) bitbucket.Group {
		return bitbucket.Group{
			Type: "group", Name: "Developers", Slug: slug, FullSlug: "acme:" + slug,
			Links: bitbucket.Links{Self: bitbucket.Link{Href: groups + slug}},
		}
	}
	whole := group("developers")
	whole.Owner, whole.Workspace = owner, condensedWorkspaceValue()
	whole.DefaultPermission = new(bitbucket.PermissionRead)
	whole.AccountPrivilege = new("collaborator")
	whole.EmailForwardingDisabled = new(false)
	placed := group("developers")
	placed.Workspace = condensedWorkspaceValue()
	placed.DefaultPermission, placed.AccountPrivilege = new(bitbucket.PermissionWrite), new("admin")
	placed.EmailForwardingDisabled = new(true)
	placed.Links.HTML.Href = "https://bitbucket.org/acme/workspace/settings/groups/developers"
	return []Recorded{{
		Name: "grants to groups, whole", Source: jupiter2023, Year: 2023,
		Kind: Paged, Type: repository, Operation: "Permissions.OnRepository.ListGroups",
		Body: `{"pagelen":10,"page":1,"size":1,"values":[` + granted(repository, "read",
			`"group":{"type":"group","name":"Developers","slug":"developers",
			"full_slug":"acme:developers","default_permission":"read",
			"email_forwarding_disabled":false,"account_privilege":"collaborator",
			"owner":{"type":"team","uuid":"{33333333-3333-3333-3333-333333333333}",
			"username":"acme","display_name":"Acme"},"workspace":`+condensedWorkspace+`,
			"links":{"self":{"href":"`+groups+`developers"}}}`, grantOfGroup) + `]}`,
		Want: []bitbucket.GroupPermission{value(repository, grantOfGroup, whole)},
	}, {
		Name: "grant to a group, owner and workspace empty", Source: "seen 2023: a public sample",
		Year: 2023, Kind: Object, Type: repository, Operation: "Permissions.OnRepository.GetGroup",
		Body: granted(repository, "read", `"group":{"type":"group","name":"Developers",
			"slug":"developers","full_slug":"acme:developers","default_permission":null,
			"email_forwarding_disabled":null,"account_privilege":null,"owner":{},"workspace":{},
			"links":{"self":{"href":"`+groups+`developers"}}}`, grantOfGroup),
		Want: value(repository, grantOfGroup, group("developers")),
	}, {
		Name: "grant to a group of 2026, without owner", Source: documented, Year: 2026,
		Kind: Object, Type: repository, Operation: "Permissions.OnRepository.GetGroup",
		Body: granted(repository, "read", `"group":{"type":"group","name":"Developers",
			"slug":"developers","full_slug":"acme:developers","default_permission":"write",
			"email_forwarding_disabled":true,"account_privilege":"admin",
			"workspace":`+condensedWorkspace+`,
			"links":{"self":{"href":"`+groups+`developers"},
			"html":{"href":"https://bitbucket.org/acme/workspace/settings/groups/developers"}}}`,
			grantOfGroup),
		Want: value(repository, grantOfGroup, placed),
	}, {
		Name:   "grant to a group of an organization, whose slug is a bare UUID",
		Source: "seen 2026: eggzec/bb", Year: 2026,
		Kind: Object, Type: project, Operation: "Permissions.OnProject.GetGroup",
		Body: granted(project, "read", `"group":{"type":"group","name":"Developers",
			"slug":"99999999-9999-9999-9999-999999999999",
			"full_slug":"acme:99999999-9999-9999-9999-999999999999",
			"links":{"self":{"href":"`+groups+`99999999-9999-9999-9999-999999999999"}}}`,
			onProject+"groups/99999999-9999-9999-9999-999999999999"),
		Want: value(project, onProject+"groups/99999999-9999-9999-9999-999999999999",
			group("99999999-9999-9999-9999-999999999999")),
	}}
}
