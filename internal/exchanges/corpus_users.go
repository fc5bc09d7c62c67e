package exchanges

import "github.com/seed-9213fc64/bitbucket"

// Where answers come from.
const (
	codecov2021   = "recorded 2021: codecov/shared"
	jupiter2023   = "recorded 2023: JupiterOne/graph-bitbucket"
	documented    = "documented 2026: Bitbucket's OpenAPI document"
	documentedOld = "documented 2018: Bitbucket's OpenAPI document"
)

const (
	selfHref     = "https://api.bitbucket.org/2.0/users/%7B11111111-1111-1111-1111-111111111111%7D"
	selfPage     = "https://bitbucket.org/%7B11111111-1111-1111-1111-111111111111%7D/"
	avatarHref   = "https://secure.example/avatar.png"
	oldAccountID = "5bce04000000000000000000"
)

// condensedUser is a user inside of other objects, since 2019.
const condensedUser = `{"type":"user","uuid":"{11111111-1111-1111-1111-111111111111}",
	"account_id":"557058:22222222-2222-2222-2222-222222222222","nickname":"auser",
	"display_name":"A User","links":{"self":{"href":"` + selfHref + `"},
	"html":{"href":"` + selfPage + `"},"avatar":{"href":"` + avatarHref + `"}}}`

func condensedUserValue() bitbucket.User {
	return bitbucket.User{
		Type: "user", UUID: UserUUID, AccountID: AccountID, Nickname: "auser",
		DisplayName: "A User", Links: userLinks(),
	}
}

// userLinks are the links of a condensed user.
func userLinks() bitbucket.Links {
	return bitbucket.Links{
		Self: bitbucket.Link{Href: selfHref}, HTML: bitbucket.Link{Href: selfPage},
		Avatar: bitbucket.Link{Href: avatarHref},
	}
}

// with adds a link to each of the rels.
func with(links bitbucket.Links, hrefs map[string]string) bitbucket.Links {
	links.Other = map[string][]bitbucket.Link{}
	for rel, href := range hrefs {
		links.Other[rel] = []bitbucket.Link{{Href: href}}
	}
	return links
}

func recordedUsers() []Recorded {
	return append(recordedPeople(), recordedOtherAccounts()...)
}

