package exchanges

import "github.com/seed-9213fc64/bitbucket"

// condensedWorkspace is a workspace inside of other objects.
const condensedWorkspace = `{"type":"workspace","uuid":"{33333333-3333-3333-3333-333333333333}",
	"slug":"acme","name":"Acme","links":{
	"self":{"href":"https://api.bitbucket.org/2.0/workspaces/acme"},
	"html":{"href":"https://bitbucket.org/acme/"},
	"avatar":{"href":"https://bitbucket.org/workspaces/acme/avatar/?ts=1650000000"}}}`

func condensedWorkspaceValue() bitbucket.Workspace {
	return bitbucket.Workspace{
		Type: "workspace", UUID: workspaceUUID, Slug: "acme", Name: "Acme",
		Links: workspaceLinks(),
	}
}

func workspaceLinks() bitbucket.Links {
	return bitbucket.Links{
		Self:   linkTo("workspaces/acme"),
		HTML:   bitbucket.Link{Href: "https://bitbucket.org/acme/"},
		Avatar: bitbucket.Link{Href: "https://bitbucket.org/workspaces/acme/avatar/?ts=1650000000"},
	}
}

const memberHref = "https://api.bitbucket.org/2.0/workspaces/acme/members/%7B1111%7D"

// membership puts a membership together from what stands in it besides the user and the workspace.
func membership(members string) string {
	return `{"type":"workspace_membership",` + members + `"user":` + condensedUser + `,
		"workspace":` + condensedWorkspace + `,"links":{"self":{"href":"` + memberHref + `"}}}`
}

// membershipOf is the value of one; the times are empty where there are none.
func membershipOf(
	role bitbucket.Permission, added, accessed bitbucket.Time,
) bitbucket.WorkspaceMembership {
	return bitbucket.WorkspaceMembership{
		Type: "workspace_membership", Permission: role, AddedOn: added, LastAccessed: accessed,
		User: condensedUserValue(), Workspace: condensedWorkspaceValue(),
		Links: bitbucket.Links{Self: bitbucket.Link{Href: memberHref}},
	}
}

func recordedWorkspaces() []Recorded {
	return append(recordedWorkspaceObjects(), recordedMemberships()...)
}

func recordedWorkspaceObjects() []Recorded {
	const self = "https://api.bitbucket.org/2.0/workspaces/acme"
	hrefs := map[string]string{
		"members": self + "/members", "projects": self + "/projects", "hooks": self + "/hooks",
		"owners":        self + "/members?q=permission%3D%22owner%22",
		"repositories":  "https://api.bitbucket.org/2.0/repositories/acme",
		"snippets":      "https://api.bitbucket.org/2.0/snippets/acme",
		"html_overview": "https://bitbucket.org/acme/workspace/overview/",
	}
	const links = `"links":{"self":{"href":"` + self + `"},
		"html":{"href":"https://bitbucket.org/acme/"},
		"avatar":{"href":"https://bitbucket.org/workspaces/acme/avatar/?ts=1650000000"},
		"members":{"href":"` + self + `/members"},"projects":{"href":"` + self + `/projects"},
		"hooks":{"href":"` + self + `/hooks"},
		"owners":{"href":"` + self + `/members?q=permission%3D%22owner%22"},
		"repositories":{"href":"https://api.bitbucket.org/2.0/repositories/acme"},
		"snippets":{"href":"https://api.bitbucket.org/2.0/snippets/acme"},
		"html_overview":{"href":"https://bitbucket.org/acme/workspace/overview/"}}`
	return []Recorded{{
		Name: "workspace of 2026", Source: documented, Year: 2026,
		Kind: Object, Type: "workspace", Operation: "Workspaces.Get",
		Body: `{"type":"workspace","uuid":"{33333333-3333-3333-3333-333333333333}","slug":"acme",
			"name":"Acme","is_private":false,"is_personal":false,"is_privacy_enforced":true,
			"forking_mode":"allow_forks","created_on":"2018-11-14T19:15:05.058566+00:00",
			"updated_on":null,` + links + `}`,
		Want: bitbucket.Workspace{
			Type: "workspace", UUID: workspaceUUID, Slug: "acme", Name: "Acme",
			IsPrivacyEnforced: true, ForkingMode: "allow_forks",
			CreatedOn: at(2018, 11, 14, 19, 15, 5, 58566), Links: with(workspaceLinks(), hrefs),
		},
	}, {
		Name: "workspace of 2021", Source: codecov2021, Year: 2021,
		Kind: Object, Type: "workspace", Operation: "Workspaces.Get",
		Body: `{"type":"workspace","uuid":"{33333333-3333-3333-3333-333333333333}",
			"slug":"MixedCase","name":"A User","is_private":true,
			"created_on":"2018-11-14T19:15:05.058566+00:00",` + links + `}`,
		Want: bitbucket.Workspace{
			Type: "workspace", UUID: workspaceUUID, Slug: "MixedCase",
			Name: "A User", IsPrivate: true,
			CreatedOn: at(2018, 11, 14, 19, 15, 5, 58566), Links: with(workspaceLinks(), hrefs),
		},
	}, {
		Name: "workspaces of 2026, condensed and with access", Source: documented, Year: 2026,
		Kind: Paged, Type: "workspace_access", Operation: "Workspaces.List",
		Body: `{"pagelen":25,"page":1,"size":2,"values":[
			{"type":"workspace_access","administrator":true,"workspace":{"type":"workspace_base",
			"uuid":"{33333333-3333-3333-3333-333333333333}","slug":"acme","links":{
			"self":{"href":"` + self + `"},
			"avatar":{"href":"https://bitbucket.org/workspaces/acme/avatar/?ts=1650000000"}}}},
			{"type":"workspace_access","administrator":false,"workspace":{"type":"workspace_base",
			"uuid":"{88888888-8888-8888-8888-888888888888}","slug":"hub","links":{
			"self":{"href":"https://api.bitbucket.org/2.0/workspaces/hub"},
			"avatar":{"href":"https://bitbucket.org/workspaces/hub/avatar/?ts=1650000000"}}}}]}`,
		Want: []bitbucket.WorkspaceAccess{{
			Type: "workspace_access", Administrator: true,
			Workspace: bitbucket.Workspace{
				Type: "workspace_base", UUID: workspaceUUID, Slug: "acme",
				Links: bitbucket.Links{Self: linkTo("workspaces/acme"), Avatar: workspaceLinks().Avatar},
			},
		}, {
			Type: "workspace_access",
			Workspace: bitbucket.Workspace{
				Type: "workspace_base",
				UUID: "{88888888-8888-8888-8888-888888888888}", Slug: "hub",
				Links: bitbucket.Links{Self: linkTo("workspaces/hub"), Avatar: bitbucket.Link{
					Href: "https://bitbucket.org/workspaces/hub/avatar/?ts=1650000000",
				}},
			},
		}},
	}}
}

