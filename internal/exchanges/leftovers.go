package exchanges

import (
	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/v1"
)

// leftovers are what outlived the 1.0 API. Its lists come whole, as arrays.
func leftovers() []Exchange {
	const groups, invitations = "/1.0/groups/acme", "/1.0/invitations/acme"
	refused := []int{400, 401, 403, 404, 405}
	return []Exchange{{
		Operation: "v1.Groups.List",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return v1.NewClient(c).Groups.List(ctx, id.Workspace, opts...)
		},
		Request: "GET " + groups, Answer: `[` + groupOfV1 + `,` + emptyGroupOfV1 + `]`,
		Want: []v1.Group{groupOfV1Value(), emptyGroupOfV1Value()}, Refused: refused,
	}, {
		Operation: "v1.Groups.Get",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return one(v1.NewClient(c).Groups.Get(ctx, id.Workspace, id.Group, opts...))
		},
		Request: "GET " + groups + "/developers", Answer: groupOfV1, Want: groupOfV1Value(),
		Refused: refused,
	}, {
		Operation: "v1.Groups.ListMembers",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return v1.NewClient(c).Groups.ListMembers(ctx, id.Workspace, id.Group, opts...)
		},
		Request: "GET " + groups + "/developers/members", Answer: `[` + memberOfGroup + `]`,
		Want: []v1.User{memberOfGroupValue()}, Refused: refused,
	}, {
		Operation: "v1.GroupPrivileges.List",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return v1.NewClient(c).GroupPrivileges.List(ctx, id.Workspace, opts...)
		},
		Request: "GET /1.0/group-privileges/acme", Answer: groupPrivilegesOfV1,
		Want: groupPrivilegesOfV1Value(), Refused: refused,
	}, {
		Operation: "v1.Invitations.List",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return v1.NewClient(c).Invitations.List(ctx, id.Workspace, opts...)
		},
		Request: "GET " + invitations, Answer: invitationsOfV1, Want: invitationsOfV1Value(),
		Refused: refused,
	}, {
		Operation: "v1.Invitations.ListOfRepository",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return v1.NewClient(c).Invitations.ListOfRepository(ctx, id.Workspace, id.Repository, opts...)
		},
		Request: "GET " + invitations + "/widgets",
		Answer: `[{"email":"new@example.com","permission":"write","invited_by":null,
			"utc_sent_on":"2023-10-09 07:05:10+00:00",
			"repository":{"owner":` + teamOfGroup + `,"name":"widgets","slug":"widgets"}}]`,
		Want: []v1.Invitation{{
			Email: "new@example.com", Permission: bitbucket.PermissionWrite, UTCSentOn: sentOn(),
			Repository: &v1.RepositoryName{Owner: new(teamOfGroupValue()), Name: "widgets", Slug: "widgets"},
		}},
		Refused: refused,
	}}
}

func userOfGroupValue() v1.User {
	return v1.User{V1User: bitbucket.V1User{
		DisplayName: "A User", AccountID: AccountID, UUID: UserUUID, Nickname: "auser",
		ResourceURI: "/!api/1.0/users/%7B11111111-1111-1111-1111-111111111111%7D",
		Avatar:      avatarHref, IsTeam: new(false), IsStaff: new(false),
	}}
}

func memberOfGroupValue() v1.User {
	u := userOfGroupValue()
	u.IsActive = new(true)
	return u
}

func teamOfGroupValue() v1.User {
	return v1.User{V1User: bitbucket.V1User{
		DisplayName: "Acme", UUID: workspaceUUID, Nickname: "acme",
		ResourceURI: "/!api/1.0/users/%7B33333333-3333-3333-3333-333333333333%7D",
		Avatar:      "https://bitbucket.org/workspaces/acme/avatar/?ts=1650000000", IsTeam: new(true),
	}}
}

func groupOfV1Value() v1.Group {
	return v1.Group{
		Name: "Developers", Slug: "developers", Permission: bitbucket.PermissionRead,
		EmailForwardingDisabled: new(false), Owner: new(teamOfGroupValue()),
		Members: []v1.User{memberOfGroupValue()},
	}
}

func emptyGroupOfV1Value() v1.Group {
	return v1.Group{
		Name: "Nobody", Slug: "nobody", AutoAdd: true, Owner: new(teamOfGroupValue()),
		Members: []v1.User{},
	}
}

func groupPrivilegesOfV1Value() []v1.GroupPrivilege {
	return []v1.GroupPrivilege{{
		Repo: "acme/widgets", Privilege: bitbucket.PermissionWrite, Group: new(groupOfV1Value()),
		Repository: &v1.RepositoryName{Owner: new(teamOfGroupValue()), Name: "widgets", Slug: "widgets"},
	}}
}

func invitationsOfV1Value() []v1.Invitation {
	return []v1.Invitation{{
		Email: "new@example.com", Groups: []v1.Group{emptyGroupOfV1Value()},
		InvitedBy: new(userOfGroupValue()), UTCSentOn: sentOn(),
	}}
}

func sentOn() v1.Date {
	date, err := v1.ParseDate("2023-10-09 07:05:10+00:00")
	if err != nil {
		panic("exchanges: " + err.Error())
	}
	return date
}