func recordedPeople() []Recorded {
	joined := at(2018, 3, 14, 13, 17, 5, 196003)
	whole := with(userLinks(), map[string]string{
		"repositories": "https://api.bitbucket.org/2.0/repositories/%7B1111%7D",
		"snippets":     "https://api.bitbucket.org/2.0/snippets/%7B1111%7D",
		"hooks":        "https://api.bitbucket.org/2.0/workspaces/%7B1111%7D/hooks",
	})
	return []Recorded{{
		Name: "user of 2016", Source: "recorded 2016: guyzmo/git-repo", Year: 2016,
		Kind: Object, Type: "user", Operation: "Users.Current",
		Body: `{"username":"auser","website":"","display_name":"A User",
			"uuid":"{11111111-1111-1111-1111-111111111111}",
			"links":{"hooks":{"href":"https://api.bitbucket.org/2.0/users/auser/hooks"},
			"self":{"href":"https://api.bitbucket.org/2.0/users/auser"},
			"repositories":{"href":"https://api.bitbucket.org/2.0/repositories/auser"},
			"html":{"href":"https://bitbucket.org/auser/"},
			"followers":{"href":"https://api.bitbucket.org/2.0/users/auser/followers"},
			"avatar":{"href":"https://bitbucket.org/account/auser/avatar/32/"},
			"following":{"href":"https://api.bitbucket.org/2.0/users/auser/following"},
			"snippets":{"href":"https://api.bitbucket.org/2.0/snippets/auser"}},
			"created_on":"2011-12-20T16:34:07.132459+00:00","is_staff":false,"location":null,
			"type":"user"}`,
		Want: bitbucket.User{
			Type: "user", UUID: UserUUID, Username: "auser", DisplayName: "A User",
			CreatedOn: at(2011, 12, 20, 16, 34, 7, 132459),
			Links: with(bitbucket.Links{
				Self: linkTo("users/auser"), HTML: bitbucket.Link{Href: "https://bitbucket.org/auser/"},
				Avatar: bitbucket.Link{Href: "https://bitbucket.org/account/auser/avatar/32/"},
			}, map[string]string{
				"hooks":        "https://api.bitbucket.org/2.0/users/auser/hooks",
				"repositories": "https://api.bitbucket.org/2.0/repositories/auser",
				"followers":    "https://api.bitbucket.org/2.0/users/auser/followers",
				"following":    "https://api.bitbucket.org/2.0/users/auser/following",
				"snippets":     "https://api.bitbucket.org/2.0/snippets/auser",
			}),
		},
	}, {
		Name: "user of 2019", Source: "recorded 2019: codecov/shared", Year: 2019,
		Kind: Object, Type: "user", Operation: "Users.Current",
		Body: `{"username":"auser","has_2fa_enabled":null,"display_name":"A User",
			"account_id":"5bce04000000000000000000",` + wholeLinks + `,"nickname":"auser",
			"created_on":"2018-03-14T13:17:05.196003+00:00","is_staff":false,"location":null,
			"account_status":"active","type":"user",
			"uuid":"{11111111-1111-1111-1111-111111111111}"}`,
		Want: bitbucket.User{
			Type: "user", UUID: UserUUID, AccountID: oldAccountID, Username: "auser",
			DisplayName: "A User", Nickname: "auser", AccountStatus: "active", CreatedOn: joined,
			Links: whole,
		},
	}, {
		Name: "user of 2026, without username", Source: documented, Year: 2026,
		Kind: Object, Type: "user", Operation: "Users.Get",
		Body: `{"type":"user","uuid":"{11111111-1111-1111-1111-111111111111}",
			"account_id":"557058:22222222-2222-2222-2222-222222222222","nickname":"auser",
			"display_name":"A User","account_status":"active","has_2fa_enabled":null,
			"is_staff":false,"created_on":"2018-03-14T13:17:05.196003+00:00","location":null,` +
			wholeLinks + `}`,
		Want: bitbucket.User{
			Type: "user", UUID: UserUUID, AccountID: AccountID, DisplayName: "A User",
			Nickname: "auser", AccountStatus: "active", CreatedOn: joined, Links: whole,
		},
	}, {
		Name:   "user of 2026, oneself, with username and two-step verification",
		Source: "seen 2026: public clients of GET /user", Year: 2026,
		Kind: Object, Type: "user", Operation: "Users.Current",
		Body: `{"type":"user","uuid":"{11111111-1111-1111-1111-111111111111}",
			"account_id":"712020:22222222-2222-2222-2222-222222222222","nickname":"a user",
			"username":"auser","display_name":"A User","account_status":"active",
			"has_2fa_enabled":true,"is_staff":false,"location":"Sydney",
			"created_on":"2018-03-14T13:17:05+00:00",` + wholeLinks + `}`,
		Want: bitbucket.User{
			Type: "user", UUID: UserUUID, DisplayName: "A User", Nickname: "a user",
			AccountID: "712020:22222222-2222-2222-2222-222222222222", Username: "auser",
			AccountStatus: "active", Has2FAEnabled: new(true), Location: "Sydney",
			CreatedOn: at(2018, 3, 14, 13, 17, 5, 0), Links: whole,
		},
	}, {
		Name: "user with a private profile", Source: documented, Year: 2026,
		Kind: Object, Type: "user", Operation: "Users.Get",
		Body: `{"type":"user","uuid":"{11111111-1111-1111-1111-111111111111}",
			"account_id":"557058:22222222-2222-2222-2222-222222222222","nickname":"auser",
			"display_name":"A User","account_status":"active","has_2fa_enabled":null,
			"is_staff":false,` + wholeLinks + `}`,
		Want: bitbucket.User{
			Type: "user", UUID: UserUUID, AccountID: AccountID, DisplayName: "A User",
			Nickname: "auser", AccountStatus: "active", Links: whole,
		},
	}, {
		Name: "condensed user", Source: codecov2021, Year: 2021,
		Kind: Object, Type: "user", Operation: "Users.Get",
		Body: condensedUser, Want: condensedUserValue(),
	}}
}

// wholeLinks are the links of a user by itself, since 2019.
const wholeLinks = `"links":{"self":{"href":"` + selfHref + `"},"html":{"href":"` + selfPage + `"},
	"avatar":{"href":"` + avatarHref + `"},
	"repositories":{"href":"https://api.bitbucket.org/2.0/repositories/%7B1111%7D"},
	"snippets":{"href":"https://api.bitbucket.org/2.0/snippets/%7B1111%7D"},
	"hooks":{"href":"https://api.bitbucket.org/2.0/workspaces/%7B1111%7D/hooks"}}`