func recordedMemberships() []Recorded {
	none := bitbucket.Time{}
	added, accessed := at(2021, 4, 2, 14, 20, 48, 179000), at(2021, 5, 1, 8, 30, 0, 123456)
	return []Recorded{{
		Name: "memberships of 2021, added_on without offset or null", Source: codecov2021, Year: 2021,
		Kind: Paged, Type: "workspace_membership", Operation: "Permissions.ListWorkspaces",
		Body: `{"pagelen":50,"values":[` +
			membership(`"permission":"owner","last_accessed":null,"added_on":null,`) + `,` +
			membership(`"permission":"collaborator","last_accessed":"2021-05-01T08:30:00.123456+00:00",
				"added_on":"2021-04-02T14:20:48.179",`) + `],"page":1,"size":2}`,
		Want: []bitbucket.WorkspaceMembership{
			membershipOf(bitbucket.PermissionOwner, none, none),
			membershipOf(bitbucket.PermissionCollaborator, added, accessed),
		},
	}, {
		Name: "members, without role", Source: jupiter2023, Year: 2023,
		Kind: Paged, Type: "workspace_membership", Operation: "Workspaces.ListMembers",
		Body: `{"pagelen":50,"size":1,"page":1,"values":[` +
			membership(`"last_accessed":"2021-05-01T08:30:00.123456+00:00",
				"added_on":"2021-04-02T14:20:48.179",`) + `]}`,
		Want: []bitbucket.WorkspaceMembership{membershipOf("", added, accessed)},
	}, {
		Name: "memberships of 2024, times with offset", Year: 2024,
		Source: "documented 2024: support page on the last activity of users",
		Kind:   Paged, Type: "workspace_membership", Operation: "Permissions.ListWorkspaceMembers",
		Body: `{"pagelen":50,"page":1,"size":1,"values":[` +
			membership(`"permission":"member","last_accessed":"2024-03-01T10:00:00.000001+00:00",
				"added_on":"2024-02-09T16:18:37.523382+00:00",`) + `]}`,
		Want: []bitbucket.WorkspaceMembership{membershipOf(bitbucket.PermissionMember,
			at(2024, 2, 9, 16, 18, 37, 523382), at(2024, 3, 1, 10, 0, 0, 1))},
	}, {
		Name:   "memberships of a workspace that an organization administers",
		Source: "documented 2025: notice of the change of workspace memberships", Year: 2026,
		Kind: Paged, Type: "workspace_membership", Operation: "Permissions.ListWorkspaceMembers",
		Body: `{"pagelen":50,"page":1,"size":1,"values":[` +
			membership(`"permission":"create-project",`) + `]}`,
		Want: []bitbucket.WorkspaceMembership{
			membershipOf(bitbucket.PermissionCreateProject, none, none),
		},
	}, {
		Name: "membership of 2026", Source: documented, Year: 2026,
		Kind: Object, Type: "workspace_membership", Operation: "Workspaces.GetMember",
		Body: membership(`"last_accessed":"2026-05-01T08:30:00.123456+00:00",
			"added_on":"2021-04-02T14:20:48.179",`),
		Want: membershipOf("", added, at(2026, 5, 1, 8, 30, 0, 123456)),
	}, {
		Name: "role of the caller", Source: documented, Year: 2026,
		Kind: Object, Type: "workspace_membership", Operation: "Workspaces.Membership",
		Body: `{"type":"workspace_membership","permission":"member","user":{"type":"user",
			"uuid":"{11111111-1111-1111-1111-111111111111}","display_name":"A User"},
			"workspace":{"type":"workspace","uuid":"{33333333-3333-3333-3333-333333333333}",
			"slug":"acme","name":"Acme"}}`,
		Want: bitbucket.WorkspaceMembership{
			Type: "workspace_membership", Permission: "member",
			User: bitbucket.User{Type: "user", UUID: UserUUID, DisplayName: "A User"},
			Workspace: bitbucket.Workspace{
				Type: "workspace", UUID: workspaceUUID, Slug: "acme",
				Name: "Acme",
			},
		},
	}}
}
