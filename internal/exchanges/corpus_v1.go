package exchanges

import (
	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/v1"
)

// Users of the 1.0 API after 2019, in what has outlived it. They have no type and no links.
const (
	userOfGroup = `{"display_name":"A User","account_id":"557058:22222222-2222-2222-2222-222222222222",
		"uuid":"{11111111-1111-1111-1111-111111111111}","nickname":"auser",
		"resource_uri":"/!api/1.0/users/%7B11111111-1111-1111-1111-111111111111%7D",
		"avatar":"https://secure.example/avatar.png","is_team":false,"is_staff":false`
	teamOfGroup = `{"display_name":"Acme","account_id":null,
		"uuid":"{33333333-3333-3333-3333-333333333333}","nickname":"acme",
		"resource_uri":"/!api/1.0/users/%7B33333333-3333-3333-3333-333333333333%7D",
		"avatar":"https://bitbucket.org/workspaces/acme/avatar/?ts=1650000000","is_team":true}`
	memberOfGroup = userOfGroup + `,"is_active":true}`

	groupOfV1 = `{"name":"Developers","permission":"read","auto_add":false,"slug":"developers",
		"email_forwarding_disabled":false,"owner":` + teamOfGroup + `,"members":[` + memberOfGroup + `]}`
	emptyGroupOfV1 = `{"name":"Nobody","permission":null,"auto_add":true,"slug":"nobody",
		"email_forwarding_disabled":null,"owner":` + teamOfGroup + `,"members":[]}`

	groupPrivilegesOfV1 = `[{"repo":"acme/widgets","privilege":"write","group":` + groupOfV1 + `,
		"repository":{"owner":` + teamOfGroup + `,"name":"widgets","slug":"widgets"}}]`
	invitationsOfV1 = `[{"groups":[` + emptyGroupOfV1 + `],"invited_by":` + userOfGroup + `},
		"utc_sent_on":"2023-10-09 07:05:10+00:00","email":"new@example.com"}]`
)

// recordedV1 are answers of the 1.0 API: accounts, which Users.Get reads, and groups, group
// privileges and invitations, which still answer.
func recordedV1() []Recorded {
	all := append(recordedAccountsOfV1(), recordedGroupsOfV1()...)
	for i := range all {
		all[i].API, all[i].Kind = "1.0", Object
	}
	return all
}

func recordedAccountsOfV1() []Recorded {
	account := func(v bitbucket.V1User) bitbucket.User {
		return *v.User()
	}
	return []Recorded{{
		Name: "account of 2011", Source: "documented 2011: users resource of the 1.0 API", Year: 2011,
		Type: "1.0 account", Operation: "Users.Get",
		Body: `{"repositories":[{"website":"","slug":"widgets","name":"widgets","followers_count":3,
			"description":"","resource_uri":"/1.0/repositories/auser/widgets"}],
			"user":{"username":"auser","first_name":"A","last_name":"User",
			"avatar":"https://secure.example/avatar.png","resource_uri":"/1.0/users/auser"}}`,
		Want: account(bitbucket.V1User{
			Username: "auser", FirstName: "A", LastName: "User",
			Avatar: avatarHref, ResourceURI: "/1.0/users/auser",
		}),
	}, {
		Name: "account of 2018", Source: "documented 2018: account resource of the 1.0 API", Year: 2018,
		Type: "1.0 account", Operation: "Users.Get",
		Body: `{"repositories":[],"user":{"username":"acme","first_name":"","last_name":"",
			"display_name":"Acme","is_staff":false,"avatar":"https://secure.example/avatar.png",
			"resource_uri":"/1.0/users/acme","is_team":true}}`,
		Want: account(bitbucket.V1User{
			Username: "acme", DisplayName: "Acme", Avatar: avatarHref,
			ResourceURI: "/1.0/users/acme", IsTeam: new(true), IsStaff: new(false),
		}),
	}}
}

func recordedGroupsOfV1() []Recorded {
	return []Recorded{{
		Name: "groups of 1.0", Source: jupiter2023, Year: 2023,
		Type: "1.0 groups", Operation: "v1.Groups.List",
		Body: `[` + groupOfV1 + `,` + emptyGroupOfV1 + `]`,
		Want: []v1.Group{groupOfV1Value(), emptyGroupOfV1Value()},
	}, {
		Name: "no groups of 1.0", Source: jupiter2023, Year: 2023, Type: "1.0 groups",
		Operation: "v1.Groups.List", Body: `[]`, Want: []v1.Group{},
	}, {
		Name: "members of a group of 1.0", Source: jupiter2023, Year: 2023,
		Type: "1.0 members", Operation: "v1.Groups.ListMembers", Body: `[` + memberOfGroup + `]`,
		Want: []v1.User{memberOfGroupValue()},
	}, {
		Name:   "group privileges of 1.0",
		Source: "documented: remaining endpoints of the 1.0 API", Year: 2023,
		Type: "1.0 group privileges", Operation: "v1.GroupPrivileges.List",
		Body: groupPrivilegesOfV1, Want: groupPrivilegesOfV1Value(),
	}, {
		Name:   "invitations of 1.0, after usernames",
		Source: "documented: remaining endpoints of the 1.0 API", Year: 2023, Type: "1.0 invitations",
		Operation: "v1.Invitations.List", Body: invitationsOfV1, Want: invitationsOfV1Value(),
	}, {
		Name: "invitations of 1.0, with usernames", Year: 2016,
		Source: "recorded: cyprianno/spring-social-bitbucket", Type: "1.0 invitations",
		Operation: "v1.Invitations.List",
		Body: `[{"groups":[],"invited_by":{"username":"auser","first_name":"A","last_name":"User",
			"is_team":false,"avatar":"https://secure.example/avatar.png",
			"resource_uri":"/1.0/users/auser"},"utc_sent_on":"2023-10-09 07:05:10+00:00",
			"email":"new@example.com"}]`,
		Want: []v1.Invitation{{
			Email: "new@example.com", Groups: []v1.Group{}, UTCSentOn: sentOn(),
			InvitedBy: &v1.User{V1User: bitbucket.V1User{
				Username: "auser", FirstName: "A",
				LastName: "User", IsTeam: new(false), Avatar: avatarHref,
				ResourceURI: "/1.0/users/auser",
			}},
		}},
	}}
}