func recordedOtherAccounts() []Recorded {
	const (
		app  = "{12121212-1212-1212-1212-121212121212}"
		team = "https://api.bitbucket.org/2.0/teams/acme"
	)
	return []Recorded{{
		Name: "app user", Source: "documented 2023: announcement of app users", Year: 2026,
		Kind: Object, Type: "app_user", Operation: "Users.Current",
		Body: `{"type":"app_user","uuid":"{12121212-1212-1212-1212-121212121212}",
			"display_name":"An App","account_id":"712020:12121212-1212-1212-1212-121212121212",
			"account_status":"active","kind":"repository_access_token",
			"created_on":"2023-02-09T00:00:00.000000+00:00",
			"links":{"avatar":{"href":"https://secure.example/avatar.png"}}}`,
		Want: bitbucket.User{
			Type: "app_user", UUID: app, DisplayName: "An App",
			AccountID: "712020:12121212-1212-1212-1212-121212121212", AccountStatus: "active",
			Kind: "repository_access_token", CreatedOn: at(2023, 2, 9, 0, 0, 0, 0),
			Links: bitbucket.Links{Avatar: bitbucket.Link{Href: avatarHref}},
		},
	}, {
		Name: "team", Source: documentedOld, Year: 2018,
		Kind: Object, Type: "team", Operation: "Users.Get",
		Body: `{"type":"team","uuid":"{33333333-3333-3333-3333-333333333333}","username":"acme",
			"display_name":"Acme","created_on":"2010-03-23T08:07:49+00:00",
			"links":{"self":{"href":"` + team + `"},"html":{"href":"https://bitbucket.org/acme/"},
			"avatar":{"href":"https://secure.example/avatar.png"},
			"members":{"href":"` + team + `/members"},"projects":{"href":"` + team + `/projects/"},
			"repositories":{"href":"https://api.bitbucket.org/2.0/repositories/acme"}}}`,
		Want: bitbucket.User{
			Type: "team", UUID: workspaceUUID, Username: "acme", DisplayName: "Acme",
			CreatedOn: at(2010, 3, 23, 8, 7, 49, 0),
			Links: with(bitbucket.Links{
				Self: bitbucket.Link{Href: team}, HTML: bitbucket.Link{Href: "https://bitbucket.org/acme/"},
				Avatar: bitbucket.Link{Href: avatarHref},
			}, map[string]string{
				"members": team + "/members", "projects": team + "/projects/",
				"repositories": "https://api.bitbucket.org/2.0/repositories/acme",
			}),
		},
	}, {
		Name: "very old user, whose kind is its type", Source: documentedOld, Year: 2012,
		Kind: Object, Type: "user", Operation: "Users.Get",
		Body: `{"username":"auser","kind":"user","website":null,"display_name":"A User",
			"links":{"self":{"href":"https://api.bitbucket.org/2.0/users/auser"}},
			"created_on":"2011-12-20T16:34:07.132459+00:00","location":"Sydney"}`,
		Want: bitbucket.User{
			Type: "user", Kind: "user", Username: "auser", DisplayName: "A User",
			Location: "Sydney", CreatedOn: at(2011, 12, 20, 16, 34, 7, 132459),
			Links: selfLink("users/auser"),
		},
	}, {
		Name:   "user whose links are an empty array",
		Source: "seen: programs that write an empty object so", Year: 2026,
		Kind: Object, Type: "links", Operation: "Users.Get",
		Body: `{"type":"user","uuid":"{11111111-1111-1111-1111-111111111111}","links":[]}`,
		Want: bitbucket.User{Type: "user", UUID: UserUUID},
	}, {
		Name: "user whose rels have arrays", Source: "documented 2026: guide to CORS and links",
		Year: 2026, Kind: Object, Type: "links", Operation: "Users.Get",
		Body: `{"type":"user","uuid":"{11111111-1111-1111-1111-111111111111}",
			"links":{"self":[{"href":"https://api.bitbucket.org/2.0/users/a"}],"html":[],
			"clone":[{"name":"https","href":"https://bitbucket.org/a.git"},
			{"name":"ssh","href":"git@bitbucket.org:a.git"}],
			"search":{"href":"https://api.bitbucket.org/2.0/x{?q}","title":"Search",
			"templated":"true"}}}`,
		Want: bitbucket.User{Type: "user", UUID: UserUUID, Links: bitbucket.Links{
			Self: linkTo("users/a"),
			Other: map[string][]bitbucket.Link{
				"self": {linkTo("users/a")}, "html": {},
				"clone": {
					{Name: "https", Href: "https://bitbucket.org/a.git"},
					{Name: "ssh", Href: "git@bitbucket.org:a.git"},
				},
				"search": {{Href: "https://api.bitbucket.org/2.0/x{?q}", Title: "Search", Templated: true}},
			},
		}},
	}, {
		Name: "user whose links are an array", Source: "reported 2026: links as an array of href and rel",
		Year: 2026, Kind: Object, Type: "links", Operation: "Users.Get",
		Body: `{"type":"user","uuid":"{11111111-1111-1111-1111-111111111111}",
			"links":[{"href":"https://api.bitbucket.org/2.0/users/a","rel":"self"}]}`,
		Want: bitbucket.User{Type: "user", UUID: UserUUID, Links: selfLink("users/a")},
	}}
}
